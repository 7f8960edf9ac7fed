"""Figures of online routing by hand: rewards, headroom, and when a shortcut closed."""

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def module(monkeypatch: pytest.MonkeyPatch, name: str) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module(name)


def play(plays: Any) -> Any:
    """Two requests: cheap is wrong on the first, which premium answered, and right on the second.

    Premium costs 10 and is always right; an audit of the second costs 2.
    """
    return plays.Play(
        quality=np.array([1.0, 1.0]),
        cost=np.array([10.0, 1.0]),
        audits=np.array([0.0, 2.0]),
        cheap_quality=np.array([0.0, 1.0]),
        premium_quality=np.array([1.0, 1.0]),
        cheap_cost=np.array([1.0, 1.0]),
        premium_cost=np.array([10.0, 10.0]),
        cheaply=np.array([0.0, 1.0]),
    )


def test_audits_are_paid_for(monkeypatch: pytest.MonkeyPatch) -> None:
    its = play(module(monkeypatch, "routing_plays"))
    assert its.ratio == 1.0
    assert its.relative_cost == pytest.approx(13 / 20)
    assert its.audit_share == pytest.approx(2 / 20)
    assert its.reward(0.2) == pytest.approx(1 - 0.2 * 13 / 20)
    assert its.reward(0.2, audits=False) == pytest.approx(1 - 0.2 * 11 / 20)


def test_headroom_runs_from_the_best_fixed_arm_to_the_oracle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    its = play(module(monkeypatch, "routing_plays"))
    # Premium alone has .8, cheap alone .48, the oracle 1 - .2 * 11 / 20 = .89.
    assert its.fixed(0.2) == pytest.approx(0.8)
    assert its.headroom(0.2, its.reward(0.2, audits=False)) == pytest.approx(100)
    assert its.headroom(0.2, 0.8) == pytest.approx(0)
    assert its.shortfall(0.2) == pytest.approx((0.8 - 0.87) / 0.8)


def test_a_part_of_a_play_has_its_own_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    its = play(module(monkeypatch, "routing_plays")).part(1, 2)
    assert its.relative_cost == pytest.approx(3 / 10)
    assert its.cheaply.tolist() == [1.0]


def test_cost_at_the_goal_is_read_between_two_targets(monkeypatch: pytest.MonkeyPatch) -> None:
    online = module(monkeypatch, "routing_online")
    found = online._cost_at_goal(np.array([0.96, 0.94, 0.97]), np.array([0.5, 0.4, 0.6]))
    assert found == pytest.approx(0.45)
    # Where no target was enough, the rest of the way goes to premium.
    assert online._cost_at_goal(np.array([0.9]), np.array([0.3])) == pytest.approx(0.3 + 0.7 / 2)


@pytest.mark.parametrize(
    ("states", "closing", "reopening"),
    [
        ("oo oo oo", None, None),
        ("oo ox xo", 2, 2),
        ("oo xx xx", 1, None),
        ("oo xo oo", 1, 1),
    ],
)
def test_requests_until_a_shortcut_closes_and_reopens(
    monkeypatch: pytest.MonkeyPatch, states: str, closing: int | None, reopening: int | None
) -> None:
    breaking = module(monkeypatch, "routing_break")
    plays = module(monkeypatch, "routing_plays")
    some = plays.Play(*np.zeros((8, 6)))
    found = breaking._read([state == "o" for state in states.replace(" ", "")], some, 2, 2)
    assert (found.closing, found.reopening) == (closing, reopening)
