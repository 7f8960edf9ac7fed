"""What makes two requests the same one."""

import json
from hashlib import blake2b
from typing import Any

from tokenomics_shared.types import Message, Prompt, Roster

_encode = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
).encode


def exact_key(prompt: Prompt, roster: Roster) -> bytes | None:
    """Digest everything that decides what a right answer is.

    Canonical JSON under BLAKE2b (16 bytes): order of mapping keys doesn't count, message ids
    don't count, everything the model sees and every model that could answer does.

    Returns:
        None when part of the request has no stable text (an object only its maker understands),
        so that it can't be told apart from another and must not be cached.
    """
    # Who says that the prompt is sent whole wants no answer to a shortened one.
    said = () if prompt.compress is None else (["compress", prompt.compress],)
    try:
        text = _encode(
            [
                prompt.tenant,
                prompt.corpus_version,
                prompt.cache_text,
                roster.identity,
                [_turn(message) for message in prompt.told_apart],
                prompt.tools,
                prompt.tool_choice,
                prompt.response_format,
                prompt.stop,
                prompt.params,
                prompt.max_tokens,
                prompt.pin,
                *said,
            ]
        )
    except (TypeError, ValueError):
        return None
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _turn(message: Message) -> list[Any]:
    calls = [(call.id, call.name, call.args) for call in message.tool_calls]
    return [message.role, message.content, calls, message.extra]
