"""A LangChain call as the engine reads it."""

from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import BaseMessage
from langchain_core.utils.function_calling import convert_to_json_schema

from tokenomics_langchain.convert import to_message
from tokenomics_langchain.identity import DELIVERY
from tokenomics_langchain.limits import limit_in
from tokenomics_shared.types import Prompt

_NOT_PARAMETERS = DELIVERY | {"max_tokens", "response_format", "tool_choice", "tools"}


def to_prompt(
    messages: Sequence[BaseMessage],
    stop: str | Sequence[str] | None,
    kwargs: Mapping[str, Any],
    pin: str | None,
    *,
    paced: bool = False,
) -> Prompt:
    """Read a call.

    Args:
        messages: the conversation.
        stop: sequences that end the answer.
        kwargs: the call's arguments.
        pin: the tier the caller asked for by name.
        paced: the answer is streamed.
    """
    schema = kwargs.get("answer_schema")
    response_format = kwargs.get("response_format") if schema is None else schema["json_schema"]
    params = {name: _plain(it) for name, it in kwargs.items() if name not in _NOT_PARAMETERS}
    # None and nothing are sent too, over what a model has of its own.
    if "max_tokens" in kwargs and kwargs["max_tokens"] is None:
        params["max_tokens"] = None
    if stop is not None and not stop:
        params["stop"] = []
    return Prompt(
        messages=tuple(map(to_message, messages)),
        tools=tuple(kwargs.get("tools") or ()),
        tool_choice=_plain(kwargs.get("tool_choice")),
        response_format=_plain(response_format),
        stop=(stop,) if isinstance(stop, str) else tuple(stop or ()),
        params=params,
        max_tokens=limit_in(kwargs),
        pin=pin,
        paced=paced,
    )


def _plain(value: Any) -> Any:
    """A class stands for its schema, so that a changed class is another request."""
    if isinstance(value, type):
        return convert_to_json_schema(value)
    return value
