"""What all tiers can do."""

from collections.abc import Iterable
from typing import Any

from langchain_core.language_models import BaseChatModel


def common_profile(models: Iterable[BaseChatModel]) -> Any:
    """The tiers' profiles, joined: a claim holds when all make it, a limit is the smallest.

    Structured output is left out of it: agents would then bind a response format in one
    provider's form, where tools work with every tier.

    Returns:
        None when a tier has no profile.
    """
    profiles: list[dict[str, Any]] = [dict(model.profile or {}) for model in models]
    if not all(profiles):
        return None
    joined: dict[str, Any] = {}
    for name in set.intersection(*map(set, profiles)):
        values = [profile[name] for profile in profiles]
        if all(isinstance(value, bool) for value in values):
            joined[name] = all(values)
        elif all(isinstance(value, int) for value in values):
            joined[name] = min(values)
    return joined | {"structured_output": False}
