"""Files and their writer: batches, bad jobs, forks, many threads."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tokenomics_shared.adapters.sqlite import Database, Schema
from tokenomics_shared.adapters.sqlite_memos import SqliteMemos
from tokenomics_shared.adapters.writer import Writer
from tokenomics_shared.errors import StoreError
from tokenomics_shared.types import Memo, Usage

SCHEMA = Schema(
    "test file", 0x7E57, 1, ("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)",)
)
PUT = "INSERT INTO notes (text) VALUES (?)"


def note(text: str) -> tuple[str, tuple[str]]:
    return (PUT, (text,))


def texts(database: Database) -> list[str]:
    database.flush()
    return [text for (text,) in database.query("SELECT text FROM notes ORDER BY id")]


@pytest.fixture(params=["private", "shared"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    path = None if request.param == "private" else tmp_path / "notes.db"
    opened = Database(path, SCHEMA, lambda error: None)
    yield opened
    opened.close()


def test_jobs_are_written_in_order(database: Database) -> None:
    for number in range(1000):
        database.enqueue(note(str(number)))
    assert texts(database) == [str(number) for number in range(1000)]


def test_a_bad_job_takes_no_other_with_it_and_is_all_or_nothing(tmp_path: Path) -> None:
    faults: list[Exception] = []
    database = Database(tmp_path / "notes.db", SCHEMA, faults.append)
    database.enqueue(note("before"))
    database.enqueue(note("half"), ("INSERT INTO nowhere VALUES (1)", ()))
    database.enqueue(note("after"))
    assert texts(database) == ["before", "after"]
    assert [type(fault) for fault in faults] == [sqlite3.OperationalError]
    database.close()


def test_a_snapshot_is_of_one_moment(database: Database) -> None:
    database.enqueue(note("a"))
    database.flush()
    counts, found = database.snapshot("SELECT count(*) FROM notes", "SELECT text FROM notes")
    assert (counts, found) == ([(1,)], [("a",)])


def test_many_threads_write_and_read(database: Database) -> None:
    def work(name: str) -> None:
        for number in range(100):
            database.enqueue(note(f"{name}{number}"))
            database.query("SELECT count(*) FROM notes")

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(texts(database))) == 400


def test_closing_writes_what_is_queued(tmp_path: Path) -> None:
    database = Database(tmp_path / "notes.db", SCHEMA, lambda error: None)
    for number in range(500):
        database.enqueue(note(str(number)))
    database.close()
    database.close()
    again = Database(tmp_path / "notes.db", SCHEMA, lambda error: None)
    assert len(texts(again)) == 500
    again.close()


def test_a_closed_database_refuses_jobs(database: Database) -> None:
    database.close()
    with pytest.raises(StoreError, match="closed"):
        database.enqueue(note("late"))


def test_a_database_that_nobody_holds_any_more_writes_what_is_queued(tmp_path: Path) -> None:
    database = Database(tmp_path / "notes.db", SCHEMA, lambda error: None)
    database.enqueue(note("last words"))
    del database
    again = Database(tmp_path / "notes.db", SCHEMA, lambda error: None)
    assert texts(again) == ["last words"]
    again.close()


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_writes_for_itself(database: Database) -> None:
    database.enqueue(note("parent"))
    database.flush()
    child = os.fork()
    if child == 0:
        try:
            database.enqueue(note("child"))
            database.flush()
            seen = database.query("SELECT text FROM notes WHERE text = 'child'")
            os._exit(0 if seen else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    database.enqueue(note("parent again"))
    assert texts(database)[0] == "parent"
    assert texts(database)[-1] == "parent again"


def test_a_writer_may_be_stopped_by_its_own_thread() -> None:
    stopped: list[str] = []

    def write(jobs: object) -> None:
        writer.stop()
        stopped.append("stopped")

    writer = Writer(write, lambda: stopped.append("released"), lambda error: None)
    writer.put((("a", ()),))
    thread = writer._thread
    assert thread is not None
    thread.join(5.0)
    assert stopped == ["stopped", "released"]


def test_the_writers_thread_outlives_a_write_that_raises() -> None:
    written: list[object] = []
    faults: list[Exception] = []

    def write(jobs: object) -> None:
        if not written and not faults:
            raise RuntimeError
        written.append(jobs)

    writer = Writer(write, lambda: None, faults.append)
    writer.put((("a", ()),))
    writer.flush()
    writer.put((("b", ()),))
    writer.flush()
    writer.stop()
    assert len(faults) == 1
    assert written == [[(("b", ()),)]]


def test_a_relative_path_stays_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    here.mkdir()
    elsewhere.mkdir()
    faults: list[Exception] = []
    monkeypatch.chdir(here)
    store = SqliteMemos(Path("cache.db"), max_entries=10, on_fault=faults.append)
    monkeypatch.chdir(elsewhere)
    store.put(b"k", Memo("an answer", Usage(), "", "", ""), 0.0, 10.0)
    store.flush()
    assert store.get(b"k", 1.0) is not None
    store.close()
    assert faults == []
    assert list(elsewhere.iterdir()) == []
    assert (here / "cache.db").stat().st_size > 0
