"""Hard checks: what no good answer shows."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tokenomics_shared.types import Prompt, Reply, ToolCall, Verdict

_PASSED = Verdict(accepted=True, score=1.0)
_CUT = frozenset(
    {"length", "max_tokens", "MAX_TOKENS", "incomplete", "content_filter", "SAFETY", "aborted"}
)
"""The providers' words, and ours, for an answer that was cut short or held back."""


class Checks:
    """Rejects answers that are broken as answers, whatever they say.

    Empty, cut short, filtered, refused; a tool call to a tool that was not offered, with
    arguments that are not JSON or lack a required one; text that is not the JSON that was asked
    for.
    """

    blocking = False

    def judge(self, prompt: Prompt, reply: Reply) -> Verdict:
        """Reject with the first fault found, or accept with score 1."""
        fault = _fault(prompt, reply)
        return _PASSED if fault is None else Verdict(accepted=False, score=0.0, reason=fault)


def _fault(prompt: Prompt, reply: Reply) -> str | None:  # noqa: PLR0911 -- one for each fault
    if reply.faults:
        return reply.faults[0]
    if reply.finish_reason in _CUT:
        return f"finish reason {reply.finish_reason}"
    if reply.tool_calls:
        offered = dict(_offered(prompt))
        return next(filter(None, (_call_fault(offered, call) for call in reply.tool_calls)), None)
    if not reply.text.strip():
        return "empty"
    if prompt.response_format is not None:
        return _format_fault(prompt.response_format, reply.text)
    return None


def _call_fault(offered: Mapping[str, Mapping[str, Any]], call: ToolCall) -> str | None:
    if offered and call.name not in offered:
        return f"calls the unknown tool {call.name}"
    try:
        args = json.loads(call.args or "{}")
    except ValueError:
        return f"arguments of {call.name} are not JSON"
    return _missing(offered.get(call.name, {}), args, f"arguments of {call.name}")


def _format_fault(response_format: Any, text: str) -> str | None:
    schema = response_format
    if isinstance(schema, Mapping) and schema.get("type") == "text":
        return None
    try:
        value = json.loads(_unfenced(text))
    except ValueError:
        return "not the JSON asked for"
    while isinstance(schema, Mapping) and "properties" not in schema:
        schema = schema.get("json_schema") or schema.get("schema") or schema.get("parameters")
    return _missing(schema if isinstance(schema, Mapping) else {}, value, "the JSON")


def _missing(schema: Mapping[str, Any], value: Any, what: str) -> str | None:
    if not isinstance(value, Mapping):
        return f"{what} is no object" if schema.get("properties") else None
    absent = [name for name in schema.get("required", ()) if name not in value]
    return f"{what} lacks {absent[0]}" if absent else None


def _offered(prompt: Prompt) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Names and parameters of what the model may call; an answer's schema may come as a call."""
    for tool in (*prompt.tools, prompt.response_format):
        spec = tool.get("function", tool) if isinstance(tool, Mapping) else {}
        if isinstance(spec, Mapping) and spec.get("name"):
            yield spec["name"], spec.get("parameters") or {}


def _unfenced(text: str) -> str:
    """The inside of a Markdown code block, which parsers of answers see through too."""
    text = text.strip()
    if text.startswith("```") and text.endswith("```"):
        return text.removesuffix("```").partition("\n")[2]
    return text
