"""Tables: Markdown, SQL clients', CSV, and columns of one width."""

import csv
import re
from collections.abc import Iterator, Sequence, Set

from tokenomics_shared.compression.columns import Columns
from tokenomics_shared.compression.faults import faults
from tokenomics_shared.compression.lines import Line, LinesReading
from tokenomics_shared.compression.records import combined
from tokenomics_shared.compression.wanted import Wanted

_RULES = " \t\r|+:-="
"""What the rule below a header is made of."""
_GAP = re.compile(r" {2,}|\t+")
_SENTENCE = re.compile(r"[a-z]{2}[.!?](?:\s|$)")
_FEWEST = 5
"""Rows from which lines are a table."""
_TABLED = 0.6
"""Share of the lines that are rows, from which a text is a table."""
_ALIKE = 0.9
"""Share of the rows that have as many cells as the header."""
_LONG_CELL = 60
"""Characters that no name of a column has."""
_FEWEST_COLUMNS = 3
"""Columns from which lines may be a table without bars or tabs."""
_WIDE = 4
"""Columns from which sentences may be cells of CSV."""
_FEWEST_NUMBERS = 2
"""Numbers in a row of words, from which it may be one of a table."""
_HEADER = 1000
"""Characters that a header has at most."""
_READ = 200
"""Lines that are looked at to tell CSV."""


def read_table(text: str, wanted: Wanted) -> LinesReading | None:
    """A table taken apart; None when a text is none."""
    return _ruled(text, wanted) or _separated(text, wanted) or _aligned(text, wanted)


def _ruled(text: str, wanted: Wanted) -> LinesReading | None:
    """Markdown, and what SQL clients print: a rule below the header, cells between bars."""
    lines = text.rstrip("\n").split("\n")
    rules = {at for at, line in enumerate(lines) if "--" in line and not line.strip(_RULES)}
    barred = sum(1 for at, line in enumerate(lines) if "|" in line or at in rules)
    filled = sum(1 for line in lines if line.strip())
    if not rules or barred < _FEWEST + 2 or barred < _TABLED * filled:
        return None
    if not any("|" in lines[at] or "+" in lines[at] for at in rules):
        return None
    return LinesReading(_blocks(lines, rules, wanted), "rows")


def _blocks(lines: Sequence[str], rules: Set[int], wanted: Wanted) -> list[Line]:
    """The tables of a text, each with a header above its rule, and what is around them."""
    found: list[Line] = []
    block: list[tuple[str, list[str]]] = []
    header: list[str] = []
    above = False
    for at, line in enumerate(lines):
        heads = "|" in line and at + 1 in rules and not above
        if "|" in line and at not in rules and not heads:
            block.append((line, _cells(line)))
            continue
        found += _rows(header, block, wanted)
        block = []
        above = above and bool(line.strip())
        if heads:
            header, above = _cells(line), True
        found.append(Line(line, None))
    return found + _rows(header, block, wanted)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _separated(text: str, wanted: Wanted) -> LinesReading | None:
    """CSV, whatever separates its cells."""
    lines = text.rstrip("\n").split("\n")
    if len(lines) <= _FEWEST:
        return None
    for mark in "\t,;|":
        width = lines[0].count(mark) + 1
        if width < _FEWEST_COLUMNS - (mark == "\t") or not _names(lines[0].split(mark)):
            continue
        records = _records(lines, mark)
        if records and _even([cells for _, cells in records[:_READ]], width):
            header, rows = records[0], records[1:]
            found = [Line(header[0], None), *_rows(header[1], rows, wanted)]
            return LinesReading(found, "rows")
    return None


def _names(cells: Sequence[str]) -> bool:
    """Whether cells may be the names of columns."""
    short = all(0 < len(cell.strip()) <= _LONG_CELL for cell in cells)
    return short and not any(_SENTENCE.search(cell) for cell in cells)


def _even(records: Sequence[Sequence[str]], width: int) -> bool:
    if len(records) <= _FEWEST:
        return False
    alike = sum(len(cells) == width for cells in records)
    words = sum(bool(_SENTENCE.search(cells[-1])) for cells in records)
    return alike >= _ALIKE * len(records) and (words < 0.5 * len(records) or width > _WIDE)


def _records(lines: Sequence[str], mark: str) -> list[tuple[str, list[str]]]:
    """The records and their cells, those over several lines together; none if it is no CSV."""
    found: list[tuple[str, list[str]]] = []
    reader = csv.reader(_ended(lines), delimiter=mark)
    begin = 0
    try:
        for cells in reader:
            text = "\n".join(lines[begin : reader.line_num])
            begin = reader.line_num
            if text.strip():
                found.append((text, cells))
    except csv.Error:
        return []
    return found


def _ended(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield f"{line}\n"


def _aligned(text: str, wanted: Wanted) -> LinesReading | None:
    """Columns of one width below names in capitals, as command line tools print them."""
    lines = text.rstrip("\n").split("\n")
    if len(lines) <= _FEWEST or len(lines[0]) > _HEADER:
        return None
    names = _GAP.split(lines[0].strip())
    capitals = lines[0].isupper() or all(name[:1].isupper() or name[:1] == "%" for name in names)
    if len(names) >= _FEWEST_COLUMNS and capitals and _names(names):
        split = [_aligned_cells(line) for line in lines[1:]]
        near = sum(abs(len(cells) - len(names)) < _FEWEST_COLUMNS for cells in split)
        if near >= _ALIKE * len(split):
            rows = list(zip(lines[1:], split, strict=True))
            return LinesReading([Line(lines[0], None), *_rows(names, rows, wanted)], "rows")
    return _numbered(lines, wanted)


def _numbered(lines: Sequence[str], wanted: Wanted) -> LinesReading | None:
    """Columns of words and numbers with a space between them, as of processes and mounts."""
    names = lines[0].split()
    last = len(names) - 1
    if last < _WIDE or sum(name.isupper() for name in names) < 0.5 * len(names):
        return None
    split = [line.split(None, last) for line in lines[1:]]
    filled = sum(
        len(cells) >= last and sum(cell[0] in "0123456789" for cell in cells) >= _FEWEST_NUMBERS
        for cells in split
    )
    if filled < _ALIKE * len(split):
        return None
    rows = list(zip(lines[1:], split, strict=True))
    return LinesReading([Line(lines[0], None), *_rows(names, rows, wanted)], "rows")


def _aligned_cells(line: str) -> list[str]:
    cells = _GAP.split(line.strip())
    return cells if len(cells) >= _FEWEST_COLUMNS else line.split()


def _rows(
    header: Sequence[str], rows: Sequence[tuple[str, list[str]]], wanted: Wanted
) -> list[Line]:
    """The rows of a table with what they are worth beside each other."""
    if len(rows) < _FEWEST:
        return [Line(text, None) for text, _ in rows]
    columns = Columns()
    for row, (_, cells) in enumerate(rows):
        for at, cell in enumerate(cells[: len(header) + _WIDE]):
            name = header[at] if at < len(header) else ""
            columns.add(row, f"{name} {at}", cell or None)
    texts = [text for text, _ in rows]
    odd = columns.worths(len(rows), wanted)
    told = zip(odd, faults(texts), wanted.matches(texts), strict=True)
    worths = combined(list(told), wanted)
    return [Line(text, worth) for text, worth in zip(texts, worths, strict=True)]
