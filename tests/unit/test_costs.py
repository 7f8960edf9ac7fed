"""The cost model: lengths by arm and kind, latency by arm."""

import math

import pytest

from tokenomics_shared.bandit.costs import CostModel
from tokenomics_shared.bandit.sums import merge
from tokenomics_shared.learning import Kind


def taught(*answers: tuple[Kind, float]) -> CostModel:
    costs = CostModel()
    for kind, tokens in answers:
        costs.learn("cheap", kind, tokens, 1.0)
    return costs


def test_the_prediction_stands_until_something_is_seen() -> None:
    costs = taught(("code", 900))
    assert costs.expected_output("premium", "code", 320.0) == 320.0
    assert costs.expected_latency("premium") is None


def test_what_is_seen_outweighs_the_prediction() -> None:
    costs = taught(*(("code", 900.0) for _ in range(200)))
    assert costs.expected_output("cheap", "code", 100.0) == pytest.approx(900, rel=0.02)


def test_an_arms_other_answers_count_before_its_kind_is_seen() -> None:
    costs = taught(*(("code", 900.0) for _ in range(100)))
    assert costs.expected_output("cheap", "chat", 100.0) > 700
    for _ in range(400):
        costs.learn("cheap", "chat", 50, 1.0)
    assert costs.expected_output("cheap", "chat", 100.0) < 80
    assert costs.expected_output("cheap", "code", 100.0) > 700


def test_latency_follows_the_latest() -> None:
    costs = CostModel()
    for seconds in [1.0] * 100 + [3.0] * 60:
        costs.learn("cheap", "chat", 10, seconds)
    assert costs.expected_latency("cheap") == pytest.approx(3.0, abs=0.1)


def test_two_learn_what_one_would() -> None:
    one, other = taught(("code", 10), ("chat", 30)), taught(("code", 80))
    alone = taught(("code", 10), ("chat", 30), ("code", 80))
    both = merge(one.news(), other.news(), one.forgetting)
    one.rebase(both)
    assert one.news() == {}
    assert one.expected_output("cheap", "code", 9) == pytest.approx(
        alone.expected_output("cheap", "code", 9)
    )
    assert one.expected_latency("cheap") == pytest.approx(alone.expected_latency("cheap"))


@pytest.mark.parametrize(
    ("tokens", "seconds"), [(math.nan, 1.0), (-1.0, 1.0), (1.0, -1.0), (1.0, math.inf)]
)
def test_impossible_numbers_are_refused(tokens: float, seconds: float) -> None:
    costs = CostModel()
    with pytest.raises(ValueError, match="must be"):
        costs.learn("cheap", "chat", tokens, seconds)
    assert costs.news() == {}
