"""No bandit: always the same arm."""

from typing import Literal

from tokenomics_shared.types import QueryPlan, Roster, Strategy


class Fixed:
    """Always starts at one end of the ladder."""

    def __init__(self, end: Literal["cheapest", "premium"]) -> None:
        self._index = 0 if end == "cheapest" else -1

    def choose(self, plan: QueryPlan, roster: Roster) -> Strategy:  # noqa: ARG002 -- port
        """Pick that end."""
        return roster.arms[self._index]

    def learn(self, plan: QueryPlan, roster: Roster, arm_id: str, reward: float) -> None:
        """Learn nothing."""

    def close(self) -> None:
        """Do nothing."""
