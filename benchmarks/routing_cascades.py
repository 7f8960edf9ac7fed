"""Cascades that need no training: a draft that checks reject, or on which two models differ."""

from argparse import Namespace
from dataclasses import dataclass

import numpy as np
from harness import Figure
from numpy.typing import NDArray
from routing_data import PREMIUM, Answered, routerbench
from routing_metrics import RESAMPLES, Floats

from tokenomics_shared.judge import Checks
from tokenomics_shared.judge.conclusion import same_conclusion
from tokenomics_shared.types import Message, Prompt, Reply

CODER = "gpt-3.5-turbo-1106"
PAIR = ("mistralai/mixtral-8x7b-chat", "zero-one-ai/Yi-34B-Chat")

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Climbed:
    """What a cascade gave for each prompt: its quality and cost, and premium's."""

    quality: Floats
    cost: Floats
    premium_quality: Floats
    premium_cost: Floats

    def figures(self, name: str) -> dict[str, Figure]:
        """Quality and cost relative to premium's, with their intervals."""
        draw = np.random.default_rng(0)
        size = len(self.quality)
        counts = draw.multinomial(size, np.full(size, 1.0 / size), RESAMPLES).astype(np.float64)
        return {
            f"{name}_quality": _ratio(self.quality, self.premium_quality, counts),
            f"{name}_cost": _ratio(self.cost, self.premium_cost, counts),
        }


def cascades(arguments: Namespace) -> tuple[dict[str, Figure], dict[str, Figure]]:
    """Figures and baselines of both cascades, at recorded costs."""
    mbpp = routerbench(arguments.data, arguments.split, "mbpp")
    arc = routerbench(arguments.data, arguments.split, "arc_challenge")
    first, second = PAIR
    figures = {
        **_climb(mbpp, (CODER,), _broken(mbpp)).figures("mbpp"),
        **_climb(arc, PAIR, _differing(arc)).figures("arc"),
    }
    baselines = {
        **_climb(mbpp, (CODER,), _never(mbpp)).figures("mbpp_gpt_3_5_alone"),
        **_climb(arc, (first,), _never(arc)).figures("arc_mixtral_alone"),
        **_climb(arc, (second,), _never(arc)).figures("arc_yi_alone"),
    }
    return figures, baselines


def _climb(task: Answered, drafts: tuple[str, ...], rejected: Bools) -> Climbed:
    """Take the first draft's answer unless it is rejected; every draft is paid for."""
    quality, cost = task.scores(PREMIUM), task.costs(PREMIUM)
    paid = np.sum([task.costs(model) for model in drafts], axis=0)
    return Climbed(
        np.where(rejected, quality, task.scores(drafts[0])),
        paid + np.where(rejected, cost, 0.0),
        quality,
        cost,
    )


def _broken(task: Answered) -> Bools:
    """Drafts that the package's checks reject, in an application of which all code is Python."""
    checks = Checks(python=True)
    verdicts = [
        checks.judge(Prompt((Message("human", row["prompt"]),)), Reply(answer))
        for row, answer in zip(task.rows, task.texts(CODER), strict=True)
    ]
    return np.array([not verdict.accepted for verdict in verdicts])


def _differing(task: Answered) -> Bools:
    one, other = (task.texts(model) for model in PAIR)
    return np.array([not same_conclusion(a, b) for a, b in zip(one, other, strict=True)])


def _never(task: Answered) -> Bools:
    return np.zeros(len(task.rows), np.bool_)


def _ratio(above: Floats, below: Floats, counts: Floats) -> Figure:
    low, high = np.quantile((counts @ above) / (counts @ below), (0.025, 0.975)).tolist()
    return Figure(float(above.sum() / below.sum()), (low, high))
