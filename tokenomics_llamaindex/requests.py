"""A LlamaIndex call as the engine reads it."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from tokenomics_llamaindex.limits import limit_in
from tokenomics_llamaindex.tools import ToolList
from tokenomics_shared.identity import DELIVERY
from tokenomics_shared.types import Message, Prompt

_NOT_PARAMETERS = DELIVERY | {
    "answer_schema",
    "max_tokens",
    "response_format",
    "stop",
    "tool_choice",
    "tools",
}


def to_prompt(turns: tuple[Message, ...], kwargs: Mapping[str, Any], pin: str | None) -> Prompt:
    """Read a call.

    Args:
        turns: the conversation.
        kwargs: the call's arguments.
        pin: the tier the caller asked for by name.
    """
    if not kwargs:
        return Prompt(messages=turns, pin=pin)
    stop = kwargs.get("stop") or ()
    tools = kwargs.get("tools") or ()
    choice = kwargs.get("tool_choice")
    params = {name: plain(it) for name, it in kwargs.items() if name not in _NOT_PARAMETERS}
    if isinstance(tools, ToolList):
        params["tool_options"] = {name: it for name, it in tools.options.items() if it}
        if choice is None and tools.options.get("tool_required"):
            choice = "required"
    return Prompt(
        messages=turns,
        tools=tuple(map(plain, tools)),
        tool_choice=plain(choice),
        response_format=plain(kwargs.get("answer_schema") or kwargs.get("response_format")),
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        params=params,
        max_tokens=limit_in(kwargs),
        pin=pin,
    )


def plain(value: Any) -> Any:
    """A value as JSON may hold it: a class stands for its schema, an object for its fields."""
    if isinstance(value, type) and issubclass(value, BaseModel):
        return value.model_json_schema()
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {name: plain(it) for name, it in value.items()}
    if isinstance(value, list | tuple):
        return [plain(it) for it in value]
    return value
