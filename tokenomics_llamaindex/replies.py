"""The engine's replies as LlamaIndex's responses, and as JSON to be kept."""

import json
import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from functools import lru_cache
from typing import Any

from llama_index.core.base.llms.types import MessageRole, TextBlock, ThinkingBlock
from llama_index.core.llms import ChatMessage, ChatResponse, CompletionResponse

from tokenomics_llamaindex.convert import TIER, USAGE_NAMES
from tokenomics_shared.telemetry import as_metadata
from tokenomics_shared.types import NO_USAGE, Outcome, Reply
from tokenomics_shared.wishes import OURS

_KEPT: Mapping[str, type[TextBlock | ThinkingBlock]] = {
    "text": TextBlock,
    "thinking": ThinkingBlock,
}
"""Blocks of which kept answers may be made."""

_NOT_KEPT = frozenset({*USAGE_NAMES, TIER, OURS, "tool_calls", "thought_signatures"})
"""What a message may carry of the call it came from, untrue of the next answer."""

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
_PIECE = re.compile(r"\s*(?:\S+\s*){1,8}")
"""A replayed chunk: up to eight words."""


class ResponseCodec:
    """Writes answers as JSON of plain fields, and builds fresh responses from them.

    No class names are stored: what is read makes messages of texts and thoughts, nothing else.
    """

    def freeze(self, reply: Reply) -> str | None:
        """Write an answer's message; None when it is not of texts alone or JSON can't hold it."""
        response: ChatResponse = reply.raw
        message = response.message
        if any(block.block_type not in _KEPT for block in message.blocks):
            return None
        fields = {
            "role": message.role.value,
            "blocks": [block.model_dump() for block in message.blocks],
            "additional_kwargs": _without(message.additional_kwargs),
            "told": [name for name in USAGE_NAMES if name in response.additional_kwargs],
            "tier": response.additional_kwargs.get(TIER),
            "model": reply.model,
        }
        try:
            return _encode(fields)
        except (TypeError, ValueError):
            return None

    def thaw(self, payload: str) -> Reply:
        """Build a fresh answer that costs nothing."""
        fields = _parsed(payload)
        # Everything in a response that can be changed, this one has to itself.
        own = fields["additional_kwargs"]
        message = ChatMessage(
            role=fields["role"],
            blocks=list(map(_made, fields["blocks"])),
            additional_kwargs=deepcopy(own) if own else {},
        )
        response = ChatResponse(
            message=message,
            raw={"model": fields["model"], "usage": dict.fromkeys(USAGE_NAMES, 0)},
            additional_kwargs={**dict.fromkeys(fields["told"], 0), TIER: fields["tier"]},
        )
        return Reply(message.content or "", usage=NO_USAGE, model=fields["model"], raw=response)


@lru_cache(maxsize=1024)
def _parsed(payload: str) -> Mapping[str, Any]:
    """The fields of a kept answer; not to be handed out."""
    fields: dict[str, Any] = json.loads(payload)
    return fields | {"role": MessageRole(fields["role"])}


def told(response: ChatResponse, outcome: Outcome) -> ChatResponse:
    """The response, with what happened on it.

    Not on its message: that goes back to a model with the next turn.
    """
    response.additional_kwargs = {**response.additional_kwargs, OURS: as_metadata(outcome)}
    return response


class Ending:
    """Keeps the latest chunk back where it brings no text: `last_chunk` may take its place.

    Tokens are told on such a chunk, and would be told twice.
    """

    def __init__(self) -> None:
        self._kept: list[ChatResponse] = []

    def passed(self, chunk: ChatResponse) -> list[ChatResponse]:
        """The chunks to show, now that this one has come."""
        seen = [*self._kept, chunk]
        self._kept = [] if chunk.delta else [seen.pop()]
        return seen


def last_chunk(outcome: Outcome) -> ChatResponse:
    """The chunk that ends every stream: all of the text, nothing new, and what happened."""
    return told(answer_of(outcome).model_copy(update={"delta": ""}), outcome)


def answer_of(outcome: Outcome) -> ChatResponse:
    """The response that answers a request."""
    if outcome.reply is None:
        raise ValueError("the request has no answer")
    response: ChatResponse = outcome.reply.raw
    return response


def to_chunks(response: ChatResponse) -> Iterable[ChatResponse]:
    """Split a finished response into chunks, each with all of the text so far.

    Only the last, which brings no text, says the rest: who sums chunks' tokens finds them once.
    """
    content = response.message.content or ""
    owner = {TIER: response.additional_kwargs.get(TIER)}
    shown = ""
    for piece in _PIECE.findall(content) or ([content] if content else []):
        shown += piece
        message = response.message.model_copy(update={"blocks": [TextBlock(text=shown)]})
        yield ChatResponse(message=message, delta=piece, additional_kwargs=owner)
    yield response.model_copy(update={"delta": ""})


def to_completion(response: ChatResponse) -> CompletionResponse:
    """A response as `complete` gives it, its message left as it is."""
    message = response.message
    return CompletionResponse(
        text=message.content or "",
        additional_kwargs={**message.additional_kwargs, **response.additional_kwargs},
        raw=response.raw,
        logprobs=response.logprobs,
        delta=response.delta,
    )


def of_completion(response: CompletionResponse) -> ChatResponse:
    """What `complete` gave as a response."""
    return ChatResponse(
        message=ChatMessage(role="assistant", content=response.text),
        raw=response.raw,
        delta=response.delta,
        logprobs=response.logprobs,
        additional_kwargs=response.additional_kwargs,
    )


def _made(fields: Mapping[str, Any]) -> TextBlock | ThinkingBlock:
    # Texts can't be changed and are all that most blocks have.
    own = {name: it if isinstance(it, str) else deepcopy(it) for name, it in fields.items()}
    return _KEPT[fields["block_type"]](**own)


def _without(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in _NOT_KEPT}
