"""Every way through routing, judging and audits is the same sync, async and streamed."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.kit import GOOD, POOR, PRICES, ROSTER, prompt, reply
from tests.unit.test_parity import DRIVERS, Down, answer, timeless
from tokenomics_shared import Engine, TokenomicsConfig
from tokenomics_shared.learning import Probe
from tokenomics_shared.testing import ScriptedBackend, TextCodec
from tokenomics_shared.types import Outcome, Prompt, Roster, Strategy, Tier, Totals

WORKED = (
    "The sum of the first ten odd numbers is 100, because the sum of the first n odd numbers is "
    "n squared: 1 + 3 + 5 + 7 + 9 + 11 + 13 + 15 + 17 + 19 = 100."
)
REFUSAL = "I'm sorry, but I can't help with that."
JUDGES = {
    "judge": Tier("judge", "judge-1", "acme", "judge-1"),
    "second": Tier("second", "small-2", "acme", "small-2"),
}
JUDGED = replace(ROSTER, tiers={**ROSTER.tiers, **JUDGES})
GRADE = '{"reasoning": "It says it.", "score": %s}'
CHEAPLY = {"aim": None, "cost_lambda": 3.0, "seed": 1}
"""Starts at the cheap tier: a unit of cost is worth more than any quality."""
DEARLY = {"aim": None, "cost_lambda": 0.0, "seed": 1}
"""Cost is worth nothing: starts at premium, unless drafts are judged."""
AUDITED = {"rate": 1.0, "max_rate": 1.0, "max_cost_share": 1.0}


@dataclass(frozen=True)
class Scenario:
    """Requests, in order, to one engine whose tiers answer by plan."""

    plan: Mapping[str, Sequence[Any]]
    prompts: Sequence[Prompt] = (prompt(),)
    settings: Mapping[str, Any] = field(default_factory=dict)
    judge: Any = None
    roster: Roster = JUDGED
    closed: bool = False


def raises(question: str, text: str) -> float:
    raise ValueError(question)


def hangs(question: str, text: str) -> float:
    threading.Event().wait(5.0)
    return 1.0


def settings(bandit: Any = None, judges: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"bandit": bandit or {"enabled": False}, "audit": {"enabled": False}}
    if judges:
        given["judge"] = {"judges": judges, "model": "judge-1", "second_model": "small-2"}
    return given | more


FOUR = {tier: [reply("The answer is 4.")] for tier in ("cheap", "premium")}
EQUAL = '{"explanation": "Both are right.", "winner": "tie", "confidence": 1.0}'
BOTH: dict[str, Sequence[Any]] = {"cheap": [reply(GOOD)], "premium": [reply(GOOD)]}
SCORED = settings(cascading={"quality_threshold": 0.01})
STRICT = settings(cascading={"quality_threshold": 1.0})
MODEL = settings(judges=("checks", "llm"))
SECOND = settings(judges=("checks", "agreement"))
QUICK = {"judges": ("checks", "quick")}

SCENARIOS = {
    "accepted by the scorer": Scenario({"cheap": [reply(WORKED)]}, settings=SCORED),
    "escalated by the scorer": Scenario(BOTH, settings=STRICT),
    "accepted by a function": Scenario(BOTH, settings=settings(), judge=lambda q, a: 1.0),
    "escalated by a function": Scenario(BOTH, settings=settings(), judge=lambda q, a: 0.0),
    "accepted by agreement": Scenario(BOTH | {"second": [reply(GOOD)]}, settings=SECOND),
    "escalated by agreement": Scenario(
        BOTH | {"second": [reply("It is the Rhine.")]}, settings=SECOND
    ),
    "accepted by a model": Scenario(BOTH | {"judge": [reply(GRADE % 1.0)]}, settings=MODEL),
    "escalated by a model": Scenario(BOTH | {"judge": [reply(GRADE % 0.1)]}, settings=MODEL),
    "a model asked again for JSON": Scenario(
        BOTH | {"judge": [reply("Fine."), reply(GRADE % 1.0)]}, settings=MODEL
    ),
    "judge abstains": Scenario(BOTH | {"judge": [reply("Fine."), reply("Fine")]}, settings=MODEL),
    "judge's call fails": Scenario(BOTH | {"judge": [Down()] * 2}, settings=MODEL),
    "no log-probabilities": Scenario(BOTH, settings=settings(judges=("checks", "confidence"))),
    "sure enough": Scenario(
        {"cheap": [reply(GOOD, logprobs=(-0.01, -0.02))]},
        settings=settings(judges=("checks", "confidence")),
    ),
    "judge raises": Scenario(BOTH, settings=settings(), judge=raises),
    "judge hangs": Scenario(BOTH, settings=settings(judge={"timeout_s": 0.05}), judge=hangs),
    "draft is broken": Scenario(
        {"cheap": [reply(REFUSAL)], "premium": [reply(GOOD)]}, settings=settings()
    ),
    "draft is empty": Scenario(
        {"cheap": [reply("")], "premium": [reply(GOOD)]}, settings=settings(CHEAPLY)
    ),
    "draft fails": Scenario(
        {"cheap": [Down()], "premium": [reply(GOOD)]}, settings=settings(CHEAPLY)
    ),
    "draft chosen": Scenario(BOTH, settings=settings(CHEAPLY)),
    "draft skipped": Scenario(BOTH, settings=settings(DEARLY, ("checks",))),
    "judged, and kept": Scenario(BOTH, settings=settings(CHEAPLY | {"cost_lambda": 0.5})),
    "judged, and not kept": Scenario(BOTH, settings=settings(DEARLY)),
    "no cascade": Scenario(
        {"cheap": [reply(POOR)]}, settings=settings(CHEAPLY, cascading={"enabled": False})
    ),
    "pinned": Scenario({"cheap": [reply(POOR)]}, [prompt(pin="cheap")], settings(DEARLY)),
    "as it comes": Scenario(
        {"cheap": [reply(GOOD)] * 4, "premium": [reply(GOOD)] * 8},
        [prompt(f"What is {n} + {n}?") for n in range(4)],
        {"bandit": {"seed": 1}, "audit": AUDITED},
    ),
    "audited: as good": Scenario(FOUR, settings=settings(CHEAPLY, audit=AUDITED)),
    "audited: worse": Scenario(
        {"cheap": [reply("The answer is 5.")], "premium": [reply("The answer is 4.")]},
        [prompt("What is 2 + 2?")],
        settings(CHEAPLY, audit=AUDITED),
    ),
    "audited: by a function": Scenario(
        BOTH, settings=settings(CHEAPLY, audit=AUDITED | {"compare": lambda q, a, b: 0.25})
    ),
    "audited: nobody can tell": Scenario(
        BOTH, settings=settings(CHEAPLY, audit=AUDITED | {"compare": lambda q, a, b: None})
    ),
    "audited: comparing fails": Scenario(
        BOTH, settings=settings(CHEAPLY, audit=AUDITED | {"compare": lambda q, a, b: 7.0})
    ),
    "audited: the call fails": Scenario(
        {**FOUR, "premium": [Down()]}, settings=settings(CHEAPLY, audit=AUDITED)
    ),
    "prose is not audited": Scenario(BOTH, settings=settings(CHEAPLY, audit=AUDITED)),
    "audited: by a model": Scenario(
        {**BOTH, "premium": [reply("The Danube does.")], "judge": [reply(EQUAL)] * 2},
        settings=settings(
            CHEAPLY, audit=AUDITED, judge={"judges": ("checks",), "model": "judge-1"}
        ),
    ),
    "audited: a rejected draft": Scenario(
        {"cheap": [reply(POOR)], "premium": [reply(GOOD)]},
        settings=settings(audit=AUDITED),
        judge=lambda q, a: 0.0,
    ),
    "closed: premium, and a probe": Scenario(
        FOUR,
        settings=settings(CHEAPLY, audit=AUDITED),
        closed=True,
    ),
}

ALONE, UP = ("cheap", False, "cheap"), ("premium", True, "cheap premium")
LOOKED_AT = ("cheap", False, "cheap premium")
EXPECTED: dict[str, tuple[str, bool, str]] = {
    "accepted by the scorer": ALONE,
    "escalated by the scorer": UP,
    "accepted by a function": ALONE,
    "escalated by a function": UP,
    "accepted by agreement": ("cheap", False, "cheap second"),
    "escalated by agreement": ("premium", True, "cheap second premium"),
    "accepted by a model": ("cheap", False, "cheap judge"),
    "escalated by a model": ("premium", True, "cheap judge premium"),
    "a model asked again for JSON": ("cheap", False, "cheap judge judge"),
    "judge abstains": ("premium", True, "cheap judge judge premium"),
    "judge's call fails": ("premium", True, "cheap judge premium"),
    "no log-probabilities": UP,
    "sure enough": ALONE,
    "judge raises": UP,
    "judge hangs": UP,
    "draft is broken": UP,
    "draft is empty": UP,
    "draft fails": ("premium", False, "cheap premium"),
    "draft chosen": ALONE,
    "draft skipped": ("premium", False, "premium"),
    "judged, and kept": ALONE,
    "judged, and not kept": UP,
    "no cascade": ALONE,
    "pinned": ALONE,
    "prose is not audited": ALONE,
    "audited: by a model": ("cheap", False, "cheap premium judge judge"),
    "audited: a rejected draft": UP,
    "closed: premium, and a probe": ("premium", False, "premium cheap"),
}
FAULTS = {
    "judge's call fails": {"judge:Down": 1},
    "judge raises": {"judge:ValueError": 1},
    "judge hangs": {"judge:TimeoutError": 1},
    "audited: comparing fails": {"routing:JudgeError": 1},
    "audited: the call fails": {"audits:Down": 1},
}
LOSSES = {
    "audited: as good": 0.0,
    "audited: by a model": 0.0,
    "audited: worse": 1.0,
    "audited: by a function": 0.25,
}


def made(scenario: Scenario) -> Engine:
    config = TokenomicsConfig(**scenario.settings)
    engine = Engine.build(config, judge=scenario.judge, prices=PRICES, at_once=True)
    if scenario.closed:
        shortcuts = engine.parts.router.evidence.shortcuts  # type: ignore[attr-defined]
        for _ in range(30):
            shortcuts.learn("cheap", 1.0)
        assert not shortcuts.is_open("cheap")
    return engine


def told(outcome: Any) -> Any:
    """The outcome without times and names, and what is to be compared."""
    if not isinstance(outcome, Outcome):
        return outcome, None
    probe = outcome.probe
    return replace(timeless(outcome), probe=None), probe and _probe(probe)  # type: ignore[type-var]


def _probe(probe: Probe) -> tuple[Strategy | None, float]:
    return probe.ask, probe.weight


async def play_through(
    driver: str, scenario: Scenario
) -> tuple[list[Any], list[Any], Totals, dict[str, int]]:
    engine = made(scenario)
    backend = ScriptedBackend(scenario.plan)
    outcomes = []
    for asked in scenario.prompts:
        request = (asked, scenario.roster, TextCodec(), backend)
        outcome, seen = await answer(driver, engine, request)
        if seen is not None and isinstance(outcome, Outcome):
            assert outcome.reply is not None
            assert seen == outcome.reply.text
        outcomes.append(told(outcome))
    engine.flush()
    report = engine.report()
    engine.close()
    return outcomes, backend.asked, report.totals, dict(report.faults)


@pytest.mark.parametrize("driver", DRIVERS[1:])
@pytest.mark.parametrize("name", SCENARIOS)
async def test_every_driver_tells_the_same_story(name: str, driver: str) -> None:
    assert await play_through(driver, SCENARIOS[name]) == await play_through(
        "run", SCENARIOS[name]
    )


@pytest.mark.parametrize("name", SCENARIOS)
async def test_every_scenario_is_what_it_is_called(name: str) -> None:
    outcomes, asked, totals, faults = await play_through("run", SCENARIOS[name])
    outcome, tiers = outcomes[-1][0], " ".join(ask.strategy.tier for ask in asked)
    if name != "as it comes":
        told = (outcome.strategy, outcome.escalated, tiers)
        assert told == EXPECTED.get(name, LOOKED_AT)
    assert faults == FAULTS.get(name, {})
    assert sum(model.calls for model in totals.models) == len(asked)
    assert totals.baseline_cost - totals.compared_cost == totals.savings.total
    losses = {each.shortcut: each.loss for each in totals.audited if each.loss is not None}
    assert losses == ({"cheap": LOSSES[name]} if name in LOSSES else {})
    given = ("audited", "closed")
    assert totals.audits == (name.startswith(given) and name != "audited: a rejected draft")
