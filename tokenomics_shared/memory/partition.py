"""Which requests may answer each other at all: all but the last user text must be the same."""

import json
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

from tokenomics_shared.memory.normal import normalise
from tokenomics_shared.memory.spans import tidy
from tokenomics_shared.memory.subject import cut, plain_text
from tokenomics_shared.types import Message, Prompt, Roster, ToolCall

_VERSION = 1
"""Raised whenever the same request gets another partition."""

_UNSEEN = frozenset(
    """stream stream_options stream_usage stream_chunk_timeout timeout request_timeout max_retries
    request_id run_id run_name tags callbacks metadata store service_tier prompt_cache_key
    prompt_cache_retention cache_control verbose""".split()
)
"""Parameters that decide how an answer is delivered, traced or billed, not what it says."""

_ROLES = {"user": "human", "assistant": "ai"}
_OURS = frozenset({"human", "ai", "tool", "function"})
"""Roles whose turns are the conversation; every other one instructs."""

_encode = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
).encode


def partition_key(
    prompt: Prompt, roster: Roster, *, across_histories: bool = False
) -> bytes | None:
    """Digest everything that decides what a right answer is, except what is asked.

    What is asked is `subject(prompt)`; the rest of the last turn counts here. Two requests
    with the same key differ in their subject only, so equal subjects deserve equal answers.

    These don't count: order of mapping keys, of tools and of stop sequences; white space that
    no reader can tell apart, in every turn; call ids (their pairing does); a text as one block
    or as a string; what only delivers or traces (`stream`, `timeout`, `metadata`, …); a
    parameter of None, `n` of 1, 0 for 0.0, `auto` as tool choice and `text` as format, which
    say what is so anyway. A user named in the parameters or their metadata does count: the
    caller keeps users apart.

    Args:
        prompt: the request.
        roster: the models that may answer it.
        across_histories: leave out earlier turns of the conversation, not the instructions;
            only for subjects that are `standalone`.

    Returns:
        16 bytes, or None when nothing is asked in words or part of the request has no stable
        text, so that it can share with no other.
    """
    asked = cut(prompt)
    if asked is None:
        return None
    _, frame = asked
    *earlier, last = prompt.told_apart
    if across_histories:
        earlier = [turn for turn in earlier if turn.role not in _OURS and turn.role not in _ROLES]
    try:
        told = [
            [_VERSION, prompt.tenant, prompt.corpus_version, roster.identity, prompt.pin],
            [*_turns(earlier), [_role(last), tidy(frame), last.extra]],
            prompt.cache_text is None,
            sorted(_encode(_even(tool)) for tool in prompt.tools),
            _choice(prompt.tool_choice),
            _format(prompt.response_format),
            sorted(prompt.stop),
            _params(prompt.params),
            prompt.max_tokens,
        ]
        if prompt.compress is not None:
            # Who says that the prompt is sent whole wants no answer to a shortened one.
            told.append(["compress", prompt.compress])
        text = _encode(told)
    except (TypeError, ValueError):
        return None
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def normal_key(partition: bytes, subject: str) -> bytes:
    """The normalised exact key: this partition, and the subject's normal wording."""
    wording = normalise(subject).encode("utf-8", "surrogatepass")
    return blake2b(partition + wording, digest_size=16).digest()


def _turns(messages: Iterable[Message]) -> list[Any]:
    """The turns as the model reads them, call ids replaced by their order of appearance."""
    ids: dict[str, str] = {}
    return [_turn(message, ids) for message in messages]


def _turn(message: Message, ids: dict[str, str]) -> list[Any]:
    calls = [[_number(call, ids), call.name, _arguments(call.args)] for call in message.tool_calls]
    extra = {
        name: ids.get(value, value) if isinstance(value, str) else value
        for name, value in message.extra.items()
    }
    text = plain_text(message)
    content = message.content if text is None else tidy(text)
    return [_role(message), content, calls, extra]


def _number(call: ToolCall, ids: dict[str, str]) -> str:
    return ids.setdefault(call.id, f"call {len(ids)}") if call.id else ""


def _arguments(args: str) -> Any:
    try:
        return json.loads(args)
    except ValueError:
        return args


def _role(message: Message) -> str:
    return _ROLES.get(message.role, message.role)


def _choice(choice: Any) -> Any:
    return None if choice in ("auto", {"type": "auto"}) else _even(choice)


def _format(wanted: Any) -> Any:
    return None if wanted in ("text", {"type": "text"}) else _even(wanted)


def _params(params: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: _even(value) for name, value in params.items() if name not in _UNSEEN}
    metadata = params.get("metadata")
    if isinstance(metadata, Mapping) and metadata.get("user_id") is not None:
        told.setdefault("user", metadata["user_id"])
    if told.get("n") == 1:
        del told["n"]
    return {name: value for name, value in told.items() if value is not None}


def _even(value: Any) -> Any:
    """The same value with whole floats as integers, all the way down."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {name: _even(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_even(inner) for inner in value]
    return value
