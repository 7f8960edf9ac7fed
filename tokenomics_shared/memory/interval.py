"""Upper bounds on a rate that is put together from bins."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from tokenomics_shared.memory.tally import BINS, Tally

_DOUBT = 10.0
"""Wrong answers, met and expected, that a partition's own record needs to be half believed."""

_MOST_SCALED = 4.0
"""How far it may scale what is borrowed upwards; never downwards, own labels do that slowly."""

_LEAST_EVIDENCE = 30.0
"""Effective labels without which no rate counts as known."""


@dataclass(frozen=True, slots=True)
class Bin:
    """What is known of the requests in one bin.

    Attributes:
        weight: requests.
        labels: of these, or of such as these, how many have a label.
        wrong: labels that say wrong.
    """

    weight: float
    labels: float
    wrong: float


def borrow(
    evidence: Sequence[tuple[float, float]], others: Tally, own: Tally, most: float
) -> list[tuple[float, float]]:
    """Labels and wrong ones by bin, from the evidence and from everybody but oneself.

    Args:
        evidence: labels and wrong ones by bin.
        others: the tally of all partitions, the own one included.
        own: what is taken off again.
        most: labels that all of it counts for together, at most.
    """
    known = [
        (
            labels + max(0.0, others.labels[place] - own.labels[place]),
            wrong + max(0.0, others.wrong[place] - own.wrong[place]),
        )
        for place, (labels, wrong) in enumerate(evidence)
    ]
    total = sum(labels for labels, _ in known)
    scale = min(1.0, most / total) if total else 0.0
    return [(labels * scale, wrong * scale) for labels, wrong in known]


def scaled(
    borrowed: Sequence[tuple[float, float]], own: Tally, since: int
) -> list[tuple[float, float]]:
    """Make borrowed rates as high as the own record says they are, from a bin upwards."""
    expected = met = _DOUBT
    for place in range(since, BINS):
        labels, wrong = borrowed[place]
        if labels:
            expected += own.labels[place] * wrong / labels
            met += own.wrong[place]
    factor = min(_MOST_SCALED, max(1.0, met / expected))
    return [(labels, min(labels, wrong * factor)) for labels, wrong in borrowed]


def combine(borrowed: Sequence[tuple[float, float]], own: Tally) -> list[Bin]:
    """Put what is borrowed and what is one's own together, as a Beta prior's posterior is."""
    return [
        Bin(labels + own.seen[at], labels + own.labels[at], wrong + own.wrong[at])
        for at, (labels, wrong) in enumerate(borrowed)
    ]


def upper_bounds(bins: Sequence[Bin], z: float) -> list[float]:
    """For each bin, a bound on the rate of wrong ones among all requests in it or above.

    Args:
        bins: what is known.
        z: standard deviations to stay above the estimate.

    Returns:
        1 where there is too little evidence.
    """
    bounds = [1.0] * len(bins)
    weight = wrong = variance = spread = 0.0
    for place in range(len(bins) - 1, -1, -1):
        here = bins[place]
        if here.weight:
            rate = here.wrong / here.labels if here.labels else 1.0
            weight += here.weight
            wrong += here.weight * rate
            each = here.weight**2 / (here.labels + 1.0)
            variance += each * rate * (1.0 - rate)
            spread += each
        # As many labels, evenly spread, would say as much if all bins erred alike.
        labels = weight**2 / spread if spread else 0.0
        if labels >= _LEAST_EVIDENCE:
            bounds[place] = wilson(wrong / weight, variance / weight**2, labels, z)
    return bounds


def wilson(rate: float, variance: float, labels: float, z: float) -> float:
    """The end of Wilson's score interval, upper for a positive z, lower for a negative one.

    Args:
        rate: the estimate, in [0, 1].
        variance: of the estimate; the number of labels that would give it is the effective one.
        labels: effective ones where the variance is 0 for want of wrong ones.
        z: standard deviations.
    """
    if variance > 0.0:
        labels = rate * (1.0 - rate) / variance
    if labels <= 0.0:
        return 1.0 if z > 0.0 else 0.0
    square = z * z / labels
    middle = rate + square / 2.0
    spread = z * sqrt(rate * (1.0 - rate) / labels + square / (4.0 * labels))
    return min(1.0, max(0.0, (middle + spread) / (1.0 + square)))
