"""What records are worth beside each other."""

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from operator import itemgetter
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
        columns.cells[path] = (list(rows), list(values))
        return
    (plain_rows, plain), (object_rows, objects), (array_rows, arrays) = _sorted_out(rows, values)
    for row, value in zip(plain_rows, plain, strict=True):
        columns.add(row, path, value)
    if depth:
        for row, value in zip(array_rows, arrays, strict=True):
            columns.add(row, f"{path}#", len(value))
    if depth > _COMPARED:
        return
    for key, held in _by_key(object_rows, objects).items():
        _gather(columns, f"{path}.{key}" if path else key, *held, depth + 1)
    for name, held in _by_place(path, array_rows, arrays, depth).items():
        _gather(columns, name, *held, depth + 1)


_Held = tuple[list[int], list[Any]]
"""Rows and what they have."""


def _by_key(rows: list[int], objects: Sequence[dict[str, Any]]) -> dict[str, _Held]:
    """Entries of objects by their keys."""
    forms = list(map(tuple, objects))
    every = {key for key, many in Counter(chain(*forms)).items() if many == len(forms)}
    first = forms[0] if forms else ()
    inside: dict[str, _Held] = {
        key: (rows, list(map(itemgetter(key), objects))) for key in first if key in every
    }
    # What only some have takes several times as long.
    others = {form: [key for key in form if key not in every] for form in set(forms)}
    for row, value, form in zip(rows, objects, forms, strict=True):
        for key in others[form]:
            held = inside.get(key)
            if held is None:
                held = inside[key] = ([], [])
            held[0].append(row)
            held[1].append(value[key])
    return inside


def _by_place(
    path: str, rows: Sequence[int], arrays: Sequence[list[Any]], depth: int
) -> dict[str, _Held]:
    """Elements: by their place in rows that are arrays, otherwise all alike."""
    inside: dict[str, _Held] = {}
    for row, value in zip(rows, arrays, strict=True):
        if depth:
            at_row, each = inside.setdefault(f"{path}[]", ([], []))
            listed = value[:_LISTED]
            at_row += [row] * len(listed)
            each += listed
            continue
        for at, cell in enumerate(value[:_CELLS]):
            at_row, each = inside.setdefault(str(at), ([], []))
            at_row.append(row)
            each.append(cell)
    return inside


def _sorted_out(rows: list[int], values: Sequence[Any]) -> tuple[_Held, _Held, _Held]:
    """Plain values, objects and arrays, each with its row."""
    sorted_out: tuple[_Held, _Held, _Held] = ([], []), ([], []), ([], [])
    kinds = set(map(type, values))
    if len(kinds) == 1:
        held = sorted_out[1 if dict in kinds else 2 if list in kinds else 0]
        held[0].extend(rows)
        held[1].extend(values)
        return sorted_out
    for row, value in zip(rows, values, strict=True):
        kind = type(value)
        held = sorted_out[1 if kind is dict else 2 if kind is list else 0]
        held[0].append(row)
        held[1].append(value)
    return sorted_out
