"""A completion, written as Gemini's answers are."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tokenomics_shared.testing.completions import count_tokens, words

_FINISHES: Final = {"stop": "STOP", "length": "MAX_TOKENS", "tool_calls": "STOP"}


def whole(completion: Mapping[str, Any]) -> dict[str, Any]:
    """The body of an answer."""
    choice = completion["choices"][0]
    parts, finish = _parts(choice)
    candidate = {**_candidate(parts, finish), **_sureness(_logprobs(choice))}
    return _told(completion, candidate, completion["usage"]["completion_tokens"])


def pieces(completion: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """An answer in pieces: words and calls, each with the usage so far."""
    choice = completion["choices"][0]
    parts, finish = _parts(choice)
    logprobs = _logprobs(choice)
    split = [[piece] for part in parts for piece in _split(part)] or [[]]
    written = 0
    for at, piece in enumerate(split):
        last = at == len(split) - 1
        candidate = _candidate(piece, finish if last else None)
        written += sum(count_tokens(part.get("text", "")) for part in piece)
        told = completion["usage"]["completion_tokens"] if last else written
        sureness = _sureness(logprobs[at : at + 1])
        yield _told(completion, {**candidate, **sureness}, told)


def _parts(choice: Mapping[str, Any]) -> tuple[list[dict[str, Any]], str]:
    """What is said, in parts, and how it finishes."""
    message = choice["message"]
    calls = message.get("tool_calls") or ()
    parts: list[dict[str, Any]] = []
    if message["content"] or not calls:
        parts.append({"text": message["content"] or ""})
    for call in calls:
        function = call["function"]
        try:
            args = json.loads(function["arguments"])
        except json.JSONDecodeError:
            return [], "MALFORMED_FUNCTION_CALL"
        parts.append({"functionCall": {"name": function["name"], "args": args}})
    return parts, _FINISHES[choice["finish_reason"]]


def _split(part: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"text": word} for word in words(part.get("text", ""))] or [part]


def _candidate(parts: list[dict[str, Any]], finish: str | None) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    return {**candidate, "finishReason": finish} if finish else candidate


def _logprobs(choice: Mapping[str, Any]) -> list[dict[str, Any]]:
    return (choice["logprobs"] or {}).get("content") or []


def _sureness(logprobs: list[dict[str, Any]]) -> dict[str, Any]:
    if not logprobs:
        return {}
    chosen = [
        {"token": it["token"], "tokenId": 0, "logProbability": it["logprob"]} for it in logprobs
    ]
    mean = sum(it["logprob"] for it in logprobs) / len(logprobs)
    return {"avgLogprobs": mean, "logprobsResult": {"chosenCandidates": chosen}}


def _told(
    completion: Mapping[str, Any], candidate: Mapping[str, Any], written: int
) -> dict[str, Any]:
    read = completion["usage"]["prompt_tokens"]
    usage = {
        "promptTokenCount": read,
        "candidatesTokenCount": written,
        "totalTokenCount": read + written,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": read}],
    }
    cached = completion["usage"]["prompt_tokens_details"]["cached_tokens"]
    if cached:
        usage["cachedContentTokenCount"] = cached
    return {
        "candidates": [candidate],
        "usageMetadata": usage,
        "modelVersion": completion["model"],
        "responseId": completion["id"],
    }
