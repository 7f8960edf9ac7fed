"""Rows below their table's header, and blocks of code between their fences.

A row without its header says little, and a block of code without its fence is no code. What a
unit can't do without is its frame, which stays wherever the unit does, and goes with the last.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from tokenomics_shared.compression.sentences import RULE, Unit
from tokenomics_shared.compression.spans import fenced

_ROW = re.compile(r"[ \t]*\|")
_BLANK = re.compile(r"\n[ \t]*\n")
_BLOCK = re.compile(r"\n(?:[ \t]*\n)+(?=[^\s)\]}])")
"""Before what isn't indented: a function or a class, not a part of one."""


def framed(text: str, units: Sequence[Unit], limit: int) -> tuple[Unit, ...]:
    """Units with their frames, fenced code of more than so many characters in its blocks."""
    return _under_headers(text, _in_blocks(text, units, limit))


def _in_blocks(text: str, units: Sequence[Unit], limit: int) -> list[Unit]:
    ends = {span.start: span.end for span in fenced(text)}
    found: list[Unit] = []
    for unit in units:
        end = ends.get(unit.start, 0)
        parts = _blocks(text, unit, end) if end and unit.end - unit.start > limit else []
        if len(parts) > _ONE_BLOCK:
            frame = (len(found), len(found) + len(parts) - 1)
            found += [replace(part, frame=frame) for part in parts]
        else:
            found.append(unit)
    return found


_ONE_BLOCK = 3
"""Units of code that is all one block: its fences, and the block."""


def _blocks(text: str, unit: Unit, end: int) -> list[Unit]:
    """Fenced code as its first line, its blocks and its last line; none if that is missing."""
    first = text.find("\n", unit.start, end) + 1
    last = text.rfind("\n", unit.start, end) + 1
    mark = text[unit.start : first].strip()[:3]
    if not 0 < first < last or not text[last:end].strip().startswith(mark):
        return []
    inner = [match.end() for match in _BLOCK.finditer(text, first, last)]
    starts = [unit.start, first, *(at for at in inner if first < at < last), last]
    return [
        Unit(start, stop, line=True)
        for start, stop in zip(starts, [*starts[1:], unit.end], strict=True)
    ]


def _under_headers(text: str, units: Sequence[Unit]) -> tuple[Unit, ...]:
    found: list[Unit] = []
    header = -1
    for place, unit in enumerate(units):
        row = unit.line and not unit.frame and _ROW.match(text, unit.start)
        if not row or (place and _BLANK.search(text, units[place - 1].start, unit.start)):
            header = -1
        if row and RULE.search(text, unit.start, unit.end):
            header = place
        framed = row and header >= 0
        found.append(replace(unit, frame=(header,)) if framed else unit)
    return tuple(found)
