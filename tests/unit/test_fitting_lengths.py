"""Lengths are fitted so that the quantiles hold on answers not seen, and kept only when better."""

import random
from dataclasses import replace

import pytest

from tests.lengths import made
from tokenomics_shared.planning import LengthSample
from tokenomics_shared.prediction import Quantiles

pytest.importorskip("xgboost", reason="the extra `xgboost` is not installed")

from tokenomics_shared.adapters.fitting_lengths import (
    fit_lengths,
    refit_lengths,
    train_lengths,
)
from tokenomics_shared.adapters.sqlite_lengths import SqliteLengths


def beyond(fitted: Quantiles, samples: list[LengthSample]) -> list[float]:
    counts = [0, 0, 0]
    for each in samples:
        for at, limit in enumerate(fitted(each.features)):
            counts[at] += each.output_tokens > limit
    return [count / len(samples) for count in counts]


def test_the_quantiles_hold_on_answers_not_seen_and_tell_questions_apart() -> None:
    fitted = fit_lengths(made(500))
    unseen = made(2_000, seed=1)
    p50, p90, p99 = beyond(fitted, unseen)
    assert p50 == pytest.approx(0.5, abs=0.07)
    assert p90 == pytest.approx(0.1, abs=0.04)
    assert p99 < 0.02
    actual = sum(each.output_tokens for each in unseen)
    assert sum(fitted(each.features)[2] for each in unseen) < 3.0 * actual


def test_the_same_samples_and_seed_give_the_same_text() -> None:
    assert fit_lengths(made(100), seed=3) == fit_lengths(made(100), seed=3)
    assert fit_lengths(made(100), seed=3) != fit_lengths(made(100), seed=4)


def test_fewer_than_fifty_are_refused() -> None:
    with pytest.raises(ValueError, match="49 answers are too few, 50 are needed"):
        fit_lengths(made(49))
    found = refit_lengths("m", made(49))
    assert (found.trained, found.samples) == (None, 49)
    assert found.reason == "49 answers are too few, 50 are needed"


def test_fifty_are_enough_when_asked() -> None:
    found = refit_lengths("m", made(50))
    assert found.trained is not None
    assert found.after is not None
    assert found.before is not None
    assert found.after < 0.5 * found.before
    Quantiles.from_json(found.trained)


def test_answers_of_one_length_can_be_fitted() -> None:
    same = [replace(each, output_tokens=1) for each in made(60)]
    assert fit_lengths(same)(same[0].features) == (1.0, 1.0, 1.0)


def test_samples_of_other_features_are_left_out() -> None:
    old = [replace(each, features=each.features[:5]) for each in made(60, seed=2)]
    assert refit_lengths("m", [*old, *made(70)]).samples == 70


def test_what_was_trained_before_is_only_compared_on_what_came_since() -> None:
    first = refit_lengths("m", made(200))
    again = refit_lengths("m", made(200), first.trained)
    assert again.trained is None
    assert again.reason == "0 answers since it was last trained, 50 are needed"
    grown = [
        *made(200),
        *(replace(each, at=each.at + 200.0) for each in made(200, seed=1, times=3.0)),
    ]
    better = refit_lengths("m", grown, first.trained)
    assert better.trained is not None
    assert (better.after or 0.0) < (better.before or 0.0)


def test_what_was_trained_before_and_can_not_be_read_counts_as_none() -> None:
    assert refit_lengths("m", made(60), "Dear diary").trained is not None


def test_what_is_no_better_is_not_kept() -> None:
    draws = random.Random(4)
    steady = [replace(each, output_tokens=draws.randint(90, 110)) for each in made(150)]
    first = refit_lengths("m", steady[:100])
    noise = [replace(each, output_tokens=draws.randint(90, 110)) for each in steady[100:]]
    wild = [replace(each, output_tokens=9_000, at=50.5) for each in made(60, seed=9)]
    found = refit_lengths("m", [*wild, *noise], first.trained)
    assert found.trained is None
    assert found.reason


def test_answers_that_were_cut_lengthen_the_forecast() -> None:
    whole = made(400)
    cut = [
        replace(each, output_tokens=300, censored=True) if each.output_tokens > 300 else each
        for each in whole
    ]
    blind = [replace(each, censored=False) for each in cut]
    longest = max(whole, key=lambda each: each.output_tokens).features
    ignorant, knowing, ideal = (fit_lengths(part)(longest) for part in (blind, cut, whole))
    assert ignorant[1] < knowing[1]
    assert ignorant[2] < knowing[2]
    assert knowing[0] < 2.0 * ideal[0]


def test_answers_that_were_all_cut_can_be_fitted() -> None:
    assert fit_lengths([replace(each, censored=True) for each in made(60)])


def test_every_model_that_is_stored_is_trained_or_said_why_not() -> None:
    store, steps = SqliteLengths(None, on_fault=lambda _: None), list[int]()
    for sample in [*made(80, model="b"), *made(10, model="a"), *made(60, model="c")]:
        store.put(sample)
    found = train_lengths(store, on_step=lambda: steps.append(1))
    assert [(each.model, each.trained is not None) for each in found] == [
        ("a", False),
        ("b", True),
        ("c", True),
    ]
    assert len(steps) == 3
    assert store.model("b") == found[1].trained
    assert store.model("a") is None
    (only,) = train_lengths(store, ["c"])
    assert only.reason.startswith("0 answers since")
    store.close()
