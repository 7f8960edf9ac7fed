"""The request's life, played by hand: which models are asked, in what order, and why."""

from decimal import Decimal
from typing import Any

import pytest

from tests.kit import (
    CHEAP,
    GOOD,
    POOR,
    PREMIUM,
    ROSTER,
    PriceList,
    engine,
    prompt,
    reply,
)
from tokenomics_shared import Engine, PromptError
from tokenomics_shared.effects import Call, Flush, Generate
from tokenomics_shared.errors import Abandoned, CallFailed
from tokenomics_shared.telemetry import as_metadata
from tokenomics_shared.testing import TextCodec, play
from tokenomics_shared.types import Message, Outcome, Prompt, Reply, ToolCall, Usage, Verdict

ASK = prompt()
DRAFT, ANSWER = Generate(CHEAP, ASK, "hold"), Generate(PREMIUM, ASK, "live")


def played(made: Engine, *script: Any, ask: Prompt = ASK) -> Outcome:
    return play(made.answer(ask, ROSTER, TextCodec()), script)


def test_a_good_draft_is_the_answer() -> None:
    outcome = played(engine(), (DRAFT, reply(GOOD)), (Flush, None))
    assert outcome.reply == reply(GOOD)
    assert (outcome.strategy, outcome.model, outcome.accepted_draft) == ("cheap", "small-1", True)
    assert outcome.cost == Decimal("0.15") * 20 / 10**6 + Decimal("0.60") * 10 / 10**6
    assert outcome.baseline_cost == Decimal("2.50") * 20 / 10**6 + Decimal(10) * 10 / 10**6
    assert outcome.baseline_estimated
    assert outcome.savings is not None
    assert outcome.savings.cascade == outcome.baseline_cost - outcome.cost


def test_a_poor_draft_goes_up_and_both_are_charged() -> None:
    outcome = played(engine(), (DRAFT, reply(POOR)), (ANSWER, reply(GOOD)))
    assert (outcome.strategy, outcome.escalated, outcome.accepted_draft) == (
        "premium",
        True,
        False,
    )
    assert [charge.purpose for charge in outcome.charges] == ["draft", "answer"]
    assert outcome.baseline_cost == outcome.charges[1].cost
    assert not outcome.baseline_estimated
    assert outcome.savings is not None
    assert outcome.savings.cascade == -outcome.charges[0].cost  # type: ignore[operator]
    assert outcome.trace[0] == "arm:cheap"
    assert outcome.trace[1].startswith("escalate:cheap:quick check")


def test_the_same_request_again_costs_nothing() -> None:
    made = engine()
    first = played(made, (DRAFT, reply(POOR)), (ANSWER, reply(GOOD)))
    again = played(made, (Flush, None))
    assert again.reply is not None
    assert again.reply.text == GOOD
    assert (again.recall.cache_type, again.recall.similarity, again.cost) == ("exact", 1.0, 0)
    assert again.strategy == first.strategy
    assert again.savings is not None
    assert again.savings.memory_layer == again.baseline_cost == first.charges[1].cost
    assert not again.baseline_estimated


def test_a_draft_that_fails_is_stepped_over() -> None:
    outcome = played(engine(), (DRAFT, CallFailed(ConnectionError())), (ANSWER, reply(GOOD)))
    assert [(c.status, c.error) for c in outcome.charges] == [
        ("failed", "ConnectionError"),
        ("ok", ""),
    ]
    assert outcome.charges[0].cost == 0
    assert not outcome.escalated
    assert "fallback:cheap:ConnectionError" in outcome.trace


class Status(Exception):
    def __init__(self, status_code: int) -> None:
        self.status_code = status_code


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_permanent_failure_is_neither_retried_nor_escalated(status: int) -> None:
    made = engine()
    with pytest.raises(CallFailed):
        played(made, (DRAFT, CallFailed(Status(status))))
    totals = made.report().totals
    assert (totals.requests, totals.failed, totals.cost) == (1, 1, 0)


def test_what_came_of_a_broken_draft_is_billed_as_estimated() -> None:
    broken = CallFailed(ConnectionError(), partial=Reply("Half of an answer", usage=None))
    outcome = played(engine(), (DRAFT, broken), (ANSWER, reply(GOOD)))
    draft = outcome.charges[0]
    assert draft.usage.estimated
    assert draft.usage.output == 4
    assert draft.cost
    assert draft.cost > 0


def test_a_caller_that_leaves_is_billed_for_what_came() -> None:
    made = engine(cascading={"enabled": False})
    left = Abandoned(Reply("The river that", usage=None))
    with pytest.raises(Abandoned):
        played(made, (Generate(PREMIUM, ASK, "live"), left))
    totals = made.report().totals
    assert (totals.requests, totals.abandoned, totals.failed) == (1, 1, 0)
    assert totals.models[0].usage.estimated
    assert totals.cost > 0


@pytest.mark.parametrize(
    "ask", [Prompt(()), prompt(""), prompt(" \n"), Prompt((Message("human", []),))]
)
def test_an_empty_prompt_is_refused_before_anything_is_asked(ask: Prompt) -> None:
    made = engine()
    with pytest.raises(
        PromptError, match=r"empty prompt: no content in any of its turns \([01]\)"
    ):
        played(made, ask=ask)
    assert made.report().totals.requests == 0


def test_a_judge_that_may_block_is_called_as_an_effect() -> None:
    outcome = played(
        engine(judge=lambda question, answer: 0.9),
        (DRAFT, reply(GOOD)),
        (Call, Verdict(accepted=True, score=0.9)),
        (Flush, None),
    )
    assert outcome.quality == 0.9


def test_a_judge_that_fails_has_not_accepted() -> None:
    made = engine(judge=lambda question, answer: 0.9)
    outcome = played(
        made, (DRAFT, reply(GOOD)), (Call, ZeroDivisionError()), (ANSWER, reply(GOOD))
    )
    assert outcome.escalated
    assert "fault:judge:ZeroDivisionError" in outcome.trace
    assert made.report().faults == {"judge:ZeroDivisionError": 1}


def test_a_tool_call_is_judged_by_its_arguments() -> None:
    tool = {
        "function": {"name": "add", "parameters": {"required": ["a"], "properties": {"a": {}}}}
    }
    ask = prompt(tools=(tool,))
    bad, good = ToolCall("add", '{"b": 1}'), ToolCall("add", '{"a": 1}')
    draft, answer = Generate(CHEAP, ask, "hold"), Generate(PREMIUM, ask, "live")
    outcome = played(engine(), (draft, reply("", tool_calls=(good,))), (Flush, None), ask=ask)
    assert outcome.accepted_draft
    outcome = played(
        engine(),
        (draft, reply("", tool_calls=(bad,))),
        (answer, reply("", tool_calls=(good,))),
        ask=ask,
    )
    assert outcome.escalated


@pytest.mark.parametrize("text", ['{"na', '{"age": 9}', "Vienna"])
def test_an_answer_without_the_form_asked_for_is_not_kept(text: str) -> None:
    schema = {"properties": {"name": {}}, "required": ["name"]}
    ask = prompt(response_format=schema)
    draft, answer = Generate(CHEAP, ask, "hold"), Generate(PREMIUM, ask, "live")
    made = engine()
    first = played(made, (draft, reply(text)), (answer, reply(text)), ask=ask)
    assert first.trace[-1].startswith("not kept:")
    good = reply('{"name": "Vienna"}')
    played(made, (draft, reply(text)), (answer, good), ask=ask)
    assert played(made, (Flush, None), ask=ask).recall.cache_type == "exact"


def test_a_fault_in_memory_is_counted_and_the_call_goes_on() -> None:
    class Broken(TextCodec):
        def thaw(self, payload: str) -> Reply:
            raise ValueError("poisoned")

    made = engine()
    played(made, (DRAFT, reply(GOOD)), (Flush, None))
    steps = made.answer(ASK, ROSTER, Broken())
    outcome = play(steps, [(DRAFT, reply(GOOD)), (Flush, None)])
    assert outcome.recall.memo is None
    assert made.report().faults == {"memory:ValueError": 1}
    assert made.report().totals.exact_hits == 0


def test_an_unknown_price_is_unknown_and_not_zero() -> None:
    made = engine(prices=PriceList())
    outcome = played(made, (DRAFT, reply(GOOD)), (Flush, None))
    assert outcome.cost is None
    assert outcome.savings is None
    assert as_metadata(outcome)["cost"] is None
    assert as_metadata(outcome)["component_savings"] is None
    report = made.report()
    assert (report.totals.unpriced, report.totals.compared) == (1, 0)
    assert "1 call has no known price" in str(report)


def test_a_price_list_that_fails_is_no_reason_to_lose_an_answer() -> None:
    class Broken:
        def cost(self, *_: Any) -> Decimal:
            raise LookupError

    outcome = played(engine(prices=Broken()), (DRAFT, reply(GOOD)), (Flush, None))
    assert outcome.reply == reply(GOOD)
    assert outcome.cost is None


def test_metadata_tells_all_of_it() -> None:
    outcome = played(engine(), (DRAFT, reply(POOR)), (ANSWER, reply(GOOD, model="large-1-0606")))
    told = as_metadata(outcome)
    assert {
        name: told[name]
        for name in ("cache_hit", "cache_type", "strategy", "model", "cascading_escalated")
    } == {
        "cache_hit": False,
        "cache_type": "none",
        "strategy": "premium",
        "model": "large-1-0606",
        "cascading_escalated": True,
    }
    assert (told["input_tokens"], told["output_tokens"], told["tokens_used"]) == (40, 20, 60)
    assert told["predicted_max_tokens"] == 203
    assert set(told["component_savings"]) == {
        "memory_layer",
        "orchestrator",
        "bandit",
        "compression",
        "cascade",
        "total_savings",
    }
    assert [call["model"] for call in told["calls"]] == ["small-1", "large-1-0606"]


def test_answers_of_premium_are_not_judged() -> None:
    dear = played(engine(cascading={"enabled": False}), (ANSWER, reply(POOR)))
    assert dear.quality is None
    assert dear.reward == pytest.approx(1.0 - 0.15, abs=0.01)


def test_without_a_cascade_the_chosen_arm_answers_and_is_scored() -> None:
    blended = {"reward": "blended", "seed": 1}
    made = engine(bandit=blended, cascading={"enabled": False})
    outcome = played(made, (Generate(CHEAP, ASK, "live"), reply(POOR)))
    assert outcome.strategy == "cheap"
    assert outcome.quality is not None
    assert outcome.quality < 0.85
    assert outcome.savings is not None
    assert outcome.savings.bandit == outcome.baseline_cost - outcome.cost  # type: ignore[operator]


def test_cached_input_is_billed_at_its_own_price() -> None:
    usage = Usage(1000, 10, cache_read=800)
    made = engine(cascading={"enabled": False})
    outcome = played(made, (Generate(PREMIUM, ASK, "live"), reply(GOOD, usage=usage)))
    expected = (Decimal("2.50") * 200 + Decimal("1.25") * 800 + Decimal(10) * 10) / 10**6
    assert outcome.cost == expected
