"""What was made of an object, kept as long as the object is asked about."""

from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_MOST = 256


class ByIdentity(Generic[T]):
    """Things made of objects that can't be keys themselves. Safe to share between threads.

    The objects are held, so that no other ever gets the same id.
    """

    def __init__(self, make: Callable[[Any], T]) -> None:
        """Keep nothing yet; `make` makes the thing, and may do so twice when threads race."""
        self._make = make
        self._kept: dict[int, tuple[Any, Hashable, T]] = {}

    def of(self, given: Any, mark: Hashable = None) -> T:
        """The thing made of this object; made anew when its mark is another than before."""
        known = self._kept.get(id(given))
        if known is not None and known[0] is given and known[1] == mark:
            return known[2]
        made = self._make(given)
        if len(self._kept) >= _MOST:
            self._kept.clear()
        self._kept[id(given)] = (given, mark, made)
        return made
