"""What a text is: JSON, a table, a log, a page, a trace, or prose."""

from collections.abc import Callable
from typing import Literal

from tokenomics_shared.compression.json_rows import JsonReading, RecordsReading, json_lines
from tokenomics_shared.compression.json_text import parse
from tokenomics_shared.compression.logs import read_log, read_trace
from tokenomics_shared.compression.markup import read_page
from tokenomics_shared.compression.reading import Reading
from tokenomics_shared.compression.tables import read_table
from tokenomics_shared.compression.wanted import Wanted

Shape = Literal["json", "json lines", "html", "table", "trace", "log"]
"""How a text is put together."""

_AHEAD = 1000
"""Characters in which a text must begin, spaces aside."""
_READERS: tuple[tuple[Shape, Callable[[str, Wanted], Reading | None]], ...] = (
    ("html", read_page),
    ("trace", read_trace),
    ("table", read_table),
    ("log", read_log),
)


def shape_of(text: str) -> Shape | None:
    """What a text is; None for prose, code and what is none of the shapes for certain."""
    found = read(text, Wanted(""))
    return found[0] if found else None


def read(text: str, wanted: Wanted) -> tuple[Shape, Reading] | None:
    """A text taken apart as what it is; None for prose."""
    start = text[:_AHEAD].lstrip()[:1]
    if start and start in "{[":
        found = parse(text)
        if found:
            return "json", JsonReading(text, *found, wanted)
        records = json_lines(text)
        if records:
            return "json lines", RecordsReading(records, wanted)
    for shape, reader in _READERS:
        reading = reader(text, wanted)
        if reading is not None:
            return shape, reading
    return None
