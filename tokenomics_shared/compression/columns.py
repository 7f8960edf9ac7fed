"""Which rows stand out: extremes of numbers, rare values, unusual fields."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tokenomics_shared.compression.wanted import Wanted

Cell = str | int | float | bool | None

_NUMBER = re.compile(
    r"[-+]?[$€£]?(\d{1,3}(?:,\d{3})+|\d+)?(\.\d+)?(e[-+]?\d+)?\s?([a-zA-Zµ%/]{0,5})"
)
_AGE = re.compile(r"(?:\d+[dhms]){1,4}")
_SCALE = {
    "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0,
    "d": 86400.0, "k": 1e3, "K": 1e3, "kB": 1e3, "KB": 1e3, "Ki": 1024.0, "KiB": 1024.0,
    "M": 1e6, "MB": 1e6, "Mi": 1024.0**2, "MiB": 1024.0**2, "G": 1e9, "GB": 1e9,
    "Gi": 1024.0**3, "GiB": 1024.0**3, "T": 1e12, "TB": 1e12, "Ti": 1024.0**4, "TiB": 1024.0**4,
}  # fmt: skip
_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d)?")
_ID = re.compile(
    r"(?:^|[_.\-a-z])(?:[iI][dD]|ID)s?$|uuid|hash|sha|phone|zip|postcode|port$|offset|seq"
)
_MAD = 1.4826
"""A normal distribution's standard deviation over its median absolute deviation."""
_FAR = 3.5
"""Modified z-score from which a number is an outlier (Iglewicz and Hoaglin, 1993)."""
_FEW = 3
"""Cells that are too few to say what a column's others are like."""
_LONG = 48
"""Characters up to which texts are compared as values, and not by how long they are."""


@dataclass(slots=True)
class Columns:
    """The cells of rows by column; a row may have none, or several, of a column.

    Attributes:
        cells: of each column, the rows and what they have there.
        shared: whether all rows could have every column, so that to have a rare one is unusual.
    """

    cells: dict[str, tuple[list[int], list[Cell]]] = field(default_factory=dict)
    shared: bool = True

    def add(self, row: int, column: str, value: Cell) -> None:
        """Take in a cell; rows come in order."""
        held = self.cells.get(column)
        if held is None:
            held = self.cells[column] = ([], [])
        held[0].append(row)
        held[1].append(value)

    def worths(self, count: int, wanted: Wanted) -> list[float]:
        """How much each of so many rows stands out, 0 to about 8."""
        best, every = [0.0] * count, [0.0] * count
        for column in sorted(self.cells):
            rows, values = self.cells[column]
            if len(rows) < _FEW:
                found = [(row, 1.5) for row in rows] if self.shared and count > 2 * _FEW else []
            else:
                found = _signals(column, rows, values, wanted)
            if self.shared and len(rows) < 0.05 * count:
                found += [(row, 2.0) for row in rows[:20]]
            for row, signal in found:
                best[row] = max(best[row], signal)
                every[row] += signal
        return [top + min(0.2 * (all_ - top), 1.5) for top, all_ in zip(best, every, strict=True)]


_HASHED = frozenset((str, int, float, bool, type(None)))
Signals = list[tuple[int, float]]


def _signals(column: str, rows: Sequence[int], values: Sequence[Cell], wanted: Wanted) -> Signals:
    kinds = set(map(type, values))
    if kinds <= _HASHED and len(set(values)) == 1:
        return []
    named = wanted.names(column)
    if kinds <= {int, float}:
        return _numeric(column, rows, values, wanted) + _rare(rows, values, named=named)
    if kinds != {str}:
        odd = [_kind(value) for value in values]
        return _rare(rows, odd, named=named) + _rare(rows, values, named=named)
    texts: list[str] = values  # type: ignore[assignment]  # all of them are, as was just seen
    numbers = _numbers(texts)
    if numbers is not None:
        return _numeric(column, rows, numbers, wanted)
    return _textual(rows, texts, wanted, named=named)


def _textual(rows: Sequence[int], texts: Sequence[str], wanted: Wanted, *, named: bool) -> Signals:
    """Dates where their order is asked for, rare values, unusual lengths."""
    if _DATE.match(texts[0]) and _DATE.match(texts[-1]):
        return _dates(rows, texts, wanted)
    lengths = [len(text) for text in texts]
    if sum(lengths) > _LONG * len(lengths):
        return [(row, 0.6 * signal) for row, signal in _far(rows, lengths)]
    if len(set(texts)) <= 0.5 * len(texts):
        return _rare(rows, texts, named=named)
    return [(row, 0.5 * signal) for row, signal in _far(rows, lengths)]


def _kind(value: Cell) -> str:
    return "number" if type(value) in (int, float) else type(value).__name__


def _rare(rows: Sequence[int], values: Sequence[Cell], *, named: bool) -> Signals:
    """Values that few rows have, in a column where most share theirs with many."""
    counts = Counter(values)
    total = len(values)
    if not 1 < len(counts) <= 0.5 * total:
        return []
    few = max(1, int(0.03 * total))
    rare = {value: n for value, n in counts.items() if n <= few}
    covered = sum(rare.values())
    if not rare or covered > max(2, 0.15 * total):
        return []
    boost = 1.6 if named else 1.0
    weight = {
        value: boost * min(3.6, 0.7 * math.log2(total / n)) / math.sqrt(1 + 0.15 * (covered - n))
        for value, n in rare.items()
    }
    return [(row, weight[v]) for row, v in zip(rows, values, strict=True) if v in weight]


def _numeric(column: str, rows: Sequence[int], values: Sequence[Cell], wanted: Wanted) -> Signals:
    """Numbers far from the others, and the column's ends, more so where they are asked for."""
    numbers = [float(value) for value in values]  # type: ignore[arg-type]  # numbers, all of them
    if not all(map(math.isfinite, numbers)):
        return [(r, 3.0) for r, v in zip(rows, numbers, strict=True) if not math.isfinite(v)]
    if _counting(numbers) or (_ID.search(column) and len(set(numbers)) > 0.8 * len(numbers)):
        return (
            _ends(rows, numbers, 0.3, 0.3)
            if not wanted.names(column)
            else _asked(rows, numbers, wanted)
        )
    found = _far(rows, numbers)
    named = wanted.names(column)
    found += _ends(rows, numbers, 1.0, 0.5)
    if named or ((wanted.most or wanted.least) and not _ID.search(column)):
        found += _asked(rows, numbers, wanted, 1.0 if named else 0.5)
    return found


def _asked(
    rows: Sequence[int], numbers: Sequence[float], wanted: Wanted, weight: float = 1.0
) -> Signals:
    """The ends of a column that a query is about."""
    undecided = not (wanted.most or wanted.least)
    most = 7.0 if wanted.most else 2.0 if undecided else 0.0
    least = 7.0 if wanted.least else 1.0 if undecided else 0.0
    return _ends(rows, numbers, most * weight, least * weight, 3)


def _ends(
    rows: Sequence[int], numbers: Sequence[float], most: float, least: float, depth: int = 1
) -> Signals:
    order = sorted(range(len(numbers)), key=numbers.__getitem__)
    if numbers[order[0]] == numbers[order[-1]]:
        return []
    found = [(rows[at], most * 0.7**n) for n, at in enumerate(reversed(order[-depth:])) if most]
    return found + [(rows[at], least * 0.7**n) for n, at in enumerate(order[:depth]) if least]


def _far(rows: Sequence[int], numbers: Sequence[float]) -> Signals:
    """Outliers by modified z-score; of skewed positive numbers also on the scale of logarithms."""
    scores = _scores(numbers)
    if min(numbers) > 0 and max(numbers) > 20 * min(numbers):
        logs = _scores([math.log(number) for number in numbers])
        scores = [
            min(z, 1.5 * log) if z > 0 else min(log, 0.0)
            for z, log in zip(scores, logs, strict=True)
        ]
    far = [(row, abs(z)) for row, z in zip(rows, scores, strict=True) if abs(z) > _FAR]
    if len(far) > max(2, 0.1 * len(rows)):
        far = sorted(far, key=lambda each: (-each[1], each[0]))[: max(2, len(rows) // 20)]
    return [(row, 1.6 + min(2.6, 0.7 * math.log2(z / _FAR))) for row, z in far]


def _scores(numbers: Sequence[float]) -> list[float]:
    ordered = sorted(numbers)
    count = len(ordered)
    middle = ordered[count // 2]
    spread = _MAD * sorted([abs(number - middle) for number in ordered])[count // 2]
    if spread == 0:
        spread = (ordered[(3 * count) // 4] - ordered[count // 4]) / 1.35
    if spread == 0:
        spread = 0.25 * sum(abs(number - middle) for number in ordered) / count + 1e-12
        return [max(-9.0, min(9.0, (number - middle) / spread)) for number in numbers]
    return [(number - middle) / spread for number in numbers]


def _counting(numbers: Sequence[float]) -> bool:
    """Whether numbers only count on, as ids and times of arrival do."""
    if len(numbers) < _FEW:
        return False
    first = numbers[1] > numbers[0]
    if any((b > a) != first for a, b in pairwise(numbers[:8])):
        return False
    steps = [b - a for a, b in pairwise(numbers)]
    if all(step > 0 for step in steps) or all(step < 0 for step in steps):
        sizes = sorted(map(abs, steps))
        return sizes[-1] <= 20 * sizes[len(sizes) // 2]
    return False


def _dates(rows: Sequence[int], texts: Sequence[str], wanted: Wanted) -> Signals:
    if not (wanted.latest or wanted.earliest):
        return []
    order = sorted(range(len(texts)), key=texts.__getitem__)
    found = [(rows[at], 5.0 * 0.7**n) for n, at in enumerate(reversed(order[-3:]))]
    early = [(rows[at], 5.0 * 0.7**n) for n, at in enumerate(order[:3])]
    return (found if wanted.latest else []) + (early if wanted.earliest else [])


def _numbers(texts: Sequence[str]) -> list[float] | None:
    """Texts as numbers, in seconds or single units where they say so; None when some are none."""
    numbers = []
    for text in texts:
        number = _number(text.strip())
        if number is None:
            return None
        numbers.append(number)
    return numbers


def _number(text: str) -> float | None:
    found = _NUMBER.fullmatch(text)
    if found is None or not (found[1] or found[2]):
        if text and _AGE.fullmatch(text):
            return float(sum(int(n) * _SECONDS[u] for n, u in re.findall(r"(\d+)([dhms])", text)))
        return None
    try:
        number = float((found[1] or "0").replace(",", "") + (found[2] or "") + (found[3] or ""))
    except OverflowError:
        return None
    return (-number if text[0] == "-" else number) * _SCALE.get(found[4], 1.0)
