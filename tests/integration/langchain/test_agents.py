"""Agents over ours go as they do over the plain model."""

from typing import Annotated, Any

import pytest
from langchain.tools import ToolRuntime
from langchain_core.callbacks import UsageMetadataCallbackHandler
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import BaseTool, ToolException, tool
from langgraph.graph.message import add_messages as _add
from langgraph.prebuilt import InjectedState, create_react_agent
from pydantic import BaseModel

from tests.integration.langchain.agents import (
    BUILDERS,
    EASY,
    HARD,
    STEPS,
    WORLDS,
    are_sound,
    asked,
    fresh,
    looks_twice,
    new_agent,
    ours,
    ours_off,
    plain,
    shown,
    weather,
)
from tests.integration.langchain.conftest import CHEAP, PREMIUM
from tokenomics_shared.testing import Call, ChatRequest, LoopbackServer, Turn

add_messages: Any = _add
pytestmark = pytest.mark.filterwarnings("ignore:create_react_agent has been moved")


@pytest.fixture
def server(served: LoopbackServer) -> LoopbackServer:
    return fresh(served, looks_twice)


async def run(way: str, agent: Any, given: Any, **config: Any) -> list[Any]:
    """The agent's messages in the end."""
    settings = {**STEPS, **config}
    if way == "sync":
        return list(agent.invoke(given, settings)["messages"])
    return list((await agent.ainvoke(given, settings))["messages"])


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("build", BUILDERS)
async def test_an_agent_goes_as_over_the_plain_model(
    build: str, world: str, way: str, server: LoopbackServer
) -> None:
    make, question = WORLDS[world]
    counters = [UsageMetadataCallbackHandler(), UsageMetadataCallbackHandler()]
    expected, got = [
        await run(way, BUILDERS[build](llm, [weather]), asked(question), callbacks=[counter])
        for llm, counter in zip((plain(server), make(server)), counters, strict=True)
    ]
    assert shown(got) == shown(expected)
    assert [message.type for message in got] == ["human", "ai", "tool", "tool", "ai"]
    assert are_sound(got)
    answers: list[Any] = [message for message in got if isinstance(message, AIMessage)]
    counted = [usage["total_tokens"] for usage in counters[1].usage_metadata.values()]
    assert sum(counted) == sum(message.usage_metadata["total_tokens"] for message in answers)
    models = [message.response_metadata["model_name"] for message in answers]
    second = {"accepted": [CHEAP, CHEAP], "escalated": [CHEAP, PREMIUM], "off": [PREMIUM] * 2}
    assert models == second[world]


@pytest.mark.parametrize("way", ["sync", "async"])
async def test_an_agent_that_meets_only_kept_answers_keeps_its_history(
    way: str, server: LoopbackServer
) -> None:
    server.turns = None
    agent = new_agent(ours(server), [])
    question, earlier = HumanMessage("Are you sure?"), [HumanMessage(EASY), AIMessage("It is.")]
    first, again = [await run(way, agent, {"messages": [*earlier, question]}) for _ in range(2)]
    assert len(server.requests) == 1
    assert again[-1].response_metadata["tokenomics"]["cache_hit"]
    assert again[-1].id not in {None, first[-1].id}
    # What has an id that is there already would take its message's place.
    assert len(add_messages(first, again[-1:])) == len(first) + 1


class Lookup(BaseTool):
    """A tool made by hand."""

    name: str = "lookup"
    description: str = "Look a city up."

    def _run(self, city: str) -> str:
        return f"{city} is there"


def search(city: str) -> str:
    """Search for a city."""
    return f"{city} was found"


@tool(extras={"defer_loading": True})
def vast(city: str) -> str:
    """Tell of a city at length."""
    return f"{city} is vast"


@tool
def seen(city: str, state: Annotated[dict[str, Any], InjectedState]) -> str:
    """Say how many messages there are."""
    return f"{city}: {len(state['messages'])}"


@tool
def running(city: str, runtime: ToolRuntime[Any, Any]) -> str:
    """Say which call this is."""
    return f"{city} {runtime.state['messages'][0].content} {bool(runtime.tool_call_id)}"


@tool
async def slow(city: str) -> str:
    """Take one's time."""
    return f"{city} at last"


@tool(response_format="content_and_artifact")
def drawn(city: str) -> tuple[str, dict[str, str]]:
    """Draw a city."""
    return f"{city} drawn", {"city": city}


@tool
def failing(city: str) -> str:
    """Fail."""
    raise ToolException(f"no {city}")


failing.handle_tool_error = True


class Place(BaseModel):
    """A place."""

    city: str


IN_FORM = {
    "type": "function",
    "function": {
        "name": "in_form",
        "description": "A tool by its form alone.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


@pytest.mark.parametrize("build", BUILDERS)
@pytest.mark.parametrize(
    "given",
    [Lookup(), search, vast, seen, running, drawn, failing],
    ids=lambda it: getattr(it, "name", getattr(it, "__name__", "")),
)
def test_tools_of_any_kind_are_offered_and_run_as_over_the_plain_model(
    given: Any, build: str, server: LoopbackServer
) -> None:
    outcomes, results = [], []
    for llm in (plain(server), ours(server), ours_off(server)):
        messages = BUILDERS[build](llm, [given]).invoke(asked(), STEPS)["messages"]
        results = [message for message in messages if message.type == "tool"]
        artifacts = [message.artifact for message in results]
        offered = [request["tools"] for request in server.requests]
        server.requests.clear()
        outcomes.append((shown(messages), artifacts, offered))
    assert outcomes[1:] == outcomes[:1] * 2
    assert len(results) == 2


@pytest.mark.parametrize("given", [Place, IN_FORM], ids=["pydantic", "dict"])
def test_tools_that_nothing_runs_end_an_agent_as_over_the_plain_model(
    given: Any, server: LoopbackServer
) -> None:
    """LangChain's agents leave such calls to their caller, or refuse the tool."""
    outcomes: list[Any] = []
    for llm in (plain(server), ours(server), ours_off(server)):
        try:
            outcomes.append(shown(new_agent(llm, [given]).invoke(asked(), STEPS)))
        except Exception as error:  # noqa: BLE001 -- compared
            outcomes.append((type(error), str(error)))
    assert outcomes[1:] == outcomes[:1] * 2


async def test_async_tools(server: LoopbackServer) -> None:
    expected, got = [
        shown(await run("async", new_agent(llm, [slow, weather]), asked()))
        for llm in (plain(server), ours(server))
    ]
    assert got == expected


@pytest.mark.parametrize("build", BUILDERS)
def test_a_tool_that_breaks_breaks_the_agent_as_over_the_plain_model(
    build: str, server: LoopbackServer
) -> None:
    @tool
    def broken(city: str) -> str:
        """Break."""
        raise RuntimeError("no way there")

    outcomes = []
    for llm in (plain(server), ours(server)):
        try:
            outcomes.append(shown(BUILDERS[build](llm, [broken]).invoke(asked(), STEPS)))
        except RuntimeError as error:
            outcomes.append(str(error))
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("fault", ['{"town": 1}', "{city", '{"city": ["Graz"]}'])
def test_a_draft_that_calls_a_tool_wrongly_is_never_run(
    fault: str, server: LoopbackServer
) -> None:
    def turns(request: ChatRequest) -> Turn | None:
        turn = looks_twice(request)
        if turn and request.model == CHEAP:
            return Turn(calls=(Call("weather", fault),))
        return turn

    server.turns = turns
    expected, got = [
        new_agent(llm, [weather]).invoke(asked(), STEPS)["messages"]
        for llm in (plain(server), ours(server))
    ]
    assert shown(got) == shown(expected)
    calls = got[1].response_metadata["tokenomics"]["calls"]
    assert [call["tier"] for call in calls] == ["cheap", "premium"]


WAYS_TO_BIND: dict[str, Any] = {
    "tools": lambda llm: llm.bind_tools([weather]),
    "stop": lambda llm: llm.bind_tools([weather]).bind(stop=["forty"]),
    "config": lambda llm: llm.with_config(tags=["mine"], metadata={"tenant": "a"}),
    "function": lambda llm: lambda state, runtime: llm.bind_tools([weather]),
}


@pytest.mark.parametrize("bound", WAYS_TO_BIND)
@pytest.mark.parametrize("build", BUILDERS)
async def test_a_model_may_be_bound_before(bound: str, build: str, server: LoopbackServer) -> None:
    outcomes: list[Any] = []
    for llm in (plain(server), ours(server), ours_off(server)):
        try:
            agent = BUILDERS[build](WAYS_TO_BIND[bound](llm), [weather])
            outcomes.append(shown(await run("async", agent, asked(HARD))))
        except Exception as error:  # noqa: BLE001 -- compared
            outcomes.append(type(error))
    assert outcomes[1:] == outcomes[:1] * 2
    assert build == "agent" or isinstance(outcomes[0], list)


def test_an_agent_may_be_a_tool_of_another(server: LoopbackServer) -> None:
    def expert(llm: Any) -> Any:
        inner = new_agent(llm, [weather])

        @tool
        def advice(city: str) -> str:
            """Ask someone who knows."""
            return str(inner.invoke(asked(f"Advice on {city}"), STEPS)["messages"][-1].text)

        return create_react_agent(llm, [advice])

    expected, got = [
        shown(expert(llm).invoke(asked(HARD), STEPS)) for llm in (plain(server), ours(server))
    ]
    assert got == expected
