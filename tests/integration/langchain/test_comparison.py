"""The comparison with what premium would have answered, over real connections."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from tests.conftest import openai_model
from tests.integration.langchain.conftest import CHEAP, PREMIUM
from tests.integration.langchain.spiders import (
    DEPENDS,
    DRAFTS,
    JUDGE,
    MANY,
    QUESTION,
    Models,
    asked,
    finding,
    make,
    preferring,
)
from tests.integration.langchain.test_calls import told
from tokenomics_langchain import ChatTokenomics
from tokenomics_shared.testing import ChatRequest, Fault, LoopbackServer


@pytest.fixture
def models() -> Models:
    return Models()


@pytest.fixture
def server(models: Models) -> Iterator[LoopbackServer]:
    with LoopbackServer(models) as running:
        yield running


@pytest.fixture
def compared(server: LoopbackServer) -> ChatTokenomics:
    judge = {"judges": ("checks",), "model": openai_model(server, JUDGE)}
    return make(server, bandit=DRAFTS, judge=judge, audit={"enabled": False})


@pytest.mark.parametrize(
    ("winner", "judge", "quality"),
    [
        ("optimized", preferring(MANY), 0.9),
        ("baseline", preferring(DEPENDS), 0.2),
        ("equivalent", lambda _: finding("tie", 0.8), 0.9),
    ],
)
@pytest.mark.parametrize("way", ["sync", "async"])
async def test_both_ways_are_asked_and_compared(  # noqa: PLR0913, PLR0917 -- cases and fixtures
    winner: str,
    judge: Any,
    quality: float,
    way: str,
    compared: ChatTokenomics,
    server: LoopbackServer,
    models: Models,
) -> None:
    models.says[CHEAP] = lambda _: MANY
    models.says[PREMIUM] = lambda _: DEPENDS
    models.says[JUDGE] = judge
    if way == "async":
        found = await compared.acompare_with_baseline(QUESTION)
    else:
        found = compared.compare_with_baseline(QUESTION)
    assert asked(server) == [CHEAP, PREMIUM, JUDGE, JUDGE]
    assert (found.winner, found.quality_score) == (winner, pytest.approx(quality))
    assert found.confidence == pytest.approx(0.8)
    assert found.explanation == "It counts."
    assert found.optimized.text == MANY
    assert found.baseline.text == DEPENDS
    assert found.judge == JUDGE
    assert told(found.optimized)["strategy"] == "cheap"
    assert found.judging_cost is None  # its price is not known


def test_a_judge_that_goes_by_the_place_decides_nothing(
    compared: ChatTokenomics, models: Models
) -> None:
    models.says[PREMIUM] = lambda _: DEPENDS
    models.says[JUDGE] = lambda _: finding("A")
    found = compared.compare_with_baseline(QUESTION)
    assert found.winner == "equivalent"
    assert found.confidence < 0.5
    assert "by its place" in found.explanation


def test_the_ledger_has_the_request_and_an_audit_beside_it(
    server: LoopbackServer, models: Models
) -> None:
    models.says[PREMIUM] = lambda _: DEPENDS
    prices = {JUDGE: {"input": 1, "output": 2}}
    judge = {"judges": ("checks",), "model": openai_model(server, JUDGE)}
    llm = make(server, bandit=DRAFTS, judge=judge, audit={"enabled": False}, prices=prices)
    found = llm.compare_with_baseline(QUESTION)
    report = llm.engine.report()
    totals = report.totals
    assert (totals.requests, totals.audits) == (1, 1)
    assert found.optimized_cost is not None
    assert found.baseline_cost is not None
    assert found.judging_cost is not None
    assert totals.audit_cost == found.baseline_cost + found.judging_cost
    assert totals.cost == found.optimized_cost + totals.audit_cost
    # The part that gave the cheaper answer pays for having it looked at.
    assert totals.savings.cascade == totals.baseline_cost - totals.compared_cost
    assert [call["purpose"] for call in told(found.baseline)["calls"]] == [
        "audit",
        "judge",
        "judge",
    ]
    # Nobody drew it: it says nothing of other answers.
    assert totals.audited[0].loss is None
    for model in totals.models:
        assert model.usage.input == server.input_tokens[model.model]


def test_premium_judges_where_no_judge_is_set(server: LoopbackServer, models: Models) -> None:
    def premium(request: ChatRequest) -> str:
        return finding("tie") if "answer A" in request.question else "It depends."

    models.says[PREMIUM] = premium
    bound = openai_model(server, PREMIUM).bind(stop=["zzz"], top_p=0.3)
    llm = make(
        server, premium=bound, bandit=DRAFTS, judge=lambda *_: 1.0, audit={"enabled": False}
    )
    found = llm.compare_with_baseline(QUESTION)
    assert (found.winner, found.judge) == ("equivalent", PREMIUM)
    assert asked(server) == [CHEAP, PREMIUM, PREMIUM, PREMIUM]
    assert server.requests[1]["stop"] == ["zzz"]
    assert "stop" not in server.requests[2]
    assert server.requests[2]["top_p"] == 0.3


def test_an_answer_of_premiums_own_is_compared_with_nothing(
    server: LoopbackServer, models: Models
) -> None:
    models.says[CHEAP] = lambda _: ""
    llm = make(server, bandit=DRAFTS, audit={"enabled": False})
    found = llm.compare_with_baseline(QUESTION)
    assert asked(server) == [CHEAP, PREMIUM]
    assert (found.winner, found.confidence, found.quality_score) == ("equivalent", 1.0, 1.0)
    assert found.optimized is found.baseline
    assert (found.judge, found.judging_cost) == ("", Decimal(0))
    assert found.optimized_cost is not None
    assert found.baseline_cost is not None
    assert found.optimized_cost > found.baseline_cost > 0
    assert llm.engine.report().totals.audits == 0


def test_answers_that_are_the_same_need_no_judge(
    compared: ChatTokenomics, server: LoopbackServer, models: Models
) -> None:
    models.says[PREMIUM] = models.says[CHEAP]
    found = compared.compare_with_baseline(QUESTION)
    assert (found.winner, found.confidence, found.judge) == ("equivalent", 1.0, "")
    assert asked(server) == [CHEAP, PREMIUM]


def test_a_judge_that_cannot_tell_costs_nothing_but_its_calls(
    compared: ChatTokenomics, server: LoopbackServer, models: Models
) -> None:
    models.says[PREMIUM] = lambda _: DEPENDS
    models.says[JUDGE] = lambda _: "Hm."
    found = compared.compare_with_baseline(QUESTION)
    assert (found.winner, found.confidence, found.quality_score) == ("equivalent", 0.0, 0.5)
    assert "could not tell" in found.explanation
    server.faults[JUDGE] = Fault(status=503)
    assert compared.compare_with_baseline(QUESTION).confidence == 0.0


async def test_memory_is_left_out_unless_it_is_asked_for(
    compared: ChatTokenomics, server: LoopbackServer
) -> None:
    compared.invoke(QUESTION)
    assert not told(compared.compare_with_baseline(QUESTION).optimized)["cache_hit"]
    found = await compared.acompare_with_baseline(QUESTION, use_cache=True)
    assert told(found.optimized)["cache_hit"]
    assert found.optimized_cost == 0
    assert compared.engine.report().totals.savings.memory_layer < 0
    # What was compared is not kept, so that it stays what anybody would have got.
    compared.compare_with_baseline("And three?")
    assert not told(compared.invoke("And three?"))["cache_hit"]


def test_conversations_and_tenants_are_compared_too(
    compared: ChatTokenomics, server: LoopbackServer, models: Models
) -> None:
    models.says[PREMIUM] = lambda _: DEPENDS
    turns: Any = [
        SystemMessage("Count."),
        HumanMessage("One spider?"),
        AIMessage("8"),
        ("human", "2?"),
    ]
    config: Any = {"configurable": {"tenant": "a"}}
    found = compared.compare_with_baseline(turns, config)
    assert found.winner == "equivalent"
    assert [turn["role"] for turn in server.requests[1]["messages"]] == [
        "system",
        "user",
        "assistant",
        "user",
    ]
    assert "One spider?" in server.requests[2]["messages"][1]["content"]


def test_premium_being_away_is_raised_as_it_is(
    compared: ChatTokenomics, server: LoopbackServer
) -> None:
    import openai

    server.faults[PREMIUM] = Fault(status=503)
    with pytest.raises(openai.APIError):
        compared.compare_with_baseline(QUESTION)
    totals = compared.engine.report().totals
    assert (totals.requests, totals.failed, totals.audits) == (1, 0, 1)
