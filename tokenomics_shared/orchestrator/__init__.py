"""The orchestrator: what is known about a request before any model is asked."""

from tokenomics_shared.orchestrator.allocation import Division, Wanted, divide
from tokenomics_shared.orchestrator.complexity import complexity_of
from tokenomics_shared.orchestrator.fitting import Needs, fitting, needs_of
from tokenomics_shared.orchestrator.history import Turn, Window, cut
from tokenomics_shared.orchestrator.knapsack import Greedy
from tokenomics_shared.orchestrator.media import media_of, media_tokens
from tokenomics_shared.orchestrator.planning import NoPlan, Orchestrator
from tokenomics_shared.orchestrator.remembered import Remembered
from tokenomics_shared.orchestrator.tokens import (
    Estimate,
    encoding_of,
    estimate_tokens,
    prompt_tokens,
)

__all__ = [
    "Division",
    "Estimate",
    "Greedy",
    "Needs",
    "NoPlan",
    "Orchestrator",
    "Remembered",
    "Turn",
    "Wanted",
    "Window",
    "complexity_of",
    "cut",
    "divide",
    "encoding_of",
    "estimate_tokens",
    "fitting",
    "media_of",
    "media_tokens",
    "needs_of",
    "prompt_tokens",
]
