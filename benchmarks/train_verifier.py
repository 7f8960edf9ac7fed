"""Train the verifier's weights, and the evidence a new bound starts from, on a recorded stream.

The stream is played to the cache several times, in other orders and at other thresholds, and
every election is written down with its truth, served or not. The weights are fitted on all of
them; the evidence comes from weights that were fitted without the cluster asked for.
"""

import json
from argparse import ArgumentParser
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

try:
    import numpy as np
    import sklearn
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler
except ImportError as error:
    raise SystemExit("Training needs: pip install numpy scikit-learn") from error
from harness import DATA
from memory_contenders import UNKNOWN_WRONG, Election, Guard, Links, Voted, Words, no_guard, play
from memory_rules import rules
from memory_stream import Stream, digest, load
from numpy.typing import NDArray

from tokenomics_shared.memory.tally import BINS, bin_of
from tokenomics_shared.memory.tolerance import Evidence
from tokenomics_shared.memory.verifier import FORMAT, INPUTS, SHIPPED, Term, Verifier
from tokenomics_shared.memory.vote import FEATURES

EMBEDDER = "all-MiniLM-L6-v2"

RUNS = ((101, None), (102, None), (103, 0.86), (104, 0.86), (105, 0.93), (106, 0.93))
"""Orders of arrival, and the likelihood at which answers are served; None: a guess's."""

_REFIT = 103
"""The run before which weights are fitted on those that went before."""

NOTHING = Evidence("none", ((0.0, 0.0),) * BINS)

_SHRINKAGE = 0.05
"""Inverse strength of the penalty on standardised weights."""

_FOLDS = 4

_CAUTION = 1.4
"""Wrong answers are taken to be this many times as frequent as on the topics trained on: on other
topics of the same sources a fixed cosine errs 1.2 to 1.45 times as often.
"""

_YOUNG = 1500
"""The evidence is of memories that hold no more prompts: a new bound meets a new memory, in which
the right answer is often not there yet and more of what is elected is doubtful.
"""

_SQUARED = FEATURES[:7]
_MULTIPLIED = ("cosine", "support")


Row = tuple[Election, bool | None]
"""An election and its truth; None when nobody knows."""

_TERMS = [
    *((name,) for name in INPUTS),
    *((name, name) for name in _SQUARED),
    *((factor, name) for factor in _MULTIPLIED for name in INPUTS if name not in _MULTIPLIED),
    _MULTIPLIED,
]
"""What is weighed: each feature, some squares, and the products with two of them."""


@dataclass(frozen=True, slots=True)
class Model:
    """Fitted weights.

    Attributes:
        intercept: log-odds when every term is zero.
        weights: in the order of _TERMS.
    """

    intercept: float
    weights: Sequence[float]

    def terms(self) -> tuple[Term, ...]:
        """The same as the verifier has them."""
        return tuple(
            Term(INPUTS.index(of[0]), INPUTS.index(of[1]) if of[1:] else None, weight)
            for of, weight in zip(_TERMS, self.weights, strict=True)
        )

    def verifier(self, evidence: Evidence, trained_on: str) -> Verifier:
        """A verifier with these weights."""
        return Verifier(self.intercept, self.terms(), EMBEDDER, evidence, trained_on)


def elections(stream: Stream, guard: Guard = no_guard) -> list[Row]:
    """Play the stream and write down every election with its truth."""
    rows: list[Row] = []
    verifier = _guess()
    for seed, threshold in RUNS:
        if threshold is not None and seed == _REFIT:
            verifier = fit(stream, rows).verifier(NOTHING, "")
        voted = Voted(
            Words(stream), verifier_for(verifier), None, Links(stream), guard, threshold or 0.5
        )
        play(stream, voted, stream.order(seed))
        rows += [(e, stream.right(e.asked, e.entry)) for e in voted.elections]
    return rows


def verifier_for(verifier: Verifier) -> Callable[[int], Verifier]:
    """The same verifier for every prompt."""
    return lambda _: verifier


def fit(stream: Stream, rows: Sequence[Row]) -> Model:
    """Fit a logistic regression, with each source weighing by the root of its size."""
    values = _values(rows)
    right = np.array([truth is True for _, truth in rows])
    sources = np.array([stream.prompts[election.asked].source for election, _ in rows])
    weights = np.array([UNKNOWN_WRONG if truth is None else 1.0 for _, truth in rows])
    for source in np.unique(sources):
        weights[sources == source] /= np.sqrt(np.count_nonzero(sources == source))
    scaler = StandardScaler().fit(values)
    regression = LogisticRegression(C=_SHRINKAGE, max_iter=3000)
    regression.fit(scaler.transform(values), right, sample_weight=weights / weights.mean())
    coefficients = regression.coef_[0] / scaler.scale_
    intercept = regression.intercept_[0] - coefficients @ scaler.mean_
    return Model(float(intercept), [float(weight) for weight in coefficients])


def train(stream: Stream, rows: Sequence[Row], trained_on: str, version: str) -> Verifier:
    """Fit on all rows; take the evidence from models that never saw the cluster asked for."""
    folds = [fold(stream, row[0].asked, _FOLDS) for row in rows]
    bins = np.zeros((BINS, 2))
    for left_out in range(_FOLDS):
        inside = [row for row, its in zip(rows, folds, strict=True) if its == left_out]
        outside = [row for row, its in zip(rows, folds, strict=True) if its != left_out]
        unseen = fit(stream, outside).verifier(NOTHING, "")
        for election, truth in inside:
            place = bin_of(unseen.likelihood(election.features))
            if place is not None and election.eligible and election.stored <= _YOUNG:
                bins[place] += 1.0, UNKNOWN_WRONG if truth is None else not truth
    bins[:, 1] = np.minimum(bins[:, 0], bins[:, 1] * _CAUTION)
    evidence = Evidence(version, _smooth(bins))
    return fit(stream, rows).verifier(evidence, trained_on)


def cross_fit(stream: Stream, guard: Guard) -> tuple[Callable[[int], Verifier], Evidence]:
    """Weights for each prompt, and evidence, from the other half of the clusters."""
    rows = elections(stream, guard)
    halves = [
        train(stream, [row for row in rows if fold(stream, row[0].asked, 2) != half], "", "")
        for half in range(2)
    ]
    both = zip(*(verifier.evidence.bins for verifier in halves), strict=True)
    evidence = Evidence("cross-fitted", tuple((a + c, b + d) for (a, b), (c, d) in both))
    return lambda asked: halves[fold(stream, asked, 2)], evidence


def fold(stream: Stream, asked: int, folds: int) -> int:
    """A prompt's fold, by its cluster."""
    cluster = stream.prompts[asked].cluster.encode("utf-8")
    return int.from_bytes(blake2b(cluster, digest_size=8).digest(), "big") % folds


def to_json(verifier: Verifier, made: Mapping[str, Any]) -> str:
    """Write the file that `Verifier.from_json` reads."""
    terms = [
        {"of": of, "weight": round(term.weight, 6)}
        for of, term in zip(_TERMS, verifier.terms, strict=True)
    ]
    evidence = [[round(labels, 2), round(wrong, 4)] for labels, wrong in verifier.evidence.bins]
    found = {
        "format": FORMAT,
        "version": verifier.evidence.version,
        "embedder": verifier.embedder,
        "features": INPUTS,
        "data": {"digest": verifier.digest, **made},
        "intercept": round(verifier.intercept, 6),
        "terms": terms,
        "evidence": evidence,
    }
    return json.dumps(found, indent=1) + "\n"


def main() -> None:
    """Train on the development split and write the weights into the package."""
    parser = ArgumentParser(description="Train the semantic cache's verifier.")
    parser.add_argument("--train", type=Path, default=DATA, help="folder to train on")
    parser.add_argument("--out", type=Path, default=SHIPPED, help="where the weights go")
    arguments = parser.parse_args()
    stream = load(arguments.train, "dev")
    trained_on = digest(arguments.train, "dev")
    rows = elections(stream, rules(stream))
    verifier = train(stream, rows, trained_on, f"{EMBEDDER}/{FORMAT}/{trained_on[:8]}")
    made = {"elections": len(rows), "runs": RUNS, "scikit-learn": sklearn.__version__}
    text = to_json(verifier, made)
    arguments.out.write_text(text, "utf-8")
    print(f"{len(rows)} elections, {len(verifier.terms)} terms: {arguments.out}")


def _guess() -> Verifier:
    """Believe the vote's support, evenly at 0.8: where the first runs' elections come from."""
    return Verifier(-16.0, (Term(INPUTS.index("support"), None, 20.0),), EMBEDDER, NOTHING, "")


def _values(rows: Sequence[Row]) -> NDArray[np.float64]:
    features = np.array([election.features for election, _ in rows])
    places = [[INPUTS.index(name) for name in of] for of in _TERMS]
    return np.stack([features[:, of].prod(axis=1) for of in places], axis=1)


def _smooth(bins: NDArray[np.float64]) -> tuple[tuple[float, float], ...]:
    """Give each bin the rate that a logistic curve over the bins gives it.

    A bin has a few hundred labels and often no wrong one, which is not to say there are none.
    """
    places = np.arange(BINS)[:, None]
    curve = LogisticRegression(C=1e6).fit(
        np.concatenate([places, places]),
        np.repeat([1, 0], BINS),
        sample_weight=np.concatenate([bins[:, 1], bins[:, 0] - bins[:, 1]]),
    )
    rates = curve.predict_proba(places)[:, 1]
    return tuple(
        (float(seen), float(seen * rate)) for (seen, _), rate in zip(bins, rates, strict=True)
    )


if __name__ == "__main__":
    main()
