"""The audited bound, on streams of which the truth is known."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenomics_shared.errors import ConfigError
from tokenomics_shared.memory.bound import NEVER, AuditedBound
from tokenomics_shared.memory.interval import wilson
from tokenomics_shared.memory.tally import BINS, LEAST_LIKELIHOOD, bin_of, edge
from tokenomics_shared.memory.tolerance import Evidence, Tolerance

HERE, THERE = b"here", b"there"
NOTHING = Evidence("test", ((0.0, 0.0),) * BINS)


def believed(wrong: float = 1.0, labels: float = 50.0) -> Evidence:
    """Evidence of a calibrated verifier, or of one that errs so many times as often."""
    middles = [(edge(place) + edge(place + 1)) / 2.0 for place in range(BINS)]
    rates = [min(1.0, wrong * (1.0 - middle)) for middle in middles]
    return Evidence("test", tuple((labels, labels * rate) for rate in rates))


@dataclass
class Stream:
    """What became of a stream of requests with likelihoods that are nearly all or nothing.

    Attributes:
        hits: of them.
        wrong: hits.
        audits: drawn hits.
        least: threshold that was ever in force.
    """

    hits: int = 0
    wrong: int = 0
    audits: int = 0
    least: float = NEVER


def run(
    bound: AuditedBound,
    requests: int,
    seed: int,
    truth: Callable[[float], float] = lambda likelihood: likelihood,
    partition: bytes = HERE,
) -> Stream:
    """Play requests whose chance of being right is `truth` of their likelihood."""
    random, found = Random(seed), Stream()
    for _ in range(requests):
        likelihood = 1.0 - 0.5 * random.random() ** 2.5
        right = random.random() < truth(likelihood)
        threshold = bound.threshold(partition)
        found.least = min(found.least, threshold)
        served = likelihood >= threshold
        found.hits += served
        found.wrong += served and not right
        audited = served and bound.wants_audit(partition, likelihood)
        found.audits += audited
        if audited or not served:
            bound.learn(partition, likelihood, right, audited=audited)
    return found


@pytest.mark.parametrize("limit", [0.01, 0.02, 0.05])
def test_the_limit_is_kept_and_used(limit: float) -> None:
    runs = [
        run(AuditedBound(believed(), Random(seed).random, Tolerance(limit)), 6_000, seed)
        for seed in range(6)
    ]
    rate = sum(each.wrong for each in runs) / sum(each.hits for each in runs)
    assert 0.4 * limit < rate <= limit
    assert all(each.wrong / each.hits <= 1.3 * limit for each in runs)
    assert sum(each.audits for each in runs) <= 0.05 * sum(each.hits for each in runs)


@pytest.mark.parametrize("rosy", [0.5, 0.25])
def test_rosy_evidence_is_outgrown(rosy: float) -> None:
    later = []
    for seed in range(4):
        bound = AuditedBound(believed(rosy), Random(seed).random)
        first = run(bound, 4_000, seed)
        later.append(run(bound, 6_000, seed + 100))
        assert first.wrong / first.hits < 0.04
    assert sum(each.wrong for each in later) / sum(each.hits for each in later) <= 0.022


def test_an_overconfident_verifier_is_found_out() -> None:
    bound = AuditedBound(believed(), Random(1).random)
    run(bound, 6_000, 1, lambda likelihood: 1.0 - 2.5 * (1.0 - likelihood))
    found = run(bound, 8_000, 2, lambda likelihood: 1.0 - 2.5 * (1.0 - likelihood))
    assert found.wrong / found.hits <= 0.024


def test_without_evidence_nothing_is_served_before_misses_are_labelled() -> None:
    bound = AuditedBound(NOTHING, Random(1).random, Tolerance(0.05))
    assert bound.threshold(HERE) == NEVER
    found = run(bound, 4_000, 1)
    assert found.hits > 0
    assert found.wrong / found.hits <= 0.05


def test_nothing_below_the_least_likelihood_is_ever_served() -> None:
    harmless = Evidence("test", ((1_000.0, 0.0),) * BINS)
    bound = AuditedBound(harmless, Random(1).random, Tolerance(0.5))
    assert bound.threshold(HERE) == LEAST_LIKELIHOOD
    assert not bound.wants_audit(HERE, 0.49)
    bound.learn(HERE, 0.49, right=False, audited=False)
    bound.contest(HERE, float("nan"))
    assert bound.threshold(HERE) == LEAST_LIKELIHOOD


def test_a_wrong_hit_raises_at_once_and_right_ones_lower_slowly() -> None:
    bound = AuditedBound(believed(), Random(1).random)
    start = bound.threshold(HERE)
    bound.contest(HERE, 0.99)
    raised = bound.threshold(HERE)
    assert raised > start
    levels = [bin_of(raised)]
    for _ in range(12 * 25):
        bound.learn(HERE, 0.99, right=True, audited=True)
        levels.append(bin_of(bound.threshold(HERE)))
    lowered = [at for at, (one, other) in enumerate(pairwise(levels)) if one != other]
    assert len(lowered) == (levels[0] or 0) - (levels[-1] or 0) > 0
    assert all(later - sooner >= 25 for sooner, later in pairwise(lowered))
    before = bound.threshold(HERE)
    bound.learn(HERE, 0.99, right=False, audited=True)
    assert bound.threshold(HERE) > before


def test_a_new_partition_learns_from_the_others_but_a_known_one_stays() -> None:
    bound = AuditedBound(believed(), Random(1).random)
    start = bound.threshold(THERE)
    bound.learn(THERE, 0.7, right=True, audited=False)
    run(bound, 6_000, 1, lambda likelihood: 1.0 - 3.0 * (1.0 - likelihood))
    assert bound.threshold(THERE) == start
    bound.learn(b"new", 0.7, right=True, audited=False)
    assert bound.threshold(b"new") > start


def test_audits_stay_below_their_rate_and_prefer_doubtful_hits() -> None:
    bound = AuditedBound(believed(), Random(3).random, Tolerance(audit_rate=0.1))
    random = Random(4)
    drawn = {0.9: 0, 0.995: 0}
    for _ in range(10_000):
        likelihood = random.choice((0.9, 0.995))
        drawn[likelihood] += bound.wants_audit(HERE, likelihood)
    assert 0.09 * 10_000 < sum(drawn.values()) <= 0.1 * 10_000 + 2
    assert drawn[0.9] > 3 * drawn[0.995]


def test_a_judge_known_to_err_is_corrected_for() -> None:
    def noise(chance: float) -> float:
        return 0.97 * chance + 0.03 * (1.0 - chance)

    hits, wrong = {}, {}
    for known in (False, True):
        bound = AuditedBound(NOTHING, Random(1).random)
        random = Random(2)
        for _ in range(1_000 if known else 0):
            bound.learn_judge(same=True, said_same=random.random() > 0.03)
            bound.learn_judge(same=False, said_same=random.random() < 0.03)
        run(bound, 6_000, 3, noise)
        noisy = run(bound, 6_000, 4, noise)
        hits[known], wrong[known] = noisy.hits, noisy.wrong
    assert hits[True] > 2 * hits[False]
    # Three in a hundred of the right ones are called wrong, too.
    assert wrong[True] / hits[True] < 0.03 + 0.02


def test_the_estimate_is_near_the_truth() -> None:
    bound = AuditedBound(believed(), Random(1).random)
    assert bound.estimate().hits == 0
    found = run(bound, 12_000, 5)
    estimate = bound.estimate(HERE)
    assert estimate == bound.estimate()
    assert (estimate.hits, estimate.audits) == (found.hits, found.audits)
    assert estimate.low < estimate.false_hit_rate < estimate.high
    assert abs(estimate.false_hit_rate - found.wrong / found.hits) < 0.003
    assert bound.estimate(THERE).hits == 0


def test_a_state_survives_json_and_goes_on_alike() -> None:
    one = AuditedBound(believed(), Random(1).random)
    run(one, 2_000, 1)
    run(one, 500, 2, partition=THERE)
    one.learn_judge(same=True, said_same=False)
    other = AuditedBound(believed(), Random(9).random)
    other.restore(json.loads(json.dumps(one.state())))
    assert other.state() == one.state()
    assert other.estimate(THERE) == one.estimate(THERE)
    assert other.threshold(HERE) == one.threshold(HERE)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 0},
        {"version": "another verifier's"},
        {"all": [[0.0]]},
        {"all": [[-1.0] * BINS] * 6},
        {"judge": {}},
        {"auditor": {"hits": -1, "drawn": 0, "doubt": 0}},
        {"partitions": {"xx": []}},
        {"partitions": {"00": [99, [[0.0] * BINS] * 6]}},
        {"partitions": None},
    ],
)
def test_a_broken_state_is_refused_and_changes_nothing(change: dict[str, Any]) -> None:
    bound = AuditedBound(believed(), Random(1).random)
    run(bound, 300, 1)
    before = bound.state()
    with pytest.raises(ConfigError):
        bound.restore({**before, **change})
    assert bound.state() == before


def test_so_many_partitions_are_remembered_and_no_more() -> None:
    bound = AuditedBound(believed(), Random(1).random)
    for number in range(400):
        bound.learn(number.to_bytes(2, "big"), 0.9, right=True, audited=False)
    assert len(bound.state()["partitions"]) == 256


def test_old_labels_count_half_after_a_while() -> None:
    bound = AuditedBound(NOTHING, Random(1).random)
    for _ in range(20_100):
        bound.learn(HERE, 0.6, right=True, audited=False)
    assert sum(bound.state()["all"][2]) < 10_200


@pytest.mark.parametrize(
    "wrong", [{"max_false_hit_rate": 0.0}, {"audit_rate": 1.5}, {"confidence": 0.4}]
)
def test_impossible_tolerances_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        Tolerance(**wrong)


def test_evidence_for_other_bins_is_refused() -> None:
    with pytest.raises(ConfigError, match="48"):
        Evidence("test", ((1.0, 0.0),))


@given(st.integers(0, BINS - 1))
def test_a_bin_begins_at_its_edge(place: int) -> None:
    assert bin_of(edge(place)) == place


@given(st.floats(0.0, 1.0))
def test_a_likelihood_is_in_the_bin_around_it(likelihood: float) -> None:
    place = bin_of(likelihood)
    if place is None:
        assert likelihood < LEAST_LIKELIHOOD
        return
    assert edge(place) <= likelihood + 1e-9
    assert place == BINS - 1 or likelihood < edge(place + 1) + 1e-9


@given(st.floats(0.0, 1.0), st.floats(1.0, 1e6), st.floats(0.1, 4.0))
def test_an_interval_holds_its_estimate(rate: float, labels: float, z: float) -> None:
    variance = rate * (1.0 - rate) / labels
    low, high = (wilson(rate, variance, labels, sign * z) for sign in (-1, 1))
    assert 0.0 <= low <= rate + 1e-9
    assert rate - 1e-9 <= high <= 1.0
