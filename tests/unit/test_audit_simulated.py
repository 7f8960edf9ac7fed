"""Error budgets on streams of which the truth is known."""

import random
from collections.abc import Sequence

import pytest

from tests.unit.test_audit import BAD, BUDGET, CHEAP, GOOD, Losses, audit_all, losses, shortcuts
from tokenomics_shared.audit import Shortcuts
from tokenomics_shared.audit.detector import Detector


def use(
    made: Shortcuts, found: Losses, uses: int, draw: random.Random, answer: float = 0.05
) -> int | None:
    """Requests of which six in ten would use the shortcut; when it changed, if it did."""
    before = made.is_open(CHEAP)
    for request in range(1, uses + 1):
        taken = draw.random() < 0.6
        made.spent(answers=answer if taken and before else 1.0)
        weight = made.wants(CHEAP) if taken else None
        if weight is not None:
            made.spent(audits=1.0 if before else answer)
            made.learn(CHEAP, found(draw), weight)
        if made.is_open(CHEAP) != before:
            return request
    return None


def of(values: Sequence[int | None], share: float) -> float:
    """The least value that this share of them does not exceed; None is infinite."""
    ordered = sorted(float("inf") if value is None else value for value in values)
    return ordered[int(share * (len(ordered) - 1))]


@pytest.mark.parametrize("better", [0.0, 0.05])
def test_false_alarms_are_rarer_than_promised_at_a_loss_just_under_the_budget(
    better: float,
) -> None:
    detector, draw, alarms = Detector(BUDGET, 20.0, -1.0), random.Random(3), 0
    found = losses(BUDGET - 0.005 + better, better)
    for _ in range(20_000):
        detector.step(detector.factors(found(draw)))
        if detector.alarmed:
            alarms += 1
            detector.reset()
    # Promised is one in 20, that is 1,000.
    assert alarms <= 30


def test_a_shortcut_that_turned_bad_closes_within_a_few_audits() -> None:
    taken = []
    for seed in range(60):
        made = shortcuts()
        audit_all(made, GOOD, seed, most=50)
        taken.append(audit_all(made, BAD, seed))
    assert of(taken, 0.5) <= 16
    assert of(taken, 0.9) <= 34


def test_a_good_one_stays_open_for_thousands_of_audits() -> None:
    assert audit_all(shortcuts(), GOOD, most=5_000) == 5_000


def test_feedback_closes_a_bad_one_within_40_answers_and_no_good_one() -> None:
    taken = []
    for seed in range(40):
        made, draw = shortcuts(audit_rate=0.0), random.Random(seed)
        for _ in range(300):
            made.feedback(CHEAP, 0.68, float(draw.random() < 0.68))
        assert made.is_open(CHEAP)
        count = 0
        while made.is_open(CHEAP):
            count += 1
            made.feedback(CHEAP, 0.68, float(draw.random() < 0.25))
        taken.append(count)
    assert of(taken, 0.5) <= 35
    assert of(taken, 0.9) <= 55


def test_audits_alone_close_a_bad_one_in_time_when_they_may_cost_enough() -> None:
    closed = []
    for seed in range(25):
        made, draw = shortcuts(seed, audit_rate=0.05, max_share=0.15), random.Random(seed)
        assert use(made, GOOD, 2_000, draw) is None or not made.is_open(CHEAP)
        if made.is_open(CHEAP):
            closed.append(use(made, BAD, 3_000, draw))
    assert len(closed) >= 23
    assert of(closed, 0.5) <= 200
    assert of(closed, 0.8) <= 300


def test_a_recovered_one_reopens_and_a_bad_one_does_not() -> None:
    reopened = []
    for seed in range(20):
        made, draw = shortcuts(seed), random.Random(seed)
        audit_all(made, BAD, seed)
        assert use(made, BAD, 3_000, draw) is None
        reopened.append(use(made, GOOD, 5_000, draw))
    assert of(reopened, 0.5) <= 700
    assert of(reopened, 0.9) <= 3_000


def test_the_estimate_of_a_stream_holds_the_mean_as_often_as_it_says() -> None:
    held = estimates = 0
    for seed in range(60):
        made, draw = shortcuts(seed, budget=0.2), random.Random(seed)
        use(made, losses(0.08, 0.03), 1_500, draw)
        known = made.estimate(CHEAP)
        estimates += known.audits > 0
        held += known.low <= 0.05 <= known.high
    assert estimates == 60
    assert held >= 55


@pytest.mark.parametrize("found", [GOOD, BAD])
def test_audits_stay_below_their_share_of_the_money(found: Losses) -> None:
    made, draw = shortcuts(audit_rate=0.2, budget=0.5), random.Random(5)
    audits = answers = 0.0
    for _ in range(4_000):
        made.spent(answers=0.4)
        answers += 0.4
        weight = made.wants(CHEAP)
        if weight is not None:
            made.spent(audits=1.0)
            audits += 1.0
            made.learn(CHEAP, found(draw), weight)
        assert audits <= 0.05 * answers + 1.0
