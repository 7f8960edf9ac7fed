"""How good predictions of quality are."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_CERTAIN = 1e-6
"""Predictions are kept this far from 0 and 1, where a single mistake would cost everything."""

RIGHT = 0.5
"""Score from which an answer counts as right where that is a matter of yes or no."""


@dataclass(frozen=True, slots=True)
class Figures:
    """How good some predictions were.

    Attributes:
        auc: chance that a right answer was predicted above a wrong one, 0.5 for guessing; None
            when all were right or all wrong.
        log_loss: mean cross-entropy in nats; less is better, 0.693 for always saying one half.
    """

    auc: float | None
    log_loss: float


def figures(
    predicted: Sequence[float], scores: Sequence[float], weights: Sequence[float]
) -> Figures:
    """Compare predictions with what came out.

    Args:
        predicted: expected scores, 0 to 1.
        scores: what came out, 0 to 1.
        weights: what each counts for.
    """
    lost = math.fsum(
        weight * _cross_entropy(min(max(guess, _CERTAIN), 1.0 - _CERTAIN), score)
        for guess, score, weight in zip(predicted, scores, weights, strict=True)
    )
    return Figures(_auc(predicted, scores, weights), lost / math.fsum(weights))


def _cross_entropy(guess: float, score: float) -> float:
    return -(score * math.log(guess) + (1.0 - score) * math.log1p(-guess))


def _auc(
    predicted: Sequence[float], scores: Sequence[float], weights: Sequence[float]
) -> float | None:
    """The weighted share of pairs in order, ties counted half, from lowest to highest."""
    levels: dict[float, list[float]] = {}
    for guess, score, weight in zip(predicted, scores, weights, strict=True):
        levels.setdefault(guess, [0.0, 0.0])[score >= RIGHT] += weight
    wrong_below = ordered = right = 0.0
    for _, (wrong_here, right_here) in sorted(levels.items()):
        ordered += right_here * (wrong_below + 0.5 * wrong_here)
        wrong_below += wrong_here
        right += right_here
    return ordered / (wrong_below * right) if wrong_below and right else None
