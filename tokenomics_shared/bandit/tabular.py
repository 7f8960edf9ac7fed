"""Learners without features: what each arm is worth, in all or by kind of question."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Literal, Protocol

from typing_extensions import override

from tokenomics_shared.bandit.prior import NoPrior, Places
from tokenomics_shared.bandit.sums import Book, refuse_impossible
from tokenomics_shared.forks import ForkSafe
from tokenomics_shared.learning import Belief, Context, Prior, Sums

By = Literal["all", "kind", "complexity"]
"""What is learned apart."""

FIRST = 1e6
"""What an arm that was never pulled is worth to UCB1: more than any other, and still a number
that one can reckon with.
"""

_NOTHING = (0.0, 0.0, 0.0)
_WIDTH = len(_NOTHING)


class Chance(Protocol):
    """Where random numbers come from; `random.Random` is one."""

    def random(self) -> float:
        """Evenly from [0, 1)."""
        ...

    def betavariate(self, alpha: float, beta: float) -> float:
        """From a beta distribution."""
        ...


class _Tabular(ForkSafe, ABC):
    """Counts each arm's observations, the values' sum, and the sum of what was expected.

    A row of its sums holds these three; its name is the arm's and the cell's, the cell of all
    questions being empty.
    """

    def __init__(self, *, by: By, prior: Prior, forgetting: float) -> None:
        self._by = by
        self._prior = prior
        self._forgetting = forgetting
        self._places = Places()
        self._book = Book(self.forgetting)
        super().__init__()

    def beliefs(self, context: Context, arms: Mapping[str, float]) -> list[Belief]:
        """What is held of each arm."""
        self._places.note(arms)
        expected = [self._prior.quality(context, place) for place in arms.values()]
        with self.lock:
            return self._beliefs(context, dict(zip(arms, expected, strict=True)))

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
        expected = self._prior.quality(context, self._places.of(arm) if place is None else place)
        row = (weight, weight * value, weight * expected)
        with self.lock:
            for cell in {"", self._cell(context)}:
                self._book.add(f"{arm}|{cell}", row)

    def forgetting(self, row: str) -> float:  # noqa: ARG002 -- the same for all
        """What is left of an observation after the next."""
        return self._forgetting

    def news(self) -> Sums:
        """What was learned since the last `rebase`."""
        with self.lock:
            return self._book.news()

    def rebase(self, everything: Sums) -> None:
        """Go on from these sums; rows that are no such sums are left out."""
        with self.lock:
            self._book.rebase(everything, _WIDTH)

    @override
    def in_child(self) -> None:
        """Leave the news to the parent."""
        self._book.forget_news()

    @abstractmethod
    def _beliefs(self, context: Context, expected: Mapping[str, float]) -> list[Belief]:
        """What is held of arms, of which the prior expects this; the lock is held."""

    def _cell(self, context: Context) -> str:
        match self._by:
            case "kind":
                return context.kind
            case "complexity":
                return context.complexity
            case _:
                return ""

    def _seen(self, arm: str, cell: str) -> tuple[float, float, float]:
        weight, values, expected = self._book.total(f"{arm}|{cell}") or _NOTHING
        return weight, values, expected


class BetaThompson(_Tabular):
    """Thompson sampling with a beta posterior of each arm in each cell.

    Chapelle and Li 2011, algorithm 2; qualities between 0 and 1 count as that share of a success.
    A cell starts from what is expected there: the prior, moved by how far it missed over all
    cells.
    """

    def __init__(
        self,
        prior: Prior,
        betavariate: Callable[[float, float], float],
        *,
        by: By = "kind",
        worth: float = 10.0,
        shared: float = 30.0,
        forgetting: float = 1.0,
    ) -> None:
        """Make the learner.

        Args:
            prior: what is expected before anything is learned.
            betavariate: draws from a beta distribution: `Random().betavariate`.
            by: what is learned apart.
            worth: observations of an arm that the prior's level counts for.
            shared: observations in a cell that what is expected there counts for.
            forgetting: what is left of an observation after the next, in (0, 1].
        """
        self._betavariate, self._worth, self._shared = betavariate, worth, shared
        super().__init__(by=by, prior=prior, forgetting=forgetting)

    @override
    def learn(
        self,
        context: Context,
        arm: str,
        value: float,
        weight: float = 1.0,
        *,
        place: float | None = None,
    ) -> None:
        """Take in what an arm's answer was worth, as other learners do.

        Raises:
            ValueError: the value is not in [0, 1], or the weight is impossible.
        """
        if not 0.0 <= value <= 1.0:
            raise ValueError(f"value must be from 0 to 1, got {value!r}")
        super().learn(context, arm, value, weight, place=place)

    @override
    def _beliefs(self, context: Context, expected: Mapping[str, float]) -> list[Belief]:
        return [self._belief(context, arm, quality) for arm, quality in expected.items()]

    def _belief(self, context: Context, arm: str, quality: float) -> Belief:
        n, values, foreseen = self._seen(arm, "")
        centre = quality + (values - foreseen) / (self._worth + n)
        strength = self._shared
        cell = self._cell(context)
        if cell:
            n_here, here, _ = self._seen(arm, cell)
        else:
            # The level is all there is to learn: its own worth and no more stands for the prior.
            centre, strength, n_here, here = quality, self._worth, n, values
        centre = min(0.98, max(0.02, centre))
        alpha = strength * centre + here
        beta = strength * (1.0 - centre) + n_here - here
        mean = alpha / (alpha + beta)
        sd = math.sqrt(mean * (1.0 - mean) / (alpha + beta + 1.0))
        return Belief(mean, sd, self._betavariate(alpha, max(1e-9, beta)), n)


class Ucb(_Tabular):
    """UCB1 (Auer, Cesa-Bianchi and Fischer 2002, section 2).

    Decides by `mean + c * sqrt(ln(pulls of all) / pulls of it)`; an arm that was never pulled
    comes before all others. Values may be any finite numbers, such as rewards less costs.
    """

    def __init__(
        self,
        prior: Prior | None = None,
        *,
        exploration: float = 0.2,
        by: By = "all",
        forgetting: float = 1.0,
    ) -> None:
        """Make the learner.

        Args:
            prior: expects the mean of an arm that was never pulled, which changes nothing about
                pulling it first; 0 when None.
            exploration: the constant c, at least 0. The proof has sqrt(2) for values in [0, 1],
                which needs thousands of pulls to tell arms apart that differ by a tenth; .1 to .3
                is what pays between language models.
            by: what is learned apart.
            forgetting: what is left of an observation after the next, in (0, 1].
        """
        self._c = exploration
        super().__init__(by=by, prior=prior or NoPrior(0.0), forgetting=forgetting)

    @override
    def _beliefs(self, context: Context, expected: Mapping[str, float]) -> list[Belief]:
        cell = self._cell(context)
        seen = [self._seen(arm, cell) for arm in expected]
        pulls = sum(n for n, _, _ in seen)
        return [
            self._belief(n, values, pulls) if n else Belief(quality, FIRST, FIRST, 0.0)
            for (n, values, _), quality in zip(seen, expected.values(), strict=True)
        ]

    def _belief(self, n: float, values: float, pulls: float) -> Belief:
        mean = values / n
        # Weights below 1 may leave less than one pull in all.
        sd = math.sqrt(max(0.0, math.log(pulls)) / n)
        return Belief(mean, sd, mean + self._c * sd, n)


class EpsilonGreedy(_Tabular):
    """Decides by the mean, and every so often by chance."""

    def __init__(
        self,
        prior: Prior,
        chance: Chance,
        *,
        epsilon: float = 0.05,
        by: By = "all",
        worth: float = 10.0,
        forgetting: float = 1.0,
    ) -> None:
        """Make the learner.

        Args:
            prior: what is expected before anything is learned.
            chance: where random numbers come from: a `random.Random`.
            epsilon: how often a decision is left to chance, 0 to 1.
            by: what is learned apart.
            worth: observations in a cell that the prior counts for.
            forgetting: what is left of an observation after the next, in (0, 1].
        """
        self._chance, self._epsilon, self._worth = chance, epsilon, worth
        super().__init__(by=by, prior=prior, forgetting=forgetting)

    @override
    def _beliefs(self, context: Context, expected: Mapping[str, float]) -> list[Belief]:
        adrift = self._chance.random() < self._epsilon
        found = []
        for arm, quality in expected.items():
            n, values, _ = self._seen(arm, self._cell(context))
            mean = (self._worth * quality + values) / (self._worth + n)
            sd = math.sqrt(max(0.0, mean * (1.0 - mean)) / (self._worth + n))
            # Above every cost, so that the others' prices don't undo the chance.
            drawn = FIRST * self._chance.random() if adrift else mean
            found.append(Belief(mean, sd, drawn, n))
        return found
