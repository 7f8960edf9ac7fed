"""The linear posterior in pure Python, for a handful of features."""

from collections.abc import Sequence
from itertools import repeat
from math import sqrt
from operator import mul

from tokenomics_shared.bandit.posterior import Shrinkage, row_length
from tokenomics_shared.bandit.sums import kept, merged

Matrix = list[list[float]]

RENEW = 512
"""Observations after which the covariance is made anew: rounding adds up, and forgetting takes
from the ridge too until then.
"""


class Gaussian:
    """Recursive least squares: the covariance changes by one rank with each observation.

    Sherman and Morrison (1950) for the covariance, with exponential forgetting as in Haykin,
    Adaptive Filter Theory, chapter 9. Some microseconds for 9 features; time grows with their
    square.
    """

    def __init__(self, width: int, shrinkage: Shrinkage) -> None:
        self._width = width
        self._shrinkage = shrinkage
        self._nothing = [0.0] * row_length(width)
        self._base, self._given, self._fresh = (list(self._nothing) for _ in range(3))
        self._since = 0
        self.seen = 0.0
        self._covariance: Matrix = []
        self._weights: list[float] = []
        self._renew()

    def predict(self, features: Sequence[float]) -> tuple[float, float]:
        """The expected value and its standard deviation."""
        mean = sum(map(mul, self._weights, features))
        spread = sum(map(mul, self._spread(features), features))
        return mean, sqrt(max(0.0, spread))

    def learn(self, features: Sequence[float], value: float, weight: float) -> None:
        """Take in an observation."""
        left = kept(self._shrinkage.forgetting, weight)
        row = [weight, *(weight * value * x for x in features)]
        for at, x in enumerate(features):
            row += [weight * x * other for other in features[at:]]
        self._fresh = merged(self._fresh, row, self._shrinkage.forgetting)
        self._since += 1
        if self._since >= RENEW or left <= 0.0:
            self._renew()
            return
        self._update(features, value, weight, left)

    def news(self) -> Sequence[float]:
        """What was learned here since the last `rebase`."""
        self._given = merged(self._given, self._fresh, self._shrinkage.forgetting)
        self._fresh = list(self._nothing)
        return list(self._given)

    def rebase(self, row: Sequence[float] | None) -> None:
        """Go on from these sums; those of another width are left out."""
        fits = row is not None and len(row) == len(self._nothing)
        self._base = list(row) if row is not None and fits else list(self._nothing)
        self._given = list(self._nothing)
        self._renew()

    def forget_news(self) -> None:
        """Leave to another process what was learned here so far."""
        self._base, self._given = self._total(), list(self._nothing)
        self._fresh = list(self._nothing)

    def _update(self, features: Sequence[float], value: float, weight: float, left: float) -> None:
        spread = [x / left for x in self._spread(features)]
        room = 1.0 / weight + sum(map(mul, spread, features))
        missed = value - sum(map(mul, self._weights, features))
        self._weights = [w + missed * s / room for w, s in zip(self._weights, spread, strict=True)]
        self._covariance = [
            [old / left - lead * s for old, s in zip(line, spread, strict=True)]
            for line, lead in zip(self._covariance, (s / room for s in spread), strict=True)
        ]
        self.seen = left * self.seen + weight

    def _spread(self, features: Sequence[float]) -> list[float]:
        return [sum(map(mul, line, features)) for line in self._covariance]

    def _total(self) -> list[float]:
        total = self._base
        for row in (self._given, self._fresh):
            total = merged(total, row, self._shrinkage.forgetting)
        return total

    def _renew(self) -> None:
        """Make mean and covariance from the sums."""
        total, width = self._total(), self._width
        precision: Matrix = [[0.0] * width for _ in range(width)]
        rest = iter(total[1 + width :])
        for at in range(width):
            for other in range(at, width):
                precision[at][other] = precision[other][at] = next(rest)
        for at, ridge in enumerate(
            [*repeat(self._shrinkage.ridge, width - 1), self._shrinkage.bias_ridge]
        ):
            precision[at][at] += ridge
        self.seen = total[0]
        self._covariance = _inverse(precision)
        self._weights = self._spread(total[1 : 1 + width])
        self._since = 0


def _inverse(matrix: Matrix) -> Matrix:
    """The inverse of a positive definite matrix, by Gauss and Jordan; no pivots are needed."""
    size = len(matrix)
    rows = [
        [*line, *(float(at == other) for other in range(size))] for at, line in enumerate(matrix)
    ]
    for at in range(size):
        pivot = rows[at][at]
        lead = [x / pivot for x in rows[at]]
        rows = [
            lead if other == at else [x - line[at] * y for x, y in zip(line, lead, strict=True)]
            for other, line in enumerate(rows)
        ]
    return [line[size:] for line in rows]
