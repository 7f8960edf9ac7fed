"""The ledger in an SQLite file: one row a request, one row a call, money in whole picodollars."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from operator import attrgetter
from pathlib import Path
from typing import Any

from tokenomics_shared.adapters.sqlite import Database, Schema, read_usage, usage_row
from tokenomics_shared.intervals import Losses
from tokenomics_shared.planning import COMPRESSION
from tokenomics_shared.types import (
    AuditedQuality,
    Charge,
    ModelTotals,
    Outcome,
    Savings,
    Totals,
)

_PARTS = tuple(Savings().by_part())
_amounts = attrgetter(*_PARTS)
_NOTHING_KNOWN = (None,) * len(_PARTS)

SCHEMA = Schema(
    what="Tokenomics ledger",
    application_id=0x544B4E4C,
    version=2,
    tables=(
        "CREATE TABLE IF NOT EXISTS requests (request_id TEXT NOT NULL, at REAL NOT NULL,"
        " latency_s REAL NOT NULL, failure TEXT NOT NULL, strategy TEXT NOT NULL,"
        " model TEXT NOT NULL, cache_type TEXT NOT NULL, complexity TEXT,"
        " accepted_draft INTEGER NOT NULL, escalated INTEGER NOT NULL, quality REAL, reward REAL,"
        " cost INTEGER, baseline INTEGER, baseline_estimated INTEGER NOT NULL, "
        + ", ".join(f"saved_{part} INTEGER" for part in _PARTS)
        + ", shortcut TEXT, weight REAL, loss REAL)",
        "CREATE TABLE IF NOT EXISTS calls (request_id TEXT NOT NULL,"
        " tier TEXT NOT NULL, model TEXT NOT NULL, provider TEXT NOT NULL,"
        " purpose TEXT NOT NULL, status TEXT NOT NULL,"
        " input INTEGER NOT NULL, output INTEGER NOT NULL, cache_read INTEGER NOT NULL,"
        " cache_write INTEGER NOT NULL, reasoning INTEGER NOT NULL, estimated INTEGER NOT NULL,"
        " cost INTEGER, latency_s REAL NOT NULL, error TEXT NOT NULL)",
    ),
    # Rows of before have no shortcut at all, where later ones of premium have an empty one.
    upgrades=(
        (2, "ALTER TABLE requests ADD COLUMN shortcut TEXT"),
        (2, "ALTER TABLE requests ADD COLUMN weight REAL"),
        (2, "ALTER TABLE requests ADD COLUMN loss REAL"),
    ),
)

_REQUEST = f"INSERT INTO requests VALUES ({', '.join('?' * (18 + len(_PARTS)))})"
_CALL = f"INSERT INTO calls VALUES ({', '.join('?' * 15)})"

_AUDIT = "audit"
"""Stands where a request has its cache type; an audit was nobody's request."""

_COUNTS = (
    "SELECT count(*), ifnull(sum(failure NOT IN ('', 'Abandoned')), 0),"
    " ifnull(sum(failure = 'Abandoned'), 0), ifnull(sum(cache_type = 'exact'), 0),"
    " ifnull(sum(cache_type IN ('semantic_direct', 'context')), 0),"
    " ifnull(sum(accepted_draft), 0), ifnull(sum(escalated), 0) FROM requests"
    f" WHERE cache_type <> '{_AUDIT}'"
)
_AUDITS = f"SELECT count(*), ifnull(sum(cost), 0) FROM requests WHERE cache_type = '{_AUDIT}'"
_COMPARED = (
    f"SELECT ifnull(sum(cache_type <> '{_AUDIT}'), 0), ifnull(sum(cost), 0),"
    " ifnull(sum(baseline), 0),"
    " ifnull(sum(baseline * baseline_estimated), 0), "
    + ", ".join(f"ifnull(sum(saved_{part}), 0)" for part in _PARTS)
    + " FROM requests WHERE cost IS NOT NULL AND baseline IS NOT NULL"
)
_AUDITED = (
    "SELECT shortcut, ifnull(sum(cache_type = 'none' AND failure = ''), 0),"
    " count(found), ifnull(sum(found), 0), ifnull(sum(found * found), 0),"
    " ifnull(sum(found * max(loss, 0)), 0), ifnull(sum(found * max(-loss, 0)), 0) FROM"
    " (SELECT shortcut, cache_type, failure, loss,"
    f" CASE WHEN cache_type = '{_AUDIT}' AND loss IS NOT NULL THEN weight END AS found"
    " FROM requests WHERE shortcut IS NOT NULL) GROUP BY shortcut ORDER BY shortcut"
)
_SHORTENED = (
    "SELECT count(*) FROM requests WHERE saved_compression <> 0 AND cache_type = 'none'"
    " AND failure = ''"
)
"""Answers to shortened prompts, which may be a shortcut's besides."""

_NOT_AUDITED = "SELECT 1 WHERE 0"
"""Of a ledger that is read as it was before answers were audited."""

_MODELS = (
    "SELECT tier, model, count(*), sum(status = 'failed'), sum(input), sum(output),"
    " sum(cache_read), sum(cache_write), sum(reasoning), sum(estimated), ifnull(sum(cost), 0),"
    " sum(cost IS NULL) FROM calls GROUP BY tier, model ORDER BY tier, model"
)


class SqliteLedger:
    """Appends what was asked and billed: names, counts and money, and no prompt text."""

    def __init__(
        self,
        path: Path | None,
        *,
        on_fault: Callable[[Exception], object],
        read_only: bool = False,
    ) -> None:
        """Open or create the ledger.

        Args:
            path: the file; None for a private one that ends with the process.
            on_fault: told of each record that could not be written.
            read_only: the file must be a ledger already, and is never written.

        Raises:
            StoreError: the file is foreign, newer, or can't be opened.
        """
        self._database = Database(path, SCHEMA, on_fault, read_only=read_only)

    def append(self, outcome: Outcome) -> None:
        """Queue a request and its calls for writing, together; returns at once."""
        calls = [(_CALL, _call(outcome.request_id, charge)) for charge in outcome.charges]
        self._database.enqueue((_REQUEST, _request(outcome)), *calls)

    def totals(self) -> Totals:
        """Everything recorded so far, summed."""
        self._database.flush()
        version = self._database.query("PRAGMA user_version")[0][0]
        audited = _NOT_AUDITED if version < SCHEMA.version else _AUDITED
        counts, audits, shortcuts, shortened, compared, models = self._database.snapshot(
            _COUNTS, _AUDITS, audited, _SHORTENED, _COMPARED, _MODELS
        )
        requests, failed, abandoned, exact, semantic, accepted_drafts, escalations = counts[0]
        compared_requests, *amounts = compared[0]
        cost, baseline, estimated, *saved = map(_dollars, amounts)
        return Totals(
            requests=requests,
            failed=failed,
            abandoned=abandoned,
            exact_hits=exact,
            semantic_hits=semantic,
            accepted_drafts=accepted_drafts,
            escalations=escalations,
            audits=audits[0][0],
            audit_cost=_dollars(audits[0][1]),
            audited=_all_audited(shortcuts, shortened[0][0]),
            answered=sum(row[1] for row in shortcuts),
            models=tuple(_model(*row) for row in models),
            compared=compared_requests,
            compared_cost=cost,
            baseline_cost=baseline,
            baseline_estimated=estimated,
            savings=Savings(**dict(zip(_PARTS, saved, strict=True))),
        )

    def flush(self) -> None:
        """Return once everything queued is written."""
        self._database.flush()

    def close(self) -> None:
        """Write everything queued and let go of the file."""
        self._database.close()


def _request(outcome: Outcome) -> tuple[Any, ...]:
    saved = _NOTHING_KNOWN if outcome.savings is None else _amounts(outcome.savings)
    return (
        outcome.request_id,
        outcome.at,
        outcome.latency_s,
        outcome.failure,
        outcome.strategy,
        outcome.model,
        _AUDIT if outcome.audit else outcome.recall.cache_type,
        outcome.plan.complexity if outcome.plan else None,
        int(outcome.accepted_draft),
        int(outcome.escalated),
        outcome.quality,
        outcome.reward,
        _pico(outcome.cost),
        _pico(outcome.baseline_cost),
        int(outcome.baseline_estimated),
        *map(_pico, saved),
        outcome.shortcut,
        outcome.weight,
        outcome.loss,
    )


def _call(request_id: str, charge: Charge) -> tuple[Any, ...]:
    return (
        request_id,
        charge.tier,
        charge.model,
        charge.provider,
        charge.purpose,
        charge.status,
        *usage_row(charge.usage),
        _pico(charge.cost),
        charge.latency_s,
        charge.error,
    )


def _all_audited(rows: Sequence[Any], shortened: int) -> tuple[AuditedQuality, ...]:
    """What audits found of each shortcut; compression is counted apart, going with any other."""
    found = {row[0]: row[1:] for row in rows if row[0]}
    uses = {name: row[0] for name, row in found.items()}
    if shortened or COMPRESSION in found:
        uses[COMPRESSION] = shortened
    none = (0, 0.0, 0.0, 0.0, 0.0)
    return tuple(_audited(name, uses[name], *found.get(name, none)[1:]) for name in sorted(uses))


def _audited(shortcut: str, uses: int, *sums: float) -> AuditedQuality:
    losses = Losses(*sums)
    audits = round(losses.audits)
    if not losses.weight:
        return AuditedQuality(shortcut, uses, audits)
    return AuditedQuality(shortcut, uses, audits, losses.mean, *losses.interval())


def _model(tier: str, model: str, calls: int, failed: int, *numbers: int) -> ModelTotals:
    *usage, cost, unpriced = numbers
    return ModelTotals(
        tier, model, calls, failed, read_usage(*usage), _dollars(cost), unpriced, usage[-1]
    )


def _pico(amount: Decimal | None) -> int | None:
    """Whole picodollars; amounts come rounded to them."""
    return int(amount.scaleb(12)) if amount else 0 if amount is not None else None


def _dollars(pico: int) -> Decimal:
    return Decimal(pico).scaleb(-12)
