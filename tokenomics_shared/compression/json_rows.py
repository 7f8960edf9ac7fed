"""JSON and lines of JSON: records go whole, what is left is JSON, and says how many went."""

import json
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from tokenomics_shared.compression.faults import faults
from tokenomics_shared.compression.json_text import (
    Span,
    canonical,
    entries,
    items,
    minify,
    named,
    parse,
    parted,
)
from tokenomics_shared.compression.reading import KEY, Reading, Unit, more
from tokenomics_shared.compression.records import row_worths
from tokenomics_shared.compression.wanted import Wanted

_FEW = 5
"""Elements from which an array may lose some."""
_FEW_SCALARS = 24
"""Elements from which an array of plain values, or an object of them, may lose some."""
_LINES = 3
"""Lines of JSON from which a text is taken for lines of JSON."""
_SMALL = 240
"""Characters up to which a value is not looked into."""
_LONG = 800
"""Characters from which a record is looked into, and a string may be left out of it."""
_DEEP = 16
"""Levels that are looked into; what is deeper goes or stays whole."""
_MANY = 8
"""Entries from which an object may be one that is used as an array."""


@dataclass(slots=True)
class _Box:
    """An array or object, element by element.

    Attributes:
        brackets: the characters it begins and ends with.
        elements: each one's unit (-1 when it always stays), its key if any, and what it is.
    """

    brackets: str
    elements: list[tuple[int, str, "_Piece"]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Long:
    """A string that may be left out of its record, as this unit."""

    unit: int
    text: str


@dataclass(frozen=True, slots=True)
class _Inner:
    """A string that is most of a text and has a shape of its own, such as a command's output.

    Attributes:
        reading: the string taken apart.
        first: the place of its first unit among the text's.
    """

    reading: Reading
    first: int


_Piece = str | _Box | _Long | _Inner
Reader = Callable[[str], Reading | None]
"""Takes a string apart that has a shape; None for others."""


class JsonReading:
    """JSON taken apart: elements of its arrays, and of objects that are used as arrays."""

    def __init__(self, text: str, found: tuple[Any, Span], wanted: Wanted, reader: Reader) -> None:
        """Take JSON apart.

        Args:
            text: a text that has it.
            found: its value, and where in the text it is.
            wanted: what the query asks for.
            reader: takes apart a string that is most of it.
        """
        value, span = found
        self._reader = reader
        self._wanted = wanted
        short = canonical(text[slice(*span)], value)
        self._known = short is not None
        self._source = minify(text[slice(*span)]) if short is None else short
        self._units: list[Unit] = []
        self._strings: list[int] = []
        self._whole = len(self._source)
        self._root, self.size = self._piece(value, (0, self._whole), -1, 0)
        self._weigh_strings()

    @property
    def units(self) -> Sequence[Unit]:
        """Elements and long strings that may go."""
        return self._units

    def text(self, kept: Set[int]) -> str:
        """The JSON with these alone."""
        return _text(self._root, kept)

    def _piece(self, value: Any, span: Span, within: int, depth: int) -> tuple[_Piece, int]:
        """A value taken apart, and the characters of it that stay when it does."""
        size = span[1] - span[0]
        text = self._source[slice(*span)]
        if _LONG < size <= self._whole // 2 and type(value) is str and within >= 0:
            return self._string(text, within)
        if size > self._whole // 2 and size > _LONG and type(value) is str:
            return self._inner(text, value, within)
        small = size <= (_SMALL if within < 0 else _LONG)
        if small or type(value) is str or not _bulky(value, depth):
            return text, size
        if type(value) is list:
            found = [("", at[0], each, at) for each, at in self._items(value, span)]
            rows = len(found) >= (_FEW_SCALARS if _plain(value) else _FEW)
            return self._box("[]", found, within, depth, rows=rows)
        each = list(self._entries(value, span))
        return self._box("{}", each, within, depth, rows=_alike(value))

    def _items(self, values: list[Any], span: Span) -> Iterable[tuple[Any, Span]]:
        spans = parted(self._source, span, values) if self._known else None
        return items(self._source, span[0]) if spans is None else zip(values, spans, strict=True)

    def _entries(self, value: dict[str, Any], span: Span) -> Iterable[tuple[str, int, Any, Span]]:
        if self._known and len(value) < _MANY:
            return named(self._source, span, value)
        return entries(self._source, span[0])

    def _box(
        self,
        brackets: str,
        found: Sequence[tuple[str, int, Any, Span]],
        within: int,
        depth: int,
        *,
        rows: bool,
    ) -> tuple[_Box, int]:
        box, size = _Box(brackets), 2
        worths: Sequence[float] = ()
        if rows:
            texts = [self._source[start : at[1]] for _, start, _, at in found]
            worths = row_worths([value for _, _, value, _ in found], texts, self._wanted)
            size += 24
        for index, (_, start, value, at) in enumerate(found):
            unit = -1
            if rows:
                unit = len(self._units)
                above = self._units[within].worth * 0.4 if within >= 0 else 0.0
                self._units.append(Unit(0, worths[index] + above, within))
            piece, stays = self._piece(value, at, unit if rows else within, depth + 1)
            stays += at[0] - start + 1
            if rows:
                self._units[unit] = Unit(stays, self._units[unit].worth, within)
            else:
                size += stays
            box.elements.append((unit, self._source[start : at[0]], piece))
        return box, size

    def _string(self, text: str, within: int) -> tuple[_Piece, int]:
        unit = len(self._units)
        self._strings.append(unit)
        self._units.append(Unit(len(text), 1.0, within))
        return _Long(unit, text), 30

    def _inner(self, text: str, value: str, within: int) -> tuple[_Piece, int]:
        reading = self._reader(value)
        if reading is None:
            return text, len(text)
        first = len(self._units)
        for unit in reading.units:
            owner = within if unit.within < 0 else unit.within + first
            self._units.append(Unit(unit.size, unit.worth, owner))
        return _Inner(reading, first), reading.size

    def _weigh_strings(self) -> None:
        """Long strings are worth what they have of the query and of faults, beside each other."""
        texts = [piece.text for piece in _longs(self._root)]
        if not texts:
            return
        scores = zip(self._wanted.matches(texts), faults(texts), strict=True)
        for unit, (match, fault) in zip(self._strings, scores, strict=True):
            held = self._units[unit]
            worth = 0.5 + match + 0.5 * fault + 0.4 * self._units[held.within].worth
            self._units[unit] = Unit(held.size, worth, held.within)


class RecordsReading:
    """Lines of JSON taken apart: one record a line."""

    def __init__(self, records: Sequence[tuple[Any, str]], wanted: Wanted) -> None:
        """Take values apart that were read, and their lines."""
        self._lines = [minify(line.strip(), value) for value, line in records]
        worths = row_worths([value for value, _ in records], self._lines, wanted)
        sizes = map(len, self._lines)
        self.units = [Unit(n + 1, w) for n, w in zip(sizes, worths, strict=True)]
        self.size = 24

    def text(self, kept: Set[int]) -> str:
        """The lines of these records, and a last one with how many others there were."""
        lines = [line for at, line in enumerate(self._lines) if at in kept]
        gone = len(self._lines) - len(lines)
        return "\n".join([*lines, f"{{{more(gone)}}}"] if gone else lines)


def json_lines(text: str) -> list[tuple[Any, str]] | None:
    """The records of a text that has one JSON array or object a line; None when it is other."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) < _LINES or any(line.lstrip()[0] not in "{[" for line in lines):
        return None
    records = []
    for line in lines:
        found = parse(line)
        if found is None:
            return None
        records.append((found[0], line))
    return records


def _bulky(value: Any, depth: int) -> bool:
    """Whether anything in a value may be left out."""
    if depth >= _DEEP:
        return False
    if type(value) is list:
        return len(value) >= _FEW or any(_bulky(each, depth + 1) for each in value)
    if type(value) is dict:
        table = len(value) >= _MANY and _alike(value)
        return table or any(_bulky(each, depth + 1) for each in value.values())
    return type(value) is str and len(value) > _LONG


def _plain(values: Sequence[Any]) -> bool:
    return not any(type(value) in (list, dict) for value in values)


def _alike(value: dict[str, Any]) -> bool:
    """Whether an object is used as an array: many entries, all of one form."""
    kinds = set(map(type, value.values()))
    if len(value) < _MANY or not kinds <= {dict, list}:
        return len(value) >= 2 * _FEW_SCALARS and not kinds & {dict, list}
    if kinds != {dict}:
        return kinds == {list}
    first = next(iter(value.values())).keys()
    alike = sum(len(first & each.keys()) * 2 > len(first) for each in value.values())
    return alike >= 0.6 * len(value)


def _longs(piece: _Piece) -> Iterable[_Long]:
    if type(piece) is _Long:
        yield piece
    elif type(piece) is _Box:
        for _, _, inner in piece.elements:
            yield from _longs(inner)


def _text(piece: _Piece, kept: Set[int]) -> str:
    if isinstance(piece, str):
        return piece
    if isinstance(piece, _Inner):
        last = piece.first + len(piece.reading.units)
        inside = frozenset(at - piece.first for at in kept if piece.first <= at < last)
        return json.dumps(piece.reading.text(inside), ensure_ascii=False)
    if isinstance(piece, _Long):
        return (
            piece.text
            if piece.unit in kept
            else f'"{KEY} {len(piece.text) - 2} characters left out"'
        )
    parts = [
        key + _text(inner, kept) for unit, key, inner in piece.elements if unit < 0 or unit in kept
    ]
    gone = len(piece.elements) - len(parts)
    if gone:
        parts.append(more(gone) if piece.brackets == "{}" else f"{{{more(gone)}}}")
    return f"{piece.brackets[0]}{','.join(parts)}{piece.brackets[1]}"
