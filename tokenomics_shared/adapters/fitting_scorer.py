"""Fitting the scorer to graded answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from tokenomics_shared.judge.answer_features import FEATURES
from tokenomics_shared.judge.scorer import (
    CLIP,
    DEPTH,
    Linear,
    Model,
    Scorer,
    Sort,
    Trees,
    Weights,
    sort_of,
)

ENSEMBLE_LABELS = 400
"""Labels below which a logistic model alone ranks better than one with trees."""

LEAST_LABELS = 50
"""Labels below which the shipped weights are better; a fifth as many must be of each kind."""

_FOLDS = 5
_RIDGE = 0.03
"""Inverse strength of the penalty on standardised weights."""

_BAGS = 2
_TREES = 120
_RATE = 0.05
_FLAT = 1e-9
"""Standard deviation under which a feature says nothing."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Rows:
    """Graded answers.

    Attributes:
        values: their features, a row each.
        right: 1 or 0.
        counted: labels that each counts for.
        seed: of folds and trees.
    """

    values: Floats
    right: Floats
    counted: Floats
    seed: int

    def of(self, chosen: NDArray[Any]) -> "_Rows":
        """Some of them."""
        return _Rows(self.values[chosen], self.right[chosen], self.counted[chosen], self.seed)

    def kinds(self) -> tuple[int, int]:
        """How many are right and how many wrong."""
        right = int(self.right.sum())
        return right, len(self.right) - right


def fit_scorer(
    features: Sequence[Sequence[float]],
    scores: Sequence[float],
    *,
    weights: Sequence[float] | None = None,
    made: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> str:
    """Fit weights, and calibrate them on answers that were left out.

    Logistic regression with a ridge on standardised features; from ENSEMBLE_LABELS on, also
    stochastic gradient boosting (Friedman 2002), the mean of several runs. Calibration is Platt's
    on cross-fitted log-odds. Each sort of answers with labels enough gets weights of its own.

    Args:
        features: of each answer, as the scorer reads them.
        scores: what each was worth, 0 to 1; in between, it counts in part as right.
        weights: labels that each counts for; all the same by default.
        made: what to say of the data.
        seed: of folds and trees.

    Returns:
        JSON that `Scorer.from_json` reads.

    Raises:
        ValueError: there are too few labels, or too few of one kind.
    """
    values = np.asarray(features, np.float64).reshape(-1, len(FEATURES))
    worth = np.asarray(scores, np.float64)
    counted = np.ones(len(worth)) if weights is None else np.asarray(weights, np.float64)
    rows = _halves(values, worth, counted, seed)
    if not _enough(rows):
        right, wrong = rows.kinds()
        raise ValueError(
            f"{right + wrong} labels, {wrong} of them wrong: at least {LEAST_LABELS} are needed, "
            f"and {LEAST_LABELS // 5} of each kind"
        )
    sorts = np.array([sort_of(row) for row in rows.values.tolist()])
    models: dict[Sort, Model] = {"any": _calibrated(rows)}
    own: tuple[Sort, ...] = ("maths", "code", "choice")
    for sort in own:
        part = rows.of(sorts == sort)
        if _enough(part):
            models[sort] = _calibrated(part)
    digest = blake2b(values.tobytes() + worth.tobytes() + counted.tobytes(), digest_size=8)
    data = {"labels": len(worth), "right": round(float(worth.mean()), 4), **(made or {})}
    return Scorer(Weights(models, digest.hexdigest(), data)).to_json()


def _halves(values: Floats, worth: Floats, counted: Floats, seed: int) -> _Rows:
    """Count an answer that is partly right as both, in parts."""
    partly = (worth > 0.0) & (worth < 1.0)
    return _Rows(
        np.concatenate([values, values[partly]]),
        np.concatenate([np.where(worth > 0.0, 1.0, 0.0), np.zeros(int(partly.sum()))]),
        np.concatenate(
            [np.where(partly, counted * worth, counted), (counted * (1.0 - worth))[partly]]
        ),
        seed,
    )


def _enough(rows: _Rows) -> bool:
    kinds = rows.kinds()
    return sum(kinds) >= LEAST_LABELS and min(kinds) >= LEAST_LABELS // 5


def _calibrated(rows: _Rows) -> Model:
    """Fit on all; calibrate on log-odds from fits that had not seen the answer."""
    odds = np.zeros(len(rows.right))
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=rows.seed)
    whole = len(rows.right) >= ENSEMBLE_LABELS
    for inside, outside in folds.split(rows.values, rows.right):
        fitted = _fit(rows.of(inside), trees=whole)
        odds[outside] = [fitted.odds(row) for row in rows.values[outside].tolist()]
    scaling = LogisticRegression(C=1.0).fit(odds[:, None], rows.right, sample_weight=rows.counted)
    # A ranking that is upside down on answers left out has nothing to say.
    slope = max(0.0, float(scaling.coef_[0][0]))
    offset = float(scaling.intercept_[0])
    return replace(_fit(rows, trees=whole), slope=_short(slope), offset=_short(offset))


def _fit(rows: _Rows, *, trees: bool) -> Model:
    return Model(_linear(rows), _trees(rows) if trees else None)


def _linear(rows: _Rows) -> Linear:
    mean = np.average(rows.values, axis=0, weights=rows.counted)
    scale = np.sqrt(np.average((rows.values - mean) ** 2, axis=0, weights=rows.counted))
    kept = np.nonzero(scale > _FLAT)[0]
    away = np.clip((rows.values[:, kept] - mean[kept]) / scale[kept], -CLIP, CLIP)
    regression = LogisticRegression(C=_RIDGE, max_iter=2000)
    regression.fit(away, rows.right, sample_weight=rows.counted / rows.counted.mean())
    terms = zip(kept, mean[kept], scale[kept], regression.coef_[0], strict=True)
    return Linear(
        _short(regression.intercept_[0]),
        tuple((int(at), _short(m), _short(s), _short(w)) for at, m, s, w in terms),
    )


def _trees(rows: _Rows) -> Trees:
    """Boost several times on other draws, and average."""
    nodes, leaves = [], []
    for bag in range(_BAGS):
        boosted = GradientBoostingClassifier(
            n_estimators=_TREES,
            max_depth=DEPTH,
            learning_rate=_RATE,
            subsample=0.6,
            max_features=0.3,
            min_samples_leaf=10,
            random_state=rows.seed * _BAGS + bag,
        ).fit(rows.values, rows.right, sample_weight=rows.counted / rows.counted.mean())
        for (grown,) in boosted.estimators_:
            tree_nodes, tree_leaves = _complete(grown.tree_, _RATE / _BAGS)
            nodes.append(tree_nodes)
            leaves.append(tree_leaves)
    share = np.average(rows.right, weights=rows.counted)
    return Trees(_short(np.log(share / (1.0 - share))), tuple(nodes), tuple(leaves))


def _complete(tree: Any, factor: float) -> tuple[tuple[tuple[int, float], ...], tuple[float, ...]]:
    """Lay a grown tree out as a complete one; a leaf above the last row fills what is under it."""
    row, nodes = [0], []
    for _ in range(DEPTH):
        below = []
        for at in row:
            left, right = tree.children_left[at], tree.children_right[at]
            inner = left >= 0
            nodes.append((int(tree.feature[at]), _short(tree.threshold[at])) if inner else (0, 0))
            below += [left, right] if inner else [at, at]
        row = below
    return tuple(nodes), tuple(_short(float(tree.value[at].item()) * factor, 4) for at in row)


def _short(value: float, digits: int = 5) -> float:
    """A few significant digits: more than labels can tell."""
    return float(f"{float(value):.{digits}g}")
