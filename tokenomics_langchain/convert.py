"""LangChain's messages as the engine reads them, and the engine's replies as LangChain's."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    ChatMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from tokenomics_langchain.wishes import OURS
from tokenomics_shared.errors import CallFailed
from tokenomics_shared.types import NO_USAGE, Message, Outcome, Reply, ToolCall, Usage

_ROLES = {
    "AIMessageChunk": "ai",
    "HumanMessageChunk": "human",
    "SystemMessageChunk": "system",
    "ToolMessageChunk": "tool",
}
_PIECE = re.compile(r"\s*(?:\S+\s*){1,8}")
"""A replayed chunk: up to eight words."""

_REASONS = ("finish_reason", "stop_reason", "stopReason", "done_reason", "status")
"""Where providers say why an answer ended; OpenAI's Responses API has but a status."""

USAGE_KEYS = frozenset({"token_usage", "usage", "usage_metadata"})
"""Under which models tell their tokens beside `usage_metadata`."""


def to_message(message: BaseMessage) -> Message:
    """Read a turn; the turn itself is what will be sent."""
    extra: dict[str, Any] = {}
    if message.name is not None:
        extra["name"] = message.name
    if message.additional_kwargs:
        extra.update((k, v) for k, v in message.additional_kwargs.items() if v is not None)
    calls: tuple[ToolCall, ...] = ()
    if isinstance(message, AIMessage):
        calls = _tool_calls(message)
        if message.invalid_tool_calls:
            extra["invalid_tool_calls"] = message.invalid_tool_calls
    elif isinstance(message, ToolMessage):
        extra["tool_call_id"] = message.tool_call_id
        extra["status"] = message.status
    elif isinstance(message, ChatMessage):
        extra["role"] = message.role
    role = _ROLES.get(message.type, message.type)
    return Message(role, message.content, calls, extra, message)


def to_sent(turn: Message) -> BaseMessage:
    """A turn that no object of LangChain's says: a copy of its own with this content, or anew."""
    if turn.raw is not None:
        own: BaseMessage = turn.raw
        return own.model_copy(update={"content": turn.content})
    kind = SystemMessage if turn.role == "system" else HumanMessage
    return kind(content=turn.text, name=turn.extra.get("name"))


def to_reply(result: ChatResult) -> Reply:
    """Read a model's answer; `raw` is the whole result, its first message the answer."""
    message = answer_of(result)
    metadata = message.response_metadata
    calls = _tool_calls(message)
    return Reply(
        text=message.text,
        tool_calls=calls,
        usage=to_usage(message),
        finish_reason=_finish_reason(metadata, calls),
        model=str(metadata.get("model_name") or metadata.get("model") or ""),
        logprobs=_logprobs(metadata.get("logprobs")),
        faults=tuple(_faults(message)),
        raw=result,
    )


def completed(result: ChatResult) -> ChatResult:
    """Put what a model tells beside its messages onto them, as LangChain does."""
    for generation in result.generations:
        message = generation.message
        if generation.generation_info:
            message.response_metadata = {
                **generation.generation_info,
                **message.response_metadata,
            }
    if len(result.generations) == 1 and result.llm_output:
        message = result.generations[0].message
        message.response_metadata = {**result.llm_output, **message.response_metadata}
    return result


def answer_of(result: ChatResult) -> AIMessage:
    """The result's first message."""
    message = result.generations[0].message
    if not isinstance(message, AIMessage):
        kind = type(message).__name__
        # Not a mistake in the call, as a TypeError would be: another tier may do better.
        raise ValueError(f"a chat model must answer with an AIMessage, got {kind}")  # noqa: TRY004
    return message


def to_usage(message: AIMessage) -> Usage | None:
    """Read reported tokens; None when none are reported, nothing when LangChain's cache hit."""
    reported = message.usage_metadata
    if reported is None:
        return None
    if reported.get("total_cost") == 0:
        return NO_USAGE
    read = reported.get("input_token_details") or {}
    written = reported.get("output_token_details") or {}
    return Usage(
        input=reported["input_tokens"],
        output=reported["output_tokens"],
        cache_read=read.get("cache_read") or 0,
        cache_write=read.get("cache_creation") or 0,
        reasoning=written.get("reasoning") or 0,
    )


def to_failure(error: Exception) -> CallFailed:
    """Read a failure; one that came with an answer that the client couldn't parse was billed.

    LangChain's OpenAI models put the HTTP response on such errors.
    """
    response = getattr(error, "response", None)
    if getattr(response, "status_code", None) != HTTPStatus.OK:
        return CallFailed(error)
    try:
        reported = response.json()["usage"]  # type: ignore[union-attr]  # a response, as it has a status
        read = reported.get("prompt_tokens", reported.get("input_tokens"))
        written = reported.get("completion_tokens", reported.get("output_tokens"))
        usage = Usage(int(read), int(written))
    except (AttributeError, KeyError, TypeError, ValueError):
        usage = None
    return CallFailed(error, partial=Reply("", usage=usage))


def no_usage() -> UsageMetadata:
    """Nothing spent, with LangChain's own mark of an answer from a cache."""
    nothing: Any = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0, "total_cost": 0}
    usage: UsageMetadata = nothing
    return usage


def to_result(outcome: Outcome) -> ChatResult:
    """The answer, with what happened on its message."""
    if outcome.reply is None:
        raise ValueError("the request has no answer")
    result: ChatResult = outcome.reply.raw
    message = answer_of(result)
    message.response_metadata = {**message.response_metadata, OURS: _metadata(outcome)}
    return result


def last_chunk(outcome: Outcome) -> ChatGenerationChunk:
    """The empty chunk that ends every stream and tells what happened."""
    return ChatGenerationChunk(
        message=AIMessageChunk(
            content="",
            response_metadata={OURS: _metadata(outcome)},
            chunk_position="last",
        )
    )


def _metadata(outcome: Outcome) -> dict[str, Any]:
    # Loaded with the engine, which whoever has an outcome has; importing this package need not.
    from tokenomics_shared.telemetry import as_metadata

    return as_metadata(outcome)


def from_outer_cache(message: Any) -> Any:
    """An answer that a cache in front of us kept: nothing was asked of us, and nothing spent.

    It gets an id of its own: graphs take a message under an id they know for a correction.
    """
    told = message.response_metadata.get(OURS)
    if told is None:
        return message
    spent = {"tokens_used": 0, "input_tokens": 0, "output_tokens": 0, "cost": 0.0, "calls": []}
    now = {"cache_hit": True, "cache_type": "exact", "trace": ["hit:outer cache"], **spent}
    metadata = {**message.response_metadata, OURS: {**told, **now}}
    return message.model_copy(update={"id": None, "response_metadata": metadata})


def to_chunks(message: AIMessage) -> Iterable[ChatGenerationChunk]:
    """Split a finished message into chunks; everything but text comes with the last."""
    pieces: list[Any] = [message.content]
    if isinstance(message.content, str):
        pieces = _PIECE.findall(message.content) or pieces
    for piece in pieces[:-1]:
        yield ChatGenerationChunk(message=AIMessageChunk(content=piece))
    calls = enumerate([*message.tool_calls, *message.invalid_tool_calls])
    yield ChatGenerationChunk(
        message=AIMessageChunk(
            content=pieces[-1],
            additional_kwargs=message.additional_kwargs,
            response_metadata=message.response_metadata,
            usage_metadata=message.usage_metadata,
            name=message.name,
            tool_call_chunks=[
                tool_call_chunk(name=call["name"], args=_args(call), id=call["id"], index=index)
                for index, call in calls
            ],
        )
    )


def logprobs_of(generation: ChatGenerationChunk) -> tuple[float, ...]:
    """Token log-probabilities of a chunk, where the provider gave them."""
    return _logprobs(generation.message.response_metadata.get("logprobs"))


def _logprobs(told: Any) -> tuple[float, ...]:
    """Token log-probabilities as OpenAI's chat API tells them, of others none."""
    tokens = told.get("content") if isinstance(told, Mapping) else None
    if not isinstance(tokens, list):
        return ()
    return tuple(
        token["logprob"]
        for token in tokens
        if isinstance(token, Mapping) and isinstance(token.get("logprob"), int | float)
    )


def _args(call: Any) -> str:
    """A tool call's arguments as text; those of an invalid one already are."""
    args = call["args"]
    return args if isinstance(args, str) else json.dumps(args)


def _tool_calls(message: AIMessage) -> tuple[ToolCall, ...]:
    if not message.tool_calls:
        return ()
    return tuple(
        ToolCall(call["name"], json.dumps(call["args"], sort_keys=True), call["id"] or "")
        for call in message.tool_calls
    )


def _finish_reason(metadata: Mapping[str, Any], calls: Sequence[ToolCall]) -> str:
    reason = next((metadata[name] for name in _REASONS if metadata.get(name)), None)
    if reason or calls:
        return str(reason or "tool_calls")
    # An integration that names its provider tells its reasons too; with others an end is an end.
    return "" if "model_provider" in metadata else "stop"


def _faults(message: AIMessage) -> Iterable[str]:
    for call in message.invalid_tool_calls:
        yield f"arguments of {call.get('name')} are not JSON"
    blocks = message.content if isinstance(message.content, list) else ()
    refusals = (isinstance(block, dict) and block.get("type") == "refusal" for block in blocks)
    if message.additional_kwargs.get("refusal") or any(refusals):
        yield "refused"
