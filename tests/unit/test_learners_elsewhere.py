"""The learners on the same draws as another implementation: MABWiser."""

import random

import numpy as np
import pytest
from mabwiser.mab import MAB, LearningPolicy

from tokenomics_shared.adapters.gaussian import NumpyGaussian
from tokenomics_shared.bandit.linear import LinearThompson, LinUcb
from tokenomics_shared.bandit.posterior import Shrinkage, Space
from tokenomics_shared.bandit.prior import NoPrior
from tokenomics_shared.bandit.tabular import BetaThompson, Ucb
from tokenomics_shared.learning import Context

ARMS = {"a": 0.0, "b": 0.5, "c": 1.0}
SPACE = Space(6, "test")
RIDGE = Shrinkage(4.0, 4.0)


def stream(count: int = 300) -> tuple[list[str], list[float], list[Context]]:
    chance = random.Random(5)
    arms = [chance.choice(list(ARMS)) for _ in range(count)]
    values = [float(chance.random() < 0.3 + 0.5 * ARMS[arm]) for arm in arms]
    features = [(*(chance.gauss(0, 0.5) for _ in range(5)), 1.0) for _ in range(count)]
    return arms, values, [Context("chat", "simple", numbers) for numbers in features]


def taught_elsewhere(policy: object, *, contextual: bool) -> MAB:
    arms, values, contexts = stream()
    mab = MAB(list(ARMS), policy, seed=1)
    # In several goes, as in production.
    for part in (slice(0, 100), slice(100, None)):
        numbers = [context.features for context in contexts[part]] if contextual else None
        teach = mab.partial_fit if part.start else mab.fit
        teach(arms[part], values[part], *([] if numbers is None else [numbers]))
    return mab


def test_linucb_has_the_same_bounds() -> None:
    mab = taught_elsewhere(LearningPolicy.LinUCB(alpha=0.3, l2_lambda=4.0), contextual=True)
    ours = LinUcb(NumpyGaussian, NoPrior(0.0), SPACE, shrinkage=RIDGE, exploration=0.3)
    arms, values, contexts = stream()
    for arm, value, context in zip(arms, values, contexts, strict=True):
        ours.learn(context, arm, value)
    for context in contexts[:20]:
        theirs = mab.predict_expectations([context.features])
        drawn = [belief.drawn for belief in ours.beliefs(context, ARMS)]
        assert drawn == pytest.approx([theirs[arm] for arm in ARMS], rel=1e-9)


def test_linear_thompson_has_the_same_posterior() -> None:
    mab = taught_elsewhere(LearningPolicy.LinTS(alpha=0.15, l2_lambda=4.0), contextual=True)
    ours = LinearThompson(
        NumpyGaussian, NoPrior(0.0), SPACE, random.Random(1).gauss, shrinkage=RIDGE
    )
    arms, values, contexts = stream()
    for arm, value, context in zip(arms, values, contexts, strict=True):
        ours.learn(context, arm, value)
    for context in contexts[:20]:
        x = np.array(context.features)
        for arm, belief in zip(ARMS, ours.beliefs(context, ARMS), strict=True):
            theirs = mab._imp.arm_to_model[arm]
            assert belief.mean == pytest.approx(float(theirs.beta @ x), rel=1e-9)
            assert belief.sd == pytest.approx(float(np.sqrt(x @ theirs.A_inv @ x)), rel=1e-9)


def test_linear_thompson_draws_from_the_same_distribution() -> None:
    mab = taught_elsewhere(LearningPolicy.LinTS(alpha=0.15, l2_lambda=4.0), contextual=True)
    ours = LinearThompson(
        NumpyGaussian, NoPrior(0.0), SPACE, random.Random(1).gauss, shrinkage=RIDGE
    )
    arms, values, contexts = stream()
    for arm, value, context in zip(arms, values, contexts, strict=True):
        ours.learn(context, arm, value)
    context, times = contexts[0], 4000
    theirs = mab.predict_expectations([context.features] * times)
    drawn = [[belief.drawn for belief in ours.beliefs(context, ARMS)] for _ in range(times)]
    for at, arm in enumerate(ARMS):
        here, there = (np.array(x) for x in ([d[at] for d in drawn], [t[arm] for t in theirs]))
        assert here.mean() == pytest.approx(there.mean(), abs=4 * there.std() * (2 / times) ** 0.5)
        assert here.std() == pytest.approx(there.std(), rel=0.06)


def test_thompson_draws_from_the_same_beta() -> None:
    mab = taught_elsewhere(LearningPolicy.ThompsonSampling(), contextual=False)
    asked: list[tuple[float, float]] = []

    def betavariate(alpha: float, beta: float) -> float:
        asked.append((alpha, beta))
        return 0.5

    # MABWiser starts from one success and one failure.
    ours = BetaThompson(NoPrior(0.5), betavariate, by="all", worth=2.0)
    arms, values, contexts = stream()
    for arm, value, context in zip(arms, values, contexts, strict=True):
        ours.learn(context, arm, value)
    ours.beliefs(contexts[0], ARMS)
    theirs = [
        (mab._imp.arm_to_success_count[arm], mab._imp.arm_to_fail_count[arm]) for arm in ARMS
    ]
    assert asked == [pytest.approx(pair) for pair in theirs]


def test_ucb_has_the_same_bounds() -> None:
    # Its bound has the proof's sqrt(2) apart from the factor.
    mab = taught_elsewhere(LearningPolicy.UCB1(alpha=0.2), contextual=False)
    ours = Ucb(exploration=0.2 * 2**0.5)
    arms, values, contexts = stream()
    for arm, value, context in zip(arms, values, contexts, strict=True):
        ours.learn(context, arm, value)
    theirs = mab.predict_expectations()
    drawn = [belief.drawn for belief in ours.beliefs(contexts[0], ARMS)]
    assert drawn == pytest.approx([theirs[arm] for arm in ARMS])
