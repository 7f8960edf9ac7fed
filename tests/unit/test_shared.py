"""Shared learning: one file, several processes, and what may be wrong with it."""

import json
import logging
import math
import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st

from tokenomics_shared.bandit.costs import CostModel
from tokenomics_shared.bandit.gaussian import Gaussian
from tokenomics_shared.bandit.linear import LinUcb
from tokenomics_shared.bandit.posterior import Space
from tokenomics_shared.bandit.prior import KindPrior
from tokenomics_shared.bandit.shared import Shared, SumsFile
from tokenomics_shared.bandit.sums import merge, merged
from tokenomics_shared.bandit.tabular import Ucb
from tokenomics_shared.errors import StoreError
from tokenomics_shared.learning import Context

ASKED = Context("chat", "simple", (0.5, 1.0))
ARMS = {"cheap": 0.0, "premium": 1.0}


def learned(path: Path, *values: float) -> tuple[Ucb, Shared]:
    learner = Ucb()
    shared = Shared({"ucb": learner}, SumsFile(path))
    for value in values:
        learner.learn(ASKED, "cheap", value)
        shared.changed()
    return learner, shared


def rows(path: Path) -> dict[str, list[float]]:
    found: dict[str, list[float]] = json.loads(path.read_text())["rows"]
    return found


@given(
    st.lists(st.tuples(st.floats(0.01, 3.0), st.floats(-5, 5)), min_size=3, max_size=12),
    st.floats(0.5, 1.0),
)
def test_with_forgetting_too_sums_are_the_same_however_they_are_split(
    seen: list[tuple[float, float]], forgetting: float
) -> None:
    observations = [[weight, weight * value] for weight, value in seen]

    def total(part: list[list[float]]) -> list[float]:
        row: list[float] | None = None
        for each in part:
            row = merged(row, each, forgetting)
        return row or [0.0, 0.0]

    # Once everything earlier is forgotten at a stroke, the order of splitting may tell.
    if max(weight for weight, _ in seen) * (1.0 - forgetting) * len(seen) < 1.0:
        middle = len(observations) // 2
        parts = merged(total(observations[:middle]), total(observations[middle:]), forgetting)
        assert parts == pytest.approx(total(observations), abs=1e-9)


def test_of_rows_that_differ_in_length_the_later_one_counts() -> None:
    assert merge({"a": [1.0, 2.0]}, {"a": [1.0], "b": [2.0]}, lambda _: 1.0) == {
        "a": [1.0],
        "b": [2.0],
    }


def test_what_was_learned_survives_the_process(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "state.json"
    learned(path, 0.25, 0.5)[1].close()
    assert json.loads(path.read_text()) == {
        "format": "tokenomics-bandit",
        "version": 2,
        "rows": {"ucb/cheap|": [2.0, 0.75, 0.0]},
    }
    learner, shared = learned(path, 1.0)
    assert learner.beliefs(ASKED, ARMS)[0].seen == 3.0
    shared.close()
    assert rows(path) == {"ucb/cheap|": [3.0, 1.75, 0.0]}


def test_two_at_once_end_with_the_sum_of_both(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    (one, first), (other, second) = learned(path, 1.0), learned(path, 0.0, 0.5)
    first.save()
    second.save()
    assert other.beliefs(ASKED, ARMS)[0].seen == 3.0
    one.learn(ASKED, "cheap", 0.5)
    first.changed()
    first.save()
    assert one.beliefs(ASKED, ARMS)[0].mean == pytest.approx(0.5)
    assert rows(path) == {"ucb/cheap|": [4.0, 2.0, 0.0]}


CHILD = """
import sys
from pathlib import Path
from tests.unit.test_shared import ARMS, ASKED
from tokenomics_shared.bandit.costs import CostModel
from tokenomics_shared.bandit.gaussian import Gaussian
from tokenomics_shared.bandit.linear import LinUcb
from tokenomics_shared.bandit.posterior import Space
from tokenomics_shared.bandit.prior import KindPrior
from tokenomics_shared.bandit.shared import Shared, SumsFile

linear, costs = LinUcb(Gaussian, KindPrior(), Space(2, "t")), CostModel()
shared = Shared({"linear": linear, "costs": costs}, SumsFile(Path(sys.argv[1])))
linear.beliefs(ASKED, ARMS)
for round in range(40):
    for _ in range(5):
        linear.learn(ASKED, "cheap", 0.9)
        costs.learn("cheap", "chat", 10, 0.5)
    shared.changed()
    shared.save()
shared.close()
"""


def test_processes_that_learn_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    root = Path(__file__).parents[2]
    children = [
        subprocess.Popen([sys.executable, "-c", CHILD, str(path)], cwd=root) for _ in range(3)
    ]
    assert [child.wait(60) for child in children] == [0, 0, 0]
    linear = LinUcb(Gaussian, KindPrior(), Space(2, "t"))
    Shared({"linear": linear, "costs": CostModel()}, SumsFile(path))
    assert linear.beliefs(ASKED, ARMS)[0].seen == pytest.approx(600.0)
    assert rows(path)["linear/cheap|t"][0] == pytest.approx(600.0)
    # Latency forgets; merged in any order it comes to the same weight.
    assert rows(path)["costs/seconds|cheap"][0] == pytest.approx(20.0, abs=1e-6)


def test_it_is_saved_in_the_background(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokenomics_shared.bandit.shared.SAVE_AFTER_S", 0.01)
    path = tmp_path / "state.json"
    _, shared = learned(path, 0.5)
    deadline = time.monotonic() + 5.0
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert path.exists()
    shared.close()


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        '{"format": "other"}',
        '{"format": "tokenomics-bandit", "version": 3, "rows": {}}',
        '{"format": "tokenomics-bandit", "version": 1, "arms": {"a": [1, 0.5]}}',
        '{"format": "tokenomics-bandit", "version": 2, "rows": {"a": []}}',
        '{"format": "tokenomics-bandit", "version": 2, "rows": {"a": ["x"]}}',
        '{"format": "tokenomics-bandit", "version": 2, "rows": {"a": [-1, 0.5]}}',
        '{"format": "tokenomics-bandit", "version": 2, "rows": {"a": [1, NaN]}}',
        '{"format": "tokenomics-bandit", "version": 2, "rows": [1]}',
        '{"format": "tokenomics-bandit", "version": 2}',
    ],
)
def test_a_state_that_cannot_be_read_is_kept_and_a_fresh_one_started(
    tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "state.json"
    path.write_text(text)
    with caplog.at_level(logging.WARNING, "tokenomics"):
        learned(path, 0.5)[1].close()
    assert "kept but not used" in caplog.text
    assert f"goes to {tmp_path / 'state.fresh.json'}" in caplog.text
    assert path.read_text() == text
    assert rows(tmp_path / "state.fresh.json") == {"ucb/cheap|": [1.0, 0.5, 0.0]}
    learned(path, 0.5)[1].close()
    assert rows(tmp_path / "state.fresh.json") == {"ucb/cheap|": [2.0, 1.0, 0.0]}


def test_two_states_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    for name in ("state.json", "state.fresh.json"):
        (tmp_path / name).write_text("not json")
    with pytest.raises(StoreError, match=r"state\.fresh\.json can't be read, nor can state\.json"):
        SumsFile(tmp_path / "state.json")
    assert {path.read_text() for path in tmp_path.iterdir()} == {"not json"}


def test_a_state_that_is_spoilt_meanwhile_is_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "state.json"
    _, shared = learned(path, 0.5)
    path.write_text('{"format": "tokenomics-bandit", "version": 9}')
    with pytest.raises(ValueError, match="version 9"):
        shared.save()
    with caplog.at_level(logging.WARNING, "tokenomics"):
        shared._exchange_quietly()
    assert "was not saved" in caplog.text
    assert "9" in path.read_text()
    path.unlink()
    shared.close()
    assert rows(path) == {"ucb/cheap|": [1.0, 0.5, 0.0]}


def test_rows_of_other_features_are_kept_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    for width in (2, 3):
        learner = LinUcb(Gaussian, KindPrior(), Space(width, "t" * width))
        shared = Shared({"linear": learner}, SumsFile(path))
        assert learner.beliefs(Context("chat", "simple", (1.0,) * width), ARMS)[0].seen == 0.0
        learner.learn(Context("chat", "simple", (1.0,) * width), "cheap", 1.0)
        shared.changed()
        shared.close()
    assert {name: len(row) for name, row in rows(path).items()} == {
        "linear/cheap|tt": 6,
        "linear/cheap|ttt": 10,
    }


def test_rows_of_the_wrong_shape_are_not_fatal(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    content = {"format": "tokenomics-bandit", "version": 2}
    path.write_text(json.dumps({**content, "rows": {"ucb/cheap|": [4.0], "other/x": [1.0]}}))
    learner, shared = learned(path, 0.5)
    shared.close()
    assert learner.beliefs(ASKED, ARMS)[0].seen == 1.0
    assert rows(path)["other/x"] == [1.0]


def test_a_file_that_another_process_holds_too_long_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tokenomics_shared.bandit.shared.PATIENCE_S", 0.05)
    path = tmp_path / "state.json"
    _, shared = learned(path, 0.5)
    with FileLock(tmp_path / "state.json.lock"), pytest.raises(TimeoutError, match="is held"):
        shared.save()
    shared.close()
    assert rows(path) == {"ucb/cheap|": [1.0, 0.5, 0.0]}


def test_what_could_not_be_saved_is_saved_when_it_can_be(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    learner, shared = learned(path, 0.5)
    path.mkdir()
    with pytest.raises(IsADirectoryError):
        shared.close()
    path.rmdir()
    learner.learn(ASKED, "cheap", 0.25)
    shared.close()
    assert rows(path) == {"ucb/cheap|": [2.0, 0.75, 0.0]}


def test_nothing_is_written_when_nothing_was_learned(tmp_path: Path) -> None:
    learned(tmp_path / "state.json")[1].close()
    assert list(tmp_path.iterdir()) == []


def test_without_a_file_it_ends_with_the_process() -> None:
    learner = Ucb()
    shared = Shared({"ucb": learner})
    learner.learn(ASKED, "cheap", 0.5)
    shared.changed()
    shared.close()
    assert learner.beliefs(ASKED, ARMS)[0].seen == 1.0


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_a_state_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "state.json"
    learned(path, 0.5)[1].close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_threads_that_learn_while_it_is_saved_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    learner, shared = learned(path)

    def teach() -> None:
        for _ in range(200):
            learner.learn(ASKED, "cheap", 1.0)
            shared.changed()

    threads = [threading.Thread(target=teach) for _ in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        shared.save()
    shared.close()
    assert rows(path) == {"ucb/cheap|": [600.0, 600.0, 0.0]}
    assert not any(math.isnan(x) for x in rows(path)["ucb/cheap|"])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_what_the_parent_learned_before_a_fork_is_given_once(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    learner, shared = learned(path, 1.0, 1.0)
    pid = os.fork()
    if pid == 0:
        learner.learn(ASKED, "cheap", 0.0)
        shared.changed()
        shared.close()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    shared.close()
    assert rows(path) == {"ucb/cheap|": [3.0, 2.0, 0.0]}
