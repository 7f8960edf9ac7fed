"""The plan of a request as it is sent."""

from collections.abc import Sequence
from dataclasses import replace

from tokenomics_shared.orchestrator.shares import Share, shares
from tokenomics_shared.shrinking.work import Work
from tokenomics_shared.types import QueryPlan, Unsent


def planned(work: Work, plan: QueryPlan, gone: Sequence[int]) -> QueryPlan:
    """The plan, with what is sent, what is not, and how the budget is divided.

    Args:
        work: the request, shortened.
        plan: its plan as it came.
        gone: places of the turns that are not sent.
    """
    left_out = set(gone)
    parts: list[Share] = []
    for place in range(len(work.messages)):
        own = work.shares(place)
        parts += own if place not in left_out else [it._replace(tokens=0) for it in own]
    if work.tools:
        parts.append(Share("tools", work.tools, work.tools))
    if work.added:
        parts.append(Share("history", work.added, 0))
    told = shares(parts, work.budget, plan.predicted_output_tokens)
    sent = sum(part.tokens for part in parts)
    came = sum(part.wanted for part in parts)
    fresh, cached = work.spared(left_out)
    unsent = [Unsent("compression", fresh, cached)] if fresh or cached else []
    dropped = sum(work.came[place] for place in gone) - work.added
    if dropped > 0:
        # Old turns would have come from the provider's prompt cache.
        unsent.append(Unsent("orchestrator", 0, dropped))
    return replace(
        plan,
        token_budget=work.budget,
        input_tokens=sent,
        allocations=told.allocations,
        context_quality_score=told.context_quality_score,
        compression_ratio=sent / came if came else 1.0,
        unsent=tuple(unsent),
        approximate=not work.counter.exact,
        note="; ".join(filter(None, (*dict.fromkeys(work.notes), told.note))),
    )
