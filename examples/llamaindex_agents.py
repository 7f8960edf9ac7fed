"""Two LlamaIndex agents in a workflow: one looks things up and hands over, the other writes.

A model on a loopback server stands in for a real one; put `"openai:gpt-4o-mini"` and
`"openai:gpt-4o"` in their places.
"""

import asyncio
from typing import Any

from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent, ToolCallResult
from llama_index.core.memory import ChatMemoryBuffer

from tokenomics_llamaindex import TokenomicsLLM
from tokenomics_shared.testing import Call, ChatRequest, LoopbackServer, Turn


def stock_of(lamp: str) -> str:
    """Look up how many lamps of a kind there are."""
    return f"There are 12 of {lamp}."


def price_of(lamp: str) -> str:
    """Look up what a lamp costs."""
    return f"{lamp} costs 89 EUR."


def play(request: ChatRequest) -> Turn | None:
    """What a model would do: look up both at once, hand over, and then write."""
    names = {tool["name"] for tool in request.tools}
    looked_up = "12 of Brightfold" in str(request.messages)
    if "stock_of" in names and not looked_up:
        return Turn(tuple(Call(name, {"lamp": "Brightfold"}) for name in ("stock_of", "price_of")))
    if "handoff" in names and "stock_of" in names:
        return Turn((Call("handoff", {"to_agent": "writer", "reason": "All is looked up."}),))
    return None


def answer(request: ChatRequest) -> str:  # noqa: ARG001 -- it always writes the same
    """The letter."""
    return "We have 12 Brightfold lamps for you, at 89 EUR each."


async def main(server: LoopbackServer) -> None:
    """Run the workflow, and tell what happens."""
    server.turns = play
    llm = TokenomicsLLM(
        cheap=f"openai:gpt-4o-mini@{server.url}", premium=f"openai:gpt-4o@{server.url}"
    )
    clerk = FunctionAgent(
        name="clerk",
        description="Looks things up.",
        tools=[stock_of, price_of],
        llm=llm,
        can_handoff_to=["writer"],
    )
    writer = FunctionAgent(name="writer", description="Writes letters.", tools=[], llm=llm)
    workflow = AgentWorkflow(agents=[clerk, writer], root_agent="clerk")
    memory = ChatMemoryBuffer.from_defaults(llm=llm)
    run = workflow.run("Offer me all of your Brightfold lamps.", memory=memory)
    async for event in run.stream_events():
        if isinstance(event, ToolCallResult):
            print(f"{event.tool_name:9} {str(event.tool_output).splitlines()[0]}")
    letter: Any = await run
    print(f"{letter.current_agent_name:9} {letter}")
    print(f"\n{llm.engine.report()}")
    llm.engine.close()


with LoopbackServer(answer) as server:
    asyncio.run(main(server))
