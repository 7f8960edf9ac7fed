"""What records are worth beside each other."""

from collections.abc import Sequence
from typing import Any

from tokenomics_shared.compression.columns import Columns
from tokenomics_shared.compression.faults import faults
from tokenomics_shared.compression.reading import edges
from tokenomics_shared.compression.wanted import Wanted

_COMPARED = 3
"""Levels of a record whose values are compared with those of others."""
_CELLS = 40
"""Elements of a record that is an array itself that are compared."""
_SENTENCE, _SPACES = 32, 3
"""Characters and spaces that what is longer is prose."""
_LISTED = 6
"""Elements of a record's own array that are compared with those of other records."""


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
    plain: list[tuple[int, Any]] = []
    objects: list[tuple[int, Any]] = []
    arrays: list[tuple[int, Any]] = []
    for row, value in zip(rows, values, strict=True):
        kind = type(value)
        (objects if kind is dict else arrays if kind is list else plain).append((row, value))
    return plain, objects, arrays
