"""A chat with `RunnableWithMessageHistory`, in which old turns are left out over a token budget.

A model on a loopback server stands in for a real one; put `"openai:gpt-4o-mini"` and
`"openai:gpt-4o"` in their places.
"""

from langchain_core.chat_history import BaseChatMessageHistory, InMemoryChatMessageHistory
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.history import RunnableWithMessageHistory

from tokenomics_langchain import ChatTokenomics
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


sessions: dict[str, BaseChatMessageHistory] = {}


def history_of(session_id: str) -> BaseChatMessageHistory:
    """The turns of a session; a store of yours keeps them elsewhere."""
    return sessions.setdefault(session_id, InMemoryChatMessageHistory())


with LoopbackServer(answer) as server:
    llm = ChatTokenomics(
        cheap=f"openai:gpt-4o-mini@{server.url}",
        premium=f"openai:gpt-4o@{server.url}",
        history="window",
        token_budget=500,
    )
    prompt = ChatPromptTemplate.from_messages(
        [("system", "You sell lamps."), MessagesPlaceholder("past"), ("human", "{question}")]
    )
    chat = RunnableWithMessageHistory(
        prompt | llm,
        history_of,
        input_messages_key="question",
        history_messages_key="past",
    )
    for session in ("anna", "ben"):
        # Whoever asks is the tenant: no answer of one session is ever given to the other.
        config: RunnableConfig = {"configurable": {"session_id": session, "tenant": session}}
        for question in QUESTIONS:
            reply = chat.invoke({"question": question}, config=config)
            kept, sent = len(sessions[session].messages), len(server.requests[-1]["messages"])
            print(f"{session:5} {reply.text[:32]} ({kept} turns kept, {sent} turns sent)")
    llm.engine.close()
