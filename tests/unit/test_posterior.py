"""The linear posteriors: one contract, in pure Python and in numpy."""

import random
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from tokenomics_shared.adapters.gaussian import RENEW, NumpyGaussian
from tokenomics_shared.bandit.gaussian import Gaussian
from tokenomics_shared.bandit.posterior import MakePosterior, Posterior, Shrinkage, row_length
from tokenomics_shared.bandit.sums import merged

WIDTH = 5
Seen = tuple[tuple[float, ...], float, float]

either = pytest.mark.parametrize("make", [Gaussian, NumpyGaussian], ids=["python", "numpy"])


def observations(count: int, seed: int = 0) -> list[Seen]:
    chance = random.Random(seed)
    return [
        (
            (*(chance.gauss(0.0, 0.4) for _ in range(WIDTH - 1)), 1.0),
            chance.random(),
            chance.choice([0.5, 1.0, 2.0]),
        )
        for _ in range(count)
    ]


def taught(make: MakePosterior, shrinkage: Shrinkage, seen: Sequence[Seen]) -> Posterior:
    posterior = make(WIDTH, shrinkage)
    for features, value, weight in seen:
        posterior.learn(features, value, weight)
    return posterior


def closed_form(
    shrinkage: Shrinkage, seen: Sequence[Seen], at: Sequence[float]
) -> tuple[float, float]:
    precision = np.diag([shrinkage.ridge] * (WIDTH - 1) + [shrinkage.bias_ridge])
    values = np.zeros(WIDTH)
    for features, value, weight in seen:
        x = np.array(features)
        precision += weight * np.outer(x, x)
        values += weight * value * x
    covariance = np.linalg.inv(precision)
    return float(covariance @ values @ at), float(np.sqrt(at @ covariance @ at))


@either
@pytest.mark.parametrize("count", [0, 1, 40, RENEW + 10])
def test_it_is_the_regression_in_closed_form(make: MakePosterior, count: int) -> None:
    shrinkage, seen = Shrinkage(3.0, 0.5), observations(count)
    posterior = taught(make, shrinkage, seen)
    at = observations(1, seed=1)[0][0]
    assert posterior.predict(at) == pytest.approx(closed_form(shrinkage, seen, at), rel=1e-9)
    assert posterior.seen == pytest.approx(sum(weight for *_, weight in seen))


@either
def test_whole_ridges_are_as_good_as_broken_ones(make: MakePosterior) -> None:
    at = (0.0,) * (WIDTH - 1) + (1.0,)
    assert make(WIDTH, Shrinkage(10, 0.25)).predict(at) == (0.0, 2.0)


@either
def test_forgetting_follows_a_change(make: MakePosterior) -> None:
    posterior = make(WIDTH, Shrinkage(3.0, 0.5, forgetting=0.98))
    at = (0.0,) * (WIDTH - 1) + (1.0,)
    for value in (1.0, 0.0):
        for _ in range(300):
            posterior.learn(at, value, 1.0)
    assert posterior.predict(at)[0] == pytest.approx(0.0, abs=0.02)
    assert posterior.seen == pytest.approx(50.0, abs=0.1)


@either
def test_an_observation_of_great_weight_leaves_nothing_of_the_rest(make: MakePosterior) -> None:
    shrinkage = Shrinkage(1e-3, 1e-3, forgetting=0.9)
    posterior = make(WIDTH, shrinkage)
    at = (0.0,) * (WIDTH - 1) + (1.0,)
    posterior.learn(at, 0.0, 1.0)
    posterior.learn(at, 1.0, 10.0)
    assert posterior.predict(at)[0] == pytest.approx(1.0, abs=1e-3)
    assert posterior.seen == 10.0


@either
@pytest.mark.parametrize("forgetting", [1.0, 0.99])
def test_sums_of_two_add_up_to_those_of_one(make: MakePosterior, forgetting: float) -> None:
    shrinkage, seen = Shrinkage(3.0, 0.5, forgetting), observations(60)
    one, other = (taught(make, shrinkage, part) for part in (seen[:25], seen[25:]))
    both = merged(one.news(), other.news(), forgetting)
    whole = taught(make, shrinkage, seen)
    assert both == pytest.approx(whole.news())
    one.rebase(both)
    whole.rebase(both)
    at = observations(1, seed=1)[0][0]
    assert one.predict(at) == pytest.approx(whole.predict(at))
    assert one.seen == pytest.approx(whole.seen)


@either
def test_news_that_could_not_be_given_are_given_again(make: MakePosterior) -> None:
    shrinkage, seen = Shrinkage(3.0, 0.5), observations(20)
    posterior = taught(make, shrinkage, seen[:10])
    posterior.news()
    for features, value, weight in seen[10:]:
        posterior.learn(features, value, weight)
    assert posterior.news() == pytest.approx(taught(make, shrinkage, seen).news())


@either
def test_what_is_learned_between_news_and_rebase_stays(make: MakePosterior) -> None:
    shrinkage, seen = Shrinkage(3.0, 0.5), observations(20)
    posterior = taught(make, shrinkage, seen[:10])
    given = posterior.news()
    for features, value, weight in seen[10:]:
        posterior.learn(features, value, weight)
    posterior.rebase(given)
    at = observations(1, seed=1)[0][0]
    assert posterior.predict(at) == pytest.approx(closed_form(shrinkage, seen, at), rel=1e-9)
    assert posterior.news()[0] == pytest.approx(sum(weight for *_, weight in seen[10:]))


@either
def test_sums_of_another_width_are_left_out(make: MakePosterior) -> None:
    posterior = taught(make, Shrinkage(), observations(5))
    posterior.news()
    posterior.rebase([1.0] * row_length(WIDTH + 1))
    assert posterior.seen == 0.0


@either
def test_a_child_keeps_what_was_learned_and_gives_none_of_it(make: MakePosterior) -> None:
    posterior = taught(make, Shrinkage(), observations(30))
    at = observations(1, seed=1)[0][0]
    before = posterior.predict(at)
    posterior.forget_news()
    assert posterior.predict(at) == before
    assert posterior.news()[0] == 0.0


def test_both_do_the_same_arithmetic() -> None:
    shrinkage, seen = Shrinkage(3.0, 0.5, forgetting=0.995), observations(RENEW + 50)
    ours: list[Callable[..., Posterior]] = [Gaussian, NumpyGaussian]
    python, numpy = (taught(make, shrinkage, seen) for make in ours)
    at = observations(1, seed=1)[0][0]
    assert python.predict(at) == pytest.approx(numpy.predict(at))
    assert python.news() == pytest.approx(numpy.news())


@pytest.mark.parametrize(
    ("ridge", "bias", "forgetting"),
    [(0, 1, 1), (1, -1, 1), (1, 1, 0), (1, 1, 1.1), (1, 1, float("nan"))],
)
def test_impossible_shrinkage_is_refused(ridge: float, bias: float, forgetting: float) -> None:
    with pytest.raises(ValueError, match="must be"):
        Shrinkage(ridge, bias, forgetting)
