"""A text as units that go or stay whole: sentences, headings, list items, rows, blocks of code."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tokenomics_shared.compression.spans import Span, spaced

_NEVER = frozenset(
    "mr mrs ms dr prof rev hon gov sen rep gen col capt lt sgt cmdr adm maj st mt messrs v vs cf "
    "viz c ca approx est ed eds trans dept univ b d r fl jan feb mar apr jun jul aug sep sept oct "
    "nov dec mon tue tues wed thu thurs fri e.g i.e eg ie".split()
)
"""Abbreviations that end no sentence, without their full stop."""

_NUMBERED = frozenset("no nos art fig figs eq eqs vol vols p pp ch sec para".split())
"""Abbreviations that end none where a number follows."""

_SELDOM = frozenset("inc ltd co corp bros jr sr etc al a.m p.m u.s u.k u.n b.c a.d ph.d".split())
"""Abbreviations that end one only where a common first word follows."""

_STARTERS = frozenset(
    "A After Although An And As At Before But By During Each For From He Her His However I If In "
    "It Its Later Many Most On One Our She Since Some That The Their Then There These They This "
    "Those To Today Under We When Where While With You".split()
)

_ITEM = r"(?:[-*+\u2022\u2023\u25e6\u00b7] |\d{1,3}[.)] |[A-Za-z][.)] |#{1,6} |\||>|`{3}|~{3}|<)"

_ENDS = re.compile(
    r"[.!?\u2026]++[\"')\]\u201d\u2019\u00bb*_]*+(?:\[[^\[\]\n]{1,20}\])*+\s++"
    r"|[\u3002\uff01\uff1f\uff61]++[\"')\]\u201d\u2019\u300d\u300f\uff09]*+\s*+"
    r"|\n\s*+"
)
_LAST_WORD = re.compile(r"[^\s(\[\"'\u201c\u2018/\-\u2013\u2014]*\Z")
_DOTTED = re.compile(r"(?:[A-Za-z]\.)+[A-Za-z]")
_FIRST_WORD = re.compile(r"[A-Za-z]+")
_ITEM_AHEAD = re.compile(rf"[ \t]*{_ITEM}")
_WHOLE_LINE = re.compile(r"[ \t]*(?:#{1,6} |\|)")
_ROW = re.compile(r"[ \t]*\|")
_RULED = r"\|[ \t]*+(?::?+-++:?+[ \t]*+\|?+[ \t]*+)++$"
_OF_ROW = re.compile(rf"{_RULED}|\u2026[ \t]*+$", re.MULTILINE)
RULE = re.compile(rf"^[ \t]*+{_RULED}", re.MULTILINE)
"""The line below the header of a Markdown table."""
_LONGEST_ABBREVIATION = 12
_OPENERS = "\"'([{\u201c\u2018\u00ab\u300c\u300e*_-\u2022\u2013\u2014#@$\u20ac\u00a3"


@dataclass(frozen=True, slots=True)
class Unit:
    """Goes or stays whole; what stands between it and the next belongs to it.

    Attributes:
        start: where it begins, in characters.
        end: where it ends, exclusive, and the next begins.
        line: it begins a line.
        goes_on: it is a clause of the sentence that the unit before it is of.
        frame: places of the units that stay if it does: the header of its table, the fences
            around its code; its own among them if it is one. Empty if it is in neither.
    """

    start: int
    end: int
    line: bool = False
    goes_on: bool = False
    frame: tuple[int, ...] = ()


def units(text: str) -> tuple[Unit, ...]:
    """A text's units in order; together they are the text. None begins inside a guarded span."""
    starts = [0]
    last_line = 0
    for match in _ENDS.finditer(text):
        at, newline = match.end(), text.rfind("\n", match.start(), match.end())
        if at < len(text) and _is_end(text, match, last_line):
            # Indentation belongs to what it indents.
            starts.append(newline + 1 if newline >= 0 else at)
        if newline >= 0:
            last_line = newline + 1
    starts = _outside(starts, (*spaced(text), Span(len(text), len(text), "code")), len(text))
    return tuple(
        Unit(start, end, line=not start or text[start - 1] == "\n")
        for start, end in zip(starts, [*starts[1:], len(text)], strict=True)
        if start < end
    )


def _is_end(text: str, match: re.Match[str], line: int) -> bool:
    """Whether a unit ends with a match, in a line that begins at a place."""
    mark = match.group()
    at = match.end()
    if mark.count("\n") > 1:
        return True
    if _ROW.match(text, line) and ("\n" not in mark or _OF_ROW.match(text, at)):
        # A row stays whole, a header with the rule below it, and what says that rows are gone.
        return False
    if mark[0] in "\u3002\uff01\uff1f\uff61" or (
        "\n" in mark and (_ITEM_AHEAD.match(text, at) or _WHOLE_LINE.match(text, line))
    ):
        return True
    if mark[0] == "\n":
        # Prose is often broken into lines; an item or a title says that it isn't.
        return text[match.start() - 1 : match.start()] in {":", ";"} or bool(
            _ITEM_AHEAD.match(text, line)
        )
    return _begins(text, at) and not (mark[0] == "." and _is_abbreviation(text, match, line))


def _begins(text: str, at: int) -> bool:
    """Whether a sentence may begin at a place."""
    first = text[at]
    return not first.islower() and (first.isalnum() or first in _OPENERS or not first.isascii())


def _is_abbreviation(text: str, match: re.Match[str], line: int) -> bool:
    found = _LAST_WORD.search(
        text, max(line, match.start() - _LONGEST_ABBREVIATION), match.start()
    )
    word = found.group() if found else ""
    if not word or match.group()[1:2] == ".":
        return False
    initial = len(word) == 1 and word.isupper() and word != "I"
    item = word.isdigit() and found is not None and not text[line : found.start()].strip()
    numbered = word.lower() in _NUMBERED and text[match.end()].isdigit()
    if initial or item or numbered or word.lower() in _NEVER:
        return True
    if word.lower() in _SELDOM or _DOTTED.fullmatch(word):
        first = _FIRST_WORD.match(text, match.end())
        return first is None or first.group() not in _STARTERS
    return False


def _outside(starts: Iterable[int], spans: Iterable[Span], length: int) -> list[int]:
    """Those that don't cut a span; the last span is one of no length at the end."""
    found: list[int] = []
    rest = iter(spans)
    span = next(rest)
    for start in starts:
        while span.end <= start and span.start < length:
            span = next(rest)
        if not span.start < start < span.end and (not found or start > found[-1]):
            found.append(start)
    return found


_CLAUSE_ENDS = re.compile(r"(?:[,;:]|\s[\u2013\u2014])\s+")
_ASIDE = re.compile(r"\([^()]{0,500}\)")
_SHORTEST_CLAUSE = 60


def clauses(text: str, unit: Unit, limit: int) -> tuple[Unit, ...]:
    """A unit in pieces of at least 60 characters, cut between its clauses.

    Args:
        text: the whole text.
        unit: what to cut.
        limit: characters above which it is cut at commas, too, not only at semicolons.
    """
    if unit.line and _ROW.match(text, unit.start):
        return (unit,)
    commas = unit.end - unit.start > limit
    if not commas and ";" not in text[unit.start : unit.end]:
        return (unit,)
    sentence = text[unit.start : unit.end]
    starts = [0]
    for match in _CLAUSE_ENDS.finditer(sentence):
        at = match.end()
        long_enough = min(at - starts[-1], len(sentence) - at) >= _SHORTEST_CLAUSE
        if long_enough and (commas or match.group()[0] == ";"):
            starts.append(at)
    if len(starts) == 1:
        return (unit,)
    asides = (Span(*match.span(), "quote") for match in _ASIDE.finditer(sentence))
    end = Span(len(sentence), len(sentence), "code")
    for spans in (spaced(sentence), asides):
        starts = _outside(starts, (*spans, end), len(sentence))
    starts = [unit.start + at for at in starts]
    return tuple(
        Unit(start, end, line=unit.line and start == unit.start, goes_on=start > unit.start)
        for start, end in zip(starts, [*starts[1:], unit.end], strict=True)
    )
