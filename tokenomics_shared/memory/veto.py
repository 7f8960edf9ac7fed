"""A veto: one named, explained reason not to serve a stored answer."""

from collections.abc import Iterable
from dataclasses import dataclass

NEAR, CLOSE, ALMOST, SAME = 0.6, 0.75, 0.85, 0.95
"""Likeness of the other words (Dice) that rules ask for; at SAME no word of a question differs."""


@dataclass(frozen=True, slots=True)
class Veto:
    """One reason not to serve the stored answer.

    Attributes:
        rule: its stable name.
        reason: for a human; names the two differing things.
        core: holds even when many witnesses support the answer.
    """

    rule: str
    reason: str
    core: bool


def against(rule: str, one: object, other: object, *, core: bool = False) -> Veto:
    """Veto because of two things, texts or sets of texts, that differ."""
    return Veto(rule, f"{_shown(one)} against {_shown(other)}", core)


def _shown(thing: object) -> str:
    if isinstance(thing, str):
        return thing or "nothing"
    parts = [str(part) for part in thing] if isinstance(thing, Iterable) else [str(thing)]
    return ", ".join(sorted(parts)) or "nothing"
