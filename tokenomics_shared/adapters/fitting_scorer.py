"""Fitting the scorer to graded answers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from tokenomics_shared.judge.answer_features import FEATURES
from tokenomics_shared.judge.scorer import CLIP, DEPTH, Linear, Scorer, Trees, Weights

ENSEMBLE_LABELS = 400
"""Labels below which a logistic model alone ranks better than one with trees."""

LEAST_LABELS = 50
"""Labels below which the shipped weights are better; a fifth of them must be of each kind."""

_FOLDS = 5
_RIDGE = 0.03
_BAGS = 2
_TREES = 120
_RATE = 0.05

Floats = NDArray[np.float64]


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
    stochastic gradient boosting (Friedman 2002), several runs of it. Calibration is Platt's on
    cross-fitted log-odds.

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
    values, right, counted = _halves(values, worth, counted)
    _refuse_few(len(worth), worth)
    whole = len(worth) >= ENSEMBLE_LABELS
    odds = np.zeros(len(right))
    for inside, outside in StratifiedKFold(_FOLDS, shuffle=True, random_state=seed).split(
        values, right
    ):
        fitted = _fit(values[inside], right[inside], counted[inside], whole, seed)
        odds[outside] = [fitted.odds(row) for row in values[outside].tolist()]
    slope, offset = _calibrate(odds, right, counted)
    fitted = _fit(values, right, counted, whole, seed)
    digest = blake2b(values.tobytes() + right.tobytes(), digest_size=8).hexdigest()
    final = replace(
        fitted,
        slope=slope,
        offset=offset,
        version=digest,
        data={"labels": len(worth), "right": round(float(worth.mean()), 4), **(made or {})},
    )
    return Scorer(final).to_json()


def _refuse_few(labels: int, worth: Floats) -> None:
    right = float(worth.sum())
    least = min(right, labels - right)
    if labels < LEAST_LABELS or least < LEAST_LABELS // 5:
        raise ValueError(
            f"{labels} labels, {labels - right:.0f} of them wrong: at least {LEAST_LABELS} are "
            f"needed, and {LEAST_LABELS // 5} of each kind"
        )


def _halves(values: Floats, worth: Floats, counted: Floats) -> tuple[Floats, Floats, Floats]:
    """Count an answer that is partly right as both, in parts."""
    partly = (worth > 0.0) & (worth < 1.0)
    right = np.concatenate([np.where(worth > 0.0, 1.0, 0.0), np.zeros(int(partly.sum()))])
    counted = np.concatenate(
        [np.where(partly, counted * worth, counted), (counted * (1.0 - worth))[partly]]
    )
    return np.concatenate([values, values[partly]]), right, counted


def _fit(values: Floats, right: Floats, counted: Floats, whole: bool, seed: int) -> Weights:  # noqa: FBT001 -- private
    trees = _trees(values, right, counted, seed) if whole else None
    return Weights(_linear(values, right, counted), trees, 1.0, 0.0, "", {})


def _linear(values: Floats, right: Floats, counted: Floats) -> Linear:
    mean = np.average(values, axis=0, weights=counted)
    scale = np.sqrt(np.average((values - mean) ** 2, axis=0, weights=counted))
    kept = np.nonzero(scale > 1e-9)[0]
    away = np.clip((values[:, kept] - mean[kept]) / scale[kept], -CLIP, CLIP)
    regression = LogisticRegression(C=_RIDGE, max_iter=2000)
    regression.fit(away, right, sample_weight=counted / counted.mean())
    terms = zip(kept, mean[kept], scale[kept], regression.coef_[0], strict=True)
    return Linear(
        round(float(regression.intercept_[0]), 6),
        tuple((int(at), _short(m), _short(s), _short(w)) for at, m, s, w in terms),
    )


def _trees(values: Floats, right: Floats, counted: Floats, seed: int) -> Trees:
    """Boost several times on other draws, and average."""
    intercept = 0.0
    nodes, leaves = [], []
    for bag in range(_BAGS):
        boosted = GradientBoostingClassifier(
            n_estimators=_TREES,
            max_depth=DEPTH,
            learning_rate=_RATE,
            subsample=0.6,
            max_features=0.3,
            min_samples_leaf=10,
            random_state=seed * _BAGS + bag,
        ).fit(values, right, sample_weight=counted / counted.mean())
        share = np.average(right, weights=counted)
        intercept += float(np.log(share / (1.0 - share))) / _BAGS
        for (grown,) in boosted.estimators_:
            tree_nodes, tree_leaves = _complete(grown.tree_, _RATE / _BAGS)
            nodes.append(tree_nodes)
            leaves.append(tree_leaves)
    return Trees(round(intercept, 6), tuple(nodes), tuple(leaves))


def _complete(tree: Any, factor: float) -> tuple[tuple[tuple[int, float], ...], tuple[float, ...]]:
    """Lay a grown tree out as a complete one; a leaf above the last row fills what is under it."""
    row, nodes = [0], []
    for _ in range(DEPTH):
        below = []
        for at in row:
            inner = tree.children_left[at] >= 0
            nodes.append((int(tree.feature[at]), _short(tree.threshold[at])) if inner else (0, 0.0))
            below += [tree.children_left[at], tree.children_right[at]] if inner else [at, at]
        row = below
    return tuple(nodes), tuple(_short(float(tree.value[at].item()) * factor) for at in row)


def _calibrate(odds: Floats, right: Floats, counted: Floats) -> tuple[float, float]:
    scaling = LogisticRegression(C=1.0).fit(odds[:, None], right, sample_weight=counted)
    # A ranking that is upside down on answers left out has nothing to say.
    return _short(max(0.0, scaling.coef_[0][0])), _short(scaling.intercept_[0])


def _short(value: float) -> float:
    """Six significant digits, which is more than labels can tell."""
    return float(f"{float(value):.6g}")
