"""Sums, products and powers of written numbers, without `eval`."""

import math
from collections.abc import Sequence

OPERATORS = frozenset("+-*/^")
_MAX_POWER = 64.0


def value(terms: Sequence[str], *, hundredths: bool) -> float | None:
    """What an expression comes to; None when it is none, or comes to nothing finite.

    Args:
        terms: unsigned or signed numbers, `+-*/^` and round brackets, in order; a number may end
            in `%`.
        hundredths: a percent is a hundredth; otherwise its sign means nothing.
    """
    reader = _Reader(terms, hundredths=hundredths)
    try:
        found = reader.sum()
    except (ArithmeticError, ValueError, IndexError, RecursionError):
        return None
    return found if reader.done and math.isfinite(found) else None


class _Reader:
    """Reads an expression by precedence, one method a level.

    Raises ValueError or IndexError where it is none.
    """

    def __init__(self, terms: Sequence[str], *, hundredths: bool) -> None:
        self._terms = terms
        self._at = 0
        self._percent = 0.01 if hundredths else 1.0

    @property
    def done(self) -> bool:
        return self._at == len(self._terms)

    def _next_is(self, choices: str) -> bool:
        return not self.done and self._terms[self._at] in choices

    def _take(self) -> str:
        term = self._terms[self._at]
        self._at += 1
        return term

    def sum(self) -> float:
        total = self._product()
        while self._next_is("+-"):
            total += self._product() if self._take() == "+" else -self._product()
        return total

    def _product(self) -> float:
        total = self._power()
        while self._next_is("*/"):
            if self._take() == "*":
                total *= self._power()
            else:
                total /= self._power()
        return total

    def _power(self) -> float:
        base = self._atom()
        if not self._next_is("^"):
            return base
        self._take()
        exponent = self._power()
        if abs(exponent) > _MAX_POWER or (base < 0 and not exponent.is_integer()):
            raise ValueError("out of range")
        return float(base**exponent)

    def _atom(self) -> float:
        term = self._take()
        if term in "+-":
            return self._atom() if term == "+" else -self._atom()
        if term != "(":
            number = float(term.rstrip("%"))
            return number * self._percent if term.endswith("%") else number
        inside = self.sum()
        if self._take() != ")":
            raise ValueError("unbalanced")
        return inside
