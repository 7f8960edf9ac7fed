"""OpenAI's and Google's models in one conversation, asked over the wire by their own clients."""

import copy
import json
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.tools import tool
from pydantic import BaseModel

from tests.conftest import gemini_model, openai_model
from tests.integration.langchain.conftest import STEADY
from tests.integration.langchain.test_calls import WAYS, by, told
from tests.integration.langchain.test_foreign import BY_GOOGLE, BY_OPENAI, PRIVATE
from tokenomics_langchain import (
    ChatTokenomics,
    TokenomicsConfig,
    TokenomicsMiddleware,
    foreign,
)
from tokenomics_shared.testing import Call, ChatRequest, Fault, LoopbackServer, Turn

pytestmark = pytest.mark.filterwarnings(
    "ignore:Inheritance class AiohttpClientSession:DeprecationWarning"
)

SMALL = {"openai": "gpt-4o-mini", "google": "gemini-2.5-flash"}
LARGE = {"openai": "gpt-4o", "google": "gemini-2.5-pro"}
MAKERS = {"openai": openai_model, "google": gemini_model}
ORDERS = [("openai", "google"), ("google", "openai")]

SEARCH: dict[str, Any] = {"google_search": {}}


@tool(extras={"cache_control": {"type": "ephemeral"}})
def weather(city: str) -> str:
    """Tell the weather."""
    return f"fine in {city}"


class City(BaseModel):
    """A city."""

    name: str


def unsure(request: ChatRequest) -> str:
    """Small models give up."""
    if request.model in SMALL.values():
        return "Not sure"
    return f"The answer of {request.model} to {request.question} is forty two."


def sure(request: ChatRequest) -> str:
    return f"The answer of {request.model} to {request.question} is forty two."


@pytest.fixture
def server() -> Any:
    with LoopbackServer(unsure) as running:
        yield running


@pytest.fixture(autouse=True)
def _warn_anew() -> None:
    foreign._warn.cache_clear()


def mixed(server: LoopbackServer, cheap: str, premium: str, **settings: Any) -> ChatTokenomics:
    settings = STEADY | settings
    return ChatTokenomics(
        cheap=MAKERS[cheap](server, SMALL[cheap]),
        premium=MAKERS[premium](server, LARGE[premium]),
        **settings,
    )


def ours(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [it.getMessage() for it in caplog.records if it.name == "tokenomics"]


def asked(server: LoopbackServer) -> list[str]:
    return [request["model"] for request in server.requests]


async def _run(way: str, agent: Any, question: str) -> tuple[list[BaseMessage], str]:
    """An agent's messages, and the text that came live."""
    given: Any = {"messages": [HumanMessage(question)]}
    if way == "invoke":
        return agent.invoke(given)["messages"], ""
    if way == "ainvoke":
        return (await agent.ainvoke(given))["messages"], ""
    modes = ["messages", "values"]
    if way == "stream":
        parts = list(agent.stream(given, stream_mode=modes))
    else:
        parts = [part async for part in agent.astream(given, stream_mode=modes)]
    live = [part[0] for mode, part in parts if mode == "messages"]
    text = "".join(it.text for it in live if isinstance(it, AIMessageChunk))
    return [part for mode, part in parts if mode == "values"][-1]["messages"], text


@pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
@pytest.mark.parametrize(("cheap", "premium"), ORDERS)
async def test_one_calls_a_tool_and_the_other_reads_what_it_found(
    cheap: str, premium: str, way: str, server: LoopbackServer, caplog: pytest.LogCaptureFixture
) -> None:
    agent = create_agent(mixed(server, cheap, premium), [weather], system_prompt="Be brief.")
    messages, live = await _run(way, agent, "weather in 'Graz'?")
    assert asked(server) == [SMALL[cheap], SMALL[cheap], LARGE[premium]]
    _, call, result, answer = messages
    assert isinstance(call, AIMessage)
    assert [made["args"] for made in call.tool_calls] == [{"city": "Graz"}]
    assert result.content == "fine in Graz"
    assert answer.text == f"The answer of {LARGE[premium]} to weather in 'Graz'? is forty two."
    assert live == ("" if "invoke" in way else answer.text)
    last = json.dumps(server.requests[-1])
    assert "fine in Graz" in last
    assert "Be brief." in last
    # Nothing that only one of them understands came up, so nothing is said.
    assert not ours(caplog)


@pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
@pytest.mark.parametrize(("cheap", "premium"), ORDERS)
async def test_and_the_other_way_round(
    cheap: str, premium: str, way: str, server: LoopbackServer
) -> None:
    def turns(request: ChatRequest) -> Turn | None:
        if request.messages[-1]["role"] == "tool":
            return None
        names = {SMALL[cheap]: "no_such_tool", LARGE[premium]: "weather"}
        return Turn((Call(names[request.model], {"city": "Graz"}),))

    server.turns, server.answer = turns, sure
    agent = create_agent(mixed(server, cheap, premium), [weather])
    messages, _ = await _run(way, agent, "weather in 'Graz'?")
    assert asked(server) == [SMALL[cheap], LARGE[premium], SMALL[cheap]]
    assert told(messages[1])["strategy"] == "premium"  # type: ignore[arg-type]
    assert told(messages[-1])["strategy"] == "cheap"  # type: ignore[arg-type]
    assert "fine in Graz" in json.dumps(server.requests[-1])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("tier", ["cheap", "premium"])
@pytest.mark.parametrize(("cheap", "premium"), ORDERS)
async def test_thoughts_and_ids_of_one_never_reach_the_other(
    cheap: str, premium: str, tier: str, way: str, server: LoopbackServer
) -> None:
    reader = {"cheap": cheap, "premium": premium}[tier]
    turns: Any = [
        HumanMessage("add 1 and 2"),
        copy.deepcopy(BY_GOOGLE if reader == "openai" else BY_OPENAI),
        ToolMessage("3", tool_call_id="call_1"),
        HumanMessage("Are you sure?"),
    ]
    before = copy.deepcopy(turns)
    answer = await by(way, mixed(server, cheap, premium).bind(model=tier), turns)
    assert told(answer)["strategy"] == tier
    assert turns == before
    text = json.dumps(server.requests[0])
    assert "Adding." in text
    assert not [word for word in PRIVATE if word in text]


@pytest.mark.parametrize(("cheap", "premium"), ORDERS)
def test_a_tool_of_googles_is_google_alone(
    cheap: str, premium: str, server: LoopbackServer, caplog: pytest.LogCaptureFixture
) -> None:
    bound = mixed(server, cheap, premium).bind_tools([weather, SEARCH])
    bound.invoke("How are you?")
    of = dict(zip((cheap, premium), server.requests, strict=True))
    names = [made["function"]["name"] for made in of["openai"]["tools"]]
    assert names == ["weather"]
    assert "googleSearch" in json.dumps(of["google"]["tools"])
    (line,) = ours(caplog)
    assert "left out the tool google_search, which" in line


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("cheap", "premium"), ORDERS)
async def test_who_has_not_the_only_tool_is_not_asked(
    cheap: str, premium: str, way: str, server: LoopbackServer
) -> None:
    bound = mixed(server, cheap, premium).bind_tools([SEARCH])
    answer = await by(way, bound, "How are you?")
    able = SMALL["google"] if cheap == "google" else LARGE["google"]
    assert asked(server) == [able]
    assert told(answer)["strategy"] == ("cheap" if cheap == "google" else "premium")


@pytest.mark.parametrize(("cheap", "premium"), ORDERS)
def test_a_demand_for_a_tool_is_told_in_each_ones_words(
    cheap: str, premium: str, server: LoopbackServer
) -> None:
    bound = mixed(server, cheap, premium).bind_tools(
        [weather], tool_choice="weather", parallel_tool_calls=False, strict=True
    )
    server.faults[SMALL[cheap]] = Fault(status=503)
    bound.invoke("Hello")
    of = dict(zip((cheap, premium), server.requests, strict=True))
    named = {"type": "function", "function": {"name": "weather"}}
    assert of["openai"]["tool_choice"] == named
    assert of["openai"]["parallel_tool_calls"] is False
    assert of["openai"]["tools"][0]["function"]["strict"] is True
    config = of["google"]["toolConfig"]["functionCallingConfig"]
    assert config == {"mode": "ANY", "allowedFunctionNames": ["weather"]}


@pytest.mark.parametrize("choice", ["required", "any", {"type": "any"}, "none", "auto"], ids=str)
@pytest.mark.parametrize(("cheap", "premium"), ORDERS)
def test_tools_bound_by_hand_are_bound_for_each(
    cheap: str, premium: str, choice: Any, server: LoopbackServer
) -> None:
    function = {"name": "weather", "parameters": {"type": "object", "properties": {}}}
    tools = [{"type": "function", "function": function}]
    before = copy.deepcopy(tools)
    server.faults[SMALL[cheap]] = Fault(status=503)
    mixed(server, cheap, premium).bind(tools=tools, tool_choice=choice).invoke("Hello")
    of = dict(zip((cheap, premium), server.requests, strict=True))
    word = choice["type"] if isinstance(choice, dict) else choice
    expected = "required" if word == "any" else word
    assert of["openai"]["tool_choice"] == expected
    assert of["openai"]["tools"][0]["function"] == function
    mode = of["google"]["toolConfig"]["functionCallingConfig"]["mode"]
    assert mode == {"required": "ANY", "any": "ANY", "none": "NONE", "auto": "AUTO"}[word]
    assert tools == before


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("cheap", "premium"), ORDERS)
async def test_arguments_reach_those_who_know_them(
    cheap: str, premium: str, way: str, server: LoopbackServer
) -> None:
    llm = mixed(server, cheap, premium).bind(
        logprobs=True, user="me", seed=7, top_k=3, thinking_budget=64, max_output_tokens=40
    )
    answer = await by(way, llm, "How are you?")
    assert told(answer)["strategy"] == "premium"
    of = dict(zip((cheap, premium), server.requests, strict=True))
    assert of["openai"]["logprobs"] is True
    assert (of["openai"]["user"], of["openai"]["seed"]) == ("me", 7)
    assert of["openai"]["max_completion_tokens"] == 40
    settings = of["google"]["generationConfig"]
    assert (settings["seed"], settings["topK"], settings["maxOutputTokens"]) == (7, 3, 40)
    assert list(settings["thinkingConfig"].values()) == [64]


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning")
@pytest.mark.parametrize("method", [None, "function_calling", "json_schema"])
@pytest.mark.parametrize("broken", [False, True], ids=["draft", "escalated"])
@pytest.mark.parametrize(("cheap", "premium"), ORDERS)
def test_structured_answers_of_either(
    cheap: str, premium: str, broken: Any, method: str | None, server: LoopbackServer
) -> None:
    if broken:
        server.faults[SMALL[cheap]] = Fault(text="Not JSON")
    options: dict[str, Any] = {"method": method} if method else {}
    llm = mixed(server, cheap, premium)
    assert llm.with_structured_output(City, **options).invoke("'Graz'") == City(name="Graz")
    assert asked(server) == [SMALL[cheap], LARGE[premium]][: 2 if broken else 1]


@pytest.mark.parametrize(("cheap", "premium"), ORDERS)
def test_a_schema_given_as_a_class_reaches_both(
    cheap: str, premium: str, server: LoopbackServer
) -> None:
    server.faults[SMALL[cheap]] = Fault(text="Not JSON")
    answer = mixed(server, cheap, premium).bind(response_format=City).invoke("'Graz'")
    assert json.loads(answer.text) == {"name": "Graz"}
    of = dict(zip((cheap, premium), server.requests, strict=True))
    assert of["openai"]["response_format"]["json_schema"]["name"] == "City"
    assert of["google"]["generationConfig"]["responseMimeType"] == "application/json"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("cheap", "premium"), ORDERS)
async def test_a_file_that_one_provider_keeps_is_read_there(
    cheap: str, premium: str, way: str, server: LoopbackServer
) -> None:
    parts: Any = [{"type": "text", "text": "What is it?"}, {"type": "file", "file_id": "file-1"}]
    llm: Any = mixed(server, cheap, premium)
    await by(way, llm, [HumanMessage(parts)])  # type: ignore[arg-type]
    assert asked(server) == [SMALL["openai"] if cheap == "openai" else LARGE["openai"]]


@pytest.mark.parametrize(("cheap", "premium"), ORDERS)
def test_with_every_part_off_the_premium_models_bytes_are_its_own(
    cheap: str, premium: str, server: LoopbackServer
) -> None:
    off = ChatTokenomics(
        cheap=MAKERS[cheap](server, SMALL[cheap]),
        premium=MAKERS[premium](server, LARGE[premium]),
        config=TokenomicsConfig.off(),
    )
    plain = MAKERS[premium](server, LARGE[premium])
    own = BY_OPENAI if premium == "openai" else BY_GOOGLE
    turns: Any = [
        SystemMessage("Be brief."),
        HumanMessage("add 1 and 2"),
        AIMessage("", tool_calls=own.tool_calls),
        ToolMessage("3", tool_call_id="call_1"),
        HumanMessage([{"type": "text", "text": "Sure?", "cache_control": {"type": "ephemeral"}}]),
    ]
    for llm in (plain, off):
        llm.bind_tools([weather], tool_choice="any").invoke(turns, temperature=0.5, stop=["x"])
        list(llm.stream(turns))
    one, one_streamed, other, other_streamed = server.bodies
    assert (one, one_streamed) == (other, other_streamed)


def test_a_tool_that_google_changes_keeps_its_key(server: LoopbackServer) -> None:
    function = {"name": "now", "parameters": {"type": "object", "properties": {}}}
    server.answer = sure
    llm = ChatTokenomics(premium=gemini_model(server, "gemini-2.5-pro"), **STEADY)
    bound = llm.bind_tools([{"type": "function", "function": function}])
    bound.invoke("How are you?")
    assert told(bound.invoke("How are you?"))["cache_hit"]


@pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
@pytest.mark.parametrize(("cheap", "premium"), ORDERS)
async def test_agents_made_of_middleware_have_it_too(
    cheap: str, premium: str, way: str, server: LoopbackServer
) -> None:
    middleware = TokenomicsMiddleware(cheap=MAKERS[cheap](server, SMALL[cheap]), **STEADY)
    model = MAKERS[premium](server, LARGE[premium])
    agent = create_agent(model, [weather, SEARCH], middleware=[middleware])
    messages, _ = await _run(way, agent, "weather in 'Graz'?")
    assert asked(server) == [SMALL[cheap], SMALL[cheap], LARGE[premium]]
    assert (
        messages[-1].text == f"The answer of {LARGE[premium]} to weather in 'Graz'? is forty two."
    )
    for request in server.requests:
        searches = "googleSearch" in json.dumps(request.get("tools"))
        assert searches == request["model"].startswith("gemini")
    server.requests.clear()
    turns: Any = [
        HumanMessage("add 1 and 2"),
        copy.deepcopy(BY_GOOGLE if premium == "openai" else BY_OPENAI),
        ToolMessage("3", tool_call_id="call_1"),
        HumanMessage("Are you sure?"),
    ]
    server.faults[SMALL[cheap]] = Fault(status=503)
    answer = agent.invoke({"messages": turns})["messages"][-1]
    assert LARGE[premium] in answer.text
    last = json.dumps(server.requests[-1])
    assert not [word for word in PRIVATE if word in last]


@pytest.mark.parametrize(("cheap", "premium"), ORDERS)
def test_and_whoever_has_not_their_only_tool_is_not_asked(
    cheap: str, premium: str, server: LoopbackServer
) -> None:
    middleware = TokenomicsMiddleware(cheap=MAKERS[cheap](server, SMALL[cheap]), **STEADY)
    model = MAKERS[premium](server, LARGE[premium])
    given: Any = {"messages": [HumanMessage("How are you?")]}
    create_agent(model, [SEARCH], middleware=[middleware]).invoke(given)
    assert asked(server) == [SMALL["google"] if cheap == "google" else LARGE["google"]]


def test_a_draft_of_a_model_that_can_not_be_told_to_call_one_tool_calls_one(
    server: LoopbackServer,
) -> None:
    looks = tuple(Call("weather", {"city": city}) for city in ("Graz", "Wels"))
    server.turns = lambda _: Turn(calls=looks)
    bound = mixed(server, "google", "openai").bind_tools([weather], parallel_tool_calls=False)
    answer = bound.invoke("How is it in Graz and in Wels?")
    assert [call["args"] for call in answer.tool_calls] == [{"city": "Graz"}]
    assert told(answer)["strategy"] == "premium"
