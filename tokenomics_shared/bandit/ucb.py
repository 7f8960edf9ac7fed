"""UCB1."""

import math

from tokenomics_shared.bandit.state import Arms, JsonState, NoState
from tokenomics_shared.forks import ForkSafe
from tokenomics_shared.types import QueryPlan, Roster, Strategy


class Ucb(ForkSafe):
    """UCB1 (Auer, Cesa-Bianchi and Fischer 2002, section 2) over the roster's arms.

    Picks the arm with the highest `mean + c * sqrt(ln(pulls of all) / pulls of it)`; an arm that
    was never pulled goes first, in the roster's order. Safe to share between threads.
    """

    def __init__(
        self,
        *,
        exploration: float,
        contextual: bool = False,
        state: JsonState | NoState | None = None,
    ) -> None:
        """Make the policy.

        Args:
            exploration: the constant c, at least 0; the proof has sqrt(2) for rewards in [0, 1].
            contextual: learn for each complexity apart.
            state: where the pulls are kept beyond the process.
        """
        self._c = exploration
        self._contextual = contextual
        self._state = state or NoState()
        self._arms: Arms = self._state.load()
        super().__init__()

    def choose(self, plan: QueryPlan, roster: Roster) -> Strategy:
        """Pick the arm with the highest upper bound."""
        names = [self._name(plan, roster, arm) for arm in roster.arms]
        with self.lock:
            pulls = [self._arms.get(name, (0, 0.0)) for name in names]
        total = sum(count for count, _ in pulls)
        bounds = [self._bound(count, reward, total) for count, reward in pulls]
        return roster.arms[bounds.index(max(bounds))]

    def learn(self, plan: QueryPlan, roster: Roster, arm_id: str, reward: float) -> None:
        """Count a pull of this arm and its reward.

        Raises:
            ValueError: the reward is not a finite number.
        """
        if not math.isfinite(reward):
            raise ValueError(f"reward must be a finite number, got {reward!r}")
        arm = next(arm for arm in roster.arms if arm.arm_id == arm_id)
        name = self._name(plan, roster, arm)
        with self.lock:
            count, total = self._arms.get(name, (0, 0.0))
            self._arms[name] = (count + 1, total + reward)
        self._state.changed(self._snapshot)

    def close(self) -> None:
        """Write the pulls."""
        self._state.save(self._snapshot)

    def _snapshot(self) -> Arms:
        with self.lock:
            return dict(self._arms)

    def _name(self, plan: QueryPlan, roster: Roster, arm: Strategy) -> str:
        # The model's name is part of it: what was learned of one model says nothing of another.
        context = plan.complexity if self._contextual else ""
        return f"{context}|{arm.arm_id}|{roster.tiers[arm.tier].model}"

    def _bound(self, count: int, reward: float, total: int) -> float:
        if count == 0:
            return math.inf
        return reward / count + self._c * math.sqrt(math.log(total) / count)
