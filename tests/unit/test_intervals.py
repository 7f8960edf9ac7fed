"""Intervals, against known values and by simulation."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenomics_shared.intervals import Losses, beta_cdf, clopper_pearson, stratified

LOSS = st.floats(-1.0, 1.0)
WEIGHT = st.floats(0.5, 100.0)
SAMPLES = st.lists(st.tuples(LOSS, WEIGHT), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        (0, 59, 0.0, 0.06060890),
        (3, 50, 0.01254859, 0.16548195),
        (50, 50, 0.92887827, 1.0),
        (2_000, 10_000, 0.19219837, 0.20797673),
    ],
)
def test_clopper_and_pearsons_interval_is_theirs(
    successes: int, trials: int, low: float, high: float
) -> None:
    assert clopper_pearson(successes, trials) == pytest.approx((low, high), abs=1e-8)


def test_nothing_is_known_of_nothing() -> None:
    assert clopper_pearson(0, 0) == (0.0, 1.0)
    assert Losses().interval() == (-1.0, 1.0)
    assert Losses().mean == 0.0


@given(x=st.floats(0.01, 0.99), a=st.floats(0.1, 500.0), b=st.floats(0.1, 500.0))
def test_the_beta_distribution_is_its_mirror_image(x: float, a: float, b: float) -> None:
    assert beta_cdf(x, a, b) == pytest.approx(1.0 - beta_cdf(1.0 - x, b, a), abs=1e-9)


@given(samples=SAMPLES)
def test_the_mean_is_in_its_interval(samples: list[tuple[float, float]]) -> None:
    losses = sum((Losses.one(*sample) for sample in samples), start=Losses())
    low, high = losses.interval()
    assert -1.0 <= low <= losses.mean + 1e-9
    assert losses.mean - 1e-9 <= high <= 1.0


@given(samples=SAMPLES, cut=st.integers(0, 30))
def test_losses_add_up(samples: list[tuple[float, float]], cut: int) -> None:
    everything = sum((Losses.one(*sample) for sample in samples), start=Losses())
    parts = [
        sum((Losses.one(*sample) for sample in part), start=Losses())
        for part in (samples[:cut], samples[cut:])
    ]
    assert (parts[0] + parts[1]).sums() == pytest.approx(everything.sums())


def test_equal_losses_of_0_and_1_have_clopper_and_pearsons_interval() -> None:
    losses = sum((Losses.one(float(n < 3), 7.0) for n in range(50)), start=Losses())
    assert losses.interval() == pytest.approx(clopper_pearson(3, 50))


@pytest.mark.parametrize("lost", [0.02, 0.1, 0.5])
@pytest.mark.parametrize("gained", [0.0, 0.04])
@pytest.mark.parametrize("weights", [(1.0,), (4.0, 20.0, 100.0)])
def test_the_interval_holds_the_mean_as_often_as_it_says(
    lost: float, gained: float, weights: tuple[float, ...]
) -> None:
    draw = random.Random(7)
    held = 0
    for _ in range(200):
        kinds = draw.choices((0, 1, 2), (1.0 - lost - gained, lost, gained), k=80)
        drawn = draw.choices(weights, k=80)
        totals = [
            sum(w for w, kind in zip(drawn, kinds, strict=True) if kind == k) for k in (1, 2)
        ]
        losses = Losses(80, sum(drawn), sum(w * w for w in drawn), *totals)
        low, high = losses.interval()
        held += low <= lost - gained <= high
    # Two standard errors of 200 draws below .95.
    assert held / 200 >= 0.92


def test_parts_that_are_known_alike_say_more_together() -> None:
    part = (0.5, 0.1, (0.05, 0.16))
    mean, (low, high) = stratified([part, part])
    assert mean == pytest.approx(0.1)
    assert (low, high) == pytest.approx((0.1 - 0.05 / 2**0.5, 0.1 + 0.06 / 2**0.5))
