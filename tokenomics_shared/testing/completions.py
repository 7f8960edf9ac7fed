"""What the loopback server answers: text, tool calls, JSON by schema, with counted tokens.

Requests and answers have the form of OpenAI's chat completions here, whatever came over the wire.
"""

import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tokenomics_shared.testing.examples import example

_TOKEN = re.compile(r"\w+|[^\w\s]")
_WORD = re.compile(r"\s*\S+")
_NAME_WORD = re.compile(r"[a-z]{4,}")
_ID = itertools.count(1)

TURN_TOKENS = 3


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A request, read as one for a chat completion."""

    body: Mapping[str, Any]

    @property
    def model(self) -> str:
        """The model's name."""
        return str(self.body.get("model", ""))

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The conversation."""
        messages: list[dict[str, Any]] = self.body["messages"]
        return messages

    @property
    def question(self) -> str:
        """The text of the last turn of the user."""
        turns = [turn for turn in self.messages if turn["role"] == "user"]
        return text_of(turns[-1]) if turns else ""

    @property
    def tools(self) -> list[dict[str, Any]]:
        """The functions offered."""
        return [tool["function"] for tool in self.body.get("tools") or ()]


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call of the model's.

    Attributes:
        name: the tool's; it needn't be one that was offered.
        args: its arguments, or what the model wrote for them, which needn't be JSON.
    """

    name: str
    args: Mapping[str, Any] | str = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Turn:
    """All that the model says at once, whatever the request asks for.

    Attributes:
        calls: its tool calls; only the first where parallel ones are not allowed.
        text: what it says before them.
        refusal: why it refuses; then there is neither text nor call. Of OpenAI's protocol alone.
        finish: why it ends, such as `content_filter`; empty for what follows from the rest.
            Of OpenAI's protocol alone.
    """

    calls: tuple[Call, ...] = ()
    text: str = ""
    refusal: str = ""
    finish: str = ""


Answerer = Callable[[ChatRequest], str]
"""Writes the text of an answer."""


Turns = Callable[[ChatRequest], Turn | None]
"""Gives a whole turn; None leaves it to the server to call a tool or to answer."""


Sureness = Callable[[str], float]
"""`(word) -> log-probability`, at most 0."""


class BadRequest(Exception):
    """The request breaks the protocol; the server answers with status 400."""


def echo(request: ChatRequest) -> str:
    """Say who was asked what."""
    return f"You asked {request.model}: {request.question}"


def recorded(
    answers: Mapping[str, Mapping[str, str]], otherwise: Answerer | None = None
) -> Answerer:
    """Answer from a record of `answers[model][question]`.

    Args:
        answers: the record.
        otherwise: answers what it doesn't hold; such a request is refused when None.
    """

    def answer(request: ChatRequest) -> str:
        text = answers.get(request.model, {}).get(request.question)
        if text is not None:
            return text
        if otherwise is None:
            raise BadRequest(f"no record of what {request.model} answered")
        return otherwise(request)

    return answer


def scripted(texts: Iterable[str]) -> Answerer:
    """Answer with these texts in order, whoever asks; refuse when they are used up."""
    rest = iter(texts)

    def answer(request: ChatRequest) -> str:  # noqa: ARG001 -- an Answerer
        try:
            return next(rest)
        except StopIteration:
            raise BadRequest("the script is used up") from None

    return answer


def count_tokens(text: str) -> int:
    """The server's own count: words and signs."""
    return len(_TOKEN.findall(text))


def token_ends(text: str) -> Iterator[int]:
    """Where each of these tokens ends in the text."""
    return (found.end() for found in _TOKEN.finditer(text))


def words(text: str) -> list[str]:
    """A text in words, each with the space before it; they join to the text but for its end."""
    return _WORD.findall(text)


def sure(word: str) -> float:  # noqa: ARG001 -- a Sureness
    """Be as sure of every word."""
    return -0.1


def complete(
    request: ChatRequest,
    answer: Answerer,
    *,
    instead: Turn | None = None,
    sureness: Sureness = sure,
) -> dict[str, Any]:
    """The chat completion for a request.

    Args:
        request: the request.
        answer: writes its text, unless it asks for a tool call or JSON.
        instead: what to answer with, whatever it asks for.
        sureness: how sure the model is of a word, where log-probabilities are asked for.

    Raises:
        BadRequest: the request breaks the protocol.
    """
    message, finish = _message(request, answer, instead)
    read = sum(count_tokens(text_of(turn)) + TURN_TOKENS for turn in request.messages)
    if request.tools:
        read += count_tokens(json.dumps(request.tools))
    written = _written(message)
    choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
    if request.body.get("logprobs") and message["content"]:
        choice["logprobs"] = {
            "content": [_logprob(word, sureness) for word in words(message["content"])]
        }
    return {
        "id": f"chatcmpl-{next(_ID)}",
        "object": "chat.completion",
        "created": 0,
        "model": request.model,
        "choices": [choice],
        "usage": {
            "prompt_tokens": read,
            "completion_tokens": written,
            "total_tokens": read + written,
            "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0},
        },
    }


def text_of(turn: Mapping[str, Any]) -> str:
    """The text of a turn, content parts joined by spaces."""
    content = turn.get("content") or ""
    if isinstance(content, str):
        return content
    return " ".join(part.get("text", "") for part in content if part.get("type") == "text")


def _message(
    request: ChatRequest, answer: Answerer, instead: Turn | None
) -> tuple[dict[str, Any], str]:
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None}
    if instead is not None:
        return _said(request, message, instead)
    called = _called(request)
    if called is not None:
        args = example({"type": "object", **(called.get("parameters") or {})}, request.question)
        return {**message, "tool_calls": [_tool_call(Call(called["name"], args))]}, "tool_calls"
    response_format = request.body.get("response_format") or {"type": "text"}
    if response_format["type"] == "json_schema":
        schema = response_format["json_schema"]["schema"]
        text = json.dumps(example(schema, request.question))
    elif response_format["type"] == "json_object":
        keys = re.findall(r"'(\w+)'", request.question) or ["answer"]
        text = json.dumps({key: f"some {key}" for key in keys})
    else:
        text = answer(request)
    return _cut(request, message, text)


def _said(request: ChatRequest, message: dict[str, Any], turn: Turn) -> tuple[dict[str, Any], str]:
    """A turn as it stands."""
    if turn.refusal:
        return {**message, "refusal": turn.refusal}, turn.finish or "stop"
    if not turn.calls:
        cut, finish = _cut(request, message, turn.text)
        return cut, turn.finish or finish
    most = 1 if request.body.get("parallel_tool_calls") is False else None
    calls = [_tool_call(call) for call in turn.calls[:most]]
    finish = turn.finish or "tool_calls"
    return {**message, "content": turn.text or None, "tool_calls": calls}, finish


def _tool_call(call: Call) -> dict[str, Any]:
    args = call.args if isinstance(call.args, str) else json.dumps(call.args, ensure_ascii=False)
    function = {"name": call.name, "arguments": args}
    return {"id": f"call_{next(_ID)}", "type": "function", "function": function}


def _written(message: Mapping[str, Any]) -> int:
    """The tokens of an answer."""
    text, calls = message["content"] or message["refusal"], message.get("tool_calls")
    if text and calls:
        return count_tokens(text) + count_tokens(json.dumps(calls))
    return count_tokens(text or json.dumps(calls))


def _cut(request: ChatRequest, message: dict[str, Any], text: str) -> tuple[dict[str, Any], str]:
    """Apply stop sequences and the limit on tokens (counted in words)."""
    stop = request.body.get("stop") or []
    for sequence in [stop] if isinstance(stop, str) else stop:
        text = text.split(sequence, 1)[0]
    limit = request.body.get("max_completion_tokens") or request.body.get("max_tokens")
    pieces = words(text)
    if limit and len(pieces) > limit:
        return {**message, "content": "".join(pieces[:limit])}, "length"
    return {**message, "content": text}, "stop"


def _called(request: ChatRequest) -> dict[str, Any] | None:
    """The tool to call: the forced one, or, unless one has just been, one that is asked for.

    A tool is asked for when a word of its name is in the question.
    """
    choice = request.body.get("tool_choice")
    if not request.tools or choice == "none":
        return None
    if isinstance(choice, dict):
        name = choice["function"]["name"]
        return next((tool for tool in request.tools if tool["name"] == name), None)
    if request.messages[-1]["role"] != "tool":
        asked = set(_NAME_WORD.findall(request.question.lower()))
        for tool in request.tools:
            if asked.intersection(_NAME_WORD.findall(tool["name"].lower())):
                return tool
    return request.tools[0] if choice == "required" else None


def _logprob(word: str, sureness: Sureness) -> dict[str, Any]:
    told = {"logprob": sureness(word.strip()), "bytes": list(word.encode()), "top_logprobs": []}
    return {"token": word, **told}
