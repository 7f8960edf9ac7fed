"""Trees are evaluated as XGBoost evaluates them, and text that is not ours is refused."""

import json
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lengths import made
from tokenomics_shared.errors import StoreError
from tokenomics_shared.prediction import Quantiles
from tokenomics_shared.prediction.length_features import WIDTH
from tokenomics_shared.prediction.quantiles import LONGEST, Line, Step

NO_LINE = Line((0.0,) * WIDTH, (0.0,) * WIDTH, (1.0,) * WIDTH, 3.0)
PLAIN = Quantiles(NO_LINE, (Step(0.0, ()), Step(0.5, ()), Step(0.5, ())), 50, 1.0)


def test_the_trees_say_what_xgboost_says() -> None:
    numpy = pytest.importorskip("numpy", reason="the extra `xgboost` is not installed")
    xgboost = pytest.importorskip("xgboost", reason="the extra `xgboost` is not installed")
    from tokenomics_shared.adapters import boosting_lengths

    data = boosting_lengths.Data.of(made(400))
    margin = numpy.full(len(data.logs), 4.0)
    for quantile in (0.5, 0.9):
        trees, said = boosting_lengths.boost(data, margin, quantile, (60, 3))
        assert len(trees) == 60
        ours = [4.0 + Step(0.0, trees)(row) for row in data.rows.tolist()]
        assert ours == pytest.approx(said.tolist(), abs=1e-4)
        assert numpy.ptp(said) > 0.1
    assert xgboost.__version__


def test_what_is_written_is_read_again() -> None:
    pytest.importorskip("xgboost", reason="the extra `xgboost` is not installed")
    from tokenomics_shared.adapters.fitting_lengths import fit_lengths

    samples = made(120)
    fitted = fit_lengths(samples)
    again = Quantiles.from_json(fitted.to_json())
    assert again == fitted
    assert [again(each.features) for each in samples] == [fitted(s.features) for s in samples]


@given(st.lists(st.floats(-1e6, 1e6), min_size=WIDTH, max_size=WIDTH), st.integers(0, 99))
def test_quantiles_are_in_order_whatever_is_asked(features: list[float], seed: int) -> None:
    draws = random.Random(seed)
    line = Line(
        tuple(draws.gauss(0, 2) for _ in range(WIDTH)), (0.0,) * WIDTH, (1.0,) * WIDTH, 4.0
    )
    steps = tuple(Step(draws.gauss(0, 1), (), draws.uniform(0.2, 3), 5.0) for _ in range(3))
    p50, p90, p99 = Quantiles(line, steps, 50, 0.0)(features)
    assert 1.0 <= p50 <= p90 <= p99 <= LONGEST


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "something else"},
        {"format": 2},
        {"features": 99},
        {"width": 3},
        {"steps": []},
        {"samples": None},
        {"until": None},
        {"line": {}},
    ],
)
def test_text_that_is_foreign_newer_or_broken_is_refused(change: dict[str, object]) -> None:
    found = json.loads(PLAIN.to_json())
    with pytest.raises(StoreError, match="no length quantiles can be read"):
        Quantiles.from_json(json.dumps({**found, **change}))


@pytest.mark.parametrize("text", ["", "null", "[]", "7", "{", '{"kind": 1}'])
def test_text_that_is_none_of_ours_is_refused(text: str) -> None:
    with pytest.raises(StoreError, match="no length quantiles can be read"):
        Quantiles.from_json(text)


def test_numbers_that_are_impossible_are_refused() -> None:
    tree = (WIDTH, 0.0, 0, 0.0, 0, 0.0, 1.0, 1.0, 1.0, 1.0)
    for step in (
        Step(float("nan"), ()),
        Step(0.0, (), 0.0),
        Step(0.0, (), 1.0, -1.0),
        Step(0.0, (tree,)),
    ):
        text = replace(PLAIN, steps=(step, *PLAIN.steps[1:])).to_json()
        with pytest.raises(StoreError, match="no length quantiles can be read"):
            Quantiles.from_json(text)
    flat = replace(PLAIN, line=replace(NO_LINE, scales=(0.0,) * WIDTH))
    with pytest.raises(StoreError, match="scale"):
        Quantiles.from_json(flat.to_json())
