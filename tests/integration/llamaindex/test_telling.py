"""What callbacks, token counters and LlamaIndex's instrumentation hear."""

from collections.abc import Iterator
from typing import Any

import pytest
from llama_index.core import Settings, SummaryIndex
from llama_index.core.callbacks import CallbackManager, TokenCountingHandler
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.instrumentation.events.llm import LLMChatEndEvent, LLMChatStartEvent
from llama_index.core.instrumentation.span_handlers import SimpleSpanHandler
from llama_index.core.llms import ChatMessage
from llama_index.core.schema import TextNode
from llama_index_instrumentation import get_dispatcher
from pydantic import PrivateAttr

from tests.integration.llamaindex.conftest import CHEAP, PREMIUM, Make, like, told
from tokenomics_llamaindex import TokenomicsDecisionEvent
from tokenomics_shared.testing import LoopbackServer

EASY = "What is the answer?"
HARD = "What is the hard answer?"


def asked(text: str = EASY) -> list[ChatMessage]:
    return [ChatMessage(role="user", content=text)]


class Listener(BaseEventHandler):
    """Keeps every event."""

    _heard: list[Any] = PrivateAttr(default_factory=list)

    @classmethod
    def class_name(cls) -> str:
        return "Listener"

    def handle(self, event: Any, **kwargs: Any) -> None:
        self._heard.append(event)

    def of(self, kind: type) -> list[Any]:
        return [event for event in self._heard if isinstance(event, kind)]


@pytest.fixture
def listener() -> Iterator[Listener]:
    root, listening = get_dispatcher(), Listener()
    root.add_event_handler(listening)
    yield listening
    root.event_handlers.remove(listening)


@pytest.fixture
def spans() -> Iterator[SimpleSpanHandler]:
    root, handler = get_dispatcher(), SimpleSpanHandler()
    root.add_span_handler(handler)
    yield handler
    root.span_handlers.remove(handler)


@pytest.fixture
def counter() -> TokenCountingHandler:
    return TokenCountingHandler(tokenizer=str.split)


def billed(server: LoopbackServer) -> int:
    return server.input_tokens.total() + server.output_tokens.total()


CASES = {
    "a plain call": (EASY, 1, {}),
    "an accepted draft": (EASY, 1, {"model": "cheap"}),
    "a cascade": (HARD, 2, {}),
}


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_counters_hear_of_every_call_to_a_tier_and_of_no_hit(
    make: Make,
    server: LoopbackServer,
    counter: TokenCountingHandler,
    listener: Listener,
    case: str,
    streamed: bool,  # noqa: FBT001 -- a parameter of the test
) -> None:
    text, calls, settings = CASES[case]
    llm = make(callback_manager=CallbackManager([counter]))
    for _ in range(2):  # the second is a hit
        if streamed:
            list(llm.stream_chat(asked(text), **settings))
        else:
            llm.chat(asked(text), **settings)
        assert len(counter.llm_token_counts) == calls
        assert counter.total_llm_token_count == billed(server)
        assert len(listener.of(LLMChatStartEvent)) == calls
        assert len(listener.of(LLMChatEndEvent)) == calls
    assert len(server.requests) == calls
    decisions = listener.of(TokenomicsDecisionEvent)
    assert [it.decision["cache_hit"] for it in decisions] == [False, True]


async def test_async_calls_are_counted_alike(
    make: Make, server: LoopbackServer, counter: TokenCountingHandler
) -> None:
    llm = make(callback_manager=CallbackManager([counter]))
    await llm.achat(asked())
    async for _ in await llm.astream_chat(asked(HARD)):
        pass
    await llm.achat(asked(HARD))
    assert len(counter.llm_token_counts) == 3
    assert counter.total_llm_token_count == billed(server)


def test_query_engines_count_through_the_settings(
    make: Make, server: LoopbackServer, counter: TokenCountingHandler
) -> None:
    cheap, premium = like(server, CHEAP), like(server, PREMIUM)
    own = premium.callback_manager
    llm = make(cheap=cheap, premium=premium)
    before = Settings._callback_manager
    try:
        Settings.callback_manager = CallbackManager([counter])
        index = SummaryIndex(nodes=[TextNode(text="The tower is high.", id_="a")])
        llm.callback_manager = Settings.callback_manager
        engine = index.as_query_engine(llm=llm)
        first = str(engine.query(EASY))
        assert len(counter.llm_token_counts) == 1
        assert counter.total_llm_token_count == billed(server)
        assert str(engine.query(EASY)) == first
        assert counter.total_llm_token_count == billed(server)
    finally:
        Settings._callback_manager = before
    assert premium.callback_manager is own
    assert not own.handlers
    assert not cheap.callback_manager.handlers


def test_a_tiers_own_callbacks_hear_too_and_nobody_twice(
    make: Make, server: LoopbackServer, counter: TokenCountingHandler
) -> None:
    both = TokenCountingHandler(tokenizer=str.split)
    cheap = like(server, CHEAP, callback_manager=CallbackManager([counter, both]))
    make(cheap=cheap, callback_manager=CallbackManager([both])).chat(asked())
    assert len(counter.llm_token_counts) == len(both.llm_token_counts) == 1
    assert len(cheap.callback_manager.handlers) == 2
    make(cheap=cheap).chat(asked("Another?"))
    assert len(counter.llm_token_counts) == 2


def test_comparisons_are_heard_by_nobody(
    make: Make, server: LoopbackServer, counter: TokenCountingHandler
) -> None:
    cheap = like(server, CHEAP, callback_manager=CallbackManager([counter]))
    make(cheap=cheap, callback_manager=CallbackManager([counter])).compare_with_baseline(EASY)
    assert len(server.requests) > 2
    assert not counter.llm_token_counts


async def test_a_decision_belongs_to_the_span_of_its_call(
    make: Make, listener: Listener, spans: SimpleSpanHandler
) -> None:
    llm = make(memory={"use_exact_cache": False})
    response = llm.chat(asked())
    await llm.achat(asked())
    list(llm.stream_chat(asked()))
    async for _ in await llm.astream_chat(asked()):
        pass
    llm.complete(EASY)
    decisions = listener.of(TokenomicsDecisionEvent)
    methods = [str(it.span_id).partition("-")[0] for it in decisions]
    ways = ("chat", "achat", "stream_chat", "astream_chat", "complete")
    assert methods == [f"TokenomicsLLM.{way}" for way in ways]
    assert decisions[0].decision == told(response)
    parents = {span.id_: span.parent_id for span in spans.completed_spans}
    of_tiers = {id_: parent for id_, parent in parents.items() if id_.startswith("OpenAILike")}
    nested = [str(parent) for parent in of_tiers.values() if parent not in of_tiers]
    assert sorted(nested) == sorted(str(it.span_id) for it in decisions)
    assert not spans.dropped_spans


def test_an_event_tells_what_it_is(make: Make, listener: Listener) -> None:
    make().chat(asked())
    event = listener.of(TokenomicsDecisionEvent)[0]
    assert event.model_dump()["class_name"] == "TokenomicsDecisionEvent"
    assert event.decision["strategy"] == "cheap"
