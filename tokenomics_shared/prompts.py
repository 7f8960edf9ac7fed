"""A request as whoever has it gives it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tokenomics_shared.errors import PromptError
from tokenomics_shared.types import Message, Prompt, Roster, Strategy, Tier, ToolCall

NOBODY = Roster({"premium": Tier("premium", "")}, (Strategy("premium"),))
"""Stands in where no models are known."""


def prompt_of(request: Any) -> Prompt:
    """Read a request.

    Args:
        request: a `Prompt`, a question, or a conversation: `Message`s, (role, text) pairs,
            mappings with `role` and `content`, or a framework's messages, which have a `role` or
            a `type`, and a `content`.

    Raises:
        PromptError: it is nothing of all that; what is wrong is named.
    """
    if isinstance(request, Prompt):
        return request
    if isinstance(request, str):
        return Prompt((Message("human", request),))
    if isinstance(request, Sequence):
        return Prompt(tuple(_message(turn, place) for place, turn in enumerate(request)))
    kind = type(request).__name__
    raise PromptError(f"a question or a list of messages is needed, got {kind}")


def _message(turn: Any, place: int) -> Message:
    if isinstance(turn, Message):
        return turn
    if isinstance(turn, str):
        return Message("human", turn)
    if isinstance(turn, Mapping):
        given: Mapping[str, Any] = turn
    elif isinstance(turn, tuple) and len(turn) == 2:  # noqa: PLR2004 -- a pair
        given = {"role": turn[0], "content": turn[1]}
    else:
        given = {name: getattr(turn, name, None) for name in (*_NAMES, *_EXTRA, "tool_calls")}
    role = given.get("role") or given.get("type")
    content = given.get("content")
    if role is None or not _is_content(content):
        raise PromptError(
            f"message {place} is no message: a role and a content are needed, "
            f"got {type(turn).__name__}"
        )
    extra = {name: given[name] for name in _EXTRA if given.get(name) is not None}
    calls = tuple(_call(call, place) for call in _listed(given.get("tool_calls"), place))
    named = str(getattr(role, "value", role)).removesuffix("MessageChunk")
    return Message(named.lower(), content or "", calls, extra, turn)


_NAMES = ("role", "type", "content")
_EXTRA = ("name", "tool_call_id")


def _is_content(given: Any) -> bool:
    """Whether it is a text, blocks of content, or none."""
    if given is None or isinstance(given, str):
        return True
    if isinstance(given, bytes) or not isinstance(given, Sequence):
        return False
    return all(isinstance(it, str) or (isinstance(it, Mapping) and _says(it)) for it in given)


def _says(block: Mapping[str, Any]) -> bool:
    return isinstance(block.get("text"), str | None)


def _listed(given: Any, place: int) -> Sequence[Any]:
    if given is None:
        return ()
    if isinstance(given, str | bytes) or not isinstance(given, Sequence):
        kind = type(given).__name__
        raise PromptError(f"message {place}: tool_calls must be a list, got {kind}")
    return given


def _call(call: Any, place: int) -> ToolCall:
    """A tool call in OpenAI's form or LangChain's."""
    if isinstance(call, ToolCall):
        return call
    told = call if isinstance(call, Mapping) else getattr(call, "__dict__", {})
    function = told.get("function") or told
    if not isinstance(function, Mapping):
        function = getattr(function, "__dict__", {})
    if not function.get("name"):
        raise PromptError(
            f"message {place}: a tool call needs a name and arguments, got {type(call).__name__}"
        )
    args = function.get("arguments", function.get("args", ""))
    if not isinstance(args, str):
        args = json.dumps(args, sort_keys=True, default=str)
    return ToolCall(str(function.get("name", "")), args, str(told.get("id") or ""))
