"""One reward blended of quality, cost and latency, and the ladder from the arm it favours."""

import math
from collections.abc import Mapping

from tokenomics_shared.bandit.reward import Reward
from tokenomics_shared.bandit.shared import Learned as Learnable
from tokenomics_shared.cascade import Ladder, NoCascade
from tokenomics_shared.learning import Answered, Learner, Lesson, Price, Route, Sample
from tokenomics_shared.routing.chooser import Asked, name_of, places
from tokenomics_shared.types import Roster, Strategy, Verdict

PREMIUM_QUALITY = 1.0
"""What premium's answers are learned as: they are what the others are measured against."""


class Blended:
    """Starts at the arm with the best reward so far, and climbs from there by fixed thresholds.

    RouterBench's reward (arXiv 2403.12031, section 3) on any learner. Measured on recorded
    outcomes it never beats the best fixed arm: cost and quality are better kept apart.
    """

    def __init__(
        self,
        learner: Learner | None,
        ladder: Ladder | NoCascade,
        reward: Reward,
        *,
        cheapest: bool,
    ) -> None:
        """Make it.

        Args:
            learner: learns rewards; None to start at the same end always.
            ladder: the rungs from there.
            reward: the blend.
            cheapest: without a learner, start at the cheapest arm, otherwise at premium.
        """
        self._learner = learner
        self._ladder = ladder
        self._reward = reward
        self._cheapest = cheapest

    def choose(self, asked: Asked) -> Route:
        """Choose the arm with the best reward."""
        arm = asked.arms[0 if self._cheapest else -1]
        if self._learner is not None:
            beliefs = self._learner.beliefs(asked.context, places(asked.arms, asked.roster))
            drawn = [belief.drawn for belief in beliefs]
            arm = asked.arms[drawn.index(max(drawn))]
        rungs = self._ladder.rungs(arm, asked.plan, asked.roster)
        return Route(arm, rungs, context=asked.context, plan=asked.plan)

    def stands(self, route: Route, roster: Roster, arm: Strategy, verdict: Verdict) -> Verdict:  # noqa: ARG002 -- port
        """The judge has the last word."""
        return verdict

    def answered(self, answered: Answered, price: Price) -> Lesson:
        """Learn the reward of the start."""
        route = answered.route
        verdict = answered.verdict
        quality = None if verdict is None else verdict.score
        worth = PREMIUM_QUALITY if quality is None else quality
        reward = self._reward.of(worth, price.cost, price.baseline, price.latency_s)
        if self._learner is not None and route.context is not None and math.isfinite(reward):
            self._learner.learn(route.context, name_of(route.arm, answered.roster), reward)
        if route.plan is not None and (answered.rejected or answered.verdict) is not None:
            escalated = answered.rejected is not None
            self._ladder.learn(route.plan, route.arm, escalated=escalated)
        return Lesson(quality=quality, reward=reward)

    def graded(self, sample: Sample, score: float, weight: float) -> float:
        """A score is quality, cost and latency unknown: it counts as a reward of its own."""
        expected = score
        if self._learner is not None:
            (belief,) = self._learner.beliefs(sample.context, {sample.arm: sample.place})
            expected = belief.mean
            self._learner.learn(sample.context, sample.arm, score, weight, place=sample.place)
        return expected

    def compared(self, answered: Answered, arm: Strategy, loss: float, weight: float) -> None:
        """Learn nothing: what was lost is the error budget's business."""

    def audited(self, sample: Sample, best: str, score: float, weight: float) -> None:
        """Learn nothing: rewards are of answers that were given."""

    def allowed(self) -> float:
        """What saving a unit of cost is worth."""
        return self._reward.cost_weight

    @property
    def learners(self) -> Mapping[str, Learnable]:
        """What is learned, by the name it is kept under."""
        return {} if self._learner is None else {"reward": self._learner}
