"""Streams of agents over ours: what comes, how often, and of whom."""

from collections import Counter
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from tests.integration.langchain.agents import (
    BUILDERS,
    EASY,
    STEPS,
    WORLDS,
    asked,
    fresh,
    looks_twice,
    new_agent,
    ours,
    plain,
    shown,
    weather,
)
from tokenomics_shared.testing import LoopbackServer

pytestmark = [
    pytest.mark.filterwarnings("ignore:create_react_agent has been moved"),
    pytest.mark.filterwarnings("ignore:The v3 streaming protocol on Pregel"),
    pytest.mark.filterwarnings("ignore:The method `BaseChatModel._a?chat_model_stream_v3`"),
]


@pytest.fixture
def server(served: LoopbackServer) -> LoopbackServer:
    return fresh(served, looks_twice)


async def streamed(way: str, agent: Any, question: str, **given: Any) -> list[Any]:
    if way == "sync":
        return list(agent.stream(asked(question), STEPS, **given))
    return [part async for part in agent.astream(asked(question), STEPS, **given)]


def in_order(parts: list[Any]) -> list[Any]:
    """Results of tools that ran at once come in any order."""
    first = next(i for i, part in enumerate(parts) if "tools" in repr(part))
    return [*parts[:first], *sorted(parts[first : first + 2], key=repr), *parts[first + 2 :]]


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("build", BUILDERS)
async def test_states_and_updates_are_those_over_the_plain_model(
    build: str, world: str, way: str, server: LoopbackServer
) -> None:
    make, question = WORLDS[world]
    for mode in ("values", "updates"):
        expected, got = [
            shown(await streamed(way, BUILDERS[build](llm, [weather]), question, stream_mode=mode))
            for llm in (plain(server), make(server))
        ]
        if mode == "updates":
            expected, got = in_order(expected), in_order(got)
        assert got == expected


def joined(parts: list[Any]) -> str:
    """The text of an agent's answers, as its tokens came."""
    return "".join(
        token.text for token, told in parts if token.type == "AIMessageChunk" and told is not None
    )


@pytest.mark.parametrize("nested", ["none", "trace"])
@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("build", BUILDERS)
@pytest.mark.parametrize("world", ["accepted", "escalated"])
async def test_every_token_comes_once_and_of_the_answer_alone(
    world: str, build: str, way: str, nested: str, server: LoopbackServer
) -> None:
    _, question = WORLDS[world]
    outcomes = []
    for llm in (plain(server), ours(server, nested=nested)):
        agent = BUILDERS[build](llm, [weather])
        parts = await streamed(way, agent, question, stream_mode=["messages", "values"])
        tokens = [part for mode, part in parts if mode == "messages"]
        assert joined(tokens) == f"The answer to {question} is forty two."
        (state,) = [part for mode, part in parts if mode == "values"][-1:]
        ids = [message.id for message in state["messages"] if message.type != "human"]
        # A token bears the id of the message that it is a part of.
        assert {token.id for token, _ in tokens} == set(ids)
        said = [token for token, _ in tokens if token.type == "AIMessageChunk"]
        usage = [token.usage_metadata for token in said if token.usage_metadata]
        outcomes.append((shown(state), len(usage), Counter(t.type for t, _ in tokens)["tool"]))
    assert outcomes[0] == outcomes[1]


async def test_a_kept_answer_is_streamed_as_another_message(server: LoopbackServer) -> None:
    agent = new_agent(ours(server), [], checkpointer=InMemorySaver())
    seen = []
    for thread in "ab":
        config: Any = {"configurable": {"thread_id": thread}}
        parts = list(agent.stream(asked("Kept and told again"), config, stream_mode="messages"))
        assert joined(parts) == "The answer to Kept and told again is forty two."
        seen.append({token.id for token, _ in parts})
    assert [len(ids) for ids in seen] == [1, 1]
    assert seen[0] != seen[1]


@pytest.mark.parametrize("world", WORLDS)
async def test_events_are_those_over_the_plain_model(world: str, server: LoopbackServer) -> None:
    make, question = WORLDS[world]
    told = []
    for llm in (plain(server), make(server)):
        agent = new_agent(llm, [weather])
        events = [it async for it in agent.astream_events(asked(question), STEPS, version="v2")]
        kinds = Counter(event["event"] for event in events)
        del kinds["on_chat_model_stream"]
        text = "".join(
            event["data"]["chunk"].text
            for event in events
            if event["event"] == "on_chat_model_stream"
        )
        ends = [e["data"]["output"] for e in events if e["event"] == "on_chat_model_end"]
        told.append((kinds, text, shown(ends)))
    assert told[0] == told[1]


@pytest.mark.parametrize("world", WORLDS)
async def test_events_of_the_third_kind_too(world: str, server: LoopbackServer) -> None:
    make, question = WORLDS[world]
    told: list[Any] = []
    for llm in (plain(server), make(server)):
        agent = new_agent(llm, [weather])
        run = agent.stream_events(asked(question), STEPS, version="v3")
        texts = ["".join(message.text) for message in run.messages]
        awaited = await agent.astream_events(asked(question), STEPS, version="v3")
        atexts = [await message.text async for message in awaited.messages]
        told.append((texts, atexts, shown(run.output), shown(await awaited.output())))
    assert told[0] == told[1]
    assert told[1][0] == ["", f"The answer to {question} is forty two."]


@pytest.mark.parametrize("world", ["accepted", "escalated"])
async def test_so_does_the_model_alone(world: str, server: LoopbackServer) -> None:
    make, question = WORLDS[world]
    told: list[Any] = []
    for llm in (plain(server), make(server)):
        bound = llm.bind_tools([weather], tool_choice="none") if world == "off" else llm
        stream = bound.stream_events(question, version="v3")
        text = "".join(stream.text)
        awaited = await bound.astream_events(question + "!", version="v3")
        atext = "".join([part async for part in awaited.text])
        told.append((text, atext, shown(stream.output), shown(await awaited)))
    assert told[0] == told[1]


def test_an_agent_told_not_to_stream_a_model(server: LoopbackServer) -> None:
    quiet = [
        llm.model_copy(update={"tags": ["nostream"]}) for llm in (plain(server), ours(server))
    ]
    expected, got = [
        [
            shown(token)
            for token, _ in new_agent(llm, []).stream(asked(EASY), stream_mode="messages")
        ]
        for llm in quiet
    ]
    assert got == expected
    assert len(got) == 1
