"""Tiers of several providers, each asked in its own form."""

import json
from typing import Any

import pytest

pytest.importorskip("llama_index.llms.google_genai", reason="LlamaIndex's Google is not installed")

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.llms import ChatMessage
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.llms.google_genai import GoogleGenAI
from llama_index.llms.openai import OpenAI

from tests.integration.llamaindex.conftest import KEY, PREMIUM, STEADY, like, told
from tests.integration.llamaindex.probes import ADD, ADDED, SONG, Song
from tokenomics_llamaindex import Strategy, TokenomicsConfig, TokenomicsLLM
from tokenomics_shared.testing import LoopbackServer

GEMINI = "gemini-2.5-flash"

# Google's client and LlamaIndex's agents use what is deprecated; and the client keeps its async
# connections to the end.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Unclosed (client session|connector):ResourceWarning"),
]


def gemini(server: LoopbackServer, **settings: Any) -> GoogleGenAI:
    given = {"max_tokens": 500, "context_window": 100_000, **settings}
    options: Any = {"base_url": server.gemini_url}
    return GoogleGenAI(model=GEMINI, api_key=KEY, max_retries=0, http_options=options, **given)


@pytest.fixture
def mixed(server: LoopbackServer) -> TokenomicsLLM:
    return TokenomicsLLM(cheap=gemini(server), premium=like(server, PREMIUM), **STEADY)


def asked(text: str = "What is the answer?") -> list[ChatMessage]:
    return [ChatMessage(role="user", content=text)]


def test_google_drafts_and_is_billed_as_it_reports(mixed: Any, server: Any) -> None:
    responses = [
        mixed.chat(asked("Question one?")),
        list(mixed.stream_chat(asked("Question two?")))[-1],
    ]
    assert all(told(it)["model"] == GEMINI for it in responses)
    tokens = sum(told(it)["tokens_used"] for it in responses)
    assert tokens == server.input_tokens[GEMINI] + server.output_tokens[GEMINI]
    assert all(told(it)["cost"] > 0 for it in responses)
    again = mixed.chat(asked("Question two?"))
    assert told(again)["cache_hit"]
    assert again.message.content == responses[1].message.content


async def test_google_drafts_async(mixed: Any) -> None:
    response = await mixed.achat(asked("Question one?"))
    assert told(response)["model"] == GEMINI
    chunks = [it async for it in await mixed.astream_chat(asked("Question two?"))]
    assert told(chunks[-1])["model"] == GEMINI
    assert "".join(it.delta for it in chunks) == chunks[-1].message.content


def test_each_gets_parameters_by_its_own_names(server: Any) -> None:
    llm = TokenomicsLLM(
        strategies=[Strategy("cheap", max_tokens=40, temperature=0.3), Strategy("premium")],
        cheap=gemini(server),
        premium=like(server, PREMIUM),
        **{**STEADY, "memory": {"use_exact_cache": False}},
    )
    llm.chat(asked(), model="cheap")
    llm.chat(asked(), model="cheap", max_tokens=30, temperature=0.9, stop=["forty"])
    llm.chat(asked(), model="premium", max_tokens=30, temperature=0.9, stop=["forty"])
    first, second, third = server.requests
    assert first["generationConfig"]["maxOutputTokens"] == 40
    assert first["generationConfig"]["temperature"] == 0.3
    assert second["generationConfig"]["maxOutputTokens"] == 30
    assert second["generationConfig"]["stopSequences"] == ["forty"]
    assert (third["max_tokens"], third["temperature"], third["stop"]) == (30, 0.9, ["forty"])


def test_tools_go_in_each_ones_own_form(mixed: Any, server: Any) -> None:
    for tier in ("cheap", "premium"):
        response = mixed.chat_with_tools([ADD], user_msg=ADDED, model=tier)
        calls = mixed.get_tool_calls_from_response(response)
        assert [call.tool_name for call in calls] == ["addition"]
        assert set(calls[0].tool_kwargs) == {"a", "b"}
    assert "functionDeclarations" in json.dumps(server.requests[0])
    assert server.requests[1]["tools"][0]["function"]["name"] == "addition"


async def test_an_agent_goes_from_one_to_the_other(server: Any) -> None:
    """The call is Google's; with its result before it, premium answers."""

    class Turned(TokenomicsLLM):
        async def astream_chat(self, messages: Any, **kwargs: Any) -> Any:
            pin = "premium" if messages[-1].role.value == "tool" else "cheap"
            return await super().astream_chat(messages, model=pin, **kwargs)

    llm = Turned(cheap=gemini(server), premium=like(server, PREMIUM), **STEADY)
    agent = FunctionAgent(tools=[ADD], llm=llm)
    memory = ChatMemoryBuffer.from_defaults(token_limit=3_000, llm=llm)
    answer: Any = await agent.run(ADDED, memory=memory, max_iterations=4)
    assert [it["model"] for it in server.requests] == [GEMINI, PREMIUM]
    assert [it.tool_name for it in answer.tool_calls] == ["addition"]
    assert f"The answer of {PREMIUM}" in str(answer)


@pytest.mark.parametrize("premium", ["like", "schema", "google"])
def test_structured_answers_come_whoever_is_asked(server: Any, premium: str) -> None:
    makers: dict[str, Any] = {
        "like": lambda: like(server, PREMIUM),
        "schema": lambda: like(server, PREMIUM, should_use_structured_outputs=True),
        "google": lambda: gemini(server),
    }
    last = makers[premium]()
    cheap = like(server, "gpt-4o-mini") if premium == "google" else gemini(server)
    llm = TokenomicsLLM(cheap=cheap, premium=last, **STEADY)
    song = llm.structured_predict(Song, SONG, topic="1999")
    assert isinstance(song, Song)
    assert song.year == 1999
    streamed: Any = list(llm.stream_structured_predict(Song, SONG, topic="2001"))[-1]
    assert streamed.year == 2001


def test_openai_itself_is_asked_by_a_schema_as_plain(server: Any) -> None:
    def model() -> OpenAI:
        return OpenAI(PREMIUM, api_base=server.url, api_key=KEY, max_retries=0)

    wanted = model().structured_predict(Song, SONG, topic="1999")
    llm = TokenomicsLLM(premium=model(), config=TokenomicsConfig.off())
    assert llm.structured_predict(Song, SONG, topic="1999") == wanted
    assert server.bodies[0] == server.bodies[1]
    assert server.requests[1]["response_format"]["type"] == "json_schema"
    plain: Any = list(model().stream_structured_predict(Song, SONG, topic="1999"))
    ours: Any = list(llm.stream_structured_predict(Song, SONG, topic="1999"))
    assert ours[-1] == plain[-1]
    assert server.bodies[2] == server.bodies[3]


async def test_openai_itself_is_asked_by_a_schema_async(server: Any) -> None:
    llm = TokenomicsLLM(
        premium=OpenAI(PREMIUM, api_base=server.url, api_key=KEY, max_retries=0),
        config=TokenomicsConfig.off(),
    )
    assert (await llm.astructured_predict(Song, SONG, topic="1999")).year == 1999
    stream = await llm.astream_structured_predict(Song, SONG, topic="2001")
    found: list[Any] = [it async for it in stream]
    assert found[-1].year == 2001
