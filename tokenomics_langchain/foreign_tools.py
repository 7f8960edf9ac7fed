"""Tools, and which of them is to be called, as a model of another provider can be told."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tokenomics_langchain.dialects import Dialect, owner_of
from tokenomics_shared.types import CHOICE_WORDS, mode_of, named_by, names_of

_NONE: Final = frozenset[str]()


def choice_for(own: Dialect, choice: Any) -> Any:
    """Which tool to call, in a form that a dialect's client knows.

    Words that all know (`any`, `auto`, a tool's name) and a dialect's own forms stay as they are.
    """
    if choice is None or isinstance(choice, bool) or not own.known:
        return choice
    form = _form_of(choice)
    if form and form == own.choices:
        return choice
    names = named_by(choice)
    word = names[0] if len(names) == 1 else _word(choice)
    if word == "none" and own.choices == "anthropic":
        return {"type": "none"}
    return "any" if word == "required" and own.choices != "openai" else word


def can_answer(given: Sequence[Any], kept: Sequence[Any], choice: Any) -> bool:
    """Whether a model that gets but these of the tools can do what is asked.

    Args:
        given: all tools.
        kept: those of them that the model gets.
        choice: which one is to be called.
    """
    if not kept:
        return not given
    demanded = set(named_by(choice))
    offered = {name for tool in kept for name in names_of(tool)}
    known = offered.union(name for tool in given for name in names_of(tool))
    # A name that no tool has is left to the client to refuse.
    return not demanded & known or bool(demanded & offered)


def kept_of(given: Sequence[Any], own: Dialect, others: Sequence[Dialect]) -> list[Any]:
    """The tools without those that are built into other providers' models."""
    if not own.known:
        return list(given)
    return [tool for tool in given if owner_of(tool) not in others]


def kind_of(tool: Any) -> str:
    """What a built-in tool is, in its provider's words; none that the caller chose."""
    owner = owner_of(tool)
    if owner is None or not isinstance(tool, Mapping):
        return type(tool).__name__
    return str(tool.get("type") or min(owner.tool_keys.intersection(tool)))


def plain(value: Any, marks: frozenset[str] = _NONE) -> Any:
    """A copy of a tool's schema, without these keys at its top."""
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items() if name not in marks}
    return [plain(part) for part in value] if isinstance(value, list) else value


def _word(choice: Any) -> str:
    """What a choice that names no single tool comes to, in a word that all know."""
    mode = mode_of(choice)
    return mode if isinstance(choice, str) or mode in CHOICE_WORDS else "any"


def _form_of(choice: Any) -> str:
    """Whose form a choice has; empty for a word."""
    if isinstance(choice, list):
        return "google"
    if not isinstance(choice, Mapping):
        return ""
    kind = choice.get("type")
    if kind is None:
        return "bedrock"
    return "anthropic" if kind in ("tool", *CHOICE_WORDS) else "openai"
