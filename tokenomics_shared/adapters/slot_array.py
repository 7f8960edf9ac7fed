"""Vectors side by side in one array, which stays without gaps."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

_FIRST_ROWS = 8


class SlotArray:
    """Vectors in the first rows of an array, and which row is whose."""

    def __init__(self, dimensions: int, room: int = _FIRST_ROWS) -> None:
        self.dimensions = dimensions
        self.ids = np.empty(room, np.int64)
        self.vectors = np.empty((room, dimensions), np.float32)
        self._slots: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._slots)

    def append(self, ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Add entries that are not there."""
        start, end = len(self), len(self) + len(ids)
        if end > len(self.ids):
            self._grow(end)
        self.ids[start:end] = ids
        self.vectors[start:end] = vectors
        self._slots.update(zip(ids, range(start, end), strict=True))

    def remove(self, entry: int) -> bool:
        """Move the last row to where the entry was; False when it is not there."""
        slot = self._slots.pop(entry, None)
        if slot is None:
            return False
        last = len(self._slots)
        if slot != last:
            moved = int(self.ids[last])
            self.ids[slot] = moved
            self.vectors[slot] = self.vectors[last]
            self._slots[moved] = slot
        return True

    def copy(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Ids and vectors as they are now."""
        return self.ids[: len(self)].copy(), self.vectors[: len(self)].copy()

    def only(self, ids: Collection[int]) -> "SlotArray":
        """New slots of those of these ids that are here."""
        kept = [entry for entry in ids if entry in self._slots]
        slots = SlotArray(self.dimensions)
        slots.append(kept, self.vectors[[self._slots[entry] for entry in kept]])
        return slots

    def _grow(self, rows: int) -> None:
        room = max(rows, 2 * len(self.ids))
        ids, vectors = np.empty(room, np.int64), np.empty((room, self.dimensions), np.float32)
        ids[: len(self)] = self.ids[: len(self)]
        vectors[: len(self)] = self.vectors[: len(self)]
        # Whoever is searching still has the old ones.
        self.ids, self.vectors = ids, vectors
