"""The router learning from nothing, on recorded outcomes played through the whole engine.

Only answers that it paid for are graded. Quality and cost are those of the whole stream, learning
included, relative to always asking premium; drafts and audits are in the cost. Drafts are judged
by the checks alone: the shipped scorer was trained on the development split's answers, and has
rows of its own.
"""

from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import routing_break
from harness import Bar, Figure
from routing_break import broken
from routing_metrics import RESAMPLES, Floats
from routing_overhead import overhead
from routing_plays import Play, Setting, Stage, target, weighed

from tokenomics_shared.replay import Way

GOAL = 0.95
TARGETS = (0.93, GOAL, 0.97)
WEIGHTS = (0.05, 0.1, 0.15, 0.2, 0.3)
MIDDLE = 0.15
"""The weight of cost that the default configuration has."""

TOLD_WEIGHTS = (0.1, 0.2)
BLOCKS = (0, 500, 2_000, 10_000)
"""Where the blocks of the learning curve begin and end."""

TOLD = {"feedback on all": "all", "feedback on 10 %": "sampled", "audits alone": "audits"}
"""How figures call the ways of `routing_break`."""

BARS = {
    "online_cost": Bar(0.50, 0.45),
    "online_quality_ratio": Bar(0.95, 0.955, at_least=True),
    "online_target_missed": Bar(0.02, 0.01),
    "online_headroom_15": Bar(17.0, 20.0, at_least=True),
    "online_headroom_05": Bar(-4.0, 0.0, at_least=True),
    "online_headroom_30": Bar(-4.0, 0.0, at_least=True),
    "online_sampled_shortfall": Bar(0.01, 0.0),
    "online_noisy_shortfall": Bar(0.01, 0.0),
    **{f"online_closing_{told}": Bar(300, 150) for told in TOLD.values()},
    "online_decision_us_2": Bar(100, 40),
    "online_decision_us_4": Bar(100, 40),
    "online_update_us_2": Bar(150, 60),
    "online_update_us_4": Bar(150, 60),
}

OTHERS: Mapping[str, tuple[Setting, Setting]] = {
    name: (target(GOAL, **settings), weighed(MIDDLE, **settings))
    for name, settings in {
        "surface features only": {"features": "surface"},
        "linucb": {"algorithm": "linucb"},
        "thompson": {"algorithm": "thompson"},
        "epsilon_greedy": {"algorithm": "epsilon_greedy"},
    }.items()
}
"""Other learners at the quality target, and at the middle weight."""

SEEDS_RULE = weighed(
    MIDDLE, algorithm="ucb", reward="blended", exploration_rate=1.41, contextual=False
)
"""UCB1 on quality and cost in one reward."""

Rows = dict[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class Table:
    """Numbers by name under their columns."""

    columns: Sequence[str]
    rows: Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class Online:
    """What was measured."""

    figures: Mapping[str, Figure]
    baselines: Mapping[str, Figure]
    tables: Mapping[str, Table]


def online_figures(arguments: Namespace) -> Online:
    """Play everything.

    Args:
        arguments: `data`, `split`, `seeds`, `quick`.
    """
    seeds = range(2 if arguments.quick else max(2, arguments.seeds))
    # What is compared with large margins, or only shown, needs fewer.
    few = seeds[: max(2, arguments.seeds * 3 // 10)]
    bench = _Bench(Stage(arguments), seeds, few, arguments.split)
    held, held_table = bench.targets()
    weights, weights_table = bench.weights()
    told, told_table = bench.told()
    breaking, breaking_table = bench.breaking()
    ways, ways_table = bench.ways()
    tables = {
        "Online, from nothing: quality targets": held_table,
        "Online: against simpler ways": ways_table,
        "Online: percent of the way from the best fixed arm to an oracle": weights_table,
        "Online: what is told of the answers": told_table,
        "Online: learning, by request": bench.learning(),
        "Online: the cheap model goes bad, and recovers": breaking_table,
    }
    return Online(held | weights | told | breaking | overhead(bench.stage), ways, tables)


@dataclass(frozen=True, slots=True)
class _Bench:
    stage: Stage
    seeds: Sequence[int]
    few: Sequence[int]
    split: str

    def targets(self) -> tuple[dict[str, Figure], Table]:
        """What keeping a share of premium's quality costs."""
        plays = [self.stage.plays(target(quality), self.seeds) for quality in TARGETS]
        ratios = np.array([[play.ratio for play in each] for each in plays])
        costs = np.array([[play.relative_cost for play in each] for each in plays])
        at_goal = ratios[TARGETS.index(GOAL)]
        single = [_cost_at_goal(r, c) for r, c in zip(ratios.T, costs.T, strict=True)]
        draw = np.random.default_rng(0)
        samples = draw.integers(len(self.seeds), size=(RESAMPLES, len(self.seeds)))
        curve = [_cost_at_goal(ratios[:, s].mean(1), costs[:, s].mean(1)) for s in samples]
        figures = {
            "online_cost": Figure(
                _cost_at_goal(ratios.mean(1), costs.mean(1)), _middle(curve), _spread(single)
            ),
            "online_quality_ratio": Figure(
                float(at_goal.mean()), _middle(at_goal[samples].mean(1)), _spread(at_goal)
            ),
            "online_target_missed": Figure(float(np.abs(at_goal - GOAL).max())),
        }
        rows = {f"target {t:.0%}": _held(p) for t, p in zip(TARGETS, plays, strict=True)}
        scored = replace(target(GOAL), judges=("checks", "scorer"))
        name = f"target {GOAL:.0%}, scorer" + (" (in-sample)" if self.split == "dev" else "")
        rows[name] = _held(self.stage.plays(scored, self.few))
        return figures, Table(_HELD, rows)

    def weights(self) -> tuple[dict[str, Figure], Table]:
        """Reward at fixed weights of cost."""
        ours, unpaid, unaudited = [], [], []
        figures = {}
        for weight in WEIGHTS:
            seeds = self.seeds if weight == MIDDLE else self.few
            plays = self.stage.plays(weighed(weight), seeds)
            found = [play.headroom(weight, play.reward(weight)) for play in plays]
            ours.append(float(np.mean(found)))
            free = [play.headroom(weight, play.reward(weight, audits=False)) for play in plays]
            unpaid.append(float(np.mean(free)))
            alone = replace(weighed(weight), audited=False)
            unaudited.append(self.stage.mean(alone, self.few[:2], _headroom(weight)))
            figures[f"online_headroom_{round(100 * weight):02}"] = Figure(
                ours[-1], _normal(found), _spread(found)
            )
        rows: Rows = {
            "Tokenomics": ours,
            "its audits not counted as cost": unpaid,
            "without audits": unaudited,
        }
        return figures, Table([f"at {weight}" for weight in WEIGHTS], rows)

    def told(self) -> tuple[dict[str, Figure], Table]:
        """Few grades, and wrong ones."""
        figures, rows = {}, {}
        for name, share, error in (("sampled", 0.1, 0.0), ("noisy", 1.0, 0.2)):
            missed = []
            line: list[float] = []
            for weight in TOLD_WEIGHTS:
                setting = replace(weighed(weight), share=share, error=error)
                plays = self.stage.plays(setting, self.few)
                missed += [play.shortfall(weight) for play in plays]
                line.append(float(np.mean([-play.shortfall(weight) for play in plays])))
                line.append(self.stage.mean(setting, self.few, _headroom(weight)))
            held = replace(target(GOAL), share=share, error=error)
            plays = self.stage.plays(held, self.few)
            ratios = [play.ratio for play in plays]
            cost = np.mean([play.relative_cost for play in plays])
            rows[_TOLD[name]] = (*line, float(np.mean(ratios)), min(ratios), float(cost))
            mean = float(np.mean(missed))
            figures[f"online_{name}_shortfall"] = Figure(max(missed), others={"mean": mean})
        return figures, Table(_TOLD_COLUMNS, rows)

    def breaking(self) -> tuple[dict[str, Figure], Table]:
        """Requests until the shortcut of a model gone bad closes, and of one recovered opens."""
        figures, rows = {}, {}
        for setting, found in broken(self.stage, self.seeds).items():
            rows[setting] = row = routing_break.row(found)
            figures[f"online_closing_{TOLD[setting]}"] = Figure(row[1], others={"closed": row[0]})
            figures[f"online_reopening_{TOLD[setting]}"] = Figure(row[3])
        return figures, Table(routing_break.COLUMNS, rows)

    def ways(self) -> tuple[dict[str, Figure], Table]:
        """Everything simpler, and other learners."""
        ours = self._way(self.seeds, target(GOAL), weighed(MIDDLE))
        rows: Rows = {f"Tokenomics at {GOAL:.0%}": ours}
        baselines = {}
        for name, way in self._fixed().items():
            rows[name] = (way.quality, way.cost, self._worth(way))
            baselines[name] = way
        for name, (held, at_weight) in OTHERS.items():
            rows[f"{name} at {GOAL:.0%}"] = found = self._way(self.few[:2], held, at_weight)
            baselines[name] = Way(*found[:2])
        rows["UCB1, blended reward"] = found = self._way(self.few[:2], SEEDS_RULE, SEEDS_RULE)
        baselines["ucb1_blended"] = Way(*found[:2])
        figures = {
            f"online_{name.replace(' ', '_')}_cost": Figure(
                way.cost, others={"quality": way.quality}
            )
            for name, way in baselines.items()
        }
        return figures, Table(("quality", "cost", f"headroom at {MIDDLE}"), rows)

    def learning(self) -> Table:
        """Quality and cost of each block."""
        plays = self.stage.plays(target(GOAL), self.seeds)
        rows: Rows = {}
        for start, stop in pairwise(BLOCKS):
            parts = [play.part(start, stop) for play in plays]
            if len(parts[0].quality):
                rows[f"{start:,} to {start + len(parts[0].quality):,}"] = _held(parts)
        return Table(_HELD, rows)

    def _fixed(self) -> dict[str, Way]:
        tally = self.stage.tally
        assert tally is not None
        return {
            "always cheap": tally.always_cheap(),
            "always premium": tally.always_premium(),
            "random mix": tally.random_mix(GOAL),
            "cheapest first": tally.cheapest_first(GOAL),
        }

    def _worth(self, way: Way) -> float:
        """Percent of the oracle's headroom that a way takes at the middle weight."""
        (play, *_) = self.stage.plays(weighed(MIDDLE), self.seeds[:1])
        reward = way.quality * float(play.premium_quality.mean()) - MIDDLE * way.cost
        return play.headroom(MIDDLE, reward)

    def _way(
        self, seeds: Sequence[int], held: Setting, at_weight: Setting
    ) -> tuple[float, float, float]:
        return (
            self.stage.mean(held, seeds, lambda play: play.ratio),
            self.stage.mean(held, seeds, lambda play: play.relative_cost),
            self.stage.mean(at_weight, seeds, _headroom(MIDDLE)),
        )


_HELD = ("quality", "lowest", "highest", "sd", "cost", "sd", "audits")
_TOLD_COLUMNS = (
    *(f"{what} at {weight}" for weight in TOLD_WEIGHTS for what in ("gain", "headroom")),
    *("quality at 95 %", "lowest", "cost"),
)
_TOLD = {"sampled": "10 % of the answers", "noisy": "all, one in five wrongly"}


def _held(plays: Sequence[Play]) -> tuple[float, ...]:
    ratios = [play.ratio for play in plays]
    costs = [play.relative_cost for play in plays]
    audits = [play.audit_share for play in plays]
    qualities = (np.mean(ratios), min(ratios), max(ratios), np.std(ratios))
    found = (*qualities, np.mean(costs), np.std(costs), np.mean(audits))
    return tuple(float(number) for number in found)


def _headroom(weight: float) -> Callable[[Play], float]:
    return lambda play: play.headroom(weight, play.reward(weight))


def _cost_at_goal(ratios: Floats, costs: Floats) -> float:
    """Between two points of the curve, whose end is always premium's."""
    order = np.argsort(ratios)
    return float(np.interp(GOAL, np.append(ratios[order], 1.0), np.append(costs[order], 1.0)))


def _middle(values: Floats | Sequence[float]) -> tuple[float, float]:
    low, high = np.quantile(np.asarray(values), (0.025, 0.975)).tolist()
    return low, high


def _normal(values: Sequence[float]) -> tuple[float, float]:
    """Of the mean over seeds, by resampling them."""
    draw, found = np.random.default_rng(0), np.asarray(values)
    return _middle(found[draw.integers(len(found), size=(RESAMPLES, len(found)))].mean(1))


def _spread(values: Floats | Sequence[float]) -> dict[str, float]:
    return {"lowest": float(np.min(values)), "sd": float(np.std(values, ddof=1))}
