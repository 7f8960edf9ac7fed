"""The sample store: what was asked is found again when its worth is known, days later."""

import os
import sqlite3
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenomics_shared.adapters import sqlite_samples
from tokenomics_shared.adapters.sqlite_samples import SqliteSamples
from tokenomics_shared.errors import StoreError
from tokenomics_shared.learning import KINDS, Context, Graded, Sample, SampleStore
from tokenomics_shared.routing.recent import RecentSamples

FLOAT32 = st.floats(width=32, allow_nan=False, allow_infinity=False)
FEATURES = st.lists(FLOAT32, max_size=8).map(tuple)
SAMPLES = st.builds(
    Sample,
    st.uuids().map(str),
    st.floats(0.0, 2e9),
    st.text(min_size=1, max_size=9).filter(lambda text: text.isprintable()),
    st.floats(0.0, 1.0),
    st.builds(
        Context, st.sampled_from(KINDS), st.sampled_from(["simple", "medium", "complex"]), FEATURES
    ),
    st.none() | FEATURES,
    st.none() | st.floats(0.0, 1.0),
    st.booleans(),
)


def _fail(error: Exception) -> None:
    raise error


def sample(number: int) -> Sample:
    context = Context("maths", "simple", (0.5, -2.0, 1.0))
    return Sample(f"r{number}", float(number), "cheap|small-1", 0.0, context)


@pytest.fixture(params=["private", "shared", "recent"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SampleStore]:
    if request.param == "recent":
        yield RecentSamples()
        return
    path = None if request.param == "private" else tmp_path / "samples.db"
    opened = SqliteSamples(path, on_fault=_fail)
    yield opened
    opened.close()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Callable[..., SqliteSamples]:
    """A store that looks every ten samples whether there are too many, and remembers none."""
    monkeypatch.setattr(sqlite_samples, "TIDY_EVERY", 10)
    monkeypatch.setattr(sqlite_samples, "RECENT", 0)
    return lambda path=None, rows=20: SqliteSamples(path, max_rows=rows, on_fault=_fail)


def test_a_queued_sample_is_found_at_once(store: SampleStore) -> None:
    store.put(sample(1))
    assert store.get("r1") == sample(1)
    assert store.get("r2") is None


@settings(max_examples=40)
@given(kept=SAMPLES)
def test_a_sample_comes_back_from_the_file_as_it_was(kept: Sample) -> None:
    store = SqliteSamples(None, on_fault=_fail)
    store.put(kept)
    store._recent.clear()
    assert store.get(kept.request_id) == kept
    store.close()


def test_features_are_kept_as_32_bit_floats(small: Callable[..., SqliteSamples]) -> None:
    store = small()
    store.put(replace(sample(1), context=Context("chat", "complex", (0.1, 1.0))))
    found = store.get("r1")
    assert found is not None
    assert found.context.features == (struct.unpack("f", struct.pack("f", 0.1))[0], 1.0)
    store.close()


def test_grades_are_told_oldest_first(store: SampleStore) -> None:
    for number in range(3):
        store.put(sample(number))
    store.grade("r2", 1.0, "audit", 10.0, weight=20.0)
    store.grade("r0", 0.5, "feedback", 11.0)
    assert list(store.graded()) == [
        Graded(sample(2), 1.0, "audit", 20.0),
        Graded(sample(0), 0.5, "feedback", 1.0),
    ]


def test_the_last_finding_of_a_source_counts(store: SampleStore) -> None:
    store.put(sample(1))
    store.grade("r1", 1.0, "feedback", 10.0)
    store.grade("r1", 0.5, "judge", 11.0)
    store.grade("r1", 0.0, "feedback", 12.0)
    assert [(each.score, each.source) for each in store.graded()] == [
        (0.5, "judge"),
        (0.0, "feedback"),
    ]


def test_it_is_known_who_graded_what(small: Callable[..., SqliteSamples]) -> None:
    store = small()
    assert not store.is_graded("1", "feedback")
    for number in range(10):
        store.grade(f"{number}", 0.5, "feedback", 1.0)
    assert all(store.is_graded(f"{number}", "feedback") for number in range(10))
    assert not store.is_graded("1", "audit")
    assert not store.is_graded("10", "feedback")


def test_a_finding_may_come_before_its_sample(store: SampleStore) -> None:
    store.grade("r1", 1.0, "feedback", 10.0)
    store.grade("nobody's", 1.0, "feedback", 10.0)
    assert list(store.graded()) == []
    store.put(sample(1))
    assert list(store.graded()) == [Graded(sample(1), 1.0, "feedback")]


def test_many_grades_are_told_page_by_page(store: SampleStore) -> None:
    for number in range(1_200):
        store.put(sample(number))
        store.grade(f"r{number}", 1.0, "feedback", 1.0)
    assert [each.sample.at for each in store.graded()] == list(range(1_200))


def test_the_oldest_ungraded_leave_first(small: Callable[..., SqliteSamples]) -> None:
    store = small()
    for number in range(10):
        store.put(sample(number))
        store.grade(f"r{number}", 1.0, "feedback", 1.0)
    for number in range(10, 50):
        store.put(sample(number))
    kept = [number for number in range(50) if store.get(f"r{number}") is not None]
    assert kept == [*range(10), *range(40, 50)]
    store.close()


def test_the_oldest_graded_leave_when_all_are(small: Callable[..., SqliteSamples]) -> None:
    store = small()
    for number in range(50):
        store.grade(f"r{number}", 1.0, "feedback", 1.0)
        store.put(sample(number))
    assert [each.sample.at for each in store.graded()] == list(range(30, 50))
    (grades,) = store._database.query("SELECT count(*) FROM grades")[0]
    assert grades == 20
    store.close()


def test_samples_survive_the_process(tmp_path: Path) -> None:
    path = tmp_path / "samples.db"
    for number in range(3):
        store = SqliteSamples(path, on_fault=_fail)
        store.put(sample(number))
        store.grade("r0", number / 2, "feedback", 1.0)
        store.close()
    store = SqliteSamples(path, on_fault=_fail)
    assert store.get("r1") == sample(1)
    assert list(store.graded()) == [Graded(sample(0), 1.0, "feedback")]
    store.close()


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE samples SET kind = 'poetry'",
        "UPDATE samples SET complexity = 'none'",
        "UPDATE samples SET features = x'0102'",
        "UPDATE samples SET features = 'text'",
        "UPDATE samples SET answer_features = x'0000807f'",
        "UPDATE grades SET source = 'rumour'",
        "UPDATE grades SET weight = -1.0",
        "UPDATE grades SET score = 'good'",
    ],
)
def test_broken_rows_are_left_out(tmp_path: Path, spoil: str) -> None:
    path = tmp_path / "samples.db"
    store = SqliteSamples(path, on_fault=_fail)
    store.put(sample(1))
    store.grade("r1", 1.0, "feedback", 1.0)
    store.close()
    with sqlite3.connect(path) as connection:
        connection.execute(spoil)
    connection.close()
    store = SqliteSamples(path, on_fault=_fail)
    assert list(store.graded()) == []
    assert (store.get("r1") is None) == ("samples" in spoil)
    store.close()


def test_a_ledger_is_no_sample_file(tmp_path: Path) -> None:
    path = tmp_path / "file.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE diary (entry TEXT)")
    connection.close()
    with pytest.raises(StoreError, match="not a Tokenomics sample file"):
        SqliteSamples(path, on_fault=_fail)


def test_many_threads_put_get_and_grade(store: SampleStore) -> None:
    failures: list[Any] = []

    def work(start: int) -> None:
        for number in range(start, start + 100):
            store.put(sample(number))
            store.grade(f"r{number}", 1.0, "judge", 1.0)
            if store.get(f"r{number}") is None:
                failures.append(number)

    threads = [threading.Thread(target=work, args=(100 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(list(store.graded())) == 400


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_keeps_samples_of_its_own(tmp_path: Path) -> None:
    store = SqliteSamples(tmp_path / "samples.db", on_fault=_fail)
    store.put(sample(1))
    child = os.fork()
    if child == 0:
        try:
            store.put(sample(2))
            store.flush()
            os._exit(0 if store.get("r1") and store.get("r2") else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert store.get("r2") == sample(2)
    store.close()


def test_a_process_alone_keeps_the_latest_samples_and_grades() -> None:
    store = RecentSamples(most=2)
    for number in range(3):
        store.put(sample(number))
        store.grade(f"r{number}", 1.0, "feedback", 0.0)
    assert store.get("r0") is None
    assert [found.sample.request_id for found in store.graded()] == ["r1", "r2"]
    assert not store.is_graded("r0", "feedback")
