"""A structured text taken apart: what must stay, and units that may go."""

import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from typing import Protocol

STRONG = 3.0
"""Worth from which a unit belongs to the least that is kept, whatever the budget."""

KEY = "\u2026"
"""The key of what stands for the elements left out of a JSON array or object."""

_MARK = re.compile(
    r'\{?"\u2026":"\d+ more like these"\}?|"\u2026 \d+ characters left out"'
    r"|\[\u2026 \d+ (?:more like this|of \d+ (?:lines|rows|records|blocks) left out"
    r"|frames left out)\]"
)


@dataclass(frozen=True, slots=True)
class Unit:
    """Something that stays whole or goes whole: a record, a row, an entry of a log, a frame.

    Attributes:
        size: characters that it adds, its own units not among them.
        worth: what keeping it is worth, at least 0; more than `STRONG` is always kept if few are.
        within: the place of the unit that it is part of; -1 for none.
    """

    size: int
    worth: float
    within: int = -1


class Reading(Protocol):
    """A text taken apart.

    Attributes:
        units: what may go, in the text's order; parts come after what they are part of.
        size: characters of what always stays.
    """

    @property
    def units(self) -> Sequence[Unit]:
        """What may go."""
        ...

    @property
    def size(self) -> int:
        """Characters of what always stays."""
        ...

    def text(self, kept: Set[int]) -> str:
        """The text with these units alone, and notes of how many others there were."""
        ...


def more(count: int) -> str:
    """What is said in JSON of elements that were left out."""
    return f'"{KEY}":"{count} more like these"'


def left_out(count: int, total: int, what: str) -> str:
    """What is said at the end of a text of its lines or rows that were left out."""
    return f"[\u2026 {count} of {total} {what} left out]"


def marked(text: str) -> bool:
    """Whether something was left out of a text before, and said so as this package does."""
    return "\u2026" in text and _MARK.search(text) is not None


def edges(count: int) -> Iterable[tuple[int, float]]:
    """What the first and last of so many are worth for being there."""
    worths = {count - 1: 0.9, count - 2: 0.4, 1: 0.6, 0: 2.0}
    return [(place, worth) for place, worth in worths.items() if 0 <= place < count]
