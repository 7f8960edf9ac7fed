"""A limit is set where a forecast is learned, is generous, and never raises the caller's."""

from hypothesis import given
from hypothesis import strategies as st

from tokenomics_shared.prediction import cap, raised
from tokenomics_shared.types import Forecast

tokens = st.integers(1, 100_000)


def test_a_rule_of_thumb_limits_nothing() -> None:
    assert cap(Forecast(10, 20, 40), None) is None


def test_short_answers_may_still_have_256_tokens() -> None:
    assert cap(Forecast(10, 20, 40, trained=True), None) == 256


def test_a_forecast_that_is_too_sure_leaves_half_as_much_again() -> None:
    assert cap(Forecast(1001, 1001, 1001, trained=True), None) == 1502


@given(tokens, tokens, tokens, st.none() | tokens)
def test_the_limit_is_below_the_callers_or_none(
    low: int, middle: int, high: int, callers: int | None
) -> None:
    p50, p90, p99 = sorted((low, middle, high))
    found = cap(Forecast(p50, p90, p99, trained=True), callers)
    if found is None:
        assert callers is not None
        assert callers <= max(p99, -(-3 * p50 // 2), 256)
    else:
        assert found >= max(p99, 256)
        assert 2 * found >= 3 * p50
        assert callers is None or found < callers


def test_a_second_try_may_take_four_times_as_much_but_not_more_than_the_caller_says() -> None:
    assert raised(300) == 1200
    assert raised(300, 2000) == 1200
    assert raised(300, 1200) is None
