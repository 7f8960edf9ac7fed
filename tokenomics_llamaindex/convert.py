"""LlamaIndex's messages as the engine reads them, and models' answers as its replies."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from llama_index.core.base.llms.types import ContentBlock, TextBlock, ToolCallBlock
from llama_index.core.llms import ChatMessage, ChatResponse
from pydantic import BaseModel

from tokenomics_llamaindex.requests import plain
from tokenomics_shared.types import Message, Reply, ToolCall, Usage
from tokenomics_shared.wishes import OURS

TIER = "tokenomics_tier"
"""Under this name an answer and each of its chunks say whose they are."""

USAGE_NAMES = ("prompt_tokens", "completion_tokens", "total_tokens")
"""Under these names answers, and with some integrations their messages, tell their tokens."""

_OF_THE_CALL = frozenset({OURS, TIER, *USAGE_NAMES})
"""What a message may carry of the call it came from, which no model reads."""

_INPUT = ("prompt_tokens", "input_tokens", "prompt_token_count")
_OUTPUT = ("completion_tokens", "output_tokens", "candidates_token_count")
_READ = ("cached_tokens", "cache_read_input_tokens", "cached_content_token_count")
_WRITTEN = ("cache_creation_input_tokens",)
_REASONING = ("reasoning_tokens", "thoughts_token_count")
"""What providers call the tokens of a call."""

_APART = ("thoughts_token_count",)
"""Tokens that are billed as output and are not counted in it."""

_BESIDE = ("cache_read_input_tokens", "cache_creation_input_tokens")
"""Tokens that were read and are not counted among those of the input."""

_Told = Callable[[str], Any]
"""What something says by name."""

_REASONS = ("finish_reason", "stop_reason", "done_reason", "status")


def to_messages(messages: Sequence[ChatMessage]) -> tuple[Message, ...]:
    """Read a conversation; its own messages are what will be sent."""
    known: dict[int, Message] = {}
    for message in messages:
        if id(message) not in known:
            known[id(message)] = _to_message(message)
    return tuple(known[id(message)] for message in messages)


def to_sent(turn: Message) -> ChatMessage:
    """A turn that no message of the caller's says: a copy of its own with this text, or anew."""
    if turn.raw is None:
        role = "system" if turn.role == "system" else "user"
        return ChatMessage(role=role, content=turn.text)
    own: ChatMessage = turn.raw
    content: Any = turn.content
    texts = [content] if isinstance(content, str) else [piece.get("text") for piece in content]
    pieces = iter(texts)
    blocks: list[ContentBlock] = []
    for block in own.blocks:
        text = None if isinstance(block, ToolCallBlock) else next(pieces, None)
        same = not isinstance(block, TextBlock) or text is None or text == block.text
        blocks.append(block if same else TextBlock(text=str(text)))
    return own.model_copy(update={"blocks": blocks})


def to_reply(response: ChatResponse, tier: str, *, chunks: Sequence[ChatResponse] = ()) -> Reply:
    """Read a model's answer, or the last chunk of a streamed one; `raw` is the response.

    Args:
        response: the answer.
        tier: whose it is; the answer is marked with it.
        chunks: all chunks it came in, of which some may tell what the last doesn't.
    """
    message = response.message
    mark(response, tier)
    sources = chunks or (response,)
    calls = tuple(_tool_calls(message))
    return Reply(
        text=message.content or "",
        tool_calls=calls,
        usage=_first(_usage(it) for it in reversed(sources)),
        finish_reason=_finish_reason(sources, calls),
        model=_first(str(_get(it.raw, "model") or "") for it in reversed(sources)) or "",
        faults=tuple(_faults(response, calls)),
        raw=response,
    )


def mark(response: ChatResponse, tier: str) -> None:
    """Say whose a response is, so that its tool calls can be read as that tier reads them."""
    # A mapping of its own: with some integrations the message has the same one.
    response.additional_kwargs = {**response.additional_kwargs, TIER: tier}


def _to_message(message: ChatMessage) -> Message:
    extra = {
        name: plain(it)
        for name, it in message.additional_kwargs.items()
        if it is not None and name not in _OF_THE_CALL and name != "tool_calls"
    }
    calls = tuple(_tool_calls(message))
    return Message(message.role.value, _content(message), calls, extra, message)


def _content(message: ChatMessage) -> str | list[Any]:
    """A message's text, or its blocks where it has any but one of text."""
    blocks = [block for block in message.blocks if not isinstance(block, ToolCallBlock)]
    if not blocks:
        return ""
    if len(blocks) == 1 and isinstance(blocks[0], TextBlock):
        return blocks[0].text
    return list(map(_block, blocks))


def _block(block: ContentBlock) -> Any:
    """A block, in words where it is one of text, told apart from all others by a hash else.

    What can't be told apart, an open file for one, is an object that no key can be made of.
    """
    if isinstance(block, TextBlock):
        return {"type": "text", "text": block.text}
    told: dict[str, Any] = {"type": block.block_type}
    for name in type(block).model_fields:
        value = getattr(block, name)
        if isinstance(value, bytes):
            told[name] = blake2b(value, digest_size=16).hexdigest()
        elif name == "path" and value is not None:
            told[name] = _state_of(Path(value))
        elif hasattr(value, "read"):
            told[name] = value
        elif value is not None:
            told[name] = plain(value) if not _is_address(value) else str(value)
    return told


def _is_address(value: Any) -> bool:
    return type(value).__module__.startswith("pydantic")


def _state_of(path: Path) -> Any:
    """A file by name, size and time of change; an object of its own where it can't be read."""
    try:
        state = path.stat()
    except OSError:
        return object()
    return [str(path), state.st_size, state.st_mtime_ns]


def _tool_calls(message: ChatMessage) -> Iterator[ToolCall]:
    blocks = [block for block in message.blocks if isinstance(block, ToolCallBlock)]
    for block in blocks:
        yield ToolCall(block.tool_name, _args(block.tool_kwargs), block.tool_call_id or "")
    if not blocks:
        for call in message.additional_kwargs.get("tool_calls") or ():
            function = _get(call, "function") or call
            args = _get(function, "arguments") or _get(function, "args") or {}
            name = str(_get(function, "name") or "")
            yield ToolCall(name, _args(args), str(_get(call, "id") or ""))


def _args(args: Any) -> str:
    return args if isinstance(args, str) else json.dumps(args, sort_keys=True, default=str)


def _faults(response: ChatResponse, calls: Iterable[ToolCall]) -> Iterator[str]:
    for call in calls:
        try:
            json.loads(call.args)
        except ValueError:
            yield f"arguments of {call.name} are not JSON"
    choices = _get(response.raw, "choices")
    if choices and _get(_get(choices[0], "message"), "refusal"):
        yield "refused"


def _usage(response: ChatResponse) -> Usage | None:
    """Tokens as reported; None when none are."""
    raw = _reader(response.raw)
    told = _reader(raw("usage") or raw("usage_metadata") or response.additional_kwargs)
    read, written = _number(told, _INPUT), _number(told, _OUTPUT)
    if read is None and written is None:
        return None
    of_input = told("prompt_tokens_details") or told("input_tokens_details")
    of_output = told("completion_tokens_details") or told("output_tokens_details")
    inputs = told if not of_input else _reader(of_input)
    outputs = told if not of_output else _reader(of_output)
    return Usage(
        input=(read or 0) + sum(_number(told, (name,)) or 0 for name in _BESIDE),
        output=(written or 0) + (_number(told, _APART) or 0),
        cache_read=_number(inputs, _READ) or 0,
        cache_write=_number(inputs, _WRITTEN) or 0,
        reasoning=_number(outputs, _REASONING) or 0,
    )


def _number(told: _Told, names: Iterable[str]) -> int | None:
    for name in names:
        found = told(name)
        if isinstance(found, int):
            return found
    return None


def _finish_reason(sources: Sequence[ChatResponse], calls: Sequence[ToolCall]) -> str:
    """Why an answer ended: the provider's word, or what is known without."""
    told = _first(_reason(it.raw) for it in reversed(sources))
    if told or calls:
        return told or "tool_calls"
    # One whose integration tells why its answers end has not ended; with others an end is one.
    tells = any(_get(it.raw, "choices") is not None for it in sources)
    return "" if tells else "stop"


def _reason(raw: Any) -> str | None:
    choices = _get(raw, "choices")
    places = [choices[0] if choices else None, raw]
    told = _first(_get(place, name) for place in places for name in _REASONS)
    return None if told is None else str(getattr(told, "value", told))


def _first(found: Iterable[Any]) -> Any:
    return next((it for it in found if it), None)


def _get(told: Any, name: str) -> Any:
    return _reader(told)(name)


def _reader(told: Any) -> _Told:
    """Reads what an object or a mapping says by name; None where it says nothing."""
    if isinstance(told, BaseModel):
        # Asked for what it doesn't have, a model takes long to say so.
        fields, names = told.__dict__, _names(type(told))
        fields = {**fields, **told.__pydantic_extra__} if told.__pydantic_extra__ else fields
        return lambda name: getattr(told, name) if name in names else fields.get(name)
    if isinstance(told, Mapping):
        return told.get
    return lambda name: getattr(told, name, None)


@lru_cache(maxsize=256)
def _names(kind: type) -> frozenset[str]:
    """What every object of a class has, beside its fields."""
    return frozenset(dir(kind))
