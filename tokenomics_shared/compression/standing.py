"""What a sentence has from where it stands: from its paragraph, and from those around it.

Paragraphs are the places of their sentences, in order, and together they are all.
"""

import math
from collections.abc import Sequence

FADING = 0.5
"""What a sentence still lends to those around it, for each step away."""

LEAST_SPREAD = 1e-9
"""Of values that differ by more than rounding."""


def tops(passages: Sequence[Sequence[int]], values: Sequence[float]) -> list[float]:
    """The most of each one's paragraph."""
    return [top for part in passages for top in [max(values[at] for at in part)] * len(part)]


def around(passages: Sequence[Sequence[int]], values: Sequence[float]) -> list[float]:
    """What the others of each one's paragraph have, less with each step away."""
    found = [0.0] * len(values)
    for part in passages:
        for places in (part, part[::-1]):
            lent = 0.0
            for at in places:
                found[at] += lent
                lent = FADING * (lent + values[at])
    return found


def leads(passages: Sequence[Sequence[int]]) -> list[float]:
    """Sentences that open a paragraph say most of what it is about; then ever less."""
    return [1 / (1 + place) for part in passages for place in range(len(part))]


def standard(values: Sequence[float]) -> list[float]:
    """As standard scores; all 0 if there is nothing between them."""
    mean = sum(values) / max(1, len(values))
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / max(1, len(values)))
    if spread <= LEAST_SPREAD:
        return [0.0] * len(values)
    return [(value - mean) / spread for value in values]
