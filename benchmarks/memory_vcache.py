"""vCache's published rule (Schroeder et al., arXiv 2502.03771, section 4), written from the paper.

Each stored prompt learns alone from which cosine on its answer is right: a logistic curve of the
correctness over the cosine with a threshold t and a slope. The threshold is uncertain; for a level
e, t(e) is its upper confidence limit, and the chance of being right is at least
(1 - e) * curve(cosine; t(e)). To keep wrong hits per request below d, the model is asked with
probability min over e of 1 - d / (1 - that chance), otherwise the answer is served.

The variance of t comes from the curve's Fisher information by the delta method; a weak normal
prior on both coefficients stands in for the paper's solver where the observations are separable.
"""

from dataclasses import dataclass, field
from random import Random
from statistics import NormalDist

import numpy as np
from memory_stream import Stream
from numpy.typing import NDArray

_LEVELS = np.linspace(0.01, 0.99, 50)
_DEVIATES = np.array([NormalDist().inv_cdf(1.0 - level) for level in _LEVELS])
_LEAST_OBSERVATIONS = 6
_PRIOR_PRECISION = 1e-3
_STEPS = 30
_EDGES = [(0.0, False), (1.0, True)]
"""What every entry is taken to have seen: the paper's two pseudo-observations."""

Matrix = NDArray[np.float64]


@dataclass(slots=True)
class _Curve:
    threshold: float
    slope: float
    deviation: float

    def ask_rate(self, cosine: float, limit: float) -> float:
        """The probability with which the model is asked nevertheless."""
        limits = np.clip(self.threshold + _DEVIATES * self.deviation, 0.0, 1.0)
        chance = (1.0 - _LEVELS) * _sigmoid(self.slope * (cosine - limits))
        return float(np.min(1.0 - limit / (1.0 - chance)))


@dataclass
class VCache:
    """Asks or serves by what each stored prompt has seen of itself.

    Attributes:
        limit: wrong hits among all requests.
    """

    stream: Stream
    limit: float
    seed: int = 0
    _seen: dict[int, list[tuple[float, bool]]] = field(default_factory=dict)
    _curves: dict[int, _Curve] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = Random(self.seed)
        self._stored = np.full(len(self.stream.prompts), -1, np.int64)
        self._nearest: tuple[int, float] | None = None

    def ask(self, asked: int) -> int | None:
        """Serve the nearest one's answer as often as its curve allows."""
        near = self.stream.neighbours(asked, self._stored)
        self._nearest = (near[0].entry, near[0].similarity) if near else None
        if self._nearest is None:
            return None
        entry, cosine = self._nearest
        if len(self._seen[entry]) < _LEAST_OBSERVATIONS:
            return None
        if entry not in self._curves:
            self._curves[entry] = _fit(self._seen[entry])
        rate = self._curves[entry].ask_rate(cosine, self.limit)
        return None if self._random.random() <= rate else entry

    def fresh(self, asked: int, served: int | None) -> bool:
        """Teach the nearest one; store what it would have got wrong."""
        if served is not None:
            return False
        right = False
        if self._nearest is not None:
            entry, cosine = self._nearest
            right = bool(self.stream.right(asked, entry))
            self._seen[entry].append((cosine, right))
            self._curves.pop(entry, None)
        if not right:
            self._stored[asked] = asked
            self._seen[asked] = list(_EDGES)
        return False


def _fit(seen: list[tuple[float, bool]]) -> _Curve:
    """Maximise the penalised likelihood by Newton's method, with steps that are cut short."""
    cosines, right = np.array(seen, np.float64).T
    centre = cosines.mean()
    design = np.stack([np.ones_like(cosines), cosines - centre], axis=1)
    penalty = np.eye(2) * _PRIOR_PRECISION
    found = np.zeros(2)
    information = penalty
    for _ in range(_STEPS):
        chance = _sigmoid(design @ found)
        information = (design * (chance * (1.0 - chance))[:, None]).T @ design + penalty
        step = np.linalg.solve(information, design.T @ (right - chance) - penalty @ found)
        found += step * min(1.0, 10.0 / max(1e-9, float(np.abs(step).max())))
        if np.abs(step).max() < 1e-6:
            break
    intercept, slope = float(found[0]), max(float(found[1]), 1e-6)
    gradient = np.array([-1.0 / slope, intercept / slope**2])
    variance = float(gradient @ np.linalg.solve(information, gradient))
    threshold = min(1.0, max(0.0, float(centre) - intercept / slope))
    return _Curve(threshold, slope, max(0.0, variance) ** 0.5)


def _sigmoid(odds: Matrix) -> Matrix:
    chance: Matrix = 1.0 / (1.0 + np.exp(-np.clip(odds, -500.0, 500.0)))
    return chance
