"""Model calls for one LangChain request."""

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

from langchain_core.globals import get_llm_cache
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.messages.utils import message_chunk_to_message
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from tokenomics_langchain.binding import TOOL_OPTIONS, AnswerSchema, Target, ToolList, flatten
from tokenomics_langchain.convert import (
    answer_of,
    completed,
    logprobs_of,
    to_chunks,
    to_failure,
    to_reply,
    to_sent,
)
from tokenomics_langchain.crew import HELPERS
from tokenomics_langchain.foreign import Form
from tokenomics_langchain.limits import put_limit
from tokenomics_langchain.tracing import LegRuns
from tokenomics_langchain.versions import Content
from tokenomics_shared.effects import Generate
from tokenomics_shared.ports import Chunk
from tokenomics_shared.types import Message, Reply, Strategy

_OF_ANSWERS = frozenset(
    "tools tool_choice parallel_tool_calls functions function_call response_format "
    "structured_outputs stop n logprobs top_logprobs max_tokens".split()
)
"""Arguments that say what an answer to a caller must be like."""


@dataclass(slots=True)
class LangChainBackend:
    """Calls tiers below `invoke`, so that callbacks, usage and tokens are told once.

    Attributes:
        tiers: the models by tier.
        messages: what to send.
        stop: sequences that end the answer.
        kwargs: the call's arguments.
        runs: reports each call to whoever wants it.
        forms: what each tier can be given, where they are of different providers.
    """

    tiers: Mapping[str, Any]
    messages: list[BaseMessage]
    stop: list[str] | None
    kwargs: Mapping[str, Any]
    runs: LegRuns
    forms: Mapping[str, Form] = field(default_factory=dict, kw_only=True)

    def generate(self, ask: Generate) -> Reply:
        """Ask and wait."""
        model, kwargs = self._target(ask)
        messages = self._messages(ask)
        try:
            with self.runs.leg(model, messages, ask, kwargs) as leg:
                if _is_plain(model, kwargs, async_api=False):
                    result = completed(model._generate(messages, **kwargs))
                else:
                    result = _heeding(model, kwargs)._generate_with_cache(messages, **kwargs)
                leg.end(result)
        except Exception as error:
            raise to_failure(error) from error
        return self._read(ask, result)

    async def agenerate(self, ask: Generate) -> Reply:
        """Ask and wait, without blocking the event loop."""
        model, kwargs = self._target(ask)
        messages = self._messages(ask)
        try:
            async with self.runs.aleg(model, messages, ask, kwargs) as leg:
                if _is_plain(model, kwargs, async_api=True):
                    result = completed(await model._agenerate(messages, **kwargs))
                else:
                    heeding = _heeding(model, kwargs)
                    result = await heeding._agenerate_with_cache(messages, **kwargs)
                leg.end(result)
        except Exception as error:
            raise to_failure(error) from error
        return self._read(ask, result)

    def stream(self, ask: Generate) -> Generator[Chunk, None, None]:
        """Ask for chunks."""
        model, kwargs = self._target(ask)
        messages = self._messages(ask)
        if ask.own or not model._should_stream(async_api=False, **{**kwargs, "stream": True}):
            yield from _as_chunks(self.generate(ask))
            return
        if model.rate_limiter is not None:
            model.rate_limiter.acquire(blocking=True)
        content = Content(model)
        with self.runs.leg(model, messages, ask, kwargs) as leg:
            for generation in model._stream(messages, **kwargs):
                leg.add(generation)
                yield _chunk(generation, content)

    async def astream(self, ask: Generate) -> AsyncGenerator[Chunk, None]:
        """Ask for chunks, without blocking the event loop."""
        model, kwargs = self._target(ask)
        messages = self._messages(ask)
        if ask.own or not model._should_stream(async_api=True, **{**kwargs, "stream": True}):
            for chunk in _as_chunks(await self.agenerate(ask)):
                yield chunk
            return
        if model.rate_limiter is not None:
            await model.rate_limiter.aacquire(blocking=True)
        content = Content(model)
        async with (
            self.runs.aleg(model, messages, ask, kwargs) as leg,
            # Closed at once when the caller leaves: an event loop that ends would close it, and
            # the client's streams below it, all at the same time.
            _closing(model._astream(messages, **kwargs)) as source,
        ):
            async for generation in source:
                leg.add(generation)
                yield _chunk(generation, content)

    def merge(self, ask: Generate, chunks: Sequence[Chunk]) -> Reply:
        """Join chunks into the reply they are of."""
        if not chunks:
            raise ValueError("No generation chunks were returned")
        first, *others = (chunk.raw.message for chunk in chunks)
        whole = first + others if others else first
        if whole.tool_call_chunks:
            # Read anew as complete, pieces of tool calls become tool calls.
            fields = whole.model_dump(exclude={"type", "tool_calls", "invalid_tool_calls"})
            whole = AIMessageChunk(**fields | {"chunk_position": "last"})
        message = message_chunk_to_message(whole)
        return self._read(ask, ChatResult(generations=[ChatGeneration(message=message)]))

    def replay(self, reply: Reply) -> Iterable[ChatGenerationChunk]:
        """Split a finished reply into chunks."""
        return to_chunks(answer_of(reply.raw))

    def aside(self) -> "LangChainBackend":
        """The same calls, of which no callback hears."""
        return replace(self, messages=list(self.messages), runs=LegRuns(None, "none"))

    def _read(self, ask: Generate, result: ChatResult) -> Reply:
        """An answer, and what the caller's own classes find wrong with it."""
        reply = to_reply(result)
        kwargs = self.kwargs
        if ask.own or reply.faults or not ("tools" in kwargs or "answer_schema" in kwargs):
            return reply
        for asked in (kwargs.get("answer_schema"), kwargs.get("tools")):
            if isinstance(asked, AnswerSchema | ToolList):
                fault = asked.fault(answer_of(result))
                return reply if fault is None else replace(reply, faults=(fault,))
        return reply

    def _messages(self, ask: Generate) -> list[BaseMessage]:
        """What to send: the caller's own objects, copies or new ones for turns that say else."""
        turns = ask.prompt.messages
        if len(turns) == len(self.messages) and all(map(_is_untouched, turns)):
            sent = self.messages
        else:
            sent = [turn.raw if _is_untouched(turn) else to_sent(turn) for turn in turns]
        form = self.forms.get(ask.strategy.tier)
        return sent if form is None else form.messages(sent)

    def _target(self, ask: Generate) -> Target:
        """The model to call and everything to call it with, stop sequences included."""
        strategy = ask.strategy
        model, own = flatten(self.tiers[strategy.tier])
        if ask.own:
            return model, _for_ourselves(model, own, ask)
        form = self.forms.get(strategy.tier)
        kwargs = dict(self.kwargs) if form is None else form.arguments(self.kwargs)
        tools = kwargs.get("tools")
        schema = kwargs.pop("answer_schema", None)
        bound: dict[str, Any] = {}
        if form is not None and isinstance(tools, list) and not isinstance(tools, ToolList):
            tools = ToolList(tools, tuple(kwargs.keys() & TOOL_OPTIONS))
        if isinstance(tools, ToolList):
            del kwargs["tools"]
            model, bound = tools.bind_to(model, kwargs, form)
        elif isinstance(schema, AnswerSchema):
            model, bound = schema.bind_to(model)
        merged = {"stop": None, **own, **_parameters(strategy), **bound, **kwargs}
        if self.stop is not None:
            merged["stop"] = self.stop
        if "max_tokens" in merged or strategy.max_tokens is not None:
            put_limit(model, merged, strategy.max_tokens)
        return model, merged


def _is_untouched(turn: Message) -> bool:
    return turn.raw is not None and turn.raw.content is turn.content


def _for_ourselves(
    model: BaseChatModel, bound: Mapping[str, Any], ask: Generate
) -> dict[str, Any]:
    """What goes with a request of ours: nothing of the caller's, and our own limit.

    What is bound to a model that only judges is there for judging; what is bound to one that
    answers callers too, tools and formats, is not.
    """
    kept = dict(bound)
    if ask.strategy.tier not in HELPERS:
        kept = {name: value for name, value in bound.items() if name not in _OF_ANSWERS}
    merged = {"stop": None, **kept, **_parameters(ask.strategy)}
    if ask.prompt.max_tokens is not None:
        put_limit(model, merged, ask.prompt.max_tokens)
    return merged


def _parameters(strategy: Strategy) -> dict[str, Any]:
    """What the strategy sets for callers that set nothing."""
    named = {
        "temperature": strategy.temperature,
        "top_p": strategy.top_p,
        "frequency_penalty": strategy.frequency_penalty,
        "presence_penalty": strategy.presence_penalty,
    }
    return {name: value for name, value in named.items() if value is not None}


def _is_plain(model: BaseChatModel, kwargs: Mapping[str, Any], *, async_api: bool) -> bool:
    """Whether a call needs none of what LangChain puts around it: caches, limits, conversion."""
    return (
        model.cache is None
        and model.rate_limiter is None
        and model.output_version is None
        and get_llm_cache() is None
        and not model._should_stream(async_api=async_api, **kwargs)
    )


def _heeding(model: BaseChatModel, kwargs: Mapping[str, Any]) -> BaseChatModel:
    """The model, without a cache that would know a schema by its class's name alone."""
    if any(isinstance(value, type) for value in kwargs.values()):
        return model.model_copy(update={"cache": False})
    return model


def _closing(
    source: AsyncIterator[ChatGenerationChunk],
) -> AbstractAsyncContextManager[AsyncIterator[ChatGenerationChunk]]:
    return aclosing(source) if isinstance(source, AsyncGenerator) else nullcontext(source)


def _chunk(generation: ChatGenerationChunk, content: Content) -> Chunk:
    """A piece of the answer, all on its message, without the marks of the run it came from."""
    message = generation.message
    message.response_metadata = {**(generation.generation_info or {}), **message.response_metadata}
    told = content.of(message)
    if told is not message:
        # pydantic makes every such assignment slow.
        message = generation.message = told
    message.id = None
    if isinstance(message, AIMessageChunk) and message.chunk_position is not None:
        message.chunk_position = None
    return Chunk(generation, message.text, logprobs_of(generation))


def _as_chunks(reply: Reply) -> Iterable[Chunk]:
    """An answer that came whole."""
    for generation in to_chunks(answer_of(reply.raw)):
        yield Chunk(generation, generation.message.text, logprobs_of(generation))
