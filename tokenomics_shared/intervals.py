"""Confidence intervals of what a sample of answers says about all of them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

Interval = tuple[float, float]
"""The low and the high end."""

_FURTHER = 400
"""Terms after which a continued fraction is long precise enough."""
_PRECISION = 1e-11
_TINY = 1e-300


def clopper_pearson(successes: float, trials: float, confidence: float = 0.95) -> Interval:
    """The exact interval of a share (Clopper and Pearson, Biometrika 26, 1934), two-sided.

    For weighted samples both may be effective numbers that are not whole, as in Korn and
    Graubard, Survey Methodology 24, 1998.

    Args:
        successes: how often it happened, from 0 to `trials`.
        trials: of how many; for none the interval is everything.
        confidence: that the interval holds the share, in (0, 1).
    """
    if trials <= 0.0:
        return 0.0, 1.0
    tail = (1.0 - confidence) / 2.0
    failures = max(0.0, trials - successes)
    low = beta_quantile(tail, successes, failures + 1.0) if successes > 0.0 else 0.0
    high = beta_quantile(1.0 - tail, successes + 1.0, failures) if failures > 0.0 else 1.0
    return low, high


def beta_quantile(probability: float, a: float, b: float) -> float:
    """Where the distribution function of Beta(a, b) reaches a probability, by bisection."""
    low, high = 0.0, 1.0
    while high - low > _PRECISION:
        middle = (low + high) / 2.0
        if beta_cdf(middle, a, b) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def beta_cdf(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b), for positive a and b."""
    if x <= 0.0 or x >= 1.0:
        return float(x >= 1.0)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    # The fraction converges fast below the mean only; above it the other tail is taken.
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - front * _fraction(1.0 - x, b, a) / b
    return front * _fraction(x, a, b) / a


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of I_x (Abramowitz and Stegun 26.5.8) by Lentz's method."""
    c, d = 1.0, 1.0 / _not_zero(1.0 - (a + b) * x / (a + 1.0))
    value = d
    for m in range(1, _FURTHER):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1.0 / _not_zero(1.0 + term * d)
            c = _not_zero(1.0 + term / c)
            value *= c * d
        if abs(c * d - 1.0) < _PRECISION:
            break
    return value


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


@dataclass(frozen=True, slots=True)
class Losses:
    """A weighted sample of losses in [-1, 1], as sums that add up.

    Attributes:
        audits: how many were found.
        weight: the sum of their weights; `squares` of the weights' squares.
        lost: the sum of weight times loss over the positive ones.
        gained: the same over the negative ones, as a positive number.
    """

    audits: float = 0.0
    weight: float = 0.0
    squares: float = 0.0
    lost: float = 0.0
    gained: float = 0.0

    @classmethod
    def one(cls, loss: float, weight: float) -> Self:
        """A single loss, which counts for `weight` answers."""
        lost, gained = weight * max(0.0, loss), weight * max(0.0, -loss)
        return cls(1.0, weight, weight * weight, lost, gained)

    def __add__(self, other: "Losses") -> "Losses":
        return Losses(*(a + b for a, b in zip(self.sums(), other.sums(), strict=True)))

    def __sub__(self, other: "Losses") -> "Losses":
        # Sums of floats taken apart again may end a hair below what is possible.
        return Losses(*(max(0.0, a - b) for a, b in zip(self.sums(), other.sums(), strict=True)))

    def sums(self) -> tuple[float, float, float, float, float]:
        """The attributes, in order."""
        return self.audits, self.weight, self.squares, self.lost, self.gained

    @property
    def mean(self) -> float:
        """The weighted mean; 0 of nothing."""
        return (self.lost - self.gained) / self.weight if self.weight else 0.0

    def interval(self, confidence: float = 0.95) -> Interval:
        """Where the mean loss of all answers is, with this confidence.

        Losses and gains are two shares, each with its Clopper-Pearson interval at the effective
        number of audits (Kish: the weights' sum squared over the sum of their squares); the
        difference's is put together from theirs as in Newcombe, Statistics in Medicine 17,
        1998, method 10, with the correlation that things have which exclude each other. Without
        gains, and with losses of 0 and 1 of one weight, it is Clopper and Pearson's own.
        """
        if not self.weight:
            return -1.0, 1.0
        effective = self.weight * self.weight / self.squares
        lost, gained = min(1.0, self.lost / self.weight), min(1.0, self.gained / self.weight)
        if not gained:
            return clopper_pearson(lost * effective, effective, confidence)
        lost_low, lost_high = clopper_pearson(lost * effective, effective, confidence)
        gained_low, gained_high = clopper_pearson(gained * effective, effective, confidence)
        together = 2.0 * _exclusive(lost, gained)
        down, up = lost - lost_low, gained_high - gained
        low = lost - gained - math.sqrt(down * down + up * up + together * down * up)
        up, down = lost_high - lost, gained - gained_low
        high = lost - gained + math.sqrt(down * down + up * up + together * down * up)
        return max(-1.0, low), min(1.0, high)


def _exclusive(one: float, other: float) -> float:
    """How strongly two shares are correlated, negatively, that exclude each other."""
    spread = one * (1.0 - one) * other * (1.0 - other)
    return min(1.0, one * other / math.sqrt(spread)) if spread > 0.0 else 1.0


def stratified(strata: Sequence[tuple[float, float, Interval]]) -> tuple[float, Interval]:
    """A mean put together from independent parts, with its interval.

    Distances from each part's mean to its ends add up as standard deviations do (Zou and Donner,
    Statistics in Medicine 27, 2008).

    Args:
        strata: for each part its share of the whole, its mean, and the mean's interval.
    """
    mean = sum(share * middle for share, middle, _ in strata)
    down = math.hypot(*(share * (middle - low) for share, middle, (low, _) in strata))
    up = math.hypot(*(share * (high - middle) for share, middle, (_, high) in strata))
    return mean, (mean - down, mean + up)
