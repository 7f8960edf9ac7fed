"""Linear learners: quality as a linear function of the question's features, for each arm."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

from typing_extensions import override

from tokenomics_shared.bandit.posterior import MakePosterior, Posterior, Shrinkage, Space
from tokenomics_shared.bandit.prior import Places
from tokenomics_shared.bandit.sums import finite, refuse_impossible
from tokenomics_shared.forks import ForkSafe
from tokenomics_shared.learning import Belief, Context, Prior, Sums

DEFAULT = Shrinkage()


class _Linear(ForkSafe, ABC):
    """Learns each arm's deviation from a prior by Bayesian linear regression.

    The arms' posteriors are made when they are first learned of. All contexts have to be of one
    width.
    """

    def __init__(
        self,
        make: MakePosterior,
        prior: Prior,
        space: Space,
        *,
        shrinkage: Shrinkage = DEFAULT,
    ) -> None:
        """Make the learner.

        Args:
            make: makes a posterior.
            prior: what is expected before anything is learned.
            space: of the features and the prior; `Contexts.space.above(prior.version)`.
            shrinkage: how far the prior is trusted.
        """
        self._make, self._prior, self._width = make, prior, space.width
        self._suffix = f"|{space.basis}"
        self._shrinkage = shrinkage
        self._arms: dict[str, Posterior] = {}
        self._places = Places()
        self._untaught = make(space.width, shrinkage)
        super().__init__()

    def beliefs(self, context: Context, arms: Mapping[str, float]) -> list[Belief]:
        """The posterior of each arm's quality."""
        self._places.note(arms)
        return [self._belief(context, arm, place) for arm, place in arms.items()]

    def learn(
        self,
        context: Context,
        arm: str,
        value: float,
        weight: float = 1.0,
        *,
        place: float | None = None,
    ) -> None:
        """Take in what an arm's answer was worth.

        Args:
            context: the question.
            arm: the arm's name.
            value: what it was worth.
            weight: observations it counts for.
            place: the arm's place when it answered; None for its place in the last decision.

        Raises:
            ValueError: the value or the weight is impossible.
        """
        refuse_impossible(value, weight)
        missed = value - self._prior.quality(
            context, self._places.of(arm) if place is None else place
        )
        with self.lock:
            posterior = self._arms.get(arm)
            if posterior is None:
                posterior = self._arms[arm] = self._make(self._width, self._shrinkage)
            posterior.learn(context.features, missed, weight)

    def forgetting(self, row: str) -> float:  # noqa: ARG002 -- the same for all
        """What is left of an observation after the next."""
        return self._shrinkage.forgetting

    def news(self) -> Sums:
        """What was learned since the last `rebase`."""
        with self.lock:
            rows = {arm + self._suffix: arms.news() for arm, arms in self._arms.items()}
        return {name: row for name, row in rows.items() if row[0] > 0.0}

    def rebase(self, everything: Sums) -> None:
        """Go on from these sums; those of another basis or not finite are left out."""
        rows = {
            name.removesuffix(self._suffix): row
            for name, row in everything.items()
            if name.endswith(self._suffix) and finite(row)
        }
        with self.lock:
            for arm in rows.keys() - self._arms.keys():
                self._arms[arm] = self._make(self._width, self._shrinkage)
            for arm, posterior in self._arms.items():
                posterior.rebase(rows.get(arm))

    @override
    def in_child(self) -> None:
        """Leave the news to the parent."""
        for posterior in self._arms.values():
            posterior.forget_news()

    @abstractmethod
    def _decide_by(self, mean: float, sd: float) -> float:
        """The value to decide by."""

    def _belief(self, context: Context, arm: str, place: float) -> Belief:
        expected = self._prior.quality(context, place)
        with self.lock:
            posterior = self._arms.get(arm, self._untaught)
            deviation, sd = posterior.predict(context.features)
            seen = posterior.seen
        mean = expected + deviation
        return Belief(mean, sd, self._decide_by(mean, sd), seen)


class LinearThompson(_Linear):
    """Thompson sampling (Agrawal and Goyal 2013, arXiv 1209.3352).

    Each arm's expected quality is drawn by itself, which for one decision is the same as drawing
    its weights.
    """

    def __init__(
        self,
        make: MakePosterior,
        prior: Prior,
        space: Space,
        gauss: Callable[[float, float], float],
        *,
        shrinkage: Shrinkage = DEFAULT,
        spread: float = 0.15,
    ) -> None:
        """Make the learner.

        Args:
            make: makes a posterior.
            prior: what is expected before anything is learned.
            space: of the features and the prior; `Contexts.space.above(prior.version)`.
            gauss: draws from a normal distribution of a mean and a deviation: `Random().gauss`.
            shrinkage: how far the prior is trusted.
            spread: the paper's v, at least 0: deviation of the noise that is drawn with.
        """
        self._gauss, self._spread = gauss, spread
        super().__init__(make, prior, space, shrinkage=shrinkage)

    @override
    def _decide_by(self, mean: float, sd: float) -> float:
        return self._gauss(mean, self._spread * sd)


class LinUcb(_Linear):
    """LinUCB with an arm's own weights (Li et al. 2010, arXiv 1003.0146, algorithm 1)."""

    def __init__(
        self,
        make: MakePosterior,
        prior: Prior,
        space: Space,
        *,
        shrinkage: Shrinkage = DEFAULT,
        exploration: float = 0.3,
    ) -> None:
        """Make the learner.

        Args:
            make: makes a posterior.
            prior: what is expected before anything is learned.
            space: of the features and the prior; `Contexts.space.above(prior.version)`.
            shrinkage: how far the prior is trusted.
            exploration: the paper's alpha, at least 0: standard deviations above the mean.
        """
        self._exploration = exploration
        super().__init__(make, prior, space, shrinkage=shrinkage)

    @override
    def _decide_by(self, mean: float, sd: float) -> float:
        return mean + self._exploration * sd
