"""What quality to expect of an arm before anything is learned."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Self

from tokenomics_shared.errors import ConfigError
from tokenomics_shared.learning import Context, Kind

FORMAT = 1

_EXPECTED: Mapping[Kind, tuple[float, float]] = MappingProxyType(
    {
        "code": (0.62, 0.84),
        "maths": (0.62, 0.84),
        "reasoning": (0.62, 0.80),
        "extraction": (0.70, 0.84),
        "science": (0.68, 0.81),
        "humanities": (0.72, 0.81),
        "writing": (0.80, 0.85),
        "chat": (0.78, 0.84),
    }
)
"""The cheapest arm's and premium's expected quality by kind: the order of the gaps as experience
with pairs of a small and a large model has it, their size that of MMLU and GSM8K.
"""


class Places:
    """The places of arms, remembered from the decisions for the learning that follows them."""

    def __init__(self) -> None:
        self._of: dict[str, float] = {}

    def note(self, arms: Mapping[str, float]) -> None:
        """Remember where arms stand; one assignment each, so no lock is needed."""
        self._of.update(arms)

    def of(self, arm: str) -> float:
        """Where an arm stands; half-way for one that no decision was about yet."""
        return self._of.get(arm, 0.5)


class NoPrior:
    """Expects the same of every arm."""

    version = "none"

    def __init__(self, quality: float = 0.75) -> None:
        self._quality = quality

    def quality(self, context: Context, place: float) -> float:  # noqa: ARG002 -- port
        """The same for all."""
        return self._quality


class KindPrior:
    """Expects much more of premium where answers are found by working them out, else a little.

    How far it is trusted is the learner's affair: `Shrinkage` for the linear ones, `worth` for
    the tabular one.

    Attributes:
        version: changes whenever its expectations would.
    """

    version = "kinds-1"

    def quality(self, context: Context, place: float) -> float:
        """On the line from the cheapest arm's quality to premium's."""
        low, high = _EXPECTED[context.kind]
        return low + (high - low) * min(1.0, max(0.0, place))


@dataclass(frozen=True, slots=True)
class TrainedPrior:
    """Expects what a linear model of an application's own findings says.

    `adapters.fitting_prior.fit_prior` makes it. It corrects `KindPrior` by features, and by
    features times place, and is shrunk to it where there are few findings.

    Attributes:
        basis: of the features; of another basis, only `KindPrior` is left.
        level: corrections by feature, at any place.
        slope: corrections by feature for premium, of which an arm gets its place's share.
        version: changes whenever the weights do.
    """

    basis: str
    level: tuple[float, ...]
    slope: tuple[float, ...]
    version: str

    def quality(self, context: Context, place: float) -> float:
        """The expected quality, 0 to 1."""
        found = KindPrior().quality(context, place)
        if len(context.features) == len(self.level):
            for x, level, slope in zip(context.features, self.level, self.slope, strict=True):
                found += x * (level + place * slope)
        return min(1.0, max(0.0, found))

    def to_json(self) -> str:
        """The weights as text that `from_json` reads."""
        found = {
            "format": FORMAT,
            "basis": self.basis,
            "version": self.version,
            "level": self.level,
            "slope": self.slope,
        }
        return json.dumps(found, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str, origin: str = "the given text") -> Self:
        """Read weights from JSON.

        Raises:
            ConfigError: it is not JSON, or not of this format.
        """
        try:
            found = json.loads(text)
            written = found["format"]
            level, slope = _numbers(found["level"]), _numbers(found["slope"])
            prior = cls(str(found["basis"]), level, slope, str(found["version"]))
        except (ValueError, TypeError, KeyError) as error:
            raise ConfigError(f"no prior in {origin}: {error!r}") from error
        if written != FORMAT or len(level) != len(slope):
            raise ConfigError(
                f"{origin} has format {written!r}, {len(level)} levels and {len(slope)} slopes: "
                f"format {FORMAT} and as many of both are needed"
            )
        return prior


def _numbers(found: Sequence[Any]) -> tuple[float, ...]:
    numbers = tuple(float(number) for number in found)
    if not all(abs(number) < float("inf") for number in numbers):
        raise ValueError("a weight is not finite")
    return numbers
