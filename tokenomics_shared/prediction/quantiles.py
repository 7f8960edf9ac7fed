"""Quantiles of an answer's length from trained trees, evaluated in plain Python.

The logarithm of a length is a straight line in the features plus small trees; each further
quantile adds trees to the one below it, and is then scaled by what calibration found. Plain
loops over tuples beat array libraries here: there is one row, and there are few trees.
"""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from tokenomics_shared.errors import StoreError
from tokenomics_shared.prediction import length_features

FORMAT = 1
"""Of the text; newer texts are refused."""

QUANTILES = (0.5, 0.9, 0.99)

LONGEST = 1_000_000
"""Tokens that no forecast exceeds."""

_KIND = "tokenomics length quantiles"
_FURTHEST = 3.0
"""Standard deviations at which a feature is cut for the straight line."""

Tree = tuple[int, float, int, float, int, float, float, float, float, float]
"""Two levels of questions: feature and threshold of the first, of the one for those below its
threshold and of the one for the others, then the four leaves from left to right."""

_LEAVES = 4
_NUMBERS = 10


@dataclass(frozen=True, slots=True)
class Line:
    """A weighted sum of standardised features, cut at three standard deviations.

    Attributes:
        weights, means, scales: one of each a feature; scales are more than 0.
        intercept: what it is at the means.
    """

    weights: tuple[float, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    intercept: float

    def __call__(self, features: Sequence[float]) -> float:
        """The sum."""
        total = self.intercept
        for value, weight, mean, scale in zip(
            features, self.weights, self.means, self.scales, strict=True
        ):
            away = (value - mean) / scale
            # Comparing takes a third of the time that `min` and `max` do.
            if away > _FURTHEST:
                away = _FURTHEST
            elif away < -_FURTHEST:
                away = -_FURTHEST
            total += weight * away
        return total


@dataclass(frozen=True, slots=True)
class Step:
    """From one quantile to the next, as logarithms.

    Attributes:
        base: what is added for every question.
        trees: what is added for some.
        factor: what the quantile is multiplied by so that it holds what it says.
        shift: tokens that are added before: answers differ by more than in proportion to their
            likely length where that is short.
    """

    base: float
    trees: tuple[Tree, ...]
    factor: float = 1.0
    shift: float = 0.0

    def __call__(self, features: Sequence[float]) -> float:
        """What is added to the logarithm."""
        total = self.base
        for first, cut, low, low_cut, high, high_cut, a, b, c, d in self.trees:
            if features[first] < cut:
                total += a if features[low] < low_cut else b
            else:
                total += c if features[high] < high_cut else d
        return total


@dataclass(frozen=True, slots=True)
class Quantiles:
    """What was learned of the lengths of one model's answers.

    Attributes:
        line: of the median, roughly.
        steps: to each of QUANTILES, in order.
        samples: answers it was trained on.
        until: when the last of them was given, in seconds since the epoch.
        width: features it reads.
        version: of those features.
    """

    line: Line
    steps: tuple[Step, ...]
    samples: int
    until: float
    width: int = length_features.WIDTH
    version: int = length_features.VERSION

    def __call__(self, features: Sequence[float]) -> tuple[float, ...]:
        """Tokens by quantile, never fewer for a higher one, at least 1."""
        log = self.line(features)
        found, least = [], 1.0
        for step in self.steps:
            log += step(features)
            least = max(least, step.factor * (math.exp(min(log, _MOST_LOG)) + step.shift))
            found.append(min(least, LONGEST))
        return tuple(found)

    def to_json(self) -> str:
        """All of it as text."""
        return json.dumps(
            {
                "kind": _KIND,
                "format": FORMAT,
                "features": self.version,
                "width": self.width,
                "samples": self.samples,
                "until": self.until,
                "line": {name: getattr(self.line, name) for name in Line.__slots__},
                "steps": [{name: getattr(s, name) for name in Step.__slots__} for s in self.steps],
            },
            separators=(",", ":"),
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What `to_json` wrote.

        Raises:
            StoreError: the text is foreign, newer, of other features, or broken.
        """
        try:
            found = json.loads(text)
            _refuse_foreign(found)
            width = found["width"]
            line, steps = _line(found["line"], width), _steps(found["steps"], width)
            (until,) = _finite([found["until"]], 1)
            return cls(line, steps, int(found["samples"]), until, width, found["features"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StoreError(f"no length quantiles can be read: {error!r}") from error


_MOST_LOG = math.log(LONGEST)


def _refuse_foreign(found: Any) -> None:
    if not isinstance(found, dict) or found.get("kind") != _KIND:
        raise ValueError("it is something else")
    needed = {
        "format": FORMAT,
        "features": length_features.VERSION,
        "width": length_features.WIDTH,
    }
    for name, wanted in needed.items():
        if found[name] != wanted:
            raise ValueError(f"its {name} is {found[name]!r}, {wanted} is needed")


def _line(found: dict[str, Any], width: int) -> Line:
    weights, means, scales = (
        _finite(found[name], width) for name in ("weights", "means", "scales")
    )
    if min(scales) <= 0.0:
        raise ValueError("a scale is not positive")
    return Line(weights, means, scales, *_finite([found["intercept"]], 1))


def _steps(found: Sequence[dict[str, Any]], width: int) -> tuple[Step, ...]:
    if len(found) != len(QUANTILES):
        raise ValueError(f"{len(found)} quantiles, {len(QUANTILES)} are needed")
    return tuple(_step(each, width) for each in found)


def _step(found: dict[str, Any], width: int) -> Step:
    base, factor, shift = _finite([found["base"], found["factor"], found["shift"]], 3)
    if factor <= 0.0 or shift < 0.0:
        raise ValueError(f"a factor is {factor}, a shift {shift}")
    return Step(base, tuple(_tree(each, width) for each in found["trees"]), factor, shift)


def _tree(numbers: Sequence[Any], width: int) -> Tree:
    first, cut, low, low_cut, high, high_cut, a, b, c, d = _finite(numbers, _NUMBERS)
    asked = (int(first), int(low), int(high))
    if min(asked) < 0 or max(asked) >= width:
        raise ValueError(f"a tree asks of features {asked}, there are {width}")
    return asked[0], cut, asked[1], low_cut, asked[2], high_cut, a, b, c, d


def _finite(numbers: Iterable[Any], many: int) -> tuple[float, ...]:
    found = tuple(map(float, numbers))
    if len(found) != many or not all(map(math.isfinite, found)):
        raise ValueError(f"{many} finite numbers are needed, got {len(found)}")
    return found
