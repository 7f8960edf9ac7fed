"""What a request would have cost, and which part made the difference."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from tokenomics_shared.types import (
    NO_USAGE,
    Charge,
    Part,
    Purpose,
    Roster,
    Tier,
    Unsent,
    Usage,
)

Answer = tuple[Usage, str]
"""Tokens of the call that made an answer, and the tier that did."""

Pricing = Callable[[Tier, str, Usage], Decimal | None]
"""US dollars for a model's usage at a tier, or None when its price is unknown."""

_NOTHING = Decimal(0)

ASIDE: frozenset[Purpose] = frozenset({"cut", "judge", "summary"})
"""Purposes of calls that gave no answer; what they wrote says nothing of an answer's length."""

CUTS: frozenset[Purpose] = frozenset({"cut", "summary"})
"""Those among them that the orchestrator caused."""

_ANSWERS: frozenset[Purpose] = frozenset({"answer", "draft"})


def total_cost(charges: Sequence[Charge]) -> Decimal | None:
    """The charges' sum, or None when one of them has no known price."""
    total = _NOTHING
    for charge in charges:
        if charge.cost is None:
            return None
        total += charge.cost
    return total


def baseline_of(
    charges: Sequence[Charge],
    answer: Answer | None,
    roster: Roster,
    price: Pricing,
    unsent: Sequence[Unsent] = (),
) -> tuple[Decimal | None, bool]:
    """What always asking premium would have cost, and whether that is an estimate.

    Where premium was asked for the answer, and not for a draft, its own charges tell; an answer
    of its that memory gave would have cost what it cost then, at today's price. Any other
    answer's tokens are priced as if premium had written an answer of that length, which is an
    estimate, and so is what the prompt's unsent tokens would have cost besides. Where no model
    answered there is nothing to tell it from.

    Args:
        charges: the request's calls.
        answer: the last answer that came; None when none did.
        roster: the models that could answer.
        price: what a tier's tokens cost.
        unsent: what was left out of the prompt.
    """
    premium = roster.tiers[roster.premium.tier]
    more = _usage(unsent)
    asked = [c for c in charges if c.tier == premium.name and c.purpose == "answer"]
    if asked:
        estimated = bool(more.input) or any(charge.usage.estimated for charge in asked)
        cost = total_cost(asked)
        besides = price(premium, asked[-1].model, more) if more.input else _NOTHING
        return None if cost is None or besides is None else cost + besides, estimated
    if answer is None:
        return None, False
    usage, tier = answer
    estimated = usage.estimated or tier != premium.name or bool(more.input)
    return price(premium, premium.model, usage + more if more.input else usage), estimated


def spared_by(
    charges: Sequence[Charge], unsent: Sequence[Unsent], roster: Roster, price: Pricing
) -> dict[Part, Decimal]:
    """What leaving text out of the prompt saved in the calls that were made, by part.

    Every call for an answer would have read the unsent tokens too. Summaries, and answers that
    our own limit had cut short, are costs of the orchestrator.
    """
    spared: dict[Part, Decimal] = {}
    for each in unsent:
        usage = _usage((each,))
        for charge in charges:
            if charge.purpose in _ANSWERS and charge.usage.input:
                more = price(roster.tiers[charge.tier], charge.model, usage) or _NOTHING
                spared[each.part] = spared.get(each.part, _NOTHING) + more
    aside = [c.cost for c in charges if c.purpose in CUTS and c.cost is not None]
    if aside:
        spared["orchestrator"] = spared.get("orchestrator", _NOTHING) - sum(aside, start=_NOTHING)
    return spared


def _usage(unsent: Sequence[Unsent]) -> Usage:
    if not unsent:
        return NO_USAGE
    cached = sum(each.cached for each in unsent)
    return Usage(sum(each.fresh for each in unsent) + cached, cache_read=cached)


def saver(*, remembered: bool, drafted: bool) -> Part:
    """The part whose decision it was, to which what was saved, or lost, is credited.

    Memory when it answered; the cascade when a draft was judged or failed; the bandit otherwise.
    """
    if remembered:
        return "memory_layer"
    return "cascade" if drafted else "bandit"
