"""Gemini's contents, read as the messages of a chat completion."""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from tokenomics_shared.testing.completions import BadRequest

_DATA: Final = frozenset(
    "text inlineData fileData functionCall functionResponse executableCode codeExecutionResult "
    "toolCall toolResponse".split()
)
_ROLES: Final = (None, "user", "model", "function")
_WRAPPED: Final = ("output", "result", "error")

_Part = Mapping[str, Any]


def read_turns(contents: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The messages of these contents.

    Raises:
        BadRequest: Google's servers would refuse them.
    """
    if not contents:
        raise BadRequest("* GenerateContentRequest.contents: contents is not specified")
    messages: list[dict[str, Any]] = []
    calls: list[dict[str, Any]] = []
    before = None
    for at, content in enumerate(contents):
        parts = _parts(content, at)
        calls = _answered(calls, parts, messages)
        if content.get("role") == "model":
            calls = _calls(parts, at, before)
            messages.append(_spoken(parts, calls))
        else:
            messages.extend(_asked(parts))
        before = content.get("role") or "user"
    if calls:
        raise BadRequest(_UNEQUAL)
    return messages


_UNEQUAL: Final = (
    "Please ensure that the number of function response parts is equal to the number of function "
    "call parts of the function call turn."
)


def text_parts(parts: Sequence[_Part]) -> str | list[dict[str, Any]]:
    """What parts say, without thoughts and calls: one text as such, else blocks."""
    blocks = list(_blocks(parts))
    if not blocks:
        return ""
    return blocks[0]["text"] if len(blocks) == 1 and blocks[0]["type"] == "text" else blocks


def _parts(content: Mapping[str, Any], at: int) -> list[_Part]:
    parts: list[_Part] = content.get("parts") or []
    if content.get("role") not in _ROLES:
        raise BadRequest("Please use a valid role: user, model.")
    if not parts:
        raise BadRequest(
            f"* GenerateContentRequest.contents[{at}].parts: contents.parts must not be empty."
        )
    for number, part in enumerate(parts):
        if len(_DATA & part.keys()) != 1:
            where = f"contents[{at}].parts[{number}].data"
            raise BadRequest(f"* {where}: oneof field 'data' must have one initialized field")
    return parts


def _answered(
    calls: list[dict[str, Any]], parts: Sequence[_Part], messages: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Take the results that a turn has for the calls of the turn before it: none is left over."""
    responses = [part["functionResponse"] for part in parts if "functionResponse" in part]
    if responses and not calls:
        raise BadRequest(
            "Please ensure that function response turn comes immediately after a function call "
            "turn."
        )
    if len(responses) != len(calls):
        raise BadRequest(_UNEQUAL)
    left = list(calls)
    for response in responses:
        call = next((call for call in left if _answers(response, call)), None)
        if call is None:
            raise BadRequest(f"no function call for the response of '{response.get('name')}'")
        left.remove(call)
        content = _result(response.get("response") or {})
        messages.append({"role": "tool", "tool_call_id": call["id"], "content": content})
    return left


def _answers(response: Mapping[str, Any], call: Mapping[str, Any]) -> bool:
    if response.get("id") and call["given"]:
        return bool(response["id"] == call["id"])
    return bool(response.get("name") == call["function"]["name"])


def _result(response: Mapping[str, Any]) -> str:
    """A result's text, out of the wrapping that clients put around one."""
    if len(response) == 1:
        ((name, value),) = response.items()
        if name in _WRAPPED and isinstance(value, str):
            return value
    return json.dumps(response)


def _calls(parts: Sequence[_Part], at: int, before: str | None) -> list[dict[str, Any]]:
    asked = [part["functionCall"] for part in parts if "functionCall" in part]
    if asked and before not in ("user", "function"):
        raise BadRequest(
            "Please ensure that function call turn comes immediately after a user turn or after "
            "a function response turn."
        )
    return [
        {
            "id": call.get("id") or f"call_{at}_{number}",
            "given": bool(call.get("id")),
            "type": "function",
            "function": {"name": call["name"], "arguments": json.dumps(call.get("args") or {})},
        }
        for number, call in enumerate(asked)
    ]


def _spoken(parts: Sequence[_Part], calls: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": text_parts(parts)}
    if calls:
        told = [{name: call[name] for name in ("id", "type", "function")} for call in calls]
        message["tool_calls"] = told
    return message


def _asked(parts: Sequence[_Part]) -> Iterator[dict[str, Any]]:
    """What a user's turn says beside the results of tools."""
    content = text_parts(parts)
    if content or not any("functionResponse" in part for part in parts):
        yield {"role": "user", "content": content}


def _blocks(parts: Sequence[_Part]) -> Iterator[dict[str, Any]]:
    for part in parts:
        if "text" in part and not part.get("thought"):
            yield {"type": "text", "text": part["text"]}
        elif "inlineData" in part:
            yield _media(part["inlineData"])
        elif "fileData" in part:
            yield {"type": "file", "file": {"file_id": part["fileData"].get("fileUri")}}


def _media(blob: Mapping[str, Any]) -> dict[str, Any]:
    kind, data = blob.get("mimeType"), str(blob.get("data", ""))
    if not kind:
        raise BadRequest("Unable to submit request because it must have a mimeType parameter")
    try:
        base64.b64decode(data.translate(str.maketrans("-_", "+/")), validate=True)
    except binascii.Error:
        raise BadRequest("Invalid value at 'inline_data.data' (TYPE_BYTES)") from None
    if kind.startswith("image/"):
        return {"type": "image_url", "image_url": {"url": f"data:{kind};base64,{data}"}}
    if kind.startswith("audio/"):
        sound = {"data": data, "format": kind.removeprefix("audio/")}
        return {"type": "input_audio", "input_audio": sound}
    return {"type": "file", "file": {"file_data": f"data:{kind};base64,{data}"}}
