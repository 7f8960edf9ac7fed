"""How much better premium would answer a question: a model of paired outcomes, run by numpy.

What routing needs is the gap, P(premium is right) - P(cheap is right), and not whether cheap is
wrong: on the questions that cheap gets wrong premium often errs too, so that a better predictor of
cheap's errors can be the worse router.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from tokenomics_shared.adapters.forest import Floats, Forest
from tokenomics_shared.errors import ConfigError
from tokenomics_shared.learning import Context, Prior

FORMAT: Final = 1
"""The layout of the file; another one is refused."""

HALF_TRUST: Final = 1_000
"""Pairs of the own domain at which a predicted gap is trusted half-way."""

LEAST_TRUST: Final = 0.5
"""Trust in gaps on questions of domains that the model has seen nothing of. Measured on unseen
subjects of MMLU, where a gap trusted in full can rank questions worse than their cost does.
"""

SURFACE: Final = 8
"""The first features of a context describe the text's surface; see `bandit.surface`."""

_KIND: Final = "tokenomics-gap"
_STEEPEST: Final = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class Odds:
    """A logistic model: log-odds as a weighted sum of features.

    Attributes:
        weights: log-odds by feature.
        intercept: log-odds where every feature is zero.
    """

    weights: Floats
    intercept: float

    def __call__(self, rows: NDArray[np.float32]) -> Floats:
        """The chance of a right answer, one for each row, in (0, 1)."""
        odds = np.clip(self.intercept + rows @ self.weights, -_STEEPEST, _STEEPEST)
        chances: Floats = 1.0 / (1.0 + np.exp(-odds))
        return chances


@dataclass(frozen=True, slots=True, eq=False)
class GapModel:
    """Predicts the gap between premium and cheap from a question's features.

    The mean of two gaps: boosted trees' on the question's surface, and the difference of two
    logistic models, one for each model's quality, on its projected embedding (without one there
    are only the trees). Trees on all features, and linear models on the surface, did no better on
    known subjects and worse on others. The gap is then drawn towards the mean gap, the more the
    fewer pairs are of the questions' own domain, so that where the model knows nothing, a ranking
    by gap per extra cost comes near to cheapest-first, which is hard to beat.

    Attributes:
        surface: gap by the first `SURFACE` features.
        cheap: the cheap model's quality by the others.
        premium: premium's, likewise.
        mean: the mean gap it was fitted on.
        pairs: how many pairs it was fitted on.
        in_domain: how many of them are of the domain that it is asked about.
        basis: what the features were made by; see `Contexts.space`.
        width: features of a question, the constant at the end not counted.
    """

    surface: Forest
    cheap: Odds
    premium: Odds
    mean: float
    pairs: int
    in_domain: int
    basis: str
    width: int

    @property
    def trust(self) -> float:
        """How much of a predicted deviation from the mean gap is kept, `LEAST_TRUST` to 1."""
        return max(LEAST_TRUST, self.in_domain / (self.in_domain + HALF_TRUST))

    def gap(self, features: Sequence[float]) -> float:
        """The expected quality of premium's answer less that of cheap's, -1 to 1.

        Args:
            features: as in `Context.features`; the constant at the end may be missing.

        Raises:
            ValueError: they are not as many as the model was fitted on.
        """
        return float(self.gaps([features])[0])

    def gaps(self, features: Sequence[Sequence[float]] | NDArray[Any]) -> Floats:
        """The same for many questions at once."""
        return np.clip(self.mean + self.trust * (self.plain(features) - self.mean), -1.0, 1.0)

    def plain(self, features: Sequence[Sequence[float]] | NDArray[Any]) -> Floats:
        """Gaps of many questions before they are drawn towards the mean."""
        rows = self._rows(features)
        if self.width == SURFACE:
            return self.surface(rows)
        others = rows[:, SURFACE : self.width]
        return (self.surface(rows) + self.premium(others) - self.cheap(others)) / 2.0

    def qualities(self, features: Sequence[float]) -> tuple[float, float]:
        """The expected quality of cheap's answer and of premium's, 0 to 1 each."""
        low = float(self.cheap(self._rows([features])[:, SURFACE : self.width])[0])
        return low, min(1.0, max(0.0, low + self.gap(features)))

    def save(self, path: Path) -> None:
        """Write it to a file, whole or not at all.

        Raises:
            OSError: the file can't be written.
        """
        about = {
            "kind": _KIND,
            "format": FORMAT,
            "basis": self.basis,
            "width": self.width,
            "mean": self.mean,
            "pairs": self.pairs,
            "in_domain": self.in_domain,
        }
        arrays: dict[str, Any] = {
            "about": np.array(json.dumps(about)),
            "cheap": np.append(self.cheap.weights, self.cheap.intercept),
            "premium": np.append(self.premium.weights, self.premium.intercept),
            **self.surface.to_arrays("surface"),
        }
        scratch = path.with_suffix(f".{os.getpid()}.tmp")
        try:
            with scratch.open("wb") as file:
                np.savez_compressed(file, **arrays)
            scratch.replace(path)
        finally:
            scratch.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read it from a file.

        Raises:
            ConfigError: the file can't be read, or is of another kind or format.
        """
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
                return cls._of(dict(found))
        except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
            raise ConfigError(f"no gap model can be read from {path}: {error}") from error

    @classmethod
    def _of(cls, found: dict[str, NDArray[Any]]) -> Self:
        about = json.loads(str(found["about"]))
        written = (about["kind"], about["format"])
        if written != (_KIND, FORMAT):
            raise ValueError(f"it is {written}, {(_KIND, FORMAT)} is needed")
        width, mean = int(about["width"]), float(about["mean"])
        pairs, in_domain = int(about["pairs"]), int(about["in_domain"])
        if not (-1.0 <= mean <= 1.0 and 0 <= in_domain <= pairs and width >= SURFACE):
            raise ValueError("its mean, its pairs or its width are impossible")
        surface = Forest.from_arrays(found, "surface", SURFACE)
        cheap, premium = (_odds(found[name], width) for name in ("cheap", "premium"))
        basis = str(about["basis"])
        return cls(surface, cheap, premium, mean, pairs, in_domain, basis, width)

    def _rows(self, features: Sequence[Sequence[float]] | NDArray[Any]) -> NDArray[np.float32]:
        rows = np.asarray(features, np.float32)
        if rows.ndim != 2 or rows.shape[1] not in {self.width, self.width + 1}:  # noqa: PLR2004 -- rows and columns
            raise ValueError(
                f"the gap model takes {self.width} features of each question, got {rows.shape}"
            )
        return rows


def _odds(numbers: NDArray[Any], width: int) -> Odds:
    """A logistic model of a file's numbers, the intercept last."""
    if numbers.shape != (width - SURFACE + 1,) or not np.isfinite(numbers).all():
        raise ValueError("its weights are not finite, or not as many as its features")
    *weights, intercept = numbers.astype(np.float64).tolist()
    return Odds(np.array(weights), intercept)


class GapPrior:
    """Expects of each arm what a gap model says, in proportion to the arm's place.

    Contexts of another width, made without an embedding for one, are left to another prior.
    """

    def __init__(self, model: GapModel, otherwise: Prior) -> None:
        """Make a prior.

        Args:
            model: fitted on features of the engine's own basis.
            otherwise: for contexts that the model can't read.
        """
        self._model = model
        self._otherwise = otherwise
        # Every arm of a decision asks about the same question.
        self._qualities = lru_cache(maxsize=64)(model.qualities)

    def quality(self, context: Context, place: float) -> float:
        """On the line from the cheapest arm's expected quality to premium's."""
        if len(context.features) != self._model.width + 1:
            return self._otherwise.quality(context, place)
        low, high = self._qualities(context.features)
        return low + (high - low) * min(1.0, max(0.0, place))
