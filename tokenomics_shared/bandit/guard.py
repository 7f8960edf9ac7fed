"""The guard: when what is read of questions misleads, one arm for all of them is better."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import erf, sqrt
from typing import Final

from typing_extensions import override

from tokenomics_shared.bandit.decision import Numbers, worth
from tokenomics_shared.forks import ForkSafe

LEAST: Final = 100.0
"""Graded answers without which nothing is concluded."""

SURE: Final = 2.5
"""Standard errors by which one arm must be better to take over; half of it to give way again."""

_FADE = 0.996
"""What a graded answer leaves of the earlier ones: half of it is gone after about 170."""

_LEAST_CHANCE = 0.1
"""Chances below it count as this: a rare start would outvote all others."""

_DRAWN = 0.15
"""Deviation of what is drawn for a decision, in units of a belief's own."""

_MOST_OPEN = 10_000


@dataclass(frozen=True, slots=True)
class Offer:
    """What a decision was made from, and what came of it.

    Attributes:
        options: the arms with their expected qualities and what they take off, premium last.
        doubts: standard deviation of each expected quality.
        start: the arm that was started at.
        answered: the arm whose answer was given; -1 for the last.
        judged: the first arm's answer was given because a judge liked it.
    """

    options: tuple[Numbers, ...]
    doubts: tuple[float, ...]
    start: int
    answered: int
    judged: bool = False

    @property
    def chance(self) -> float:
        """Probability of starting there, from how far it is ahead of the best other arm."""
        others = [
            (worth(option), doubt)
            for place, (option, doubt) in enumerate(zip(self.options, self.doubts, strict=True))
            if place != self.start
        ]
        if not others:
            return 1.0
        rival, doubt = max(others)
        scale = _DRAWN * sqrt(doubt * doubt + self.doubts[self.start] ** 2)
        ahead = worth(self.options[self.start]) - rival
        if scale <= 0.0:
            return 1.0
        return max(_LEAST_CHANCE, 0.5 * (1.0 + erf(ahead / (scale * sqrt(2.0)))))


class Guard(ForkSafe):
    """Sets what routing by context earns against what each arm alone would have.

    What an arm alone would have earned on a request is what was expected of it, corrected where
    it was the one that answered by how far that missed, over the chance that it was asked (doubly
    robust: Dudik, Langford and Li, "Doubly Robust Policy Evaluation and Learning", ICML 2011,
    section 3). Where an arm is better for sure, it takes over; graded answers of the few requests
    that are still routed by context tell when to give way again. Safe to share between threads.
    """

    def __init__(self) -> None:
        self._open: dict[str, Offer] = {}
        self._weight = 0.0
        self._ahead: list[float] = []
        self._squares: list[float] = []
        self._fixed: int | None = None
        super().__init__()

    @property
    def fixed(self) -> int | None:
        """The arm that is better for all requests than routing by context; None for none."""
        return self._fixed

    def answered(self, request_id: str, offer: Offer) -> None:
        """Remember a decision by context until its answer is graded."""
        with self.lock:
            self._open[request_id] = offer
            if len(self._open) > _MOST_OPEN:
                self._open.pop(next(iter(self._open)))

    def graded(self, request_id: str, score: float) -> None:
        """Take in what an answer was worth."""
        with self.lock:
            offer = self._open.pop(request_id, None)
            if offer is not None:
                self._count(_ahead(offer, score))

    @override
    def in_child(self) -> None:
        """Go on from what the parent knew."""

    def _count(self, ahead: Sequence[float]) -> None:
        if len(ahead) != len(self._ahead):
            self._weight, self._fixed = 0.0, None
            self._ahead = [0.0] * len(ahead)
            self._squares = [0.0] * len(ahead)
        self._weight = _FADE * self._weight + 1.0
        for place, number in enumerate(ahead):
            self._ahead[place] = _FADE * self._ahead[place] + number
            self._squares[place] = _FADE * self._squares[place] + number * number
        self._conclude()

    def _conclude(self) -> None:
        if self._weight < LEAST:
            return
        means = [total / self._weight for total in self._ahead]
        best = max(range(len(means)), key=means.__getitem__)
        variance = self._squares[best] / self._weight - means[best] ** 2
        error = sqrt(max(0.0, variance) / self._weight)
        sure = SURE if self._fixed is None else SURE / 2.0
        self._fixed = best if means[best] > sure * error else None


def _ahead(offer: Offer, score: float) -> list[float]:
    """By how much each arm alone is held to have done better than what was done."""
    answered = offer.answered % len(offer.options)
    prices = [price for _, price, _ in offer.options]
    earned = score - prices[offer.start]
    if answered != offer.start:
        earned -= prices[answered]
    found = []
    for place, option in enumerate(offer.options):
        alone = worth(option)
        # A draft that was picked out says nothing of those that were not.
        picked = offer.judged and place == offer.start
        if place == answered and not picked:
            quality, *_ = option
            alone += (score - quality) / offer.chance
        found.append(alone - earned)
    return found
