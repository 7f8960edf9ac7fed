"""How well answers' lengths are predicted: as quantiles, from recorded answers of four sources.

Of each source, 500 answers train (six in ten where there are fewer than 600) and the others are
predicted; five times over, each time divided anew. On another split than the development split,
up to 500 answers of the development split train, and all of the other are predicted.
`truncation` is the share of answers longer than the predicted 99 % quantile, `reserve` its mean
over the mean answer, `mae_gain` how much lower the median's mean absolute error is than that of
the training answers' mean.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import thread_time_ns
from typing import Any

import numpy as np
import xgboost
from harness import Bar, Figure, command_line, show_figures, show_rows, versions, write_json
from length_data import Recorded, counter, recorded
from numpy.typing import NDArray

from tokenomics_shared.adapters.fitting_lengths import fit_lengths
from tokenomics_shared.orchestrator import complexity_of
from tokenomics_shared.planning import LengthSample
from tokenomics_shared.prediction import Quantiles, cap, predict_output_tokens
from tokenomics_shared.prediction.length_features import length_features
from tokenomics_shared.prediction.quantiles import QUANTILES
from tokenomics_shared.prediction.rule import RULE
from tokenomics_shared.types import Forecast

BARS = {
    "truncation_worst": Bar(0.015, 0.01),
    "reserve_worst": Bar(3.6, 2.5),
    "mae_gain_gsm8k": Bar(0.15, 0.20, at_least=True),
    "forecast_us": Bar(60, 30),
    "features_us": Bar(40, 25),
}

DEV = "dev"
TRAIN, SMALL, SHARE = 500, 600, 0.6
REPEATS = 5
T95 = 2.776
"""Student's t for a 95 % interval of five."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Part:
    """One division of a set.

    Attributes:
        train: answers to learn from.
        test: answers to predict, with `texts`, what was asked.
        ours: what was learned.
    """

    train: Sequence[LengthSample]
    test: Sequence[LengthSample]
    texts: Sequence[Recorded]
    ours: Quantiles

    @property
    def known(self) -> Floats:
        """Lengths to learn from."""
        return np.array([each.output_tokens for each in self.train], np.float64)

    @property
    def actual(self) -> Floats:
        """Lengths to be predicted."""
        return np.array([each.output_tokens for each in self.test], np.float64)


Method = Callable[[Part], Floats]
"""Predicts the three quantiles of each answer, a row an answer."""


def rule(part: Part) -> Floats:
    """The rule of thumb, as it predicts before anything is learned."""
    likely = [
        predict_output_tokens(complexity_of(each.question), each.input_tokens, each.question)
        for each in part.texts
    ]
    return np.outer(likely, RULE).astype(np.float64)


def mean(part: Part) -> Floats:
    """The mean of the training answers for every quantile."""
    return np.full((len(part.test), len(QUANTILES)), part.known.mean())


def constant(part: Part) -> Floats:
    """The training answers' own quantiles."""
    return np.tile(np.quantile(part.known, QUANTILES), (len(part.test), 1))


def raw(part: Part) -> Floats:
    """XGBoost's quantile regression as it comes, on our features."""
    rows = [np.array([each.features for each in side]) for side in (part.train, part.test)]
    found = []
    for quantile in QUANTILES:
        model = xgboost.XGBRegressor(
            objective="reg:quantileerror",
            quantile_alpha=quantile,
            n_estimators=120,
            max_depth=3,
            learning_rate=0.08,
            subsample=0.8,
            colsample_bytree=0.5,
            min_child_weight=5,
            n_jobs=1,
        )
        found.append(model.fit(rows[0], part.known).predict(rows[1]))
    return np.maximum.accumulate(np.array(found, np.float64).T, axis=1)


def ours(part: Part) -> Floats:
    """What the package predicts."""
    return np.array([part.ours(each.features) for each in part.test])


METHODS: Mapping[str, Method] = {
    "rule_of_thumb": rule,
    "constant_mean": mean,
    "constant_quantiles": constant,
    "raw_quantile_regression": raw,
    "ours": ours,
}

COLUMNS = (
    "mae",
    "mae_gain",
    "pinball50",
    "pinball90",
    "pinball99",
    "beyond50",
    "beyond90",
    "truncation",
    "reserve",
    "cap_truncation",
)


def measured(part: Part, predicted: Floats) -> dict[str, float]:
    """How good some quantiles are on one division."""
    actual = part.actual
    error = np.abs(actual - predicted[:, 0]).mean()
    constant_error = np.abs(actual - part.known.mean()).mean()
    limits = np.array([_limit(row) for row in predicted])
    lost = {
        f"pinball{round(100 * quantile)}": _pinball(actual, predicted[:, at], quantile)
        for at, quantile in enumerate(QUANTILES)
    }
    return {
        "mae": float(error),
        "mae_gain": float(1.0 - error / constant_error),
        **lost,
        "beyond50": float((actual > predicted[:, 0]).mean()),
        "beyond90": float((actual > predicted[:, 1]).mean()),
        "truncation": float((actual > predicted[:, 2]).mean()),
        "reserve": float(predicted[:, 2].mean() / actual.mean()),
        "cap_truncation": float((actual > limits).mean()),
    }


def main() -> None:
    """Measure, print, write."""
    arguments = command_line("How well answers' lengths are predicted.").parse_args()
    count, tokens = counter()
    sets = recorded(arguments.data, arguments.split, count)
    others = {} if arguments.split == DEV else recorded(arguments.train, DEV, count)
    parts = {
        name: [_divided(name, rows, others.get(name), seed=seed) for seed in range(REPEATS)]
        for name, rows in sets.items()
    }
    found = {
        name: {
            method: [measured(part, predict(part)) for part in divisions]
            for method, predict in METHODS.items()
        }
        for name, divisions in parts.items()
    }
    for name, by_method in found.items():
        rows = {
            method: [_mean(runs, column) for column in COLUMNS]
            for method, runs in by_method.items()
        }
        show_rows(f"{name}: {len(sets[name])} answers, mean of {REPEATS}", COLUMNS, rows)
    figures = _figures({name: by_method["ours"] for name, by_method in found.items()})
    figures |= _speed([part for divisions in parts.values() for part in divisions])
    baselines = _baselines(found)
    show_figures("Lengths", figures, BARS)
    made = {
        "n": {name: len(rows) for name, rows in sets.items()},
        "trained_on": {name: len(divisions[0].train) for name, divisions in parts.items()},
        "seeds": list(range(REPEATS)),
        "tokens": tokens,
        "versions": versions("numpy", "xgboost", "xgboost-cpu", "tiktoken"),
    }
    write_json(arguments, figures, baselines, made)


def _divided(
    name: str, rows: Sequence[Recorded], others: Sequence[Recorded] | None, *, seed: int
) -> Part:
    """Divide a set in two, or learn from others and predict all of it."""
    known = rows if others is None else others
    order = np.random.default_rng(seed).permutation(len(known)).tolist()
    many = TRAIN
    if others is None and len(rows) < SMALL:
        many = round(SHARE * len(rows))
    train = [known[at].sample(name, float(at)) for at in order[:many]]
    texts = rows if others is not None else [rows[at] for at in order[many:]]
    test = [each.sample(name, 0.0) for each in texts]
    return Part(train, test, texts, fit_lengths(train, seed=seed))


def _figures(found: Mapping[str, Sequence[Mapping[str, float]]]) -> dict[str, Figure]:
    by_set = {
        f"{column}_{name}": _figure(runs, column)
        for column in ("truncation", "reserve", "mae_gain", "cap_truncation")
        for name, runs in found.items()
    }

    def worst(column: str) -> Figure:
        return max((by_set[f"{column}_{name}"] for name in found), key=lambda each: each.value)

    return {
        "truncation_worst": worst("truncation"),
        "reserve_worst": worst("reserve"),
        "cap_truncation_worst": worst("cap_truncation"),
        **by_set,
    }


def _baselines(
    found: Mapping[str, Mapping[str, Sequence[Mapping[str, float]]]],
) -> dict[str, Figure]:
    return {
        f"{method}_{column}_{name}": _figure(runs, column)
        for name, by_method in found.items()
        for method, runs in by_method.items()
        for column in COLUMNS
        if method != "ours" or column.startswith(("pinball", "beyond"))
    }


def _speed(parts: Sequence[Part]) -> dict[str, Figure]:
    """CPU microseconds of one forecast and of its features, beside XGBoost's own predictions."""
    part = parts[0]
    booster = xgboost.XGBRegressor(
        objective="reg:quantileerror",
        quantile_alpha=np.array(QUANTILES),
        n_estimators=60,
        max_depth=2,
        n_jobs=1,
    )
    booster.fit(np.array([each.features for each in part.train]), part.known)
    rows = [each.features for each in part.test]
    arrays = [np.array([row], np.float32) for row in rows]
    texts = [each.question for each in part.texts]
    texts = [(text * 8)[:500] for text in texts]
    return {
        "forecast_us": _taken(part.ours, rows),
        "xgboost_forecast_us": _taken(booster.get_booster().inplace_predict, arrays),
        "features_us": _taken(
            partial(length_features, complexity="simple", input_tokens=100), texts
        ),
    }


def _taken(act: Callable[[Any], object], over: Sequence[Any]) -> Figure:
    taken = []
    for one in [*over, *over, *over]:
        start = thread_time_ns()
        act(one)
        taken.append((thread_time_ns() - start) / 1e3)
    return Figure(float(np.median(taken)), others={"p99": float(np.quantile(taken, 0.99))})


def _limit(quantiles: Floats) -> float:
    p50, p90, p99 = np.ceil(quantiles).astype(int).tolist()
    return float(cap(Forecast(p50, p90, p99, trained=True), None) or 0)


def _pinball(actual: Floats, predicted: Floats, quantile: float) -> float:
    missed = actual - predicted
    return float(np.maximum(quantile * missed, (quantile - 1.0) * missed).mean())


def _mean(runs: Sequence[Mapping[str, float]], column: str) -> float:
    return float(np.mean([run[column] for run in runs]))


def _figure(runs: Sequence[Mapping[str, float]], column: str) -> Figure:
    values = [run[column] for run in runs]
    middle, half = float(np.mean(values)), T95 * float(np.std(values, ddof=1)) / REPEATS**0.5
    return Figure(middle, (middle - half, middle + half), {"highest": max(values)})


if __name__ == "__main__":
    main()
