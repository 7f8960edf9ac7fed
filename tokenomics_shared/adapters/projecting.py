"""Reading what routing wants to know from an embedding: 32 numbers, and what is asked for."""

import json
from base64 import b64decode
from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tokenomics_shared.bandit.phrases import PHRASES
from tokenomics_shared.errors import ConfigError
from tokenomics_shared.learning import KINDS, Kind

if TYPE_CHECKING:
    from tokenomics_shared.ports import Embedder

Floats = NDArray[np.float32]

WIDTH = 32

FORMAT = 1

SHIPPED = Path(__file__).with_name("projection.json")
"""The projection that comes with the package; benchmarks/train_projection.py makes it."""

_SHARPNESS = 12.0
"""How much a cosine counts in the softmax over prototypes: a tenth more makes 3.3 times as
likely.
"""

_SPREAD = 0.2
"""Standard deviation of a random projection's numbers, as of the shipped one's first ones."""


class Projector:
    """Projects an embedder's vectors, and compares them with phrases of each kind.

    MiniLM's vectors go on the principal components of recorded questions; those of others on
    random directions, which keep distances well enough (Johnson and Lindenstrauss 1984), the same
    for every process.

    Attributes:
        basis: names the projection.
        width: numbers that a vector becomes.
    """

    width = WIDTH

    def __init__(self, embedder: "Embedder") -> None:
        """Read or draw the projection; nothing is embedded."""
        self._embedder = embedder
        shipped = _shipped(SHIPPED)
        self._prototypes: Floats | None = None
        # Whatever runs MiniLM: its numbers differ by less than 8 bits do.
        known = shipped.embedder in embedder.name
        if known and embedder.dimensions == len(shipped.mean):
            self.basis = shipped.version
            self._mean, self._directions = shipped.mean, shipped.directions
            self._prototypes = shipped.prototypes
        else:
            self.basis = f"random-1/{embedder.name}"
            self._mean, self._directions = _random(embedder.name, embedder.dimensions)

    def features(self, vector: Any) -> tuple[float, ...]:
        """The vector in 32 numbers.

        Raises:
            ValueError: it is of other dimensions than the embedder's.
        """
        return tuple((self._directions @ (vector - self._mean)).tolist())

    def kind(self, vector: Any) -> Kind | None:
        """The kind whose phrases are nearest; None before `prepare`."""
        if self._prototypes is None:
            return None
        return KINDS[int((self._prototypes @ vector).argmax())]

    def kinds(self, vector: Any) -> Mapping[Kind, float]:
        """How likely each kind is, by a softmax over the nearness; empty before `prepare`."""
        if self._prototypes is None:
            return {}
        nearness = np.exp(_SHARPNESS * (self._prototypes @ vector))
        return dict(zip(KINDS, (nearness / nearness.sum()).tolist(), strict=True))

    def prepare(self) -> None:
        """Embed the phrases, unless they came with the package; this may take long."""
        if self._prototypes is None:
            self._prototypes = prototypes(self._embedder)


class _Shipped:
    """What the file holds."""

    def __init__(self, found: Mapping[str, Any]) -> None:
        if found["format"] != FORMAT:
            raise ValueError(f"format {found['format']}, {FORMAT} is needed")
        self.embedder = str(found["embedder"])
        self.version = str(found["version"])
        self.mean = _unpack(found["mean"])[0]
        self.directions = _unpack(found["directions"])
        self.prototypes = _unpack(found["prototypes"])


def prototypes(embedder: "Embedder") -> Floats:
    """One unit vector a kind: the middle of its phrases, less what all phrases share."""
    middles = np.stack([np.mean(embedder.embed(PHRASES[kind]), axis=0) for kind in KINDS])
    apart = middles - middles.mean(axis=0)
    return np.asarray(apart / np.linalg.norm(apart, axis=1, keepdims=True), np.float32)


def _random(name: str, dimensions: int) -> tuple[Floats, Floats]:
    seed = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big")
    drawn = np.random.default_rng(seed).normal(0.0, _SPREAD, (WIDTH, dimensions))
    return np.zeros(dimensions, np.float32), drawn.astype(np.float32)


def _unpack(rows: Mapping[str, Any]) -> Floats:
    """Rows of 8-bit numbers, each with its own step."""
    steps = np.asarray(rows["steps"], np.float32)
    numbers = np.frombuffer(b64decode(rows["int8"]), np.int8).reshape(len(steps), -1)
    return np.asarray(numbers * steps[:, None], np.float32)


@lru_cache(maxsize=1)
def _shipped(path: Path) -> _Shipped:
    try:
        return _Shipped(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ConfigError(f"the projection can't be read from {path}: {error!r}") from error
