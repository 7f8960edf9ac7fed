"""Chroma as the vector index: in a folder of this process, or on a server that many share."""

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

import chromadb
import numpy as np
from chromadb.api import ClientAPI
from chromadb.api.collection_configuration import CreateCollectionConfiguration
from chromadb.config import Settings
from numpy.typing import NDArray

_CONFIGURATION: CreateCollectionConfiguration = {"hnsw": {"space": "ip"}}
"""Chroma's distance is then one minus the inner product."""


def chroma_in(folder: Path) -> ClientAPI:
    """A client of Chroma in this process, its files in a folder; nobody is told of its use."""
    return chromadb.PersistentClient(folder, settings=_settings())


def chroma_at(
    host: str, port: int, *, ssl: bool = False, headers: dict[str, str] | None = None
) -> ClientAPI:
    """A client of a Chroma server; nobody is told of its use.

    Args:
        host: its name or address.
        port: where it listens.
        ssl: whether it speaks TLS.
        headers: sent with every request, such as an authorisation.
    """
    return chromadb.HttpClient(host, port, ssl=ssl, headers=headers, settings=_settings())


class ChromaIndex:
    """Nearest neighbours by inner product, in one collection of Chroma's.

    A search asks an approximate index; what was added is found at once. Safe to share between
    threads, and on a server between processes.
    """

    def __init__(
        self, client: ClientAPI, dimensions: int, *, partition: str, embedder: str
    ) -> None:
        """Open the partition's collection, or make it.

        Args:
            client: from `chroma_in` or `chroma_at`.
            dimensions: numbers in a vector.
            partition: whose entries these are.
            embedder: the name of what made the vectors; those of another are elsewhere.
        """
        self._dimensions = dimensions
        self._at_once = client.get_max_batch_size()
        # Chroma allows few characters and 512 of them; a tenant's name is nobody's business.
        told_apart = f"{len(embedder)} {embedder} {partition}".encode("utf-8", "surrogatepass")
        self._collection = client.get_or_create_collection(
            f"tokenomics-{blake2b(told_apart, digest_size=16).hexdigest()}",
            configuration=_CONFIGURATION,
            embedding_function=None,
        )

    def __len__(self) -> int:
        count: int = self._collection.count()
        return count

    def add(self, ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Add unit vectors; an id that is there already is replaced, the last of two alike counts.

        Raises:
            ValueError: there are not as many vectors of the index's dimensions as ids.
        """
        if np.shape(vectors) != (len(ids), self._dimensions):
            raise ValueError(
                f"{len(ids)} ids with vectors of shape {np.shape(vectors)}, "
                f"wanted rows of {self._dimensions}"
            )
        last = list({int(entry): row for row, entry in enumerate(ids)}.items())
        for start in range(0, len(last), self._at_once):
            part = last[start : start + self._at_once]
            self._collection.upsert(
                ids=[str(entry) for entry, _ in part],
                embeddings=np.asarray(vectors, np.float32)[[row for _, row in part]],
            )

    def remove(self, ids: Sequence[int]) -> None:
        """Remove entries; unknown ids are ignored."""
        known = list({str(int(entry)) for entry in ids})
        for start in range(0, len(known), self._at_once):
            self._collection.delete(ids=known[start : start + self._at_once])

    def search(self, vector: NDArray[np.float32], k: int) -> list[tuple[int, float]]:
        """The k nearest entries and their similarities, best first."""
        if k < 1:
            return []
        found = self._collection.query(
            query_embeddings=np.asarray(vector, np.float32)[None],
            n_results=k,
            include=["distances"],
        )
        distances = found["distances"]
        if distances is None:
            return []
        return [
            (int(entry), 1.0 - distance)
            for entry, distance in zip(found["ids"][0], distances[0], strict=True)
        ]


def _settings() -> Settings:
    return Settings(anonymized_telemetry=False)
