"""The cascade: ask a cheap tier first, go up when its answer isn't good enough."""

from tokenomics_shared.cascade.asking import Limits, NoLimits
from tokenomics_shared.cascade.climb import Climbed, Drafting, climb
from tokenomics_shared.cascade.escalation import EscalationHistory, NeverSkip
from tokenomics_shared.cascade.ladder import Ladder, NoCascade
from tokenomics_shared.cascade.near import with_near_miss

__all__ = [
    "Climbed",
    "Drafting",
    "EscalationHistory",
    "Ladder",
    "Limits",
    "NeverSkip",
    "NoCascade",
    "NoLimits",
    "climb",
    "with_near_miss",
]
