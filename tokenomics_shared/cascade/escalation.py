"""Escalation prediction: will this draft be rejected?"""

from threading import Lock

from tokenomics_shared.types import Complexity, QueryPlan, Strategy

PRIOR_DRAFTS = 10.0
"""Judged drafts that the prior, half of them rejected, is worth."""

FADE = 0.98
"""What a skipped draft leaves of the evidence, so that a doomed draft is tried again in time."""


class NeverSkip:
    """Predicts nothing: every draft is worth a try."""

    def doomed(self, plan: QueryPlan, arm: Strategy) -> bool:  # noqa: ARG002 -- port
        """Never."""
        return False

    def learn(self, plan: QueryPlan, arm: Strategy, *, escalated: bool) -> None:
        """Learn nothing."""


class EscalationHistory:
    """Predicts by how often this arm's drafts were rejected at this complexity.

    A draft is doomed when the rate, shrunk to one half, reaches the threshold. Skipping saves
    money only above one minus the price ratio of the two tiers; below, it buys latency.
    Safe to share between threads.
    """

    def __init__(self, threshold: float) -> None:
        """Make the predictor; `threshold` is a probability in (0, 1]."""
        self._threshold = threshold
        self._seen: dict[tuple[Complexity, str], tuple[float, float]] = {}
        self._lock = Lock()

    def likelihood(self, plan: QueryPlan, arm: Strategy) -> float:
        """Probability that this arm's draft will be rejected."""
        rejected, drafts = self._seen.get((plan.complexity, arm.arm_id), (0.0, 0.0))
        return (rejected + PRIOR_DRAFTS / 2) / (drafts + PRIOR_DRAFTS)

    def doomed(self, plan: QueryPlan, arm: Strategy) -> bool:
        """Whether the draft should be skipped."""
        key = (plan.complexity, arm.arm_id)
        if key not in self._seen or self.likelihood(plan, arm) < self._threshold:
            return False
        with self._lock:
            rejected, drafts = self._seen[key]
            self._seen[key] = (rejected * FADE, drafts * FADE)
        return True

    def learn(self, plan: QueryPlan, arm: Strategy, *, escalated: bool) -> None:
        """Count a judged draft."""
        key = (plan.complexity, arm.arm_id)
        with self._lock:
            rejected, drafts = self._seen.get(key, (0.0, 0.0))
            self._seen[key] = (rejected + escalated, drafts + 1.0)
