"""Agents made of middleware, over real models on the loopback server."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool
from pydantic import BaseModel

from tests.conftest import openai_model
from tests.integration.langchain.conftest import CHEAP, PREMIUM, STEADY
from tokenomics_langchain import TokenomicsMiddleware
from tokenomics_shared.testing import LoopbackServer

EASY, HARD = "What is easy?", "What is hard?"
EASY_ANSWER = f"The answer of {CHEAP} to {EASY} is forty two."
HARD_ANSWER = f"The answer of {PREMIUM} to {HARD} is forty two."

MOST_STEPS = 24
"""Steps of an agent, lest it goes on for ever."""


class City(BaseModel):
    """A city."""

    name: str
    people: int


@tool
def weather(city: str) -> str:
    """Tell the weather."""
    return f"It is sunny in {city}."


def middleware(server: LoopbackServer, **settings: Any) -> TokenomicsMiddleware:
    """One that drafts with the cheap model every time and checks it quickly."""
    given: Any = {"cheap": openai_model(server, CHEAP), **STEADY, **settings}
    return TokenomicsMiddleware(**given)


def agent(
    server: LoopbackServer,
    ours: TokenomicsMiddleware | None,
    tools: Sequence[Any] = (),
    *,
    model: Any = None,
    before: Sequence[Any] = (),
    after: Sequence[Any] = (),
    **others: Any,
) -> Any:
    """An agent with ours among its middleware; with none of ours when that is None."""
    given = model or openai_model(server, PREMIUM)
    among = [*before, *([] if ours is None else [ours]), *after]
    made = create_agent(given, list(tools), middleware=among, **others)
    return made.with_config(recursion_limit=MOST_STEPS)


def asked(question: str) -> Any:
    return {"messages": [HumanMessage(question)]}


def last(state: Mapping[str, Any]) -> AIMessage:
    message: AIMessage = state["messages"][-1]
    return message


def told(message: AIMessage) -> dict[str, Any]:
    metadata: dict[str, Any] = message.response_metadata["tokenomics"]
    return metadata


def by_values(agent: Any, question: str, config: Any = None) -> Any:
    return list(agent.stream(asked(question), config, stream_mode="values"))[-1]


async def by_async_values(agent: Any, question: str, config: Any = None) -> Any:
    streamed = agent.astream(asked(question), config, stream_mode="values")
    return [state async for state in streamed][-1]


async def by_events(agent: Any, question: str, config: Any = None) -> Any:
    events = [e async for e in agent.astream_events(asked(question), config, version="v2")]
    return events[-1]["data"]["output"]


async def by_ainvoke(agent: Any, question: str, config: Any = None) -> Any:
    return await agent.ainvoke(asked(question), config)


def by_invoke(agent: Any, question: str, config: Any = None) -> Any:
    return agent.invoke(asked(question), config)


WAYS: dict[str, Callable[..., Any]] = {
    "invoke": by_invoke,
    "ainvoke": by_ainvoke,
    "values": by_values,
    "async values": by_async_values,
    "events": by_events,
}


async def by(way: str, agent: Any, question: str, config: Any = None) -> dict[str, Any]:
    """The final state, however the agent is run."""
    state = WAYS[way](agent, question, config)
    found: dict[str, Any] = state if isinstance(state, dict) else await state
    return found
