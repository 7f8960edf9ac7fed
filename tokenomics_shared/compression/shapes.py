"""What a text is: JSON, a table, a log, a page, a trace, or prose."""

from typing import Literal

from tokenomics_shared.compression.json_rows import JsonReading, LinesReading, json_lines
from tokenomics_shared.compression.json_text import parse
from tokenomics_shared.compression.reading import Reading
from tokenomics_shared.compression.wanted import Wanted

Shape = Literal["json", "json lines", "html", "table", "trace", "log"]
"""How a text is put together."""


def shape_of(text: str) -> Shape | None:
    """What a text is; None for prose, code and what is none of the shapes for certain."""
    found = read(text, Wanted(""))
    return found[0] if found else None


def read(text: str, wanted: Wanted) -> tuple[Shape, Reading] | None:
    """A text taken apart as what it is; None for prose."""
    start = text.lstrip()[:1]
    if start and start in "{[":
        found = parse(text)
        if found:
            return "json", JsonReading(text, *found, wanted)
        records = json_lines(text)
        return ("json lines", LinesReading(records, wanted)) if records else None
    return None
