"""Sync = async = joined stream: same answers, effects, charges and books in every scenario."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.kit import GOOD, POOR, ROSTER, THREE, engine, judge_by, prompt, reply
from tokenomics_shared import Engine
from tokenomics_shared.drivers import Done
from tokenomics_shared.testing import Cut, ScriptedBackend, TextCodec
from tokenomics_shared.types import Outcome, Prompt, Roster, Totals, Usage


class Down(Exception):
    """The provider is down."""


class Denied(Exception):
    """The key is wrong."""

    status_code = 401


@dataclass(frozen=True)
class Scenario:
    """Requests, in order, to one engine whose tiers answer by plan."""

    plan: Mapping[str, Sequence[Any]]
    prompts: Sequence[Prompt] = (prompt(),)
    settings: Mapping[str, Any] = field(default_factory=dict)
    judge: Any = None
    roster: Roster = ROSTER


NO_MEMORY = {"memory": {"use_exact_cache": False}}
ALL_OFF = {
    **NO_MEMORY,
    "orchestrator": {"enabled": False},
    "bandit": {"enabled": False},
    "cascading": {"enabled": False},
}

SCENARIOS = {
    "draft accepted": Scenario({"cheap": [reply(GOOD)]}),
    "escalated": Scenario({"cheap": [reply(POOR)], "premium": [reply(GOOD)]}),
    "exact hit": Scenario({"cheap": [reply(GOOD)]}, [prompt(), prompt()]),
    "hit of an escalated answer": Scenario(
        {"cheap": [reply(POOR)], "premium": [reply(GOOD)]}, [prompt(), prompt()]
    ),
    "draft fails": Scenario({"cheap": [Down()], "premium": [reply(GOOD)]}),
    "draft breaks": Scenario({"cheap": [Cut(reply(GOOD), 3, Down())], "premium": [reply(GOOD)]}),
    "premium fails": Scenario({"cheap": [reply(POOR)], "premium": [Down()]}),
    "premium breaks": Scenario({"cheap": [reply(POOR)], "premium": [Cut(reply(GOOD), 3, Down())]}),
    "all fail": Scenario({"cheap": [Down()], "premium": [Down()]}),
    "wrong key": Scenario({"cheap": [Denied()]}),
    "judged by a function": Scenario(
        {"cheap": [reply("a"), reply("b")], "premium": [reply("c")]},
        [prompt("one"), prompt("two")],
        judge=judge_by("a"),
    ),
    "judge fails": Scenario({"cheap": [reply("a")], "premium": [reply("b")]}, judge=judge_by),
    "all off": Scenario({"premium": [reply(GOOD)] * 2}, [prompt(), prompt()], ALL_OFF),
    "no cascade": Scenario(
        {"cheap": [reply(GOOD)], "premium": [reply(GOOD)]},
        [prompt("one"), prompt("two")],
        {"bandit": {"enabled": True, "seed": 1}, "cascading": {"enabled": False}},
    ),
    "bandit over three": Scenario(
        {"cheap": [reply(GOOD)] * 3, "balanced": [reply(GOOD)] * 3, "premium": [reply(GOOD)] * 3},
        [prompt(f"What is {n}?") for n in range(3)],
        {"bandit": {"enabled": True, "seed": 1}},
        roster=THREE,
    ),
    "pinned": Scenario({"cheap": [reply(POOR)]}, [prompt(pin="cheap")]),
    "not kept: cut short": Scenario(
        {"cheap": [reply(GOOD)], "premium": [reply(GOOD, finish_reason="length")] * 2},
        [prompt(), prompt()],
        ALL_OFF | {"memory": {"use_exact_cache": True}},
    ),
    "usage not reported": Scenario({"cheap": [reply(GOOD, usage=None)]}),
    "cached input": Scenario(
        {"premium": [reply(GOOD, usage=Usage(100, 10, cache_read=80))]}, settings=ALL_OFF
    ),
    "empty prompt": Scenario({}, [prompt("  ")]),
}

DRIVERS = ("run", "arun", "stream", "astream")


async def answer(
    driver: str, engine: Engine, request: tuple[Any, ...]
) -> tuple[Outcome | str, str | None]:
    """The outcome, or the name of the error, and the text that was seen in a stream."""
    seen: list[Any] = []
    try:
        match driver:
            case "run":
                return engine.run(*request), None
            case "arun":
                return await engine.arun(*request), None
            case "stream":
                seen.extend(engine.stream(*request))
            case "astream":
                seen.extend([chunk async for chunk in engine.astream(*request)])
    except Exception as error:  # noqa: BLE001 -- whatever it is, every driver must raise it
        return type(error).__name__, None
    done = seen.pop()
    assert isinstance(done, Done)
    return done.result, "".join(word for word, _ in seen)


def timeless(outcome: Outcome | str) -> Outcome | str:
    if isinstance(outcome, str):
        return outcome
    return replace(
        outcome,
        request_id="",
        at=0.0,
        latency_s=0.0,
        reward=None if outcome.reward is None else round(outcome.reward, 2),
        charges=tuple(replace(charge, latency_s=0.0) for charge in outcome.charges),
    )


async def play_through(
    driver: str, scenario: Scenario
) -> tuple[list[Any], list[Any], Totals, dict[str, int]]:
    made = engine(judge=scenario.judge, **scenario.settings)
    backend = ScriptedBackend(scenario.plan)
    outcomes = []
    for asked in scenario.prompts:
        outcome, seen = await answer(driver, made, (asked, scenario.roster, TextCodec(), backend))
        if seen is not None and isinstance(outcome, Outcome):
            assert outcome.reply is not None
            assert seen == outcome.reply.text
        outcomes.append(timeless(outcome))
    report = made.report()
    return outcomes, backend.asked, report.totals, dict(report.faults)


@pytest.mark.parametrize("driver", DRIVERS[1:])
@pytest.mark.parametrize("name", SCENARIOS)
async def test_every_driver_tells_the_same_story(name: str, driver: str) -> None:
    told = await play_through(driver, SCENARIOS[name])
    reference = await play_through("run", SCENARIOS[name])
    if name == "premium breaks" and driver in ("stream", "astream"):
        # What had arrived of a broken stream is billed; a broken plain call brought nothing.
        assert told[0] == reference[0] == ["Down"]
        assert told[2].failed == reference[2].failed == 1
        assert told[2].models[1].usage.estimated
        return
    if name == "draft breaks" and driver in ("stream", "astream"):
        assert [o.reply for o in told[0]] == [o.reply for o in reference[0]]
        assert told[2].models[0].usage.estimated
        return
    assert told == reference


@pytest.mark.parametrize("name", SCENARIOS)
async def test_the_books_add_up(name: str) -> None:
    outcomes, asked, totals, _ = await play_through("run", SCENARIOS[name])
    answered = [outcome for outcome in outcomes if isinstance(outcome, Outcome)]
    assert sum(model.calls for model in totals.models) == len(asked)
    assert totals.cost >= sum(outcome.cost or 0 for outcome in answered)
    assert totals.baseline_cost - totals.compared_cost == totals.savings.total
    for outcome in answered:
        assert outcome.cost == sum(charge.cost or 0 for charge in outcome.charges)
        assert outcome.savings is not None
        assert outcome.baseline_cost is not None
        assert outcome.savings.total == outcome.baseline_cost - outcome.cost
