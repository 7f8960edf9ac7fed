"""The router alone, on recorded outcomes of two models: trained here, tested on what it never saw.

On the development split, 5-fold cross-validation, and folds of whole subjects for unseen ones. On
any other split the model is trained on the development split and tested as it is, so that both
sorts of figures are of the same frozen model; how it does with labels of the split's own subjects
is a figure of its own.

The package's projection of embeddings was made of the development split's questions, of their
texts alone: there, unseen subjects are unseen in their outcomes. With a projection made of other
prompts, or a random one, their APGR is .02 to .05 lower.
"""

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from harness import Figure
from numpy.typing import NDArray
from routing_data import TODAY, Questions, gsm8k, mmlu, reading
from routing_metrics import Curves, Floats, Outcomes, calibration, curves, figure, readings

try:
    from sklearn.model_selection import GroupKFold, KFold
except ImportError as error:
    raise SystemExit("Training needs: pip install scikit-learn") from error

from tokenomics_shared.adapters.fitting_gap import fit_gap
from tokenomics_shared.orchestrator import complexity_of

COLUMNS = ("APGR", "CPT50", "CPT80", "calls at 95 %", "cost at 95 %")

PUBLISHED: Mapping[str, Mapping[str, tuple[float, float, float]]] = {
    "MMLU": {
        "RouteLLM: similarity ranking + augmentation": (0.603, 0.354, 0.716),
        "RouteLLM: causal LLM + augmentation": (0.600, 0.355, 0.703),
        "RouteLLM: matrix factorisation + augmentation": (0.597, 0.355, 0.714),
        "RouteLLM: BERT + augmentation": (0.572, 0.413, 0.722),
    },
    "GSM8K": {
        "RouteLLM: causal LLM + augmentation": (0.622, 0.336, 0.630),
        "RouteLLM: similarity ranking + augmentation": (0.568, 0.412, 0.722),
        "RouteLLM: matrix factorisation + augmentation": (0.565, 0.388, 0.726),
        "RouteLLM: BERT + augmentation": (0.531, 0.448, 0.791),
    },
}
"""APGR, CPT50 and CPT80 of RouteLLM (arXiv 2406.18665), on all questions of the task."""

_CONFIRMED = ("MMLU", "RouteLLM: similarity ranking + augmentation")
"""The row whose APGR was read in the paper; the others are derived from its cost ratios, or
recalled.
"""

FOLDS = 5
SEED = 0

_RANDOM = 20
_LEVELS = ("simple", "medium", "complex")
_NEIGHBOURS, _NEARNESS = 64, 0.07

Fold = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Rows to train on and rows to test."""

Rows = dict[str, tuple[float, ...]]
"""Readings by method, in the order of COLUMNS."""


@dataclass(frozen=True, slots=True)
class Offline:
    """What was measured.

    Attributes:
        figures: by name.
        baselines: by name.
        tables: readings by title.
        made: what else is worth keeping.
    """

    figures: Mapping[str, Figure]
    baselines: Mapping[str, Figure]
    tables: Mapping[str, Rows]
    made: Mapping[str, object]


@dataclass(frozen=True, slots=True, eq=False)
class Predicted:
    """Gaps of questions that the models had not seen.

    Attributes:
        gap: by the package's model.
        surface: by its half that needs no embedding.
        near: the mean gap of the nearest questions, for comparison.
    """

    gap: Floats
    surface: Floats
    near: Floats


def router(arguments: Namespace) -> Offline:
    """Measure the router on MMLU and, for information, on GSM8K."""
    train = mmlu(arguments.train, "dev")
    if arguments.split == "dev":
        tested, seen, unseen, refitted = _cross_validated(mmlu(arguments.data, "dev"))
    else:
        tested, seen, unseen, refitted = _frozen(train, mmlu(arguments.data, arguments.split))
    outcomes = tested.outcomes()
    figures, baselines = _figures(outcomes, seen, unseen)
    if refitted is not None:
        figures |= {
            "mmlu_refitted_apgr": figure(refitted.gap, outcomes, Curves.apgr),
            "mmlu_refitted_cost95": figure(refitted.gap / outcomes.extra, outcomes, _cost95),
        }
    tables = {
        "MMLU": _table(tested, outcomes, seen) | _published("MMLU"),
        "MMLU, unseen subjects": _table(tested, outcomes, unseen),
        **_gsm8k(arguments),
    }
    today = tested.outcomes(TODAY)
    made = {
        "questions": len(tested.texts),
        "subjects": len(set(tested.groups.tolist())),
        "basis": reading()[1],
        "projection": "made of the development split's texts, unseen subjects included",
        "tokens": "estimated by the package: 4 characters each; an answer of MMLU is 1",
        "mmlu_cost95_at_todays_prices": _at_95(seen.gap / today.extra, today),
        "cheapest_first_cost95_at_todays_prices": _at_95(-today.extra, today),
        "unseen_cost95_at_todays_prices": _at_95(unseen.gap / today.extra, today),
    }
    return Offline(figures, baselines, tables, made)


def predict(train: Questions, tested: Questions, folds: list[Fold], *, own: bool) -> Predicted:
    """Gaps of the tested questions by models of the training questions.

    Args:
        train: questions to train on.
        tested: questions to predict.
        folds: rows of both.
        own: the training questions are of the tested ones' own domain.
    """
    plain, surface, near = (np.zeros(len(tested.texts)) for _ in range(3))
    models = []
    for rows, asked in folds:
        model = fit_gap(
            train.features[rows],
            train.cheap[rows],
            train.premium[rows],
            basis=reading()[1],
            in_domain=None if own else 0,
            seed=SEED,
        )
        models.append(model)
        plain[asked] = model.plain(tested.features[asked])
        surface[asked] = model.surface(tested.features[asked])
        gaps = (train.premium - train.cheap)[rows]
        near[asked] = _nearest(train.vectors[rows], gaps, tested.vectors[asked])
    # One model draws all its gaps to one mean, which changes no order; nor may those of folds.
    mean = float(np.mean([model.mean for model in models]))
    trust = models[0].trust
    return Predicted(mean + trust * (plain - mean), mean + trust * (surface - mean), near)


def _cross_validated(dev: Questions) -> tuple[Questions, Predicted, Predicted, None]:
    everything = np.arange(len(dev.texts))
    mixed = KFold(FOLDS, shuffle=True, random_state=SEED).split(everything)
    apart = GroupKFold(FOLDS).split(everything, groups=dev.groups)
    seen = predict(dev, dev, list(mixed), own=True)
    return dev, seen, predict(dev, dev, list(apart), own=False), None


def _frozen(
    train: Questions, tested: Questions
) -> tuple[Questions, Predicted, Predicted, Predicted]:
    every = [(np.arange(len(train.texts)), np.arange(len(tested.texts)))]
    frozen = predict(train, tested, every, own=False)
    both = _together(train, tested)
    offset = len(train.texts)
    folds = [
        (np.concatenate([np.arange(offset), offset + rows]), offset + asked)
        for rows, asked in KFold(FOLDS, shuffle=True, random_state=SEED).split(tested.texts)
    ]
    found = predict(both, both, folds, own=True)
    refitted = Predicted(found.gap[offset:], found.surface[offset:], found.near[offset:])
    return tested, frozen, frozen, refitted


def _together(first: Questions, second: Questions) -> Questions:
    return Questions(
        [*first.texts, *second.texts],
        np.concatenate([first.groups, second.groups]),
        np.concatenate([first.cheap, second.cheap]),
        np.concatenate([first.premium, second.premium]),
        (
            np.concatenate([first.written[0], second.written[0]]),
            np.concatenate([first.written[1], second.written[1]]),
        ),
    )


def _figures(
    outcomes: Outcomes, seen: Predicted, unseen: Predicted
) -> tuple[dict[str, Figure], dict[str, Figure]]:
    extra = outcomes.extra
    figures = {
        "mmlu_cv_apgr": figure(seen.gap, outcomes, Curves.apgr),
        "mmlu_cv_cost95": figure(seen.gap / extra, outcomes, _cost95),
        "mmlu_unseen_apgr": figure(unseen.gap, outcomes, Curves.apgr),
        "mmlu_unseen_cost95": figure(unseen.gap / extra, outcomes, _cost95),
        "mmlu_cv_calibration": Figure(calibration(seen.gap, outcomes)),
        "mmlu_unseen_calibration": Figure(calibration(unseen.gap, outcomes)),
    }
    baselines = {
        "cheapest_first_cost95": figure(-extra, outcomes, _cost95),
        "nearest_neighbours_apgr": figure(seen.near, outcomes, Curves.apgr),
        "nearest_neighbours_unseen_apgr": figure(unseen.near, outcomes, Curves.apgr),
        "always_cheap_quality": Figure(float(outcomes.cheap.mean() / outcomes.premium.mean())),
        "always_cheap_cost": Figure(
            float(outcomes.cheap_cost.sum() / outcomes.premium_cost.sum())
        ),
        "always_premium_quality": Figure(1.0),
        "always_premium_cost": Figure(1.0),
    }
    return figures, baselines


def _table(questions: Questions, outcomes: Outcomes, predicted: Predicted) -> Rows:
    """Our model beside everything simpler; where a gap is predicted, cost ranks by its price."""
    extra = outcomes.extra
    levels = [complexity_of(text) for text in questions.texts]
    draw = np.random.default_rng(SEED)
    size = len(questions.texts)
    rows: Rows = {}
    shuffled = np.array([readings(draw.random(size), outcomes) for _ in range(_RANDOM)])
    rows["random, mean of 20"] = tuple(shuffled.mean(axis=0).tolist())
    # Of questions that look as hard as each other, any may come first.
    points = np.array([_LEVELS.index(level) for level in levels]) + draw.random(size)
    rows["seeds' rule: complexity"] = readings(points, outcomes)
    rows["prompt length"] = readings(questions.tokens, outcomes)
    rows["cheapest first"] = readings(-extra, outcomes)
    rows["64 nearest neighbours"] = readings(predicted.near, outcomes, predicted.near / extra)
    rows["ours without an embedder"] = readings(
        predicted.surface, outcomes, predicted.surface / extra
    )
    rows["ours, ranked by gap alone"] = readings(predicted.gap, outcomes)
    rows["ours"] = readings(predicted.gap, outcomes, predicted.gap / extra)
    rows["oracle"] = readings(outcomes.gap - 1e-9 * extra, outcomes)
    return rows


def _gsm8k(arguments: Namespace) -> dict[str, Rows]:
    """The same on GSM8K, where question text alone tells little."""
    tables = {}
    for labels, title in (("correct", "GSM8K, as recorded"), ("regraded", "GSM8K, regraded")):
        tested = gsm8k(arguments.data, arguments.split, labels)
        everything = np.arange(len(tested.texts))
        if arguments.split == "dev":
            folds = list(KFold(FOLDS, shuffle=True, random_state=SEED).split(everything))
            predicted = predict(tested, tested, folds, own=True)
        else:
            train = gsm8k(arguments.train, "dev", labels)
            every = [(np.arange(len(train.texts)), everything)]
            predicted = predict(train, tested, every, own=True)
        tables[title] = _table(tested, tested.outcomes(), predicted)
    tables["GSM8K, as recorded"] |= _published("GSM8K")
    return tables


def _nearest(stored: NDArray[np.float32], gaps: Floats, asked: NDArray[np.float32]) -> Floats:
    nearness = asked @ stored.T
    near = np.argpartition(-nearness, _NEIGHBOURS, axis=1)[:, :_NEIGHBOURS]
    its = np.take_along_axis(nearness, near, 1).astype(np.float64)
    weights = np.exp((its - its.max(axis=1, keepdims=True)) / _NEARNESS)
    return np.asarray((weights * gaps[near]).sum(axis=1) / weights.sum(axis=1))


def _published(task: str) -> Rows:
    return {
        f"{name} ({'published' if (task, name) == _CONFIRMED else 'published, derived'})": known
        for name, known in PUBLISHED[task].items()
    }


def _cost95(found: Curves) -> Floats:
    return found.cost_at(0.95)


def _at_95(order: Floats, outcomes: Outcomes) -> float:
    return float(_cost95(curves(order, outcomes))[0])
