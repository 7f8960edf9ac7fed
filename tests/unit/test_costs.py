"""The cost model: lengths by arm and kind, latency by arm."""

import math

import pytest

from tokenomics_shared.bandit.costs import CostModel
from tokenomics_shared.bandit.sums import merge
from tokenomics_shared.learning import Kind


def taught(times: int, *answers: tuple[str, Kind, float], predicted: float = 100.0) -> CostModel:
    costs = CostModel()
    for _ in range(times):
        for arm, kind, tokens in answers:
            costs.learn(arm, kind, tokens, 1.0, predicted=predicted)
    return costs


def test_the_prediction_stands_until_something_is_seen() -> None:
    assert CostModel().expected_output("premium", "code", 320.0) == 320.0
    assert CostModel().expected_latency("premium") is None


def test_what_is_seen_corrects_the_prediction() -> None:
    costs = taught(200, ("cheap", "code", 300.0))
    assert costs.expected_output("cheap", "code", 100.0) == pytest.approx(300, rel=0.03)
    assert costs.expected_output("cheap", "code", 200.0) == pytest.approx(600, rel=0.03)


def test_an_arm_that_was_never_asked_gets_the_others_correction() -> None:
    costs = taught(200, ("cheap", "science", 1.0))
    assert costs.expected_output("premium", "science", 200.0) < 15.0
    for _ in range(100):
        costs.learn("premium", "science", 50.0, 1.0, predicted=100.0)
    assert costs.expected_output("premium", "science", 100.0) == pytest.approx(50, rel=0.1)
    assert costs.expected_output("cheap", "science", 100.0) < 5.0


def test_each_kind_has_its_own_length() -> None:
    costs = taught(100, ("cheap", "code", 300.0), ("cheap", "chat", 20.0))
    assert costs.expected_output("cheap", "code", 100.0) == pytest.approx(300, rel=0.05)
    assert costs.expected_output("cheap", "chat", 100.0) == pytest.approx(20, rel=0.2)
    assert 100 < costs.expected_output("cheap", "maths", 100.0) < 200


def test_a_prediction_of_nothing_is_a_token() -> None:
    costs = taught(5, ("cheap", "code", 10.0), predicted=0.0)
    assert costs.expected_output("cheap", "code", 0.0) > 1.0


def test_latency_follows_the_latest() -> None:
    costs = CostModel()
    for seconds in [1.0] * 100 + [3.0] * 60:
        costs.learn("cheap", "chat", 10, seconds, predicted=10)
    assert costs.expected_latency("cheap") == pytest.approx(3.0, abs=0.1)


def test_two_learn_what_one_would() -> None:
    one, other = taught(1, ("a", "code", 10), ("b", "chat", 30)), taught(1, ("a", "code", 80))
    alone = taught(1, ("a", "code", 10), ("b", "chat", 30), ("a", "code", 80))
    one.rebase(merge(one.news(), other.news(), one.forgetting))
    assert one.news() == {}
    assert one.expected_output("a", "code", 9) == pytest.approx(
        alone.expected_output("a", "code", 9)
    )
    assert one.expected_latency("a") == pytest.approx(alone.expected_latency("a"))


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0])
def test_impossible_numbers_are_refused(place: int, value: float) -> None:
    costs = CostModel()
    tokens, seconds, predicted = (value if at == place else 1.0 for at in range(3))
    name = ("output_tokens", "latency_s", "predicted")[place]
    with pytest.raises(ValueError, match=f"{name} must be .* got {value!r}"):
        costs.learn("cheap", "chat", tokens, seconds, predicted=predicted)
    assert costs.news() == {}
