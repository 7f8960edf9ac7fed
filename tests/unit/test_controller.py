"""The weight of cost that holds a quality target."""

import random
from dataclasses import replace

import pytest

from tokenomics_shared.bandit.controller import FIRST_WEIGHT, FixedWeight, QualityTarget, Request
from tokenomics_shared.bandit.decision import Option, choose


def requests(count: int, seed: int = 0) -> list[Request]:
    """Requests whose cheap answer is from no worse to much worse than premium's."""
    rng = random.Random(seed)
    return [
        Request(
            (Option(0.85 - rng.random() * 0.4, 0.05), Option(0.85, rng.uniform(0.5, 1.5))),
            (0, 0),
            (2_000, 2_000),
        )
        for _ in range(count)
    ]


def kept(weight: float, asked: list[Request]) -> float:
    quality = sum(choose(request.priced(weight)).quality for request in asked)
    return quality / sum(request.options[-1].quality for request in asked)


@pytest.mark.parametrize("target", [0.85, 0.9, 0.95, 0.99])
def test_the_weight_settles_where_the_target_is_just_held(target: float) -> None:
    controller = QualityTarget(target)
    for request in requests(1_500):
        controller.routed(request)
    share = kept(controller.weight, requests(3_000, seed=1))
    assert target - 0.005 < share < target + 0.03


def test_a_lower_target_gives_cost_more_weight() -> None:
    low, high = QualityTarget(0.9), QualityTarget(0.97)
    for request in requests(1_000):
        low.routed(request)
        high.routed(request)
    assert low.weight > high.weight


def test_cheap_answers_worse_than_expected_lower_the_weight() -> None:
    believing, told = QualityTarget(0.93), QualityTarget(0.93)
    for request in requests(1_000):
        for controller in (believing, told):
            controller.routed(request)
        told.answered(0.7, 0.55, premium=False)
        told.answered(0.85, 0.85, premium=True)
    assert told.weight < 0.8 * believing.weight


def test_audits_that_find_more_lost_than_expected_lower_the_weight() -> None:
    believing, told = QualityTarget(0.93), QualityTarget(0.93)
    for request in requests(1_000):
        for controller in (believing, told):
            controller.routed(request)
        told.audited(0.1, 0.25)
    assert told.weight < 0.8 * believing.weight


def test_until_there_are_requests_to_tell_from_the_weight_is_low() -> None:
    assert QualityTarget(0.95).weight == FIRST_WEIGHT


def test_a_target_out_of_reach_asks_premium_only() -> None:
    controller = QualityTarget(1.0)
    hopeless = Request((Option(0.3, 0.05), Option(0.9, 1.0)), (0, 0), (500, 500))
    for _ in range(200):
        controller.routed(hopeless)
    assert choose(hopeless.priced(controller.weight)).index == 1


def test_a_fixed_weight_stays() -> None:
    fixed = FixedWeight(0.15)
    for request in requests(100):
        fixed.routed(request)
    fixed.answered(0.5, 0.0, premium=False)
    fixed.audited(0.0, 1.0)
    assert fixed.weight == 0.15


def test_latency_counts_beside_cost() -> None:
    request = Request((Option(0.8, 0.1), Option(0.9, 1.0)), (0.02, 0.05), (0, 0))
    assert [price for _, price, _ in request.priced(0.5)] == [0.07, 0.55]


def test_while_little_is_known_more_is_kept_in_hand() -> None:
    known, unknown = QualityTarget(0.93), QualityTarget(0.93)
    for request in requests(1_000):
        known.routed(request)
        unknown.routed(replace(request, seen=(100, 5)))
    assert unknown.weight < 0.9 * known.weight
