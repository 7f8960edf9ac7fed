"""A call's outcome for those who would count its tokens a second time."""

from collections.abc import Mapping
from typing import Any

from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, LLMResult

from tokenomics_langchain.convert import USAGE_KEYS, no_usage

USAGE = "tokenomics_usage"
"""Where a child run's answer tells its tokens, in its `response_metadata`."""


def uncounted(outcome: LLMResult) -> LLMResult:
    """The outcome with its tokens where nobody sums them.

    They are said to be none rather than left out: what says nothing may be estimated.
    """
    generations = [[_one_uncounted(each) for each in batch] for batch in outcome.generations]
    told = _without_usage(outcome.llm_output or {})
    return LLMResult(generations=generations, llm_output=told or None)


def _one_uncounted(generation: Any) -> Any:
    message = getattr(generation, "message", None)
    if not isinstance(message, AIMessage):
        return generation
    metadata = _without_usage(message.response_metadata)
    if message.usage_metadata is not None:
        metadata[USAGE] = dict(message.usage_metadata)
    update = {"usage_metadata": no_usage(), "response_metadata": metadata}
    info = _without_usage(generation.generation_info or {}) or None
    return ChatGeneration(message=message.model_copy(update=update), generation_info=info)


def _without_usage(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name not in USAGE_KEYS}
