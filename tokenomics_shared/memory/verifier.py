"""The verifier: how likely the elected answer is the right one.

A logistic model over the vote's and the words' features, their squares and a few products. On
paraphrases of unseen topics it separates right from wrong as well as boosted trees do, at a few
microseconds in plain Python and with weights that fit in a small readable file.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, isfinite
from pathlib import Path
from typing import Any, Final, Self

from tokenomics_shared.errors import ConfigError
from tokenomics_shared.memory.likeness import LIKENESS
from tokenomics_shared.memory.tolerance import Evidence
from tokenomics_shared.memory.vote import FEATURES

INPUTS: Final = (*FEATURES, *LIKENESS)
"""What `Verifier.likelihood` takes: the ballot's features, then those of likeness."""

FORMAT: Final = 1
"""The layout of the file; another one is refused."""

SHIPPED: Final = Path(__file__).with_name("verifier.json")
"""The weights that come with the package."""

_STEEPEST: Final = 30.0
"""Log-odds beyond this are cut: exp stays finite, and nothing is ever quite certain."""


@dataclass(frozen=True, slots=True)
class Term:
    """A product of features with its weight.

    Attributes:
        first: place of a feature in INPUTS.
        second: place of what it is multiplied with; None for nothing.
        weight: log-odds for each unit.
    """

    first: int
    second: int | None
    weight: float


@dataclass(frozen=True, slots=True)
class Verifier:
    """Turns features into a calibrated chance of being right.

    Example:
        >>> verifier = Verifier.load()
        >>> verifier.embedder
        'all-MiniLM-L6-v2'

    Attributes:
        intercept: log-odds when every term is zero.
        terms: what is added to it.
        embedder: whose cosines it was trained on; others need weights of their own.
        evidence: what a new bound starts from; its version changes whenever the weights do.
        digest: BLAKE2b of the data it was trained on.
    """

    intercept: float
    terms: tuple[Term, ...]
    embedder: str
    evidence: Evidence
    digest: str

    def likelihood(self, features: Sequence[float]) -> float:
        """The chance that the elected answer is right, in (0, 1).

        Args:
            features: numbers named by INPUTS, in that order.
        """
        odds = self.intercept
        for term in self.terms:
            value = term.weight * features[term.first]
            odds += value if term.second is None else value * features[term.second]
        return 1.0 / (1.0 + exp(-max(-_STEEPEST, min(_STEEPEST, odds))))

    @classmethod
    def load(cls, path: Path = SHIPPED) -> Self:
        """Read weights from a file.

        Raises:
            ConfigError: the file can't be read or doesn't fit this version of the package.
        """
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"the verifier's weights can't be read from {path}") from error
        return cls.from_json(text, str(path))

    @classmethod
    def from_json(cls, text: str, origin: str = "the given text") -> Self:
        """Read weights from JSON, as benchmarks/train_verifier.py writes it.

        Args:
            text: the JSON.
            origin: where it is from, for the error.

        Raises:
            ConfigError: it is not JSON, or not of this format, these features, these bins.
        """
        try:
            found = json.loads(text)
            _expect(found, origin, "format", FORMAT)
            _expect(found, origin, "features", list(INPUTS))
            verifier = cls(
                intercept=float(found["intercept"]),
                terms=tuple(_term(term) for term in found["terms"]),
                embedder=str(found["embedder"]),
                evidence=Evidence(
                    str(found["version"]),
                    tuple((float(seen), float(bad)) for seen, bad in found["evidence"]),
                ),
                digest=str(found["data"]["digest"]),
            )
        except ConfigError:
            raise
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ConfigError(f"no verifier's weights in {origin}: {error!r}") from error
        verifier._check(origin)
        return verifier

    def to_json(self) -> str:
        """The weights as text that `from_json` reads."""
        terms = [
            {
                "of": [INPUTS[at] for at in (term.first, term.second) if at is not None],
                "weight": term.weight,
            }
            for term in self.terms
        ]
        return json.dumps(
            {
                "format": FORMAT,
                "version": self.evidence.version,
                "embedder": self.embedder,
                "features": INPUTS,
                "data": {"digest": self.digest},
                "intercept": self.intercept,
                "terms": terms,
                "evidence": self.evidence.bins,
            }
        )

    def _check(self, origin: str) -> None:
        numbers = [self.intercept, *(term.weight for term in self.terms)]
        if not all(map(isfinite, numbers)):
            raise ConfigError(f"a weight of the verifier in {origin} is not a finite number")


def _expect(found: Mapping[str, Any], origin: str, key: str, wanted: object) -> None:
    if found.get(key) != wanted:
        raise ConfigError(
            f"the verifier in {origin} has {key} {found.get(key)!r}, this version needs {wanted!r}"
        )


def _term(found: Mapping[str, Any]) -> Term:
    if not set(found["of"]) <= set(INPUTS):
        raise ValueError(f"a term of unknown features: {found['of']}")
    first, *rest = [INPUTS.index(name) for name in found["of"]]
    if len(rest) > 1:
        raise ValueError(f"a term of more than two features: {found['of']}")
    return Term(first, rest[0] if rest else None, float(found["weight"]))
