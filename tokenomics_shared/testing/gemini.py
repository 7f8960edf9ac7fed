"""Google's Gemini protocol, read as a request for a chat completion and written from one."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tokenomics_shared.testing.completions import (
    TURN_TOKENS,
    BadRequest,
    ChatRequest,
    count_tokens,
    text_of,
)
from tokenomics_shared.testing.gemini_answers import pieces, whole
from tokenomics_shared.testing.gemini_fields import checked
from tokenomics_shared.testing.gemini_turns import read_turns, text_parts

_PATH: Final = re.compile(
    r"/(?P<version>v1\w*)/(?:.+/)?models/(?P<model>[^/:?]+)(?::(?P<action>\w+))?"
)
_ACTIONS: Final = ("generateContent", "streamGenerateContent", "countTokens")
_STATUSES: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_NAME: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}")
_JSON: Final = "application/json"
_MOST_STOPS: Final = 5
_HOTTEST: Final = 2.0


def model_card(path: str) -> dict[str, Any] | None:
    """What is told of the model that a path names; None where it names none."""
    found = _PATH.match(path)
    if found is None or found["action"]:
        return None
    return {
        "name": f"models/{found['model']}",
        "displayName": found["model"],
        "inputTokenLimit": 1_048_576,
        "outputTokenLimit": 65_536,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
    }


@dataclass(frozen=True, slots=True)
class GeminiExchange:
    """One request in Gemini's protocol.

    Attributes:
        path: where it was sent: it names the model and what to do.
        body: what was sent.
    """

    path: str
    body: Mapping[str, Any]
    _found: re.Match[str] | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_found", _PATH.match(self.path))

    @property
    def model(self) -> str:
        """The model's name."""
        return self._found["model"] if self._found else ""

    @property
    def action(self) -> str:
        """What the model is to do."""
        return (self._found["action"] or "") if self._found else ""

    @property
    def known(self) -> bool:
        """Whether something is served there."""
        return self.action in _ACTIONS

    @property
    def streamed(self) -> bool:
        """Whether the answer is wanted in pieces."""
        return self.action.startswith("stream")

    def record(self) -> dict[str, Any]:
        """What is kept of the request: its body, and the model that its path names."""
        return {**self.body, "model": self.model}

    def has_key(self, key: str, headers: Mapping[str, str]) -> bool:
        """Whether the request shows this key."""
        return key in (
            headers.get("x-goog-api-key"),
            headers.get("authorization", "").removeprefix("Bearer "),
        )

    def request(self) -> ChatRequest:
        """Read the request.

        Raises:
            BadRequest: Google's servers would refuse it.
        """
        return _request(self.model, checked(self.body, "Request"))

    def ready(self) -> dict[str, Any] | None:
        """An answer that takes no model: how many tokens a request has."""
        if self.action != "countTokens":
            return None
        count = checked(self.body, "Count")
        body = count.get("generateContentRequest") or count
        messages = read_turns(body.get("contents") or ())
        return {"totalTokens": sum(count_tokens(text_of(it)) + TURN_TOKENS for it in messages)}

    def whole(self, completion: Mapping[str, Any]) -> dict[str, Any]:
        """The answer's body."""
        return whole(completion)

    def events(self, completion: Mapping[str, Any]) -> Iterator[str]:
        """The answer in server-sent pieces."""
        return map(json.dumps, pieces(completion))

    def error(self, status: int, message: str, retry_after_s: float | None) -> dict[str, Any]:
        """The body of a refusal."""
        error: dict[str, Any] = {
            "code": status,
            "message": message,
            "status": _STATUSES.get(status, "UNKNOWN"),
        }
        if retry_after_s is not None:
            kind = "type.googleapis.com/google.rpc.RetryInfo"
            error["details"] = [{"@type": kind, "retryDelay": f"{retry_after_s}s"}]
        return {"error": error}


def _request(model: str, body: Mapping[str, Any]) -> ChatRequest:
    settings = body.get("generationConfig") or {}
    messages = read_turns(body.get("contents") or ())
    system = (body.get("systemInstruction") or {}).get("parts")
    if system:
        messages.insert(0, {"role": "system", "content": text_parts(system)})
    tools = list(_tools(body))
    _check_settings(settings)
    if tools and settings.get("responseMimeType") == _JSON and "gemini-3" not in model:
        raise BadRequest(f"Function calling with a response mime type: '{_JSON}' is unsupported")
    return ChatRequest(
        {
            "model": model,
            "messages": messages,
            "tools": tools,
            "tool_choice": _choice(body, [tool["function"]["name"] for tool in tools]),
            "response_format": _format(settings),
            "stop": settings.get("stopSequences"),
            "max_tokens": settings.get("maxOutputTokens"),
            "temperature": settings.get("temperature"),
            "top_p": settings.get("topP"),
            "seed": settings.get("seed"),
            "logprobs": settings.get("responseLogprobs"),
        }
    )


def _check_settings(settings: Mapping[str, Any]) -> None:
    if len(settings.get("stopSequences") or ()) > _MOST_STOPS:
        raise BadRequest(f"stop_sequences: at most {_MOST_STOPS}")
    if settings.get("candidateCount") not in (None, 1):
        raise BadRequest("Multiple candidates is not enabled for this model")
    if not 0 <= (settings.get("temperature") or 0) <= _HOTTEST:
        raise BadRequest("temperature must be in the range [0.0, 2.0]")
    if settings.get("maxOutputTokens") is not None and settings["maxOutputTokens"] < 1:
        raise BadRequest("max_output_tokens must be positive")
    if settings.get("logprobs") is not None and not settings.get("responseLogprobs"):
        raise BadRequest("logprobs is only valid where response_logprobs is true")
    shaped = _schema(settings) is not None
    if shaped and settings.get("responseMimeType") in (None, "text/plain"):
        raise BadRequest(f"a response schema needs the response mime type '{_JSON}'")


def _tools(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The functions offered; Google's own tools are accepted and never used."""
    seen = set()
    for tool in body.get("tools") or ():
        for function in tool.get("functionDeclarations") or ():
            name = function.get("name", "")
            if not _NAME.fullmatch(name):
                raise BadRequest(f"Invalid function name '{name}'")
            if name in seen:
                raise BadRequest(f"Duplicate function declaration found: {name}")
            seen.add(name)
            schema = function.get("parametersJsonSchema") or _lowered(function.get("parameters"))
            told = {"name": name, "description": function.get("description")}
            yield {"type": "function", "function": {**told, "parameters": schema or {}}}


def _choice(body: Mapping[str, Any], offered: list[str]) -> Any:
    config = (body.get("toolConfig") or {}).get("functionCallingConfig") or {}
    mode = config.get("mode", "AUTO")
    allowed: list[str] = config.get("allowedFunctionNames") or []
    if allowed and mode not in ("ANY", "VALIDATED"):
        raise BadRequest("allowed_function_names needs the mode ANY")
    if not set(allowed) <= set(offered):
        raise BadRequest("allowed_function_names are not all declared")
    if mode == "NONE":
        return "none"
    if mode != "ANY":
        return None
    if len(allowed) == 1:
        return {"type": "function", "function": {"name": allowed[0]}}
    return "required"


def _schema(settings: Mapping[str, Any]) -> Any:
    for name in ("responseJsonSchema", "_responseJsonSchema"):
        if settings.get(name) is not None:
            return settings[name]
    return _lowered(settings.get("responseSchema"))


def _format(settings: Mapping[str, Any]) -> dict[str, Any] | None:
    if settings.get("responseMimeType") != _JSON:
        return None
    schema = _schema(settings)
    if schema is None:
        return {"type": "json_object"}
    return {"type": "json_schema", "json_schema": {"name": "response", "schema": schema}}


def _lowered(schema: Any) -> Any:
    """A schema of Google's with its types in lower case, as JSON Schema has them."""
    if isinstance(schema, list):
        return [_lowered(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    read = {
        name: part if isinstance(part, list) and name != "anyOf" else _lowered(part)
        for name, part in schema.items()
    }
    kind = read.get("type")
    return {**read, "type": kind.lower()} if isinstance(kind, str) else read
