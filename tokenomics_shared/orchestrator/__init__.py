"""The orchestrator: what is known about a request before any model is asked."""

from tokenomics_shared.orchestrator.complexity import complexity_of
from tokenomics_shared.orchestrator.fitting import fitting
from tokenomics_shared.orchestrator.planning import NoPlan, Orchestrator
from tokenomics_shared.orchestrator.tokens import estimate_tokens, prompt_tokens

__all__ = [
    "NoPlan",
    "Orchestrator",
    "complexity_of",
    "estimate_tokens",
    "fitting",
    "prompt_tokens",
]
