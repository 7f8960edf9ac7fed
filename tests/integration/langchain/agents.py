"""The same agent over a plain model and over ours, and what of its messages must be the same."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from langchain.agents import create_agent
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.tools import tool
from langgraph.prebuilt import create_react_agent
from pydantic import SecretStr

from tests.conftest import openai_model
from tests.integration.langchain.conftest import CHEAP, PREMIUM, STEADY
from tokenomics_langchain import ChatTokenomics, TokenomicsConfig
from tokenomics_shared.testing import Call, ChatRequest, LoopbackServer, Turn
from tokenomics_shared.testing.completions import Answerer, Turns

EASY, HARD = "Is it fine in Graz and in Wels?", "Is it hard to live in Graz and in Wels?"
new_agent: Callable[..., Any] = create_agent
BUILDERS: dict[str, Callable[..., Any]] = {"agent": new_agent, "react": create_react_agent}
STEPS: Any = {"recursion_limit": 25}
"""An agent that never ends is stopped."""


@tool
def weather(city: str) -> str:
    """Tell the weather."""
    return f"fine in {city}"


def answer(request: ChatRequest) -> str:
    """The same whoever is asked, but that the cheap model fails at what is hard."""
    if request.model == CHEAP and "hard" in request.question:
        return "Not sure"
    return f"The answer to {request.question} is forty two."


def looks_twice(request: ChatRequest) -> Turn | None:
    """Two calls at once of the first tool offered, before anything is answered."""
    if request.messages[-1]["role"] == "tool" or not request.tools:
        return None
    name = request.tools[0]["name"]
    return Turn(calls=(Call(name, {"city": "Graz"}), Call(name, {"city": "Wels"})))


def fresh(
    server: LoopbackServer, turns: Turns | None = None, says: Answerer = answer
) -> LoopbackServer:
    """A server that knows of no test before."""
    server.answer, server.turns, server.faults = says, turns, {}
    for kept in (server.requests, server.bodies, server.headers):
        kept.clear()
    return server


@lru_cache(maxsize=8)
def _model(url: str, name: str) -> Any:
    """Made once: a client is slow to make."""
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(
        model=name, base_url=url, api_key=SecretStr("any"), max_retries=0, stream_usage=True
    )


def plain(server: LoopbackServer, **settings: Any) -> Any:
    """What is to be dropped in for."""
    if settings:
        return openai_model(server, PREMIUM, **settings)
    return _model(server.url, PREMIUM)


def cheap(server: LoopbackServer) -> Any:
    """What drafts."""
    return _model(server.url, CHEAP)


def ours(server: LoopbackServer, **settings: Any) -> ChatTokenomics:
    """Drafts with the cheap tier every time, and judges by form alone."""
    given = {"cheap": cheap(server), "premium": plain(server), **STEADY}
    return ChatTokenomics(**given | settings)


def ours_off(server: LoopbackServer) -> ChatTokenomics:
    """Every part off."""
    config = TokenomicsConfig.off()
    return ChatTokenomics(cheap=cheap(server), premium=plain(server), config=config)


WORLDS: dict[str, tuple[Callable[[LoopbackServer], Any], str]] = {
    "accepted": (ours, EASY),
    "escalated": (ours, HARD),
    "off": (ours_off, EASY),
}
"""Ways an agent's turns may be answered: the model, and what is asked."""


def asked(question: str = EASY) -> Any:
    """An agent's input."""
    return {"messages": [HumanMessage(question)]}


def shown(value: Any) -> Any:
    """What must be the same of states, updates and messages: all but ids and metadata."""
    if isinstance(value, BaseMessage):
        calls = [(call["name"], call["args"]) for call in getattr(value, "tool_calls", ())]
        content = shown(value.content)
        return value.type, content, calls, value.name, getattr(value, "status", None)
    if isinstance(value, dict):
        return {name: shown(part) for name, part in value.items() if name != "id"}
    if isinstance(value, list | tuple):
        return [shown(part) for part in value]
    return value


def are_sound(messages: list[Any]) -> bool:
    """Whether no id is there twice and every answer tells its own usage."""
    ids = [message.id for message in messages]
    answers = [message for message in messages if isinstance(message, AIMessage)]
    told = all(message.usage_metadata is not None for message in answers)
    return told and None not in ids and len(set(ids)) == len(ids)
