"""The savings report: for people as tables, for machines as JSON."""

import io
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from typing_extensions import override

from tokenomics_shared.intervals import Interval, stratified
from tokenomics_shared.planning import COMPRESSION
from tokenomics_shared.types import AuditedQuality, ModelTotals, Totals

WIDTH, WIDEST = 80, 160
"""Columns of text, and of a table with very long names."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was asked, what it cost, what it would have cost.

    Attributes:
        totals: the ledger, summed.
        faults: faults inside the package by `part:ExceptionName`, where they are known.
    """

    totals: Totals
    faults: Mapping[str, int] = field(default_factory=dict)

    @override
    def __str__(self) -> str:
        return render(self)

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON-able values; money as text, exact."""
        totals = self.totals
        savings = {part: str(saved) for part, saved in totals.savings.by_part().items()}
        return {
            "requests": totals.requests,
            "failed": totals.failed,
            "abandoned": totals.abandoned,
            "exact_hits": totals.exact_hits,
            "semantic_hits": totals.semantic_hits,
            "accepted_drafts": totals.accepted_drafts,
            "escalations": totals.escalations,
            "audits": totals.audits,
            "audit_cost": str(totals.audit_cost),
            "audited": [_quality(quality) for quality in totals.audited],
            "quality_kept": _kept(totals),
            "cost": str(totals.cost),
            "unpriced_calls": totals.unpriced,
            "compared_requests": totals.compared,
            "compared_cost": str(totals.compared_cost),
            "baseline_cost": str(totals.baseline_cost),
            "baseline_estimated": str(totals.baseline_estimated),
            "savings": savings | {"total": str(totals.savings.total)},
            "models": [_model(model) for model in totals.models],
            "faults": dict(self.faults),
        }


def render(report: Report) -> str:
    """Draw the report as text tables, as wide as they need."""
    # rich is needed by those who look at a report, not by those who answer requests.
    from rich.console import Console

    console = Console(file=io.StringIO(), width=WIDEST, force_terminal=False)
    totals = report.totals
    console.print(_requests_table(totals))
    console.print(_models_table(totals))
    console.print(_savings_table(totals))
    if totals.audited:
        console.print(_quality_table(totals))
    for remark in _remarks(report):
        console.print(textwrap.fill(remark, WIDTH), highlight=False, markup=False)
    text = console.file.getvalue()  # type: ignore[attr-defined]  # the StringIO above
    return "\n".join(line.rstrip() for line in text.splitlines())


def money(amount: Decimal) -> str:
    """US dollars with enough digits to see a single call."""
    return f"${amount:,.6f}" if abs(amount) < 1 else f"${amount:,.4f}"


def share(part: Decimal, whole: Decimal) -> str:
    """A percentage, or a dash of nothing."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _table(title: str) -> Any:
    from rich import box
    from rich.table import Table

    return Table(
        title=title, title_justify="left", box=box.SIMPLE, pad_edge=False, padding=(0, 1, 0, 0)
    )


def _requests_table(totals: Totals) -> Any:
    table = _table("Requests")
    rows = {
        "requests": totals.requests,
        "exact hits": totals.exact_hits,
        "semantic hits": totals.semantic_hits,
        "drafts accepted": totals.accepted_drafts,
        "escalations": totals.escalations,
        "failed": totals.failed,
        "abandoned": totals.abandoned,
    }
    for name in rows:
        table.add_column(name, justify="right")
    table.add_row(*(f"{count:,}" for count in rows.values()))
    return table


def _models_table(totals: Totals) -> Any:
    table = _table("Models")
    table.add_column("tier")
    table.add_column("model", overflow="fold")
    for name in ("calls", "failed", "tokens in", "tokens out", "cost"):
        table.add_column(name, justify="right", no_wrap=True)
    for model in totals.models:
        numbers = (model.calls, model.failed, model.usage.input, model.usage.output)
        cost = money(model.cost) + (f" + {model.unpriced:,} unknown" if model.unpriced else "")
        table.add_row(model.tier, model.model, *(f"{number:,}" for number in numbers), cost)
    return table


def _savings_table(totals: Totals) -> Any:
    table = _table("Savings against always asking premium")
    table.add_column("part")
    table.add_column("saved", justify="right")
    table.add_column("of baseline", justify="right")
    baseline = totals.baseline_cost
    for part, saved in totals.savings.by_part().items():
        table.add_row(part.replace("_", " "), money(saved), share(saved, baseline))
    table.add_section()
    table.add_row("total", money(totals.savings.total), share(totals.savings.total, baseline))
    table.add_row("cost", money(totals.compared_cost), share(totals.compared_cost, baseline))
    table.add_row("baseline", money(baseline), share(baseline, baseline))
    return table


def _quality_table(totals: Totals) -> Any:
    table = _table("Audited quality")
    table.add_column("shortcut")
    for name in ("answers", "audited", "loss", "95 % interval"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in totals.audited:
        loss, interval = "not audited yet", ""
        if each.loss is not None:
            loss = _points(each.loss)
            interval = f"{_points(each.low)} to {_points(each.high)}"
        table.add_row(each.shortcut, f"{each.uses:,}", f"{each.audits:,}", loss, interval)
    return table


def quality_kept(totals: Totals) -> tuple[float, Interval] | None:
    """Quality of the answers that models gave, 1 if all were as good as premium's.

    With its 95 % interval; of the shortcuts that were audited, and of premium. What compression
    loses comes on top of what the arms lose. None when nothing is known, or of nobody's answers.
    """
    known = [each for each in totals.audited if each.loss is not None and each.uses]
    answers = totals.answered - _unknown(totals)
    if not known or answers <= 0:
        return None
    loss, (low, high) = stratified(
        [
            (
                each.uses / (totals.answered if each.shortcut == COMPRESSION else answers),
                each.loss or 0.0,
                (each.low, each.high),
            )
            for each in known
        ]
    )
    return 1.0 - loss, (max(0.0, 1.0 - high), 1.0 - low)


def _unknown(totals: Totals) -> int:
    """Answers of shortcuts not audited yet; those to shortened prompts are somebody's besides."""
    return sum(
        each.uses for each in totals.audited if each.loss is None and each.shortcut != COMPRESSION
    )


def _quality_remark(totals: Totals) -> list[str]:
    if not totals.audited:
        return []
    kept = quality_kept(totals)
    if kept is None:
        return ["Quality kept: not audited yet."]
    quality, (low, high) = kept
    unknown = _unknown(totals)
    left_out = (
        f" {_counted(unknown, 'answer is', 'answers are')} of shortcuts not audited yet, and"
        " left out."
        if unknown
        else ""
    )
    return [
        f"Quality kept overall: {100 * quality:.1f} % (95 % interval {100 * low:.1f} to "
        f"{100 * high:.1f} %), by audits of what shortcuts answered; 100 % is as good as premium."
        f"{left_out}"
    ]


def _points(loss: float) -> str:
    """A loss in percent, and none that only looks like a gain."""
    return f"{100 * loss:.1f} %".replace("-0.0 %", "0.0 %")


def _quality(quality: AuditedQuality) -> dict[str, Any]:
    return {
        "shortcut": quality.shortcut,
        "answers": quality.uses,
        "audits": quality.audits,
        "loss": quality.loss,
        "interval": None if quality.loss is None else [quality.low, quality.high],
    }


def _kept(totals: Totals) -> dict[str, Any] | None:
    kept = quality_kept(totals)
    return None if kept is None else {"mean": kept[0], "interval": list(kept[1])}


def _remarks(report: Report) -> list[str]:
    totals = report.totals
    remarks = []
    if totals.baseline_cost:
        estimated = share(totals.baseline_estimated, totals.baseline_cost)
        remarks.append(
            f"Baseline: {estimated} estimated (where premium was not asked, the given answer's"
            " tokens at its price; what was not sent of a prompt is counted here), the rest"
            " measured."
        )
    if totals.compared < totals.requests:
        left_out = totals.requests - totals.compared
        remarks.append(
            f"{_counted(left_out, 'request is', 'requests are')} not compared: no model answered,"
            " or a price is unknown."
        )
    if totals.unpriced:
        names = sorted({model.model for model in totals.models if model.unpriced})
        remarks.append(
            f"{_counted(totals.unpriced, 'call has', 'calls have')} no known price, and no part "
            "in the cost: "
            f"{', '.join(names)}. State it in `prices`."
        )
    if totals.audits:
        remarks.append(
            f"{_counted(totals.audits, 'answer was', 'answers were')} audited, that is, compared"
            f" with what they stood in for, for {money(totals.audit_cost)}; that is in the cost,"
            " and off the savings of the parts that gave them."
        )
    remarks += _quality_remark(totals)
    counted = sum(model.estimated for model in totals.models)
    if counted:
        calls = _counted(counted, "call", "calls")
        remarks.append(f"{calls} reported no tokens, which are estimated.")
    remarks.extend(f"Fault: {name} x {count:,}" for name, count in report.faults.items())
    return remarks


def _counted(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"


def _model(model: ModelTotals) -> dict[str, Any]:
    return {
        "tier": model.tier,
        "model": model.model,
        "calls": model.calls,
        "failed": model.failed,
        "input_tokens": model.usage.input,
        "output_tokens": model.usage.output,
        "cache_read_tokens": model.usage.cache_read,
        "cache_write_tokens": model.usage.cache_write,
        "reasoning_tokens": model.usage.reasoning,
        "cost": str(model.cost),
        "unpriced_calls": model.unpriced,
        "estimated_calls": model.estimated,
    }
