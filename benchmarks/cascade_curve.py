"""What escalating costs and brings: a cascade's curve, and its intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from harness import Figure
from numpy.typing import NDArray

from tokenomics_shared.orchestrator.tokens import estimate_tokens

Floats = NDArray[np.float64]

RESAMPLES = 1_000
_TIES = 1e-9


@dataclass(frozen=True, slots=True)
class Prices:
    """Money per million tokens, in and out, of the weak and the strong model."""

    weak: tuple[float, float]
    strong: tuple[float, float]


RECORDED = Prices((0.60, 0.60), (10.0, 30.0))
"""Of the models that answered, as data/README has it."""

TODAY = Prices((0.15, 0.60), (2.50, 10.0))
"""Of a pair in use today, for the same tokens."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What both models made of each problem.

    Attributes:
        weak: 1 where the weak model was right.
        strong: likewise of the strong one.
        weak_cost: of the weak model's call.
        strong_cost: of the strong model's call.
    """

    weak: Floats
    strong: Floats
    weak_cost: Floats
    strong_cost: Floats


@dataclass(frozen=True, slots=True)
class Ranking:
    """An order of escalation.

    Attributes:
        urgency: the highest is escalated first.
        drafted: the weak model answers first, and is paid, whatever happens then.
        likelihood: of the weak answer's being right, where something says so.
    """

    urgency: Floats
    drafted: bool = True
    likelihood: Floats | None = None


def costs(
    texts: Sequence[tuple[str, str, str]], prices: Prices = RECORDED
) -> tuple[Floats, Floats]:
    """The weak and the strong call's cost, of question, weak answer and strong answer.

    Tokens are estimated from characters, for both models alike.
    """
    counted = np.array([[estimate_tokens(text) for text in row] for row in texts], np.float64)
    asked, weak, strong = counted.T
    return (
        prices.weak[0] * asked + prices.weak[1] * weak,
        prices.strong[0] * asked + prices.strong[1] * strong,
    )


def cost_at(
    outcomes: Outcomes, ranking: Ranking, share: float, times: Floats | None = None
) -> float:
    """Least cost, relative to always-strong, at which this share of its quality is reached.

    Args:
        outcomes: of each problem.
        ranking: which are escalated first.
        share: of always-strong's quality.
        times: how often each problem counts; once by default.
    """
    times = np.ones(len(outcomes.weak)) if times is None else times
    jitter = np.random.default_rng(0).random(len(times)) * _TIES
    order = np.argsort(-(ranking.urgency + jitter))
    times = times[order]
    gain = times * (outcomes.strong - outcomes.weak)[order]
    extra = outcomes.strong_cost - (0.0 if ranking.drafted else outcomes.weak_cost)
    quality = (times * outcomes.weak[order]).sum() + np.concatenate([[0.0], np.cumsum(gain)])
    cost = (times * outcomes.weak_cost[order]).sum() + np.concatenate(
        [[0.0], np.cumsum(times * extra[order])]
    )
    wanted = share * (times * outcomes.strong[order]).sum()
    at = int(np.argmax(quality >= wanted - _TIES))
    always = (times * outcomes.strong_cost[order]).sum()
    if at == 0:
        return float(cost[0] / always)
    part = (wanted - quality[at - 1]) / (quality[at] - quality[at - 1])
    return float((cost[at - 1] + part * (cost[at] - cost[at - 1])) / always)


def auc(right: Floats, likelihood: Floats, times: Floats | None = None) -> float:
    """The chance that a right answer is thought likelier than a wrong one; ties count half."""
    times = np.ones(len(right)) if times is None else times
    _, level = np.unique(likelihood, return_inverse=True)
    good = np.bincount(level, times * right)
    bad = np.bincount(level, times * (1.0 - right))
    below = np.cumsum(bad) - bad
    return float((good * (below + bad / 2.0)).sum() / (good.sum() * bad.sum()))


def figures(
    name: str, outcomes: Outcomes, ranking: Ranking, shares: Mapping[str, float]
) -> dict[str, Figure]:
    """Costs at shares of quality, and the AUC where there is a likelihood, with intervals."""
    draws = np.random.default_rng(0)
    size = len(outcomes.weak)
    samples = [
        np.bincount(draws.integers(0, size, size), minlength=size).astype(np.float64)
        for _ in range(RESAMPLES)
    ]
    found = {}
    for label, share in shares.items():
        middle = cost_at(outcomes, ranking, share)
        spread = [cost_at(outcomes, ranking, share, times) for times in samples]
        found[f"{name}_{label}"] = Figure(middle, _interval(spread))
    if ranking.likelihood is not None:
        spread = [auc(outcomes.weak, ranking.likelihood, times) for times in samples]
        found[f"{name}_auc"] = Figure(auc(outcomes.weak, ranking.likelihood), _interval(spread))
    return found


def _interval(spread: Sequence[float]) -> tuple[float, float]:
    low, high = np.quantile(spread, [0.025, 0.975])
    return float(low), float(high)
