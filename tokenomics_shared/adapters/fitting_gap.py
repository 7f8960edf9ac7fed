"""Fitting a gap model to paired outcomes; needs scikit-learn, which answering requests doesn't."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import LogisticRegression

from tokenomics_shared.adapters.forest import Floats, Forest
from tokenomics_shared.adapters.gap_model import SURFACE, GapModel, Odds

LEAST_PAIRS = 200
"""Pairs below which a fitted gap orders questions hardly better than chance."""


@dataclass(frozen=True, slots=True)
class Growth:
    """How trees are grown; see `sklearn.ensemble.GradientBoostingRegressor`.

    Attributes:
        trees: how many.
        depth: levels of questions.
        rate: share of each tree's correction that is taken.
        leaf: fewest pairs in a leaf.
        columns: share of the features looked at for each question.
    """

    trees: int
    depth: int
    rate: float
    leaf: int
    columns: float


# Small steps, large leaves and half of the pairs for each tree (Friedman 2002): a pair is three
# outcomes, 1, 0 and -1, of which most is noise.
_GROWTH = Growth(trees=60, depth=4, rate=0.05, leaf=80, columns=0.5)
_ROWS = 0.5

_SAMPLINGS = 3
"""Forests that are averaged: on unseen subjects one depends much on the pairs it happened to draw.
"""

_PENALTY = 2.7
"""Inverse strength of the penalty on weights, of features that vary by about 0.1."""

_SURELY = 0.99
"""No answer counts as surer to be right, or to be wrong."""


def fit_gap(
    features: Sequence[Sequence[float]] | NDArray[Any],
    cheap: Sequence[float] | NDArray[Any],
    premium: Sequence[float] | NDArray[Any],
    *,
    basis: str,
    in_domain: int | None = None,
    seed: int = 0,
) -> GapModel:
    """Fit a gap model; the same pairs and seed give the same model.

    Args:
        features: of each question, as in `Context.features`, without the constant or with it.
        cheap: quality of the cheap model's answer to each, 0 to 1.
        premium: quality of premium's, likewise.
        basis: what made the features; see `Contexts.space`.
        in_domain: how many of the pairs are of the domain it will be asked about; all of them
            when left out, as for an application's own.
        seed: of the sampling.

    Raises:
        ValueError: there are fewer than `LEAST_PAIRS`, or they are not pairs.
    """
    rows, low, high = _checked(features, cheap, premium)
    of_own = len(rows) if in_domain is None else in_domain
    if not 0 <= of_own <= len(rows):
        raise ValueError(f"in_domain must be from 0 to {len(rows)}, got {of_own}")
    gaps = high - low
    forests = [
        grow(rows[:, :SURFACE], gaps, _GROWTH, _SAMPLINGS * seed + at) for at in range(_SAMPLINGS)
    ]
    return GapModel(
        surface=_mean(forests),
        cheap=_fit_odds(rows[:, SURFACE:], low),
        premium=_fit_odds(rows[:, SURFACE:], high),
        mean=float(gaps.mean()),
        pairs=len(rows),
        in_domain=of_own,
        basis=basis,
        width=rows.shape[1],
    )


def grow(rows: NDArray[np.float32], values: Floats, growth: Growth, seed: int) -> Forest:
    """Fit a forest to values by stochastic gradient boosting on squared errors."""
    boosted = GradientBoostingRegressor(
        n_estimators=growth.trees,
        max_depth=growth.depth,
        learning_rate=growth.rate,
        min_samples_leaf=growth.leaf,
        max_features=growth.columns,
        subsample=_ROWS,
        random_state=seed,
    ).fit(rows, values)
    trees = [_complete(tree.tree_, growth.depth) for tree in boosted.estimators_[:, 0]]
    features, thresholds, leaves = (np.stack(part) for part in zip(*trees, strict=True))
    return Forest(features, thresholds, growth.rate * leaves, float(values.mean()))


def _mean(forests: Sequence[Forest]) -> Forest:
    """One forest that gives what these give on average."""
    return Forest(
        np.concatenate([forest.features for forest in forests]),
        np.concatenate([forest.thresholds for forest in forests]),
        np.concatenate([forest.leaves for forest in forests]) / len(forests),
        float(np.mean([forest.base for forest in forests])),
    )


def _fit_odds(rows: NDArray[np.float32], qualities: Floats) -> Odds:
    """Fit a logistic model to qualities: each answer is right with one weight, wrong with another.

    Without features there is only the mean quality.
    """
    right = np.clip(qualities, 1.0 - _SURELY, _SURELY)
    if not rows.shape[1]:
        share = right.mean()
        return Odds(np.empty(0), float(np.log(share / (1.0 - share))))
    regression = LogisticRegression(C=_PENALTY, max_iter=500).fit(
        np.concatenate([rows, rows]).astype(np.float64),
        np.repeat([1, 0], len(rows)),
        sample_weight=np.concatenate([right, 1.0 - right]),
    )
    return Odds(np.asarray(regression.coef_[0], np.float64), float(regression.intercept_[0]))


def _complete(tree: Any, depth: int) -> tuple[NDArray[np.int16], Floats, Floats]:
    """A tree's questions and leaves as `Forest` has them."""
    questions = 2**depth - 1
    nodes = np.zeros(2 * questions + 1, np.intp)
    features = np.zeros(questions, np.int16)
    thresholds = np.full(questions, np.inf)
    for place in range(questions):
        node = nodes[place]
        left, right = tree.children_left[node], tree.children_right[node]
        if left == right:  # A leaf: the branch goes on with it to the last level.
            nodes[[2 * place + 1, 2 * place + 2]] = node
            continue
        nodes[[2 * place + 1, 2 * place + 2]] = left, right
        features[place], thresholds[place] = tree.feature[node], tree.threshold[node]
    return features, thresholds, np.asarray(tree.value[nodes[questions:], 0, 0], np.float64)


def _checked(
    features: Sequence[Sequence[float]] | NDArray[Any],
    cheap: Sequence[float] | NDArray[Any],
    premium: Sequence[float] | NDArray[Any],
) -> tuple[NDArray[np.float32], Floats, Floats]:
    rows = np.asarray(features, np.float32)
    low, high = np.asarray(cheap, np.float64), np.asarray(premium, np.float64)
    if rows.ndim != 2 or low.shape != high.shape or low.shape != rows.shape[:1]:  # noqa: PLR2004 -- rows and columns
        raise ValueError(
            f"features {rows.shape}, cheap {low.shape} and premium {high.shape} are not of the "
            "same questions"
        )
    if len(rows) < LEAST_PAIRS:
        raise ValueError(f"{len(rows)} pairs: at least {LEAST_PAIRS} are needed")
    if (rows[:, -1] == 1.0).all():
        rows = rows[:, :-1]
    if rows.shape[1] < SURFACE:
        raise ValueError(f"at least {SURFACE} features are needed, got {rows.shape[1]}")
    qualities = np.concatenate([low, high])
    if not np.isfinite(rows).all() or not ((qualities >= 0.0) & (qualities <= 1.0)).all():
        raise ValueError("features must be finite, and qualities from 0 to 1")
    return rows, low, high
