"""The working of an answer: its calculations, step by step, and the numbers they stand on."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final

_NUMBER: Final = re.compile(r"\d[\d,]*+(?:\.\d+)?")

LONGEST: Final = 20_000
"""Characters that are read: of longer texts the first and the last half of so many."""

_STEPS: Final = 64
"""Calculations that are read of one answer."""

_OPERAND: Final = r"[( ]{0,4}-?\d++(?:\.\d+)?+%?[) ]{0,3}"
_UNIT: Final = r"(?:[a-zA-Z]{2,15}[) ]{1,2}){0,3}"
_EQUATION: Final = re.compile(
    rf"(?<![\w.)*/+-])(?<![*/+-] )(\(*-?\d++(?:\.\d+)?+%?[) ]{{0,3}}{_UNIT}"
    rf"(?:[-+*/]{_OPERAND}{_UNIT}){{1,12}})= ?"
    r"(-?\d++(?:\.\d+)?+)(?! ?[-+*/(] ?[\d(])(?!/)(?![a-z]\b)"
)
_ANNOTATION: Final = re.compile(r"<<([^<>=]{1,120})=\s*([^<>=]{1,40})>>")
_TOKEN: Final = re.compile(r"\d+(?:\.\d+)?%?|\.\d+%?|[-+*/()]")
_TIMES: Final = re.compile(r"[xX\u00d7](?<=[\d)\] a-z].)(?=[ (\d])")
_LATEX: Final = re.compile(r"\\(?:([()\[\]])|(times|cdot)|text|,)")
_MONEY: Final = str.maketrans("", "", "$£€{}")
_THOUSANDS: Final = re.compile(r",(?=\d{3})")
_RATE: Final = re.compile(r"/ ?[a-z]+")
"""`per hour`, written `/hour`."""

_TOKENS: Final = 60
"""Numbers and signs of the longest expression that is read: it bounds how deep brackets nest."""

_SIGNS: Final = frozenset("+-*/()")
_OPERATIONS: Final = frozenset("+-*/")
_ADDING: Final = frozenset("+-")
_SCALING: Final = frozenset("*/")

_SLACK: Final = 0.0055
"""Two decimals are as exact as answers are written."""

_SHARE: Final = 0.001
"""Of a large value, what rounding may take."""


@dataclass(frozen=True, slots=True)
class Step:
    """One calculation that an answer shows.

    Attributes:
        operands: the numbers it starts from, as written.
        signs: its operations in order, of `+-*/`.
        stated: the result it claims.
        holds: the claim is right, but for rounding.
    """

    operands: tuple[float, ...]
    signs: str
    stated: float
    holds: bool


def steps(text: str) -> list[Step]:
    """The calculations in a text, in order, each once.

    They are read from `<<9*2=18>>` annotations and from equations such as `9 eggs x $2 = $18`.
    What can't be read is left out, so an answer without any is not thereby wrong.
    """
    found: dict[tuple[tuple[float, ...], str, float], Step] = {}
    for written, result in _written(text):
        step = _step(written, result)
        if step is not None:
            found.setdefault((step.operands, step.signs, step.stated), step)
        if len(found) >= _STEPS:
            break
    return list(found.values())


def numbers(text: str) -> list[float]:
    """The numbers in a text, in order, without signs and thousands' commas."""
    found = [float(digits.replace(",", "")) for digits in _NUMBER.findall(text)]
    return [value if isfinite(value) else 0.0 for value in found]


def clip(text: str) -> str:
    """The text, or its two ends when it is too long to read."""
    half = LONGEST // 2
    return text if len(text) <= LONGEST else text[:half] + "\n" + text[-half:]


def evaluate(written: str) -> float | None:
    """The value of an arithmetic expression; None when it isn't one, or isn't finite."""
    return _evaluate(_TOKEN.findall(written))


def close(first: float, second: float) -> bool:
    """Whether two numbers are the same but for rounding."""
    return abs(first - second) <= max(_SLACK, _SHARE * abs(first))


def _written(text: str) -> Iterator[tuple[str, str]]:
    """Expressions and what they are said to be, as written."""
    text = _bare(text)
    if "<<" in text:
        yield from _ANNOTATION.findall(text)
        text = _ANNOTATION.sub("", text)
    if "=" in text:
        yield from _EQUATION.findall(text)


def _bare(text: str) -> str:
    """The text without what stands around numbers and changes none; `*` for every times sign."""
    text = text.translate(_MONEY) if "$" in text or not text.isascii() else text
    if "\\" in text:
        text = _LATEX.sub(lambda sign: "*" if sign[2] else "", text.replace("\\*", "*"))
    if "**" in text:
        text = text.replace("**", "")
    if "/" in text:
        text = _RATE.sub("", text)
    return _THOUSANDS.sub("", _TIMES.sub("*", text))


def _step(written: str, result: str) -> Step | None:
    tokens = _TOKEN.findall(written.replace(",", ""))
    operands = tuple(float(token.rstrip("%")) for token in tokens if token not in _SIGNS)
    value, stated = _evaluate(tokens), _stated(result)
    if value is None or stated is None or len(operands) == 1:
        return None
    signs = "".join(token for token in tokens if token in _OPERATIONS)
    # A share is often stated as the per cent it is.
    holds = close(value, stated) or ("/" in signs and close(value * 100.0, stated))
    return Step(operands, signs, stated, holds)


def _stated(result: str) -> float | None:
    try:
        value = float(result)
    except ValueError:
        return evaluate(result)
    return value if isfinite(value) else None


def _evaluate(tokens: Sequence[str]) -> float | None:
    if not 1 <= len(tokens) <= _TOKENS:
        return None
    try:
        value, rest = _sum(tokens, 0)
    except (IndexError, ValueError, ZeroDivisionError):
        return None
    return value if rest == len(tokens) and isfinite(value) else None


def _sum(tokens: Sequence[str], at: int) -> tuple[float, int]:
    value, at = _product(tokens, at)
    while at < len(tokens) and tokens[at] in _ADDING:
        term, after = _product(tokens, at + 1)
        value += term if tokens[at] == "+" else -term
        at = after
    return value, at


def _product(tokens: Sequence[str], at: int) -> tuple[float, int]:
    value, at = _factor(tokens, at)
    while at < len(tokens) and tokens[at] in _SCALING:
        factor, after = _factor(tokens, at + 1)
        value = value * factor if tokens[at] == "*" else value / factor
        at = after
    return value, at


def _factor(tokens: Sequence[str], at: int) -> tuple[float, int]:
    first = tokens[at]
    if first == "(":
        value, at = _sum(tokens, at + 1)
        if tokens[at] != ")":
            raise ValueError(f"{tokens[at]!r} where a bracket should close")
        return value, at + 1
    if first == "-":
        value, at = _factor(tokens, at + 1)
        return -value, at
    if first[-1] == "%":
        return float(first[:-1]) / 100.0, at + 1
    return float(first), at + 1
