"""A log played at several quality targets, each as often as is asked for."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tokenomics_shared.config import TokenomicsConfig
from tokenomics_shared.engine import Engine
from tokenomics_shared.replay.log import Log
from tokenomics_shared.replay.player import EVERYTHING, Feedback, replay
from tokenomics_shared.replay.tally import Tally

# A replay must neither read nor write what the application itself has learned and recorded, and
# an answer given again would be memory's saving, not the router's.
_APART: dict[str, Any] = {
    "telemetry": {"ledger_path": None},
    "bandit": {"state_file": None},
    "memory": {
        "persistent_cache_path": None,
        "use_exact_cache": False,
        "use_semantic_cache": False,
        "near_miss": "off",
    },
}


@dataclass(frozen=True, slots=True)
class Trial:
    """What a quality target came to.

    Attributes:
        target: share of premium's quality to keep.
        tallies: one for each seed.
    """

    target: float
    tallies: tuple[Tally, ...]

    @property
    def quality_ratio(self) -> float:
        """Quality relative to premium's, on average over the seeds."""
        return self.mean(lambda tally: tally.quality_ratio)

    @property
    def range(self) -> tuple[float, float]:
        """Lowest and highest quality ratio of the seeds; of one seed, its confidence interval."""
        if len(self.tallies) == 1:
            return self.tallies[0].interval
        ratios = [tally.quality_ratio for tally in self.tallies]
        return (min(ratios), max(ratios))

    @property
    def cost(self) -> float:
        """What was spent relative to always asking premium, on average over the seeds."""
        return self.mean(lambda tally: tally.cost)

    def mean(self, figure: Callable[[Tally], float]) -> float:
        """A figure's average over the seeds."""
        return math.fsum(map(figure, self.tallies)) / len(self.tallies)


def tried(
    log: Log,
    targets: Sequence[float],
    seeds: Sequence[int | None],
    *,
    config: TokenomicsConfig,
    feedback: Feedback = EVERYTHING,
    on_step: Callable[[], object] | None = None,
) -> list[Trial]:
    """Play a log at each target.

    Args:
        log: what is played.
        targets: shares of premium's quality to keep, above 0 and at most 1.
        seeds: each plays the log once in an order of its own; None in the log's own.
        config: everything but the target, the seed, and where state is kept; its `state_dir` is
            used as it is, and what is learned is kept there.
        feedback: what the engine is told after each answer.
        on_step: called after each request.
    """
    trials = []
    for target in targets:
        tallies = [
            replay(
                log,
                partial(engine_for, log, config, target, seed),
                order="file" if seed is None else "shuffled",
                seed=seed or 0,
                feedback=feedback,
                on_step=on_step,
            )
            for seed in seeds
        ]
        trials.append(Trial(target, tuple(tallies)))
    return trials


def engine_for(log: Log, config: TokenomicsConfig, target: float, seed: int | None) -> Engine:
    """An engine of this configuration that audits by the log's scores and pays its prices.

    Drafts are judged as configured, by their texts: in the application nobody knows the scores.
    """
    settings = {
        "bandit": {"quality_target": target, "seed": seed or 0},
        "audit": {"compare": log.loss},
    }
    return Engine.build(config.replace(**settings), prices=log.prices, at_once=True)


def apart(config: TokenomicsConfig, state_dir: Path | None = None) -> TokenomicsConfig:
    """The configuration without its caches and its files.

    Args:
        config: the application's.
        state_dir: folder of a replay's own to learn on from; None to start from nothing.
    """
    settings = {**_APART, "state_dir": state_dir}
    if config.memory.use_semantic_cache and config.bandit.features == "auto":
        # The application routes by what memory reads; without its cache it would go unread here.
        settings["bandit"] = {**_APART["bandit"], "features": "embedding"}
    return config.replace(**settings)
