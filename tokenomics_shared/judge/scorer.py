"""The scorer: how likely an answer is right, from what it shows.

Answers to calculations, to code, to choices are judged by weights of their own, since what speaks
for one says nothing of the other; the rest by weights fitted on all. Each are a logistic model
and, where there were enough labels, a few hundred small trees (gradient boosting, Friedman 2001)
over the same features; the mean of their log-odds is calibrated on answers that neither had seen
(Platt 1999). Weights are a readable file and are evaluated in plain Python, so judging needs no
optional dependency.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import exp, isfinite
from pathlib import Path
from typing import Any, Final, Literal, Self, get_args

from tokenomics_shared.errors import ConfigError
from tokenomics_shared.judge.answer_features import FEATURES, VERSION, answer_features
from tokenomics_shared.types import Prompt, Reply, Verdict

FORMAT: Final = 1
"""The layout of the file; another one is refused."""

SHIPPED: Final = Path(__file__).with_name("scorer.json")
"""The weights that come with the package."""

DEPTH: Final = 3
"""Questions that each tree asks."""

CLIP: Final = 4.0
"""Standard deviations from the mean beyond which the logistic model reads no more: an answer of a
kind that was not trained on must not decide by one number alone."""

Sort = Literal["any", "maths", "code", "choice"]
"""What is judged alike; `any` for whatever has no weights of its own."""

_SORTS: Final[tuple[Sort, ...]] = get_args(Sort)
_NODES: Final = 2**DEPTH - 1
_STEEPEST: Final = 30.0
_CODE, _CHOICE, _GIVEN = (FEATURES.index(name) for name in ("asks_code", "asks_choice", "given"))
_CALCULATES: Final = 2
"""Numbers given from which a question is taken for a calculation."""


@dataclass(frozen=True, slots=True)
class Linear:
    """A logistic model over standardised features.

    Attributes:
        intercept: log-odds of the mean answer.
        terms: place of a feature, its mean, its standard deviation, and log-odds for each of it.
    """

    intercept: float
    terms: tuple[tuple[int, float, float, float], ...]

    def odds(self, features: Sequence[float]) -> float:
        """Log-odds of being right."""
        total = self.intercept
        for place, mean, scale, weight in self.terms:
            away = (features[place] - mean) / scale
            total += weight * (CLIP if away > CLIP else max(away, -CLIP))
        return total


@dataclass(frozen=True, slots=True)
class Trees:
    """Boosted trees, each complete, node by node from the root, then its leaves.

    Attributes:
        intercept: log-odds before any tree.
        nodes: of each tree, the feature's place and the limit up to which one goes left.
        leaves: of each tree, what is added to the log-odds.
    """

    intercept: float
    nodes: tuple[tuple[tuple[int, float], ...], ...]
    leaves: tuple[tuple[float, ...], ...]

    def odds(self, features: Sequence[float]) -> float:
        """Log-odds of being right."""
        total = self.intercept
        for nodes, leaves in zip(self.nodes, self.leaves, strict=True):
            # DEPTH questions, written out: a loop takes twice as long.
            place, limit = nodes[0]
            at = 1 if features[place] <= limit else 2
            place, limit = nodes[at]
            at = 2 * at + (1 if features[place] <= limit else 2)
            place, limit = nodes[at]
            total += leaves[2 * at + (1 if features[place] <= limit else 2) - _NODES]
        return total


@dataclass(frozen=True, slots=True)
class Model:
    """What was fitted for one sort.

    Attributes:
        linear: the logistic model.
        trees: the boosted trees; None when there were too few labels for them.
        slope: of the calibration, on the mean log-odds.
        offset: of the calibration.
    """

    linear: Linear
    trees: Trees | None
    slope: float = 1.0
    offset: float = 0.0

    def odds(self, features: Sequence[float]) -> float:
        """Log-odds before calibration."""
        odds = self.linear.odds(features)
        return odds if self.trees is None else 0.5 * (odds + self.trees.odds(features))


@dataclass(frozen=True, slots=True)
class Weights:
    """What a scorer judges by.

    Attributes:
        models: by sort, `any` among them.
        version: changes whenever the weights do.
        data: what they were fitted on.
    """

    models: Mapping[Sort, Model]
    version: str
    data: Mapping[str, Any]

    def likelihood(self, features: Sequence[float]) -> float:
        """The calibrated chance that the answer is right, in (0, 1).

        Args:
            features: numbers named by FEATURES, in that order.
        """
        model = self.models.get(sort_of(features)) or self.models["any"]
        odds = model.offset + model.slope * model.odds(features)
        return 1.0 / (1.0 + exp(-max(-_STEEPEST, min(_STEEPEST, odds))))


def sort_of(features: Sequence[float]) -> Sort:
    """What an answer is judged as."""
    if features[_CODE]:
        return "code"
    if features[_CHOICE]:
        return "choice"
    return "maths" if features[_GIVEN] >= _CALCULATES else "any"


class Scorer:
    """Judges by the likelihood that the answer is right; never waits.

    Example:
        >>> scorer = Scorer.load()
        >>> scorer.likelihood("What is 2 + 3?", "2 + 3 = 6, so the answer is 6.") < 0.5
        True
    """

    blocking = False

    def __init__(self, weights: Weights, threshold: float | None = None) -> None:
        """Make a judge of fitted weights.

        Args:
            weights: what was fitted.
            threshold: likelihood from which an answer is accepted, 0 to 1; None to accept all and
                leave it to the decision rule, which reads the likelihood.

        Raises:
            ConfigError: the threshold is impossible.
        """
        if threshold is not None and not 0.0 <= threshold <= 1.0:
            raise ConfigError(f"the scorer's threshold must be from 0 to 1, got {threshold!r}")
        self.weights = weights
        self.threshold = threshold

    def judge(self, prompt: Prompt, reply: Reply) -> Verdict:
        """Score the answer together with its question."""
        features = answer_features(prompt.asked, reply.text)
        likelihood = self.weights.likelihood(features)
        accepted = self.threshold is None or likelihood >= self.threshold
        reason = "" if accepted else f"likelihood {likelihood:.2f} under {self.threshold:.2f}"
        return Verdict(accepted, likelihood, reason, likelihood, features=features)

    def likelihood(self, question: str, answer: str) -> float:
        """The chance that the answer is right, in (0, 1)."""
        return self.weights.likelihood(answer_features(question, answer))

    @classmethod
    def load(cls, path: Path = SHIPPED, threshold: float | None = None) -> Self:
        """Read weights from a file.

        Raises:
            ConfigError: the file can't be read or doesn't fit this version of the package.
        """
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"the scorer's weights can't be read from {path}") from error
        return cls.from_json(text, str(path), threshold)

    @classmethod
    def from_json(
        cls, text: str, origin: str = "the given text", threshold: float | None = None
    ) -> Self:
        """Read weights from JSON, as `to_json` writes it.

        Args:
            text: the JSON.
            origin: where it is from, for the error.
            threshold: as of the scorer.

        Raises:
            ConfigError: it is not JSON, or of another format, version or list of features.
        """
        try:
            found = json.loads(text)
            for key, wanted in _SIGNATURE.items():
                _expect(found, origin, key, wanted)
            weights = _weights(found)
        except ConfigError:
            raise
        except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
            raise ConfigError(f"no scorer's weights in {origin}: {error!r}") from error
        return cls(weights, threshold)

    def to_json(self) -> str:
        """The weights as text that `from_json` reads."""
        return json.dumps(
            {
                **_SIGNATURE,
                "version": self.weights.version,
                "data": dict(self.weights.data),
                "models": {sort: asdict(model) for sort, model in self.weights.models.items()},
            },
            separators=(",", ":"),
        )


_SIGNATURE: Final[Mapping[str, Any]] = {
    "format": FORMAT,
    "features_version": VERSION,
    "features": list(FEATURES),
}
"""What a file must agree with for its weights to mean what they say."""


def _expect(found: Mapping[str, Any], origin: str, key: str, wanted: object) -> None:
    if found.get(key) != wanted:
        raise ConfigError(
            f"the scorer in {origin} has {key} {found.get(key)!r}, this version needs {wanted!r}"
        )


def _weights(found: Mapping[str, Any]) -> Weights:
    models = {sort: _model(found["models"][sort]) for sort in _SORTS if sort in found["models"]}
    if "any" not in models:
        raise ValueError("no model for any answer")
    return Weights(models, str(found["version"]), dict(found["data"]))


def _model(found: Mapping[str, Any]) -> Model:
    linear, trees = found["linear"], found["trees"]
    return Model(
        linear=Linear(_finite(linear["intercept"]), tuple(map(_term, linear["terms"]))),
        trees=None if trees is None else _trees(trees),
        slope=_finite(found["slope"]),
        offset=_finite(found["offset"]),
    )


def _term(found: Sequence[float]) -> tuple[int, float, float, float]:
    place, mean, scale, weight = found
    if _finite(scale) <= 0.0:
        raise ValueError(f"a standard deviation of {scale!r}")
    return _place(place), _finite(mean), float(scale), _finite(weight)


def _trees(found: Mapping[str, Any]) -> Trees:
    nodes = tuple(
        tuple((_place(place), _finite(limit)) for place, limit in tree) for tree in found["nodes"]
    )
    leaves = tuple(tuple(map(_finite, tree)) for tree in found["leaves"])
    if {len(tree) for tree in nodes} - {_NODES} or {len(tree) for tree in leaves} - {_NODES + 1}:
        raise ValueError(f"a tree that is not complete at depth {DEPTH}")
    if len(nodes) != len(leaves):
        raise ValueError(f"{len(nodes)} trees with the leaves of {len(leaves)}")
    return Trees(_finite(found["intercept"]), nodes, leaves)


def _place(found: Any) -> int:
    if not isinstance(found, int) or not 0 <= found < len(FEATURES):
        raise ValueError(f"a feature at the place {found!r}")
    return found


def _finite(found: Any) -> float:
    value = float(found)
    if not isfinite(value):
        raise ValueError(f"{value!r} is not a finite number")
    return value
