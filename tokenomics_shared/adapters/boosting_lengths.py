"""Quantiles of answers' lengths by XGBoost, in the form in which they are evaluated without it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xgboost
from numpy.typing import NDArray

from tokenomics_shared.planning import LengthSample
from tokenomics_shared.prediction.quantiles import QUANTILES, Line, Quantiles, Step, Tree

FOLDS = 5
"""Parts that are left out of a fit in turn."""

Floats = NDArray[np.float64]

_RIDGES = (100.0, 300.0, 1000.0)
"""Strengths of the ridge, of which the best on answers left out is taken."""

_ROUNDS = (60, 30)
"""Trees of the median and of the 90 % quantile.

The 99 % quantile is a multiple of the 90 % one: trees of its own, which a few answers in a
hundred would shape, reserve more and hold less.
"""

_BOOSTING = {
    "objective": "reg:quantileerror",
    "tree_method": "hist",
    "max_depth": 2,
    "eta": 0.05,
    "subsample": 0.8,
    "colsample_bytree": 0.5,
    "min_child_weight": 5,
    "base_score": 0.0,
    "nthread": 1,
    "verbosity": 0,
}


@dataclass(frozen=True, slots=True)
class Data:
    """Samples as arrays.

    Attributes:
        rows: features, a row an answer, in single precision.
        logs: logarithms of the lengths.
        censored: which were cut short.
    """

    rows: NDArray[np.float32]
    logs: Floats
    censored: NDArray[np.bool_]

    @classmethod
    def of(cls, samples: Sequence[LengthSample]) -> "Data":
        """The same samples, in their order."""
        return cls(
            np.array([each.features for each in samples], np.float32),
            np.log([float(each.output_tokens) for each in samples]),
            np.array([each.censored for each in samples], np.bool_),
        )

    def __getitem__(self, chosen: NDArray[Any]) -> "Data":
        return Data(self.rows[chosen], self.logs[chosen], self.censored[chosen])


def boosted(data: Data, seed: int) -> Quantiles:
    """Quantiles before calibration.

    A censored answer is at least as long as what was seen of it, and where a fit without such
    answers expects more, as long as that.
    """
    if data.censored.any() and not data.censored.all():
        first = boosted(data[~data.censored], seed)
        expected = np.log([first(row)[0] for row in data.rows.tolist()])
        logs = np.where(data.censored, np.maximum(data.logs, expected), data.logs)
        data = Data(data.rows, logs, np.zeros_like(data.censored))
    line = _line(data)
    level = np.array([line(row) for row in data.rows.tolist()])
    steps = []
    for quantile, rounds in zip(QUANTILES, _ROUNDS, strict=False):
        base = float(np.quantile(data.logs - level, quantile))
        trees, level = boost(data, level + base, quantile, (rounds, seed))
        steps.append(Step(base, trees))
    steps.append(Step(0.0, ()))
    return Quantiles(line, tuple(steps), len(data.logs), 0.0)


def _line(data: Data) -> Line:
    """Ridge regression of the logarithms."""
    rows = data.rows.astype(np.float64)
    means, scales = rows.mean(axis=0), rows.std(axis=0) + 1e-3
    away = np.clip((rows - means) / scales, -3.0, 3.0)
    middle = float(data.logs.mean())
    away_from = data.logs - middle
    weights = _solved(_sums(away, away_from), _strength(away, away_from))
    return Line(tuple(weights.tolist()), tuple(means.tolist()), tuple(scales.tolist()), middle)


def _strength(rows: Floats, values: Floats) -> float:
    """The ridge that misses least of values left out, in FOLDS interleaved parts."""
    parts = np.arange(len(values)) % FOLDS
    missed = dict.fromkeys(_RIDGES, 0.0)
    for part in range(FOLDS):
        inside = parts != part
        sums = _sums(rows[inside], values[inside])
        for strength in _RIDGES:
            left = values[~inside] - rows[~inside] @ _solved(sums, strength)
            missed[strength] += float(np.abs(left).sum())
    return min(_RIDGES, key=missed.__getitem__)


def _sums(rows: Floats, values: Floats) -> tuple[Floats, Floats]:
    """What of the rows a ridge regression needs, whatever its strength."""
    return rows.T @ rows, rows.T @ values


def _solved(sums: tuple[Floats, Floats], strength: float) -> Floats:
    squares, products = sums
    return np.asarray(np.linalg.solve(squares + strength * np.eye(len(squares)), products))


def boost(
    data: Data, margin: Floats, quantile: float, how: tuple[int, int]
) -> tuple[tuple[Tree, ...], Floats]:
    """Trees that add to a margin, and what they come to."""
    rounds, seed = how
    matrix = xgboost.DMatrix(data.rows, data.logs, base_margin=margin, nthread=1)
    parameters = {**_BOOSTING, "quantile_alpha": quantile, "seed": seed}
    booster = xgboost.train(parameters, matrix, rounds)
    trees = tuple(_tree(json.loads(text)) for text in booster.get_dump(dump_format="json"))
    return trees, np.asarray(booster.predict(matrix), np.float64)


def _tree(node: dict[str, Any]) -> Tree:
    """A tree of two levels as `Quantiles` reads it; a branch that ends early asks twice."""
    if "leaf" in node:
        leaf = float(node["leaf"])
        return 0, 0.0, 0, 0.0, 0, 0.0, leaf, leaf, leaf, leaf
    low, high = _children(node)
    asked = (_asked(node), _branch(low), _branch(high))
    (first, cut), (below, below_cut, a, b), (above, above_cut, c, d) = asked
    return first, cut, below, below_cut, above, above_cut, a, b, c, d


def _branch(node: dict[str, Any]) -> tuple[int, float, float, float]:
    if "leaf" in node:
        leaf = float(node["leaf"])
        return 0, 0.0, leaf, leaf
    low, high = _children(node)
    return (*_asked(node), float(low["leaf"]), float(high["leaf"]))


def _children(node: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    by_id = {child["nodeid"]: child for child in node["children"]}
    return by_id[node["yes"]], by_id[node["no"]]


def _asked(node: dict[str, Any]) -> tuple[int, float]:
    """The feature, and the threshold in single precision, as it was compared in training."""
    return int(node["split"].removeprefix("f")), float(np.float32(node["split_condition"]))
