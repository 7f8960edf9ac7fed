"""The gap model: what a fitted one predicts, keeps, refuses, and how far it is trusted."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tokenomics_shared.adapters.fitting_gap import LEAST_PAIRS, Growth, fit_gap, grow
from tokenomics_shared.adapters.forest import Forest
from tokenomics_shared.adapters.gap_model import FORMAT, LEAST_TRUST, SURFACE, GapModel, GapPrior
from tokenomics_shared.errors import ConfigError
from tokenomics_shared.learning import Context

WIDTH = 12

Floats = NDArray[np.float64]


def pairs(count: int = 1_200, seed: int = 0) -> tuple[NDArray[np.float32], Floats, Floats]:
    """Questions on which premium is better where the first and last feature add up to > 0."""
    draw = np.random.default_rng(seed)
    rows = draw.normal(size=(count, WIDTH)).astype(np.float32)
    wide = rows[:, 0] + rows[:, -1] > 0
    premium = (draw.random(count) < 0.9).astype(float)
    cheap = (draw.random(count) < np.where(wide, 0.2, 0.85)).astype(float)
    return rows, cheap, premium


@pytest.fixture(scope="module")
def model() -> GapModel:
    return fit_gap(*pairs(), basis="test-1")


def test_questions_with_a_wide_gap_are_ranked_above_the_others(model: GapModel) -> None:
    rows, _, _ = pairs(seed=1)
    wide = rows[:, 0] + rows[:, -1] > 0
    gaps = model.gaps(rows)
    ordered = (gaps[wide][:, None] > gaps[~wide][None, :]).mean()
    assert ordered > 0.9


def test_one_question_gets_what_it_gets_among_many(model: GapModel) -> None:
    rows, _, _ = pairs(20, seed=2)
    assert [model.gap(row) for row in rows.tolist()] == pytest.approx(model.gaps(rows), abs=1e-12)


def test_the_constant_at_the_end_is_not_looked_at(model: GapModel) -> None:
    rows, cheap, premium = pairs()
    constant = np.column_stack([rows, np.ones(len(rows), np.float32)])
    with_it = fit_gap(constant, cheap, premium, basis="test-1")
    assert with_it.width == WIDTH
    assert with_it.gaps(constant).tolist() == model.gaps(rows).tolist()


def test_the_same_pairs_and_seed_give_the_same_model(model: GapModel) -> None:
    rows, _, _ = pairs(50, seed=3)
    again = fit_gap(*pairs(), basis="test-1")
    other = fit_gap(*pairs(), basis="test-1", seed=1)
    assert again.gaps(rows).tolist() == model.gaps(rows).tolist()
    assert other.gaps(rows).tolist() != model.gaps(rows).tolist()


def test_a_forest_gives_what_the_library_gave() -> None:
    ensemble = pytest.importorskip("sklearn.ensemble")
    rows, _, premium = pairs(400, seed=4)
    growth = Growth(trees=12, depth=4, rate=0.1, leaf=15, columns=0.5)
    theirs = ensemble.GradientBoostingRegressor(
        n_estimators=12,
        max_depth=4,
        learning_rate=0.1,
        min_samples_leaf=15,
        max_features=0.5,
        subsample=0.5,
        random_state=7,
    ).fit(rows, premium)
    assert grow(rows, premium, growth, 7)(rows) == pytest.approx(theirs.predict(rows), abs=1e-9)


@pytest.mark.parametrize(
    ("in_domain", "trust"), [(0, LEAST_TRUST), (600, LEAST_TRUST), (1_200, 1_200 / 2_200)]
)
def test_a_gap_is_trusted_by_the_pairs_of_its_own_domain(in_domain: int, trust: float) -> None:
    fitted = fit_gap(*pairs(), basis="test-1", in_domain=in_domain)
    rows, _, _ = pairs(30, seed=5)
    expected = fitted.mean + trust * (fitted.plain(rows) - fitted.mean)
    assert fitted.trust == pytest.approx(trust)
    assert fitted.gaps(rows) == pytest.approx(np.clip(expected, -1, 1))


def test_a_gap_never_leaves_its_range(model: GapModel) -> None:
    high = replace(model, surface=replace(model.surface, base=9.0))
    low = replace(model, surface=replace(model.surface, base=-9.0))
    row = [0.0] * WIDTH
    assert (high.gap(row), low.gap(row)) == (1.0, -1.0)
    assert high.qualities(row)[1] == 1.0
    assert low.qualities(row)[1] == 0.0


def test_a_model_comes_back_from_its_file_as_it_was(model: GapModel, tmp_path: Path) -> None:
    path = tmp_path / "gap.npz"
    model.save(path)
    back = GapModel.load(path)
    rows, _, _ = pairs(50, seed=6)
    assert back.gaps(rows).tolist() == model.gaps(rows).tolist()
    assert back.qualities(rows[0].tolist()) == model.qualities(rows[0].tolist())
    kept = ("mean", "pairs", "in_domain", "basis", "width")
    assert [getattr(back, name) for name in kept] == [getattr(model, name) for name in kept]
    assert [file.name for file in tmp_path.iterdir()] == ["gap.npz"]


def rewritten(model: GapModel, path: Path, **changes: Any) -> Path:
    model.save(path)
    with np.load(path) as found:
        arrays = dict(found)
    about = json.loads(str(arrays["about"]))
    about |= {name: value for name, value in changes.items() if name in about}
    arrays |= {name: value for name, value in changes.items() if name in arrays}
    arrays["about"] = np.array(json.dumps(about))
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})
    return path


@pytest.mark.parametrize(
    "change",
    [
        {"format": FORMAT + 1},
        {"kind": "somebody-elses"},
        {"width": 3},
        {"mean": 7.0},
        {"in_domain": -1},
        {"surface_leaves": None},
        {"surface_leaves": np.zeros((2, 3))},
        {"surface_base": np.array(np.nan)},
        {"surface_thresholds": np.array("text")},
        {"cheap": np.zeros(WIDTH)},
        {"premium": np.full(WIDTH - SURFACE + 1, np.inf)},
    ],
)
def test_a_file_that_is_no_model_of_this_version_is_refused(
    model: GapModel, tmp_path: Path, change: dict[str, Any]
) -> None:
    with pytest.raises(ConfigError, match=r"no gap model can be read from .*gap\.npz"):
        GapModel.load(rewritten(model, tmp_path / "gap.npz", **change))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nothing", b"{}"])
def test_a_foreign_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "gap.npz"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="no gap model"):
        GapModel.load(path)
    with pytest.raises(ConfigError, match="no gap model"):
        GapModel.load(tmp_path / "missing.npz")


def test_a_pickle_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "gap.npz"
    np.savez(path, about=np.array([{"kind": "tokenomics-gap"}], dtype=object))
    with pytest.raises(ConfigError, match="no gap model"):
        GapModel.load(path)


def test_features_of_another_width_are_refused(model: GapModel) -> None:
    with pytest.raises(ValueError, match=f"takes {WIDTH} features"):
        model.gap([0.0] * (WIDTH - 1))


def test_the_surface_alone_is_enough_to_learn_from() -> None:
    rows, cheap, premium = pairs()
    fitted = fit_gap(rows[:, :SURFACE], cheap, premium, basis="surface")
    wide = rows[:, 0] > 0
    gaps = fitted.gaps(rows[:, :SURFACE])
    assert gaps[wide].mean() > gaps[~wide].mean() + 0.1
    low, high = fitted.qualities(rows[0, :SURFACE].tolist())
    assert low == pytest.approx(cheap.mean(), abs=0.02)
    assert high == pytest.approx(low + gaps[0])


def test_partly_right_answers_count_in_part() -> None:
    rows, cheap, premium = pairs()
    fitted = fit_gap(rows, cheap * 0.5, premium * 0.5, basis="halves")
    assert fitted.mean == pytest.approx((premium - cheap).mean() / 2)
    assert fitted.cheap(rows[:, SURFACE:]).mean() == pytest.approx(cheap.mean() / 2, abs=0.02)


def test_what_are_no_pairs_is_refused() -> None:
    rows, cheap, premium = pairs()
    few = LEAST_PAIRS - 1
    with pytest.raises(ValueError, match=f"{few} pairs"):
        fit_gap(rows[:few], cheap[:few], premium[:few], basis="")
    with pytest.raises(ValueError, match="not of the same questions"):
        fit_gap(rows, cheap[1:], premium, basis="")
    with pytest.raises(ValueError, match="from 0 to 1"):
        fit_gap(rows, cheap * 2.0, premium, basis="")
    with pytest.raises(ValueError, match="finite"):
        fit_gap(rows * np.inf, cheap, premium, basis="")
    with pytest.raises(ValueError, match=f"at least {SURFACE} features"):
        fit_gap(rows[:, : SURFACE - 1], cheap, premium, basis="")
    with pytest.raises(ValueError, match="in_domain"):
        fit_gap(rows, cheap, premium, basis="", in_domain=len(rows) + 1)


class Always:
    """A prior that always expects the same."""

    def quality(self, context: Context, place: float) -> float:
        return 0.33


def test_the_prior_goes_from_cheap_to_premium_by_place(model: GapModel) -> None:
    row = tuple(pairs(1, seed=8)[0][0].tolist())
    context = Context("chat", "simple", (*row, 1.0))
    low, high = model.qualities(context.features)
    prior = GapPrior(model, Always())
    found = [prior.quality(context, place) for place in (-1.0, 0.0, 0.5, 1.0, 2.0)]
    assert found == pytest.approx([low, low, (low + high) / 2, high, high])


def test_a_context_that_the_model_cannot_read_is_left_to_the_other_prior(model: GapModel) -> None:
    surface = Context("chat", "simple", (*[0.0] * SURFACE, 1.0))
    assert GapPrior(model, Always()).quality(surface, 0.0) == 0.33


def test_a_forest_adds_up_its_leaves() -> None:
    forest = Forest(
        features=np.array([[0, 1, 0]], np.int16),
        thresholds=np.array([[0.5, -1.0, np.inf]]),
        leaves=np.array([[1.0, 2.0, 3.0, 4.0]]),
        base=10.0,
    )
    rows = np.array([[0.5, -1.0], [0.0, 0.0], [0.6, 5.0]], np.float32)
    assert forest(rows).tolist() == [11.0, 12.0, 13.0]
