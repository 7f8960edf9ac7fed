"""What replays came to, for people and for machines."""

from collections.abc import Sequence
from typing import Any

from tokenomics_shared.replay.log import Log
from tokenomics_shared.replay.tally import AnswerPath, Tally, Way
from tokenomics_shared.replay.trial import Trial

CURVE_BLOCK = 1000
"""Requests that a point of the learning curve stands for."""

SHOWN: tuple[AnswerPath, ...] = ("cheap", "escalated", "premium")
"""Where answers come from when memory is off."""


def to_dict(log: Log, trials: Sequence[Trial], remarks: Sequence[str]) -> dict[str, Any]:
    """The figures as JSON-able values: shares as fractions, money in US dollars."""
    any_order = trials[0].tallies[0]
    return {
        "requests": len(log.items),
        "tiers": list(log.tiers),
        "premium": log.premium,
        "premium_quality": any_order.premium_quality,
        "premium_spent": any_order.premium_spent,
        "baselines": {
            "always_cheap": _way(any_order.always_cheap()),
            "always_premium": _way(any_order.always_premium()),
        },
        "targets": [_trial(trial) for trial in trials],
        "remarks": list(remarks),
    }


def table(log: Log, trials: Sequence[Trial]) -> Any:
    """The figures as a table for rich."""
    # rich is needed by those who look at figures, not by those who answer requests.
    from rich import box
    from rich.table import Table

    drawn = Table(
        title=f"{len(log.items):,} recorded requests, against always asking {log.premium}",
        title_justify="left",
        box=box.SIMPLE,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    several = len(trials[0].tallies) > 1
    drawn.add_column("")
    for name in ("quality", "lowest, highest" if several else "95 % interval", "cost"):
        drawn.add_column(name, justify="right", no_wrap=True)
    for name in ("of it drafts", "audits", *SHOWN):
        drawn.add_column(name, justify="right")
    for trial in trials:
        drawn.add_row(*_target_row(trial))
        drawn.add_row("  random mix, same quality", *_cells(_alike(trial, Tally.random_mix)))
        drawn.add_row(
            "  cheapest first, same quality", *_cells(_alike(trial, Tally.cheapest_first))
        )
        drawn.add_section()
    tally = trials[0].tallies[0]
    drawn.add_row(f"always {log.tiers[0]}", *_cells(tally.always_cheap()))
    drawn.add_row(f"always {log.premium}", *_cells(tally.always_premium()))
    return drawn


def remarks_on(log: Log, trials: Sequence[Trial]) -> list[str]:
    """How far the figures go, in sentences."""
    seeds = len(trials[0].tallies)
    said = [
        f"Scores, and costs where it has them, are the log's: {len(log.items):,} requests"
        + (f", played in {seeds} orders." if seeds > 1 else ", played once in one order.")
        + " Quality and cost are relative to always asking "
        f"{log.premium} (mean score {trials[0].tallies[0].premium_quality:.3f}); learning, drafts"
        " and audits are included.",
        "Cheapest first knows the recorded costs beforehand; it and the random mix are set to the"
        " quality that the target's row reached.",
    ]
    bare = sum(not item.told for item in log.items)
    if bare:
        said.append(
            f"{bare:,} requests have answers without a text: no judge can read those, so drafts "
            "save less here than they might."
        )
    return said


def _target_row(trial: Trial) -> list[str]:
    low, high = trial.range
    return [
        f"target {_percent(trial.target)}",
        _percent(trial.quality_ratio),
        f"{100 * low:.1f}, {100 * high:.1f}",
        _percent(trial.cost),
        _percent(trial.mean(lambda tally: tally.draft_cost)),
        _percent(trial.mean(lambda tally: tally.audit_cost)),
        *(_percent(_share(trial, path)) for path in SHOWN),
    ]


def _share(trial: Trial, path: AnswerPath) -> float:
    return trial.mean(lambda tally: tally.paths[path])


def _trial(trial: Trial) -> dict[str, Any]:
    return {
        "quality_target": trial.target,
        "quality_ratio": trial.quality_ratio,
        "range": list(trial.range),
        "cost": trial.cost,
        "random_mix": _way(_alike(trial, Tally.random_mix)),
        "cheapest_first": _way(_alike(trial, Tally.cheapest_first)),
        "seeds": [_tally(tally) for tally in trial.tallies],
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        **_figures(tally),
        "interval": list(tally.interval),
        "spent": tally.spent,
        "latency_s": tally.latency_s,
        "paths": tally.paths,
        "kinds": {kind: _figures(part) for kind, part in tally.kinds.items()},
        "curve": [_figures(part) for part in tally.curve(CURVE_BLOCK)],
    }


def _figures(tally: Tally) -> dict[str, float]:
    return {
        "requests": tally.requests,
        "quality": tally.quality,
        "quality_ratio": tally.quality_ratio,
        "cost": tally.cost,
        "draft_cost": tally.draft_cost,
        "audit_cost": tally.audit_cost,
    }


def _alike(trial: Trial, way: Any) -> Way:
    """A simpler way that reaches the quality of each seed, on average."""
    ways: list[Way] = [way(tally, tally.quality_ratio) for tally in trial.tallies]
    many = len(ways)
    return Way(sum(each.quality for each in ways) / many, sum(each.cost for each in ways) / many)


def _way(way: Way) -> dict[str, float]:
    return {"quality_ratio": way.quality, "cost": way.cost}


def _cells(way: Way) -> tuple[str, str, str]:
    return _percent(way.quality), "", _percent(way.cost)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
