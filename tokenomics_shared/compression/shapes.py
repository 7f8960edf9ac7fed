"""What a text is: JSON, a table, a log, a page, a trace, or prose."""

import re
from collections.abc import Callable, Set
from typing import Any, Literal

from tokenomics_shared.compression.json_rows import JsonReading, RecordsReading, json_lines
from tokenomics_shared.compression.json_text import Span, parse
from tokenomics_shared.compression.logs import log_entries, read_log, read_trace
from tokenomics_shared.compression.markup import read_page
from tokenomics_shared.compression.reading import Reading
from tokenomics_shared.compression.tables import read_table
from tokenomics_shared.compression.wanted import Wanted

Shape = Literal["json", "json lines", "html", "table", "trace", "log"]
"""How a text is put together."""

_AHEAD = 1000
"""Characters in which a text must begin, spaces aside."""
_BEHIND = 400
"""Characters in which JSON must end that is not all of a text."""
_MOSTLY = 0.7
"""Share of a text that JSON in it must be."""
_OPENS = re.compile(r"(?<=\n)[ \t]*[\[{](?=[\s\[{\"\d])")
_READERS: tuple[tuple[Shape, Callable[[str, Wanted], Reading | None]], ...] = (
    ("html", read_page),
    ("trace", read_trace),
    ("table", read_table),
    ("log", read_log),
)


def shape_of(text: str) -> Shape | None:
    """What a text is; None for prose, code and what is none of the shapes for certain."""
    if text[:_AHEAD].lstrip()[:1] in ("{", "["):
        if parse(text):
            return "json"
        if json_lines(text):
            return "json lines"
    if _frame(text):
        return "json"
    unasked = Wanted("")
    readers = (shape for shape, reader in _READERS[:-1] if reader(text, unasked) is not None)
    return next(readers, None) or ("log" if log_entries(text) else None)


def read(text: str, wanted: Wanted) -> tuple[Shape, Reading] | None:
    """A text taken apart as what it is; None for prose."""
    start = text[:_AHEAD].lstrip()[:1]
    if start and start in "{[":
        found = parse(text)
        if found:
            return "json", JsonReading(text, found, wanted, _inside(wanted))
        records = json_lines(text)
        if records:
            return "json lines", RecordsReading(records, wanted)
    framed = _framed(text, wanted)
    if framed is not None:
        return "json", framed
    for shape, reader in _READERS:
        reading = reader(text, wanted)
        if reading is not None:
            return shape, reading
    return None


def _inside(wanted: Wanted) -> Callable[[str], Reading | None]:
    """Takes apart strings in JSON; JSON in them is looked into no further."""

    def reader(text: str) -> Reading | None:
        readings = (reader(text, wanted) for _, reader in _READERS)
        return next((reading for reading in readings if reading is not None), None)

    return reader


class _Framed:
    """JSON between a few lines that stay."""

    def __init__(self, before: str, reading: Reading, after: str) -> None:
        """Frame a reading."""
        self._before, self._reading, self._after = before, reading, after
        self.units = reading.units
        self.size = reading.size + len(before) + len(after)

    def text(self, kept: Set[int]) -> str:
        """The JSON with these alone, and the lines around it."""
        return f"{self._before}{self._reading.text(kept)}{self._after}"


def _framed(text: str, wanted: Wanted) -> Reading | None:
    """JSON after a heading, or fenced as code, taken apart; None when a text is other."""
    frame = _frame(text)
    if frame is None:
        return None
    begin, end, found = frame
    reading = JsonReading(text[begin:end], found, wanted, _inside(wanted))
    return _Framed(text[:begin], reading, text[end:])


def _frame(text: str) -> tuple[int, int, tuple[Any, Span]] | None:
    """Where JSON in other words begins and ends, and its value with its place in there."""
    begin = _OPENS.search(text, 0, _AHEAD)
    tail = max(len(text) - _BEHIND, 0)
    end = max(text.rfind("}", tail), text.rfind("]", tail)) + 1
    if begin is None or not end:
        return None
    inside = text[begin.start() : end]
    found = parse(inside)
    if found is None or len(inside) < _MOSTLY * len(text):
        return None
    return begin.start(), end, found
