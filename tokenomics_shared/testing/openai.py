"""OpenAI's protocol: what its chat completions refuse, and how an answer is written."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from itertools import repeat
from typing import Any, Final

from tokenomics_shared.testing.completions import BadRequest, ChatRequest, words

DONE: Final = "[DONE]"

_FIELDS: Final = frozenset(
    "audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens "
    "max_tokens messages metadata modalities model moderation n parallel_tool_calls prediction "
    "presence_penalty prompt_cache_key prompt_cache_options prompt_cache_retention "
    "reasoning_effort response_format safety_identifier seed service_tier stop store stream "
    "stream_options temperature tool_choice tools top_logprobs top_p user verbosity "
    "web_search_options".split()
)
_ROLES: Final = {
    "developer": ("text",),
    "system": ("text",),
    "user": ("text", "image_url", "input_audio", "file"),
    "assistant": ("text", "refusal"),
    "tool": ("text",),
    "function": ("text",),
}
_TOOLS: Final = ("function", "custom")
_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_MOST_STOPS: Final = 4


@dataclass(frozen=True, slots=True)
class OpenAIExchange:
    """One request in OpenAI's protocol.

    Attributes:
        path: where it was sent.
        body: what was sent.
    """

    path: str
    body: Mapping[str, Any]

    @property
    def model(self) -> str:
        """The model's name."""
        return str(self.body.get("model", ""))

    @property
    def known(self) -> bool:
        """Whether something is served there."""
        return self.path.endswith("/chat/completions")

    @property
    def streamed(self) -> bool:
        """Whether the answer is wanted in pieces."""
        return bool(self.body.get("stream"))

    def record(self) -> dict[str, Any]:
        """What is kept of the request."""
        return dict(self.body)

    def has_key(self, key: str, headers: Mapping[str, str]) -> bool:
        """Whether the request shows this key."""
        return headers.get("authorization") == f"Bearer {key}"

    def request(self) -> ChatRequest:
        """Read the request.

        Raises:
            BadRequest: OpenAI's server would refuse it.
        """
        _check_fields(self.body)
        _check_tools(self.body.get("tools") or ())
        _check_parts(self.body["messages"])
        _check_calls(self.body["messages"])
        return ChatRequest(self.body)

    def ready(self) -> dict[str, Any] | None:
        """An answer that takes no model: there is none."""
        return None

    def whole(self, completion: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer's body."""
        return completion

    def events(self, completion: Mapping[str, Any]) -> Iterator[str]:
        """The answer in server-sent pieces."""
        options = self.body.get("stream_options") or {}
        for piece in _pieces(completion, usage=bool(options.get("include_usage"))):
            yield json.dumps(piece)
        yield DONE

    def error(self, status: int, message: str, retry_after_s: float | None) -> dict[str, Any]:  # noqa: ARG002 -- told in a header
        """The body of a refusal."""
        server = status >= HTTPStatus.INTERNAL_SERVER_ERROR
        kind = "server_error" if server else "invalid_request_error"
        return {"error": {"message": message, "type": kind, "code": None, "param": None}}


def _check_fields(body: Mapping[str, Any]) -> None:
    for name in body:
        if name not in _FIELDS:
            raise BadRequest(f"Unrecognized request argument supplied: {name}")
    if not body.get("messages"):
        raise BadRequest("[] is too short - 'messages'")
    if {"max_tokens", "max_completion_tokens"} <= body.keys():
        raise BadRequest("'max_tokens' and 'max_completion_tokens' exclude each other")
    stop = body.get("stop")
    if isinstance(stop, list) and len(stop) > _MOST_STOPS:
        raise BadRequest(f"too many stop sequences: at most {_MOST_STOPS}")
    if body.get("tool_choice") not in (None, "none") and not body.get("tools"):
        raise BadRequest("'tool_choice' is only allowed when 'tools' are specified")


def _check_tools(tools: Iterable[Mapping[str, Any]]) -> None:
    for at, tool in enumerate(tools):
        if tool.get("type") not in _TOOLS:
            raise BadRequest(f"Invalid value: '{tool.get('type')}' at tools[{at}].type")
        name = tool[tool["type"]]["name"]
        if not _NAME.fullmatch(name):
            raise BadRequest(f"Invalid 'tools[{at}].function.name': '{name}'")


def _check_parts(messages: Iterable[Mapping[str, Any]]) -> None:
    """Parts that the role's messages can't have are refused; marks inside of a part are not."""
    for at, turn in enumerate(messages):
        allowed = _ROLES.get(turn["role"])
        if allowed is None:
            raise BadRequest(f"Invalid value: '{turn['role']}' at messages[{at}].role")
        content = turn.get("content")
        for number, part in enumerate(content if isinstance(content, list) else ()):
            if part.get("type") not in allowed:
                where = f"messages[{at}].content[{number}].type"
                raise BadRequest(f"Invalid value: '{part.get('type')}' at {where}")


def _check_calls(messages: Iterable[Mapping[str, Any]]) -> None:
    """Every call is answered before anything else is said, and nothing else is answered."""
    asked: set[str] = set()
    for turn in messages:
        if turn["role"] == "tool":
            if turn.get("tool_call_id") not in asked:
                raise BadRequest("a tool message must follow the message that calls the tool")
            asked.discard(turn["tool_call_id"])
        elif asked:
            break
        else:
            asked = {call["id"] for call in turn.get("tool_calls") or ()}
    if asked:
        raise BadRequest(f"tool calls without a tool message: {', '.join(sorted(asked))}")


def _pieces(completion: Mapping[str, Any], *, usage: bool) -> Iterator[dict[str, Any]]:
    """A completion in server-sent pieces: role, words or arguments, finish, usage if asked for."""
    head = {name: completion[name] for name in ("id", "created", "model")}
    head["object"] = "chat.completion.chunk"
    choice = completion["choices"][0]

    def piece(delta: dict[str, Any], finish: str | None = None, logprobs: Any = None) -> Any:
        part = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": logprobs}
        return {**head, "choices": [part]}

    yield piece({"role": "assistant", "content": ""})
    logprobs = (choice["logprobs"] or {}).get("content") or repeat(None)
    for word, logprob in zip(words(choice["message"]["content"] or ""), logprobs, strict=False):
        yield piece({"content": word}, logprobs=logprob and {"content": [logprob]})
    for word in words(choice["message"]["refusal"] or ""):
        yield piece({"refusal": word})
    for index, call in enumerate(choice["message"].get("tool_calls") or ()):
        name, args = call["function"]["name"], call["function"]["arguments"]
        start = {"index": index, "id": call["id"], "type": "function"}
        yield piece({"tool_calls": [{**start, "function": {"name": name, "arguments": ""}}]})
        for at in range(0, len(args), 8):
            part = {"index": index, "function": {"arguments": args[at : at + 8]}}
            yield piece({"tool_calls": [part]})
    yield piece({}, finish=choice["finish_reason"])
    if usage:
        yield {**head, "choices": [], "usage": completion["usage"]}
