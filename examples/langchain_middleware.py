"""An agent made of middleware: what it answers by a cheap model, by its own, and from memory.

Recorded answers on a loopback server stand in for two models; with a key of OpenAI's, put
`"openai:gpt-4o-mini"` and `"openai:gpt-4o"` in their places.
"""

from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import ModelCallLimitMiddleware
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

from tokenomics_langchain import TokenomicsMiddleware
from tokenomics_shared.testing import ChatRequest, LoopbackServer

WHY = "The parcel was handed to the wrong driver, so it went to Graz before it came to Vienna."


@tool
def parcel(number: str) -> str:
    """Tell where a parcel is."""
    return f"Parcel {number} is in Vienna. It came by way of Graz."


def answer(request: ChatRequest) -> str:
    """The cheap model tells what a tool has told it, and can't say why."""
    if "Why" in request.question:
        return "Not sure" if request.model == "gpt-4o-mini" else WHY
    return "Parcel 17 is in Vienna now, where it came by way of Graz."


def ask(agent: Any, question: str) -> None:
    """Ask, and show what comes as it comes."""
    print(f"\n{question}")
    asked = {"messages": [("user", question)]}
    for message, _ in agent.stream(asked, stream_mode="messages"):
        if message.text and isinstance(message, AIMessage):
            print("|", message.text, end=" ")
    print()


with LoopbackServer(answer) as server:
    middleware = TokenomicsMiddleware(
        cheap=f"openai:gpt-4o-mini@{server.url}",
        # So that every run of this example is the same: not for production.
        bandit={"enabled": False},
        judge={"judges": ("checks", "quick")},
        audit={"enabled": False},
    )
    # Ours is the last: it reads what is sent, when the others are done with it.
    all_of_them: list[Any] = [ModelCallLimitMiddleware(run_limit=5), middleware]
    agent = create_agent(
        ChatOpenAI(model="gpt-4o", base_url=server.url, api_key="any", stream_usage=True),
        [parcel],
        middleware=all_of_them,
    )
    ask(agent, "Where is parcel '17'?")
    ask(agent, "Why was it late?")
    ask(agent, "Why was it late?")
    print(f"\n{middleware.report()}")
    middleware.engine.close()
