"""Sums that several processes add to."""

import math
from collections.abc import Sequence


class SharedSums:
    """A row of numbers: what everybody is known to have added, and the news of this process.

    Not safe to share between threads: the caller locks.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._known = self._news = self._told = [0.0] * size

    @property
    def all(self) -> list[float]:
        """Everything that is known here, the news included."""
        return _added(self._known, self._news)

    def add(self, row: Sequence[float]) -> None:
        """Add to the news."""
        self._news = _added(self._news, row)

    def tell(self) -> list[float]:
        """The news since `rebase`."""
        self._told = self._news
        return list(self._news)

    def rebase(self, everything: Sequence[float]) -> list[float]:
        """Go on from these sums, which hold what was told last; returns what is new in them.

        Raises:
            ValueError: they are broken.
        """
        numbers = finite(everything, self._size)
        others = _less(_less(numbers, self._known), self._told)
        self._known = numbers
        self._news = _less(self._news, self._told)
        self._told = [0.0] * self._size
        return others

    def adopt(self) -> None:
        """In a forked child: what the parent has not told yet, it will."""
        self._known, self._news = self.all, [0.0] * self._size
        self._told = self._news

    def restore(self, everything: Sequence[float]) -> None:
        """Take sums from JSON as known to everybody.

        Raises:
            ValueError: they are broken.
        """
        self._known = finite(everything, self._size)
        self._news = self._told = [0.0] * self._size


def finite(row: Sequence[float], size: int) -> list[float]:
    """Numbers from JSON.

    Raises:
        ValueError: there are more or fewer, or one is not finite.
    """
    numbers = [float(number) for number in row]
    if len(numbers) != size or not all(map(math.isfinite, numbers)):
        raise ValueError(f"{size} finite numbers are expected")
    return numbers


def _added(one: Sequence[float], other: Sequence[float]) -> list[float]:
    return [a + b for a, b in zip(one, other, strict=True)]


def _less(one: Sequence[float], other: Sequence[float]) -> list[float]:
    return [a - b for a, b in zip(one, other, strict=True)]
