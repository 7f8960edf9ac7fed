"""How a request's token budget is divided between what is sent and the answer."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tokenomics_shared.errors import BudgetError
from tokenomics_shared.planning import Allocator, Level, Piece
from tokenomics_shared.types import Allocation

Kind = Literal["system", "tools", "question", "context", "tool", "history"]
"""What a part of a request is; `tools` are their schemas, `tool` is a tool's result."""

RESPONSE_SHARE = 0.3
"""Share of the budget that the answer keeps in any case."""

RESPONSE_UTILITY = 0.9
"""What an answer of the predicted length is worth, on the scale where the question is worth 1."""

STEPS = (0.05, 0.1, 0.17, 0.25, 0.37, 0.5, 0.7, 1.0)
"""Shares of its tokens at which a part may be kept."""

_GIVEN = frozenset({"system", "tools", "question"})
"""Kinds that are kept whole unless less is said to be enough."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A part of a request that wants a share of the budget.

    Attributes:
        name: what the plan calls it.
        kind: what it is.
        tokens: what it takes whole.
        least: what it must have: all its tokens for what can't be shortened, or has been sent
            already. None for all of system, tools and question, and nothing of the others.
        relevance: how much the answer depends on it, 0 to 1; the question is 1.
    """

    name: str
    kind: Kind
    tokens: int
    least: int | None = None
    relevance: float = 1.0


@dataclass(frozen=True, slots=True)
class Division:
    """A divided budget.

    Attributes:
        allocations: one for each part, by its place, and the response's at the end.
        context_quality_score: share of the utility of context, tools' results and history that
            is kept, 0 to 1; 1 without any.
        note: what could not be held to the budget, in words; empty when everything could.
    """

    allocations: tuple[Allocation, ...]
    context_quality_score: float
    note: str = ""

    @property
    def response(self) -> Allocation:
        """What is left for the answer, its 30 % at least unless `note` says otherwise."""
        return self.allocations[-1]


def divide(
    parts: Sequence[Wanted],
    budget: int,
    predicted_output: int,
    allocator: Allocator,
    *,
    strict: bool = False,
) -> Division:
    """Divide a token budget.

    The answer has 30 % of it for certain, and as much as it is predicted to need if that is worth
    more than text; what nobody takes is the answer's, too. A part's utility is its relevance
    times the square root of the share that is kept: the first tenth of a text, well chosen, holds
    more of what is wanted than the last.

    It is a function of its arguments alone. Where a part must get the same share each time a
    conversation is sent, divide at that part's turn: with it and what came before it, the latter
    with `least` at what was sent of it, and no prediction that may change.

    Args:
        parts: what is to be sent.
        budget: tokens for them and the answer together, at least 1.
        predicted_output: tokens of the likely answer; 0 when unknown.
        allocator: divides.
        strict: raise where not everything that must be kept fits; otherwise all parts get what
            they must have, the answer what is left, and `note` says so.

    Raises:
        BudgetError: what must be kept does not fit, and `strict` is set.
    """
    pieces = [*map(_piece, parts), _response(budget, predicted_output)]
    note = _shortfall(pieces, budget)
    if note and strict:
        raise BudgetError(note)
    levels = [0] * len(pieces) if note else allocator.allocate(pieces, budget)
    chosen = [piece.levels[level] for piece, level in zip(pieces, levels, strict=True)]
    allocations = [
        Allocation(part.name, level.tokens, part.tokens, level.utility)
        for part, level in zip(parts, chosen, strict=False)
    ]
    left = max(0, budget - sum(level.tokens for level in chosen[:-1]))
    answer = Allocation("response", left, max(predicted_output, 0), chosen[-1].utility)
    return Division((*allocations, answer), _quality(parts, pieces, chosen), note)


def _shortfall(pieces: Sequence[Piece], budget: int) -> str:
    """What does not fit, in words; empty when all that must be kept does."""
    *kept, answer = (piece.levels[0].tokens for piece in pieces)
    if (needed := sum(kept) + answer) <= budget:
        return ""
    return (
        f"the token budget is {budget}, but at least {needed} tokens are needed: {sum(kept)} for "
        f"what must be kept and {answer} ({RESPONSE_SHARE:.0%} of the budget) for the answer"
    )


def _piece(part: Wanted) -> Piece:
    least = part.least
    if least is None:
        least = part.tokens if part.kind in _GIVEN else 0
    return Piece(
        part.name,
        tuple(
            Level(size, part.relevance * math.sqrt(size / part.tokens) if size else 0.0)
            for size in _sizes(min(least, part.tokens), part.tokens)
        ),
    )


def _response(budget: int, predicted: int) -> Piece:
    """The answer's levels: its share of the budget, and steps to what is predicted."""
    share = math.ceil(budget * RESPONSE_SHARE)
    whole = min(max(share, predicted), budget)
    return Piece(
        "response",
        tuple(
            Level(size, RESPONSE_UTILITY * math.sqrt(size / whole))
            for size in _sizes(share, whole)
        ),
    )


def _sizes(least: int, whole: int) -> list[int]:
    """The sizes at which something is offered, increasing."""
    sizes = [least]
    for step in STEPS if least < whole else ():
        size = math.ceil(whole * step)
        if size > sizes[-1]:
            sizes.append(size)
    return sizes


def _quality(parts: Sequence[Wanted], pieces: Sequence[Piece], chosen: Sequence[Level]) -> float:
    places = [place for place, part in enumerate(parts) if part.kind not in _GIVEN]
    whole = math.fsum(pieces[place].levels[-1].utility for place in places)
    kept = math.fsum(chosen[place].utility for place in places)
    return kept / whole if whole else 1.0
