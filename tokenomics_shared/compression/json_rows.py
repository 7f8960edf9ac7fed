"""JSON and lines of JSON: records go whole, what is left is JSON, and says how many went."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from tokenomics_shared.compression.columns import Columns
from tokenomics_shared.compression.faults import faults
from tokenomics_shared.compression.json_text import Span, entries, items, minify, parse
from tokenomics_shared.compression.reading import KEY, Unit, edges, more
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
_COMPARED = 3
"""Levels of a record whose values are compared with those of others."""
_CELLS = 40
"""Elements of a record that is an array itself that are compared."""
_SENTENCE, _SPACES = 32, 3
"""Characters and spaces that what is longer is prose."""
_LISTED = 6
"""Elements of a record's own array that are compared with those of other records."""


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


_Piece = str | _Box | _Long


class JsonReading:
    """JSON taken apart: elements of its arrays, and of objects that are used as arrays."""

    def __init__(self, text: str, value: Any, span: Span, wanted: Wanted) -> None:
        """Take JSON apart whose value is known, and where in the text it is."""
        self._wanted = wanted
        self._source = minify(text[slice(*span)], value)
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
        if size > _LONG and type(value) is str and within >= 0:
            return self._string(text, within)
        if size <= (_SMALL if within < 0 else _LONG) or depth >= _DEEP or not _bulky(value):
            return text, size
        if type(value) is list:
            found = [("", at[0], each, at) for each, at in items(self._source, span[0])]
            rows = len(found) >= (_FEW_SCALARS if _plain(value) else _FEW)
            return self._box("[]", found, within, depth, rows=rows)
        named = list(entries(self._source, span[0]))
        return self._box("{}", named, within, depth, rows=_alike(value))

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
        if len(text) > self._whole // 2:
            return text, len(text)
        unit = len(self._units)
        self._strings.append(unit)
        self._units.append(Unit(len(text), 1.0, within))
        return _Long(unit, text), 30

    def _weigh_strings(self) -> None:
        """Long strings are worth what they have of the query and of faults, beside each other."""
        texts = [piece.text for piece in _longs(self._root)]
        if not texts:
            return
        scores = zip(self._wanted.matches(texts), faults(texts), strict=True)
        for unit, (match, fault) in zip(self._strings, scores, strict=True):
            held = self._units[unit]
            worth = 0.5 + match + 0.5 * fault
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


def row_worths(values: Sequence[Any], texts: Sequence[str], wanted: Wanted) -> list[float]:
    """What each of some records is worth beside the others."""
    columns = Columns()
    _gather(columns, "", list(range(len(values))), values, 0)
    matches = wanted.matches(texts)
    prose = list(map(_prose, values))
    if any(prose):
        said = zip(matches, wanted.matches(prose), wanted.answers(prose), strict=True)
        matches = [0.5 * whole + 0.7 * inside + answer for whole, inside, answer in said]
    told = zip(columns.worths(len(values), wanted), faults(texts), matches, strict=True)
    worths = combined(list(told), wanted)
    return unrepeated(worths, prose) if any(prose) else worths


def unrepeated(worths: Sequence[float], prose: Sequence[str]) -> list[float]:
    """Worths of rows, that of a row whose prose an earlier one has too less."""
    seen: set[str] = set()
    result = []
    for worth, text in zip(worths, prose, strict=True):
        result.append(worth * 0.4 if text in seen else worth)
        if text:
            seen.add(text)
    return result


def _prose(value: Any) -> str:
    """The sentences that a record has itself."""
    if type(value) is not dict:
        return ""
    texts = (each for each in value.values() if type(each) is str and len(each) > _SENTENCE)
    return "\n".join(text for text in texts if text.count(" ") > _SPACES)


def combined(told: Sequence[tuple[float, float, float]], wanted: Wanted) -> list[float]:
    """Worth of rows that stand out, tell of a fault and match so much each."""
    asked = 2.0 if wanted.fault else 1.0
    worths = []
    for odd, fault, match in told:
        signals = sorted((odd, asked * fault, match))
        worths.append(signals[2] + 0.5 * signals[1] + 0.25 * signals[0])
    for place, worth in edges(len(worths)):
        worths[place] += worth if place == 0 else worth * (worths[place] < 1)
    return worths


def _gather(
    columns: Columns, path: str, rows: list[int], values: Sequence[Any], depth: int
) -> None:
    """Take in a column: the plain values in it, and how many elements its arrays have."""
    kinds = set(map(type, values))
    if dict not in kinds and list not in kinds:
        columns.cells[path] = (rows, list(values))
        return
    plain, objects, arrays = _sorted_out(rows, values)
    for row, value in plain:
        columns.add(row, path, value)
    for row, value in arrays if depth else ():
        columns.add(row, f"{path}#", len(value))
    if depth > _COMPARED:
        return
    inside: dict[str, tuple[list[int], list[Any]]] = {}
    for row, value in objects:
        for key, each in value.items():
            _append(inside, key, row, each)
    for key, held in inside.items():
        _gather(columns, f"{path}.{key}" if path else key, *held, depth + 1)
    _gather_arrays(columns, path, arrays, depth)


def _gather_arrays(
    columns: Columns, path: str, arrays: Sequence[tuple[int, Any]], depth: int
) -> None:
    """Take in elements: by their place in rows that are arrays, otherwise all alike."""
    inside: dict[str, tuple[list[int], list[Any]]] = {}
    for row, value in arrays:
        for at, each in enumerate(value[: _LISTED if depth else _CELLS]):
            _append(inside, f"{path}[]" if depth else str(at), row, each)
    for name, held in inside.items():
        _gather(columns, name, *held, depth + 1)


def _append(
    inside: dict[str, tuple[list[int], list[Any]]], key: str, row: int, value: Any
) -> None:
    held = inside.get(key)
    if held is None:
        held = inside[key] = ([], [])
    held[0].append(row)
    held[1].append(value)


def _sorted_out(
    rows: Sequence[int], values: Sequence[Any]
) -> tuple[list[tuple[int, Any]], list[tuple[int, Any]], list[tuple[int, Any]]]:
    """Plain values, objects and arrays, each with its row."""
    plain, objects, arrays = [], [], []
    for row, value in zip(rows, values, strict=True):
        kind = type(value)
        (objects if kind is dict else arrays if kind is list else plain).append((row, value))
    return plain, objects, arrays


def _bulky(value: Any) -> bool:
    """Whether anything in a value may be left out."""
    if type(value) is list:
        return len(value) >= _FEW or any(map(_bulky, value))
    if type(value) is dict:
        return (len(value) >= _MANY and _alike(value)) or any(map(_bulky, value.values()))
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
