"""Scaled quantiles hold what they say, by simulation."""

import math
import random

import pytest

from tokenomics_shared.prediction.conformal import factor, pinball


def ratios(draws: random.Random, many: int) -> list[float]:
    return [draws.lognormvariate(0.3, 0.5) for _ in range(many)]


@pytest.mark.parametrize(("many", "quantile"), [(150, 0.5), (400, 0.5), (400, 0.9), (3000, 0.99)])
def test_with_enough_answers_the_share_beyond_is_what_it_should_be(
    many: int, quantile: float
) -> None:
    draws = random.Random(1)
    beyond = trials = 0
    for _ in range(60):
        scale = factor(ratios(draws, many), quantile)
        unseen = ratios(draws, 400)
        beyond += sum(each > scale for each in unseen)
        trials += len(unseen)
    assert beyond / trials == pytest.approx(1.0 - quantile, rel=0.12)


@pytest.mark.parametrize("many", [60, 120, 240, 500])
def test_with_few_answers_the_tail_is_held_all_the_same(many: int) -> None:
    draws = random.Random(2)
    beyond = trials = 0
    for _ in range(150):
        scale = factor(ratios(draws, many), 0.99)
        unseen = ratios(draws, 400)
        beyond += sum(each > scale for each in unseen)
        trials += len(unseen)
    assert 0.002 < beyond / trials < 0.0125


def test_with_enough_answers_it_is_their_own_order() -> None:
    many = [float(number) for number in range(1, 1000)]
    assert factor(many, 0.9) == 900.0
    assert factor(many, 0.5) == 500.0


def test_answers_that_were_cut_count_as_beyond() -> None:
    draws = random.Random(3)
    whole = ratios(draws, 1000)
    limit = sorted(whole)[800]
    cut = [min(each, limit) for each in whole]
    censored = [each > limit for each in whole]
    assert factor(cut, 0.75, censored) == factor(whole, 0.75)
    assert factor(cut, 0.9, censored) > factor(cut, 0.9) == limit


def test_even_when_most_were_cut_there_is_a_factor() -> None:
    found = factor([1.0, 1.5, 2.0] * 40, 0.9, [True] * 120)
    assert 2.0 <= found < math.inf


def test_answers_that_are_all_as_predicted_need_no_factor() -> None:
    for quantile in (0.5, 0.9, 0.99):
        assert factor([1.0] * 80, quantile) == 1.0
    assert factor([2.0], 0.99) == 2.0


def test_the_pinball_loss_is_least_at_the_quantile() -> None:
    lengths = range(1, 201)
    for quantile in (0.5, 0.9, 0.99):
        losses = {at: sum(pinball(each, at, quantile) for each in lengths) for at in lengths}
        assert min(losses, key=losses.__getitem__) == pytest.approx(200 * quantile, abs=1)
