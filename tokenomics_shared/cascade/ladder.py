"""Which rungs a request climbs."""

from tokenomics_shared.cascade.escalation import EscalationHistory, NeverSkip
from tokenomics_shared.types import QueryPlan, Roster, Strategy


class NoCascade:
    """The chosen arm answers, whatever it says."""

    def rungs(self, arm: Strategy, plan: QueryPlan, roster: Roster) -> tuple[Strategy, ...]:  # noqa: ARG002 -- port
        """Only the arm."""
        return (arm,)

    def learn(self, plan: QueryPlan, arm: Strategy, *, escalated: bool) -> None:
        """Learn nothing."""


class Ladder:
    """A draft by the chosen arm, then premium; premium at once when the draft looks doomed."""

    def __init__(self, history: EscalationHistory | NeverSkip) -> None:
        self._history = history

    def rungs(self, arm: Strategy, plan: QueryPlan, roster: Roster) -> tuple[Strategy, ...]:
        """The rungs from the chosen arm up."""
        premium = roster.premium
        if arm is premium or self._history.doomed(plan, arm):
            return (premium,)
        return (arm, premium)

    def learn(self, plan: QueryPlan, arm: Strategy, *, escalated: bool) -> None:
        """Count a judged draft."""
        self._history.learn(plan, arm, escalated=escalated)
