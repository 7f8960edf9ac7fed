"""What a judge's likelihood is worth, learned."""

import random

import pytest

from tokenomics_shared.bandit.drafts import TRUST, Drafts


def taught(*, informative: bool, offset: float = 0.0, count: int = 600) -> Drafts:
    drafts, rng = Drafts(), random.Random(1)
    for _ in range(count):
        right = rng.random() < 0.6
        centre = (0.75 if right else 0.35) if informative else 0.6
        said = min(1.0, max(0.0, rng.gauss(centre, 0.15) + offset))
        drafts.see("cheap", "maths", said)
        drafts.learn("cheap", "maths", 0.6, said, float(right))
    return drafts


def test_at_first_a_likelihood_is_trusted_for_the_most_part() -> None:
    drafts = Drafts()
    assert drafts.likelihood("cheap", "maths", 0.6, 0.6) == pytest.approx(0.6)
    assert drafts.likelihood("cheap", "maths", 0.6, 0.9) == pytest.approx(0.6 + 0.3 * TRUST)


def test_a_judge_that_knows_is_believed_and_one_that_does_not_is_not() -> None:
    knowing, guessing = taught(informative=True), taught(informative=False)
    assert knowing.likelihood("cheap", "maths", 0.6, 0.9) > 0.85
    assert knowing.likelihood("cheap", "maths", 0.6, 0.3) < 0.35
    assert abs(guessing.likelihood("cheap", "maths", 0.6, 0.9) - 0.6) < 0.12
    assert knowing.spread("cheap", "maths", 0.6) > 3 * guessing.spread("cheap", "maths", 0.6)


def test_a_judge_that_is_off_by_a_constant_does_no_harm() -> None:
    drafts = taught(informative=True, offset=0.15)
    assert drafts.likelihood("cheap", "maths", 0.6, 0.6 + 0.15) == pytest.approx(0.62, abs=0.08)


def test_another_kind_starts_from_what_all_kinds_showed() -> None:
    drafts = taught(informative=False)
    assert drafts.spread("cheap", "code", 0.6) < Drafts().spread("cheap", "code", 0.6) / 2


def test_what_two_processes_learned_adds_up() -> None:
    one, other, both = taught(informative=True), taught(informative=False), Drafts()
    news = [one.news(), other.news()]
    summed = {
        name: [a + b for a, b in zip(news[0][name], news[1][name], strict=True)]
        for name in news[0]
    }
    both.rebase(summed)
    low, high = sorted(d.spread("cheap", "maths", 0.6) for d in (one, other))
    assert low < both.spread("cheap", "maths", 0.6) < high
    assert not both.news()


def test_a_row_of_another_shape_is_left_out() -> None:
    drafts = Drafts()
    drafts.rebase({"maths|cheap": (1.0, 2.0)})
    assert drafts.likelihood("cheap", "maths", 0.6, 0.6) == pytest.approx(0.6)
