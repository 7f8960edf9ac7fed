"""The recorded stream of two tasks, played through the engine from a cold start.

The engine sees the answers that it pays for and nothing else; what it is told of them is a
`Setting`'s affair. Costs are relative to always asking premium; audits and drafts are in them.
"""

import random
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import recorded
from memory_stream import embed
from routing_metrics import Floats

from tokenomics_shared import Engine, TokenomicsConfig
from tokenomics_shared.adapters.embeddings import embedder_of
from tokenomics_shared.config import JudgeName
from tokenomics_shared.replay import Feedback, Log, Recorded, Tally, apart, replay

QUICK = 2_000
"""Requests of a quick run."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How the stream is played.

    Attributes:
        bandit: settings that differ from the benchmark's own.
        judges: who looks at drafts.
        audited: samples are compared with premium.
        share: of the answers whose worth is told, 0 to 1.
        error: share of what is told that is the opposite.
    """

    bandit: tuple[tuple[str, Any], ...]
    judges: tuple[JudgeName, ...] = ("checks",)
    audited: bool = True
    share: float = 1.0
    error: float = 0.0


def target(quality: float, **others: Any) -> Setting:
    """Keep this share of premium's quality."""
    return Setting((("quality_target", quality), *others.items()))


def weighed(weight: float, **others: Any) -> Setting:
    """Give this much quality for a unit of cost, which is what premium costs on average."""
    return Setting((("aim", None), ("cost_lambda", weight), *others.items()))


@dataclass(frozen=True, slots=True, eq=False)
class Play:
    """One play, request by request; costs in US dollars.

    Attributes:
        quality: of the given answers, 0 to 1; `cheap_quality` and `premium_quality` of the arms'.
        cost: of the request; `audits` of its audit; `cheap_cost` and `premium_cost` of the arms.
        cheaply: the answer is the cheap arm's.
    """

    quality: Floats
    cost: Floats
    audits: Floats
    cheap_quality: Floats
    premium_quality: Floats
    cheap_cost: Floats
    premium_cost: Floats
    cheaply: Floats

    @classmethod
    def of(cls, tally: Tally) -> "Play":
        """Keep of a tally what figures need."""
        steps = tally.steps
        rows = np.array(
            [
                (
                    *(step.score, step.cost, step.audit_cost),
                    *(step.cheap_score, step.premium_score, step.cheap_cost, step.premium_cost),
                    step.path == "cheap",
                )
                for step in steps
            ],
            np.float64,
        )
        return cls(*rows.T)

    def part(self, start: int, stop: int) -> "Play":
        """Some requests in a row."""
        return Play(*(getattr(self, name)[start:stop] for name in self.__slots__))

    @property
    def ratio(self) -> float:
        """Quality relative to premium's."""
        return float(self.quality.sum() / self.premium_quality.sum())

    @property
    def relative_cost(self) -> float:
        """What was spent relative to premium alone, audits included."""
        return float((self.cost + self.audits).sum() / self.premium_cost.sum())

    @property
    def audit_share(self) -> float:
        """Of the relative cost, the part of audits."""
        return float(self.audits.sum() / self.premium_cost.sum())

    def reward(self, weight: float, *, audits: bool = True) -> float:
        """Mean quality less weighted relative cost."""
        spent = self.relative_cost - (0.0 if audits else self.audit_share)
        return float(self.quality.mean()) - weight * spent

    def fixed(self, weight: float) -> float:
        """The reward of the better of both arms, had it answered everything."""
        cheap = self.cheap_cost.sum() / self.premium_cost.sum()
        return max(
            float(self.cheap_quality.mean() - weight * cheap),
            float(self.premium_quality.mean()) - weight,
        )

    def headroom(self, weight: float, reward: float) -> float:
        """Percent of the way from the best fixed arm to an oracle that this reward goes."""
        unit = self.premium_cost.mean()
        best = np.maximum(
            self.cheap_quality - weight * self.cheap_cost / unit,
            self.premium_quality - weight * self.premium_cost / unit,
        ).mean()
        fixed = self.fixed(weight)
        return float(100.0 * (reward - fixed) / (best - fixed))

    def shortfall(self, weight: float) -> float:
        """How much less reward than the best fixed arm, as a share of its reward."""
        fixed = self.fixed(weight)
        return (fixed - self.reward(weight)) / fixed


class Stage:
    """Plays settings on the stream, each once a seed; a seed is of the order and of all draws."""

    def __init__(self, arguments: Namespace) -> None:
        items = recorded.stream(arguments.data, arguments.split, seed=0)
        if arguments.quick:
            items = items[:QUICK]
        self.log = recorded.log(items)
        self.tally: Tally | None = None
        questions = [item.question for item in items]
        made = embedder_of(None)
        self._embedder = recorded.KnownVectors(questions, embed(questions), made.name)
        self._plays: dict[tuple[Setting, int], Play] = {}

    def plays(self, setting: Setting, seeds: Sequence[int]) -> list[Play]:
        """A play for each seed."""
        return [self._play(setting, seed) for seed in seeds]

    def mean(
        self, setting: Setting, seeds: Sequence[int], figure: Callable[[Play], float]
    ) -> float:
        """A figure's mean over the seeds."""
        return float(np.mean([figure(play) for play in self.plays(setting, seeds)]))

    def shuffled(self, seed: int) -> list[Recorded]:
        """The requests in an order of this seed's."""
        items = list(self.log.items)
        random.Random(seed).shuffle(items)
        return items

    def engine(self, log: Log, setting: Setting, seed: int = 0, *, at_once: bool = True) -> Engine:
        """An engine that knows nothing yet; audits are by the log's scores."""
        audit: Mapping[str, Any] = {"compare": log.loss, "enabled": setting.audited}
        config = TokenomicsConfig(
            bandit={
                "features": "embedding",
                "latency_lambda": 0.0,
                "seed": seed,
                **dict(setting.bandit),
            },
            judge={"judges": setting.judges},
            audit=audit,
            memory={"embedder": self._embedder},
            # Shortcuts that close and reopen say so; thousands of requests would say it often.
            log_level="ERROR",
        )
        return Engine.build(apart(config), prices=log.prices, at_once=at_once)

    def _play(self, setting: Setting, seed: int) -> Play:
        found = self._plays.get((setting, seed))
        if found is None:
            self.tally = replay(
                self.log,
                partial(self.engine, self.log, setting, seed),
                order="shuffled",
                seed=seed,
                feedback=Feedback(setting.share, setting.error),
            )
            found = self._plays[setting, seed] = Play.of(self.tally)
        return found
