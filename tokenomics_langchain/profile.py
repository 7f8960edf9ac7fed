"""What all tiers can do."""

from collections.abc import Iterable
from typing import Any

from langchain_core.language_models import BaseChatModel


def common_profile(models: Iterable[BaseChatModel]) -> Any:
    """The tiers' profiles, joined: a claim holds when all make it, a limit is the smallest.

    Agents that read of structured output bind a response format in one provider's form. It is
    claimed only where every tier is of the same class, and so takes the same form; of tiers that
    differ agents ask structured answers by tools, which work with each.

    Returns:
        None when a tier has no profile.
    """
    given = list(models)
    profiles: list[dict[str, Any]] = [dict(model.profile or {}) for model in given]
    if not all(profiles):
        return None
    joined: dict[str, Any] = {}
    for name in set.intersection(*map(set, profiles)):
        values = [profile[name] for profile in profiles]
        if all(isinstance(value, bool) for value in values):
            joined[name] = all(values)
        elif all(isinstance(value, int) for value in values):
            joined[name] = min(values)
    alike = len(set(map(type, given))) == 1 and not any(map(_calls_tools_or_formats, given))
    return joined | {"structured_output": alike and joined.get("structured_output", False)}


def _calls_tools_or_formats(model: BaseChatModel) -> bool:
    """Whether a model can't do both at once: Gemini before 3, which agents know by its name."""
    name = str(getattr(model, "model", "")).lower()
    return "gemini" in name and "gemini-3" not in name
