"""Boosted regression trees, evaluated by numpy: no training library on the request path."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DEEPEST = 8
"""Levels of questions a tree may have."""

_PARTS = ("features", "thresholds", "leaves", "base")


@dataclass(frozen=True, slots=True, eq=False)
class Forest:
    """A constant plus the sum of complete binary trees of one depth.

    A tree of depth d has 2^d - 1 questions, level by level from the top, and 2^d leaves. The
    children of question i are 2i + 1 (feature at most the threshold) and 2i + 2. A branch that
    ends early asks what every number answers alike.

    Attributes:
        features: what is asked of, by tree and question.
        thresholds: where the feature is cut, likewise.
        leaves: what a tree adds, by tree and leaf.
        base: what every sum begins with.
    """

    features: NDArray[np.int16]
    thresholds: Floats
    leaves: Floats
    base: float

    def __call__(self, rows: NDArray[np.float32]) -> Floats:
        """The sums, one for each row of features.

        Args:
            rows: a row a question, in single precision as in training, so that a feature at a
                threshold falls on the same side.
        """
        trees = np.arange(len(self.leaves))
        at = np.zeros((len(rows), len(trees)), np.intp)
        row = np.arange(len(rows))[:, None]
        for _ in range(self._depth):
            above = rows[row, self.features[trees, at]] > self.thresholds[trees, at]
            at = 2 * at + 1 + above
        sums: Floats = self.base + self.leaves[trees, at - self.features.shape[1]].sum(axis=1)
        return sums

    def to_arrays(self, name: str) -> dict[str, NDArray[Any]]:
        """Its parts by name, for a file."""
        return {f"{name}_{part}": np.asarray(getattr(self, part)) for part in _PARTS}

    @classmethod
    def from_arrays(cls, found: Mapping[str, NDArray[Any]], name: str, width: int) -> Self:
        """A forest of the parts that `to_arrays` gave.

        Args:
            found: arrays by name.
            name: as it was given then.
            width: features in a row.

        Raises:
            KeyError: a part is missing.
            ValueError: the parts are no forest on so many features.
        """
        features, thresholds, leaves, base = (found[f"{name}_{part}"] for part in _PARTS)
        _refuse_misfits(features, thresholds, leaves, base)
        if features.min() < 0 or features.max() >= width:
            raise ValueError(f"{name} asks of features that {width} numbers don't have")
        return cls(
            features.astype(np.int16),
            thresholds.astype(np.float64),
            leaves.astype(np.float64),
            float(base),
        )

    @property
    def _depth(self) -> int:
        return int(self.leaves.shape[1]).bit_length() - 1


def _refuse_misfits(*parts: NDArray[Any]) -> None:
    features, thresholds, leaves, base = parts
    trees, questions = features.shape
    if (
        thresholds.shape != features.shape
        or leaves.shape != (trees, questions + 1)
        or base.shape != ()
    ):
        raise ValueError("questions, leaves and base are not of one forest")
    if trees == 0 or questions + 1 not in {2**depth for depth in range(1, DEEPEST + 1)}:
        raise ValueError(f"{trees} trees of {questions} questions are no forest")
    if not (np.isfinite(leaves).all() and np.isfinite(base)) or np.isnan(thresholds).any():
        raise ValueError("a number of the forest is not finite")
