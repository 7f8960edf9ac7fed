"""Hard checks: what no good answer shows."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tokenomics_shared.judge.arithmetic import checked
from tokenomics_shared.judge.citations import Sources
from tokenomics_shared.judge.code import code_fault
from tokenomics_shared.judge.demands import demand_fault
from tokenomics_shared.judge.flaws import breaks_off, gives_up, loops
from tokenomics_shared.judge.format import format_fault
from tokenomics_shared.judge.schema import schema_fault, schema_in
from tokenomics_shared.types import Prompt, Reply, ToolCall, Verdict

_CUT = frozenset(
    {"length", "max_tokens", "MAX_TOKENS", "incomplete", "content_filter", "SAFETY", "aborted"}
)
"""The providers' words, and ours, for an answer that was cut short or held back."""


class Checks:
    """Rejects answers that are broken as answers, with high precision.

    Empty, cut short, filtered, refused; a tool call to a tool that was not offered, or with
    arguments against its schema; calls other than those demanded; text that is not the JSON that
    was asked for. Of text answers also: loops, a broken end, Python that doesn't parse, a form
    other than the one the question asks for, equations that don't hold, citations of what is not
    there.

    The score of an accepted answer is 1, less half the share of its numbers and names that the
    sources it was to be taken from don't have.
    """

    blocking = False

    def __init__(self, *, python: bool = False) -> None:
        """Make the checks.

        Args:
            python: all code that is asked for must be Python, also where questions don't say so.
        """
        self._python = python

    def judge(self, prompt: Prompt, reply: Reply) -> Verdict:
        """Reject with the first fault found, or accept."""
        fault = _fault(prompt, reply)
        if fault is not None:
            return _rejected(fault)
        if reply.tool_calls or prompt.response_format is not None:
            return Verdict(accepted=True, score=1.0)
        sources = Sources(prompt)
        fault = next(self._text_faults(prompt, reply.text, sources), None)
        if fault is not None:
            return _rejected(fault)
        overlap = sources.overlap(reply.text)
        return Verdict(accepted=True, score=1.0 if overlap is None else 0.5 + overlap / 2)

    def _text_faults(self, prompt: Prompt, text: str, sources: Sources) -> Iterator[str]:
        """What is wrong with a text, the cheapest to find first."""
        question = prompt.question
        request = "\n".join(turn.text for turn in prompt.messages if turn.role != "ai")
        for fault in (
            gives_up(request, text),
            # Stop sequences end an answer wherever they come.
            None if prompt.stop else breaks_off(text),
            loops(question, text),
            format_fault(question, text),
            code_fault(question, text, python=self._python),
            sources.fault(text),
        ):
            if fault is not None:
                yield fault
        # Beside code, sums are examples: wrong ones are seldom what was asked for.
        if "```" not in text and checked(text)[1]:
            yield "an equation does not hold"


def _rejected(fault: str) -> Verdict:
    return Verdict(accepted=False, score=0.0, reason=fault)


def _fault(prompt: Prompt, reply: Reply) -> str | None:  # noqa: PLR0911 -- one for each fault
    if reply.faults:
        return reply.faults[0]
    if reply.finish_reason in _CUT:
        return f"finish reason {reply.finish_reason}"
    if (fault := demand_fault(prompt, reply)) is not None:
        return fault
    if reply.tool_calls:
        offered = dict(_offered(prompt))
        return next(filter(None, (_call_fault(offered, call) for call in reply.tool_calls)), None)
    if not reply.text.strip():
        return "empty"
    if prompt.response_format is not None:
        return _json_fault(prompt.response_format, reply.text)
    return None


def _call_fault(offered: Mapping[str, Mapping[str, Any]], call: ToolCall) -> str | None:
    if offered and call.name not in offered:
        return f"calls the unknown tool {call.name}"
    try:
        args = json.loads(call.args or "{}")
    except (ValueError, RecursionError):
        return f"arguments of {call.name} are not JSON"
    return schema_fault(offered.get(call.name, {}), args, f"arguments of {call.name}")


def _json_fault(response_format: Any, text: str) -> str | None:
    if isinstance(response_format, Mapping) and response_format.get("type") == "text":
        return None
    try:
        value = json.loads(_unfenced(text))
    except (ValueError, RecursionError):
        return "not the JSON asked for"
    return schema_fault(schema_in(response_format), value, "the JSON")


def _offered(prompt: Prompt) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Names and parameters of what the model may call; an answer's schema may come as a call."""
    for tool in (*prompt.tools, prompt.response_format):
        spec = tool.get("function", tool) if isinstance(tool, Mapping) else {}
        if isinstance(spec, Mapping) and spec.get("name"):
            parameters = spec.get("parameters") or spec.get("input_schema")
            yield spec["name"], parameters if isinstance(parameters, Mapping) else {}


def _unfenced(text: str) -> str:
    """The inside of a Markdown code block, which parsers of answers see through too."""
    text = text.strip()
    if text.startswith("```") and text.endswith("```"):
        return text.removesuffix("```").partition("\n")[2]
    return text
