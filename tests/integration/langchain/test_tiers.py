"""What a tier brings of its own keeps working: caches, limiters, streaming, conversion, roles."""

from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.globals import set_llm_cache
from langchain_core.language_models.fake_chat_models import FakeListChatModel, GenericFakeChatModel
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    ChatMessage,
    HumanMessage,
    ToolCall,
    ToolMessage,
)
from langchain_core.output_parsers import StrOutputParser
from langchain_core.rate_limiters import BaseRateLimiter
from langchain_core.runnables import RunnableLambda

from tests.conftest import openai_model
from tests.integration.langchain.conftest import CHEAP, PREMIUM, Make
from tests.integration.langchain.test_calls import WAYS, by, told
from tokenomics_langchain import ChatTokenomics
from tokenomics_langchain.codec import MessageCodec
from tokenomics_langchain.convert import to_chunks, to_message, to_reply
from tokenomics_shared.testing import Fault, LoopbackServer

EASY, HARD = "What is easy?", "What is hard?"
NO_MEMORY = {"use_exact_cache": False}


async def test_a_tiers_own_cache_answers_for_nothing(make: Make, server: LoopbackServer) -> None:
    llm = make(memory=NO_MEMORY, cheap=openai_model(server, CHEAP, cache=InMemoryCache()))
    first = llm.invoke(EASY)
    again = [llm.invoke(EASY), await llm.ainvoke(EASY)]
    assert [message.text for message in again] == [first.text] * 2
    assert len(server.requests) == 1
    totals = llm.engine.report().totals
    assert totals.models[0].usage.input == server.input_tokens[CHEAP]


@pytest.fixture
def llm_cache() -> Iterator[InMemoryCache]:
    cache = InMemoryCache()
    set_llm_cache(cache)
    yield cache
    set_llm_cache(None)


async def test_a_cache_for_all_of_langchain(
    make: Make, server: LoopbackServer, llm_cache: InMemoryCache
) -> None:
    llm = make(memory=NO_MEMORY)
    texts = {llm.invoke(EASY).text, llm.invoke(EASY).text, (await llm.ainvoke(EASY)).text}
    assert len(texts) == len(server.requests) == 1
    first, again = make(memory=NO_MEMORY), make(memory=NO_MEMORY)
    told_first = told(first.invoke(HARD))
    kept = again.invoke(HARD)
    assert (told(kept)["cache_hit"], told(kept)["cost"], told(kept)["calls"]) == (True, 0.0, [])
    assert told_first["cost"] > 0
    assert again.engine.report().totals.requests == 0
    server.requests.clear()
    warm = make(memory=NO_MEMORY, temperature=1.0)
    warm.invoke(EASY)
    assert len(server.requests) == 1


class Counting(BaseRateLimiter):
    """Lets everybody pass, and counts them."""

    def __init__(self) -> None:
        self.passed = 0

    def acquire(self, *, blocking: bool = True) -> bool:
        self.passed += 1
        return True

    async def aacquire(self, *, blocking: bool = True) -> bool:
        return self.acquire()


@pytest.mark.parametrize("way", WAYS)
async def test_a_tiers_rate_limiter_limits_its_calls_and_no_hits(
    way: str, make: Make, server: LoopbackServer
) -> None:
    limiter = Counting()
    llm = make(cheap=openai_model(server, CHEAP, rate_limiter=limiter))
    for question in (EASY, HARD, EASY, HARD):
        await by(way, llm, question)
    assert limiter.passed == 2


@pytest.mark.parametrize("way", ["stream", "astream", "astream_events"])
async def test_tiers_that_do_not_stream_answer_in_one_go(
    way: str, make: Make, server: LoopbackServer
) -> None:
    llm = make(cheap=openai_model(server, CHEAP, disable_streaming=True))
    message = await by(way, llm, EASY)
    assert message.text == f"The answer of {CHEAP} to {EASY} is forty two."
    assert "stream" not in server.requests[0] or not server.requests[0]["stream"]
    assert told(message)["strategy"] == "cheap"


@pytest.mark.parametrize("way", WAYS)
async def test_ours_may_be_kept_from_streaming(
    way: str, make: Make, server: LoopbackServer
) -> None:
    message = await by(way, make(disable_streaming=True), EASY) if "events" not in way else None
    if message is not None:
        assert told(message)["strategy"] == "cheap"
        assert not server.requests[0].get("stream")


@pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
async def test_content_in_standard_blocks(way: str, make: Make, server: LoopbackServer) -> None:
    llm = make(
        output_version="v1",
        cheap=openai_model(server, CHEAP, output_version="v1"),
        premium=openai_model(server, PREMIUM, output_version="v1"),
    )
    for hit in (False, True):
        message = await by(way, llm, HARD)
        assert isinstance(message.content, list)
        assert message.text == f"The answer of {PREMIUM} to {HARD} is forty two."
        assert told(message)["cache_hit"] == hit


async def test_models_that_only_know_plain_calls(make: Make) -> None:
    text = "The answer to what is easy is known to everybody."
    llm = make(cheap=GenericFakeChatModel(messages=iter([AIMessage(text)] * 4)))
    for way in ("invoke", "ainvoke", "stream", "astream"):
        assert (await by(way, llm, f"{EASY} {way}")).text == text


@pytest.mark.parametrize(
    ("model", "asked"),
    [("cheap", CHEAP), (CHEAP, CHEAP), ("premium", PREMIUM), ("gpt-4.1", "gpt-4.1")],
)
@pytest.mark.parametrize("way", ["invoke", "stream"])
async def test_a_caller_may_name_the_model(
    way: str, model: str, asked: str, make: Make, server: LoopbackServer
) -> None:
    message = await by(way, make().bind(model=model), HARD)
    assert [request["model"] for request in server.requests] == [asked]
    assert message.response_metadata["model_name"] == asked
    assert told(message)["trace"][0].startswith("pinned:")
    assert told(message)["component_savings"]["total_savings"] == pytest.approx(
        told(message)["baseline_cost"] - told(message)["cost"]
    )


def test_limits_are_named_as_each_provider_does(make: Make) -> None:
    seen: list[dict[str, Any]] = []

    class Other(FakeListChatModel):
        max_output_tokens: int | None = None

        def _call(self, *args: Any, **kwargs: Any) -> str:
            seen.append(kwargs)
            return super()._call(*args, **kwargs)

    llm = make(premium=Other(responses=["Yes."]), max_tokens=9)
    llm.invoke(HARD)
    assert seen[0]["max_output_tokens"] == 9
    assert "max_tokens" not in seen[0]


def test_every_kind_of_turn_is_read() -> None:
    call: ToolCall = {"name": "add", "args": {"b": 1, "a": 2}, "id": "c1", "type": "tool_call"}
    turns = [
        HumanMessage("a", name="ada", additional_kwargs={"x": 1, "none": None}),
        AIMessageChunk(content="b", tool_call_chunks=[]),
        AIMessage("", tool_calls=[call]),
        ToolMessage("3", tool_call_id="c1", status="error"),
        ChatMessage(content="d", role="developer"),
    ]
    human, chunk, ai, result, chat = map(to_message, turns)
    assert (human.role, human.extra) == ("human", {"name": "ada", "x": 1})
    assert chunk.role == "ai"
    assert ai.tool_calls[0].args == '{"a": 2, "b": 1}'
    assert result.extra == {"tool_call_id": "c1", "status": "error"}
    assert chat.extra == {"role": "developer"}
    assert [message.raw for message in (human, chunk, ai, result, chat)] == turns


@pytest.mark.parametrize(
    "text", ["", " ", "one", " one two ", "a\n\nb " * 40, "三千世界", "x" * 5000, "\t\n"]
)
def test_chunks_of_a_message_join_to_it(text: str) -> None:
    message = AIMessage(text, response_metadata={"model_name": "m"})
    chunks = [generation.message for generation in to_chunks(message)]
    assert "".join(chunk.text for chunk in chunks) == text
    assert [bool(chunk.response_metadata) for chunk in chunks].count(True) == 1


@pytest.mark.parametrize(
    ("fields", "reason", "faults"),
    [
        ({"response_metadata": {"finish_reason": "length"}}, "length", ()),
        ({"response_metadata": {"stop_reason": "end_turn"}}, "end_turn", ()),
        ({"response_metadata": {"stopReason": "max_tokens"}}, "max_tokens", ()),
        ({"response_metadata": {"done_reason": "length"}}, "length", ()),
        ({"response_metadata": {"status": "incomplete"}}, "incomplete", ()),
        ({"response_metadata": {"model_provider": "acme"}}, "", ()),
        ({}, "stop", ()),
        ({"additional_kwargs": {"refusal": "I won't."}}, "stop", ("refused",)),
        ({"content": [{"type": "refusal", "refusal": "I won't."}]}, "stop", ("refused",)),
    ],
)
def test_why_an_answer_ended_is_read_from_each_provider(
    fields: dict[str, Any], reason: str, faults: tuple[str, ...]
) -> None:
    reply = to_reply(_result(AIMessage(**{"content": "a", **fields})))
    assert (reply.finish_reason, reply.faults) == (reason, faults)


def test_what_json_cannot_hold_is_not_kept(make: Make) -> None:
    message = AIMessage("An answer.", additional_kwargs={"odd": object()})
    llm = ChatTokenomics(premium=GenericFakeChatModel(messages=iter([message])))
    assert "not kept:not JSON" in told(llm.invoke(EASY))["trace"]


def test_a_kept_answer_shares_nothing_with_any_other(make: Make) -> None:
    llm = make()
    llm.invoke(EASY)
    first = llm.invoke(EASY)
    first.response_metadata["model_name"] = "spoilt"
    first.additional_kwargs["spoilt"] = True
    first.content = "spoilt"
    second = llm.invoke(EASY)
    assert "spoilt" not in repr(second)


@pytest.mark.parametrize(
    "payload",
    [
        '{"lc": 1, "type": "constructor", "id": ["os", "system"], "kwargs": {"command": "x"}}',
        '{"content": {"lc": 1, "type": "secret", "id": ["OPENAI_API_KEY"]}}',
        "[]",
        "not json",
    ],
)
def test_a_poisoned_entry_builds_nothing(payload: str) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        MessageCodec().thaw(payload)


def test_markers_inside_a_kept_answer_stay_text() -> None:
    evil = {"lc": 1, "type": "secret", "id": ["OPENAI_API_KEY"]}
    message = AIMessage("Fine.", additional_kwargs={"evil": evil})
    frozen = MessageCodec().freeze(to_reply(_result(message)))
    assert frozen is not None
    thawed = MessageCodec().thaw(frozen).raw.generations[0].message
    assert thawed.additional_kwargs == {"evil": evil}


def _result(message: AIMessage) -> Any:
    from langchain_core.outputs import ChatGeneration, ChatResult

    return ChatResult(generations=[ChatGeneration(message=message)])


def test_a_model_that_answers_with_no_ai_message_is_a_failure(make: Make) -> None:
    class Human(FakeListChatModel):
        def _generate(self, *args: Any, **kwargs: Any) -> Any:
            return _result(HumanMessage("me"))  # type: ignore[arg-type]

    llm = make(cheap=Human(responses=[]))
    message = llm.invoke(EASY)
    assert PREMIUM in message.text


async def test_runnables_around_it(make: Make, server: LoopbackServer) -> None:
    llm = make()
    text = f"The answer of {CHEAP} to {EASY} is forty two."
    server.faults["broken"] = Fault(status=500)
    fallen = openai_model(server, "broken").with_fallbacks([llm])
    first = RunnableLambda(lambda question: question)
    parallel = first | {"a": llm | StrOutputParser(), "b": llm.with_retry() | StrOutputParser()}
    assert fallen.invoke(EASY).text == text
    assert (await fallen.ainvoke(EASY)).text == text
    assert parallel.invoke(EASY) == {"a": text, "b": text}
    assert dict(enumerate(llm.batch([EASY, HARD], {"max_concurrency": 1})))[0].text == text
    assert {i async for i, _ in llm.abatch_as_completed([EASY, HARD])} == {0, 1}
