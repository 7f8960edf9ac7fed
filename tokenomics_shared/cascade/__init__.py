"""The cascade: ask a cheap tier first, go up when its answer isn't good enough."""

from tokenomics_shared.cascade.climb import Climbed, climb, judged
from tokenomics_shared.cascade.escalation import EscalationHistory, NeverSkip
from tokenomics_shared.cascade.ladder import Ladder, NoCascade

__all__ = ["Climbed", "EscalationHistory", "Ladder", "NeverSkip", "NoCascade", "climb", "judged"]
