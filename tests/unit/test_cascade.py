"""The cascade: rungs, and predicting that a draft will be rejected."""

from tests.kit import BALANCED, CHEAP, PREMIUM, THREE
from tokenomics_shared.cascade import EscalationHistory, Ladder, NeverSkip, NoCascade
from tokenomics_shared.types import QueryPlan

EASY = QueryPlan("simple", 4000, 10, 200)
HARD = QueryPlan("complex", 4000, 10, 800)


def test_without_a_cascade_the_arm_stands_alone() -> None:
    assert NoCascade().rungs(CHEAP, EASY, THREE) == (CHEAP,)
    NoCascade().learn(EASY, CHEAP, escalated=True)


def test_a_ladder_is_a_draft_and_premium() -> None:
    ladder = Ladder(NeverSkip())
    assert ladder.rungs(CHEAP, EASY, THREE) == (CHEAP, PREMIUM)
    assert ladder.rungs(BALANCED, EASY, THREE) == (BALANCED, PREMIUM)
    assert ladder.rungs(PREMIUM, EASY, THREE) == (PREMIUM,)
    for _ in range(50):
        ladder.learn(EASY, CHEAP, escalated=True)
    assert ladder.rungs(CHEAP, EASY, THREE) == (CHEAP, PREMIUM)


def test_the_likelihood_starts_at_a_half_and_follows_the_evidence() -> None:
    history = EscalationHistory(0.7)
    assert history.likelihood(EASY, CHEAP) == 0.5
    for escalated in (True, True, False, True):
        history.learn(EASY, CHEAP, escalated=escalated)
    assert history.likelihood(EASY, CHEAP) == (3 + 5) / (4 + 10)
    assert history.likelihood(HARD, CHEAP) == 0.5
    assert history.likelihood(EASY, BALANCED) == 0.5


def test_a_doomed_draft_is_skipped_for_its_complexity_alone() -> None:
    ladder = Ladder(EscalationHistory(0.7))
    for _ in range(30):
        ladder.learn(HARD, CHEAP, escalated=True)
        ladder.learn(EASY, CHEAP, escalated=False)
    assert ladder.rungs(CHEAP, HARD, THREE) == (PREMIUM,)
    assert ladder.rungs(CHEAP, EASY, THREE) == (CHEAP, PREMIUM)


def test_a_doomed_draft_is_tried_again_in_time() -> None:
    ladder = Ladder(EscalationHistory(0.7))
    for _ in range(30):
        ladder.learn(HARD, CHEAP, escalated=True)
    skipped = 0
    while ladder.rungs(CHEAP, HARD, THREE) == (PREMIUM,):
        skipped += 1
    assert 20 < skipped < 200


def test_without_evidence_nothing_is_doomed_whatever_the_threshold() -> None:
    assert Ladder(EscalationHistory(0.4)).rungs(CHEAP, HARD, THREE) == (CHEAP, PREMIUM)
