"""Chroma beyond the contract: partitions, embedders, restarts."""

from pathlib import Path

import pytest

from tests.vectors import DIMENSIONS, unit

pytest.importorskip("chromadb", reason="the extra `chroma` is not installed")

from tokenomics_shared.adapters.chroma import ChromaIndex, chroma_in


def index(folder: Path, partition: str = "a", embedder: str = "one") -> ChromaIndex:
    return ChromaIndex(chroma_in(folder), DIMENSIONS, partition=partition, embedder=embedder)


def test_partitions_and_embedders_never_meet(tmp_path: Path) -> None:
    index(tmp_path).add([1], unit(1))
    for other in (index(tmp_path, "b"), index(tmp_path, embedder="two"), index(tmp_path, "", "a")):
        assert len(other) == 0
        assert other.search(unit(1)[0], 3) == []


def test_any_name_will_do_for_a_partition(tmp_path: Path) -> None:
    for name in ("", "Ä/..\x00", "x" * 10_000, "\ud800"):
        index(tmp_path, name).add([1], unit(1))
        assert len(index(tmp_path, name)) == 1


def test_entries_outlive_the_client(tmp_path: Path) -> None:
    index(tmp_path).add([1, 2], unit(2))
    assert index(tmp_path).search(unit(2)[1], 1) == [(2, pytest.approx(1.0, abs=1e-5))]


def test_more_than_a_batch_is_added_and_removed(tmp_path: Path) -> None:
    many = index(tmp_path)
    many._at_once = 7
    many.add(range(30), unit(30))
    many.remove(range(5, 30))
    assert len(many) == 5
