"""Which tools a caller demands, in whatever provider's form it is said."""

from collections.abc import Mapping
from typing import Any, Final

CHOICE_WORDS: Final = frozenset({"any", "auto", "none", "required"})
"""What a choice may say instead of a tool's name."""


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
    return [name for name in named if name not in CHOICE_WORDS]


def mode_of(choice: Any) -> str:
    """What a choice comes to, names left aside: one of CHOICE_WORDS, or a word of its own."""
    if isinstance(choice, Mapping):
        kind = choice.get("type") or next(iter(choice), "auto")
        return str(choice.get("mode") or (choice.get("allowed_tools") or {}).get("mode") or kind)
    if isinstance(choice, str):
        return choice
    return "any" if choice else "auto"


def names_of(tool: Any) -> list[str]:
    """What a tool may be called by: its name, or the type of a built-in one."""
    if not isinstance(tool, Mapping):
        name = getattr(tool, "name", None) or getattr(tool, "__name__", None)
        return [name] if isinstance(name, str) else []
    function = tool.get("function") or tool.get("toolSpec") or tool
    said = (function.get("name"), function.get("title"), tool.get("type"))
    return [name for name in said if isinstance(name, str) and name != "function"]
