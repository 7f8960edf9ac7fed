"""How many tokens retrieved nodes may have."""

from typing import Any

from llama_index.core import Settings
from llama_index.core.constants import DEFAULT_NUM_OUTPUTS
from llama_index.core.llms import LLM
from llama_index.core.prompts.default_prompts import (
    DEFAULT_REFINE_PROMPT,
    DEFAULT_TEXT_QA_PROMPT,
)

from tokenomics_llamaindex.questions import Questions
from tokenomics_shared.errors import ConfigError
from tokenomics_shared.planning import Count

AUTO = "auto"
"""The budget of all that a model's context window has room for."""

USUAL = 1_500
"""The budget when nothing is said."""

_PADDING = 64
"""Tokens left for roles and separators."""


def checked_budget(budget: Any) -> None:
    """Refuse a budget that is none.

    Raises:
        ConfigError: it is neither "auto" nor a whole number of at least 1.
    """
    if budget in (None, AUTO) and not isinstance(budget, bool):
        return
    if isinstance(budget, bool) or not isinstance(budget, int) or budget < 1:
        raise ConfigError(
            f"token_budget must be {AUTO!r} or a whole number of at least 1, got {budget!r}"
        )


def checked_ratio(ratio: Any) -> None:
    """Refuse a ratio that is none.

    Raises:
        ConfigError: it is no number above 0 and up to 1.
    """
    if ratio is None:
        return
    if isinstance(ratio, bool) or not isinstance(ratio, int | float) or not 0 < ratio <= 1:
        raise ConfigError(f"target_ratio must be above 0 and at most 1, got {ratio!r}")


def room_for_nodes(llm: LLM | None, query: str, count: Count) -> int:
    """Tokens that a model's context window has room for beside query, template and answer.

    The template is LlamaIndex's longest for a question; what else a chat engine sends can't be
    known here. The answer is given what LlamaIndex leaves for it, or the forecast of a
    `TokenomicsLLM` where that is more.

    Args:
        llm: the model that will read the nodes; that of `Settings` when None.
        query: the question.
        count: counts tokens.
    """
    model: Any = llm or Settings.llm
    told = model.metadata
    template = max(
        count(it.get_template()) for it in (DEFAULT_TEXT_QA_PROMPT, DEFAULT_REFINE_PROMPT)
    )
    beside = count(query) + count(model.system_prompt or "") + template + _PADDING
    answer = told.num_output if told.num_output > 0 else DEFAULT_NUM_OUTPUTS
    if isinstance(model, Questions) and query.strip():
        answer = max(answer, model.plan(query).predicted_output_tokens)  # type: ignore[attr-defined]  # of `Doors`
    return max(1, int(told.context_window) - answer - beside)
