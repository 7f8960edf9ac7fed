"""Each tier's call, told to those who want to see it, and counted by nobody twice.

A tier's own callbacks always hear of its calls. With `nested="trace"` the tracers of the
caller's run also get a child run for each; token counters and streaming handlers hear of our own
run alone.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
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
from langchain_core.runnables.config import ensure_config
from langchain_core.tracers import BaseTracer
from langchain_core.tracers._streaming import _StreamingCallbackHandler
from typing_extensions import override

from tokenomics_shared.effects import Generate

Nested = Literal["none", "trace"]

RUN = "tokenomics_run"
"""The argument that hands a streamed call its run manager; taken out before anyone looks."""


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
        listeners = self._listeners(model)
        if not listeners:
            return _UNTOLD
        manager = self._manager(CallbackManager, listeners)
        return _told(manager, model, messages, _details(model, ask, kwargs))

    def aleg(
        self,
        model: BaseChatModel,
        messages: Sequence[BaseMessage],
        ask: Generate,
        kwargs: Mapping[str, Any],
    ) -> AbstractAsyncContextManager[Leg]:
        """As `leg`, for async calls."""
        listeners = self._listeners(model)
        if not listeners:
            return _UNTOLD
        manager = self._manager(AsyncCallbackManager, listeners)
        return _atold(manager, model, messages, _details(model, ask, kwargs))

    def _listeners(self, model: BaseChatModel) -> list[BaseCallbackHandler]:
        """The tier's own handlers, but those that hear of our run anyway; tracers if wanted."""
        own = model.callbacks
        handlers = list(own.handlers if isinstance(own, BaseCallbackManager) else own or ())
        if self.parent is None or (not handlers and self.nested == "none"):
            return handlers
        heard = self.parent.handlers
        handlers = [handler for handler in handlers if handler not in heard]
        if self.nested == "trace":
            handlers += filter(_is_tracer, self.parent.inheritable_handlers)
        return handlers

    def _manager(
        self, kind: type[CallbackManager | AsyncCallbackManager], handlers: list[Any]
    ) -> Any:
        """A child manager; run managers of models can't make one."""
        manager = kind(handlers=[], parent_run_id=self.parent.run_id if self.parent else None)
        manager.set_handlers(handlers)
        if self.parent is not None:
            manager.add_tags(self.parent.inheritable_tags)
            manager.add_metadata(self.parent.inheritable_metadata)
        return manager


@contextmanager
def _told(
    manager: Any,
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    details: Mapping[str, Any],
) -> Iterator[Leg]:
    leg = Leg()
    (run,) = manager.on_chat_model_start(model._serialized, [list(messages)], **details)
    try:
        yield leg
    except BaseException as error:
        run.on_llm_error(error, response=leg.outcome())
        raise
    run.on_llm_end(leg.outcome())


@asynccontextmanager
async def _atold(
    manager: Any,
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    details: Mapping[str, Any],
) -> AsyncIterator[Leg]:
    leg = Leg()
    (run,) = await manager.on_chat_model_start(model._serialized, [list(messages)], **details)
    try:
        yield leg
    except BaseException as error:
        await run.on_llm_error(error, response=leg.outcome())
        raise
    await run.on_llm_end(leg.outcome())


def _details(model: BaseChatModel, ask: Generate, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "invocation_params": model._get_invocation_params(**kwargs),
        "options": {"stop": kwargs.get("stop")},
        "name": f"tier:{ask.strategy.tier}",
    }


def fix_run(
    config: RunnableConfig | None, kwargs: Mapping[str, Any], model: BaseChatModel
) -> tuple[RunnableConfig, dict[str, Any]]:
    """Settle a streamed run's id and handlers beforehand, and hand them down as an argument.

    LangChain gives `_stream` no run manager, so a tier's run could not tell whose child it is.
    """
    config = ensure_config(config)
    run_id = config.get("run_id") or uuid4()
    manager = CallbackManager.configure(
        config.get("callbacks"),
        inheritable_tags=config.get("tags"),
        inheritable_metadata=config.get("metadata"),
        verbose=model.verbose,
    )
    run = CallbackManagerForLLMRun(
        run_id=run_id,
        handlers=manager.handlers,
        inheritable_handlers=manager.inheritable_handlers,
        inheritable_tags=manager.inheritable_tags,
        inheritable_metadata=manager.inheritable_metadata,
    )
    fixed: RunnableConfig = {**config, "run_id": run_id, "callbacks": manager}
    return fixed, {**kwargs, RUN: run}


def _is_tracer(handler: BaseCallbackHandler) -> bool:
    return isinstance(handler, BaseTracer) and not isinstance(handler, _StreamingCallbackHandler)
