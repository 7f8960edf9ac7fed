"""Settings that LangChain knows of any model: fields, listeners, caches, limits, versions."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from langchain.chat_models import init_chat_model
from langchain_core.caches import InMemoryCache
from langchain_core.globals import set_llm_cache
from langchain_core.language_models import BaseChatModel
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.rate_limiters import InMemoryRateLimiter
from langchain_core.runnables import (
    ConfigurableField,
)
from langchain_core.tracers.context import collect_runs

from tests.conftest import openai_model
from tests.integration.langchain.agents import (
    EASY,
    HARD,
    fresh,
    looks_twice,
    ours,
    ours_off,
    plain,
    shown,
    weather,
)
from tests.integration.langchain.conftest import CHEAP, PREMIUM
from tests.integration.langchain.test_calls import WAYS, by, told
from tokenomics_langchain import ChatTokenomics
from tokenomics_shared.testing import LoopbackServer

MODELS = (plain, ours, ours_off)
PROMPT = ChatPromptTemplate.from_messages([("system", "Be brief."), ("human", "{question}")])
ASKED = {"question": HARD}


@pytest.fixture
def server(served: LoopbackServer) -> LoopbackServer:
    return fresh(served)


@pytest.fixture
def llm_cache() -> Iterator[InMemoryCache]:
    cache = InMemoryCache()
    set_llm_cache(cache)
    yield cache
    set_llm_cache(None)


@pytest.mark.parametrize("way", WAYS)
async def test_alternatives(way: str, server: LoopbackServer) -> None:
    which = ConfigurableField(id="llm")
    for default, other in ((ours(server), plain(server)), (plain(server), ours(server))):
        llm = default.configurable_alternatives(which, default_key="first", second=other)
        for key, chosen in (("first", default), ("second", other)):
            message = await by(way, llm.with_config(configurable={"llm": key}), HARD)
            is_ours = isinstance(chosen, ChatTokenomics)
            assert ("tokenomics" in message.response_metadata) is is_ours


FIELDS: dict[str, tuple[Any, str]] = {
    "temperature": (0.9, "temperature"),
    "max_tokens": (3, "max_completion_tokens"),
    "stop": (["forty"], "stop"),
}


@pytest.mark.parametrize("name", FIELDS)
async def test_fields_that_can_be_configured(name: str, server: LoopbackServer) -> None:
    value, sent = FIELDS[name]
    for make in MODELS:
        # The plain model's own alias of its limit.
        llm = make(server).configurable_fields(**{name: ConfigurableField(id="it")})
        for way in ("invoke", "astream"):
            server.requests.clear()
            await by(way, llm.with_config(configurable={"it": value}), f"{HARD} {way}")
            assert {repr(it[sent]) for it in server.requests} == {repr(value)}
            await by(way, llm, f"{HARD} {way} again")
            assert sent not in server.requests[-1]


def test_tiers_that_can_be_configured(server: LoopbackServer) -> None:
    llm = ours(server).configurable_fields(premium=ConfigurableField(id="best"))
    other = openai_model(server, "gpt-4.1")
    message = llm.with_config(configurable={"best": other}).invoke(HARD)
    assert message.response_metadata["model_name"] == "gpt-4.1"
    assert llm.invoke(HARD).response_metadata["model_name"] == PREMIUM


async def test_ours_beside_a_model_that_is_chosen_later(server: LoopbackServer) -> None:
    chosen = init_chat_model(
        "openai:" + PREMIUM, configurable_fields="any", base_url=server.url, api_key="any"
    )
    llm: Any = chosen.with_fallbacks([ours(server)])
    named = {"configurable": {"model": "gpt-4.1"}}
    assert llm.invoke(EASY, named).response_metadata["model_name"] == "gpt-4.1"
    assert shown(await chosen.ainvoke(EASY)) == shown(await ours(server).ainvoke(EASY))


@pytest.mark.parametrize("kind", ["with_listeners", "with_alisteners"])
async def test_listeners_hear_once(kind: str, server: LoopbackServer) -> None:
    outcomes = []
    for make in MODELS:
        heard: list[str] = []

        def sync(name: str, heard: list[str] = heard) -> Any:
            return lambda run: heard.append(f"{name} {run.run_type}")

        def slow(name: str, heard: list[str] = heard) -> Any:
            async def listen(run: Any) -> None:
                heard.append(f"{name} {run.run_type}")

            return listen

        of = sync if kind == "with_listeners" else slow
        llm = getattr(make(server), kind)(on_start=of("start"), on_end=of("end"))
        await llm.ainvoke(HARD)
        outcomes.append(heard)
    assert outcomes[1:] == outcomes[:1] * 2
    assert len(outcomes[0]) == 2


async def test_names_tags_and_metadata_reach_the_run(server: LoopbackServer) -> None:
    for make in MODELS:
        llm = make(server).with_config(tags=["a"], metadata={"b": 1}, run_name="mine")
        with collect_runs() as runs:
            llm.invoke(HARD, {"tags": ["c"], "metadata": {"d": 2}})
            await llm.ainvoke(HARD)
        first, _ = runs.traced_runs
        assert (first.name, set(first.tags or ())) == ("mine", {"a", "c"})
        assert {"b", "d"} <= set(first.metadata)


def test_shapes_and_graphs(server: LoopbackServer) -> None:
    models: list[Any] = [plain(server), ours(server)]
    expected, got = [
        [
            str(llm.get_input_schema().model_json_schema()),
            str(llm.get_output_schema().model_json_schema()),
            str(llm.InputType),
            str(llm.OutputType),
            str((PROMPT | llm).get_graph().draw_mermaid()),
        ]
        for llm in models
    ]
    assert [text.replace("ChatTokenomics", "ChatOpenAI") for text in got] == expected
    assert ours(server).get_name() == "ChatTokenomics"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_a_log_of_a_stream(server: LoopbackServer) -> None:
    ends = []
    for make in MODELS:
        chain = PROMPT | make(server) | StrOutputParser()
        patches: Any = [patch async for patch in chain.astream_log(ASKED, diff=False)]
        ends.append((patches[-1].state["final_output"], len(patches[-1].state["logs"])))
    assert ends[1:] == ends[:1] * 2


@pytest.mark.parametrize("cache", [None, True, False, InMemoryCache()], ids=str)
async def test_a_cache_of_langchains(
    cache: Any, llm_cache: InMemoryCache, server: LoopbackServer
) -> None:
    memory = {"use_exact_cache": False}
    llm = ours(server, memory=memory, cache=cache, cheap=openai_model(server, CHEAP, cache=False))
    asked = [llm.invoke(EASY), llm.invoke(EASY), await llm.ainvoke(EASY)]
    assert len(server.requests) == (3 if cache is False else 1)
    # None is one that graphs give an id of its own.
    ids = [message.id for message in asked if message.id is not None]
    assert len(set(ids)) == len(ids)
    assert len({shown(message)[1] for message in asked}) == 1


def test_no_cache_is_a_mistake_that_is_told(server: LoopbackServer) -> None:
    set_llm_cache(None)
    for make in (plain, ours):
        with pytest.raises(ValueError, match="sked to cache"):
            make(server, cache=True).invoke(EASY)


def test_a_limiter_of_ones_own_passes_every_call(server: LoopbackServer) -> None:
    limiter = InMemoryRateLimiter(requests_per_second=1e-6, max_bucket_size=2)
    limiter.available_tokens = 2.0
    limiter.last = 0.0
    llm = ours(server, rate_limiter=limiter)
    for _ in range(2):
        llm.invoke(EASY)
    assert limiter.available_tokens < 1
    assert told(ours(server).invoke(EASY))["cache_hit"] is False


@pytest.mark.parametrize("disabled", [True, "tool_calling"])
async def test_streaming_that_is_disabled(disabled: Any, server: LoopbackServer) -> None:
    server.turns = looks_twice
    counts = []
    for make in (plain, ours):
        llm = make(server, disable_streaming=disabled)
        text = [part for part in llm.stream(HARD) if part.content]
        bound: Any = llm.bind_tools([weather])
        calls = [part async for part in bound.astream(HARD) if part.tool_calls]
        counts.append((len(text) == 1, len(calls), len(calls[0].tool_calls)))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("version", ["v0", "v1"])
async def test_versions_of_content(version: str, server: LoopbackServer) -> None:
    for way in ("invoke", "ainvoke", "stream", "astream"):
        contents = []
        for llm in (
            plain(server, output_version=version),
            ours(server, output_version=version),
            ours(server, premium=plain(server, output_version=version)),
        ):
            message = await by(way, llm, HARD)
            contents.append((shown(message.content), message.content_blocks))
        assert contents[1:] == contents[:1] * 2


def test_copies_and_equality(server: LoopbackServer) -> None:
    llm = ours(server)
    for other in (copy.copy(llm), llm.model_copy()):
        assert isinstance(other, BaseChatModel)
        assert shown(other.invoke(HARD)) == shown(llm.invoke(HARD))
