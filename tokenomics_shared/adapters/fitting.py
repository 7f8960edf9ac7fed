"""Fitting the verifier to an application's own labels."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tokenomics_shared.memory.tally import BINS, bin_of
from tokenomics_shared.memory.tolerance import Evidence
from tokenomics_shared.memory.verifier import Term, Verifier
from tokenomics_shared.types import Label

LEAST_LABELS = 400
"""Labels, and a tenth as many wrong ones, below which the shipped weights are better."""

_TRUST = 200.0
"""Labels that the shipped weights count for."""

_FOLDS = 4
_STEPS = 100
_CONVERGED = 1e-6

Floats = NDArray[np.float64]


def fit(shipped: Verifier, labels: Sequence[Label], version: str) -> Verifier:
    """Fit the weights, drawn towards the shipped ones, and the evidence a bound starts from.

    Logistic regression by Newton's method with a ridge around the shipped weights (Hoerl and
    Kennard 1970, with a prior mean), each weight measured in standard deviations of its term. The
    evidence is of folds that the weights had not seen.

    Args:
        shipped: where to start.
        labels: the application's own, of the features that the shipped verifier takes.
        version: of the new weights.

    Raises:
        ValueError: there are too few labels, or too few wrong ones among them.
    """
    right = np.array([label.right for label in labels], np.float64)
    wrong = int(len(right) - right.sum())
    if len(labels) < LEAST_LABELS or wrong < LEAST_LABELS // 10:
        raise ValueError(
            f"{len(labels)} labels, {wrong} of them wrong: at least {LEAST_LABELS} and "
            f"{LEAST_LABELS // 10} are needed"
        )
    values = _terms(shipped.terms, labels)
    start = np.array([shipped.intercept, *(term.weight for term in shipped.terms)])
    bins = np.zeros((BINS, 2))
    fold = np.arange(len(labels)) % _FOLDS
    for left_out in range(_FOLDS):
        weights = _newton(start, values[fold != left_out], right[fold != left_out])
        unseen = _verifier(shipped, weights)
        for at in np.nonzero(fold == left_out)[0].tolist():
            place = bin_of(unseen.likelihood(labels[at].features))
            if place is not None:
                bins[place] += 1.0, 1.0 - right[at]
    evidence = Evidence(version, tuple((float(n), float(bad)) for n, bad in bins))
    return replace(_verifier(shipped, _newton(start, values, right)), evidence=evidence)


def _newton(start: Floats, values: Floats, right: Floats) -> Floats:
    design = np.column_stack([np.ones(len(values)), values])
    ridge = _TRUST / 4.0 * np.append(1.0, values.var(axis=0) + 1e-9)

    def loss(weights: Floats) -> float:
        odds = design @ weights
        misfit = np.logaddexp(0.0, odds) - right * odds
        return float(misfit.sum() + 0.5 * (ridge * (weights - start) ** 2).sum())

    weights, least = start.copy(), loss(start)
    for _ in range(_STEPS):
        chance = 1.0 / (1.0 + np.exp(-np.clip(design @ weights, -30.0, 30.0)))
        slope = design.T @ (chance - right) + ridge * (weights - start)
        curve = (design * (chance * (1.0 - chance))[:, None]).T @ design + np.diag(ridge)
        step = np.linalg.solve(curve, slope)
        # Far from the minimum a whole step may overshoot it.
        while loss(weights - step) > least and float(np.abs(step).max()) > _CONVERGED:
            step /= 2.0
        weights = weights - step
        least = loss(weights)
        if float(np.abs(step).max()) <= _CONVERGED:
            break
    return weights


def _verifier(shipped: Verifier, weights: Floats) -> Verifier:
    terms = tuple(
        replace(term, weight=float(weight))
        for term, weight in zip(shipped.terms, weights[1:], strict=True)
    )
    return replace(shipped, intercept=float(weights[0]), terms=terms)


def _terms(terms: Sequence[Term], labels: Sequence[Label]) -> Floats:
    features = np.array([label.features for label in labels])
    columns = [
        features[:, term.first] * (1.0 if term.second is None else features[:, term.second])
        for term in terms
    ]
    return np.stack(columns, axis=1)
