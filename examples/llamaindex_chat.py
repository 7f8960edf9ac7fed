"""A LlamaIndex chat engine with a memory, whose old turns are left out over a token budget.

A model on a loopback server stands in for a real one; put `"openai:gpt-4o-mini"` and
`"openai:gpt-4o"` in their places.
"""

from llama_index.core.chat_engine import SimpleChatEngine
from llama_index.core.memory import ChatMemoryBuffer

from tokenomics_llamaindex import TokenomicsLLM, wishing
from tokenomics_shared.testing import ChatRequest, LoopbackServer

QUESTIONS = (
    "What is the lamp made of?",
    "Which ceilings does the larger size need a hook in?",
    "Who drew the lamp, and what do they do?",
    "What was my first question about?",
)


def answer(request: ChatRequest) -> str:
    """Tell what was seen, at the length of a real answer."""
    turns = sum(turn["role"] == "user" for turn in request.messages)
    return f"I was sent {turns} of your questions. " + "The lamp is sold in two sizes. " * 12


with LoopbackServer(answer) as server:
    llm = TokenomicsLLM(
        cheap=f"openai:gpt-4o-mini@{server.url}",
        premium=f"openai:gpt-4o@{server.url}",
        history="window",
        token_budget=500,
    )
    for person in ("anna", "ben"):
        engine = SimpleChatEngine.from_defaults(
            llm=llm,
            memory=ChatMemoryBuffer.from_defaults(llm=llm),
            system_prompt="You sell lamps.",
        )
        for question in QUESTIONS:
            # Whoever asks is the tenant: no answer of one is ever given to the other.
            with wishing(tenant=person):
                reply = engine.stream_chat(question)
                text = "".join(reply.response_gen)
            kept, sent = len(engine.chat_history), len(server.requests[-1]["messages"])
            print(f"{person:5} {text[:32]} ({kept} turns kept, {sent} turns sent)")
    llm.engine.close()
