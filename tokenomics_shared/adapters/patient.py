"""An embedder that may hang, asked by threads that may be given up."""

import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from tokenomics_shared.errors import EmbedderTimeout

if TYPE_CHECKING:
    from tokenomics_shared.ports import Embedder

T = TypeVar("T")

MAX_THREADS = 32
"""Calls that run at once; further ones wait their turn, within their own time."""

MAX_STUCK = 4
"""Calls given up and still running, from which on all further ones fail at once."""


class Patient:
    """Waits for an embedder no longer than it may.

    Each call runs in a daemon thread. One that is given up can't be stopped, so it runs on; while
    too many do, the embedder is taken to be down, and calls fail at once until one returns.
    """

    def __init__(
        self,
        embedder: "Embedder",
        timeout_s: float = 5.0,
        *,
        max_threads: int = MAX_THREADS,
        max_stuck: int = MAX_STUCK,
    ) -> None:
        """Put a time limit on an embedder.

        Args:
            embedder: what may hang.
            timeout_s: seconds that a call may take, waiting for its turn included.
            max_threads: calls that run at once, those given up included; at least 1.
            max_stuck: calls given up, from which on all further ones fail at once; at least 1.
        """
        self._embedder = embedder
        self._timeout_s = timeout_s
        self._max_stuck = max_stuck
        self._threads = threading.Semaphore(max_threads)
        self._lock = threading.Lock()
        self._stuck = 0

    @property
    def name(self) -> str:
        """The embedder's own: its vectors are the same."""
        return self._embedder.name

    @property
    def dimensions(self) -> int:
        """Numbers in a vector; the first to ask may have to wait for one to be made."""
        return self._within(lambda: self._embedder.dimensions)

    @property
    def local(self) -> bool:
        """Whether texts are embedded in this process."""
        return self._embedder.local

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, a row a text.

        Raises:
            EmbedderTimeout: it took too long, or too many earlier calls still do.
        """
        return self._within(lambda: self._embedder.embed(texts))

    def reads(self, text: str) -> bool:
        """Whether the embedder reads the whole text."""
        return self._embedder.reads(text)

    def _within(self, work: Callable[[], T]) -> T:
        if self._stuck >= self._max_stuck:
            raise EmbedderTimeout(f"{self.name} still hangs in {self._stuck} earlier calls")
        until = time.monotonic() + self._timeout_s
        if not self._threads.acquire(timeout=self._timeout_s):
            raise EmbedderTimeout(f"{self.name} was too busy for {self._timeout_s} s")
        call = _Call(work, self._returned)
        threading.Thread(target=call.run, name="tokenomics-embedder", daemon=True).start()
        try:
            return call.result(max(0.0, until - time.monotonic()))
        except Empty:
            self._give_up(call)
        raise EmbedderTimeout(f"{self.name} took longer than {self._timeout_s} s")

    def _give_up(self, call: "_Call[T]") -> None:
        with self._lock:
            call.given_up = not call.returned
            self._stuck += call.given_up

    def _returned(self, call: "_Call[T]") -> None:
        with self._lock:
            call.returned = True
            self._stuck -= call.given_up
        self._threads.release()


class _Call(Generic[T]):
    """One call in a thread; `given_up` and `returned` are read and set under the owner's lock."""

    def __init__(self, work: Callable[[], T], on_return: Callable[["_Call[T]"], None]) -> None:
        self.given_up = False
        self.returned = False
        self._work = work
        self._on_return = on_return
        self._results: SimpleQueue[T | _Raised] = SimpleQueue()

    def run(self) -> None:
        result: T | _Raised
        try:
            result = self._work()
        except BaseException as error:  # noqa: BLE001 -- raised again by who waits
            result = _Raised(error)
        self._on_return(self)
        self._results.put(result)

    def result(self, timeout_s: float) -> T:
        result = self._results.get(timeout=timeout_s)
        if isinstance(result, _Raised):
            raise result.error
        return result


class _Raised:
    def __init__(self, error: BaseException) -> None:
        self.error = error
