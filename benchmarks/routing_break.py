"""A cheap model that goes bad half-way and recovers: how soon its shortcut closes and reopens."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import recorded
from routing_plays import Play, Setting, Stage, target

from tokenomics_shared.replay import Feedback, Log, Recorded, RecordedAnswer, replay
from tokenomics_shared.routing import Routing

GOOD, BAD, AGAIN = 2_000, 1_500, 2_000
"""Requests before the model goes bad, while it is, and after."""

GUESSED = 0.25
"""Of multiple-choice questions, those that a random letter answers; no others are."""

COLUMNS = ("closed", "in requests", "reopened", "in requests", "before", "while bad", "after")
"""Of the seeds and their medians; then the share of requests that the model answered."""

TOLD: Mapping[str, float] = {
    "feedback on all": 1.0,
    "feedback on 10 %": 0.1,
    "audits alone": 0.0,
}


@dataclass(frozen=True, slots=True)
class Broken:
    """What became of a shortcut in one play.

    Attributes:
        closing: requests from the first bad answer until it was closed; None if it never was.
        reopening: requests from the recovery until it was open; None if it never was, or had
            never been closed.
        shares: of requests answered cheaply: before, in the last third while bad, in the last
            half after.
    """

    closing: int | None
    reopening: int | None
    shares: tuple[float, float, float]


def broken(stage: Stage, seeds: Sequence[int]) -> dict[str, list[Broken]]:
    """Every seed's play by how much is told."""
    return {
        name: [_played(stage, replace(target(0.95), share=share), seed) for seed in seeds]
        for name, share in TOLD.items()
    }


def row(found: Sequence[Broken]) -> tuple[float, ...]:
    """A row of the table, in the order of COLUMNS; what never happened took all there was."""
    closings = [BAD if each.closing is None else each.closing for each in found]
    openings = [AGAIN if each.reopening is None else each.reopening for each in found]
    return (
        float(np.mean([each.closing is not None for each in found])),
        float(np.median(closings)),
        float(np.mean([each.reopening is not None for each in found])),
        float(np.median(openings)),
        *np.mean([each.shares for each in found], axis=0).tolist(),
    )


def _played(stage: Stage, setting: Setting, seed: int) -> Broken:
    total = min(len(stage.log.items), GOOD + BAD + AGAIN)
    good, bad = (total * part // (GOOD + BAD + AGAIN) for part in (GOOD, BAD))
    items = stage.shuffled(seed)[:total]
    draws = random.Random(seed)
    items[good : good + bad] = [_guessed(item, draws) for item in items[good : good + bad]]
    log = recorded.log(items)
    engine = stage.engine(log, setting, seed)
    states: list[bool] = []
    tally = replay(
        log,
        lambda: engine,
        seed=seed,
        feedback=Feedback(setting.share),
        on_step=lambda: states.append(_is_open(engine.parts.router, log)),
    )
    return _read(states, Play.of(tally), good, bad)


def _is_open(router: object, log: Log) -> bool:
    assert isinstance(router, Routing)
    return router.evidence.shortcuts.is_open(log.roster.arms[0].arm_id)


def _read(states: Sequence[bool], play: Play, good: int, bad: int) -> Broken:
    end = good + bad
    closing = _first(states[good:end], wanted=False)
    reopening = None if closing is None else _first(states[end:], wanted=True)
    parts = (
        play.part(good // 2, good),
        play.part(good + 2 * bad // 3, end),
        play.part((end + len(states)) // 2, len(states)),
    )
    before, during, after = (float(part.cheaply.mean()) for part in parts)
    return Broken(closing, reopening, (before, during, after))


def _first(states: Sequence[bool], *, wanted: bool) -> int | None:
    return next((at for at, state in enumerate(states, start=1) if state is wanted), None)


def _guessed(item: Recorded, draws: random.Random) -> Recorded:
    """The request with a cheap answer at random: right as often as a guess is."""
    was: RecordedAnswer = item.answers["cheap"]
    right = draws.random() < GUESSED and item.kind != "gsm8k"
    cheap = replace(was, score=float(right))
    return replace(item, answers={**item.answers, "cheap": cheap})
