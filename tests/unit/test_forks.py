"""Forks: whatever the parent is in the middle of, the child works and the parent goes on."""

import gc
import os
import signal
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.kit import GOOD, ROSTER, engine, prompt, reply
from tokenomics_shared.adapters.sqlite import Database, Schema
from tokenomics_shared.bandit.costs import CostModel
from tokenomics_shared.bandit.shared import Shared, SumsFile
from tokenomics_shared.forks import ForkSafe
from tokenomics_shared.learning import Sums
from tokenomics_shared.testing import ScriptedBackend, TextCodec

pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")

SCHEMA = Schema("test file", 0x7E57, 1, ("CREATE TABLE notes (text TEXT)",))
PUT = "INSERT INTO notes VALUES (?)"
LONG = (
    "INSERT INTO notes SELECT 'long ' || max(n) FROM (WITH RECURSIVE count(n) AS"
    " (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < ?) SELECT n FROM count)"
)


def forked(work: Callable[[], bool]) -> bool:
    """Whether this came true in a forked child, within five seconds."""
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if work() else 1)
        finally:
            os._exit(2)
    return came_true(child)


def came_true(child: int) -> bool:
    deadline = time.monotonic() + 5.0
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def is_open(name: str) -> bool:
    """Whether this process has a file of this name open."""
    found = []
    for link in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # the folder itself is closed again
            found.append(str(link.readlink()))
    return any(name in path for path in found)


@pytest.fixture(params=["private", "shared"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    return None if request.param == "private" else tmp_path / "notes.db"


@pytest.fixture
def faults() -> list[Exception]:
    return []


@pytest.fixture
def database(path: Path | None, faults: list[Exception]) -> Iterator[Database]:
    opened = Database(path, SCHEMA, faults.append)
    yield opened
    opened.close()


def texts(database: Database) -> list[str]:
    database.flush()
    return [text for (text,) in database.query("SELECT text FROM notes ORDER BY rowid")]


def test_a_fork_in_the_middle_of_a_commit_catches_nothing_half_way(
    database: Database, path: Path | None, faults: list[Exception]
) -> None:
    def written_by_the_child() -> bool:
        database.enqueue((PUT, ("child",)))
        return "child" in texts(database) and not faults

    database.enqueue((LONG, (2_000_000,)))
    database._writer._hurry.set()
    time.sleep(0.1)
    assert forked(written_by_the_child)
    database.enqueue((PUT, ("parent",)))
    assert texts(database) == ["long 2000000", *([] if path is None else ["child"]), "parent"]
    assert faults == []


def test_a_child_outlives_its_parents_database(tmp_path: Path) -> None:
    database = Database(tmp_path / "notes.db", SCHEMA, lambda error: None)
    database.enqueue((PUT, ("parent",)))
    database.flush()
    closed, close = os.pipe()
    child = os.fork()
    if child == 0:
        texts(database)
        os.read(closed, 1)
        for number in range(3):
            database.enqueue((PUT, (f"child {number}",)))
            database.flush()
        os._exit(0)
    time.sleep(0.1)
    database.close()
    again = Database(tmp_path / "notes.db", SCHEMA, lambda error: None)
    assert texts(again) == ["parent"]
    os.write(close, b"x")
    assert came_true(child)
    assert texts(again) == ["parent", "child 0", "child 1", "child 2"]
    again.close()


def test_no_file_is_open_across_a_fork(tmp_path: Path) -> None:
    if not Path("/proc/self/fd").exists():
        pytest.skip("only Linux tells which files are open")
    database = Database(tmp_path / "notes.db", SCHEMA, lambda error: None)
    texts(database)
    assert is_open("notes.db")
    assert forked(lambda: not is_open("notes.db"))
    assert texts(database) == []
    database.close()


def test_threads_may_fork_while_others_write_and_read(
    database: Database, faults: list[Exception]
) -> None:
    done = threading.Event()
    results: list[bool] = []

    def work() -> None:
        while not done.is_set():
            database.enqueue((PUT, ("busy",)))
            database.query("SELECT count(*) FROM notes")

    def written_by_the_child() -> bool:
        database.enqueue((PUT, ("child",)))
        return "child" in texts(database)

    def fork() -> None:
        results.extend(forked(written_by_the_child) for _ in range(5))

    busy = [threading.Thread(target=work) for _ in range(2)]
    forking = [threading.Thread(target=fork) for _ in range(2)]
    for thread in (*busy, *forking):
        thread.start()
    for thread in forking:
        thread.join()
    done.set()
    for thread in busy:
        thread.join()
    assert results == [True] * 10
    assert faults == []


def test_the_writers_own_thread_may_fork(path: Path | None) -> None:
    results: list[bool] = []
    database = Database(path, SCHEMA, lambda error: results.append(forked(lambda: True)))
    database.enqueue(("INSERT INTO nowhere VALUES (1)", ()))
    database.flush()
    assert results == [True]
    database.close()


def test_one_may_fork_while_holding_a_lock_oneself() -> None:
    safe = ForkSafe()
    with safe.lock:
        assert forked(lambda: safe.lock.acquire(timeout=1.0))
    assert forked(lambda: safe.lock.acquire(timeout=1.0))


def test_a_lock_that_another_holds_too_long_is_free_in_the_child(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tokenomics_shared.forks.PATIENCE_S", 0.1)
    safe, other = ForkSafe(), ForkSafe()
    held, free = threading.Event(), threading.Event()

    def hold() -> None:
        with safe.lock:
            held.set()
            free.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    assert forked(lambda: safe.lock.acquire(timeout=1.0) and other.lock.acquire(timeout=1.0))
    free.set()
    thread.join()
    assert safe.lock.acquire(timeout=1.0)
    assert other.lock.acquire(timeout=1.0)


def test_nothing_new_comes_up_during_a_fork() -> None:
    made: list[bool] = []

    class Slow(ForkSafe):
        def before_fork(self) -> None:
            newcomer.start()
            newcomer.join(0.2)
            made.append(newcomer.is_alive())

    newcomer = threading.Thread(target=ForkSafe)
    slow = Slow()
    assert forked(lambda: True)
    newcomer.join(5.0)
    assert made == [True]
    assert not newcomer.is_alive()
    assert slow.lock.acquire(timeout=1.0)


def test_what_nobody_holds_any_more_is_not_kept_for_a_fork(tmp_path: Path) -> None:
    database = Database(tmp_path / "notes.db", SCHEMA, lambda error: None)
    texts(database)
    database.close()
    gone: list[weakref.ref[Any]] = [weakref.ref(database._file), weakref.ref(database._writer)]
    del database
    gc.collect()
    assert [reference() for reference in gone] == [None, None]


def test_every_process_names_its_requests_itself(tmp_path: Path) -> None:
    made = engine(state_dir=tmp_path)

    def asked(text: str) -> bool:
        backend = ScriptedBackend({"cheap": [reply(GOOD)], "premium": [reply(GOOD)]})
        made.run(prompt(text), ROSTER, TextCodec(), backend)
        made.flush()
        return made.report().faults == {}

    assert asked("parent")
    assert forked(lambda: asked("child"))
    assert forked(lambda: asked("another child"))
    assert asked("parent again")
    database = made.parts.books.ledger._database  # type: ignore[attr-defined]
    assert database.query("SELECT count(*), count(DISTINCT request_id) FROM requests") == [(4, 4)]
    made.close()


class SlowToTell(CostModel):
    """Takes its time in the middle of a save."""

    def __init__(self) -> None:
        self.inside, self.leave = threading.Event(), threading.Event()
        super().__init__()

    def news(self) -> Sums:
        self.inside.set()
        self.leave.wait()
        return super().news()


def test_a_fork_while_the_bandits_state_is_saved_leaves_the_child_free(tmp_path: Path) -> None:
    learner, path = SlowToTell(), tmp_path / "state.json"
    shared = Shared({"costs": learner}, SumsFile(path))

    def learned(arm: str) -> None:
        learner.learn(arm, "chat", 10.0, 0.5, predicted=10.0)
        shared.changed()

    def saved() -> bool:
        learner.leave.set()
        learned("child")
        shared.save()
        return "child" in path.read_text() and "parent" not in path.read_text()

    learned("parent")
    saving = threading.Thread(target=shared.save)
    saving.start()
    learner.inside.wait()
    assert forked(saved)
    learner.leave.set()
    saving.join()
    assert {"costs/seconds|child", "costs/seconds|parent"} <= set(SumsFile(path).read())
