"""Fitting the lengths of a model's answers: calibration, and whether it is worth keeping."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from tokenomics_shared.adapters.boosting_lengths import FOLDS, Data, Floats, boosted
from tokenomics_shared.errors import StoreError
from tokenomics_shared.planning import LengthSample, LengthStore
from tokenomics_shared.prediction.conformal import factor
from tokenomics_shared.prediction.length_features import WIDTH
from tokenomics_shared.prediction.quantiles import QUANTILES, Quantiles
from tokenomics_shared.prediction.refit import FEWEST, LengthsRefit, by_rule, loss

_SHIFTS = (0.0, 0.5, 1.0)
"""Of the mean length, what may be added to a quantile before it is scaled."""

_COMPARED = 50
"""Answers that a trained model has not seen, from which it can be compared with a new one."""


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
        left = boosted(data[folds != fold], seed)
        for at in np.nonzero(folds == fold)[0].tolist():
            raw[at] = left(samples[at].features)
    tokens = np.exp(data.logs)
    # An answer that was cut before its median tells nothing of how long answers get.
    telling = ~(data.censored & (tokens < raw[:, 0]))
    known = _Known(raw, tokens, data.censored)
    scales = [_scales(known, telling & (folds != fold)) for fold in range(FOLDS)]
    left_out = [
        _ordered([scale(value) for scale, value in zip(scales[fold], row, strict=True)])
        for fold, row in zip(folds.tolist(), raw.tolist(), strict=True)
    ]
    fitted = boosted(data, seed)
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
