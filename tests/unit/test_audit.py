"""Error budgets: shortcuts that get bad close, good ones stay open, recovered ones reopen."""

import json
import logging
import os
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenomics_shared.audit import Auditing, Shortcuts
from tokenomics_shared.audit.detector import Detector
from tokenomics_shared.errors import ConfigError

CHEAP = "cheap"
BUDGET = 0.05

Losses = Callable[[random.Random], float]


def losses(worse: float, better: float = 0.0) -> Losses:
    """Draws 1, -1 or 0: premium alone is right, the shortcut alone is, or neither or both."""

    def loss(draw: random.Random) -> float:
        u = draw.random()
        return 1.0 if u < worse else -1.0 if u < worse + better else 0.0

    return loss


GOOD, BAD = losses(0.05, 0.03), losses(0.6, 0.05)


def shortcuts(seed: int = 1, budget: float = BUDGET, **fields: Any) -> Shortcuts:
    changed = fields.pop("on_change", None)
    return Shortcuts(
        budget,
        draw=random.Random(seed).random,
        clock=lambda: 7.0,
        auditing=Auditing(**fields),
        on_change=changed,
    )


def audit_all(made: Shortcuts, found: Losses, seed: int = 2, most: int = 10_000) -> int:
    """Learn losses until the shortcut changes; returns how many it took."""
    draw, before = random.Random(seed), made.is_open(CHEAP)
    for count in range(1, most + 1):
        made.learn(CHEAP, found(draw))
        if made.is_open(CHEAP) != before:
            return count
    return most


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.getLogger("tokenomics.audit").setLevel(logging.ERROR)
    yield
    logging.getLogger("tokenomics.audit").setLevel(logging.NOTSET)


def test_everything_is_open_at_first() -> None:
    made = shortcuts()
    assert made.is_open(CHEAP)
    known = made.estimate(CHEAP)
    assert (known.mean, known.low, known.high, known.audits) == (0.0, -1.0, 1.0, 0)
    assert (known.open, known.since) == (True, 7.0)


@given(values=st.lists(st.floats(-1.0, 1.0), max_size=40), cut=st.integers(0, 40))
def test_a_step_of_many_is_a_bet_on_them_together(values: list[float], cut: int) -> None:
    detector = Detector(BUDGET, 20.0, -1.0)
    sums = [sum(column) for column in zip(*map(detector.factors, values), strict=True)]
    detector.step(sums or [0.0] * 5)
    one_by_one = Detector(BUDGET, 20.0, -1.0)
    for value in values:
        one_by_one.step(one_by_one.factors(value))
    # Starting anew can only help.
    assert one_by_one.evidence >= detector.evidence - 1e-9


def test_nothing_reopens_after_fewer_than_30_probes() -> None:
    made = shortcuts()
    audit_all(made, BAD)
    assert audit_all(made, losses(0.0)) >= 30


def test_after_reopening_it_is_on_probation() -> None:
    made = shortcuts(seed=4)
    audit_all(made, BAD)
    audit_all(made, losses(0.0))
    weights = {weight for _ in range(200) if (weight := made.wants(CHEAP)) is not None}
    assert weights == {4.0}
    assert made.estimate(CHEAP).audits == 0


def test_the_rate_falls_as_audits_come_in_and_rises_with_the_first_bad_one() -> None:
    made = shortcuts()

    def weight() -> float:
        while (found := made.wants(CHEAP)) is None:
            continue
        return found

    assert weight() == 4.0
    for _ in range(200):
        made.learn(CHEAP, 0.0)
    assert weight() == 100.0
    made.learn(CHEAP, 1.0)
    assert weight() < 15.0
    made.learn(CHEAP, 1.0)
    made.learn(CHEAP, 1.0)
    assert weight() == 4.0


def test_without_known_prices_nothing_caps_audits() -> None:
    made = shortcuts(audit_rate=0.25)
    assert sum(made.wants(CHEAP) is not None for _ in range(1_000)) > 200


def test_with_a_rate_of_0_nothing_is_audited() -> None:
    made = shortcuts(audit_rate=0.0)
    assert not any(made.wants(CHEAP) for _ in range(100))


def test_closing_is_said_with_figures(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("tokenomics.audit").setLevel(logging.WARNING)
    changes: list[tuple[str, bool]] = []
    made = shortcuts(on_change=lambda *change: changes.append(change))
    audit_all(made, losses(1.0))
    audit_all(made, losses(0.0))
    assert changes == [(CHEAP, False), (CHEAP, True)]
    closing, opening = [record.getMessage() for record in caplog.records]
    assert closing.startswith("shortcut 'cheap' closes: mean loss 1.000 (")
    assert opening.startswith("shortcut 'cheap' reopens: mean loss 0.000 (")
    assert closing.endswith("budget 0.050")


def test_what_is_told_of_a_change_may_ask_back() -> None:
    seen: list[bool] = []
    made: Shortcuts = shortcuts(on_change=lambda name, _: seen.append(made.estimate(name).open))
    audit_all(made, losses(1.0))
    assert seen == [False]


def test_a_state_goes_through_json_and_goes_on() -> None:
    made, other = shortcuts(), shortcuts()
    made.spent(audits=1.0, answers=3.0)
    made.learn(CHEAP, 1.0, 20.0)
    made.learn("cheap+judge", -0.5, 4.0)
    made.feedback(CHEAP, 0.9, 0.1)
    other.restore(json.loads(json.dumps(made.state())))
    assert other.state() == made.state()
    assert other.estimate(CHEAP) == made.estimate(CHEAP)
    assert audit_all(other, BAD) == audit_all(made, BAD)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda state: {},
        lambda state: state | {"version": 2},
        lambda state: state | {"shortcuts": {CHEAP: {}}},
        lambda state: state | {"shortcuts": [1]},
        lambda state: state | {"spent": [1.0]},
        lambda state: state | {"spent": [1.0, float("nan")]},
        lambda state: None,
    ],
)
def test_a_broken_state_is_refused_and_changes_nothing(spoil: Callable[[Any], Any]) -> None:
    made = shortcuts()
    made.learn(CHEAP, 1.0)
    before = made.state()
    with pytest.raises(ValueError, match=r"state|finite"):
        made.restore(spoil(json.loads(json.dumps(before))))
    assert made.state() == before


def merged(*made: Shortcuts, everything: dict[str, list[float]]) -> dict[str, list[float]]:
    """Sums with the news of all, which all go on from."""
    for each in made:
        for name, row in each.news().items():
            known = everything.get(name, [0.0] * len(row))
            everything[name] = [a + b for a, b in zip(known, row, strict=True)]
    for each in made:
        each.rebase(everything)
    return everything


def test_processes_find_together_what_none_finds_alone() -> None:
    one, other = shortcuts(1), shortcuts(2)
    everything: dict[str, list[float]] = {}
    for _ in range(4):
        one.learn(CHEAP, 1.0)
        other.learn(CHEAP, 1.0)
    assert one.is_open(CHEAP)
    assert other.is_open(CHEAP)
    everything = merged(one, other, everything=everything)
    assert not one.is_open(CHEAP)
    assert not other.is_open(CHEAP)
    for _ in range(3):
        everything = merged(one, other, everything=everything)
    assert not one.is_open(CHEAP)


def test_what_one_process_closes_and_reopens_the_others_do_too() -> None:
    one, other = shortcuts(1), shortcuts(2)
    everything = merged(one, other, everything={})
    audit_all(one, losses(1.0))
    everything = merged(one, other, everything=everything)
    assert not other.is_open(CHEAP)
    audit_all(other, losses(0.0))
    everything = merged(one, other, everything=everything)
    assert one.is_open(CHEAP)
    assert other.is_open(CHEAP)


@given(
    rounds=st.lists(
        st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.25, -0.5])), max_size=6),
        max_size=5,
    )
)
def test_shared_sums_hold_every_finding_once(rounds: list[list[tuple[bool, float]]]) -> None:
    one, other, alone = (shortcuts(seed, budget=0.5) for seed in (1, 2, 3))
    everything: dict[str, list[float]] = {}
    for found in rounds:
        for first, loss in found:
            (one if first else other).learn(CHEAP, loss, 2.0)
            alone.learn(CHEAP, loss, 2.0)
        everything = merged(one, other, everything=everything)
    for made in (one, other):
        assert made.estimate(CHEAP).audits == alone.estimate(CHEAP).audits
        assert made.estimate(CHEAP).mean == pytest.approx(alone.estimate(CHEAP).mean)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_tells_only_of_what_it_found_itself() -> None:
    made = shortcuts()
    made.learn(CHEAP, 1.0)
    child = os.fork()
    if child == 0:
        try:
            made.learn(CHEAP, 0.5, 3.0)
            news = made.news()[CHEAP]
            os._exit(0 if (news[0], made.estimate(CHEAP).audits) == (1.0, 2) else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize("loss", [float("nan"), 1.5, -2.0])
def test_an_impossible_loss_is_refused(loss: float) -> None:
    with pytest.raises(ValueError, match="loss"):
        shortcuts().learn(CHEAP, loss)


@pytest.mark.parametrize("weight", [0.0, -1.0, float("nan"), float("inf")])
def test_an_impossible_weight_is_refused(weight: float) -> None:
    with pytest.raises(ValueError, match="weight"):
        shortcuts().learn(CHEAP, 0.0, weight)


@pytest.mark.parametrize("score", [float("nan"), 1.5, -0.1])
def test_impossible_feedback_is_refused(score: float) -> None:
    with pytest.raises(ValueError, match="qualities"):
        shortcuts().feedback(CHEAP, 0.5, score)


@pytest.mark.parametrize(
    "fields",
    [
        {"confidence": 0.4},
        {"audit_rate": 0.5},
        {"max_share": 2.0},
        {"tolerance": 1.0},
        {"run_length": 1.0},
        {"grades": float("inf")},
    ],
)
def test_impossible_terms_are_refused(fields: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        Auditing(**fields)


def test_an_impossible_budget_is_refused() -> None:
    with pytest.raises(ConfigError, match="budget"):
        shortcuts(budget=0.7)
