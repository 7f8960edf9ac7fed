"""What the loopback server answers: text, tool calls, JSON by schema, with counted tokens."""

import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(r"\w+|[^\w\s]")
_WORD = re.compile(r"\s*\S+")
_NAME_WORD = re.compile(r"[a-z]{4,}")
_ID = itertools.count(1)

TURN_TOKENS = 3


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A chat completion request as it came over the wire."""

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


Answerer = Callable[[ChatRequest], str]
"""Writes the text of an answer."""


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
    instead: str | None = None,
    sureness: Sureness = sure,
) -> dict[str, Any]:
    """The chat completion for a request.

    Args:
        request: the request.
        answer: writes its text, unless it asks for a tool call or JSON.
        instead: the text to answer with, whatever it asks for.
        sureness: how sure the model is of a word, where log-probabilities are asked for.

    Raises:
        BadRequest: the request breaks the protocol.
    """
    _check(request)
    message, finish = _message(request, answer, instead)
    read = sum(count_tokens(text_of(turn)) + TURN_TOKENS for turn in request.messages)
    if request.tools:
        read += count_tokens(json.dumps(request.tools))
    written = count_tokens(message["content"] or json.dumps(message.get("tool_calls")))
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


def chunks(completion: Mapping[str, Any], *, usage: bool) -> Iterator[dict[str, Any]]:
    """A completion in server-sent pieces: role, words or arguments, finish, usage if asked for."""
    head = {name: completion[name] for name in ("id", "created", "model")}
    head["object"] = "chat.completion.chunk"
    choice = completion["choices"][0]

    def piece(delta: dict[str, Any], finish: str | None = None, logprobs: Any = None) -> Any:
        part = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": logprobs}
        return {**head, "choices": [part]}

    yield piece({"role": "assistant", "content": ""})
    for index, call in enumerate(choice["message"].get("tool_calls") or ()):
        name, args = call["function"]["name"], call["function"]["arguments"]
        start = {"index": index, "id": call["id"], "type": "function"}
        yield piece({"tool_calls": [{**start, "function": {"name": name, "arguments": ""}}]})
        for at in range(0, len(args), 8):
            part = {"index": index, "function": {"arguments": args[at : at + 8]}}
            yield piece({"tool_calls": [part]})
    logprobs = (choice["logprobs"] or {}).get("content") or itertools.repeat(None)
    for word, logprob in zip(words(choice["message"]["content"] or ""), logprobs, strict=False):
        yield piece({"content": word}, logprobs=logprob and {"content": [logprob]})
    yield piece({}, finish=choice["finish_reason"])
    if usage:
        yield {**head, "choices": [], "usage": completion["usage"]}


def text_of(turn: Mapping[str, Any]) -> str:
    """The text of a turn, content parts joined by spaces."""
    content = turn.get("content") or ""
    if isinstance(content, str):
        return content
    return " ".join(part.get("text", "") for part in content if part.get("type") == "text")


def _check(request: ChatRequest) -> None:
    """Real servers refuse a tool result that nothing asked for; so does this one."""
    asked = {call["id"] for turn in request.messages for call in turn.get("tool_calls") or ()}
    for turn in request.messages:
        if turn["role"] == "tool" and turn.get("tool_call_id") not in asked:
            raise BadRequest("a tool message must follow the message that calls the tool")


def _message(
    request: ChatRequest, answer: Answerer, instead: str | None
) -> tuple[dict[str, Any], str]:
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None}
    if instead is not None:
        return _cut(request, message, instead)
    called = _called(request)
    if called is not None:
        args = example(called.get("parameters") or {}, request.question)
        function = {"name": called["name"], "arguments": json.dumps(args, ensure_ascii=False)}
        call = {"id": f"call_{next(_ID)}", "type": "function", "function": function}
        return {**message, "tool_calls": [call]}, "tool_calls"
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


def example(  # noqa: PLR0911 -- one for each kind of schema
    schema: Mapping[str, Any], text: str, name: str = "value", top: Any = None
) -> Any:
    """A value of this JSON schema, with numbers and quoted strings taken from the text."""
    top = schema if top is None else top
    if "$ref" in schema:
        return example(_referred(top, schema["$ref"]), text, name, top)
    for combination in ("anyOf", "oneOf", "allOf"):
        if combination in schema:
            options = [part for part in schema[combination] if part.get("type") != "null"]
            return example(options[0], text, name, top)
    if "enum" in schema or "const" in schema:
        return schema.get("const", (schema.get("enum") or [None])[0])
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if kind == "object":
        fields = schema.get("properties", {})
        return {field: example(part, text, field, top) for field, part in fields.items()}
    if kind == "array":
        return [example(schema.get("items", {}), text, name, top)]
    return _scalar(kind, text, name)


def _scalar(kind: str, text: str, name: str) -> Any:
    numbers = re.findall(r"-?\d+", text) or ["7"]
    quoted = re.findall(r"'([^']+)'", text)
    values = {"integer": int(numbers[-1]), "number": float(numbers[-1]), "boolean": True}
    return values.get(kind, quoted[0] if quoted else f"some {name}")


def _referred(top: Mapping[str, Any], reference: str) -> Mapping[str, Any]:
    part: Any = top
    for step in reference.removeprefix("#/").split("/"):
        part = part[step]
    return part  # type: ignore[no-any-return]  # a schema inside a schema


def _logprob(word: str, sureness: Sureness) -> dict[str, Any]:
    told = {"logprob": sureness(word.strip()), "bytes": list(word.encode()), "top_logprobs": []}
    return {"token": word, **told}
