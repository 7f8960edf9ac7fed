"""What a caller demands of tool calls: some models, and some servers, don't heed it."""

from collections.abc import Iterator, Mapping
from typing import Final

from tokenomics_shared.types import Prompt, Reply, mode_of, named_by

_FUNCTIONS: Final = frozenset({"function", "custom"})
"""Types of tools whose calls come back to the caller."""


def demand_fault(prompt: Prompt, reply: Reply) -> str | None:
    """Which demand an answer doesn't meet; None when it meets all.

    Only what is certain counts: tools that run at a provider leave no call behind.
    """
    called = [call.name for call in reply.tool_calls]
    if len(called) > 1 and _wants_one(prompt):
        return "calls several tools at once"
    choice = prompt.tool_choice
    if choice is None or not prompt.tools:
        return None
    mode = mode_of(choice)
    if mode == "none":
        return "calls a tool" if called else None
    own = set(_functions(prompt))
    demanded = own.intersection(named_by(choice))
    for name in called:
        if demanded and name not in demanded:
            return f"calls the tool {name}, which was not to be called"
    # Any of them is one that leaves a call behind only where all do.
    some = (
        mode != "auto"
        if demanded
        else mode in ("any", "required") and len(own) == len(prompt.tools)
    )
    return "calls no tool" if some and not called else None


def _wants_one(prompt: Prompt) -> bool:
    """Whether several calls at once are not allowed, in OpenAI's words or in Anthropic's."""
    choice = prompt.tool_choice
    return prompt.params.get("parallel_tool_calls") is False or (
        isinstance(choice, Mapping) and choice.get("disable_parallel_tool_use") is True
    )


def _functions(prompt: Prompt) -> Iterator[str]:
    """The names of the tools that the caller runs."""
    for tool in prompt.tools:
        if isinstance(tool, Mapping) and tool.get("type", "function") in _FUNCTIONS:
            function = tool.get("function", tool)
            if isinstance(function, Mapping) and function.get("name"):
                yield function["name"]
