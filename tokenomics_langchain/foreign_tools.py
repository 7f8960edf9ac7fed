"""Tools, and which of them is to be called, as a model of another provider can be told."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tokenomics_langchain.dialects import Dialect, owner_of

_WORDS: Final = frozenset({"any", "auto", "none", "required"})
"""What a choice may say instead of a tool's name."""

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
    word = names[0] if len(names) == 1 else _mode(choice)
    if word == "none" and own.choices == "anthropic":
        return {"type": "none"}
    return "any" if word == "required" and own.choices != "openai" else word


def named_by(choice: Any) -> list[str]:
    """The tools that a choice names; none where it leaves the choice, or names a mode."""
    match choice:
        case str():
            named = [choice]
        case {"function": {"name": str(name)}} | {"tool": {"name": str(name)}}:
            named = [name]
        case {"type": "function" | "tool" | "custom" | "mcp", "name": str(name)}:
            named = [name]
        case {"type": "allowed_tools"}:
            allowed = choice.get("allowed_tools", choice)
            named = [name for tool in allowed.get("tools", ()) for name in names_of(tool)]
        case {"type": str(kind)}:
            named = [kind]
        case list():
            named = [name for name in choice if isinstance(name, str)]
        case _:
            named = []
    return [name for name in named if name not in _WORDS]


def names_of(tool: Any) -> list[str]:
    """What a tool may be called by: its name, or the type of a built-in one."""
    if not isinstance(tool, Mapping):
        name = getattr(tool, "name", None) or getattr(tool, "__name__", None)
        return [name] if isinstance(name, str) else []
    function = tool.get("function") or tool.get("toolSpec") or tool
    said = (function.get("name"), function.get("title"), tool.get("type"))
    return [name for name in said if isinstance(name, str) and name != "function"]


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


def _mode(choice: Any) -> str:
    """What a choice that names no single tool comes to."""
    if isinstance(choice, str):
        return choice
    if isinstance(choice, Mapping):
        kind = choice.get("type") or next(iter(choice), "auto")
        mode = choice.get("mode") or (choice.get("allowed_tools") or {}).get("mode") or kind
        return mode if mode in _WORDS else "any"
    return "any"


def _form_of(choice: Any) -> str:
    """Whose form a choice has; empty for a word."""
    if isinstance(choice, list):
        return "google"
    if not isinstance(choice, Mapping):
        return ""
    kind = choice.get("type")
    if kind is None:
        return "bedrock"
    return "anthropic" if kind in ("tool", *_WORDS) else "openai"
