"""What a request would have cost, and which part made the difference."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from tokenomics_shared.types import Charge, Part, Roster, Tier, Usage

Answer = tuple[Usage, str]
"""Tokens of the call that made an answer, and the tier that did."""

Pricing = Callable[[Tier, str, Usage], Decimal | None]
"""US dollars for a model's usage at a tier, or None when its price is unknown."""

_NOTHING = Decimal(0)


def total_cost(charges: Sequence[Charge]) -> Decimal | None:
    """The charges' sum, or None when one of them has no known price."""
    total = _NOTHING
    for charge in charges:
        if charge.cost is None:
            return None
        total += charge.cost
    return total


def baseline_of(
    charges: Sequence[Charge], answer: Answer | None, roster: Roster, price: Pricing
) -> tuple[Decimal | None, bool]:
    """What always asking premium would have cost, and whether that is an estimate.

    Where premium was asked for the answer, and not for a draft, its own charges tell; an answer
    of its that memory gave would have cost what it cost then, at today's price. Any other
    answer's tokens are priced as if premium had written an answer of that length, which is an
    estimate. Where no model answered there is nothing to tell it from.

    Args:
        charges: the request's calls.
        answer: the last answer that came; None when none did.
        roster: the models that could answer.
        price: what a tier's tokens cost.
    """
    premium = roster.tiers[roster.premium.tier]
    asked = [c for c in charges if c.tier == premium.name and c.purpose == "answer"]
    if asked:
        return total_cost(asked), any(charge.usage.estimated for charge in asked)
    if answer is None:
        return None, False
    usage, tier = answer
    estimated = usage.estimated or tier != premium.name
    return price(premium, premium.model, usage), estimated


def saver(*, remembered: bool, drafted: bool) -> Part:
    """The part whose decision it was, to which what was saved, or lost, is credited.

    Memory when it answered; the cascade when a draft was judged or failed; the bandit otherwise.
    """
    if remembered:
        return "memory_layer"
    return "cascade" if drafted else "bandit"
