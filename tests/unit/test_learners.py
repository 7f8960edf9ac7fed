"""The learners: what each decides by, what they refuse, and what they share."""

import math
import random
from collections.abc import Callable, Mapping

import pytest

from tokenomics_shared.adapters.gaussian import NumpyGaussian
from tokenomics_shared.bandit.gaussian import Gaussian
from tokenomics_shared.bandit.linear import LinearThompson, LinUcb
from tokenomics_shared.bandit.posterior import Shrinkage, Space
from tokenomics_shared.bandit.prior import KindPrior, NoPrior
from tokenomics_shared.bandit.sums import merge
from tokenomics_shared.bandit.tabular import FIRST, BetaThompson, EpsilonGreedy, Ucb
from tokenomics_shared.learning import Context, Kind, Learner

SPACE = Space(3, "test")
ARMS = {"cheap/m1": 0.0, "balanced/m2": 0.5, "premium/m3": 1.0}
CHEAP, BALANCED, PREMIUM = ARMS
Make = Callable[[], Learner]


def chance(seed: int = 1) -> random.Random:
    return random.Random(seed)


LEARNERS: Mapping[str, Make] = {
    "linear_thompson": lambda: LinearThompson(NumpyGaussian, KindPrior(), SPACE, chance().gauss),
    "linear_thompson_python": lambda: LinearThompson(Gaussian, KindPrior(), SPACE, chance().gauss),
    "linucb": lambda: LinUcb(Gaussian, KindPrior(), SPACE),
    "thompson": lambda: BetaThompson(KindPrior(), chance().betavariate),
    "ucb": Ucb,
    "epsilon_greedy": lambda: EpsilonGreedy(NoPrior(), chance()),
}
every = pytest.mark.parametrize("make", LEARNERS.values(), ids=LEARNERS)


def asked(kind: Kind = "chat", *features: float) -> Context:
    return Context(kind, "simple", (*(features or (0.0, 0.0)), 1.0))


def means(learner: Learner, context: Context) -> list[float]:
    return [belief.mean for belief in learner.beliefs(context, ARMS)]


@every
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_no_number_is_refused(make: Make, value: float) -> None:
    with pytest.raises(ValueError, match=f"value must be .* got {value!r}"):
        make().learn(asked(), CHEAP, value)


@every
@pytest.mark.parametrize("weight", [math.nan, math.inf, 0.0, -1.0])
def test_an_impossible_weight_is_refused(make: Make, weight: float) -> None:
    with pytest.raises(ValueError, match=f"weight must be .* got {weight!r}"):
        make().learn(asked(), CHEAP, 0.5, weight)


@every
def test_it_finds_the_best_arm(make: Make) -> None:
    learner, truth, answers = make(), dict(zip(ARMS, (0.3, 0.5, 0.8), strict=True)), chance(2)
    pulls = dict.fromkeys(ARMS, 0)
    for _ in range(2000):
        drawn = [belief.drawn for belief in learner.beliefs(asked(), ARMS)]
        arm = list(ARMS)[drawn.index(max(drawn))]
        pulls[arm] += 1
        learner.learn(asked(), arm, float(answers.random() < truth[arm]))
    assert pulls[PREMIUM] > 1700
    assert learner.beliefs(asked(), ARMS)[2].mean == pytest.approx(0.8, abs=0.05)


@every
def test_beliefs_count_what_was_seen(make: Make) -> None:
    learner = make()
    learner.beliefs(asked(), ARMS)
    for _ in range(7):
        learner.learn(asked(), BALANCED, 1.0)
    learner.learn(asked(), BALANCED, 1.0, weight=0.5)
    assert [belief.seen for belief in learner.beliefs(asked(), ARMS)] == [0.0, 7.5, 0.0]


@every
def test_doubt_shrinks_with_what_is_seen(make: Make) -> None:
    learner = make()
    for at in range(4):
        learner.learn(asked(), CHEAP, at % 2)
    before = learner.beliefs(asked(), ARMS)[0].sd
    for at in range(400):
        learner.learn(asked(), CHEAP, at % 2)
    assert learner.beliefs(asked(), ARMS)[0].sd < before


@every
def test_two_learn_what_one_would(make: Make) -> None:
    one, other, alone = make(), make(), make()
    for learner in (one, other, alone):
        learner.beliefs(asked(), ARMS)
    answers = chance(3)
    for at in range(60):
        context, arm = asked("code" if at % 3 else "chat", answers.random(), 0.1), CHEAP
        for learner in (one if at < 30 else other, alone):
            learner.learn(context, arm, at % 2)
    both = merge(one.news(), other.news(), lambda _: 1.0)
    for learner in (one, other):
        learner.rebase(both)
        assert means(learner, asked("code", 0.3, 0.1)) == pytest.approx(
            means(alone, asked("code", 0.3, 0.1))
        )
        assert not any(row[0] for row in learner.news().values())


@every
def test_sums_of_something_else_are_left_out(make: Make) -> None:
    learner = make()
    fresh = [belief.mean for belief in make().beliefs(asked(), ARMS)]
    learner.rebase({f"{CHEAP}|": [5.0], f"{CHEAP}|test": [5.0, 1.0], "x": [math.nan] * 3})
    assert means(learner, asked()) == fresh


def test_the_prior_is_what_a_linear_learner_expects_at_first() -> None:
    learner = LEARNERS["linucb"]()
    context = asked("maths", 0.5, -0.5)
    expected = [KindPrior().quality(context, place) for place in ARMS.values()]
    assert means(learner, context) == expected


@pytest.mark.parametrize(
    "make",
    [
        lambda: LinUcb(Gaussian, KindPrior(), SPACE),
        lambda: BetaThompson(KindPrior(), chance().betavariate),
    ],
    ids=["linear", "tabular"],
)
def test_what_is_learned_later_counts_from_the_place_it_was_answered_at(
    make: Callable[[], LinUcb | BetaThompson],
) -> None:
    at_once, later = make(), make()
    at_once.beliefs(asked("code"), ARMS)
    for _ in range(20):
        at_once.learn(asked("code"), PREMIUM, 0.2)
        later.learn(asked("code"), PREMIUM, 0.2, place=1.0)
    assert means(later, asked("code")) == means(at_once, asked("code"))


def test_a_prior_that_is_wrong_is_overcome() -> None:
    learner = LEARNERS["linucb"]()
    learner.beliefs(asked(), ARMS)
    for _ in range(500):
        learner.learn(asked(), CHEAP, 0.1)
    assert means(learner, asked())[0] == pytest.approx(0.1, abs=0.08)


def test_a_linear_learner_tells_questions_apart() -> None:
    learner = LinUcb(Gaussian, NoPrior(), SPACE, shrinkage=Shrinkage(1.0, 1.0))
    learner.beliefs(asked(), ARMS)
    for side in (-1.0, 1.0) * 200:
        learner.learn(asked("chat", side, 0.0), CHEAP, 0.5 + 0.4 * side)
    assert means(learner, asked("chat", 1.0, 0.0))[0] == pytest.approx(0.9, abs=0.02)
    assert means(learner, asked("chat", -1.0, 0.0))[0] == pytest.approx(0.1, abs=0.02)


def test_sums_of_another_basis_are_left_out() -> None:
    learner = LEARNERS["linucb"]()
    learner.learn(asked(), CHEAP, 1.0)
    other = LinUcb(Gaussian, KindPrior(), Space(3, "test").above("v2"))
    other.rebase(learner.news())
    assert other.beliefs(asked(), ARMS)[0].seen == 0.0


def test_thompson_decides_by_a_draw_and_linucb_by_a_bound() -> None:
    thompson = LinearThompson(
        Gaussian, NoPrior(), SPACE, lambda mean, deviation: mean + 2 * deviation, spread=0.5
    )
    bound = LinUcb(Gaussian, NoPrior(), SPACE, exploration=0.7)
    for learner, times in ((thompson, 1.0), (bound, 0.7)):
        belief = learner.beliefs(asked(), ARMS)[0]
        assert belief.drawn == pytest.approx(belief.mean + times * belief.sd)


def test_each_kind_is_learned_apart_and_helped_by_the_others() -> None:
    learner = LEARNERS["thompson"]()
    before = means(learner, asked("science"))
    for _ in range(100):
        learner.learn(asked("code"), CHEAP, 0.0)
        learner.learn(asked("writing"), CHEAP, 1.0)
        learner.learn(asked("writing"), CHEAP, 1.0)
    code, writing, science = (
        means(learner, asked(kind))[0] for kind in ("code", "writing", "science")
    )
    assert code < 0.2
    assert writing > 0.8
    assert abs(science - before[0]) < 0.1


@pytest.mark.parametrize("value", [-0.1, 1.1])
def test_beta_takes_qualities_alone(value: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        LEARNERS["thompson"]().learn(asked(), CHEAP, value)


def test_ucb_learns_each_complexity_apart_when_asked() -> None:
    learner = Ucb(exploration=0.0, by="complexity")
    hard = Context("chat", "complex", (1.0,))
    for context, best in ((asked(), CHEAP), (hard, PREMIUM)):
        for arm in ARMS:
            learner.learn(context, arm, float(arm == best) - 2.0)
    assert [b.drawn for b in learner.beliefs(asked(), ARMS)] == [-1.0, -2.0, -2.0]
    assert [b.drawn for b in learner.beliefs(hard, ARMS)] == [-2.0, -2.0, -1.0]


def test_an_arm_that_was_never_pulled_goes_first() -> None:
    learner = Ucb()
    learner.learn(asked(), CHEAP, 1.0)
    assert [b.drawn for b in learner.beliefs(asked(), ARMS)][1:] == [FIRST, FIRST]


def test_epsilon_greedy_leaves_its_share_to_chance() -> None:
    learner = EpsilonGreedy(NoPrior(), chance(), epsilon=0.2)
    for _ in range(50):
        learner.learn(asked(), PREMIUM, 1.0)
    others = 0
    for _ in range(3000):
        drawn = [belief.drawn for belief in learner.beliefs(asked(), ARMS)]
        others += drawn.index(max(drawn)) != 2
    assert others / 3000 == pytest.approx(0.2 * 2 / 3, abs=0.03)


def test_forgetting_follows_a_change() -> None:
    for learner in (
        BetaThompson(NoPrior(), chance().betavariate, forgetting=0.99),
        Ucb(forgetting=0.99),
        LinUcb(Gaussian, NoPrior(), SPACE, shrinkage=Shrinkage(forgetting=0.99)),
    ):
        for value in (1.0, 0.0):
            for _ in range(600):
                learner.learn(asked(), CHEAP, value)
        assert means(learner, asked())[0] < 0.25
