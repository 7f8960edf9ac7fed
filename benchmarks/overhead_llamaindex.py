"""What `TokenomicsLLM` adds to a call, in CPU time: on a miss and on a hit.

As `overhead.py` measures `ChatTokenomics`: the base of a miss is a plain `OpenAILike` on the same
loopback server, that of a hit LlamaIndex's own empty `chat`, that of a streamed hit its own empty
`stream_chat` of as many chunks. Messages are made before the clock runs.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from contenders import CACHED, HITS, ONE_CALL, writing
from harness import (
    Bar,
    command_line,
    loopback,
    show_figures,
    show_rows,
    stay_on_this_host,
    versions,
    write_json,
)
from llama_index.core.base.llms.types import ChatResponseGen, LLMMetadata
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.instrumentation.span_handlers import SimpleSpanHandler
from llama_index.core.llms import ChatMessage, ChatResponse, CustomLLM
from llama_index.core.llms.callbacks import llm_chat_callback, llm_completion_callback
from llama_index.llms.openai_like import OpenAILike
from llama_index_instrumentation import get_dispatcher
from overhead import figures_of, per_call, sized
from questions import FACT, Asker, again, asker
from rounds import TURNS, Batch, Comparison, Contender, Group, Run, alternate
from typing_extensions import override

from tokenomics_llamaindex import TokenomicsConfig, TokenomicsLLM

US = 1e6

FIGURES = {
    "llamaindex_miss_added_cpu_us": Comparison("miss", "plain", US),
    "llamaindex_exact_hit_ratio": Comparison("exact hit", "floor"),
    "llamaindex_off_added_cpu_us": Comparison("all parts off", "plain", US),
    "llamaindex_miss_added_cpu_us_async": Comparison("miss, async", "plain, async", US),
    "llamaindex_exact_hit_ratio_async": Comparison("exact hit, async", "floor, async"),
    "llamaindex_exact_hit_ratio_listened": Comparison("exact hit, listened", "floor, listened"),
    "llamaindex_stream_added_cpu_us": Comparison("miss, streamed", "plain, streamed", US),
    "llamaindex_stream_hit_ratio": Comparison("exact hit, streamed", "floor, streamed"),
}

BARS = {"llamaindex_exact_hit_ratio": Bar(1.3, 1.1)}

Messages = list[ChatMessage]
_ANSWER = ChatResponse(message=ChatMessage(role="assistant", content="constant"))
_CHUNKS = 3
"""As many as the test kit's answer has when memory streams it."""


class Floor(CustomLLM):
    """The least that LlamaIndex's `chat` can cost: a model that does nothing."""

    @property
    @override
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(is_chat_model=True)

    @llm_chat_callback()
    @override
    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        return _ANSWER

    @llm_chat_callback()
    @override
    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        return _ANSWER

    @llm_chat_callback()
    @override
    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        return (_ANSWER for _ in range(_CHUNKS))

    @llm_completion_callback()
    @override
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
        raise NotImplementedError

    @llm_completion_callback()
    @override
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
        raise NotImplementedError


class Listener(BaseEventHandler):
    """Hears of events and does nothing."""

    @override
    def handle(self, event: Any, **kwargs: Any) -> None:
        pass


class Bench:
    """Makes contenders that share a server and an event loop."""

    def __init__(self, url: str, calls: int, stack: ExitStack) -> None:
        """Make a bench.

        Args:
            url: the server's.
            calls: that miss in a round.
            stack: ends what is opened here.
        """
        self._calls = max(1, calls // TURNS)
        self._fact = asker(FACT)
        self._stack = stack
        self._loop = stack.enter_context(asyncio.Runner()).get_loop()
        self._cheap, self._premium = (
            OpenAILike(
                model=name,
                api_base=url,
                api_key="any",
                is_chat_model=True,
                is_function_calling_model=True,
                additional_kwargs={"stream_options": {"include_usage": True}},
            )
            for name in ("gpt-4o-mini", "gpt-4o")
        )

    def misses(self) -> list[Group]:
        """Calls that reach the model, each by one request."""
        plain, ours = self._premium, self._tokenomics(**ONE_CALL)
        off = self._tokenomics(config=TokenomicsConfig.off())
        return [
            {
                "plain": self._plain(_each(plain.chat)),
                "miss": self._miss(ours, _each(ours.chat)),
                "all parts off": self._miss(off, _each(off.chat)),
            },
            {
                "plain, async": self._plain(self._aeach(plain.achat)),
                "miss, async": self._miss(ours, self._aeach(ours.achat)),
            },
            {
                "plain, streamed": self._plain(_each(_last_of(plain))),
                "miss, streamed": self._miss(ours, _each(_last_of(ours))),
            },
        ]

    def hits(self) -> list[Group]:
        """Calls that are answered from memory, and the floors below them."""
        floor, ours = Floor(), self._tokenomics()
        return [
            {
                "floor": self._again(_each(floor.chat)),
                "exact hit": self._hit(ours, _each(ours.chat)),
            },
            {
                "floor, async": self._again(self._aeach(floor.achat)),
                "exact hit, async": self._hit(ours, self._aeach(ours.achat)),
            },
            {
                "floor, listened": self._again(_heard(_each(floor.chat))),
                "exact hit, listened": self._hit(ours, _heard(_each(ours.chat))),
            },
            {
                "floor, streamed": self._again(_each(_last_of(floor))),
                "exact hit, streamed": self._hit(ours, _each(_last_of(ours))),
            },
        ]

    def _tokenomics(self, **settings: Any) -> TokenomicsLLM:
        model = TokenomicsLLM(cheap=self._cheap, premium=self._premium, **settings)
        self._stack.callback(model.engine.close)
        return model

    def _plain(self, run: Run) -> Contender:
        return Contender(run, _asked(self._fact), _check_answered, self._calls)

    def _miss(self, model: TokenomicsLLM, run: Run) -> Contender:
        return Contender(run, _asked(self._fact), _check_miss, self._calls, writing(model))

    def _again(self, run: Run) -> Contender:
        return Contender(run, _asked(again(*CACHED)), _check_answered, self._calls * HITS)

    def _hit(self, model: TokenomicsLLM, run: Run) -> Contender:
        for question in CACHED:
            model.chat([ChatMessage(role="user", content=question)])
        calls = self._calls * HITS
        return Contender(run, _asked(again(*CACHED)), _check_hit, calls, writing(model))

    def _aeach(self, call: Callable[[Messages], Awaitable[Any]]) -> Run:
        async def each(inputs: Sequence[Messages]) -> list[Any]:
            return [await call(messages) for messages in inputs]

        return lambda inputs: self._loop.run_until_complete(each(inputs))


def main() -> None:
    """Measure, print, write."""
    arguments = sized(
        command_line("What TokenomicsLLM adds to a call; no recorded data is needed.")
    )
    stay_on_this_host()
    with loopback() as url, ExitStack() as stack:
        bench = Bench(url, arguments.calls, stack)
        groups = [*bench.misses(), *bench.hits()]
        timings: dict[str, Sequence[Batch]] = dict(alternate(groups, arguments.rounds))
    figures = figures_of(timings, FIGURES)
    show_figures("Overhead, in CPU time", figures, BARS)
    calls = per_call(timings)
    show_rows("Microseconds a call", ("CPU", "least", "wall", "least"), calls)
    made = {
        "n": arguments.rounds * TURNS,
        "rounds": arguments.rounds,
        "calls": arguments.calls,
        "seeds": [],
        "versions": versions(
            "llama-index-core", "llama-index-llms-openai-like", "openai", "pydantic"
        ),
        "microseconds": calls,
    }
    write_json(arguments, figures, {}, made)


def _asked(questions: Asker) -> Callable[[int], list[Messages]]:
    return lambda many: [[ChatMessage(role="user", content=text)] for text in questions(many)]


def _each(call: Callable[[Messages], Any]) -> Run:
    return lambda inputs: [call(messages) for messages in inputs]


def _last_of(model: Any) -> Callable[[Messages], Any]:
    """Streams an answer; gives its last chunk, which has all of the text."""
    return lambda messages: list(model.stream_chat(messages))[-1]


def _heard(run: Run) -> Run:
    """The same calls, of which LlamaIndex's instrumentation tells somebody."""

    def heard(inputs: Sequence[Any]) -> Sequence[Any]:
        with _listening():
            return run(inputs)

    return heard


@contextmanager
def _listening() -> Iterator[None]:
    root, events, spans = get_dispatcher(), Listener(), SimpleSpanHandler()
    root.add_event_handler(events)
    root.add_span_handler(spans)
    try:
        yield
    finally:
        root.event_handlers.remove(events)
        root.span_handlers.remove(spans)


def _check_answered(answer: Any) -> None:
    if not answer.message.content:
        raise RuntimeError("an empty answer")


def _check_miss(answer: Any) -> None:
    """One request, and its answer."""
    told = answer.additional_kwargs["tokenomics"]
    if [call["status"] for call in told["calls"]] != ["ok"] or told["cache_hit"]:
        raise RuntimeError(f"expected a miss that makes one call, got {told}")
    _check_answered(answer)


def _check_hit(answer: Any) -> None:
    """Check that memory gave it, and nobody was asked."""
    told = answer.additional_kwargs["tokenomics"]
    if told["cache_type"] != "exact" or told["calls"]:
        raise RuntimeError(f"expected an exact hit, got {told}")
    _check_answered(answer)


if __name__ == "__main__":
    main()
