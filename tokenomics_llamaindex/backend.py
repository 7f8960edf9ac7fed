"""Model calls for one LlamaIndex request."""

from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    aclosing,
    closing,
    nullcontext,
)
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from llama_index.core.callbacks import CallbackManager
from llama_index.core.llms import LLM, ChatMessage, ChatResponse

from tokenomics_llamaindex.convert import mark, to_reply, to_sent
from tokenomics_llamaindex.crew import Crew
from tokenomics_llamaindex.events import inside
from tokenomics_llamaindex.limits import in_own_form, put_parameters, with_limit
from tokenomics_llamaindex.replies import of_completion, to_chunks
from tokenomics_llamaindex.structured import SCHEMA
from tokenomics_llamaindex.tools import ToolList
from tokenomics_shared.effects import Generate
from tokenomics_shared.ports import Chunk
from tokenomics_shared.types import Message, Reply


class Completion(NamedTuple):
    """A call of `complete`.

    Attributes:
        prompt: the text, as it came.
        formatted: it is not to be put into the model's own form any more.
    """

    prompt: str
    formatted: bool


@dataclass(frozen=True, slots=True)
class Caller:
    """Who hears of the calls.

    Attributes:
        manager: our own model's callbacks.
        limiter: its rate limiter.
        span: the span of the call to us.
        silent: nobody.
    """

    manager: CallbackManager
    limiter: Any = None
    span: str | None = None
    silent: bool = False


@dataclass(slots=True)
class LlamaIndexBackend:
    """Calls the tiers, which tell of their calls themselves.

    Attributes:
        crew: the models.
        turns: the conversation, as read.
        kwargs: the call's arguments.
        caller: who hears of it.
        limit: our own model's limit on answers, for calls that set none.
        completion: the call, where it is one of `complete`.
    """

    crew: Crew
    turns: Sequence[Message]
    kwargs: Mapping[str, Any]
    caller: Caller
    limit: int | None = None
    completion: Completion | None = None

    def generate(self, ask: Generate) -> Reply:
        """Ask and wait."""
        call = self._call(ask)
        if call.completion is None:
            response = call.model.chat(call.messages, **call.kwargs)
        else:
            prompt, formatted = call.completion
            given = call.model.complete(prompt, formatted=formatted, **call.kwargs)
            response = of_completion(given)
        return to_reply(response, ask.strategy.tier)

    async def agenerate(self, ask: Generate) -> Reply:
        """Ask and wait, without blocking the event loop."""
        call = self._call(ask)
        if call.completion is None:
            response = await call.model.achat(call.messages, **call.kwargs)
        else:
            prompt, formatted = call.completion
            given = await call.model.acomplete(prompt, formatted=formatted, **call.kwargs)
            response = of_completion(given)
        return to_reply(response, ask.strategy.tier)

    def stream(self, ask: Generate) -> Generator[Chunk, None, None]:
        """Ask for chunks."""
        if ask.own:
            yield from map(_read, to_chunks(self.generate(ask).raw))
            return
        call = self._call(ask)
        source: Iterator[Any]
        with inside(self.caller.span):
            if call.completion is None:
                source = call.model.stream_chat(call.messages, **call.kwargs)
            else:
                prompt, formatted = call.completion
                source = call.model.stream_complete(prompt, formatted=formatted, **call.kwargs)
        with _closing(source):
            for given in source:
                yield _chunk(given, ask.strategy.tier, whole=call.completion is None)

    async def astream(self, ask: Generate) -> AsyncGenerator[Chunk, None]:
        """Ask for chunks, without blocking the event loop."""
        if ask.own:
            for response in to_chunks((await self.agenerate(ask)).raw):
                yield _read(response)
            return
        call = self._call(ask)
        source: AsyncIterator[Any]
        with inside(self.caller.span):
            if call.completion is None:
                source = await call.model.astream_chat(call.messages, **call.kwargs)
            else:
                prompt, formatted = call.completion
                source = await call.model.astream_complete(
                    prompt, formatted=formatted, **call.kwargs
                )
        async with _aclosing(source):
            async for given in source:
                yield _chunk(given, ask.strategy.tier, whole=call.completion is None)

    def merge(self, ask: Generate, chunks: Sequence[Chunk]) -> Reply:
        """The reply that chunks are of: the last has all of the text."""
        responses: list[ChatResponse] = [chunk.raw for chunk in chunks]
        if not responses:
            empty = ChatResponse(message=ChatMessage(role="assistant", content=""))
            return replace(to_reply(empty, ask.strategy.tier), finish_reason="")
        whole = responses[-1].model_copy(update={"delta": None})
        return to_reply(whole, ask.strategy.tier, chunks=responses)

    def replay(self, reply: Reply) -> Iterable[ChatResponse]:
        """Split a finished reply into chunks."""
        return to_chunks(reply.raw)

    def aside(self) -> "LlamaIndexBackend":
        """The same calls, of which no callback hears."""
        return replace(self, caller=replace(self.caller, silent=True))

    def _call(self, ask: Generate) -> "_Call":
        """The model to call and everything to call it with."""
        tier = ask.strategy.tier
        kwargs = {} if ask.own else dict(self.kwargs)
        put_parameters(kwargs, ask.strategy)
        limits = [ask.prompt.max_tokens if ask.own else self.limit, ask.strategy.max_tokens]
        model = self._heard(tier)
        model = with_limit(model, kwargs, min((it for it in limits if it), default=None))
        in_own_form(model, kwargs)
        messages, completion = self._sent(ask)
        schema = kwargs.pop(SCHEMA, None)
        if schema is not None:
            messages, kwargs = schema.prepared(model, messages, kwargs)
        elif isinstance(kwargs.get("tools"), ToolList):
            tools = kwargs.pop("tools")
            messages, kwargs = tools.prepared(model, messages, kwargs)
        return _Call(model, messages, completion, kwargs)

    def _heard(self, tier: str) -> LLM:
        if self.caller.silent:
            return self.crew.unheard(tier)
        return self.crew.heard(tier, self.caller.manager, self.caller.limiter)

    def _sent(self, ask: Generate) -> tuple[list[ChatMessage], Completion | None]:
        """What to send: the caller's own messages, copies or new ones for turns that say else."""
        turns = ask.prompt.messages
        messages = [turn.raw if self._is_untouched(turn) else to_sent(turn) for turn in turns]
        if self.completion is None or ask.own or len(turns) != 1:
            return messages, None
        return messages, self.completion._replace(prompt=turns[0].text)

    def _is_untouched(self, turn: Message) -> bool:
        own = (it for it in self.turns if it.raw is turn.raw)
        return turn.raw is not None and any(it.content is turn.content for it in own)


class _Call(NamedTuple):
    model: LLM
    messages: list[ChatMessage]
    completion: Completion | None
    kwargs: Mapping[str, Any]


def _chunk(given: Any, tier: str, *, whole: bool) -> Chunk:
    """A piece of the answer as it came, marked with whose it is."""
    response = given if whole else of_completion(given)
    mark(response, tier)
    return _read(response)


def _read(response: ChatResponse) -> Chunk:
    return Chunk(response, response.delta or "")


def _closing(source: Iterator[Any]) -> AbstractContextManager[Any]:
    return closing(source) if isinstance(source, Generator) else nullcontext()


def _aclosing(source: AsyncIterator[Any]) -> AbstractAsyncContextManager[Any]:
    return aclosing(source) if isinstance(source, AsyncGenerator) else nullcontext()
