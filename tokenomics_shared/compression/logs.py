"""Logs and stack traces: entries by their forms, faults with what is around them."""

import math
import re
from collections import Counter
from collections.abc import Sequence

from tokenomics_shared.compression.columns import Columns
from tokenomics_shared.compression.faults import faults
from tokenomics_shared.compression.lines import Line, LinesReading
from tokenomics_shared.compression.reading import edges
from tokenomics_shared.compression.traces import framed, is_trace
from tokenomics_shared.compression.wanted import Wanted

_LEVELS = "TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|FATAL|CRITICAL|SEVERE|PANIC"
_STARTS = re.compile(
    r"[\[(<\"]?\d{4}[-/]\d\d[-/]\d\d[T _]\d\d:\d\d|[A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d"
    r"|[\[(]?\d\d:\d\d:\d\d|\S+ \S+ \S+ \[\d\d/[A-Z][a-z]{2}/\d{4}"
    r"|\[?\d\d/[A-Z]?[a-z\d]{2,3}/\d{2,4}"
    r"|[IWEFD]\d{4} \d\d:|\[?\d{10}(?:\d{3})?(?:\.\d+)?[\] ]|\[ *\d+\.\d{3,}\]"
    rf"|[\[<](?:{_LEVELS}|{_LEVELS.lower()})[\]>]|(?:{_LEVELS})(?::|\s*[|\t])"
    r"|(?:ts|time|timestamp|level|lvl|at)=\S|[\w./-]+ +\| +\S|\[pod/"
    r"|[A-Z][a-z]{2} [A-Z][a-z]{2} +\d{1,2} \d\d:\d\d"
)
_SAYS = re.compile(rf"(?:{_LEVELS}|{_LEVELS.lower()})\b")
_SAID = 0.8
"""Share of the lines that begin with a level alone, from which a text is a log."""
_MASKED = re.compile(r"0x[0-9a-fA-F]+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|(?<![^\W_])[0-9a-f]{8,}|\d+")
_NAME = re.compile(r"^[\[(<\"'/]|\w[-_./@:]\w")
"""What names and paths have, and words don't."""
_VALUE = re.compile(r"([A-Za-z_][\w.\-]*)=(.*)", re.DOTALL)
_UNIT = re.compile(r"[\d.]([a-zA-Z]{1,3})$")
_FEWEST = 5
"""Entries from which lines are a log, and from which those of a form are compared."""
_ENTRIES = 0.5
"""Share of the lines that begin like a log's, from which a text is a log."""
_COMMON = 0.02
"""Share of the entries that have a word, from which it belongs to their form (SLCT, Vaarandi
2003); rarer words are what entries of a form differ in."""
_TOKENS = 40
"""Words of an entry that are read."""


def read_log(text: str, wanted: Wanted) -> LinesReading | None:
    """A log taken apart; None when a text is none."""
    begins = log_entries(text)
    return None if begins is None else _reading(text.rstrip("\n").split("\n"), begins, wanted)


def log_entries(text: str) -> list[bool] | None:
    """Which lines of a log begin an entry; None when a text is no log."""
    lines = text.rstrip("\n").split("\n")
    begins = [_STARTS.match(line) is not None for line in lines]
    filled = sum(1 for line in lines if line.strip())
    says = [
        each or _SAYS.match(line) is not None for each, line in zip(begins, lines, strict=True)
    ]
    if sum(says) >= _SAID * filled:
        begins = says
    count = sum(begins)
    indented = sum(1 for line in lines if line[:1] in (" ", "\t"))
    if count < _FEWEST or count + 0.8 * indented < _ENTRIES * filled or count < 0.1 * filled:
        return None
    return begins


def read_trace(text: str, wanted: Wanted) -> LinesReading | None:
    """Stack traces taken apart; None when a text is something else."""
    lines = text.rstrip("\n").split("\n")
    if not is_trace(lines):
        return None
    begins = [not at or not lines[at - 1].strip() for at in range(len(lines))]
    if sum(begins) < _FEWEST:
        return LinesReading(framed(lines, None, -1, wanted), "lines")
    return _reading(lines, begins, wanted)


def _reading(lines: Sequence[str], begins: Sequence[bool], wanted: Wanted) -> LinesReading:
    groups: list[list[str]] = []
    for line, starts in zip(lines, begins, strict=True):
        if starts or not groups:
            groups.append([line])
        else:
            groups[-1].append(line)
    entries = ["\n".join(group) for group in groups]
    forms = _forms(entries)
    worths = _worths(entries, forms, wanted)
    found: list[Line] = []
    for group, entry, form, worth in zip(groups, entries, forms, worths, strict=True):
        if len(group) > _FEWEST:
            found += framed(group, worth, form, wanted)
        else:
            found.append(Line(entry, worth, form))
    return LinesReading(found, "lines" if len(groups) == len(lines) else "records")


def _worths(entries: Sequence[str], forms: Sequence[int], wanted: Wanted) -> list[float]:
    total = len(entries)
    sizes = Counter(forms)
    odd = _columns(entries, forms, sizes).worths(total, wanted)
    rare = sum(1 for form in forms if sizes[form] <= max(1, 0.02 * total))
    crowd = math.sqrt(1 + 0.15 * max(rare - 1, 0))
    told, bad, match = faults(entries), 2.0 if wanted.fault else 1.0, wanted.matches(entries)
    seen: set[int] = set()
    worths = []
    for at, form in enumerate(forms):
        few = min(3.6, 0.6 * math.log2(total / sizes[form])) / crowd
        if sizes[form] > max(1, 0.03 * total):
            few *= 0.3
        signals = sorted((max(odd[at], few), bad * told[at], match[at]))
        worth = signals[2] + 0.5 * signals[1] + 0.25 * signals[0]
        worths.append(worth + (0.0 if form in seen else 0.8))
        seen.add(form)
    return _beside(worths, told)


def _beside(worths: list[float], told: Sequence[float]) -> list[float]:
    """Adds to what is just before and after a fault, and to the first and last of all."""
    result = list(worths)
    for at, fault in enumerate(told):
        if fault > 1:
            for near, worth in ((at - 1, 0.9), (at + 1, 0.7), (at - 2, 0.4)):
                if 0 <= near < len(result):
                    result[near] += worth
    for at, worth in edges(len(result)):
        result[at] += worth
    return result


def _forms(entries: Sequence[str]) -> list[int]:
    """A number for each entry, the same for those that differ in rare words and numbers alone."""
    split = [_masked(entry) for entry in entries]
    known = Counter(word for words in split for word in set(words))
    least = max(3, _COMMON * len(entries))
    numbers: dict[str, int] = {}
    forms = []
    for words in split:
        form = " ".join(word if known[word] >= least else "*" for word in words)
        forms.append(numbers.setdefault(form, len(numbers)))
    return forms


def _masked(entry: str) -> list[str]:
    """An entry's words, numbers and values masked."""
    first = entry.split("\n", 1)[0]
    words = _MASKED.sub("#", first).split()[:_TOKENS]
    return [_kind(word) for word in words]


def _kind(word: str) -> str:
    """What a word is to its form: itself, unless it is a number, a value, a name or a path."""
    if word.isalpha():
        return word
    if "=" in word:
        return word.split("=", 1)[0] + "="
    return "#" if "#" in word else "*" if _NAME.search(word) else word


def _columns(entries: Sequence[str], forms: Sequence[int], sizes: Counter[int]) -> Columns:
    """What the entries of a form differ in, place by place, and values by their names."""
    columns = Columns(shared=False)
    split = [entry.split("\n", 1)[0].split()[:_TOKENS] for entry in entries]
    varied = _varied(split, forms)
    for row, (words, form) in enumerate(zip(split, forms, strict=True)):
        for at in varied[form]:
            word = words[at]
            pair = _VALUE.match(word) if "=" in word else None
            if pair:
                columns.add(row, pair[1], pair[2].strip("\"',;()[]"))
            elif sizes[form] >= _FEWEST:
                bare = word.strip("\"',;()[]")
                name = f"{form}:{at}"
                if bare[:1].isdigit():
                    unit = _UNIT.search(bare)
                    before = _before(words, at)
                    name = f"{name} {before} {unit[1]}" if unit else f"{name} {before}"
                columns.add(row, name, bare)
    return columns


def _before(words: Sequence[str], at: int) -> str:
    """The word before a number, which says what it is."""
    word = words[at - 1] if at else ""
    return word if word.isascii() and word.rstrip(":").isalpha() else ""


def _varied(split: Sequence[Sequence[str]], forms: Sequence[int]) -> dict[int, list[int]]:
    """The places in which entries of a form differ, or have a value with a name."""
    alike: dict[int, list[Sequence[str]]] = {}
    for words, form in zip(split, forms, strict=True):
        alike.setdefault(form, []).append(words)
    return {
        form: [
            at
            for at, column in enumerate(zip(*rows, strict=True))
            if "=" in column[0] or len(set(column)) > 1
        ]
        for form, rows in alike.items()
    }
