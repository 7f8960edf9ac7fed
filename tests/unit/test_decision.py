"""The decision rule: cheap alone, cheap judged, premium at once."""

import random
from operator import lt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenomics_shared.bandit.decision import Option, choose, lift, needed, worth

SHARE = st.floats(0.0, 1.0)
OPTIONS = st.builds(Option, SHARE, SHARE, st.floats(0.0, 0.5))


def test_premium_is_asked_at_once_when_the_draft_is_hopeless() -> None:
    choice = choose([Option(0.05, 0.02, 0.05), Option(0.9, 0.2)])
    assert (choice.index, choice.judged, choice.escalation) == (1, False, 0)


def test_a_cheap_answer_as_good_as_premiums_is_taken() -> None:
    choice = choose([Option(0.9, 0.01), Option(0.9, 0.2)])
    assert (choice.index, choice.judged) == (0, False)


def test_a_draft_is_judged_where_judging_tells_something() -> None:
    blind = choose([Option(0.6, 0.01, 0.0), Option(0.9, 0.15)])
    seeing = choose([Option(0.6, 0.01, 0.3), Option(0.9, 0.15)])
    assert blind.index == 1
    assert (seeing.index, seeing.judged) == (0, True)
    assert 0.0 < seeing.escalation < 1.0
    assert seeing.utility > blind.utility


def test_without_a_cascade_nothing_is_judged() -> None:
    choice = choose([Option(0.7, 0.01, 0.3), Option(0.8, 0.3)], cascade=False)
    assert (choice.index, choice.judged) == (0, False)


def test_a_dear_draft_is_skipped_sooner_than_a_cheap_one() -> None:
    premium = Option(0.9, 0.2)
    assert choose([Option(0.5, 0.001, 0.25), premium]).index == 0
    assert choose([Option(0.5, 0.19, 0.25), premium]).index == 1


@given(st.lists(OPTIONS, min_size=1, max_size=4))
def test_the_choice_is_worth_at_least_what_any_arm_alone_is(options: list[Option]) -> None:
    choice = choose(options)
    assert choice.utility >= max(o.quality - o.price for o in options) - 0.002 - 1e-9
    assert 0.0 <= choice.escalation <= 1.0
    assert 0 <= choice.index < len(options)


@given(OPTIONS)
def test_what_a_draft_needs_is_a_probability(premium: Option) -> None:
    assert 0.0 <= needed(premium, Option(0.5, 0.0)) <= 1.0


def test_utility_and_escalation_are_what_simulation_gives() -> None:
    draft, premium = Option(0.6, 0.03, 0.2), Option(0.85, 0.25)
    choice = choose([draft, premium])
    rng = random.Random(0)
    found = [rng.gauss(draft.quality, draft.spread) for _ in range(40_000)]
    best = [worth(premium) + lift(p, draft.quality) for p in found]
    utility = sum(map(max, found, best)) / len(found) - draft.price
    escalated = sum(map(lt, found, best)) / len(found)
    least = needed(premium, draft)
    assert worth(premium) + lift(least, draft.quality) == pytest.approx(least)
    assert abs(choice.utility - utility) < 0.005
    assert abs(choice.escalation - escalated) < 0.01
