"""The ledger: it adds up, to the token and to the picodollar, whatever is written into it."""

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kit import ROSTER, PriceList
from tokenomics_shared import Price, StoreError
from tokenomics_shared.adapters.sqlite_ledger import SCHEMA, SqliteLedger
from tokenomics_shared.adapters.sqlite_memos import SqliteMemos
from tokenomics_shared.errors import CallFailed
from tokenomics_shared.intervals import Losses, clopper_pearson
from tokenomics_shared.telemetry import Books, Faults, OpenAccount, Report, as_metadata
from tokenomics_shared.types import Outcome, Prompt, Recall, Reply, Totals, Usage

COUNTS = st.integers(0, 200_000)
USAGES = st.builds(
    Usage, COUNTS, COUNTS, st.just(0), st.just(0), st.integers(0, 9), st.booleans()
) | st.integers(0, 1000).map(lambda n: Usage(2 * n, n, n))
CALLS = st.tuples(
    st.sampled_from(["cheap", "premium"]),
    st.sampled_from(["ok", "failed", "left"]),
    st.none() | USAGES,
)
PRICES = st.decimals("0", "100", places=6, allow_nan=False)


def _fail(error: Exception) -> None:
    raise error


@pytest.fixture
def ledger() -> Iterator[SqliteLedger]:
    opened = SqliteLedger(None, on_fault=_fail)
    yield opened
    opened.close()


def books(ledger: SqliteLedger, prices: Any) -> Books:
    return Books(
        ledger,
        prices,
        lambda ask, text: Usage(7, len(text), estimated=True),
        faults=Faults(),
        now=lambda: 1.0,
        tick=lambda: 2.0,
    )


def call(account: OpenAccount, tier: str, ending: str, usage: Usage | None) -> Reply | None:
    """A model call that is answered, fails, or breaks half-way."""
    arm = next(arm for arm in ROSTER.arms if arm.tier == tier)
    partial = Reply("some", usage=usage) if ending == "left" else None
    with suppress(CallFailed), account.leg(arm, Prompt(()), "draft") as leg:
        if ending != "ok":
            raise CallFailed(OSError(), partial=partial)
        reply = Reply("all", usage=usage)
        leg.settle(reply)
        return reply
    return None


def record(kept: Books, calls: list[Any]) -> Outcome:
    """A request that makes these calls; the last one that went well is the answer."""
    with kept.open(ROSTER) as account:
        replies = [reply for each in calls if (reply := call(account, *each))]
        if not replies:
            raise CallFailed(OSError())
        return account.close(replies[-1])


@given(requests=st.lists(st.lists(CALLS, max_size=4), max_size=6), rate=PRICES, dear=PRICES)
def test_the_ledger_is_the_sum_of_its_calls(
    requests: list[list[Any]], rate: Decimal, dear: Decimal
) -> None:
    ledger = SqliteLedger(None, on_fault=_fail)
    prices = PriceList(cheap=Price(rate, dear), premium=Price(dear, dear))
    kept = books(ledger, prices)
    outcomes, failed = [], 0
    for calls in requests:
        try:
            outcomes.append(record(kept, calls))
        except CallFailed:
            failed += 1
    totals = ledger.totals()
    ledger.close()
    billed = [
        usage if usage is not None else Usage(7, 3 if ending == "ok" else 4, estimated=True)
        for calls in requests
        for _, ending, usage in calls
        if ending != "failed"
    ]
    assert totals.requests == len(requests)
    assert totals.failed == failed
    assert sum(model.calls for model in totals.models) == sum(map(len, requests))
    assert sum(model.usage.input for model in totals.models) == sum(u.input for u in billed)
    assert sum(model.usage.output for model in totals.models) == sum(u.output for u in billed)
    assert totals.compared == len(outcomes)
    assert totals.baseline_cost - totals.compared_cost == totals.savings.total
    assert totals.compared_cost == sum(outcome.cost or 0 for outcome in outcomes)
    assert totals.cost >= totals.compared_cost
    for outcome in outcomes:
        assert outcome.cost == sum(charge.cost or 0 for charge in outcome.charges)


@given(usage=USAGES, rate=PRICES)
def test_costs_are_exact_to_the_picodollar(usage: Usage, rate: Decimal) -> None:
    ledger = SqliteLedger(None, on_fault=_fail)
    record(books(ledger, PriceList(cheap=Price(rate, rate))), [("cheap", "ok", usage)])
    assert ledger.totals().cost == rate * usage.total / 10**6
    ledger.close()


def test_an_empty_ledger_reports(ledger: SqliteLedger) -> None:
    assert ledger.totals() == Totals()
    text = str(Report(ledger.totals()))
    assert "requests" in text
    assert "$0.000000" in text


def test_the_report_is_the_same_for_people_and_machines(ledger: SqliteLedger) -> None:
    prices = PriceList(premium=Price(Decimal(2), Decimal(3)), cheap=Price(Decimal(1), Decimal(1)))
    kept = books(ledger, prices)
    record(kept, [("cheap", "ok", Usage(1_000_000, 0))])
    record(kept, [("premium", "ok", Usage(1_000_000, 1_000_000))])
    report = Report(ledger.totals(), {"memory:ValueError": 2})
    told = report.to_dict()
    assert (told["cost"], told["baseline_cost"]) == ("6.000000000000", "7.000000000000")
    assert told["savings"]["total"] == "1.000000000000"
    assert told["baseline_estimated"] == "2.000000000000"
    text = str(report)
    for shown in ("$7.0000", "$6.0000", "85.7 %", "28.6 % estimated", "memory:ValueError x 2"):
        assert shown in text


@pytest.mark.parametrize("file", ["ledger", "cache"])
def test_a_private_file_is_its_owners_alone(tmp_path: Path, file: str) -> None:
    path = tmp_path / "deep" / "down" / "file.db"
    opened: Any = (
        SqliteLedger(path, on_fault=_fail)
        if file == "ledger"
        else SqliteMemos(path, max_entries=9, on_fault=_fail)
    )
    opened.close()
    assert path.stat().st_mode & 0o077 == 0


def test_a_foreign_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "mine.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE diary (entry TEXT)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not a Tokenomics ledger: foreign SQLite file"):
        SqliteLedger(path, on_fault=_fail)
    assert path.read_bytes() == before
    assert sorted(tmp_path.iterdir()) == [path]


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Dear diary, " * 50)
    with pytest.raises(StoreError, match="not an SQLite file"):
        SqliteLedger(path, on_fault=_fail)
    assert path.read_text() == "Dear diary, " * 50


def test_a_cache_is_no_ledger(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    SqliteMemos(path, max_entries=9, on_fault=_fail).close()
    with pytest.raises(StoreError, match="not a Tokenomics ledger"):
        SqliteLedger(path, on_fault=_fail)


def test_a_newer_ledger_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    SqliteLedger(path, on_fault=_fail).close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version={SCHEMA.version + 1}")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=f"version {SCHEMA.version + 1}, this package reads up"):
        SqliteLedger(path, on_fault=_fail)
    assert path.read_bytes() == before


def test_a_folder_is_no_ledger(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="can't be opened as a Tokenomics ledger"):
        SqliteLedger(tmp_path, on_fault=_fail)


def test_an_empty_file_becomes_a_ledger(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.touch()
    ledger = SqliteLedger(path, on_fault=_fail)
    assert ledger.totals().requests == 0
    ledger.close()


def test_a_ledger_may_be_read_by_those_who_may_not_write_it(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with pytest.raises(StoreError, match="No such file"):
        SqliteLedger(path, on_fault=_fail, read_only=True)
    ledger = SqliteLedger(path, on_fault=_fail)
    record(books(ledger, PriceList()), [("cheap", "ok", Usage(10, 5))])
    ledger.flush()
    faults: list[Exception] = []
    for close in (False, True):
        if close:
            ledger.close()
        path.chmod(0o400)
        tmp_path.chmod(0o500)
        reader = SqliteLedger(path, on_fault=faults.append, read_only=True)
        assert reader.totals().requests == 1
        record(books(reader, PriceList()), [("cheap", "ok", Usage(10, 5))])
        assert reader.totals().requests == 1
        reader.close()
        tmp_path.chmod(0o700)
        path.chmod(0o600)
    assert [type(fault) for fault in faults] == [StoreError, StoreError]
    assert list(tmp_path.iterdir()) == [path]


def test_a_closed_ledger_refuses_records(ledger: SqliteLedger) -> None:
    kept = books(ledger, PriceList())
    ledger.close()
    outcome = record(kept, [("cheap", "ok", Usage(1, 1))])
    assert outcome.reply is not None
    assert kept.faults.counts() == {"ledger:StoreError": 1}


def test_records_survive_and_add_up_over_processes(tmp_path: Path) -> None:
    prices = PriceList(cheap=Price(Decimal(1), Decimal(1)))
    for _ in range(3):
        ledger = SqliteLedger(tmp_path / "ledger.db", on_fault=_fail)
        record(books(ledger, prices), [("cheap", "ok", Usage(10, 5))])
        ledger.close()
    ledger = SqliteLedger(tmp_path / "ledger.db", on_fault=_fail)
    assert ledger.totals().models[0].usage == Usage(30, 15)
    ledger.close()


def test_recall_of_nothing_is_no_hit() -> None:
    assert Recall().memo is None


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
        reply = call(account, "cheap", "ok", Usage(10, 5))
        account.close(reply)


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
    for shortcut in ["cheap"] * 50 + ["cheap+judge"] * 25 + [""] * 25 + ["compression"] * 3:
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
        ("cheap", 50, 20),
        ("cheap+judge", 25, 20),
        ("compression", 3, 0),
    ]
    assert told["audited"][0]["interval"] == pytest.approx(list(clopper_pearson(2, 20)))
    assert told["audited"][2]["interval"] is None
    text = " ".join(str(report).split())
    for shown in (
        "cheap 50 20 10.0 % 1.2 % to 31.7 %",
        "compression 3 0 not audited yet",
        "Quality kept overall: 95.0 % of premium's",
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
