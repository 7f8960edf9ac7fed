"""LangChain's own middleware around ours does what it does around the plain model."""

from typing import Any

import pytest
from langchain.agents.middleware import (
    ClearToolUsesEdit,
    ContextEditingMiddleware,
    HumanInTheLoopMiddleware,
    LLMToolSelectorMiddleware,
    ModelCallLimitMiddleware,
    ModelFallbackMiddleware,
    ModelRetryMiddleware,
    PIIMiddleware,
    SummarizationMiddleware,
    TodoListMiddleware,
    ToolCallLimitMiddleware,
    ToolRetryMiddleware,
    wrap_model_call,
)
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from tests.conftest import openai_model
from tests.integration.langchain.agents import (
    EASY,
    HARD,
    STEPS,
    are_sound,
    asked,
    cheap,
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
from tokenomics_shared.testing import Call, ChatRequest, Fault, LoopbackServer, Turn

MODELS = (plain, ours, ours_off)


@pytest.fixture
def server(served: LoopbackServer) -> LoopbackServer:
    return fresh(served, looks_twice)


def of(thread: str) -> Any:
    return {**STEPS, "configurable": {"thread_id": thread}}


@tool
def search(city: str) -> str:
    """Search for a city."""
    return f"{city} was found"


def keeps_on(request: ChatRequest) -> Turn | None:
    """Calls the first tool four times, one after the other."""
    results = sum(message["role"] == "tool" for message in request.messages)
    if results >= 4 or not request.tools:
        return None
    return Turn(calls=(Call(request.tools[0]["name"], {"city": f"Graz {results}"}),))


@wrap_model_call
def louder(request: Any, handler: Any) -> Any:
    """Change the conversation for this call alone."""
    return handler(request.override(messages=[*request.messages, HumanMessage("Louder, please")]))


@wrap_model_call
def told_how(request: Any, handler: Any) -> Any:
    """Change tools, settings and system message."""
    settings = {"temperature": 0.5, "max_tokens": 50, "parallel_tool_calls": False}
    return handler(request.override(model_settings=settings, system_prompt="Be brief"))


MIDDLEWARE: dict[str, Any] = {
    "model calls": lambda llm: ModelCallLimitMiddleware(run_limit=2),
    "model calls, raising": lambda llm: ModelCallLimitMiddleware(
        run_limit=2, exit_behavior="error"
    ),
    "tool calls": lambda llm: ToolCallLimitMiddleware(run_limit=2),
    "tool calls, ending": lambda llm: ToolCallLimitMiddleware(run_limit=1, exit_behavior="end"),
    "retries": lambda llm: ModelRetryMiddleware(max_retries=1, initial_delay=0.0),
    "tool retries": lambda llm: ToolRetryMiddleware(max_retries=1),
    "editing": lambda llm: ContextEditingMiddleware(
        edits=[ClearToolUsesEdit(trigger=10, keep=1, placeholder="[gone]")]
    ),
    "to do": lambda llm: TodoListMiddleware(),
    "private": lambda llm: PIIMiddleware("email", strategy="redact"),
    "messages": lambda llm: louder,
    "settings": lambda llm: told_how,
}


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("kind", MIDDLEWARE)
@pytest.mark.parametrize("question", [EASY, HARD], ids=["accepted", "escalated"])
async def test_middleware_leads_to_the_same_state(
    question: str, kind: str, way: str, server: LoopbackServer
) -> None:
    if way == "async" and kind in {"messages", "settings"}:
        return  # written for sync calls alone
    server.turns = keeps_on
    outcomes: list[Any] = []
    for make in MODELS:
        llm = make(server)
        agent = new_agent(llm, [weather, search], middleware=[MIDDLEWARE[kind](llm)])
        try:
            given = asked(f"{question} Write to me@example.com")
            if way == "sync":
                state = agent.invoke(given, STEPS)
            else:
                state = await agent.ainvoke(given, STEPS)
            outcomes.append(shown(state["messages"]))
        except Exception as error:  # noqa: BLE001 -- compared
            outcomes.append((type(error), str(error)))
    assert outcomes[1:] == outcomes[:1] * 2


def test_a_summary_is_made_by_the_answering_calls_tokens_not_the_cascades(
    server: LoopbackServer,
) -> None:
    """The plain model's turns stay under the limit; drafts and answers together would not."""
    server.turns = None
    limits = []
    for make in (plain, ours):
        llm = make(server)
        history: list[Any] = []
        for number in range(3):
            history.append(HumanMessage(f"{HARD} {number} " + "and so on " * 40))
            history.append(llm.invoke(history))
        used = history[-1].usage_metadata["total_tokens"]
        limits.append(used)
        for limit, expected in ((used + 50, False), (used - 50, True)):
            summary = SummarizationMiddleware(
                llm, trigger=("tokens", limit), keep=("messages", 2), trim_tokens_to_summarize=None
            )
            agent = new_agent(llm, [], middleware=[summary])
            state = agent.invoke({"messages": [*history]})["messages"]
            assert (len(state) < len(history)) is expected, (make.__name__, limit)
            assert are_sound([m for m in state if isinstance(m, AIMessage)])
    assert limits[0] == limits[1]


def test_fractions_of_the_profile_work(server: LoopbackServer) -> None:
    llm = ours(server)
    summary = SummarizationMiddleware(llm, trigger=("fraction", 0.8), keep=("fraction", 0.3))
    assert are_sound(new_agent(llm, [weather], middleware=[summary]).invoke(asked())["messages"])


DECISIONS: dict[str, list[dict[str, Any]]] = {
    "approved": [{"type": "approve"}, {"type": "approve"}],
    "edited": [
        {"type": "edit", "edited_action": {"name": "weather", "args": {"city": "Salzburg"}}},
        {"type": "approve"},
    ],
    "rejected": [{"type": "reject", "message": "Not there"}, {"type": "approve"}],
}


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("decision", DECISIONS)
async def test_a_human_in_the_loop(decision: str, way: str, server: LoopbackServer) -> None:
    outcomes: list[Any] = []
    for make in MODELS:
        agent = new_agent(
            make(server),
            [weather],
            middleware=[HumanInTheLoopMiddleware(interrupt_on={"weather": True})],
            checkpointer=InMemorySaver(),
        )
        first = agent.invoke(asked(HARD), of("a"))
        (interrupt,) = first["__interrupt__"]
        resumed: Any = Command(resume={"decisions": DECISIONS[decision]})
        if way == "sync":
            state = agent.invoke(resumed, of("a"))
        else:
            state = await agent.ainvoke(resumed, of("a"))
        assert are_sound(state["messages"])
        outcomes.append((shown(interrupt.value), shown(state["messages"])))
    assert outcomes[1:] == outcomes[:1] * 2


async def test_fallbacks_both_ways_round(server: LoopbackServer) -> None:
    broken = openai_model(server, "broken")
    server.faults["broken"] = Fault(status=500)
    for first, then in (
        (broken, ours(server)),
        (ours(server, cheap=openai_model(server, "broken"), premium=broken), plain(server)),
    ):
        agent = new_agent(first, [weather], middleware=[ModelFallbackMiddleware(then)])
        state = await agent.ainvoke(asked(EASY), STEPS)
        assert "forty two" in state["messages"][-1].text
        assert are_sound(state["messages"])


def test_a_retry_asks_again_after_both_tiers_failed(server: LoopbackServer) -> None:
    names = ["first-broken", "second-broken"]
    for name in names:
        server.faults[name] = Fault(status=500, times=1)
    llm = ours(
        server,
        cheap=openai_model(server, names[0]),
        premium=openai_model(server, names[1]),
    )
    retry = ModelRetryMiddleware(max_retries=1, initial_delay=0.0, jitter=False)
    state = new_agent(llm, [], middleware=[retry]).invoke(asked())
    assert "forty two" in state["messages"][-1].text
    assert [request["model"] for request in server.requests] == [*names, names[0]]


def test_ours_may_select_tools_and_be_selected_for(server: LoopbackServer) -> None:
    def turns(request: ChatRequest) -> Turn | None:
        if request.body.get("response_format"):
            return Turn(text='{"tools": ["search"]}')
        return looks_twice(request)

    server.turns = turns
    outcomes = []
    for make in MODELS:
        llm = make(server)
        selector = LLMToolSelectorMiddleware(model=llm, max_tools=1)
        agent = new_agent(llm, [weather, search], middleware=[selector])
        outcomes.append(shown(agent.invoke(asked(HARD), STEPS)["messages"]))
    assert outcomes[1:] == outcomes[:1] * 2
    assert outcomes[0][1][2][0][0] == "search"


def test_another_model_for_a_call_keeps_the_tools(server: LoopbackServer) -> None:
    @wrap_model_call
    def other(request: Any, handler: Any) -> Any:
        return handler(request.override(model=ours(server)))

    agent = new_agent(cheap(server), [weather], middleware=[other])
    state = agent.invoke(asked(HARD), STEPS)["messages"]
    assert [message.type for message in state] == ["human", "ai", "tool", "tool", "ai"]
    assert {request["model"] for request in server.requests} == {CHEAP, PREMIUM}
