"""What those see who watch an agent with our middleware: no rejected draft, ever."""

from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import AIMessage, AIMessageChunk

from tests.conftest import openai_model
from tests.integration.langchain.conftest import CHEAP, PREMIUM
from tests.integration.langchain.middleware_kit import (
    EASY,
    EASY_ANSWER,
    HARD,
    HARD_ANSWER,
    City,
    agent,
    asked,
    last,
    middleware,
    told,
    weather,
)
from tokenomics_shared.testing import LoopbackServer

REJECTED = "Not sure"


async def messages(made: Any, question: str, way: str) -> list[Any]:
    if way == "sync":
        streamed = made.stream(asked(question), stream_mode="messages")
        return [message for message, _ in streamed]
    streamed = made.astream(asked(question), stream_mode="messages")
    return [message async for message, _ in streamed]


def texts(found: list[Any]) -> list[str]:
    return [message.text for message in found if message.text]


@pytest.mark.parametrize("settings", [{}, {"streaming": True}], ids=["plain", "streaming"])
@pytest.mark.parametrize("way", ["sync", "async"])
async def test_a_stream_of_messages(
    way: str, settings: dict[str, Any], server: LoopbackServer
) -> None:
    """Drafts and hits are one message; what is surely shown comes token by token."""
    cheap = openai_model(server, CHEAP, **settings)
    premium = openai_model(server, PREMIUM, **settings)
    made = agent(server, middleware(server, cheap=cheap), model=premium)
    drafted = await messages(made, EASY, way)
    assert texts(drafted) == [EASY_ANSWER]
    assert isinstance(drafted[0], AIMessage)
    escalated = await messages(made, HARD, way)
    assert texts(escalated) == [
        "The", " answer", " of", " gpt-4o", " to", " What", " is", " hard?", " is", " forty",
        " two.",
    ]  # fmt: skip
    assert {message.id for message in escalated} == {escalated[0].id}
    assert all(isinstance(message, AIMessageChunk) for message in escalated)
    for question, answer in ((EASY, EASY_ANSWER), (HARD, HARD_ANSWER)):
        kept = await messages(made, question, way)
        assert texts(kept) == [answer]
        assert kept[0].id not in {drafted[0].id, escalated[0].id}
    assert len(server.requests) == 3


@pytest.mark.parametrize("way", ["sync", "async"])
async def test_premium_at_once_streams_live(way: str, server: LoopbackServer) -> None:
    ours = middleware(server, cascading={"enabled": False}, cheap=None)
    found = await messages(agent(server, ours), EASY, way)
    assert len(texts(found)) == 11
    assert server.requests[0]["stream"]


async def test_tool_calls_of_a_draft_are_seen_once(server: LoopbackServer) -> None:
    made = agent(server, middleware(server), [weather])
    found = await messages(made, "weather in 'Graz'?", "async")
    kinds = [message.type for message in found]
    assert kinds == ["ai", "tool", "ai"]
    assert len(found[0].tool_calls) == 1


async def test_updates_and_several_modes_at_once(server: LoopbackServer) -> None:
    made = agent(server, middleware(server))
    updates = list(made.stream(asked(HARD), stream_mode="updates"))
    assert [message.text for message in updates[0]["model"]["messages"]] == [HARD_ANSWER]
    (kept,) = made.stream(asked(HARD), stream_mode="updates")
    assert kept["model"]["messages"][0].id is not None
    modes = ["messages", "updates", "values"]
    streamed = [it async for it in made.astream(asked(HARD + "!"), stream_mode=modes)]
    assert {mode for mode, _ in streamed} == set(modes)
    assert REJECTED not in str(streamed)


async def test_events_bring_no_token_of_a_draft(server: LoopbackServer) -> None:
    made = agent(server, middleware(server, cheap=openai_model(server, CHEAP, streaming=True)))
    for question, rejected in ((EASY, False), (HARD, True)):
        events = [it async for it in made.astream_events(asked(question), version="v2")]
        tokens = [
            it["data"]["chunk"].text for it in events if it["event"] == "on_chat_model_stream"
        ]
        assert "".join(tokens) == (HARD_ANSWER if rejected else "")
        ends = [it for it in events if it["event"] == "on_chat_model_end"]
        assert ["nostream" in it["tags"] for it in ends] == ([True, False] if rejected else [True])
        shown = [it for it in events if "nostream" not in it.get("tags", ())]
        assert REJECTED not in str(shown)
        answer = HARD_ANSWER if rejected else EASY_ANSWER
        assert last(events[-1]["data"]["output"]).text == answer


async def test_events_bring_no_token_of_a_model_that_can_only_be_told_not_to_stream(
    server: LoopbackServer,
) -> None:
    cheap = FakeListChatModel(responses=[EASY_ANSWER])
    made = agent(server, middleware(server, cheap=cheap))
    events = [it async for it in made.astream_events(asked(EASY), version="v2")]
    assert last(events[-1]["data"]["output"]).text == EASY_ANSWER
    assert "on_chat_model_stream" not in {it["event"] for it in events}


@pytest.mark.filterwarnings("ignore:The v3 streaming protocol")
async def test_events_of_version_3_bring_each_answer_once(server: LoopbackServer) -> None:
    made = agent(server, middleware(server))
    for question, answer, pieces in (
        (EASY, EASY_ANSWER, 1),
        (HARD, HARD_ANSWER, 11),
        (EASY, EASY_ANSWER, 1),
    ):
        run = await made.astream_events(asked(question), version="v3")
        found = [[text async for text in message.text] async for message in run.messages]
        assert [("".join(texts), len(texts)) for texts in found] == [(answer, pieces)]
        run = made.stream_events(asked(question + "!"), version="v3")
        whole = ["".join(message.text) for message in run.messages]
        assert whole == [answer.replace("?", "?!")]


async def test_requests_of_our_own_are_heard_by_nobody(server: LoopbackServer) -> None:
    """A judge that asks a model shows in no stream and no callback, but in the books."""

    class Started(BaseCallbackHandler):
        def __init__(self) -> None:
            self.models: list[str] = []

        def on_chat_model_start(self, serialized: Any, *args: Any, **kwargs: Any) -> None:
            self.models.append(kwargs["invocation_params"]["model"])

    server.answer = lambda request: (
        '{"score": 9}' if request.model == "gpt-4.1" else f"{request.model}: {request.question}"
    )
    judge = {
        "judges": ("checks", "llm"),
        "model": f"openai:gpt-4.1@{server.url}",
    }
    heard = Started()
    made = agent(server, middleware(server, judge=judge))
    listened = made.with_config(callbacks=[heard])
    found = [await messages(listened, f"{EASY} {way}", way) for way in ("sync", "async")]
    models = [body["model"] for body in server.requests]
    assert models.count("gpt-4.1") >= 2
    assert heard.models == [model for model in models if model != "gpt-4.1"]
    assert "score" not in str(found)


def test_structured_answers_stream_no_rejected_draft(server: LoopbackServer) -> None:
    made = agent(server, middleware(server), [weather], response_format=City)
    streamed = made.stream(asked("The city of 'Graz' has 9"), stream_mode="messages")
    found = [message for message, _ in streamed]
    assert texts(found) == ['{"name": "Graz", "people": 9}']
    assert told(found[0])["strategy"] == "cheap"
