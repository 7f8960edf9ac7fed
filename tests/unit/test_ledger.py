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
from tokenomics_shared.telemetry import Books, Faults, OpenAccount, Report
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
