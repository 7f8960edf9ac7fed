"""What is known of a request before any model is asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Complexity = Literal["simple", "medium", "complex"]
Part = Literal["memory_layer", "orchestrator", "bandit", "compression", "cascade"]
"""What saves, by the names of `Savings`."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """How many tokens an answer will have, as quantiles.

    Attributes:
        p50, p90, p99: the answer is no longer with a probability of 50, 90 and 99 %.
        trained: learned from answers of this model; otherwise a rule of thumb, too rough to
            limit an answer by.
    """

    p50: int
    p90: int
    p99: int
    trained: bool = False


@dataclass(frozen=True, slots=True)
class Allocation:
    """A piece's share of the token budget.

    Attributes:
        name: the piece: `question`, `system`, `tools`, `context`, `history`, `response`, …
        tokens: what it gets.
        wanted: what it would have taken.
        utility: what that is worth in the plan, at least 0.
    """

    name: str
    tokens: int
    wanted: int
    utility: float


@dataclass(frozen=True, slots=True)
class Unsent:
    """Tokens of the prompt that were not sent, as they would have been billed.

    Attributes:
        part: what left them out.
        fresh: those that would have been read at the full price.
        cached: those that would have been read from the provider's prompt cache.
    """

    part: Part
    fresh: int = 0
    cached: int = 0


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """What is known about a request before any model is asked.

    Attributes:
        complexity: how hard the question looks.
        token_budget: tokens the request may take, prompt and answer together.
        input_tokens: the prompt's tokens as it is sent.
        predicted_output_tokens: the likely length of the answer, whoever gives it.
        forecasts: how long the answer of each model will be, by its name.
        allocations: how the budget is divided.
        context_quality_score: share of the utility of retrieved text, tool results and history
            that is kept, 0 to 1.
        compression_ratio: tokens sent over tokens that came, 0 to 1.
        unsent: what was left out of the prompt.
        approximate: tokens are estimated, not counted by the model's own encoding.
        note: what could not be held to the budget, in words; empty when everything could.
    """

    complexity: Complexity
    token_budget: int
    input_tokens: int
    predicted_output_tokens: int
    forecasts: Mapping[str, Forecast] = field(default_factory=dict)
    allocations: tuple[Allocation, ...] = ()
    context_quality_score: float = 1.0
    compression_ratio: float = 1.0
    unsent: tuple[Unsent, ...] = ()
    approximate: bool = True
    note: str = ""
