"""What an answer was worth."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Reward:
    """RouterBench's blend of quality, cost and latency (arXiv 2403.12031, section 3).

    Cost is counted in units of what premium alone would have cost for the same request, so that
    the weight means the same for every price list.

    Attributes:
        cost_weight: reward lost per unit of cost.
        latency_weight: reward lost per second.
    """

    cost_weight: float
    latency_weight: float

    def of(
        self, quality: float, cost: Decimal | None, baseline: Decimal | None, latency_s: float
    ) -> float:
        """Blend; a cost that is unknown, or has nothing to be compared with, takes no part."""
        relative = float(cost / baseline) if cost is not None and baseline else 0.0
        return quality - self.cost_weight * relative - self.latency_weight * latency_s
