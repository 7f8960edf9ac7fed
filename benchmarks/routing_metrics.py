"""How good an order of questions is: who goes to premium first, and what that buys.

APGR and CPT as RouteLLM defines them (arXiv 2406.18665, section 4): the share of the gap between
cheap and premium that is recovered, averaged over all shares of calls to premium, and the least
share of calls that recovers so much of it. Cost at 95 % is the least cost, relative to always
premium's, at which quality reaches 95 % of premium's.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from harness import Figure
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RESAMPLES = 1_000

_BLOCK = 100
_TINY = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """What both models did on the same questions.

    Attributes:
        cheap: quality of the cheap model's answers, 0 to 1.
        premium: quality of premium's.
        cheap_cost: what the cheap model's answers cost, in any unit.
        premium_cost: what premium's cost, in the same unit.
    """

    cheap: Floats
    premium: Floats
    cheap_cost: Floats
    premium_cost: Floats

    @property
    def gap(self) -> Floats:
        """How much better premium's answers were, -1 to 1."""
        return self.premium - self.cheap

    @property
    def extra(self) -> Floats:
        """How much more premium's answers cost."""
        return self.premium_cost - self.cheap_cost

    def __getitem__(self, rows: NDArray[np.intp]) -> "Outcomes":
        return Outcomes(
            self.cheap[rows], self.premium[rows], self.cheap_cost[rows], self.premium_cost[rows]
        )


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Quality and cost as more and more questions go to premium; a row a resample.

    Attributes:
        share: of the questions that went to premium, from 0 to 1.
        quality: mean quality.
        cost: relative to always premium's.
    """

    share: Floats
    quality: Floats
    cost: Floats

    def apgr(self) -> Floats:
        """Average performance gap recovered: .5 for a random order."""
        low, high = self.quality[:, 0], self.quality[:, -1]
        above = self.quality - low[:, None]
        area = ((above[:, 1:] + above[:, :-1]) * np.diff(self.share, axis=1)).sum(axis=1) / 2.0
        return np.asarray(area / (high - low))

    def cpt(self, recovered: float) -> Floats:
        """Least share of calls to premium that recovers so much of the gap."""
        low, high = self.quality[:, :1], self.quality[:, -1:]
        return self._where(self.share, low + recovered * (high - low))

    def cost_at(self, part: float) -> Floats:
        """Least relative cost at which quality reaches this part of premium's."""
        return self._where(self.cost, part * self.quality[:, -1:])

    def calls_at(self, part: float) -> Floats:
        """Least share of calls to premium at which quality reaches this part of premium's."""
        return self._where(self.share, part * self.quality[:, -1:])

    def _where(self, values: Floats, wanted: Floats) -> Floats:
        """The value, between two points of the curve, where quality is first as wanted."""
        rows = np.arange(len(values))
        last = (self.quality >= wanted - _TINY).argmax(axis=1)
        first = np.maximum(last - 1, 0)
        below, above = self.quality[rows, first], self.quality[rows, last]
        rise = np.where(above > below, above - below, 1.0)
        along = np.where(last == first, 0.0, np.clip((wanted[:, 0] - below) / rise, 0.0, 1.0))
        return np.asarray(values[rows, first] + along * (values[rows, last] - values[rows, first]))


def curves(order: Floats, outcomes: Outcomes, weights: Floats | None = None) -> Curves:
    """What comes of sending questions to premium, those of the highest order first.

    Args:
        order: a number for each question; ties in the questions' order.
        outcomes: of the same questions.
        weights: how often each question counts, a row a resample; once each by default.
    """
    ranked = np.argsort(-order, kind="stable")
    its = outcomes[ranked]
    counts = np.ones((1, len(order))) if weights is None else weights[:, ranked]
    cheap, cheap_cost = counts @ its.cheap, counts @ its.cheap_cost
    size, premium_cost = counts.sum(axis=1), counts @ its.premium_cost

    def walk(start: Floats, steps: Floats) -> Floats:
        return np.column_stack([start, start[:, None] + np.cumsum(counts * steps, axis=1)])

    return Curves(
        walk(np.zeros(len(counts)), np.ones(len(order))) / size[:, None],
        walk(cheap, its.gap) / size[:, None],
        walk(cheap_cost, its.extra) / premium_cost[:, None],
    )


def figure(order: Floats, outcomes: Outcomes, read: Callable[[Curves], Floats]) -> Figure:
    """A reading of an order's curve with its 95 % interval over resampled questions."""
    draw = np.random.default_rng(0)
    size = len(order)
    chances = np.full(size, 1.0 / size)
    found = [
        read(curves(order, outcomes, draw.multinomial(size, chances, _BLOCK).astype(np.float64)))
        for _ in range(RESAMPLES // _BLOCK)
    ]
    low, high = np.quantile(np.concatenate(found), (0.025, 0.975)).tolist()
    return Figure(float(read(curves(order, outcomes))[0]), (low, high))


def readings(
    order: Floats, outcomes: Outcomes, bought: Floats | None = None
) -> tuple[float, float, float, float, float]:
    """APGR, CPT50, CPT80, calls to premium at 95 % and cost at 95 % of an order.

    Args:
        order: a number for each question.
        outcomes: of the same questions.
        bought: another order for the cost, which should look at prices too.
    """
    found = curves(order, outcomes)
    costs = found if bought is None else curves(bought, outcomes)
    return (
        float(found.apgr()[0]),
        float(found.cpt(0.5)[0]),
        float(found.cpt(0.8)[0]),
        float(found.calls_at(0.95)[0]),
        float(costs.cost_at(0.95)[0]),
    )


def calibration(predicted: Floats, outcomes: Outcomes, bins: int = 5) -> float:
    """Mean distance between predicted and found gaps, over bins of as many questions each."""
    parts = np.array_split(np.argsort(predicted, kind="stable"), bins)
    return float(
        np.mean([abs(predicted[part].mean() - outcomes.gap[part].mean()) for part in parts])
    )
