"""How the pipeline's effects are performed: at once, awaited, or chunk by chunk.

Each driver sends results in, throws failures in as CallFailed, and throws Abandoned in when its
own caller leaves during a model call, so that the pipeline can charge what was spent. What
leaves a driver is the computation's result or the provider's own exception.
"""

import asyncio
import threading
from collections.abc import AsyncGenerator, Generator, Iterable, Sequence
from concurrent.futures import Future
from contextlib import aclosing, closing, suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar, assert_never

from tokenomics_shared.effects import Await, Call, Effect, Flush, Gate, Generate, Steps
from tokenomics_shared.errors import Abandoned, CallFailed
from tokenomics_shared.ports import Backend, Chunk
from tokenomics_shared.types import Reply

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Done:
    """The last thing a stream driver yields: the computation's result."""

    result: Any


def run(steps: Steps[T], backend: Backend) -> T:
    """Perform everything and return the result."""
    with closing(steps):
        try:
            effect = next(steps)
            while True:
                try:
                    result = _perform(effect, backend)
                except Exception as error:  # noqa: BLE001 -- the pipeline decides
                    effect = steps.throw(_failure(effect, error))
                except BaseException:
                    _leave(steps, effect)
                    raise
                else:
                    effect = steps.send(result)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]  # a generator's return is untyped
        except CallFailed as failed:
            cause = failed.cause
    raise cause  # type: ignore[possibly-undefined]  # the loop ends only by raising


def alone(steps: Steps[T]) -> T:
    """Perform a computation that asks no model, and return its result."""
    with closing(steps):
        try:
            effect = next(steps)
            while True:
                if not isinstance(effect, Call):
                    kind = type(effect).__name__
                    raise TypeError(f"only calls can be performed without a backend, not {kind}")
                effect = steps.send(effect.fn())
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]  # a generator's return is untyped


async def arun(steps: Steps[T], backend: Backend) -> T:
    """Perform everything without blocking the event loop and return the result."""
    with closing(steps):
        try:
            effect = next(steps)
            while True:
                try:
                    result = await _aperform(effect, backend)
                except Exception as error:  # noqa: BLE001 -- the pipeline decides
                    effect = steps.throw(_failure(effect, error))
                except BaseException:
                    _leave(steps, effect)
                    raise
                else:
                    effect = steps.send(result)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]  # a generator's return is untyped
        except CallFailed as failed:
            cause = failed.cause
    raise cause  # type: ignore[possibly-undefined]  # the loop ends only by raising


def stream(steps: Steps[Any], backend: Backend) -> Generator[Any, None, None]:
    """Perform everything, yield the chunks the caller may see, and Done last."""
    tap = _Tap(backend)
    with closing(steps):
        try:
            effect = next(steps)
            while True:
                try:
                    yield from _show(effect, backend, tap)
                except Exception as error:  # noqa: BLE001 -- the pipeline decides
                    effect = steps.throw(_failure(effect, error, tap))
                except BaseException:
                    _leave(steps, effect, tap)
                    raise
                else:
                    effect = steps.send(tap.result)
        except StopIteration as stop:
            yield Done(stop.value)
            return
        except CallFailed as failed:
            cause = failed.cause
    raise cause  # type: ignore[possibly-undefined]  # the loop ends only by raising


async def astream(steps: Steps[Any], backend: Backend) -> AsyncGenerator[Any, None]:
    """As `stream`, without blocking the event loop."""
    tap = _Tap(backend)
    with closing(steps):
        try:
            effect = next(steps)
            while True:
                try:
                    async with aclosing(_ashow(effect, backend, tap)) as shown:
                        async for raw in shown:
                            yield raw
                except Exception as error:  # noqa: BLE001 -- the pipeline decides
                    effect = steps.throw(_failure(effect, error, tap))
                except BaseException:
                    _leave(steps, effect, tap)
                    raise
                else:
                    effect = steps.send(tap.result)
        except StopIteration as stop:
            yield Done(stop.value)
            return
        except CallFailed as failed:
            cause = failed.cause
    raise cause  # type: ignore[possibly-undefined]  # the loop ends only by raising


def _perform(effect: Effect, backend: Backend) -> Any:
    match effect:
        case Generate():
            return backend.generate(effect)
        case Flush():
            return None
        case Call(fn):
            return fn()
        case Await():
            return _wait(effect)
        case _:
            assert_never(effect)


async def _aperform(effect: Effect, backend: Backend) -> Any:
    match effect:
        case Generate():
            return await backend.agenerate(effect)
        case Flush():
            return None
        case Call(fn):
            return await asyncio.to_thread(fn)
        case Await():
            return await _await(effect)
        case _:
            assert_never(effect)


def _wait(effect: Await[T]) -> T | None:
    """Wait for another thread; its bringer can't go on in one that waits."""
    if effect.thread == threading.get_ident():
        return None
    with suppress(TimeoutError):
        return effect.future.result(effect.timeout_s)
    return None


async def _await(effect: Await[T]) -> T | None:
    """Wait for another task or thread; many may wait, so one that leaves takes nothing with it."""
    loop = asyncio.get_running_loop()
    here: asyncio.Future[T | None] = loop.create_future()

    def bring(future: Future[T | None]) -> None:
        with suppress(RuntimeError):  # the event loop has ended, and who waited in it is gone
            loop.call_soon_threadsafe(_set, here, future.result())

    effect.future.add_done_callback(bring)
    # Not wait_for: before Python 3.12 it takes a cancellation for its own when both come at once.
    await asyncio.wait({here}, timeout=effect.timeout_s)
    return here.result() if here.done() else None


def _set(future: asyncio.Future[T], value: T) -> None:
    if not future.done():
        future.set_result(value)


def _show(effect: Effect, backend: Backend, tap: "_Tap") -> Generator[Any, None, None]:
    """Perform an effect, yield what the caller may see of it, and leave its result in the tap."""
    match effect:
        case Generate():
            tap.open(effect)
            with closing(backend.stream(effect)) as source:
                for chunk in source:
                    yield from tap.take(chunk)
                    if tap.aborted:
                        break
            tap.finish()
        case Flush(reply):
            yield from tap.rest(reply)
            tap.result = None
        case Call() | Await():
            tap.result = _perform(effect, backend)
        case _:
            assert_never(effect)


async def _ashow(effect: Effect, backend: Backend, tap: "_Tap") -> AsyncGenerator[Any, None]:
    """As `_show`, without blocking the event loop."""
    match effect:
        case Generate():
            tap.open(effect)
            async with aclosing(backend.astream(effect)) as source:
                async for chunk in source:
                    for raw in tap.take(chunk):
                        yield raw
                    if tap.aborted:
                        break
            tap.finish()
        case Flush(reply):
            for raw in tap.rest(reply):
                yield raw
            tap.result = None
        case Call() | Await():
            tap.result = await _aperform(effect, backend)
        case _:
            assert_never(effect)


class _Tap:
    """What the reply in flight has brought so far, and what of it the caller may see.

    Attributes:
        result: of the latest effect.
        aborted: the gate has given the reply up.
    """

    def __init__(self, backend: Backend) -> None:
        self.result: Any = None
        self.aborted = False
        self._backend = backend
        self._ask: Generate | None = None
        self._reply: Reply | None = None
        self._gate: Gate | None = None
        self._open = False
        self._chunks: list[Chunk] = []
        self._held: list[Any] = []
        self._text = ""
        self._logprobs: list[float] = []

    @property
    def shown(self) -> bool:
        """The caller has seen some of it."""
        return self._open and bool(self._chunks)

    def open(self, ask: Generate) -> None:
        """Begin another reply."""
        self.aborted = False
        self._ask = ask
        self._gate = ask.show if callable(ask.show) else None
        self._open = ask.show == "live"
        self._chunks, self._held, self._text, self._logprobs = [], [], "", []

    def take(self, chunk: Chunk) -> Iterable[Any]:
        """Take in a chunk; returns the raw chunks that may now be seen."""
        self._chunks.append(chunk)
        if self._gate is not None and not self._open:
            self._text += chunk.text
            self._logprobs.extend(chunk.logprobs)
            decision = self._gate(self._text, self._logprobs)
            self._open = decision == "release"
            self.aborted = decision == "abort"
        self._held.append(chunk.raw)
        return self._emptied() if self._open else ()

    def finish(self) -> None:
        """Join the chunks into the reply they are of."""
        reply = self._joined()
        if self.aborted:
            reply = replace(reply, finish_reason="aborted")
        elif not reply.finish_reason:
            # The connection may have ended, and not the answer.
            reply = replace(reply, finish_reason="unfinished")
        self._reply = reply
        self.result = self._reply

    def partial(self) -> Reply | None:
        """Join what has come before it was cut off; None when nothing has, or it can't be."""
        if not self._chunks:
            return None
        with suppress(Exception):  # the failure that cut it off is the one to tell of
            return self._joined()
        return None

    def rest(self, reply: Reply) -> Iterable[Any]:
        """The raw chunks of this reply that the caller has not seen."""
        return self._emptied() if reply is self._reply else self._backend.replay(reply)

    def _joined(self) -> Reply:
        if self._ask is None:
            raise ValueError("no reply in flight")
        return replace(self._backend.merge(self._ask, self._chunks), shown=self.shown)

    def _emptied(self) -> Sequence[Any]:
        held, self._held = self._held, []
        return held


def _failure(effect: Effect, error: Exception, tap: _Tap | None = None) -> Exception:
    """A model call's failure, with what had arrived; any other effect's is thrown in as it is.

    So is a CallFailed: the backend knows what a failed call brought better than its chunks tell.
    """
    if not isinstance(effect, Generate) or isinstance(error, CallFailed):
        return error
    if tap is None:
        return CallFailed(error)
    return CallFailed(error, shown=tap.shown, partial=tap.partial())


def _leave(steps: Steps[Any], effect: Effect, tap: _Tap | None = None) -> None:
    """Tell the pipeline that its caller left during a model call."""
    if isinstance(effect, Generate):
        with suppress(Abandoned):
            steps.throw(Abandoned(tap.partial() if tap is not None else None))
