"""What every vector index promises, and what the embedded one does beyond."""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.vectors import BACKENDS, DIMENSIONS, EXACT, chroma_server, opened, unit
from tokenomics_shared.adapters.slots import SlotIndex

Make = Callable[[], SlotIndex]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], int]]:
    """Starts a server for who asks for its port."""
    with ExitStack() as stack:

        @cache
        def port() -> int:
            return stack.enter_context(chroma_server(tmp_path_factory.mktemp("server")))

        yield port


@pytest.fixture(params=BACKENDS)
def make(request: pytest.FixtureRequest, tmp_path: Path, server: Callable[[], int]) -> Make:
    made: Make = opened(request.param, tmp_path, server)
    return made


def no_server() -> int:
    raise AssertionError


def model_search(
    model: dict[int, NDArray[np.float32]], vector: NDArray[np.float32], k: int
) -> list[float]:
    return sorted((float(kept @ vector) for kept in model.values()), reverse=True)[:k]


def test_an_empty_index_finds_nothing(make: Make) -> None:
    index = make()
    assert len(index) == 0
    assert index.search(unit(1)[0], 3) == []


def test_the_nearest_come_first_with_their_similarities(make: Make) -> None:
    index = make()
    vectors = unit(60)
    index.add(range(100, 160), vectors)
    found = index.search(vectors[7], 5)
    assert found[0][0] == 107
    assert found[0][1] == pytest.approx(1.0, abs=2e-3)
    expected = np.sort(vectors @ vectors[7])[::-1][:5]
    assert [similarity for _, similarity in found] == pytest.approx(expected.tolist(), abs=2e-3)


def test_asking_for_more_than_there_are_gives_all(make: Make) -> None:
    index = make()
    index.add([1, 2], unit(2))
    assert {entry for entry, _ in index.search(unit(1)[0], 10)} == {1, 2}
    assert index.search(unit(1)[0], 0) == []


def test_an_id_that_is_there_is_replaced(make: Make) -> None:
    index = make()
    old, new = unit(2)
    index.add([5], old[None])
    index.add([5], new[None])
    assert len(index) == 1
    assert index.search(new, 3) == [(5, pytest.approx(1.0, abs=2e-3))]


def test_the_last_of_two_alike_in_one_call_counts(make: Make) -> None:
    index = make()
    index.add([5, 6, 5], unit(3))
    assert len(index) == 2
    assert index.search(unit(3)[2], 1) == [(5, pytest.approx(1.0, abs=2e-3))]


def test_removed_entries_are_not_found_and_unknown_ids_are_ignored(make: Make) -> None:
    index = make()
    vectors = unit(50)
    index.add(range(50), vectors)
    index.remove([3, 3, 49, 1000])
    index.remove([])
    assert len(index) == 48
    assert {entry for entry, _ in index.search(vectors[3], 50)} == set(range(50)) - {3, 49}


def test_nothing_is_left_when_all_is_removed(make: Make) -> None:
    index = make()
    index.add(range(40), unit(40))
    index.remove(range(40))
    assert len(index) == 0
    assert index.search(unit(1)[0], 3) == []
    index.add([7], unit(1))
    assert [entry for entry, _ in index.search(unit(1)[0], 3)] == [7]


def test_ids_may_be_any_rowid(make: Make) -> None:
    index = make()
    ids = [1, 2**40, 2**62]
    index.add(ids, unit(3))
    index.remove([2**40])
    assert {entry for entry, _ in index.search(unit(3)[0], 3)} == {1, 2**62}


def test_vectors_of_another_shape_are_refused(make: Make) -> None:
    with pytest.raises(ValueError, match="shape"):
        make().add([1, 2], unit(1))
    with pytest.raises(ValueError, match="shape"):
        make().add([1], np.ones((1, DIMENSIONS + 1), np.float32))


def test_what_was_added_may_be_changed_afterwards(make: Make) -> None:
    index = make()
    vectors = unit(3).copy()
    index.add([1, 2, 3], vectors)
    vectors[:] = 0
    assert index.search(unit(3)[1], 1)[0][0] == 2


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(st.integers(0, 30), min_size=1, max_size=12)),
        st.tuples(st.just("remove"), st.lists(st.integers(0, 30), min_size=1, max_size=12)),
        st.tuples(st.just("settle"), st.just([])),
        st.tuples(st.just("search"), st.lists(st.integers(1, 8), min_size=1, max_size=1)),
    ),
    max_size=25,
)


@pytest.mark.parametrize("backend", EXACT)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, seed=st.integers(0, 5))
def test_an_index_is_a_dict_searched_row_by_row(
    backend: str, tmp_path: Path, steps: list[tuple[str, list[int]]], seed: int
) -> None:
    index = opened(backend, tmp_path, no_server)()
    model: dict[int, NDArray[np.float32]] = {}
    rng = np.random.default_rng(seed)
    for step, numbers in steps:
        if step == "add":
            vectors = unit(len(numbers), seed=int(rng.integers(1 << 30)))
            index.add(numbers, vectors)
            model.update(zip(numbers, vectors, strict=True))
        elif step == "remove":
            index.remove(numbers)
            for entry in numbers:
                model.pop(entry, None)
        elif step == "settle":
            index.settle()
        else:
            _same(index, model, unit(1, seed=int(rng.integers(1 << 30)))[0], numbers[0])
        assert len(index) == len(model)
    _same(index, model, unit(1)[0], 5)


def _same(
    index: SlotIndex, model: dict[int, NDArray[np.float32]], vector: NDArray[np.float32], k: int
) -> None:
    found = index.search(vector, k)
    assert [near for _, near in found] == pytest.approx(model_search(model, vector, k), abs=2e-3)
    for entry, similarity in found:
        assert similarity == pytest.approx(float(model[entry] @ vector), abs=2e-3)


@pytest.mark.parametrize("backend", EXACT)
def test_threads_add_remove_and_search_at_once(backend: str, tmp_path: Path) -> None:
    index = opened(backend, tmp_path, no_server)()
    fixed = unit(20, seed=1)
    index.add(range(20), fixed)

    def writer(start: int) -> Callable[[int], None]:
        def write(turn: int) -> None:
            ids = [start + 3 * turn + step for step in range(3)]
            index.add(ids, unit(3, seed=start + turn))
            index.remove(ids[:2])

        return write

    def read(turn: int) -> None:
        entry = turn % 20
        assert index.search(fixed[entry], 1)[0] == (entry, pytest.approx(1.0, abs=2e-3))

    def repeat(job: Callable[[int], None]) -> None:
        for turn in range(60):
            job(turn)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(repeat, [writer(1_000), writer(2_000), read, read]))
    index.settle()
    assert len(index) == 20 + 2 * 60


def clustered(many: int, seed: int) -> NDArray[np.float32]:
    """Vectors as questions have them: groups of near ones."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(0).normal(size=(many // 20, 64))
    rows = centres[rng.integers(0, len(centres), many)] + rng.normal(0, 0.5, (many, 64))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def test_a_graph_finds_what_a_scan_finds() -> None:
    pytest.importorskip("faiss")
    vectors, asked = clustered(6_000, 1), clustered(300, 2)
    index = SlotIndex(64, graph_rows=1_000, tail_rows=500)
    for start in range(0, 6_000, 500):
        index.add(range(start, start + 500), vectors[start : start + 500])
    index.remove(range(0, 6_000, 10))
    index.settle()
    left = np.array([entry for entry in range(6_000) if entry % 10])
    nearest = left[np.argmax(asked @ vectors[left].T, axis=1)]
    found = [index.search(one, 8)[0][0] for one in asked]
    assert np.mean(found == nearest) >= 0.98


def test_a_graph_of_mostly_dead_rows_is_built_anew() -> None:
    pytest.importorskip("faiss")
    index = SlotIndex(64, graph_rows=100, tail_rows=50)
    vectors = clustered(1_000, 1)
    index.add(range(1_000), vectors)
    index.settle()
    index.remove(range(900))
    index.settle()
    assert len(index) == 100
    assert index.search(vectors[950], 1)[0] == (950, pytest.approx(1.0, abs=2e-3))
    assert index._graph is not None
    assert index._graph.rows == 100


def test_without_faiss_there_is_no_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokenomics_shared.adapters.slots.find_spec", lambda name: None)
    index = SlotIndex(DIMENSIONS, graph_rows=8, tail_rows=4)
    index.add(range(100), unit(100))
    index.settle()
    assert index._graph is None
    assert index.search(unit(100)[40], 1)[0][0] == 40


def test_a_graph_that_cannot_be_made_leaves_the_slots(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hnsw = pytest.importorskip("tokenomics_shared.adapters.hnsw")
    monkeypatch.setattr(hnsw, "LINKS", "not a number")
    index = SlotIndex(DIMENSIONS, graph_rows=8)
    index.add(range(100), unit(100))
    index.settle()
    assert "could not be made" in caplog.text
    index.add(range(200), unit(200))
    assert index.search(unit(200)[150], 1)[0][0] == 150


def test_removing_takes_no_longer_from_many() -> None:
    def seconds(many: int) -> float:
        index = SlotIndex(DIMENSIONS, graph_rows=1 << 30)
        index.add(range(many), unit(many))
        started = time.process_time()
        for entry in range(500):
            index.remove([entry])
        return time.process_time() - started

    assert min(seconds(50_000) for _ in range(3)) < 5 * min(seconds(1_000) for _ in range(3))


@pytest.mark.parametrize("backend", EXACT)
def test_a_saved_index_goes_on_where_it_was(backend: str, tmp_path: Path) -> None:
    make = opened(backend, tmp_path, no_server)
    index, vectors = make(), unit(60)
    index.add(range(50), vectors[:50])
    index.settle()
    index.remove([3, 49])
    index.add(range(50, 60), vectors[50:])
    index.save(tmp_path / "index", 17)
    if os.name != "nt":
        assert (tmp_path / "index").stat().st_mode & 0o077 == 0
    again = make()
    assert again.load(tmp_path / "index") == 17
    assert len(again) == 58
    for entry in (0, 4, 59):
        # Either may have folded by now, and so hold half-precision numbers.
        found, before = again.search(vectors[entry], 3), index.search(vectors[entry], 3)
        assert [near for _, near in found] == pytest.approx([n for _, n in before], abs=2e-3)
        assert found[0][0] == before[0][0] == entry
    again.remove([4])
    again.add([3], vectors[3:4])
    again.settle()
    assert {entry for entry, _ in again.search(vectors[4], 60)} == set(range(60)) - {4, 49}


@pytest.mark.parametrize("harm", ["missing", "empty", "half", "changed", "foreign"])
def test_a_harmed_file_is_as_good_as_none(harm: str, tmp_path: Path) -> None:
    index, file = SlotIndex(DIMENSIONS, graph_rows=8), tmp_path / "index"
    index.add(range(50), unit(50))
    index.settle()
    index.save(file, 1)
    content = file.read_bytes()
    middle = len(content) // 2
    harmed = {
        "empty": b"",
        "half": content[:middle],
        "changed": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
        "foreign": b"something else",
    }
    file.unlink()
    if harm in harmed:
        file.write_bytes(harmed[harm])
    fresh = SlotIndex(DIMENSIONS)
    assert fresh.load(file) is None
    assert len(fresh) == 0


def test_a_file_of_other_dimensions_is_not_taken(tmp_path: Path) -> None:
    index = SlotIndex(DIMENSIONS)
    index.add([1], unit(1))
    index.save(tmp_path / "index", 1)
    assert SlotIndex(DIMENSIONS + 1).load(tmp_path / "index") is None
