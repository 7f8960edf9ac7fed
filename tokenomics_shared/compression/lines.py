"""A text of lines taken apart: entries, rows and frames that may go, around lines that stay."""

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass

from tokenomics_shared.compression.reading import Unit, left_out

_REPEATED = 8
"""Entries of one form from which their number is told beside the first of them."""
_TOLD = 4
"""Forms whose numbers are told."""


@dataclass(frozen=True, slots=True)
class Line:
    """Lines that go or stay together.

    Attributes:
        text: what they say.
        worth: what keeping them is worth; None when they always stay (with what they are in).
        form: what those like it are known by; -1 for none.
        frame: it is part of the last line before it that isn't.
    """

    text: str
    worth: float | None
    form: int = -1
    frame: bool = False


class LinesReading:
    """Lines taken apart, in their order."""

    def __init__(self, lines: Sequence[Line], what: str, joint: str = "\n") -> None:
        """Take lines.

        Args:
            lines: all of them.
            what: what the entries are called.
            joint: what is between them.
        """
        self._lines = lines
        self._what = what
        self._joint = joint
        self.units: list[Unit] = []
        self.size = 16
        self._places: list[int] = []
        self._owners: list[int] = []
        owner = -1
        for line in lines:
            if not line.frame:
                owner = -1 if line.worth is None else len(self.units)
            self._owners.append(owner)
            self._place(line, owner)

    def _place(self, line: Line, owner: int) -> None:
        size = len(line.text) + len(self._joint)
        if line.worth is not None:
            self._places.append(len(self.units))
            self.units.append(Unit(size, line.worth, owner if line.frame else -1))
            return
        self._places.append(-1)
        if owner < 0:
            self.size += size
        else:
            held = self.units[owner]
            self.units[owner] = Unit(held.size + size, held.worth, held.within)

    def text(self, kept: Set[int]) -> str:
        """The text with these alone."""
        parts: list[str] = []
        told = self._repeated(kept)
        frames = entries = total = 0
        for line, place, owner in zip(self._lines, self._places, self._owners, strict=True):
            stays = (place < 0 or place in kept) and (owner < 0 or owner in kept)
            if frames and (stays or not line.frame):
                parts.append(f"[\u2026 {frames} frames left out]")
                frames = 0
            if stays:
                parts.append(line.text)
                if line.form in told and not line.frame:
                    parts.append(f"[\u2026 {told.pop(line.form)} more like this]")
            elif line.frame:
                frames += owner < 0 or owner in kept
            total += place >= 0 and not line.frame
            entries += not stays and not line.frame
        if frames:
            parts.append(f"[\u2026 {frames} frames left out]")
        if entries:
            parts.append(left_out(entries, total, self._what))
        return self._joint.join(parts)

    def _repeated(self, kept: Set[int]) -> dict[int, int]:
        """How many of the commonest forms are left out, of those that are not gone altogether."""
        gone: Counter[int] = Counter()
        there = set()
        for line, place in zip(self._lines, self._places, strict=True):
            if line.form >= 0 and place >= 0:
                if place in kept:
                    there.add(line.form)
                else:
                    gone[line.form] += 1
        many = sorted((-n, form) for form, n in gone.items() if n >= _REPEATED and form in there)
        return {form: -n for n, form in many[:_TOLD]}
