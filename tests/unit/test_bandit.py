"""The bandit: UCB1 as published, its state, its reward."""

import json
import logging
import math
import os
import random
import stat
import threading
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kit import ROSTER, THREE
from tokenomics_shared.bandit import Fixed, JsonState, NoState, Reward, Ucb
from tokenomics_shared.errors import StoreError
from tokenomics_shared.types import QueryPlan, Roster, Tier

PLAN = QueryPlan("simple", 4000, 10, 200)
HARD = QueryPlan("complex", 4000, 10, 800)


def test_fixed_takes_one_end() -> None:
    assert Fixed("cheapest").choose(PLAN, THREE).arm_id == "cheap"
    assert Fixed("premium").choose(PLAN, THREE).arm_id == "premium"


def test_arms_that_were_never_pulled_go_first_in_order() -> None:
    policy = Ucb(exploration=1.0)
    chosen = []
    for _ in range(3):
        arm = policy.choose(PLAN, THREE)
        chosen.append(arm.arm_id)
        policy.learn(PLAN, THREE, arm.arm_id, 0.5)
    assert chosen == ["cheap", "balanced", "premium"]


@given(
    st.lists(st.tuples(st.integers(0, 2), st.floats(-1.0, 1.0)), max_size=40),
    st.floats(0.0, 3.0),
)
def test_it_chooses_by_the_published_bound(pulls: list[tuple[int, float]], c: float) -> None:
    policy = Ucb(exploration=c)
    rewards: list[list[float]] = [[], [], []]
    for arm, reward in pulls:
        policy.learn(PLAN, THREE, THREE.arms[arm].arm_id, reward)
        rewards[arm].append(reward)

    def bound(seen: list[float]) -> float:
        if not seen:
            return math.inf
        return sum(seen) / len(seen) + c * math.sqrt(math.log(len(pulls)) / len(seen))

    bounds = [bound(seen) for seen in rewards]
    chosen = THREE.arms.index(policy.choose(PLAN, THREE))
    assert bounds[chosen] == pytest.approx(max(bounds))


def test_it_finds_the_best_arm() -> None:
    chance = random.Random(1)
    means = {"cheap": 0.4, "balanced": 0.5, "premium": 0.7}
    policy = Ucb(exploration=0.3)
    pulls = dict.fromkeys(means, 0)
    for _ in range(3000):
        arm = policy.choose(PLAN, THREE).arm_id
        pulls[arm] += 1
        policy.learn(PLAN, THREE, arm, float(chance.random() < means[arm]))
    assert pulls["premium"] > 2500


def test_each_complexity_is_learned_apart_when_asked() -> None:
    policy = Ucb(exploration=0.0, contextual=True)
    for plan, best in ((PLAN, "cheap"), (HARD, "premium")):
        for arm in ROSTER.arms:
            policy.learn(plan, ROSTER, arm.arm_id, float(arm.arm_id == best))
    assert policy.choose(PLAN, ROSTER).arm_id == "cheap"
    assert policy.choose(HARD, ROSTER).arm_id == "premium"


def test_what_was_learned_of_one_model_says_nothing_of_another() -> None:
    policy = Ucb(exploration=0.0)
    for arm in ROSTER.arms:
        policy.learn(PLAN, ROSTER, arm.arm_id, float(arm.arm_id == "premium"))
    assert policy.choose(PLAN, ROSTER).arm_id == "premium"
    other = Roster({**ROSTER.tiers, "cheap": Tier("cheap", "small-2")}, ROSTER.arms)
    assert policy.choose(PLAN, other).arm_id == "cheap"


@pytest.mark.parametrize("reward", [math.nan, math.inf, -math.inf])
def test_a_reward_that_is_no_number_is_refused(reward: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        Ucb(exploration=0.1).learn(PLAN, ROSTER, "cheap", reward)


def learned(path: Path, *rewards: float) -> Ucb:
    policy = Ucb(exploration=0.0, state=JsonState(path))
    for reward in rewards:
        policy.learn(PLAN, ROSTER, "cheap", reward)
    return policy


def test_state_survives_the_process(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "state.json"
    learned(path, 0.25, 0.5).close()
    data = json.loads(path.read_text())
    assert data == {
        "format": "tokenomics-bandit",
        "version": 1,
        "arms": {"|cheap|small-1": [2, 0.75]},
    }
    again = learned(path, 1.0)
    again.close()
    assert json.loads(path.read_text())["arms"] == {"|cheap|small-1": [3, 1.75]}


def test_state_is_saved_in_the_background(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokenomics_shared.bandit.state.SAVE_AFTER_S", 0.01)
    path = tmp_path / "state.json"
    policy = learned(path, 0.5)
    deadline = time.monotonic() + 5.0
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert path.exists()
    policy.close()


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        '{"format": "other"}',
        '{"format": "tokenomics-bandit", "version": 2, "arms": {}}',
        '{"format": "tokenomics-bandit", "version": 1, "arms": {"a": [1]}}',
        '{"format": "tokenomics-bandit", "version": 1, "arms": {"a": [-1, 0.5]}}',
        '{"format": "tokenomics-bandit", "version": 1, "arms": {"a": [1, NaN]}}',
        '{"format": "tokenomics-bandit", "version": 1}',
    ],
)
def test_a_state_that_cannot_be_read_is_kept_and_a_fresh_one_started(
    tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "state.json"
    path.write_text(text)
    with caplog.at_level(logging.WARNING, "tokenomics"):
        learned(path, 0.5).close()
    assert "kept but not used" in caplog.text
    assert f"goes to {tmp_path / 'state.fresh.json'}" in caplog.text
    assert path.read_text() == text
    fresh = tmp_path / "state.fresh.json"
    assert json.loads(fresh.read_text())["arms"] == {"|cheap|small-1": [1, 0.5]}
    learned(path, 0.5).close()
    assert json.loads(fresh.read_text())["arms"] == {"|cheap|small-1": [2, 1.0]}


def test_two_states_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    for name in ("state.json", "state.fresh.json"):
        (tmp_path / name).write_text("not json")
    with pytest.raises(StoreError, match=r"state\.fresh\.json can't be read, nor can state\.json"):
        learned(tmp_path / "state.json")
    assert {path.read_text() for path in tmp_path.iterdir()} == {"not json"}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_a_state_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "state.json"
    learned(path, 0.5).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o644)
    learned(path, 0.5).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_state_that_cannot_be_saved_does_no_harm(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    state = JsonState(tmp_path / "folder.json")
    state.path.mkdir()
    state.changed(dict)
    with caplog.at_level(logging.WARNING, "tokenomics"):
        state._save_now(dict)
    assert "was not saved" in caplog.text


def test_what_could_not_be_saved_is_saved_when_it_can_be(tmp_path: Path) -> None:
    policy = learned(tmp_path / "state.json", 0.5)
    (tmp_path / "state.json").mkdir()
    with pytest.raises(IsADirectoryError):
        policy.close()
    (tmp_path / "state.json").rmdir()
    policy.close()
    assert json.loads((tmp_path / "state.json").read_text())["arms"]


def test_what_is_learned_while_the_state_is_saved_is_saved_next(tmp_path: Path) -> None:
    state = JsonState(tmp_path / "state.json")
    arms = {"a": (1, 1.0)}
    inside, leave = threading.Event(), threading.Event()

    def slow() -> dict[str, tuple[int, float]]:
        before = dict(arms)
        inside.set()
        leave.wait()
        return before

    state.changed(dict)
    saving = threading.Thread(target=state.save, args=(slow,))
    saving.start()
    inside.wait()
    arms["a"] = (2, 2.0)
    state.changed(lambda: dict(arms))
    leave.set()
    saving.join()
    state.save(lambda: dict(arms))
    assert json.loads(state.path.read_text())["arms"] == {"a": [2, 2.0]}


def test_nothing_is_written_when_nothing_was_learned(tmp_path: Path) -> None:
    learned(tmp_path / "state.json").close()
    assert list(tmp_path.iterdir()) == []
    NoState().save(dict)


@pytest.mark.parametrize(
    ("quality", "cost", "baseline", "latency", "reward"),
    [
        (1.0, Decimal(1), Decimal(1), 0.0, 0.8),
        (1.0, Decimal(1), Decimal(4), 2.0, 1.0 - 0.05 - 0.02),
        (0.5, None, Decimal(1), 0.0, 0.5),
        (0.5, Decimal(1), None, 0.0, 0.5),
        (0.5, Decimal(1), Decimal(0), 0.0, 0.5),
    ],
)
def test_reward_is_quality_less_cost_less_latency(
    quality: float, cost: Any, baseline: Any, latency: float, reward: float
) -> None:
    blend = Reward(cost_weight=0.2, latency_weight=0.01)
    assert blend.of(quality, cost, baseline, latency) == pytest.approx(reward)
