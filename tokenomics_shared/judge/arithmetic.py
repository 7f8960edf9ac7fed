"""Arithmetic that an answer does on the way: does it hold?

An equation counts as wrong only when no sensible reading of it holds: rounding to the digits
shown, percents, mixed units, bullets that look like a minus are all given the benefit of the
doubt. What can't be read for certain is not counted at all.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tokenomics_shared.judge.sums import OPERATORS, value
from tokenomics_shared.judge.terms import Token, lines

_MAX = 50_000
"""Characters of an answer that are read."""
_EQUALS = ("=", "≈", "\\")
"""One of these is in every equation; a backslash may begin a written-out sign."""
_MAX_TERMS = 60
_UNIT_WORDS = 3
"""Words that may stand between a number and the operator after it."""
_EXACT = 1e-9
_CLOSE = 0.05
_ROUNDED_INPUT = 0.01
"""Relative errors: of computing, after `≈`, where a number looks like a rounded third or sixth."""

_MEASURES = {
    name: measure
    for measure, names in enumerate(
        (
            "second seconds sec secs",
            "minute minutes min mins",
            "hour hours hr hrs",
            "day days",
            "week weeks",
            "month months",
            "year years",
            "dozen dozens",
            "hundred hundreds",
            "thousand thousands",
            "million millions",
            "billion billions",
            "cent cents",
            "dollar dollars",
            "inch inches",
            "foot feet ft",
            "yard yards",
            "mile miles",
            "mm",
            "cm centimeters centimetres",
            "meter meters metre metres",
            "km kilometers kilometres",
            "mg",
            "gram grams",
            "kg kilograms kilogram",
            "ounce ounces oz",
            "pound pounds lb lbs",
            "ton tons",
            "ml",
            "liter liters litre litres",
            "cup cups",
            "pint pints",
            "quart quarts",
            "gallon gallons",
            "percent",
            "degree degrees",
        )
    )
    for name in names.split()
}
_ARITHMETIC_WORDS = frozenset(
    "times plus minus over divided multiplied by half twice double triple thrice quarter third "
    "square squared cubed root sqrt log ln sin cos tan mod remainder more less each per".split()
)
"""Before or after an expression, they may be part of it."""


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of an equation.

    Attributes:
        terms: numbers, operators and brackets.
        units: words between them.
        certain: nothing beside it may be part of it.
        signed: a sign before it may be a bullet or a dash.
    """

    terms: tuple[str, ...]
    units: frozenset[str]
    certain: bool
    signed: bool = False


def checked(text: str) -> tuple[int, int]:
    """How many equations the text states that can be computed again, and how many are wrong.

    Of recorded answers of a mid-sized model to school maths that state a wrong one, nine in ten
    were wrong themselves; of a strong model's answers none stated one.
    """
    if not any(map(text.__contains__, _EQUALS)):
        return 0, 0
    findings = [
        holds for tokens in lines(text[:_MAX]) for holds in _equations(tokens) if holds is not None
    ]
    return len(findings), findings.count(False)


def _equations(tokens: list[Token]) -> Iterator[bool | None]:
    for at, token in enumerate(tokens):
        if token.kind == "equals":
            yield _holds(_left(tokens[:at]), _right(tokens[at + 1 :]), close=token.text == "≈")


def _holds(left: _Side | None, right: _Side | None, *, close: bool) -> bool | None:
    """Whether an equation holds; None when it can't be told."""
    if left is None or right is None or not OPERATORS.intersection(left.terms):
        return None
    has_percents = any(term.endswith("%") for term in (*left.terms, *right.terms))
    readings = [*_readings(left, has_percents=has_percents)]
    stated = [(right.terms, right.terms[0]), (right.terms[:1], right.terms[0])]
    for computed in readings:
        if any(_same(computed, terms, shown, left, close=close) for terms, shown in stated):
            return True
    measures = {_MEASURES[word] for word in left.units | right.units if word in _MEASURES}
    percents = any(term.endswith("%") for term in left.terms) and {"+", "-"} & {*left.terms}
    sure = left.certain and right.certain and not percents and len(measures) <= 1
    return False if readings and sure and not _scaled(left, right) else None


def _scaled(left: _Side, right: _Side) -> bool:
    """Whether a word such as `dozen` or `cents` may change a number on one side alone."""
    lone = {word for word in left.units ^ right.units if word in _MEASURES}
    return bool(lone) and not {word for word in left.units & right.units if word in _MEASURES}


def _readings(side: _Side, *, has_percents: bool) -> Iterator[tuple[float, bool]]:
    """What the terms come to, and whether percents were read as hundredths."""
    for hundredths in (True, False) if has_percents else (True,):
        signs = (side.terms, side.terms[1:]) if side.signed else (side.terms,)
        for terms in signs:
            computed = value(terms, hundredths=hundredths)
            if computed is not None:
                yield computed, hundredths


def _same(
    computed: tuple[float, bool], stated: Sequence[str], shown: str, left: _Side, *, close: bool
) -> bool:
    """Whether a computed value is the stated one, as far as its digits show."""
    exact, hundredths = computed
    said = value(stated, hundredths=hundredths)
    if said is None:
        return False
    decimals = len(shown.rstrip("%").partition(".")[2])
    unit = 10.0**-decimals * (0.01 if hundredths and shown.endswith("%") else 1.0)
    slack = unit / 2 + _EXACT * max(1.0, abs(exact))
    if any(re.search(r"\.\d*(?:33|66|67|16|17|83)%?$", term) for term in left.terms):
        slack = max(slack, _ROUNDED_INPUT * abs(exact))
    if close:
        slack = max(slack, _CLOSE * abs(exact))
    if abs(exact - said) <= slack:
        return True
    # The digits after a quotient's may have been cut off.
    cut = math.floor(exact / unit) * unit
    return "/" in left.terms and math.isclose(cut, said, abs_tol=_EXACT)


def _left(tokens: list[Token]) -> _Side | None:
    """The expression that ends here, read backwards."""
    terms: list[str] = []
    units: list[str] = []
    depth, at = 0, len(tokens) - 1
    wants_number, words = True, 0
    while at >= 0 and len(terms) <= _MAX_TERMS:
        token = tokens[at]
        if wants_number and token.kind == "word" and words < _UNIT_WORDS:
            units.append(token.text)
            words += 1
        elif wants_number and token.kind == "number":
            terms.append(token.text)
            wants_number = False
        elif wants_number and token.kind == "close":
            terms.append(")")
            depth += 1
        elif not wants_number and token.kind in {"operator", "of"}:
            terms.append(token.text)
            wants_number, words = True, 0
        elif not wants_number and token.kind == "open" and depth:
            terms.append("(")
            depth -= 1
        else:
            break
        at -= 1
    return _begun(terms, units, tokens[: at + 1], wants_number=wants_number, depth=depth)


def _begun(
    terms: list[str], units: list[str], before: list[Token], *, wants_number: bool, depth: int
) -> _Side | None:
    """The terms that were read backwards, forwards, with what is known of their beginning."""
    if depth or not terms:
        return None
    signed = wants_number
    if signed and terms[-1] not in {"-", "+"}:
        terms = terms[:-1]
        signed = False
    last = before[-1] if before else None
    loose = last is not None and (
        last.kind in {"opaque", "number", "close", "operator", "of"}
        or last.text in _ARITHMETIC_WORDS
    )
    certain = not loose and (not wants_number or last is None)
    return _Side(tuple(reversed(terms)), frozenset(units), certain, signed)


def _right(tokens: list[Token]) -> _Side | None:
    """The number or expression that begins here."""
    terms: list[str] = []
    units: list[str] = []
    at, wants_number = 0, True
    while at < len(tokens) and len(terms) <= _MAX_TERMS:
        token = tokens[at]
        if wants_number and token.kind == "number":
            terms.append(token.text)
            wants_number = False
        elif token.kind in {"operator", "open", "close", "of"} and terms:
            terms.append(token.text)
            wants_number = token.kind in {"operator", "of", "open"}
        elif not terms and token.text == "-":
            terms.append("-")
        elif not wants_number and token.kind == "word" and len(units) < _UNIT_WORDS:
            units.append(token.text)
        else:
            break
        at += 1
    return _ended(terms, units, tokens[at] if at < len(tokens) else None)


def _ended(terms: list[str], units: list[str], after: Token | None) -> _Side | None:
    negative = terms[:1] == ["-"]
    terms = terms[1:] if negative else terms
    if not terms:
        return None
    while terms and (terms[-1] in OPERATORS or (terms[-1] in "()" and not _balanced(terms))):
        terms.pop()
    if not terms:
        return None
    if negative:
        terms[0] = f"-{terms[0]}"
    loose = after is not None and after.kind in {"opaque", "number", "open"}
    certain = not loose and not _ARITHMETIC_WORDS.intersection(units)
    return _Side(tuple(terms), frozenset(units), certain)


def _balanced(terms: list[str]) -> bool:
    return terms.count("(") == terms.count(")")
