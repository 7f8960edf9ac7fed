"""What may enter memory."""

from tokenomics_shared.types import Prompt, Reply

_WHOLE = frozenset({"stop", "STOP", "end_turn", "stop_sequence", "eos", "completed", ""})
"""The providers' words for an answer that ended by itself; one that came whole may lack it."""


def objection(prompt: Prompt, reply: Reply) -> str | None:  # noqa: PLR0911 -- one for each
    """Say why this answer must not be kept, or None when it may.

    Only whole, plain answers are kept: never one that was cut short or refused, an empty one,
    or one that calls tools (its call ids would return in another conversation), and never one
    of several samples.
    """
    if reply.tool_calls:
        return "calls tools"
    if reply.faults:
        return reply.faults[0]
    if reply.finish_reason not in _WHOLE:
        return f"finish reason {reply.finish_reason}"
    if not reply.text.strip():
        return "empty"
    if prompt.params.get("n", 1) != 1:
        return "several samples"
    return None
