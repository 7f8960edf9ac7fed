"""Every way to call a chat model, and what the answers say."""

import asyncio
import inspect
import json
from collections.abc import Callable
from typing import Any

import httpx
import openai
import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, SystemMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate

from tests.integration.langchain.conftest import CHEAP, PREMIUM, Make
from tokenomics_shared import PromptError
from tokenomics_shared.testing import Fault, LoopbackServer

EASY, HARD = "What is easy?", "What is hard?"


def told(message: AIMessage) -> dict[str, Any]:
    metadata: dict[str, Any] = message.response_metadata["tokenomics"]
    return metadata


def joined(chunks: list[Any]) -> AIMessageChunk:
    whole: AIMessageChunk = chunks[0]
    for chunk in chunks[1:]:
        whole = whole + chunk
    return whole


async def streamed(llm: Any, question: str) -> AIMessage:
    return joined([chunk async for chunk in llm.astream(question)])


async def from_events(llm: Any, question: str) -> AIMessage:
    events = [event async for event in llm.astream_events(question, version="v2")]
    assert events[-1]["event"] == "on_chat_model_end"
    return joined([e["data"]["chunk"] for e in events if e["event"] == "on_chat_model_stream"])


WAYS: dict[str, Callable[[Any, str], Any]] = {
    "invoke": lambda llm, question: llm.invoke(question),
    "ainvoke": lambda llm, question: llm.ainvoke(question),
    "stream": lambda llm, question: joined(list(llm.stream(question))),
    "astream": streamed,
    "batch": lambda llm, question: llm.batch([question])[0],
    "abatch": lambda llm, question: llm.abatch([question]),
    "astream_events": from_events,
}


async def by(way: str, llm: Any, question: str) -> AIMessage:
    answer = WAYS[way](llm, question)
    if inspect.isawaitable(answer):
        answer = await answer
    message: AIMessage = answer[0] if isinstance(answer, list) else answer
    return message


@pytest.mark.parametrize("way", WAYS)
async def test_every_way_answers_from_draft_premium_and_memory(
    way: str, make: Make, server: LoopbackServer
) -> None:
    llm = make()
    drafted = await by(way, llm, EASY)
    assert drafted.text == f"The answer of {CHEAP} to {EASY} is forty two."
    assert (told(drafted)["strategy"], told(drafted)["cache_hit"]) == ("cheap", False)
    escalated = await by(way, llm, HARD)
    assert escalated.text == f"The answer of {PREMIUM} to {HARD} is forty two."
    assert told(escalated)["cascading_escalated"]
    assert [call["tier"] for call in told(escalated)["calls"]] == ["cheap", "premium"]
    again = await by(way, llm, HARD)
    assert again.text == escalated.text
    assert (told(again)["cache_hit"], told(again)["cache_type"]) == (True, "exact")
    assert len(server.requests) == 3
    assert escalated.response_metadata["model_name"] == PREMIUM
    assert again.response_metadata["model_name"] == PREMIUM
    assert again.id != escalated.id
    assert isinstance(again, type(escalated))


@pytest.mark.parametrize("way", WAYS)
async def test_usage_is_the_answering_calls_and_nothing_on_a_hit(way: str, make: Make) -> None:
    llm = make()
    escalated = await by(way, llm, HARD)
    draft, answer = told(escalated)["calls"]
    assert escalated.usage_metadata is not None
    assert escalated.usage_metadata["input_tokens"] == answer["input_tokens"]
    assert escalated.usage_metadata["output_tokens"] == answer["output_tokens"]
    assert told(escalated)["tokens_used"] == sum(
        call["input_tokens"] + call["output_tokens"] for call in (draft, answer)
    )
    again = await by(way, llm, HARD)
    assert again.usage_metadata is not None
    assert again.usage_metadata["total_tokens"] == 0
    assert told(again)["tokens_used"] == 0
    assert "token_usage" not in again.response_metadata


def test_a_chain_stays_as_it_is(make: Make) -> None:
    prompt = ChatPromptTemplate.from_messages([("system", "Be brief."), ("human", "{question}")])
    chain = prompt | make() | StrOutputParser()
    expected = f"The answer of {CHEAP} to {EASY} is forty two."
    assert chain.invoke({"question": EASY}) == expected
    assert "".join(chain.stream({"question": EASY})) == expected
    assert chain.batch([{"question": EASY}] * 3) == [expected] * 3


def test_metadata_has_everything_that_is_promised(make: Make) -> None:
    metadata = told(make().invoke(EASY))
    assert set(metadata) >= {
        "cache_hit",
        "cache_type",
        "similarity",
        "strategy",
        "model",
        "tokens_used",
        "input_tokens",
        "output_tokens",
        "latency_ms",
        "component_savings",
        "predicted_max_tokens",
        "cascading_escalated",
        "quality",
        "reward",
        "cost",
        "baseline_cost",
        "trace",
        "calls",
    }
    assert metadata["cost"] == sum(call["cost"] for call in metadata["calls"])
    savings = metadata["component_savings"]
    assert savings["total_savings"] == pytest.approx(metadata["baseline_cost"] - metadata["cost"])
    assert metadata["latency_ms"] > 0
    assert json.loads(json.dumps(metadata)) == metadata


def test_an_empty_prompt_is_refused_before_any_money_is_spent(
    make: Make, server: LoopbackServer
) -> None:
    llm = make()
    for empty in ("", "  ", [], [SystemMessage(""), HumanMessage(" ")]):
        with pytest.raises(PromptError, match="empty prompt"):
            llm.invoke(empty)
    assert not server.requests


async def test_a_failing_draft_falls_back_and_a_failing_premium_raises_its_own_error(
    make: Make, server: LoopbackServer
) -> None:
    llm = make()
    server.faults[CHEAP] = Fault(status=503)
    for number, way in enumerate(WAYS):
        message = await by(way, llm, f"{EASY} {number}")
        assert PREMIUM in message.text
        assert told(message)["calls"][0]["status"] == "failed"
    server.faults[PREMIUM] = Fault(status=500)
    for way in WAYS:
        with pytest.raises(openai.InternalServerError):
            await by(way, llm, f"{EASY} again")


async def test_a_stream_that_breaks_before_it_is_shown_falls_back(
    make: Make, server: LoopbackServer
) -> None:
    llm = make()
    server.faults[CHEAP] = Fault(cut_after=4)
    for way in ("stream", "astream"):
        message = await by(way, llm, f"{EASY} {way}")
        assert message.text == f"The answer of {PREMIUM} to {EASY} {way} is forty two."
        draft = told(message)["calls"][0]
        assert (draft["status"], draft["estimated"]) == ("failed", True)
        assert draft["output_tokens"] > 0


async def test_a_stream_that_breaks_after_it_was_shown_raises_and_never_splices(
    make: Make, server: LoopbackServer
) -> None:
    llm = make()
    server.faults[PREMIUM] = Fault(cut_after=4)
    seen: list[AIMessageChunk] = []
    with pytest.raises((openai.APIConnectionError, httpx.HTTPError)):
        seen.extend(llm.stream(HARD))
    assert "".join(chunk.text for chunk in seen) == "The answer of"
    report = llm.engine.report().totals
    assert (report.failed, report.exact_hits) == (1, 0)
    server.faults.clear()
    assert told(llm.invoke(HARD))["cache_hit"] is False


def test_empty_answers_of_the_cheap_tier_escalate(make: Make, server: LoopbackServer) -> None:
    server.faults[CHEAP] = Fault(text="")
    message = make().invoke(EASY)
    assert PREMIUM in message.text
    assert "escalate:cheap:empty" in told(message)["trace"]


def test_an_abandoned_stream_is_charged_and_not_cached(make: Make, server: LoopbackServer) -> None:
    llm = make(cascading={"enabled": False})
    chunks: Any = llm.stream(EASY)
    for _ in range(4):
        next(chunks)
    chunks.close()
    totals = llm.engine.report().totals
    assert (totals.requests, totals.abandoned) == (1, 1)
    assert totals.models[0].usage.estimated
    assert totals.cost > 0
    assert told(llm.invoke(EASY))["cache_hit"] is False


async def test_an_abandoned_async_stream_is_charged(make: Make) -> None:
    llm = make(cascading={"enabled": False})
    chunks: Any = llm.astream(EASY)
    await anext(chunks)
    await chunks.aclose()
    await asyncio.sleep(0.05)
    assert llm.engine.report().totals.abandoned == 1


async def test_a_call_that_is_timed_out_is_charged_and_leaves_nothing_behind(
    make: Make, server: LoopbackServer
) -> None:
    llm = make()
    server.faults[CHEAP] = Fault(delay_s=1.0)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(llm.ainvoke(EASY), 0.1)
    totals = llm.engine.report().totals
    assert (totals.abandoned, totals.models[0].calls) == (1, 1)
    server.faults.clear()
    assert told(await llm.ainvoke(EASY))["cache_hit"] is False


def test_several_samples_come_through_whole(make: Make, server: LoopbackServer) -> None:
    llm = make(cascading={"enabled": False})
    result = llm.generate([[HumanMessage(EASY)]], n=1)
    assert len(result.generations[0]) == 1
    assert result.llm_output is not None


@pytest.mark.parametrize("stop", [["forty"], ["of", "is"]])
def test_stop_sequences_reach_the_model(make: Make, server: LoopbackServer, stop: Any) -> None:
    llm = make()
    assert "forty" not in llm.invoke(EASY, stop=stop).text
    assert server.requests[-1]["stop"] == stop
    assert "forty" in llm.invoke(EASY).text
    bound = make(stop=stop)
    assert "forty" not in bound.invoke(EASY).text
    assert "forty" not in llm.bind(stop=stop).invoke(EASY).text
    assert "forty" not in joined(list(llm.bind(stop=stop).stream("And " + EASY))).text
