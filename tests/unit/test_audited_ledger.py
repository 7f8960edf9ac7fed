"""What the ledger keeps of audits, and of ledgers from before there were any."""

import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kit import CHEAP, PREMIUM, PRICES, ROSTER, PriceList, prompt, reply
from tests.unit.test_ledger import _fail, books, call
from tokenomics_shared import Price
from tokenomics_shared.adapters.sqlite_ledger import SCHEMA, SqliteLedger
from tokenomics_shared.intervals import Losses, clopper_pearson
from tokenomics_shared.telemetry import Books, Report, as_metadata
from tokenomics_shared.types import Outcome, Prompt, QueryPlan, Reply, Unsent, Usage


@pytest.fixture
def ledger() -> Iterator[SqliteLedger]:
    opened = SqliteLedger(None, on_fault=_fail)
    yield opened
    opened.close()


V1 = (
    "CREATE TABLE requests (request_id TEXT NOT NULL, at REAL NOT NULL, latency_s REAL NOT NULL,"
    " failure TEXT NOT NULL, strategy TEXT NOT NULL, model TEXT NOT NULL,"
    " cache_type TEXT NOT NULL, complexity TEXT, accepted_draft INTEGER NOT NULL,"
    " escalated INTEGER NOT NULL, quality REAL, reward REAL, cost INTEGER, baseline INTEGER,"
    " baseline_estimated INTEGER NOT NULL, saved_memory_layer INTEGER,"
    " saved_orchestrator INTEGER, saved_bandit INTEGER, saved_compression INTEGER,"
    " saved_cascade INTEGER)",
    "CREATE TABLE calls (request_id TEXT NOT NULL, tier TEXT NOT NULL, model TEXT NOT NULL,"
    " provider TEXT NOT NULL, purpose TEXT NOT NULL, status TEXT NOT NULL,"
    " input INTEGER NOT NULL, output INTEGER NOT NULL, cache_read INTEGER NOT NULL,"
    " cache_write INTEGER NOT NULL, reasoning INTEGER NOT NULL, estimated INTEGER NOT NULL,"
    " cost INTEGER, latency_s REAL NOT NULL, error TEXT NOT NULL)",
    "INSERT INTO requests VALUES ('a-1', 1.0, 2.0, '', 'cheap', 'small-1', 'none', 'simple', 1, 0,"
    " 0.9, NULL, 2000000, 9000000, 1, 0, 0, 0, 0, 7000000)",
    "INSERT INTO calls VALUES ('a-1', 'cheap', 'small-1', 'acme', 'draft', 'ok', 20, 10, 0, 0, 0,"
    " 0, 2000000, 2.0, '')",
    f"PRAGMA application_id={SCHEMA.application_id}",
    "PRAGMA user_version=1",
)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A ledger of the first version, with one request."""
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as connection:
        for statement in V1:
            connection.execute(statement)
    connection.close()
    return path


def used(kept: Books, shortcut: str) -> None:
    """A request that a shortcut answered, or premium."""
    with kept.open(ROSTER) as account:
        account.shortcut = shortcut
        account.close(call(account, "cheap", "ok", Usage(10, 5)))


def audited(kept: Books, part: Any, shortcut: str, loss: float, weight: float | None) -> Outcome:
    with kept.open(ROSTER, audit=part) as account:
        account.shortcut, account.loss, account.weight = shortcut, loss, weight
        with account.leg(ROSTER.premium, Prompt(()), "audit") as leg:
            leg.settle(Reply("all", usage=Usage(1_000_000, 0)))
        return account.close(None)


def test_an_old_ledger_opens_keeps_its_rows_and_takes_new_ones(old: Path) -> None:
    before = SqliteLedger(old, on_fault=_fail, read_only=True)
    told = before.totals()
    before.close()
    ledger = SqliteLedger(old, on_fault=_fail)
    assert ledger.totals() == told
    used(books(ledger, PriceList()), "cheap")
    totals = ledger.totals()
    assert (totals.requests, totals.answered) == (2, 1)
    assert totals.savings == told.savings
    ledger.close()
    again = SqliteLedger(old, on_fault=_fail)
    assert again.totals() == totals
    again.close()


def test_an_old_ledger_may_be_read_without_being_changed(old: Path) -> None:
    before = old.read_bytes()
    ledger = SqliteLedger(old, on_fault=_fail, read_only=True)
    totals = ledger.totals()
    assert (totals.requests, totals.accepted_drafts, totals.audited) == (1, 1, ())
    assert totals.savings.cascade == Decimal("0.000007")
    assert "Audited quality" not in str(Report(totals))
    assert old.read_bytes() == before
    ledger.close()


AUDITS = st.tuples(
    st.sampled_from(["cheap", "cheap+judge", ""]),
    st.none()
    | st.tuples(st.sampled_from([-1.0, 0.0, 0.5, 1.0]), st.none() | st.sampled_from([1.0, 4.0])),
)


@given(rows=st.lists(AUDITS, max_size=20))
def test_audited_quality_is_the_weighted_sum_of_its_audits(rows: list[Any]) -> None:
    ledger = SqliteLedger(None, on_fault=_fail)
    kept = books(ledger, PriceList())
    for shortcut, audit in rows:
        if audit is None:
            used(kept, shortcut)
        else:
            audited(kept, "cascade", shortcut, *audit)
    totals = ledger.totals()
    ledger.close()
    uses = [shortcut for shortcut, audit in rows if audit is None]
    assert totals.answered == totals.requests == len(uses)
    assert totals.audits == len(rows) - len(uses)
    for each in totals.audited:
        losses = sum(
            (
                Losses.one(*audit)
                for shortcut, audit in rows
                if audit is not None and shortcut == each.shortcut and audit[1] is not None
            ),
            start=Losses(),
        )
        assert each.uses == uses.count(each.shortcut)
        assert each.audits == losses.audits
        assert (each.loss is None) == (not losses.weight)
        if each.loss is not None:
            assert each.loss == pytest.approx(losses.mean)
            assert (each.low, each.high) == pytest.approx(losses.interval())


@pytest.mark.parametrize("part", ["memory_layer", "bandit", "cascade", "compression"])
def test_an_audit_costs_the_part_whose_answer_it_is_about(ledger: SqliteLedger, part: str) -> None:
    prices = PriceList(premium=Price(Decimal(2), Decimal(3)))
    outcome = audited(books(ledger, prices), part, "cheap", 1.0, 4.0)
    assert outcome.savings is not None
    assert outcome.savings.by_part()[outcome.audit or "orchestrator"] == -2
    totals = ledger.totals()
    assert (totals.requests, totals.audits, totals.audit_cost) == (0, 1, 2)
    assert totals.savings.total == -2 == totals.baseline_cost - totals.compared_cost


def test_a_judge_that_is_premium_is_no_baseline(ledger: SqliteLedger) -> None:
    prices = PriceList(cheap=Price(Decimal(1), Decimal(1)), premium=Price(Decimal(2), Decimal(3)))
    with books(ledger, prices).open(ROSTER) as account:
        reply = call(account, "cheap", "ok", Usage(1_000_000, 1_000_000))
        with account.leg(ROSTER.premium, Prompt(()), "judge") as leg:
            leg.settle(Reply("fine", usage=Usage(3_000_000, 0)))
        outcome = account.close(reply)
    assert outcome.cost == 2 + 6
    assert outcome.baseline_cost == 2 + 3
    assert outcome.baseline_estimated
    assert outcome.savings is not None
    assert outcome.savings.cascade == -3


def test_the_report_says_what_quality_was_kept(ledger: SqliteLedger) -> None:
    kept = books(ledger, PriceList())
    for shortcut in ["cheap"] * 50 + ["cheap+judge"] * 25 + [""] * 25 + ["balanced"] * 3:
        used(kept, shortcut)
    for number in range(20):
        audited(kept, "bandit", "cheap", float(number < 2), 2.5)
        audited(kept, "cascade", "cheap+judge", 0.0, 1.0)
    report = Report(ledger.totals(), {})
    told = report.to_dict()
    assert told["quality_kept"]["mean"] == pytest.approx(0.95)
    low, high = told["quality_kept"]["interval"]
    assert 0.80 < low < 0.95 < high < 1.0
    assert [(each["shortcut"], each["answers"], each["audits"]) for each in told["audited"]] == [
        ("balanced", 3, 0),
        ("cheap", 50, 20),
        ("cheap+judge", 25, 20),
    ]
    assert told["audited"][1]["interval"] == pytest.approx(list(clopper_pearson(2, 20)))
    assert told["audited"][0]["interval"] is None
    text = " ".join(str(report).split())
    for shown in (
        "cheap 50 20 10.0 % 1.2 % to 31.7 %",
        "balanced 3 0 not audited yet",
        "Quality kept overall: 95.0 % (95 % interval",
        "3 answers are of shortcuts not audited yet, and left out.",
    ):
        assert shown in text


def test_before_the_first_audit_the_report_says_so(ledger: SqliteLedger) -> None:
    used(books(ledger, PriceList()), "cheap")
    report = Report(ledger.totals())
    assert report.to_dict()["quality_kept"] is None
    assert "Quality kept: not audited yet." in str(report)


def test_the_metadata_says_which_shortcut_answered_and_that_it_will_be_audited(
    ledger: SqliteLedger,
) -> None:
    with books(ledger, PriceList()).open(ROSTER) as account:
        account.shortcut, account.weight = "cheap", 20.0
        outcome = account.close(call(account, "cheap", "ok", Usage(1, 1)))
    told = as_metadata(outcome)
    assert (told["shortcut"], told["audited"]) == ("cheap", True)


def shortened(kept: Books, shortcut: str) -> None:
    """An answer to a prompt of which a thousand tokens were not sent."""
    with kept.open(ROSTER) as account:
        account.plan = QueryPlan("simple", 4000, 100, 10, unsent=(Unsent("compression", 1_000),))
        account.shortcut = shortcut
        with account.leg(CHEAP if shortcut else PREMIUM, prompt(), "answer") as leg:
            leg.settle(reply())
        account.close(reply())


def test_what_compression_loses_comes_on_top_of_what_arms_lose(ledger: SqliteLedger) -> None:
    kept = books(ledger, PRICES)
    for _ in range(20):
        shortened(kept, "cheap")
    audited(kept, "compression", "compression", 1.0, 1.0)
    # Of the arm nothing is known, so of no answer what it was worth.
    assert Report(ledger.totals()).to_dict()["quality_kept"] is None
    assert "compression 20 1" in " ".join(str(Report(ledger.totals())).split())
    for _ in range(20):
        shortened(kept, "")
    for _ in range(9):
        audited(kept, "compression", "compression", 0.0, 1.0)
        audited(kept, "bandit", "cheap", 0.0, 1.0)
    told = Report(ledger.totals()).to_dict()["quality_kept"]
    assert told["mean"] == pytest.approx(0.9)
    assert 0.0 <= told["interval"][0] < 0.9 < told["interval"][1] <= 1.0
