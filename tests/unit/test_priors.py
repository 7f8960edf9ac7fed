"""Priors: what is expected at first, and how an application's findings correct it."""

import json
import random

import pytest

from tokenomics_shared.adapters.fitting_prior import LEAST, fit_prior
from tokenomics_shared.bandit.posterior import Space
from tokenomics_shared.bandit.prior import KindPrior, NoPrior, TrainedPrior
from tokenomics_shared.errors import ConfigError
from tokenomics_shared.learning import KINDS, Context, Graded, Kind, Sample

SPACE = Space(2, "test")


def asked(kind: Kind = "chat", feature: float = 0.0) -> Context:
    return Context(kind, "simple", (feature, 1.0))


def gap(kind: Kind) -> float:
    prior = KindPrior()
    return prior.quality(asked(kind), 1.0) - prior.quality(asked(kind), 0.0)


def test_premium_is_expected_to_be_better_at_everything() -> None:
    assert all(gap(kind) > 0.0 for kind in KINDS)


def test_the_gap_is_large_where_answers_are_worked_out() -> None:
    worked_out: tuple[Kind, ...] = ("code", "maths", "reasoning")
    told: tuple[Kind, ...] = ("writing", "chat", "humanities")
    assert min(map(gap, worked_out)) > 1.5 * max(map(gap, told))


@pytest.mark.parametrize("kind", KINDS)
def test_places_between_are_between(kind: Kind) -> None:
    prior = KindPrior()
    found = [prior.quality(asked(kind), place) for place in (-1.0, 0.0, 0.3, 0.7, 1.0, 2.0)]
    assert found == sorted(found)
    assert found[0] == found[1]
    assert found[-1] == found[-2]


def test_no_prior_expects_the_same_of_all() -> None:
    assert NoPrior(0.6).quality(asked(), 0.0) == NoPrior(0.6).quality(asked("code"), 1.0) == 0.6


def findings(count: int, seed: int = 0) -> list[Graded]:
    """The cheap arm fails where the feature is high, premium does not."""
    chance = random.Random(seed)
    found = []
    for at in range(count):
        context, place = asked(feature=chance.uniform(-1, 1)), float(chance.random() < 0.5)
        right = chance.random() < (0.9 if place else 0.6 - 0.3 * context.features[0])
        sample = Sample(str(at), 0.0, "arm", place, context)
        found.append(Graded(sample, float(right), "feedback"))
    return found


def miss(prior: TrainedPrior | KindPrior) -> float:
    truth = [(f, p, 0.9 if p else 0.6 - 0.3 * f) for f in (-0.8, 0.0, 0.8) for p in (0.0, 1.0)]
    return sum(abs(prior.quality(asked(feature=f), p) - q) for f, p, q in truth) / len(truth)


def test_findings_correct_the_shipped_prior_the_more_there_are() -> None:
    misses = [
        miss(KindPrior()),
        *(miss(fit_prior(findings(n), SPACE)) for n in (300, 3000, 20000)),
    ]
    assert misses == sorted(misses, reverse=True)
    assert misses[-1] < 0.03


def test_few_findings_are_refused() -> None:
    with pytest.raises(ValueError, match=f"{LEAST - 1} findings in test: at least {LEAST}"):
        fit_prior(findings(LEAST - 1), SPACE)


def test_findings_of_other_features_are_left_out() -> None:
    with pytest.raises(ValueError, match="0 findings in other"):
        fit_prior(findings(100), Space(3, "other"))


def test_a_trained_prior_survives_its_file() -> None:
    prior = fit_prior(findings(100), SPACE)
    assert TrainedPrior.from_json(prior.to_json()) == prior


def test_a_trained_prior_of_other_features_falls_back_on_the_kind() -> None:
    prior = fit_prior(findings(100), SPACE)
    other = Context("code", "simple", (1.0, 1.0, 1.0))
    assert prior.quality(other, 1.0) == KindPrior().quality(other, 1.0)


def test_a_trained_prior_stays_a_probability() -> None:
    prior = TrainedPrior("test", (9.0, 9.0), (0.0, 0.0), "x")
    assert prior.quality(asked(feature=1.0), 1.0) == 1.0
    assert prior.quality(asked(feature=-9.0), 1.0) == 0.0


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"level": [1.0]},
        {"level": [1.0, "x"]},
        {"slope": [float("nan"), 1.0]},
        {"slope": None},
        {"basis": None, "format": None},
    ],
)
def test_a_file_that_holds_no_prior_is_refused(change: dict[str, object]) -> None:
    found = json.loads(fit_prior(findings(100), SPACE).to_json()) | change
    with pytest.raises(ConfigError, match=r"prior\.json"):
        TrainedPrior.from_json(json.dumps(found), "prior.json")
    with pytest.raises(ConfigError, match="no prior"):
        TrainedPrior.from_json("not json")
