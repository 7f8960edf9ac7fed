"""What became of the requests whose likelihood fell into each bin."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp, log
from typing import Final, Self

BINS: Final = 48
"""Bins of likelihood."""

_WIDTH: Final = 0.125
"""Of a bin, in log-odds: fine near 1, where the threshold is decided."""

LEAST_LIKELIHOOD: Final = 0.5
"""The first bin's lower edge: what is likelier wrong than right is never served."""

_LAST: Final = BINS - 1
_ROWS: Final = 6


def bin_of(likelihood: float) -> int | None:
    """The bin of a likelihood; None below LEAST_LIKELIHOOD; the last one is open above."""
    if not likelihood >= LEAST_LIKELIHOOD:
        return None
    if likelihood >= 1.0:
        return _LAST
    # Rounded, so that an edge computed by `edge` falls into the bin that begins there.
    return min(_LAST, int(round(log(likelihood / (1.0 - likelihood)) / _WIDTH, 9)))


def edge(place: int) -> float:
    """The lower edge of a bin, in likelihood."""
    return 1.0 / (1.0 + exp(-place * _WIDTH))


def _zeros() -> list[float]:
    return [0.0] * BINS


@dataclass(slots=True)
class Tally:
    """Counts by bin.

    Attributes:
        seen: requests, hits or not.
        hits: served.
        labels: requests of which it is known whether the elected answer was right.
        wrong: those where it was not.
        audits: hits that were labelled because they were drawn.
        audited_wrong: those that were wrong.
    """

    seen: list[float] = field(default_factory=_zeros)
    hits: list[float] = field(default_factory=_zeros)
    labels: list[float] = field(default_factory=_zeros)
    wrong: list[float] = field(default_factory=_zeros)
    audits: list[float] = field(default_factory=_zeros)
    audited_wrong: list[float] = field(default_factory=_zeros)

    def label(self, place: int, *, right: bool) -> None:
        """Count a label."""
        self.labels[place] += 1.0
        self.wrong[place] += not right

    def halve(self) -> None:
        """Let what is old count half."""
        for counts in self._all():
            counts[:] = [count / 2.0 for count in counts]

    def state(self) -> list[list[float]]:
        """The counts, for JSON."""
        return [list(counts) for counts in self._all()]

    @classmethod
    def restore(cls, state: Sequence[Sequence[float]]) -> Self:
        """Take counts from JSON.

        Raises:
            ValueError: they are not six rows of BINS counts.
        """
        rows = [[float(count) for count in counts] for counts in state]
        sound = len(rows) == _ROWS and all(
            len(counts) == BINS and all(0.0 <= count < float("inf") for count in counts)
            for counts in rows
        )
        if not sound:
            raise ValueError(f"a tally is {_ROWS} rows of {BINS} counts")
        return cls(*rows)

    def _all(self) -> tuple[list[float], ...]:
        counted = (self.seen, self.hits, self.labels)
        return (*counted, self.wrong, self.audits, self.audited_wrong)
