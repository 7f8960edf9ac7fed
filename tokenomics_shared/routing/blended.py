"""One reward blended of quality, cost and latency, and the ladder from the arm it favours."""

import math
from collections.abc import Mapping

from tokenomics_shared.bandit.reward import Reward
from tokenomics_shared.bandit.shared import Learned as Learnable
from tokenomics_shared.cascade import Ladder, NoCascade
from tokenomics_shared.learning import (
    Answered,
    Context,
    Learner,
    Lesson,
    Price,
    Prior,
    Route,
    Sample,
)
from tokenomics_shared.routing.chooser import Asked, name_of, places
from tokenomics_shared.types import Roster, Strategy, Verdict

PREMIUM_QUALITY = 1.0
"""What premium's answers are learned as: they are what the others are measured against."""


class RewardPrior:
    """Expects rewards: a prior's qualities, less cost, an arm's being about its place.

    A unit of cost is what premium alone costs, so the arms' costs go from about 0 to 1 as their
    places do.

    Attributes:
        version: changes whenever its expectations would.
    """

    def __init__(self, prior: Prior, version: str, cost_weight: float) -> None:
        """Take the prior of qualities, its version, and what is lost per unit of cost."""
        self.version = f"{version}-{cost_weight}"
        self._prior = prior
        self._cost_weight = cost_weight

    def quality(self, context: Context, place: float) -> float:
        """The expected reward."""
        return self._prior.quality(context, place) - self._cost_weight * place


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
        bounded: bool = False,
    ) -> None:
        """Make it.

        Args:
            learner: learns rewards; None to start at the same end always.
            ladder: the rungs from there.
            reward: the blend.
            cheapest: without a learner, start at the cheapest arm, otherwise at premium.
            bounded: the learner takes rewards from 0 to 1 only.
        """
        self._bounded = bounded
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
            held = self._held(reward)
            self._learner.learn(route.context, name_of(route.arm, answered.roster), held)
        if route.plan is not None and (answered.rejected or answered.verdict) is not None:
            escalated = answered.rejected is not None
            self._ladder.learn(route.plan, route.arm, escalated=escalated)
        return Lesson(quality=quality, reward=reward)

    def graded(self, sample: Sample, score: float, weight: float) -> float:
        """Learn a reward of the score and of what the arm costs, about; latency is unknown."""
        if self._learner is None:
            return score
        cost = self._reward.cost_weight * sample.place
        (belief,) = self._learner.beliefs(sample.context, {sample.arm: sample.place})
        held = self._held(score - cost)
        self._learner.learn(sample.context, sample.arm, held, weight, place=sample.place)
        return belief.mean + cost

    def compared(self, answered: Answered, arm: Strategy, loss: float, weight: float) -> None:
        """Learn nothing: what was lost is the error budget's business."""

    def audited(self, sample: Sample, best: str, score: float, weight: float) -> None:
        """Learn nothing: rewards are of answers that were given."""

    def allowed(self) -> float:
        """What saving a unit of cost is worth."""
        return self._reward.cost_weight

    def _held(self, reward: float) -> float:
        """As the learner can take it."""
        return min(1.0, max(0.0, reward)) if self._bounded else reward

    @property
    def learners(self) -> Mapping[str, Learnable]:
        """What is learned, by the name it is kept under."""
        return {} if self._learner is None else {"reward": self._learner}
