"""What a caller is told about an answer, as JSON-able values."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tokenomics_shared.types import Charge, Outcome, QueryPlan, Recall, Savings


def as_metadata(outcome: Outcome) -> dict[str, Any]:
    """Tell an outcome as a flat mapping of plain values.

    Money is in US dollars, as floats; the ledger holds the exact amounts. Unknown amounts are
    None, never 0. Tokens are the sum over `calls`, so an answer from memory has 0.
    """
    usage = outcome.usage
    recall = outcome.recall
    return {
        "request_id": outcome.request_id,
        "cache_hit": recall.memo is not None,
        "cache_type": recall.cache_type,
        "similarity": recall.similarity,
        "cache_entry": _entry(recall),
        "near_miss": recall.refused if recall.memo is None and recall.entry else None,
        "strategy": outcome.strategy,
        "shortcut": outcome.shortcut,
        "audited": outcome.weight is not None or recall.audit,
        "model": outcome.model,
        "tokens_used": usage.total,
        "input_tokens": usage.input,
        "output_tokens": usage.output,
        "latency_ms": outcome.latency_s * 1000.0,
        "component_savings": None if outcome.savings is None else _savings(outcome.savings),
        "predicted_max_tokens": outcome.plan.predicted_output_tokens if outcome.plan else None,
        "complexity": outcome.plan.complexity if outcome.plan else None,
        "plan": _plan(outcome.plan) if outcome.plan else None,
        "cascading_escalated": outcome.escalated,
        "quality": outcome.quality,
        "reward": outcome.reward,
        "cost": _dollars(outcome.cost),
        "baseline_cost": _dollars(outcome.baseline_cost),
        "baseline_estimated": outcome.baseline_estimated,
        "calls": [_call(charge) for charge in outcome.charges],
        "trace": list(outcome.trace),
    }


def metadata_of(answer: Any) -> Mapping[str, Any]:
    """What an answer says of itself.

    Args:
        answer: the framework's message with our metadata, that metadata, or a request's id.
    """
    if isinstance(answer, str):
        return {"request_id": answer}
    told = answer
    for name in ("response_metadata", "additional_kwargs"):
        told = getattr(told, name, told)
    if isinstance(told, Mapping):
        told = told.get("tokenomics", told)
    return told if isinstance(told, Mapping) else {}


def _entry(recall: Recall) -> str:
    """The entry that gave the answer, or the one that it is kept under if it may be kept."""
    if recall.memo is not None or recall.key is None:
        return recall.entry
    return recall.key.hex()


def _savings(savings: Savings) -> dict[str, float]:
    parts = {part: float(saved) for part, saved in savings.by_part().items()}
    return parts | {"total_savings": float(savings.total)}


def _plan(plan: QueryPlan) -> dict[str, Any]:
    return {
        "token_budget": plan.token_budget,
        "input_tokens": plan.input_tokens,
        "tokens_not_sent": sum(each.fresh + each.cached for each in plan.unsent),
        "compression_ratio": plan.compression_ratio,
        "context_quality_score": plan.context_quality_score,
        "allocations": {
            each.name: {"tokens": each.tokens, "wanted": each.wanted, "utility": each.utility}
            for each in plan.allocations
        },
        "approximate": plan.approximate,
        "note": plan.note,
    }


def _call(charge: Charge) -> dict[str, Any]:
    usage = charge.usage
    return {
        "tier": charge.tier,
        "model": charge.model,
        "purpose": charge.purpose,
        "status": charge.status,
        "input_tokens": usage.input,
        "output_tokens": usage.output,
        "cache_read_tokens": usage.cache_read,
        "cache_write_tokens": usage.cache_write,
        "reasoning_tokens": usage.reasoning,
        "estimated": usage.estimated,
        "cost": _dollars(charge.cost),
        "latency_ms": charge.latency_s * 1000.0,
        "error": charge.error,
    }


def _dollars(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)
