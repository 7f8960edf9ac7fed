"""The ledger is what the server billed, to the token; usage is told once."""

import asyncio
import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from langchain_core.callbacks import get_usage_metadata_callback
from langchain_core.callbacks.usage import UsageMetadataCallbackHandler
from langchain_core.tools import tool
from langchain_core.tracers.run_collector import RunCollectorCallbackHandler
from pydantic import BaseModel

from tests.conftest import openai_model
from tests.integration.langchain.conftest import CHEAP, PREMIUM, Make
from tests.integration.langchain.test_calls import WAYS, by, told
from tokenomics_shared.testing import Fault, LoopbackServer


def assert_books_match(llm: Any, server: LoopbackServer) -> None:
    totals = llm.engine.report().totals
    billed = {model.model: model.usage for model in totals.models}
    assert {name: usage.input for name, usage in billed.items()} == dict(server.input_tokens)
    assert {name: usage.output for name, usage in billed.items()} == dict(server.output_tokens)
    assert totals.baseline_cost - totals.compared_cost == totals.savings.total


async def test_the_ledger_is_what_the_server_billed(make: Make, server: LoopbackServer) -> None:
    llm = make()
    chance = random.Random(5)
    for _ in range(60):
        question = f"What is {chance.choice(['easy', 'hard'])} {chance.randrange(8)}?"
        way = chance.choice(list(WAYS))
        server.faults[CHEAP] = Fault(status=503) if chance.random() < 0.2 else Fault()
        server.faults[PREMIUM] = Fault(status=429) if chance.random() < 0.1 else Fault()
        try:
            message = await by(way, llm, question)
        except Exception as error:  # noqa: BLE001 -- a failed premium ends a request
            assert type(error).__name__.endswith("RateLimitError")  # noqa: PT017
            continue
        calls = told(message)["calls"]
        assert told(message)["input_tokens"] == sum(call["input_tokens"] for call in calls)
        assert told(message)["output_tokens"] == sum(call["output_tokens"] for call in calls)
    assert_books_match(llm, server)
    totals = llm.engine.report().totals
    assert totals.requests == 60
    assert totals.failed > 0
    assert totals.exact_hits > 5
    assert totals.escalations > 5
    assert totals.accepted_drafts > 5


def test_it_is_so_for_tool_calls_and_structured_answers(
    make: Make, server: LoopbackServer
) -> None:
    @tool
    def weather(city: str) -> str:
        """Tell the weather."""
        return city

    llm = make()
    llm.bind_tools([weather]).invoke("weather in 'Vienna'")
    list(llm.bind_tools([weather]).stream("weather in 'Linz'"))
    schema: dict[str, Any] = {"title": "City", "description": "A city", "type": "object"}
    schema |= {"properties": {"name": {"type": "string"}}, "required": ["name"]}
    llm.with_structured_output(schema).invoke("name 'Graz'")
    list(llm.with_structured_output(schema, method="json_schema").stream("name 'Wels'"))
    assert llm.engine.report().totals.requests == 4
    assert_books_match(llm, server)


async def test_it_is_so_for_answers_that_the_client_could_not_parse(
    make: Make, server: LoopbackServer
) -> None:
    class Thing(BaseModel):
        """A thing."""

        name: str

    llm = make()
    server.faults[CHEAP] = Fault(text="This is no JSON at all.")
    chain = llm.with_structured_output(Thing, method="json_schema")
    chain.invoke("Name 'Graz'")
    await chain.ainvoke("Name 'Wels'")
    totals = llm.engine.report().totals
    assert (totals.requests, totals.models[0].failed) == (2, 2)
    assert_books_match(llm, server)


def test_it_is_so_from_many_threads(make: Make, server: LoopbackServer) -> None:
    llm = make()
    questions = [f"What is {kind} {n % 20}?" for n in range(100) for kind in ("easy", "hard")]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(llm.invoke, questions))
    for question, message in zip(questions, answers, strict=True):
        assert f"to {question} is" in message.text
    assert llm.engine.report().totals.requests == 200
    assert_books_match(llm, server)


async def test_it_is_so_from_many_tasks(make: Make, server: LoopbackServer) -> None:
    llm = make()
    questions = [f"What is {kind} {n % 20}?" for n in range(50) for kind in ("easy", "hard")]
    answers = await asyncio.gather(*map(llm.ainvoke, questions))
    for question, message in zip(questions, answers, strict=True):
        assert f"to {question} is" in message.text
    assert_books_match(llm, server)


def test_a_stream_without_usage_is_estimated_and_says_so(
    make: Make, server: LoopbackServer
) -> None:
    llm = make(cheap=openai_model(server, CHEAP, stream_usage=False))
    chunks = list(llm.stream("What is easy?"))
    (call,) = told(chunks[-1])["calls"]
    assert call["estimated"]
    assert call["input_tokens"] > 0
    assert call["output_tokens"] == pytest.approx(server.output_tokens[CHEAP], rel=0.5)
    assert "1 call reported no tokens" in str(llm.engine.report())


@pytest.mark.parametrize("nested", ["none", "trace"])
@pytest.mark.parametrize("way", WAYS)
async def test_listeners_are_told_of_usage_once(
    way: str, nested: str, make: Make, server: LoopbackServer
) -> None:
    llm = make(nested=nested)
    counter = UsageMetadataCallbackHandler()
    listened = llm.with_config(callbacks=[counter])
    with get_usage_metadata_callback() as context:
        for _ in range(2):
            await by(way, listened, "What is hard?")
    for counted in (counter.usage_metadata, context.usage_metadata):
        assert set(counted) == {PREMIUM}
        assert counted[PREMIUM]["input_tokens"] == server.input_tokens[PREMIUM]
        assert counted[PREMIUM]["output_tokens"] == server.output_tokens[PREMIUM]


@pytest.mark.parametrize("way", [way for way in WAYS if way != "astream_events"])
async def test_a_trace_shows_each_call_as_a_child(way: str, make: Make) -> None:
    for nested, children in (("none", []), ("trace", ["tier:cheap", "tier:premium"])):
        collector = RunCollectorCallbackHandler()
        llm = make(nested=nested).with_config(callbacks=[collector], tags=["mine"])
        await by(way, llm, "What is hard?")
        (run,) = collector.traced_runs
        assert run.name == "ChatTokenomics"
        assert [child.name for child in run.child_runs] == children
        for child in run.child_runs:
            assert child.parent_run_id == run.id
            assert child.outputs
            assert "mine" in (child.tags or [])
        assert run.outputs


@pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
async def test_a_trace_shows_a_call_that_failed(
    way: str, make: Make, server: LoopbackServer
) -> None:
    server.faults[CHEAP] = Fault(cut_after=3)
    collector = RunCollectorCallbackHandler()
    await by(way, make(nested="trace").with_config(callbacks=[collector]), "What is easy?")
    (run,) = collector.traced_runs
    draft, answer = run.child_runs
    assert draft.error
    assert not answer.error


async def test_a_model_of_the_callers_own_has_a_price_of_its_own(make: Make) -> None:
    llm = make()
    told_of_it = told(llm.invoke("What is easy?", model="mystery-model-9000"))
    assert (told_of_it["model"], told_of_it["cost"]) == ("mystery-model-9000", None)
    assert told_of_it["baseline_cost"] is None
    assert llm.engine.report().totals.unpriced == 1


@pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
async def test_a_tiers_own_callbacks_hear_of_its_calls(
    way: str, make: Make, server: LoopbackServer
) -> None:
    own = UsageMetadataCallbackHandler()
    llm = make(cheap=openai_model(server, CHEAP, callbacks=[own]))
    await by(way, llm, "What is hard?")
    await by(way, llm, "What is easy?")
    assert own.usage_metadata[CHEAP]["input_tokens"] == server.input_tokens[CHEAP]
    assert server.input_tokens[CHEAP] > 0


async def test_a_handler_on_both_hears_of_an_answer_once(
    make: Make, server: LoopbackServer
) -> None:
    both = UsageMetadataCallbackHandler()
    llm = make(cheap=openai_model(server, CHEAP, callbacks=[both]))
    llm.invoke("What is easy?", config={"callbacks": [both]})
    assert both.usage_metadata[CHEAP]["input_tokens"] == server.input_tokens[CHEAP]


async def test_tokens_of_a_stream_are_told_once(make: Make) -> None:
    from langchain_core.callbacks import BaseCallbackHandler

    class Tokens(BaseCallbackHandler):
        def __init__(self) -> None:
            self.seen: list[str] = []

        def on_llm_new_token(self, token: Any, **kwargs: Any) -> None:
            self.seen.append(token)

    for nested in ("none", "trace"):
        heard = Tokens()
        llm = make(nested=nested)
        message = await by("astream", llm.with_config(callbacks=[heard]), "What is hard?")
        assert "".join(heard.seen) == message.text


def test_a_tracer_on_the_model_alone_is_told_of_the_decision(make: Make) -> None:
    heard = RunCollectorCallbackHandler()
    llm = make(callbacks=[heard])
    llm.invoke("What is hard?")
    list(llm.stream("And what is hard?"))
    assert [run.metadata["tokenomics_strategy"] for run in heard.traced_runs] == ["premium"] * 2
