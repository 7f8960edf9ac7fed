"""The embedded vector index: slots in one array, and above a few thousand a graph beside them.

The array is searched row by row, which is exact: 0.08 ms a thousand rows of 384 numbers. What
goes beyond `graph_rows` is folded into a graph of half-precision numbers by a thread, and the
array then holds only what came since; searches ask both. Without faiss there is no graph.

Memory: an entry takes 1.6 to 3.2 kB in the array, whose room doubles when it is full (so 13 MB at
most before there is a graph), and 1.1 kB in the graph; while a fold runs, the graph is there two
to three times.
"""

import logging
import sys
import threading
from collections.abc import Callable, Collection, Sequence
from ctypes import CDLL
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tokenomics_shared.adapters.index_snapshot import Snapshot
from tokenomics_shared.adapters.slot_array import SlotArray

if TYPE_CHECKING:
    from tokenomics_shared.adapters.hnsw import Graph

GRAPH_ROWS = 4_000
"""Rows above which a graph is quicker by more than its building costs."""

TAIL_ROWS = 1_024
"""Rows beside a graph that are folded into it together; they take 0.08 ms of a search."""

DEAD_SHARE = 0.2
"""Of a graph's rows gone, from which on it is built anew: they are walked through for nothing."""

_NO_GRAPH = (np.empty(0, np.int64), np.empty(0, np.uint8))

Found = list[tuple[int, float]]


class SlotIndex:
    """Nearest neighbours by inner product. Safe to share between threads.

    A search reads without holding others up; when something was written meanwhile it reads again
    under the lock. Adding and removing take microseconds at any size.
    """

    def __init__(
        self,
        dimensions: int,
        *,
        graph_rows: int = GRAPH_ROWS,
        tail_rows: int = TAIL_ROWS,
        dead_share: float = DEAD_SHARE,
    ) -> None:
        """Make an empty index.

        Args:
            dimensions: numbers in a vector.
            graph_rows: rows above which there is a graph, at least 1.
            tail_rows: rows beside a graph that are folded into it, at least 1.
            dead_share: of a graph's rows gone, from which on it is built anew, in (0, 1).
        """
        self._graph_rows = graph_rows if find_spec("faiss") else sys.maxsize
        self._tail_rows = tail_rows
        self._dead_share = dead_share
        self._lock = threading.Lock()
        self._version = 0
        self._slots = SlotArray(dimensions)
        self._graph: Graph | None = None
        self._touched: set[int] = set()
        self._folding: threading.Thread | None = None

    def __len__(self) -> int:
        with self._lock:
            return len(self._slots) + (0 if self._graph is None else len(self._graph))

    def add(self, ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Add unit vectors; an id that is there already is replaced, the last of two alike counts.

        Raises:
            ValueError: there are not as many vectors of the index's dimensions as ids.
        """
        if np.shape(vectors) != (len(ids), self._slots.dimensions):
            raise ValueError(
                f"{len(ids)} ids with vectors of shape {np.shape(vectors)}, "
                f"wanted rows of {self._slots.dimensions}"
            )
        last = {int(entry): row for row, entry in enumerate(ids)}
        if len(last) < len(ids):
            vectors = np.asarray(vectors)[list(last.values())]
        with self._lock:
            self._version += 1
            self._drop(last)
            self._slots.append(list(last), vectors)
            self._fold_if_due()

    def remove(self, ids: Sequence[int]) -> None:
        """Remove entries; unknown ids are ignored."""
        with self._lock:
            self._version += 1
            self._drop([int(entry) for entry in ids])
            self._fold_if_due()

    def search(self, vector: NDArray[np.float32], k: int) -> Found:
        """The k nearest entries and their similarities, best first."""
        vector = np.ascontiguousarray(vector, np.float32)
        with self._lock:
            version, view = self._version, self._view()
        found = view.search(vector, k)
        with self._lock:
            if version == self._version:
                return found
            return self._view().search(vector, k)

    def save(self, path: Path, generation: int) -> None:
        """Write the index as it is now to a file.

        Args:
            path: replaced whole if it is there.
            generation: the owner's number for what is in the index now.
        """
        with self._lock:
            slots, graph = self._slots.copy(), self._graph
            graph_parts = _NO_GRAPH if graph is None else (graph.ids, graph.alive.copy())
        frozen = np.empty(0, np.uint8) if graph is None else graph.freeze()
        Snapshot(generation, *slots, frozen, *graph_parts).write(path)

    def load(self, path: Path) -> int | None:
        """Take in what `save` wrote, into an index that is still empty.

        Returns:
            The generation, from which on the owner brings it up to date; None when the file is
            missing, damaged or of other dimensions, and nothing was taken in.
        """
        found = Snapshot.read(path)
        if found is None or found.vectors.shape[1:] != (self._slots.dimensions,):
            return None
        if len(found.graph) and self._graph_rows == sys.maxsize:
            return None
        graph = _thawed(found) if len(found.graph) else None
        with self._lock:
            self._version += 1
            self._slots.append(found.ids.tolist(), found.vectors)
            self._graph = graph
        return found.generation

    def settle(self) -> None:
        """Return once nothing is left to fold."""
        while True:
            with self._lock:
                self._fold_if_due()
                thread = self._folding
            if thread is None:
                return
            thread.join()

    def _view(self) -> "_View":
        slots = self._slots
        return _View(slots.ids, slots.vectors, len(slots), self._graph)

    def _drop(self, ids: Collection[int]) -> None:
        for entry in ids:
            if not self._slots.remove(entry) and self._graph is not None:
                self._graph.remove(entry)
        if self._folding is not None:
            self._touched.update(ids)

    def _fold_if_due(self) -> None:
        """Start a thread when there is something to fold; after a fork its like has vanished."""
        if self._folding is not None and self._folding.is_alive():
            return
        self._folding = None
        work = self._due()
        if work is None:
            return
        self._touched = set()
        self._folding = threading.Thread(
            target=self._fold, args=(work,), name="tokenomics-index", daemon=True
        )
        self._folding.start()

    def _due(self) -> "Callable[[], Graph] | None":
        """What makes the next graph of what is here now; None while there is no need."""
        graph, slots = self._graph, self._slots
        if graph is not None and graph.rows - len(graph) > self._dead_share * graph.rows:
            return partial(_rebuilt, graph, *slots.copy())
        if graph is not None and len(slots) > self._tail_rows:
            return partial(graph.grown, *slots.copy())
        if graph is None and len(slots) > self._graph_rows:
            return partial(_built, *slots.copy())
        return None

    def _fold(self, work: "Callable[[], Graph]") -> None:
        try:
            graph = work()
        except Exception:
            # Searching row by row goes on; what can't be made now won't be the next time.
            logging.getLogger("tokenomics").exception("an index's graph could not be made")
            with self._lock:
                self._graph_rows = self._tail_rows = sys.maxsize
                self._dead_share = 1.0
                self._folding = None
            return
        with self._lock:
            # The graph is of what was here when folding began.
            for entry in self._touched:
                graph.remove(entry)
            self._slots = self._slots.only(self._touched)
            self._graph = graph
            self._folding = None
            self._version += 1
        _give_back()


@dataclass(frozen=True, slots=True)
class _View:
    """What a search reads, as of one moment."""

    ids: NDArray[np.int64]
    vectors: NDArray[np.float32]
    rows: int
    graph: "Graph | None"

    def search(self, vector: NDArray[np.float32], k: int) -> Found:
        if k < 1:
            return []
        found = self._in_slots(vector, k)
        if self.graph is not None:
            found += self.graph.search(vector, k)
        return sorted(found, key=itemgetter(1), reverse=True)[:k]

    def _in_slots(self, vector: NDArray[np.float32], k: int) -> Found:
        near = self.vectors[: self.rows] @ vector
        slots = np.arange(self.rows) if self.rows <= k else np.argpartition(near, -k)[-k:]
        return list(zip(self.ids[slots].tolist(), near[slots].tolist(), strict=True))


def _give_back() -> None:
    """Let the system have what was freed, where the C library otherwise keeps it (glibc's does).

    Making a graph frees as much as it keeps: 300 bytes an entry would stay with the process.
    """
    trim = getattr(CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


def _thawed(snapshot: Snapshot) -> "Graph":
    from tokenomics_shared.adapters.hnsw import Graph

    return Graph.thaw(snapshot.graph, snapshot.graph_ids, snapshot.alive)


def _built(ids: NDArray[np.int64], vectors: NDArray[np.float32]) -> "Graph":
    from tokenomics_shared.adapters.hnsw import Graph

    return Graph.build(ids, vectors)


def _rebuilt(graph: "Graph", ids: NDArray[np.int64], vectors: NDArray[np.float32]) -> "Graph":
    """A graph of what of another is not gone, and more."""
    known, kept = graph.live()
    return _built(np.concatenate([known, ids]), np.concatenate([kept, vectors]))
