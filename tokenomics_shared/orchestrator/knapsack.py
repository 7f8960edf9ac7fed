"""Dividing a token budget: the multiple-choice knapsack, greedily.

Pieces of a request each want one of several levels (tokens, utility); the levels' tokens together
must be within the budget, and their utility as large as can be. H. Kellerer, U. Pferschy and
D. Pisinger, Knapsack Problems (2004), chapter 11.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tokenomics_shared.errors import BudgetError
from tokenomics_shared.planning import Level, Piece


class Greedy:
    """Takes the steps that are worth most for a token first, as an `Allocator`.

    Only levels on a piece's upper convex hull of tokens and utility are climbed: on it, each step
    is worth less for a token than the one before, so all pieces' steps can be taken in one order
    (the greedy algorithm for the linear relaxation, section 11.2.1). Stopping at the first step
    that does not fit gives the prefix of that order; it alone may leave much of the budget to
    nobody, because a single large step is in the way, so it is one of several candidates:

    - the prefix;
    - for each power of four, the prefix of what is left of the order without the steps that are
      larger than that, and without those that stand on them;
    - a single piece at a single level, the others at their first.

    The best of them is taken, of equals the first. Every candidate is the longest affordable part
    of a chain, and the chains depend on the pieces alone: what is affordable at a budget is so at
    every larger one, and hence no utility is lost by giving more budget. A plain greedy that
    skips what doesn't fit, and goes on, lacks this. And since the linear relaxation is worth no
    more than the prefix and the step that broke it, and that step no more than its level alone,
    the gain over the first levels is at least half of the best one, where each level alone fits.
    """

    def allocate(self, pieces: Sequence[Piece], budget: int) -> tuple[int, ...]:
        """The level of each piece, by its place, whose tokens together are within the budget.

        Raises:
            BudgetError: the first levels alone are over the budget.
        """
        room = budget - least_tokens(pieces, budget)
        steps = _steps(pieces)
        every, blocked = _chain(steps, room)
        best = every
        if blocked:
            for width in _widths(steps):
                steps = [step for step in steps if step[5] <= width]
                chain, _ = _chain(steps, room)
                if chain.gain > best.gain:
                    best = chain
            alone = _single(pieces, room)
            if alone.gain > best.gain:
                best = alone
        levels = [0] * len(pieces)
        for place, level in best.levels:
            levels[place] = level
        return tuple(levels)


def least_tokens(pieces: Iterable[Piece], budget: int) -> int:
    """The tokens of the pieces' first levels together.

    Raises:
        BudgetError: they are over the budget.
    """
    least = sum(piece.levels[0].tokens for piece in pieces)
    if least > budget:
        raise BudgetError(
            f"the token budget is {budget}, but what must be kept has {least} tokens; "
            f"give a budget of at least {least}, or less text"
        )
    return least


def utility_of(pieces: Sequence[Piece], levels: Sequence[int]) -> float:
    """What pieces are worth at these levels."""
    return math.fsum(
        piece.levels[level].utility for piece, level in zip(pieces, levels, strict=True)
    )


_Step = tuple[float, int, int, int, float, int]
"""From one level on a piece's hull to the next: the negative utility for a token, the piece's
place, the level it leads to, the tokens it takes, what it is worth, and the most tokens of a step
of this piece up to this one. They sort by what is to be taken first. Bare tuples: a plan is made
for every request, and named ones would take most of its time."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A way to spend the room: levels by place, later ones over earlier ones, and their gain."""

    levels: list[tuple[int, int]]
    gain: float


def _steps(pieces: Sequence[Piece]) -> list[_Step]:
    steps: list[_Step] = []
    for place, piece in enumerate(pieces):
        levels = piece.levels
        width = 0
        for order, tokens, gain, end in _hull(levels) if len(levels) > 1 else ():
            # As an `if`, it takes a third of the time of a call.
            if tokens > width:  # noqa: PLR1730
                width = tokens
            steps.append((order, place, end, tokens, gain, width))
    steps.sort()
    return steps


def _hull(levels: Sequence[Level]) -> list[tuple[float, int, float, int]]:
    """The steps of the upper convex hull from the first level on, as `_Step` has them."""
    steps: list[tuple[float, int, float, int]] = []
    at, worth = levels[0].tokens, levels[0].utility
    for number, level in enumerate(levels):
        tokens, gain = level.tokens - at, level.utility - worth
        if tokens < 0 or gain <= 0.0:
            continue
        at, worth = level.tokens, level.utility
        order = -gain / tokens if tokens else -math.inf
        while steps and order <= steps[-1][0]:
            _, before, earned, _ = steps.pop()
            tokens, gain = tokens + before, gain + earned
            order = -gain / tokens if tokens else -math.inf
        steps.append((order, tokens, gain, number))
    return steps


def _chain(steps: Sequence[_Step], room: int) -> tuple[_Candidate, bool]:
    """The longest affordable prefix, and whether there is more of it."""
    taken: list[tuple[int, int]] = []
    gain = 0.0
    for _, place, level, tokens, worth, _ in steps:
        if tokens > room:
            return _Candidate(taken, gain), True
        room -= tokens
        gain += worth
        taken.append((place, level))
    return _Candidate(taken, gain), False


def _widths(steps: Sequence[_Step]) -> Iterable[int]:
    """The powers of four below the largest step, the largest of them first."""
    widest = max(step[5] for step in steps)
    width = 1
    while width * 4 < widest:
        width *= 4
    while width:
        yield width
        width //= 4


def _single(pieces: Sequence[Piece], room: int) -> _Candidate:
    """The one level that is worth most, alone."""
    best = _Candidate([], 0.0)
    for place, piece in enumerate(pieces):
        first = piece.levels[0]
        for number, level in enumerate(piece.levels):
            gain = level.utility - first.utility
            if gain > best.gain and level.tokens - first.tokens <= room:
                best = _Candidate([(place, number)], gain)
    return best
