"""What a real LangSmith client sends of our model: one run a call, each leg below it if wanted."""

import asyncio
import logging
import uuid
from collections.abc import Iterator
from typing import Any

import langsmith.run_trees
import pytest
from langchain.agents import create_agent
from langchain_core.callbacks import (
    AsyncCallbackHandler,
    BaseCallbackHandler,
    UsageMetadataCallbackHandler,
    get_usage_metadata_callback,
)
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.tools import tool
from langchain_core.tracers import ConsoleCallbackHandler
from langgraph.graph import END, START, MessagesState, StateGraph
from langsmith.utils import get_env_var

from tests.conftest import openai_model
from tests.integration.langchain.collector import Collector, answer, collecting, counted, metadata
from tests.integration.langchain.conftest import CHEAP, PREMIUM, Make
from tests.integration.langchain.test_calls import EASY, HARD, WAYS, by, joined, told
from tokenomics_shared.testing import Fault, LoopbackServer

pytestmark = pytest.mark.filterwarnings("ignore::langchain_core._api.LangChainBetaWarning")
EVERY = [*WAYS, "v3"]


async def call(way: str, llm: Any, question: str, **config: Any) -> AIMessage:
    if way != "v3":
        return await by(way, llm.with_config(**config), question)
    stream = await llm.astream_events(question, config, version="v3")
    try:
        message: AIMessage = await stream.output
    finally:
        # The run ends after its answer.
        await stream._producer_task
    return message


@pytest.fixture(params=[True, False], ids=["multipart", "batch"])
def both(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    yield from _tracing(monkeypatch, multipart=request.param)


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    yield from _tracing(monkeypatch, multipart=True)


def _tracing(monkeypatch: pytest.MonkeyPatch, *, multipart: bool) -> Iterator[Collector]:
    """The environment asks for traces, as users do, and they go to a collector."""
    get_env_var.cache_clear()  # type: ignore[attr-defined]  # an lru_cache behind overloads
    with collecting(multipart=multipart) as collector:
        monkeypatch.setenv("LANGSMITH_TRACING", "true")
        monkeypatch.setenv("LANGSMITH_ENDPOINT", collector.url)
        monkeypatch.setattr(langsmith.run_trees, "_CLIENT", collector.client)
        yield collector
    monkeypatch.undo()
    get_env_var.cache_clear()  # type: ignore[attr-defined]  # an lru_cache behind overloads


@pytest.mark.parametrize("nested", ["none", "trace"])
@pytest.mark.parametrize("way", EVERY)
async def test_one_run_a_call_and_each_leg_below_it(
    way: str, nested: str, make: Make, collector: Collector, server: LoopbackServer
) -> None:
    llm = make(nested=nested, temperature=0.5)
    message = await call(way, llm, HARD, tags=["mine"], metadata={"who": "me"})
    run, *legs = collector.sent()
    assert (run["name"], run["run_type"]) == ("ChatTokenomics", "llm")
    assert run.get("parent_run_id") is None
    assert run["inputs"]["messages"][0][0]["kwargs"]["content"] == HARD
    assert answer(run)["content"] == message.content
    assert answer(run)["response_metadata"]["tokenomics"] == told(message)
    assert run["tags"] == ["mine"]
    known = metadata(run)
    assert known["who"] == "me"
    assert (known["ls_provider"], known["ls_model_name"]) == ("openai", PREMIUM)
    assert known["ls_temperature"] == 0.5
    assert known["tokenomics_strategy"] == "premium"
    assert known["tokenomics_cost"] == told(message)["cost"] > 0
    assert known["tokenomics_request_id"] == told(message)["request_id"]
    names = ["tier:cheap", "tier:premium"] if nested == "trace" else []
    assert [leg["name"] for leg in legs] == names
    for leg, model in zip(legs, (CHEAP, PREMIUM), strict=bool(legs)):
        assert (leg["parent_run_id"], leg["trace_id"]) == (run["id"], run["id"])
        assert leg["run_type"] == "llm"
        assert leg["tags"] == ["mine"]
        assert metadata(leg)["who"] == "me"
        assert (metadata(leg)["ls_provider"], metadata(leg)["ls_model_name"]) == ("openai", model)
        assert metadata(leg)["tokenomics_tier"] == leg["name"].removeprefix("tier:")
        assert leg["extra"]["invocation_params"]["model"] == model
        usage = answer(leg)["response_metadata"]["tokenomics_usage"]
        assert usage["input_tokens"] == server.input_tokens[model]
    tokens = (server.input_tokens[PREMIUM], server.output_tokens[PREMIUM])
    assert counted([run, *legs]) == [tokens]


@pytest.mark.parametrize("way", EVERY)
async def test_a_hit_has_no_legs_no_tokens_and_no_price(
    way: str, make: Make, collector: Collector
) -> None:
    llm = make(nested="trace")
    await call(way, llm, EASY)
    before = len(collector.sent())
    assert before == 2
    await call(way, llm, EASY)
    (run,) = collector.sent()[before:]
    known = metadata(run)
    assert (known["tokenomics_cache_hit"], known["tokenomics_cost"]) == (True, 0.0)
    assert (known["tokenomics_cache_type"], known["tokenomics_strategy"]) == ("exact", "cheap")
    assert known["ls_provider"] == "tokenomics"
    assert counted([run]) == []


@pytest.mark.parametrize("way", EVERY)
async def test_a_leg_that_fails_is_a_child_with_an_error(
    way: str, make: Make, collector: Collector, server: LoopbackServer
) -> None:
    server.faults[CHEAP] = Fault(cut_after=3)
    await call(way, make(nested="trace"), EASY)
    run, draft, premium = collector.sent()
    assert not run.get("error")
    assert draft["error"]
    assert not premium.get("error")
    tokens = (server.input_tokens[PREMIUM], server.output_tokens[PREMIUM])
    assert counted([run, draft, premium]) == [tokens]
    server.faults[PREMIUM] = Fault(status=500)
    with pytest.raises(Exception, match="fault 500"):
        await call(way, make(nested="trace"), EASY)
    assert all(run["error"] for run in collector.sent()[3:])


async def test_it_is_the_same_over_the_older_endpoint(make: Make, both: Collector) -> None:
    await make(nested="trace").ainvoke(HARD)
    run, draft, premium = both.sent()
    assert answer(draft)["content"] == "Not sure"
    assert answer(run)["content"] == answer(premium)["content"]
    assert "tokenomics_cost" in metadata(run)


@tool
def weather(city: str) -> str:
    """Tell the weather."""
    return city


@pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "abatch"])
async def test_runs_have_the_right_parents_in_chains(
    way: str, make: Make, collector: Collector
) -> None:
    chain: Any = make(nested="trace") | StrOutputParser()
    brought = getattr(chain, way)([HARD] if way == "abatch" else HARD)
    assert list(brought) if way in {"invoke", "stream"} else await brought
    runs = {run["name"]: run for run in collector.sent()}
    names = {"RunnableSequence", "ChatTokenomics", "tier:cheap", "tier:premium", "StrOutputParser"}
    assert set(runs) == names
    ours = runs["ChatTokenomics"]
    assert ours["parent_run_id"] == runs["RunnableSequence"]["id"]
    assert {runs[f"tier:{tier}"]["parent_run_id"] for tier in ("cheap", "premium")} == {ours["id"]}
    assert len(counted(list(runs.values()))) == 1


@pytest.mark.parametrize("way", ["ainvoke", "astream"])
async def test_runs_have_the_right_parents_in_agents_and_graphs(
    way: str, make: Make, collector: Collector
) -> None:
    llm = make(nested="trace")

    async def node(state: MessagesState) -> dict[str, Any]:
        return {"messages": [await llm.ainvoke(state["messages"])]}

    graph = StateGraph(MessagesState)
    graph.add_node("ask", node)
    graph.add_edge(START, "ask")
    graph.add_edge("ask", END)
    asked: Any = {"messages": [HumanMessage(HARD)]}
    agent = create_agent(llm, [weather])
    for runnable in (graph.compile(), agent):
        before = len(collector.sent())
        tokens: list[Any] = []
        if way == "astream":
            seen: Any = runnable.astream(asked, {"recursion_limit": 8}, stream_mode="messages")
            tokens = [part[0] async for part in seen]
        else:
            await runnable.ainvoke(asked, {"recursion_limit": 8})
        runs = {run["id"]: run for run in collector.sent()[before:]}
        ours = [run for run in runs.values() if run["name"] == "ChatTokenomics"]
        legs = [run for run in runs.values() if run["name"].startswith("tier:")]
        assert ours
        assert all(runs[run["parent_run_id"]]["name"] in {"ask", "model"} for run in ours)
        assert {leg["parent_run_id"] for leg in legs} == {run["id"] for run in ours}
        assert len(counted(list(runs.values()))) == len(ours)
        answers = [part for part in tokens if isinstance(part, AIMessage)]
        assert "Not sure" not in "".join(part.text for part in answers)


class Tokens(BaseCallbackHandler):
    def __init__(self) -> None:
        self.seen: list[str] = []
        self.starts = self.ends = 0

    def on_chat_model_start(self, *args: Any, **kwargs: Any) -> None:
        self.starts += 1

    def on_llm_new_token(self, token: Any, **kwargs: Any) -> None:
        self.seen.append(token)

    def on_llm_end(self, *args: Any, **kwargs: Any) -> None:
        self.ends += 1


class AsyncTokens(AsyncCallbackHandler):
    def __init__(self) -> None:
        self.ends = 0

    async def on_llm_end(self, *args: Any, **kwargs: Any) -> None:
        await asyncio.sleep(0)
        self.ends += 1


@pytest.mark.parametrize("background", ["true", "false"])
@pytest.mark.parametrize("way", EVERY)
async def test_who_is_no_tracer_hears_of_our_run_alone(
    way: str,
    background: str,
    make: Make,
    collector: Collector,
    server: LoopbackServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LANGCHAIN_CALLBACKS_BACKGROUND", background)
    tokens, counter, later = Tokens(), UsageMetadataCallbackHandler(), AsyncTokens()
    heard: list[BaseCallbackHandler] = [tokens, counter, later]
    with get_usage_metadata_callback() as context:
        message = await call(way, make(nested="trace"), HARD, callbacks=heard)
    assert (tokens.starts, tokens.ends, later.ends) == (1, 1, 1)
    assert "".join(tokens.seen) in {message.text, ""}
    for counts in (counter.usage_metadata, context.usage_metadata):
        assert set(counts) == {PREMIUM}
        assert counts[PREMIUM]["input_tokens"] == server.input_tokens[PREMIUM]
        assert counts[PREMIUM]["output_tokens"] == server.output_tokens[PREMIUM]
    assert len(collector.sent()) == 3


class Raising(BaseCallbackHandler):
    def on_llm_end(self, *args: Any, **kwargs: Any) -> None:
        raise ValueError("a handler's own")


@pytest.mark.parametrize("way", WAYS)
async def test_a_handler_that_raises_does_what_it_does_to_any_model(
    way: str, make: Make, server: LoopbackServer, caplog: pytest.LogCaptureFixture
) -> None:
    plain = openai_model(server, PREMIUM)
    for raises in (False, True):
        heard = Raising()
        heard.raise_error = raises
        for llm in (plain, make(nested="trace")):
            if raises:
                with pytest.raises(ValueError, match="a handler's own"):
                    await call(way, llm, HARD, callbacks=[heard])
            else:
                with caplog.at_level(logging.WARNING):
                    assert (await call(way, llm, HARD, callbacks=[heard])).text
                assert "a handler's own" in caplog.text
            caplog.clear()


def test_a_name_and_an_id_are_our_runs(make: Make, collector: Collector) -> None:
    llm = make(nested="trace")
    for way in ("invoke", "stream"):
        before, run_id = len(collector.sent()), uuid.uuid4()
        message: Any = getattr(llm, way)(HARD, {"run_id": run_id, "run_name": "named"})
        message = message if way == "invoke" else joined(list(message))
        run, *legs = collector.sent()[before:]
        assert (run["id"], run["name"]) == (str(run_id), "named")
        assert {leg["parent_run_id"] for leg in legs} <= {str(run_id)}
        assert message.id.startswith(f"lc_run--{run_id}")


def test_listeners_on_the_runnable_hear_once(make: Make) -> None:
    seen: list[Any] = []
    llm = make(nested="trace").with_listeners(on_start=seen.append, on_end=seen.append)
    llm.invoke(HARD)
    list(llm.stream("And " + HARD))
    assert [run.name for run in seen] == ["ChatTokenomics"] * 4


def test_the_console_shows_each_leg(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    make(nested="trace").invoke(HARD, {"callbacks": [ConsoleCallbackHandler()]})
    shown = capsys.readouterr().out
    assert all(f"llm:tier:{tier}" in shown for tier in ("cheap", "premium"))
