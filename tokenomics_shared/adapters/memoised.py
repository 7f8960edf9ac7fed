"""An embedder that remembers what it embedded lately."""

from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tokenomics_shared.ports import Embedder


class Memoised:
    """Keeps the vectors of the texts asked for last; about 4 bytes a dimension and 150 a text."""

    def __init__(self, embedder: "Embedder", size: int = 1_000) -> None:
        """Put a memory before an embedder.

        Args:
            embedder: asked for texts that are not remembered.
            size: texts remembered, at least 1; the least recently used leaves.
        """
        self._embedder = embedder
        self._size = size
        self._vectors: OrderedDict[bytes, NDArray[np.float32]] = OrderedDict()
        self._lock = Lock()

    @property
    def name(self) -> str:
        """The embedder's own: its vectors are the same."""
        return self._embedder.name

    @property
    def dimensions(self) -> int:
        """Numbers in a vector."""
        return self._embedder.dimensions

    @property
    def local(self) -> bool:
        """Whether texts are embedded in this process."""
        return self._embedder.local

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, a row a text."""
        if not texts:
            nothing: NDArray[np.float32] = self._embedder.embed(texts)
            return nothing
        keys = [_key(text) for text in texts]
        with self._lock:
            found = {key: self._recall(key) for key in keys}
        missing = {key: text for key, text in zip(keys, texts, strict=True) if found[key] is None}
        if missing:
            # Two threads may embed the same text; neither waits for the other.
            made = dict(zip(missing, self._embedder.embed(list(missing.values())), strict=True))
            with self._lock:
                for key, vector in made.items():
                    self._keep(key, vector)
            found |= made
        return np.stack([vector for key in keys if (vector := found[key]) is not None])

    def reads(self, text: str) -> bool:
        """Whether the embedder reads the whole text."""
        return self._embedder.reads(text)

    def _recall(self, key: bytes) -> NDArray[np.float32] | None:
        vector = self._vectors.get(key)
        if vector is not None:
            self._vectors.move_to_end(key)
        return vector

    def _keep(self, key: bytes, vector: NDArray[np.float32]) -> None:
        # A row of its own: a view would keep the whole batch alive.
        self._vectors[key] = vector.copy()
        self._vectors.move_to_end(key)
        if len(self._vectors) > self._size:
            self._vectors.popitem(last=False)


def _key(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
