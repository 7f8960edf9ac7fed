"""The threshold from which answers may be accepted, with a margin for what few labels can't tell.

A threshold that just meets a target on the labels at hand misses it on the next answers about
every second time. Learn then Test (Angelopoulos et al., arXiv 2110.01052) tests thresholds
instead: it accepts one only when labels such as these would be improbable if it missed.
"""

from collections.abc import Sequence
from math import exp, lgamma, log, log1p
from typing import Final

_GRID: Final = tuple(step / 100.0 for step in range(99, 0, -1))
"""Thresholds that are tested; fixed before any label is seen, as the method demands."""

_STARTS: Final = (0.97, 0.9, 0.8, 0.7, 0.6, 0.5)
"""Thresholds at which testing begins, each with its part of the doubt: at the strictest too few
answers are accepted to show anything, so one start there would end every test at once.
"""


def margin(
    scores: Sequence[float],
    labels: Sequence[bool],
    target: float,
    confidence: float = 0.95,
) -> float | None:
    """The lowest threshold at which the share of right answers among the accepted keeps a target.

    Fixed-sequence testing with several starts (the paper's Algorithm 1): from each start, down
    to lower thresholds until one can't be shown to keep the target. The test is exact (binomial
    tail, Clopper and Pearson 1934). With the given confidence over the labels drawn, every
    threshold it shows does keep the target on further answers of the same kind.

    Args:
        scores: likelihoods of answers that were not fitted on, 0 to 1.
        labels: whether each was right.
        target: least share of right answers among the accepted, in (0, 1).
        confidence: in (0, 1).

    Returns:
        The threshold, or None when no threshold can be shown to keep the target.

    Raises:
        ValueError: an argument is impossible.
    """
    if len(scores) != len(labels):
        raise ValueError(f"{len(scores)} scores for {len(labels)} labels")
    if not (0.0 < target < 1.0 and 0.0 < confidence < 1.0):
        raise ValueError(
            f"target and confidence must be between 0 and 1, got {target!r} and {confidence!r}"
        )
    doubt = (1.0 - confidence) / len(_STARTS)
    counts = _counts(scores, labels)
    shown = [
        _chance_of_fewer(wrong, accepted, 1.0 - target) <= doubt for accepted, wrong in counts
    ]
    found = [_descend(shown, _GRID.index(start)) for start in _STARTS]
    lowest = max((at for at in found if at is not None), default=None)
    return None if lowest is None else _GRID[lowest]


def _counts(scores: Sequence[float], labels: Sequence[bool]) -> list[tuple[int, int]]:
    """Accepted answers at each threshold of the grid, and the wrong ones among them."""
    ranked = sorted(zip(scores, labels, strict=True), key=lambda pair: -pair[0])
    counts, accepted, wrong = [], 0, 0
    for threshold in _GRID:
        while accepted < len(ranked) and ranked[accepted][0] >= threshold:
            wrong += not ranked[accepted][1]
            accepted += 1
        counts.append((accepted, wrong))
    return counts


def _descend(shown: Sequence[bool], start: int) -> int | None:
    """The last place from the start on before one that was not shown to do."""
    at = start
    while at < len(shown) and shown[at]:
        at += 1
    return at - 1 if at > start else None


def _chance_of_fewer(wrong: int, accepted: int, rate: float) -> float:
    """The chance of at most so many wrong ones if the rate of wrong ones were this."""
    if accepted == 0:
        return 1.0
    total, every = 0.0, lgamma(accepted + 1.0)
    for count in range(wrong + 1):
        ways = every - lgamma(count + 1.0) - lgamma(accepted - count + 1.0)
        total += exp(ways + count * log(rate) + (accepted - count) * log1p(-rate))
    return min(1.0, total)
