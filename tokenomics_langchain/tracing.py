"""Each tier's call, told to those who want to see it, and counted by nobody twice.

A tier's own callbacks always hear of its calls. With `nested="trace"` the tracers of the
caller's run also get a child run for each; token counters and streaming handlers hear of our own
run alone.

Whoever sums a trace's tokens, as LangSmith does over its `llm` runs, finds the answering call's on
our run and none on its children: these tell their tokens under a name that nobody sums. Only so
is the sum the same with children and without, and the one that callers are told.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
)
from dataclasses import dataclass
from typing import Any, Literal
from uuid import uuid4

from langchain_core.callbacks import (
    AsyncCallbackManager,
    BaseCallbackHandler,
    BaseCallbackManager,
    CallbackManager,
    CallbackManagerForLLMRun,
)
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult, LLMResult
from langchain_core.outputs.chat_generation import merge_chat_generation_chunks
from langchain_core.runnables import RunnableConfig
from typing_extensions import override

from tokenomics_langchain.listeners import is_tracer, needs_no_run
from tokenomics_langchain.uncounted import uncounted
from tokenomics_shared.effects import Generate

Nested = Literal["none", "trace"]

RUN = "tokenomics_run"
"""The argument that hands a call its run manager; taken out before anyone looks."""


class Leg:
    """A call being made; gathers what it brings for those who are told of it."""

    def __init__(self) -> None:
        self._chunks: list[ChatGenerationChunk] = []
        self._result: ChatResult | None = None

    def add(self, generation: ChatGenerationChunk) -> None:
        """Take in a chunk."""
        self._chunks.append(generation)

    def end(self, result: ChatResult) -> None:
        """Take in the whole."""
        self._result = result

    def outcome(self) -> LLMResult:
        """What it brought, as callbacks are told."""
        if self._result is not None:
            return LLMResult(
                generations=[self._result.generations],
                llm_output=self._result.llm_output,
            )
        whole = merge_chat_generation_chunks(self._chunks)
        return LLMResult(generations=[[whole]] if whole is not None else [])


class _Untold(Leg):
    """A call that nobody is told of; also the context it is made in."""

    @override
    def add(self, generation: ChatGenerationChunk) -> None:
        """Forget it."""

    @override
    def end(self, result: ChatResult) -> None:
        """Forget it."""

    def __enter__(self) -> Leg:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    async def __aenter__(self) -> Leg:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


_UNTOLD = _Untold()


@dataclass(slots=True)
class LegRuns:
    """Opens a child run for each call, for whoever listens.

    Attributes:
        parent: the run manager of our own run, where LangChain gives one.
        nested: whether its tracers see each call.
    """

    parent: Any
    nested: Nested

    def leg(
        self,
        model: BaseChatModel,
        messages: Sequence[BaseMessage],
        ask: Generate,
        kwargs: Mapping[str, Any],
    ) -> AbstractContextManager[Leg]:
        """The context to make a call in; whoever listens is told of it."""
        own, tracers = self._listeners(model)
        if not own and not tracers:
            return _UNTOLD
        call = _Call(model, messages, ask, kwargs)
        return _told(self._starts(CallbackManager, own, tracers, call))

    def aleg(
        self,
        model: BaseChatModel,
        messages: Sequence[BaseMessage],
        ask: Generate,
        kwargs: Mapping[str, Any],
    ) -> AbstractAsyncContextManager[Leg]:
        """As `leg`, for async calls."""
        own, tracers = self._listeners(model)
        if not own and not tracers:
            return _UNTOLD
        call = _Call(model, messages, ask, kwargs)
        return _atold(self._starts(AsyncCallbackManager, own, tracers, call))

    def _listeners(
        self, model: BaseChatModel
    ) -> tuple[Sequence[BaseCallbackHandler], Sequence[BaseCallbackHandler]]:
        """The tier's own handlers, but those that hear of our run anyway; tracers if wanted."""
        own = model.callbacks
        handlers = list(own.handlers if isinstance(own, BaseCallbackManager) else own or ())
        if self.parent is None or (not handlers and self.nested == "none"):
            return handlers, ()
        heard = self.parent.handlers
        handlers = [handler for handler in handlers if handler not in heard]
        if self.nested == "none":
            return handlers, ()
        return handlers, list(filter(is_tracer, self.parent.inheritable_handlers))

    def _starts(
        self,
        kind: type[CallbackManager | AsyncCallbackManager],
        own: Sequence[BaseCallbackHandler],
        tracers: Sequence[BaseCallbackHandler],
        call: "_Call",
    ) -> list["_Start"]:
        """How each audience is told; only the tier's own count what it was billed."""
        audiences = ((own, _as_it_is), (tracers, uncounted))
        return [
            _Start(self._manager(kind, to, call), call, telling) for to, telling in audiences if to
        ]

    def _manager(
        self,
        kind: type[CallbackManager | AsyncCallbackManager],
        handlers: Sequence[BaseCallbackHandler],
        call: "_Call",
    ) -> Any:
        """A child manager; run managers of models can't make one."""
        manager = kind(handlers=[], parent_run_id=self.parent.run_id if self.parent else None)
        manager.set_handlers(list(handlers))
        if self.parent is not None:
            manager.add_tags(self.parent.inheritable_tags)
            manager.add_metadata(self.parent.inheritable_metadata)
        # After our run's, which say that the model is ours.
        manager.add_metadata(call.metadata())
        return manager


@dataclass(frozen=True, slots=True)
class _Call:
    """A call to be told of."""

    model: BaseChatModel
    messages: Sequence[BaseMessage]
    ask: Generate
    kwargs: Mapping[str, Any]

    def metadata(self) -> dict[str, Any]:
        """The model's own parameters as LangSmith names them, and which arm it is."""
        strategy = self.ask.strategy
        known = {"tokenomics_tier": strategy.tier, "tokenomics_arm": strategy.arm_id}
        return {**self.model._get_ls_params(**self.kwargs), **known}

    def details(self) -> dict[str, Any]:
        """What the start of its run says."""
        return {
            "invocation_params": self.model._get_invocation_params(**self.kwargs),
            "options": {"stop": self.kwargs.get("stop")},
            "name": f"tier:{self.ask.strategy.tier}",
        }


_Telling = Callable[[LLMResult], LLMResult]


@dataclass(frozen=True, slots=True)
class _Start:
    """A call about to be told to one audience.

    Attributes:
        manager: of its handlers.
        call: the call.
        telling: what of its outcome they are told.
    """

    manager: Any
    call: _Call
    telling: _Telling

    def begin(self) -> Any:
        """The run, or what to await it by."""
        model, messages = self.call.model, list(self.call.messages)
        details = self.call.details()
        return self.manager.on_chat_model_start(model._serialized, [messages], **details)


@contextmanager
def _told(starts: Sequence[_Start]) -> Iterator[Leg]:
    leg = Leg()
    runs = [(start.begin()[0], start.telling) for start in starts]
    try:
        yield leg
    except BaseException as error:
        for run, telling in runs:
            run.on_llm_error(error, response=telling(leg.outcome()))
        raise
    for run, telling in runs:
        run.on_llm_end(telling(leg.outcome()))


@asynccontextmanager
async def _atold(starts: Sequence[_Start]) -> AsyncIterator[Leg]:
    leg = Leg()
    runs = [((await start.begin())[0], start.telling) for start in starts]
    try:
        yield leg
    except BaseException as error:
        for run, telling in runs:
            await run.on_llm_error(error, response=telling(leg.outcome()))
        raise
    for run, telling in runs:
        await run.on_llm_end(telling(leg.outcome()))


def _as_it_is(outcome: LLMResult) -> LLMResult:
    return outcome


def wants_run(model: BaseChatModel, config: RunnableConfig, nested: Nested) -> bool:
    """Whether somebody may listen who is to see a streamed call's legs or what came of it."""
    return nested == "trace" or not needs_no_run(model, config)


def fix_run(
    config: RunnableConfig, kwargs: Mapping[str, Any], model: BaseChatModel
) -> tuple[RunnableConfig, dict[str, Any]]:
    """Settle a streamed run's id and handlers beforehand, and hand them down as an argument.

    LangChain gives `_stream` no run manager, so a tier's run could not tell whose child it is.
    """
    run_id = config.get("run_id") or uuid4()
    manager = CallbackManager.configure(
        config.get("callbacks"),
        inheritable_tags=config.get("tags"),
        inheritable_metadata=config.get("metadata"),
        verbose=model.verbose,
    )
    own = model.callbacks
    local = list(own.handlers if isinstance(own, BaseCallbackManager) else own or ())
    run = CallbackManagerForLLMRun(
        run_id=run_id,
        handlers=manager.handlers + [each for each in local if each not in manager.handlers],
        inheritable_handlers=manager.inheritable_handlers,
        inheritable_tags=manager.inheritable_tags,
        inheritable_metadata=manager.inheritable_metadata,
    )
    fixed: RunnableConfig = {**config, "run_id": run_id, "callbacks": manager}
    return fixed, {**kwargs, RUN: run}
