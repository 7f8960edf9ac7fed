"""What is left out of a call while nobody hears of it, and that nothing else is."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from llama_index.core.base.llms.types import TextBlock, ThinkingBlock
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.instrumentation.span import active_span_id
from llama_index.core.instrumentation.span_handlers import SimpleSpanHandler
from llama_index.core.llms import ChatMessage, ChatResponse
from llama_index_instrumentation import get_dispatcher
from pydantic import BaseModel, Field

from tests.integration.llamaindex.conftest import Make
from tokenomics_llamaindex import TokenomicsDecisionEvent, TokenomicsLLM
from tokenomics_llamaindex.convert import to_reply
from tokenomics_llamaindex.replies import ResponseCodec
from tokenomics_shared.types import Reply, Usage

WAYS = ("chat", "achat", "stream_chat", "astream_chat")
OURS = "tokenomics_llamaindex.llm"
EVENTS = "tokenomics_llamaindex.events"


class Ear(BaseEventHandler):
    """Hears of decisions."""

    heard: list[Any] = Field(default_factory=list)

    def handle(self, event: Any, **kwargs: Any) -> None:
        if isinstance(event, TokenomicsDecisionEvent):
            self.heard.append(event)


@contextmanager
def listening(name: str) -> Iterator[tuple[Ear, SimpleSpanHandler]]:
    """Somebody hears what this dispatcher tells."""
    dispatcher, ear, spans = get_dispatcher(name), Ear(), SimpleSpanHandler()
    dispatcher.add_event_handler(ear)
    dispatcher.add_span_handler(spans)
    try:
        yield ear, spans
    finally:
        dispatcher.event_handlers.remove(ear)
        dispatcher.span_handlers.remove(spans)


async def asked(llm: Any, way: str, text: str) -> None:
    """Ask in this way and take the whole answer."""
    messages = [ChatMessage(role="user", content=text)]
    if way == "chat":
        llm.chat(messages)
    elif way == "achat":
        await llm.achat(messages)
    elif way == "stream_chat":
        list(llm.stream_chat(messages))
    else:
        assert [chunk async for chunk in await llm.astream_chat(messages)]


@pytest.fixture
def inside() -> list[str | None]:
    """The span that each call was in when its draft was judged."""
    return []


@pytest.fixture
def llm(make: Make, inside: list[str | None]) -> TokenomicsLLM:
    def score(question: str, answer: str) -> float:
        inside.append(active_span_id.get())
        return 1.0

    return make(judge=score)


@pytest.mark.parametrize("way", WAYS)
async def test_a_call_has_a_span_of_its_own_only_while_somebody_hears(
    llm: TokenomicsLLM, inside: list[str | None], way: str
) -> None:
    await asked(llm, way, "First?")
    assert inside == [None]
    with listening(OURS) as (_, spans):
        await asked(llm, way, "Second?")
    assert [span.id_ for span in spans.completed_spans][-1].startswith(f"TokenomicsLLM.{way}-")
    await asked(llm, way, "Third?")
    assert inside[2] is None
    if way in {"chat", "achat"}:  # a stream is read when its span is over
        assert str(inside[1]).startswith(f"TokenomicsLLM.{way}-")


async def test_a_decision_is_told_to_whoever_hears_of_it_alone(llm: TokenomicsLLM) -> None:
    with listening(EVENTS) as (ear, spans):
        for way in WAYS:
            await asked(llm, way, f"Is it {way}?")
    assert len(ear.heard) == len(WAYS)
    assert not spans.completed_spans
    llm.chat([ChatMessage(role="user", content="And now?")])
    assert len(ear.heard) == len(WAYS)


def test_a_dispatcher_that_tells_nobody_above_is_heard_by_none_of_them(
    llm: TokenomicsLLM, inside: list[str | None]
) -> None:
    dispatcher = get_dispatcher(OURS)
    dispatcher.propagate = False
    try:
        with listening("root") as (_, spans):
            llm.chat([ChatMessage(role="user", content="First?")])
    finally:
        dispatcher.propagate = True
    assert inside == [None]
    assert not [it for it in spans.completed_spans if it.id_.startswith("TokenomicsLLM")]


def test_what_overrides_a_method_has_a_span_too(llm: TokenomicsLLM) -> None:
    class Louder(TokenomicsLLM):
        def chat(self, messages: Any, **kwargs: Any) -> ChatResponse:
            return super().chat(messages, **kwargs)

    louder = Louder(cheap=llm.cheap, premium=llm.premium)
    with listening("root") as (_, spans):
        louder.chat([ChatMessage(role="user", content="First?")])
    ours = [it for it in spans.completed_spans if it.id_.startswith("Louder.chat-")]
    assert [it.parent_id for it in ours] == [ours[1].id_, None]


def test_methods_look_as_they_are_written() -> None:
    for way in WAYS:
        method = getattr(TokenomicsLLM, way)
        assert list(inspect.signature(method).parameters) == ["self", "messages", "kwargs"]
        assert method.__name__ == way
        assert inspect.iscoroutinefunction(method) == way.startswith("a")


def test_kept_answers_share_nothing_that_can_be_changed() -> None:
    codec = ResponseCodec()
    thought = ThinkingBlock(content="Hm", additional_information={"steps": ["one"]})
    message = ChatMessage(role="assistant", blocks=[thought, TextBlock(text="Yes.")])
    message.additional_kwargs["notes"] = ["one"]
    payload = codec.freeze(Reply("Yes.", raw=ChatResponse(message=message)))
    assert payload is not None
    first = codec.thaw(payload).raw
    first.message.blocks[0].additional_information["steps"].append("two")
    first.message.blocks[1].text = "No."
    first.message.blocks.pop()
    first.message.additional_kwargs["notes"].append("two")
    first.raw["usage"]["prompt_tokens"] = 7
    first.additional_kwargs["mine"] = True
    second = codec.thaw(payload).raw
    assert second.message == message
    assert not any(second.raw["usage"].values())
    assert "mine" not in second.additional_kwargs


class Counts(BaseModel, extra="allow"):
    """Tokens as a provider's own class may tell them: a field, a property, and what is unknown."""

    prompt_tokens: int

    @property
    def completion_tokens(self) -> int:
        return 5


class Raw(BaseModel):
    usage: Counts


def test_usage_is_read_from_fields_properties_and_extras() -> None:
    usage: Any = Counts(prompt_tokens=3, cache_read_input_tokens=2)
    response = ChatResponse(message=ChatMessage(content="Yes."), raw=Raw(usage=usage))
    assert to_reply(response, "cheap").usage == Usage(input=5, output=5, cache_read=2)
