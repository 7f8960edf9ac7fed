"""Which units of several texts stay within one token budget."""

from collections.abc import Sequence

from tokenomics_shared.compression.reading import STRONG, Reading

_STRONGEST = 4
"""Units of a text that are kept whatever the budget, when they are worth it."""


def select(
    readings: Sequence[Reading], densities: Sequence[float], budget: float
) -> list[set[int]]:
    """The units to keep of each text: the worthiest that fit, wherever they are.

    Args:
        readings: the texts.
        densities: tokens per character of each.
        budget: tokens for all of them together, notes and what always stays included; 0 for the
            least that says what the texts are.
    """
    kept: list[set[int]] = [set() for _ in readings]
    left = budget - sum(r.size * d for r, d in zip(readings, densities, strict=True))
    ranked = sorted(
        (-unit.worth, text, place)
        for text, reading in enumerate(readings)
        for place, unit in enumerate(reading.units)
    )
    strong = [0] * len(readings)
    for worth, text, place in ranked:
        units = readings[text].units
        adds, cost = [], 0
        at = place
        while at >= 0 and at not in kept[text]:
            adds.append(at)
            cost += units[at].size
            at = units[at].within
        least = strong[text] < _STRONGEST if -worth > STRONG else budget <= 0 and not place
        if cost * densities[text] <= left or least:
            strong[text] += least
            kept[text].update(adds)
            left -= cost * densities[text]
    return kept
