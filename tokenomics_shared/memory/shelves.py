"""The vectors of each partition, brought up to date from the store when they are looked at."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import RLock

from typing_extensions import override

from tokenomics_shared.forks import ForkSafe
from tokenomics_shared.memory.vote import Neighbour
from tokenomics_shared.ports import PromptStore, Vector, VectorIndex

MAX_SHELVES = 1_000
"""Partitions held at once: every conversation has one of its own."""


@dataclass(slots=True)
class _Shelf:
    index: VectorIndex
    groups: dict[int, int] = field(default_factory=dict)
    seen: int = 0
    lock: RLock = field(default_factory=RLock)


class Shelves(ForkSafe):
    """An index for each partition that is in use; the store is the truth.

    Safe to share between threads. What other processes have written is there at the next
    look-up. When there are too many vectors, the least recently used partitions leave.
    """

    def __init__(
        self,
        store: PromptStore,
        embedder: str,
        make_index: Callable[[bytes], VectorIndex],
        *,
        max_entries: int,
    ) -> None:
        """Make the shelves.

        Args:
            store: the truth.
            embedder: whose vectors these are.
            make_index: makes an index for a partition.
            max_entries: vectors held over all partitions; one partition may hold more.
        """
        self._store = store
        self._embedder = embedder
        self._make_index = make_index
        self._max_entries = max_entries
        self._shelves: OrderedDict[bytes, _Shelf] = OrderedDict()
        super().__init__()

    @override
    def in_child(self) -> None:
        """Begin anew: another thread may have been at the indexes."""
        self._shelves = OrderedDict()

    def __len__(self) -> int:
        with self.lock:
            return sum(len(shelf.index) for shelf in self._shelves.values())

    def near(self, partition: bytes, vector: Vector, k: int) -> list[Neighbour]:
        """The nearest questions of a partition, best first."""
        shelf = self._shelf(partition)
        found = shelf.index.search(vector, k)
        groups = shelf.groups
        return [
            Neighbour(entry, group, similarity)
            for entry, similarity in found
            if (group := groups.get(entry)) is not None
        ]

    def add(self, partition: bytes, entry: int, group: int, vector: Vector) -> None:
        """Put a question in."""
        shelf = self._shelf(partition)
        with shelf.lock:
            shelf.groups[entry] = group
            shelf.index.add([entry], vector.reshape(1, -1))

    def remove(self, partition: bytes, entry: int) -> None:
        """Take a question out."""
        shelf = self._shelf(partition)
        with shelf.lock:
            shelf.index.remove([entry])
            shelf.groups.pop(entry, None)

    def clear(self) -> None:
        """Let go of all partitions."""
        with self.lock:
            self._shelves.clear()

    def _shelf(self, partition: bytes) -> _Shelf:
        with self.lock:
            shelf = self._shelves.get(partition)
            if shelf is None:
                shelf = self._shelves[partition] = _Shelf(self._make_index(partition))
                self._make_room()
            else:
                self._shelves.move_to_end(partition)
        with shelf.lock:
            self._catch_up(partition, shelf)
        return shelf

    def _catch_up(self, partition: bytes, shelf: _Shelf) -> None:
        shelf.seen, rows, vectors = self._store.since(partition, self._embedder, shelf.seen)
        if not rows:
            return
        shelf.groups.update(rows)
        shelf.index.add([entry for entry, _ in rows], vectors)

    def _make_room(self) -> None:
        """Let the partitions go that were not looked at for longest; the newest one stays."""
        held = sum(len(shelf.groups) for shelf in self._shelves.values())
        shelves = self._shelves
        while len(shelves) > 1 and (held > self._max_entries or len(shelves) > MAX_SHELVES):
            _, shelf = self._shelves.popitem(last=False)
            held -= len(shelf.groups)
