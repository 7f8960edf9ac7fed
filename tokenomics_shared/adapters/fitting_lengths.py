"""Fitting the lengths of a model's answers: boosted quantile regression, then calibration."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

import numpy as np
import xgboost
from numpy.typing import NDArray

from tokenomics_shared.errors import StoreError
from tokenomics_shared.planning import LengthSample, LengthStore
from tokenomics_shared.prediction.conformal import factor
from tokenomics_shared.prediction.length_features import WIDTH
from tokenomics_shared.prediction.quantiles import QUANTILES, Line, Quantiles, Step, Tree
from tokenomics_shared.prediction.refit import FEWEST, LengthsRefit, by_rule, loss

FOLDS = 5

Floats = NDArray[np.float64]

_RIDGES = (100.0, 300.0, 1000.0)
"""Strengths of the ridge, of which the best on answers left out is taken."""

_SHIFTS = (0.0, 0.5, 1.0)
"""Of the mean length, what may be added to a quantile before it is scaled."""

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
_COMPARED = 50
"""Answers that a trained model has not seen, from which it can be compared with a new one."""


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


def train_lengths(
    store: LengthStore,
    models: Sequence[str] | None = None,
    on_step: Callable[[], object] | None = None,
) -> list[LengthsRefit]:
    """Refit the lengths of each model whose samples are stored, and store what is better.

    Args:
        store: the samples, and what was trained before.
        models: names; None for all.
        on_step: called after each model.
    """
    found = []
    for model in sorted(store.counts()) if models is None else models:
        refitted = refit_lengths(model, list(store.samples(model)), store.model(model))
        if refitted.trained is not None:
            store.put_model(model, refitted.trained)
        found.append(refitted)
        if on_step is not None:
            on_step()
    store.flush()
    return found


def refit_lengths(
    model: str, samples: Sequence[LengthSample], before: str | None = None, *, seed: int = 0
) -> LengthsRefit:
    """Fit a model's lengths, and find out whether that is better than what there is.

    Better is a lower pinball loss on answers left out of the fit. Against what was trained
    before, only answers count that came later, as it has learned the others by heart.

    Args:
        model: its name.
        samples: oldest first; those of features of another version are left out.
        before: what was trained before, as text; unreadable ones count as none.
        seed: of the folds and of what each tree sees.
    """
    used = [each for each in samples if len(each.features) == WIDTH]
    many = len(used)
    if many < FEWEST:
        return LengthsRefit(model, many, reason=f"{many} answers are too few, {FEWEST} are needed")
    previous = _read(before)
    fresh = range(many)
    if previous is not None:
        fresh = range(sum(each.at <= previous.until for each in used), many)
        if len(fresh) < _COMPARED:
            reason = f"{len(fresh)} answers since it was last trained, {_COMPARED} are needed"
            return LengthsRefit(model, many, reason=reason)
    fitted, left_out = _fit(used, seed)
    compared = [used[at] for at in fresh]
    old = [by_rule(each) if previous is None else previous(each.features) for each in compared]
    losses = loss(compared, old), loss(compared, [left_out[at] for at in fresh])
    if losses[1] >= losses[0]:
        return LengthsRefit(model, many, *losses, reason="no better than what there is")
    return LengthsRefit(model, many, *losses, trained=fitted.to_json())


def fit_lengths(samples: Sequence[LengthSample], *, seed: int = 0) -> Quantiles:
    """Fit the lengths of one model, whether or not that is better than anything.

    Raises:
        ValueError: there are too few samples.
    """
    if len(samples) < FEWEST:
        raise ValueError(f"{len(samples)} answers are too few, {FEWEST} are needed")
    return _fit(samples, seed)[0]


def _read(text: str | None) -> Quantiles | None:
    try:
        return None if text is None else Quantiles.from_json(text)
    except StoreError:
        return None


def _fit(samples: Sequence[LengthSample], seed: int) -> tuple[Quantiles, list[tuple[float, ...]]]:
    """Calibrated quantiles, and those of each answer by a fit that had not seen it."""
    data = Data.of(samples)
    folds = np.random.default_rng(seed).permutation(len(samples)) % FOLDS
    raw = np.zeros((len(samples), len(QUANTILES)))
    for fold in range(FOLDS):
        boosted = _boosted(data[folds != fold], seed)
        for at in np.nonzero(folds == fold)[0].tolist():
            raw[at] = boosted(samples[at].features)
    tokens = np.exp(data.logs)
    # An answer that was cut before its median tells nothing of how long answers get.
    telling = ~(data.censored & (tokens < raw[:, 0]))
    known = _Known(raw, tokens, data.censored)
    scales = [_scales(known, telling & (folds != fold)) for fold in range(FOLDS)]
    left_out = [
        _ordered([scale(value) for scale, value in zip(scales[fold], row, strict=True)])
        for fold, row in zip(folds.tolist(), raw.tolist(), strict=True)
    ]
    fitted = _boosted(data, seed)
    steps = tuple(
        replace(step, factor=scale.factor, shift=scale.shift)
        for step, scale in zip(fitted.steps, _scales(known, telling), strict=True)
    )
    return replace(fitted, steps=steps, until=samples[-1].at), left_out


@dataclass(frozen=True, slots=True)
class _Known:
    """Predictions before calibration, beside what came out."""

    raw: Floats
    tokens: Floats
    censored: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Scale:
    """How a predicted quantile is calibrated."""

    factor: float
    shift: float = 0.0

    def __call__(self, tokens: float) -> float:
        return self.factor * (tokens + self.shift)


def _scales(known: _Known, among: NDArray[np.bool_]) -> list[_Scale]:
    """For each quantile, the calibration by which it has the least pinball loss."""
    cut, tokens = known.censored[among].tolist(), known.tokens[among]
    found = []
    for at, quantile in enumerate(QUANTILES):
        raw, tried = known.raw[among, at], []
        for share in _SHIFTS if at else (0.0,):
            shift = float(share * tokens.mean())
            scale = _Scale(factor((tokens / (raw + shift)).tolist(), quantile, cut), shift)
            missed = tokens - scale.factor * (raw + shift)
            lost = np.maximum(quantile * missed, (quantile - 1.0) * missed).mean()
            tried.append((float(lost), share, scale))
        found.append(min(tried, key=lambda each: each[:2])[2])
    return found


def _ordered(quantiles: Sequence[float]) -> tuple[float, ...]:
    return tuple(accumulate((max(1.0, each) for each in quantiles), max))


def _boosted(data: Data, seed: int) -> Quantiles:
    """Quantiles before calibration.

    A censored answer is at least as long as what was seen of it, and where a fit without such
    answers expects more, as long as that.
    """
    if data.censored.any() and not data.censored.all():
        first = _boosted(data[~data.censored], seed)
        expected = np.log([first(row)[0] for row in data.rows.tolist()])
        logs = np.where(data.censored, np.maximum(data.logs, expected), data.logs)
        data = Data(data.rows, logs, np.zeros_like(data.censored))
    line = _line(data)
    level = np.array([line(row) for row in data.rows.tolist()])
    steps = []
    for quantile, rounds in zip(QUANTILES, _ROUNDS, strict=False):
        base = float(np.quantile(data.logs - level, quantile))
        trees, level = _boost(data, level + base, quantile, (rounds, seed))
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
    ridge = min(_RIDGES, key=lambda strength: _missed(away, away_from, strength))
    weights = _ridge(away, away_from, ridge)
    return Line(tuple(weights.tolist()), tuple(means.tolist()), tuple(scales.tolist()), middle)


def _missed(rows: Floats, values: Floats, strength: float) -> float:
    """By how much ridge regression misses values left out, in FOLDS interleaved parts."""
    parts = np.arange(len(values)) % FOLDS
    missed = 0.0
    for part in range(FOLDS):
        inside = parts != part
        weights = _ridge(rows[inside], values[inside], strength)
        missed += float(np.abs(values[~inside] - rows[~inside] @ weights).sum())
    return missed


def _ridge(rows: Floats, values: Floats, strength: float) -> Floats:
    squares = rows.T @ rows + strength * np.eye(rows.shape[1])
    return np.asarray(np.linalg.solve(squares, rows.T @ values), np.float64)


def _boost(
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
