"""Agents over ours with checkpoints: turns, threads, failures, history."""

from typing import Any

import openai
import pytest
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore

from tests.integration.langchain.agents import (
    EASY,
    HARD,
    STEPS,
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
from tokenomics_shared.testing import Fault, LoopbackServer

MODELS = (plain, ours, ours_off)


@pytest.fixture
def server(served: LoopbackServer) -> LoopbackServer:
    return fresh(served, looks_twice)


def of(thread: str) -> Any:
    return {**STEPS, "configurable": {"thread_id": thread}}


async def test_turns_and_threads_are_kept_apart_and_none_is_lost(server: LoopbackServer) -> None:
    histories = []
    for make in MODELS:
        agent = new_agent(make(server), [weather], checkpointer=InMemorySaver())
        # The same question comes again: its answer may be kept, its place in the history is new.
        for thread, question in (("a", EASY), ("b", EASY), ("a", HARD), ("a", EASY), ("a", EASY)):
            await agent.ainvoke(asked(question), of(thread))
        states = [agent.get_state(of(thread)).values["messages"] for thread in "ab"]
        assert [len(messages) for messages in states] == [20, 5]
        assert all(map(are_sound, states))
        past = [len(it.values.get("messages", ())) for it in agent.get_state_history(of("a"))]
        histories.append((shown(states), past))
    assert histories[1:] == histories[:1] * 2


@pytest.mark.parametrize("way", ["sync", "async"])
async def test_small_talk_that_repeats_never_rewrites_the_history(
    way: str, server: LoopbackServer
) -> None:
    """Both threads ask the same, so that the second one's answers all come from memory."""
    server.turns = None
    agent = new_agent(ours(server), [], checkpointer=InMemorySaver())
    seen: list[Any] = []
    state: Any = None
    for thread in "ab":
        for question in ("Hello there", "How are you today?", "Hello there"):
            if way == "sync":
                state = agent.invoke(asked(question), of(thread))
            else:
                state = await agent.ainvoke(asked(question), of(thread))
        seen.append(state["messages"])
    assert shown(seen[0]) == shown(seen[1])
    assert len(server.requests) == 3
    assert are_sound([*seen[0], *seen[1]])


@pytest.mark.parametrize("way", ["sync", "async"])
async def test_an_agent_resumes_after_a_failure(way: str, server: LoopbackServer) -> None:
    ends = []
    for make in MODELS:
        agent = new_agent(make(server), [weather], checkpointer=InMemorySaver())
        server.faults[CHEAP] = server.faults[PREMIUM] = Fault(status=500)
        with pytest.raises(openai.InternalServerError):
            agent.invoke(asked(), of("a"))
        server.faults.clear()
        agent.update_state(of("a"), {"messages": [HumanMessage("Try again")]})
        if way == "sync":
            state = agent.invoke(None, of("a"))
        else:
            state = await agent.ainvoke(None, of("a"))
        assert are_sound(state["messages"])
        ends.append(shown(state["messages"]))
    assert ends[1:] == ends[:1] * 2


def test_an_agent_stopped_before_its_tools_goes_on_from_there(server: LoopbackServer) -> None:
    ends = []
    for make in MODELS:
        agent = new_agent(
            make(server), [weather], checkpointer=InMemorySaver(), interrupt_before=["tools"]
        )
        stopped = agent.invoke(asked(HARD), of("a"))["messages"]
        state = agent.get_state(of("a"))
        assert state.next == ("tools", "tools")
        ended = agent.invoke(None, of("a"))["messages"]
        again = agent.invoke(None, agent.get_state(of("a")).parent_config)["messages"]
        ends.append((shown(stopped), shown(ended), shown(again)))
    assert ends[1:] == ends[:1] * 2


def test_a_fork_of_a_thread_is_a_conversation_of_its_own(server: LoopbackServer) -> None:
    server.turns = None
    agent = new_agent(ours(server), [], checkpointer=InMemorySaver())
    agent.invoke(asked("Hello there"), of("a"))
    agent.invoke(asked("How are you today?"), of("a"))
    (earlier,) = [
        state
        for state in agent.get_state_history(of("a"))
        if len(state.values.get("messages", ())) == 2 and not state.next
    ]
    forked = agent.invoke(asked("What is the time?"), earlier.config)["messages"]
    assert "What is the time?" in forked[-1].text
    assert len(forked) == 4
    assert len(server.requests) == 3


def test_a_store_and_a_context_pass_through(server: LoopbackServer) -> None:
    store = InMemoryStore()
    agent = new_agent(ours(server), [weather], store=store, checkpointer=InMemorySaver())
    assert are_sound(agent.invoke(asked(), {**of("a"), "tags": ["t"]})["messages"])


async def test_wishes_reach_the_model_inside_an_agent(server: LoopbackServer) -> None:
    server.turns = None
    llm = ours(server)
    agent = new_agent(llm, [])
    for config in ({}, {"configurable": {"no_cache": True}}, {"metadata": {"tenant": "b"}}):
        await agent.ainvoke(asked(), config)
    assert len(server.requests) == 3
