"""How a request as it is sent shares its token budget with the answer."""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from tokenomics_shared.orchestrator.allocation import RESPONSE_SHARE, RESPONSE_UTILITY
from tokenomics_shared.types import SYSTEM_ROLES, TOOL_ROLES, Allocation

_GIVEN: Final = frozenset({"question", "system", "tools"})
"""What is there whatever is found; the rest is context, in one way or another."""


class Share(NamedTuple):
    """A part of a request: what the plan calls it, its tokens as sent, and as it came."""

    name: str
    tokens: int
    wanted: int


class Shares(NamedTuple):
    """A shared budget: parts, the answer last; the share of context's worth kept; a note."""

    allocations: tuple[Allocation, ...]
    context_quality_score: float
    note: str


def named(role: str, *, old: bool) -> str:
    """What the plan calls a turn.

    Args:
        role: whose it is.
        old: the model has spoken since.
    """
    if role in SYSTEM_ROLES:
        return "system"
    if old:
        return "history"
    return "tool" if role in TOOL_ROLES else "question"


def shares(parts: Sequence[Share], budget: int, predicted: int) -> Shares:
    """Sum parts up by name, and leave the rest of the budget to the answer.

    A part's utility is the square root of the share of it that is kept: the first tenth of a
    text, well chosen, holds more of what is wanted than the last.

    Args:
        parts: what is sent.
        budget: tokens for all of it and the answer.
        predicted: tokens of the likely answer.
    """
    sums: dict[str, list[float]] = {}
    worth = whole = 0.0
    for name, tokens, wanted in parts:
        utility = math.sqrt(tokens / wanted) if wanted else 1.0
        if name not in _GIVEN:
            worth += utility * wanted
            whole += wanted
        row = sums.setdefault(name, [0, 0, 0.0])
        row[0] += tokens
        row[1] += wanted
        row[2] += utility * wanted
    allocations = [
        Allocation(name, int(tokens), int(wanted), utility / wanted if wanted else 1.0)
        for name, (tokens, wanted, utility) in sums.items()
    ]
    answer, note = rest(sum(part.tokens for part in parts), budget, predicted)
    return Shares((*allocations, answer), worth / whole if whole else 1.0, note)


def rest(sent: int, budget: int, predicted: int) -> tuple[Allocation, str]:
    """What a prompt of so many tokens leaves of the budget to the answer, and a note if little."""
    left, reserved = max(0, budget - sent), math.ceil(budget * RESPONSE_SHARE)
    enough = min(1.0, left / predicted) if predicted else 1.0
    answer = Allocation("response", left, predicted, RESPONSE_UTILITY * math.sqrt(enough))
    if left >= reserved:
        return answer, ""
    return answer, (
        f"{sent} tokens are sent, which leaves {left} of the budget of {budget} to the answer, "
        f"less than {reserved}"
    )
