"""Sums: what is learned in a form that adds up over processes.

Every row starts with the weight of the observations it holds; the rest are numbers that add up.
With forgetting, an observation of weight w leaves `1 - (1 - forgetting) w` of what was there
before; a row that weighs w does the same to the row it is added to, which comes to the same
however the observations are split into rows.
"""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite

from tokenomics_shared.learning import Sums

Forgetting = Callable[[str], float]
"""What is left of an observation after the next one of the same row, by the row's name."""

Row = Sequence[float]


def kept(forgetting: float, weight: float) -> float:
    """What is left of earlier observations after later ones of this weight, 0 to 1."""
    return max(0.0, 1.0 - (1.0 - forgetting) * weight)


def merged(earlier: Row | None, later: Row, forgetting: float) -> list[float]:
    """One row of two; of rows that differ in length the later one alone."""
    return _added(earlier, later, kept(forgetting, later[0]))


def _added(earlier: Row | None, later: Row, left: float) -> list[float]:
    if earlier is None or len(earlier) != len(later):
        return list(later)
    return [left * old + new for old, new in zip(earlier, later, strict=True)]


def merge(earlier: Sums, later: Sums, forgetting: Forgetting) -> dict[str, list[float]]:
    """All rows of both, those of one name merged."""
    rows = {name: list(row) for name, row in earlier.items()}
    for name, row in later.items():
        rows[name] = merged(rows.get(name), row, forgetting(name))
    return rows


def refuse_impossible(value: float, weight: float) -> None:
    """Look at an observation before it is taken in.

    Raises:
        ValueError: the value is not finite, or the weight not finite and more than 0.
    """
    if not isfinite(value):
        raise ValueError(f"value must be a finite number, got {value!r}")
    if not isfinite(weight) or weight <= 0.0:
        raise ValueError(f"weight must be a finite number above 0, got {weight!r}")


def finite(row: Row) -> bool:
    """Whether a row read from elsewhere can be gone on from."""
    return len(row) > 0 and all(map(isfinite, row)) and row[0] >= 0.0


class Book:
    """Sums learned here, on top of those of everybody. Not locked; its owner is.

    Attributes:
        forgetting: what is left of an observation after the next, by row.
    """

    def __init__(self, forgetting: Forgetting) -> None:
        self.forgetting = forgetting
        self._totals: dict[str, list[float]] = {}
        self._given: dict[str, list[float]] = {}
        self._fresh: dict[str, list[float]] = {}

    def add(self, name: str, row: Row) -> None:
        """Take in an observation, its weight first."""
        left = kept(self.forgetting(name), row[0])
        total, fresh = self._totals.get(name), self._fresh.get(name)
        self._totals[name] = _added(total, row, left)
        # While nothing came from elsewhere, they are one row.
        self._fresh[name] = self._totals[name] if fresh is total else _added(fresh, row, left)

    def total(self, name: str) -> Row | None:
        """Everything there is under a name."""
        return self._totals.get(name)

    def news(self) -> Mapping[str, Row]:
        """What was learned here since the last `rebase`."""
        self._given = merge(self._given, self._fresh, self.forgetting)
        self._fresh = {}
        return dict(self._given)

    def rebase(self, everything: Sums, width: int) -> None:
        """Go on from everybody's sums; rows of another width, or not finite, are left out."""
        sound = {name: row for name, row in everything.items() if len(row) == width}
        sound = {name: row for name, row in sound.items() if finite(row)}
        self._given = {}
        self._totals = merge(sound, self._fresh, self.forgetting)

    def forget_news(self) -> None:
        """Leave to another process what was learned here so far."""
        self._given, self._fresh = {}, {}
