"""Length samples outlive the process, as numbers, and only so many of them."""

import sqlite3
from pathlib import Path

import pytest

from tests.lengths import made
from tokenomics_shared.adapters.sqlite_lengths import TIDY_EVERY, SqliteLengths
from tokenomics_shared.errors import StoreError
from tokenomics_shared.planning import LengthSample


def opened(path: Path | None, *, max_rows: int = 5_000) -> SqliteLengths:
    faults: list[Exception] = []
    store = SqliteLengths(path, max_rows=max_rows, on_fault=faults.append)
    assert not faults
    return store


@pytest.mark.parametrize("name", ["lengths.db", None])
def test_samples_come_back_in_order_and_whole(tmp_path: Path, name: str | None) -> None:
    store = opened(None if name is None else tmp_path / name)
    samples = made(1_100)
    for sample in samples:
        store.put(sample)
    store.put(LengthSample(3.0, "other", samples[0].features, 7, censored=True))
    assert list(store.samples("m")) == samples
    assert [each.model for each in store.samples()] == ["m"] * 1_100 + ["other"]
    (other,) = store.samples("other")
    assert other.censored
    assert store.counts() == {"m": 1_100, "other": 1}
    assert list(store.samples("nobody")) == []
    store.close()


def test_what_was_written_is_there_in_the_next_process(tmp_path: Path) -> None:
    first = opened(tmp_path / "lengths.db")
    for sample in made(5):
        first.put(sample)
    first.put_model("m", "old")
    first.put_model("m", "new")
    first.put_model("trained only", "text")
    first.close()
    second = opened(tmp_path / "lengths.db")
    assert list(second.samples("m")) == made(5)
    assert second.model("m") == "new"
    assert second.model("nobody") is None
    assert second.counts() == {"m": 5, "trained only": 0}
    second.close()


def test_the_oldest_of_each_model_leave_first() -> None:
    store = opened(None, max_rows=30)
    for sample in made(4 * TIDY_EVERY):
        store.put(sample)
    for sample in made(10, model="rare"):
        store.put(sample)
    assert list(store.samples("m")) == made(4 * TIDY_EVERY)[-30:]
    assert store.counts() == {"m": 30, "rare": 10}
    store.close()


def test_the_file_holds_no_text_of_a_question(tmp_path: Path) -> None:
    store = opened(tmp_path / "lengths.db")
    for sample in made(20):
        store.put(sample)
    store.close()
    assert all(b"capital" not in path.read_bytes() for path in tmp_path.iterdir())


def test_broken_rows_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "lengths.db"
    store = opened(path)
    for sample in made(4):
        store.put(sample)
    store.close()
    with sqlite3.connect(path) as file:
        file.execute("UPDATE lengths SET features = x'00' WHERE seq = 1")
        file.execute("UPDATE lengths SET output_tokens = 'many' WHERE seq = 2")
        file.execute("UPDATE lengths SET features = x'0000c07f' WHERE seq = 3")
    file.close()
    again = opened(path)
    assert list(again.samples("m")) == made(4)[3:]
    again.close()


def test_a_foreign_file_is_refused_and_left(tmp_path: Path) -> None:
    path = tmp_path / "lengths.db"
    path.write_text("Dear diary")
    with pytest.raises(StoreError, match="not a Tokenomics length file"):
        opened(path)
    assert path.read_text() == "Dear diary"


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lengths.db"
    opened(path).close()
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA user_version=9")
    file.close()
    with pytest.raises(StoreError, match="version 9"):
        opened(path)
