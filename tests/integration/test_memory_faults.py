"""Whatever breaks in memory, the model answers, the fault is counted, nothing wrong is given."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.bag import AGAIN, ANSWER, ASKED, FIXED, THIRD, Wayward, given, taught
from tests.kit import ROSTER, engine, prompt, reply
from tokenomics_shared import Engine, Memory
from tokenomics_shared.testing import ScriptedBackend, TextCodec
from tokenomics_shared.types import Outcome

FRESH = "In the settings, choose Security, then press Reset and follow the link."
NEXT = "How would I reset my password in the settings?"


def ask(made: Engine, text: str, answer: str = FRESH) -> Outcome:
    """Ask an engine whose model is sure to answer."""
    backend = ScriptedBackend({"cheap": [reply(answer)], "premium": [reply(answer)]})
    outcome = made.run(prompt(text), ROSTER, TextCodec(), backend)
    assert outcome.reply is not None
    assert outcome.recall.memo is not None or outcome.reply.text == answer
    return outcome


def hit(outcome: Outcome) -> str:
    return outcome.recall.cache_type


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Callable[..., Engine]]:
    engines: list[Engine] = []

    def make(**memory: Any) -> Engine:
        settings = {"use_semantic_cache": True, **FIXED, **memory}
        engines.append(engine(state_dir=tmp_path, memory=settings))
        return engines[-1]

    yield make
    for each in engines:
        each.close()


def broken(path: Path, sql: str, *values: Any) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(sql, values)


def integrity(path: Path) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall()


@pytest.mark.parametrize(
    "nonsense",
    [
        lambda texts: [[float("nan")] * 256 for _ in texts],
        lambda texts: [[0.0] * 256 for _ in texts],
        lambda texts: [[1.0] * 255 for _ in texts],
        lambda texts: [],
        lambda texts: [None for _ in texts],
        lambda texts: "no vectors",
    ],
)
def test_an_embedder_that_gives_nonsense(made: Callable[..., Engine], nonsense: Any) -> None:
    wayward = Wayward()
    under_test = made(embedder=wayward)
    ask(under_test, ASKED, ANSWER)
    under_test.flush()
    sound, wayward.give = wayward.give, nonsense
    assert hit(ask(under_test, AGAIN)) == "none"
    under_test.flush()
    assert sum(under_test.report().faults.values()) >= 1
    wayward.give = sound
    assert hit(ask(under_test, THIRD)) == "semantic_direct"


def test_an_embedder_that_raises(made: Callable[..., Engine]) -> None:
    wayward = Wayward()
    under_test = made(embedder=wayward)
    ask(under_test, ASKED, ANSWER)
    under_test.flush()
    wayward.error = ConnectionError("down")
    assert hit(ask(under_test, AGAIN)) == "none"
    assert hit(ask(under_test, ASKED)) == "exact"
    under_test.flush()
    assert under_test.report().faults["memory:ConnectionError"] >= 1
    wayward.error = None
    assert hit(ask(under_test, THIRD)) == "semantic_direct"


async def test_an_embedder_that_hangs(made: Callable[..., Engine]) -> None:
    wayward = Wayward()
    under_test = made(embedder=wayward, embedder_timeout_s=0.1)
    ask(under_test, ASKED, ANSWER)
    under_test.flush()
    wayward.wait_s = 1.0
    start = time.perf_counter()
    assert hit(ask(under_test, AGAIN)) == "none"
    backend = ScriptedBackend({"cheap": [reply(FRESH)]})
    outcome = await under_test.arun(prompt(NEXT), ROSTER, TextCodec(), backend)
    assert hit(outcome) == "none"
    assert time.perf_counter() - start < 0.9
    under_test.flush()
    assert under_test.report().faults["memory:EmbedderTimeout"] >= 2
    wayward.wait_s = 0.0
    await asyncio.sleep(1.1)
    assert hit(ask(under_test, THIRD)) == "semantic_direct"


ROWS = {
    "payload that is no JSON": "UPDATE entries SET payload = 'no JSON'",
    "payload of another kind": """UPDATE entries SET payload = '{"lc": 1}'""",
    "payload that is bytes": "UPDATE entries SET payload = x'ff00ff'",
    "payload that is not UTF-8": "UPDATE entries SET payload = CAST(x'22ff22' AS TEXT)",
    "tokens that are text": "UPDATE entries SET input = 'many', model = x'00'",
    "short vector": "UPDATE prompts SET vector = x'003c'",
    "odd vector": "UPDATE prompts SET vector = x'003c00'",
    "long vector": "UPDATE prompts SET vector = vector || x'003c'",
    "vector that is text": "UPDATE prompts SET vector = 'text'",
    "no vector": "UPDATE prompts SET vector = x''",
    "vector of zeros": "UPDATE prompts SET vector = zeroblob(512)",
    "question that is bytes": "UPDATE prompts SET text = x'ff'",
    "question that is not UTF-8": "UPDATE prompts SET text = CAST(x'ff' AS TEXT)",
    "question that is NUL": "UPDATE prompts SET text = char(0)",
    "key of another length": "UPDATE prompts SET key = x'00'",
    "group that is text": "UPDATE prompts SET grp = 'group'",
}


@pytest.mark.parametrize("name", ROWS)
def test_a_corrupt_row(tmp_path: Path, name: str) -> None:
    path = tmp_path / "cache.db"
    first = Memory(path, **FIXED)
    taught(first, ASKED)
    first.close()
    broken(path, ROWS[name])
    memory = Memory(path, **FIXED)
    for _ in range(2):
        assert set(given(memory, [ASKED, AGAIN, THIRD])) <= {None, ANSWER}
    # What is answered anew is remembered, and given.
    taught(memory, AGAIN, answer=FRESH)
    assert given(memory, [AGAIN]) == [FRESH]
    assert set(given(memory, [NEXT, THIRD])) <= {None, FRESH, ANSWER}
    if "payload" in name:
        assert memory.faults.counts()
    if "payload" not in name and "tokens" not in name:
        assert given(memory, [ASKED]) == [ANSWER]
    memory.close()


def test_broken_rows_keep_sound_ones_from_nobody(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    first = Memory(path, **FIXED)
    others = [f"Which of the {word} rivers is long?" for word in ("blue", "green", "white")]
    taught(first, ASKED, *others)
    first.close()
    nan = b"\x00\x7e" * 256
    broken(path, "UPDATE prompts SET vector = vector || x'003c' WHERE text = ?", others[0])
    broken(path, "UPDATE prompts SET vector = ? WHERE text = ?", nan, others[1])
    huge = b"\x00\x7b" * 256
    broken(path, "UPDATE prompts SET vector = ? WHERE text = ?", huge, others[2])
    label = "INSERT INTO labels VALUES (NULL, x'00', ?, 1, 1.0, 0, 0.0, x'00')"
    for features in ("no JSON", "[]", "[null]", "3", "[NaN, 1]"):
        broken(path, label, features)
    memory = Memory(path, **FIXED)
    assert given(memory, [AGAIN, "Which flour is best for bread?"]) == [ANSWER, None]
    memory.close()
    bounded = Memory(path, embedder=FIXED["embedder"])
    given(bounded, [AGAIN])
    assert bounded.faults.counts() == {}
    bounded.close()


def test_corrupt_pages_under_a_live_process(tmp_path: Path, made: Callable[..., Engine]) -> None:
    under_test = made()
    for number in range(60):
        ask(under_test, f"What is the number {number} good for in the settings?", ANSWER)
    under_test.flush()
    path = tmp_path / "cache.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(path.stat().st_size - 4096))
    time.sleep(1.1)

    def elsewhere() -> None:
        # A thread of its own has a connection of its own, with nothing of the file in it.
        assert hit(ask(under_test, ASKED)) == "none"

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    ask(under_test, AGAIN)
    under_test.flush()
    assert any("memory:" in name for name in under_test.report().faults)


def test_a_locked_database_delays_nobody(tmp_path: Path, made: Callable[..., Engine]) -> None:
    under_test = made()
    ask(under_test, ASKED, ANSWER)
    under_test.flush()
    with closing(sqlite3.connect(tmp_path / "cache.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        start = time.perf_counter()
        assert hit(ask(under_test, AGAIN)) == "semantic_direct"
        assert hit(ask(under_test, "Which flour is best for rye bread?")) == "none"
        assert time.perf_counter() - start < 0.5
        time.sleep(0.5)
        other.execute("COMMIT")
    under_test.flush()
    assert under_test.report().faults == {}
    assert hit(ask(made(), "Which flour is best for rye bread?")) == "exact"


def test_a_deleted_file(tmp_path: Path, made: Callable[..., Engine]) -> None:
    under_test = made()
    ask(under_test, ASKED, ANSWER)
    under_test.flush()
    for path in tmp_path.glob("cache.db*"):
        path.unlink()
    seen: list[str] = []

    def elsewhere() -> None:
        seen.extend(hit(ask(under_test, text)) for text in (ASKED, NEXT, "What is rye bread?"))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert len(seen) == 3
    assert hit(ask(under_test, ASKED)) == "exact"
    under_test.flush()
    again = made()
    assert hit(ask(again, "Which flour is best for rye bread?")) == "none"
    again.flush()
    assert hit(ask(again, "Which flour is best for rye bread?")) == "exact"
    assert integrity(tmp_path / "cache.db") == [("ok",)]


CHILD = """
import resource, signal, sys
from pathlib import Path
from tests.bag import FIXED
from tokenomics_shared import Memory

memory = Memory(Path(sys.argv[1]), **FIXED)
"""

FULL = (
    CHILD
    + """
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
memory.remember("What is number 0 good for?", "It is good for nothing 0.")
memory.flush()
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
for number in range(1, 120):
    memory.remember(f"What is number {number} good for?", f"It is good for {number}. " * 100)
memory.flush()
assert memory.faults.counts(), "the disk was not full"
for number in range(120):
    found = memory.recall(f"What is number {number} good for?")
    assert found is None or str(number) in found.answer, found
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
memory.remember("Is there room again?", "There is room again.")
memory.flush()
memory.close()
"""
)

KILLED = (
    CHILD
    + """
for number in range(100_000):
    memory.remember(f"What is number {number} good for?", f"It is good for {number}.")
    if number % 10 == 9:
        memory.flush()
        print(number + 1, flush=True)
"""
)


def child(script: str, path: Path) -> subprocess.Popen[str]:
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    command = [sys.executable, "-c", script, str(path)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=root,
        env=environment,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files")
def test_a_full_disk(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    with child(FULL, path) as running:
        _, errors = running.communicate(timeout=120)
    assert running.returncode == 0, errors
    assert integrity(path) == [("ok",)]
    memory = Memory(path, **FIXED)
    found = given(memory, ["Is there room again?", "What is number 0 good for?"])
    assert found == ["There is room again.", "It is good for nothing 0."]
    memory.close()


@pytest.mark.parametrize("after", [20, 130, 300])
def test_a_process_killed_while_it_writes(tmp_path: Path, after: int) -> None:
    path = tmp_path / "cache.db"
    with child(KILLED, path) as running:
        assert running.stdout is not None
        committed = 0
        for line in running.stdout:
            committed = int(line)
            if committed >= after:
                break
        time.sleep(0.001 * (after % 7))
        running.send_signal(signal.SIGKILL)
        running.communicate()
    assert committed >= after
    assert integrity(path) == [("ok",)]
    memory = Memory(path, **FIXED)
    for number in range(committed):
        found = memory.recall(f"What is number {number} good for?")
        assert found is not None
        assert found.answer == f"It is good for {number}."
    # No vector without its answer among what was kept.
    taught(memory, "What is rye bread good for?", answer="It is good for sandwiches.")
    assert given(memory, ["What is rye bread good for?"]) == ["It is good for sandwiches."]
    assert memory.faults.counts() == {}
    memory.close()
