"""The semantic cache behind the engine: hits, near misses and audits in every driver's books."""

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest

from tests.bag import AGAIN, ANSWER, ASKED, FIXED, OTHER, THIRD
from tests.kit import POOR, ROSTER, engine, judge_by, prompt, reply
from tests.unit.test_parity import DRIVERS, Scenario, answer, timeless
from tokenomics_shared.testing import ScriptedBackend, TextCodec
from tokenomics_shared.types import Outcome, Totals

NEAR = "How do I reset my password in the old settings of last year?"
DIFFERENT = "In last year's settings, choose Account, and then press Forgot."

SEMANTIC = {"use_semantic_cache": True, **FIXED}
SHOWING = {
    **SEMANTIC,
    "direct_return_threshold": 0.99,
    "similarity_threshold": 0.5,
    "guard": False,
}


def with_memory(**memory: Any) -> Mapping[str, Any]:
    return {"memory": {**SEMANTIC, **memory}}


def showing(near_miss: str) -> Mapping[str, Any]:
    return {"memory": {**SHOWING, "near_miss": near_miss}}


TOOLS = ({"type": "function", "function": {"name": "add", "parameters": {}}},)

SCENARIOS = {
    "semantic hit": Scenario(
        {"cheap": [reply(ANSWER)]}, [prompt(ASKED), prompt(AGAIN), prompt(AGAIN)], with_memory()
    ),
    "veto": Scenario(
        {"cheap": [reply(ANSWER), reply(DIFFERENT)]},
        [prompt(ASKED), prompt("How do I not reset my password in the settings?")],
        with_memory(),
        judge_by(ANSWER, DIFFERENT),
    ),
    "near miss as context": Scenario(
        {"cheap": [reply(ANSWER), reply(DIFFERENT)]},
        [prompt(ASKED), prompt(NEAR)],
        showing("context"),
    ),
    "near miss reused": Scenario(
        {"cheap": [reply(ANSWER), reply("REUSE")]},
        [prompt(ASKED), prompt(NEAR), prompt(NEAR)],
        showing("reuse_check"),
    ),
    "near miss of no use": Scenario(
        {"cheap": [reply(ANSWER), reply(DIFFERENT)]},
        [prompt(ASKED), prompt(NEAR)],
        showing("reuse_check"),
    ),
    "near miss, and a poor draft": Scenario(
        {"cheap": [reply(ANSWER), reply(POOR)], "premium": [reply(DIFFERENT)]},
        [prompt(ASKED), prompt(NEAR)],
        showing("reuse_check"),
    ),
    "no near miss beside tools": Scenario(
        {"cheap": [reply(ANSWER), reply(DIFFERENT)]},
        [prompt(ASKED, tools=TOOLS), prompt(NEAR, tools=TOOLS)],
        {"memory": {**SHOWING, "near_miss": "reuse_check", "allow_tools": True}},
    ),
    "no near miss where a format is wanted": Scenario(
        {"cheap": [reply('{"a": 1}'), reply('{"b": 2}')], "premium": []},
        [
            prompt(ASKED, response_format={"type": "json_object"}),
            prompt(NEAR, response_format={"type": "json_object"}),
        ],
        {"memory": {**SHOWING, "near_miss": "context", "allow_structured": True}},
    ),
}


async def told(
    driver: str, scenario: Scenario
) -> tuple[list[Any], Sequence[Any], Totals, dict[str, int]]:
    made = engine(judge=scenario.judge, **scenario.settings)
    backend = ScriptedBackend(scenario.plan)
    outcomes = []
    for asked in scenario.prompts:
        outcome, seen = await answer(driver, made, (asked, scenario.roster, TextCodec(), backend))
        if seen is not None and isinstance(outcome, Outcome):
            assert outcome.reply is not None
            assert seen == outcome.reply.text
        outcomes.append(timeless(outcome))
        made.flush()
    report = made.report()
    made.close()
    return outcomes, backend.asked, report.totals, dict(report.faults)


@pytest.mark.parametrize("driver", DRIVERS[1:])
@pytest.mark.parametrize("name", SCENARIOS)
async def test_every_driver_tells_the_same_story(name: str, driver: str) -> None:
    assert await told(driver, SCENARIOS[name]) == await told("run", SCENARIOS[name])


async def test_a_semantic_hit_costs_nothing_and_is_counted_as_one() -> None:
    outcomes, asked, totals, faults = await told("run", SCENARIOS["semantic hit"])
    kinds = [each.recall.cache_type for each in outcomes]
    assert kinds == ["none", "semantic_direct", "semantic_direct"]
    assert (len(asked), totals.requests, totals.semantic_hits, totals.exact_hits) == (1, 3, 2, 0)
    assert outcomes[1].cost == 0
    assert outcomes[1].savings.memory_layer == outcomes[1].baseline_cost > 0
    assert outcomes[1].recall.entry == outcomes[0].recall.key.hex()
    assert faults == {}


async def test_a_veto_is_told_in_the_trace() -> None:
    outcomes, asked, _, _ = await told("run", SCENARIOS["veto"])
    assert len(asked) == 2
    assert any(note.startswith("near miss:") for note in outcomes[1].trace)
    assert outcomes[1].reply.text == DIFFERENT


async def test_a_near_miss_is_shown_to_the_model_as_context() -> None:
    outcomes, asked, totals, _ = await told("run", SCENARIOS["near miss as context"])
    shown = asked[1].prompt.messages[-1].text
    assert ASKED in shown
    assert ANSWER in shown
    assert shown.endswith(NEAR)
    assert "asked with a near miss" in outcomes[1].trace
    assert (outcomes[1].reply.text, outcomes[1].recall.cache_type) == (DIFFERENT, "none")
    assert totals.semantic_hits == 0


async def test_a_model_that_says_reuse_gives_the_kept_answer() -> None:
    outcomes, asked, totals, _ = await told("run", SCENARIOS["near miss reused"])
    reused, again = outcomes[1:]
    assert (reused.reply.text, reused.recall.cache_type) == (ANSWER, "context")
    assert reused.cost == sum(charge.cost for charge in reused.charges) > 0
    assert reused.savings.memory_layer == reused.baseline_cost - reused.cost
    # Kept under its own words from then on.
    assert (again.reply.text, again.recall.cache_type, len(asked)) == (ANSWER, "exact", 2)
    assert totals.requests == 3


async def test_any_other_reply_to_a_near_miss_is_judged_as_a_draft() -> None:
    outcomes, asked, _, _ = await told("run", SCENARIOS["near miss of no use"])
    assert (outcomes[1].reply.text, outcomes[1].recall.cache_type) == (DIFFERENT, "none")
    assert outcomes[1].accepted_draft
    outcomes, asked, _, _ = await told("run", SCENARIOS["near miss, and a poor draft"])
    assert (outcomes[1].reply.text, outcomes[1].escalated) == (DIFFERENT, True)
    # Premium is asked what the caller asked.
    assert asked[2].prompt.messages == prompt(NEAR).messages


@pytest.mark.parametrize("name", [name for name in SCENARIOS if name.startswith("no near miss")])
async def test_requests_with_tools_or_a_format_are_asked_as_they_came(name: str) -> None:
    outcomes, asked, _, _ = await told("run", SCENARIOS[name])
    assert outcomes[1].recall.near is not None
    assert [each.prompt.messages for each in asked] == [
        each.messages for each in SCENARIOS[name].prompts
    ]


async def test_what_is_under_way_is_shared_before_meaning_is_asked() -> None:
    made = engine(**with_memory())
    backend = ScriptedBackend({"cheap": [reply(ANSWER)]})
    asking = [made.arun(prompt(ASKED), ROSTER, TextCodec(), backend) for _ in range(8)]
    outcomes = await asyncio.gather(*asking)
    assert len(backend.asked) == 1
    assert {outcome.reply.text for outcome in outcomes if outcome.reply} == {ANSWER}
    made.close()


@pytest.mark.parametrize("fresh", [ANSWER, OTHER])
def test_an_audit_is_paid_by_memory_and_is_no_request(fresh: str) -> None:
    made = engine(memory={"use_semantic_cache": True, "max_false_hit_rate": 0.05})
    backend = ScriptedBackend({"cheap": [reply(ANSWER), reply(fresh)]})
    made.run(prompt("How do I reset my password?"), ROSTER, TextCodec(), backend)
    made.flush()
    asked = prompt("How can I reset my password?")
    hits = [made.run(asked, ROSTER, TextCodec(), backend)]
    # One hit in twenty is drawn, so the chance of none is one in a thousand million.
    while not hits[-1].recall.audit and len(hits) < 400:
        hits.append(made.run(asked, ROSTER, TextCodec(), backend))
    made.flush()
    totals, stats = made.report().totals, made.memory.stats()
    assert (totals.audits, totals.requests, totals.semantic_hits) == (1, 1 + len(hits), len(hits))
    assert totals.audit_cost > 0
    saved = sum((hit.savings.memory_layer for hit in hits if hit.savings), start=Decimal(0))
    assert totals.savings.memory_layer == saved - totals.audit_cost
    assert totals.baseline_cost - totals.compared_cost == totals.savings.total
    assert (stats.audits, stats.wrong) == (1, int(fresh == OTHER))
    # Who asked the audited question has its own answer now; the wrong group is given to nobody.
    backend = ScriptedBackend({"cheap": [reply("Turn it off and on again, and try once more.")]})
    after = made.run(asked, ROSTER, TextCodec(), backend)
    assert after.reply is not None
    assert (after.reply.text, after.recall.cache_type) == (fresh, "exact")
    other = made.memory.explain_request(prompt("How should I reset my password?"), ROSTER)
    kept = {near.text for near in other.near}
    assert ("How do I reset my password?" in kept) == (fresh == ANSWER)
    made.close()


def test_an_audit_that_fails_is_counted_and_costs_nobody_an_answer() -> None:
    made = engine(memory={"use_semantic_cache": True, "max_false_hit_rate": 0.05})
    backend = ScriptedBackend({"cheap": [reply(ANSWER), TimeoutError()]})
    made.run(prompt("How do I reset my password?"), ROSTER, TextCodec(), backend)
    made.flush()
    for _ in range(400):
        hit = made.run(prompt("How can I reset my password?"), ROSTER, TextCodec(), backend)
        assert hit.recall.cache_type == "semantic_direct"
        if hit.recall.audit:
            break
    made.flush()
    assert made.report().faults == {"audits:TimeoutError": 1}
    assert made.memory.stats().audits == 0
    made.close()


def test_answers_that_agree_make_one_group() -> None:
    made = engine(**with_memory(direct_return_threshold=0.99, similarity_threshold=0.5))
    backend = ScriptedBackend({"cheap": [reply(ANSWER)] * 3})
    for text in (ASKED, AGAIN, THIRD):
        made.run(prompt(text), ROSTER, TextCodec(), backend)
        made.flush()
    found = made.memory.explain_request(prompt("How shall I reset the password?"), ROSTER)
    assert len({near.group for near in found.near}) == 1
    assert len(found.near) == 3
    made.close()
