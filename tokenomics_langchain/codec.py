"""LangChain's answers as text that is kept, and fresh answers made from it."""

import json
from collections.abc import Container, Mapping
from functools import lru_cache
from typing import Any

from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from tokenomics_langchain.convert import USAGE_KEYS, answer_of, no_usage
from tokenomics_langchain.wishes import OURS
from tokenomics_shared.types import NO_USAGE, Reply

_OF_THE_CALL = USAGE_KEYS | {"id", OURS}
"""Response metadata that tells of one call and would be untrue of the next answer."""

_encode = json.JSONEncoder(ensure_ascii=False).encode


class MessageCodec:
    """Writes answers as JSON of plain fields, and builds fresh messages from them.

    Nothing is constructed from what is read but one AIMessage: no class names are stored, so a
    poisoned row can't name any.
    """

    def freeze(self, reply: Reply) -> str | None:
        """Write an answer's message; None when JSON can't hold it or it is one of several."""
        message = answer_of(reply.raw)
        if len(reply.raw.generations) > 1:
            return None
        fields = {
            "content": message.content,
            # A parsed object is made anew from the text.
            "additional_kwargs": _without(message.additional_kwargs, {"parsed"}),
            "parsed": message.additional_kwargs.get("parsed") is not None,
            "response_metadata": _without(message.response_metadata, _OF_THE_CALL),
            "name": message.name,
        }
        try:
            return _encode(fields)
        except (TypeError, ValueError):
            return None

    def thaw(self, payload: str) -> Reply:
        """Build a fresh answer that costs nothing, under no message id."""
        parsed = _parsed(payload)
        # Everything in a message that can be changed, this one has to itself.
        own = {
            "content": _own(parsed.content),
            "additional_kwargs": _own(parsed.additional_kwargs),
            "response_metadata": _own(parsed.response_metadata),
            "usage_metadata": no_usage(),
            "tool_calls": [],
            "invalid_tool_calls": [],
        }
        message = parsed.model_copy(update=own)
        result = ChatResult(generations=[ChatGeneration(message=message)])
        return Reply(message.text, usage=NO_USAGE, raw=result)


@lru_cache(maxsize=1024)
def _parsed(payload: str) -> AIMessage:
    """The message that a payload describes; not to be handed out."""
    fields = json.loads(payload)
    message = AIMessage(
        content=fields["content"],
        additional_kwargs=fields["additional_kwargs"],
        response_metadata=fields["response_metadata"],
        name=fields["name"],
        usage_metadata=no_usage(),
    )
    if fields["parsed"]:
        message.additional_kwargs["parsed"] = json.loads(message.text)
    return message


def _own(value: Any) -> Any:
    """A copy that shares nothing that can be changed; what JSON holds is all it has to know."""
    if isinstance(value, dict):
        return {name: _own(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_own(part) for part in value]
    return value


def _without(fields: Mapping[str, Any], names: Container[str]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}
