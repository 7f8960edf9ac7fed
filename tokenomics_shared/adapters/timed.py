"""Work that may hang, done by threads that may be given up."""

import contextvars
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from typing_extensions import override

from tokenomics_shared.forks import ForkSafe

T = TypeVar("T")

MAX_THREADS = 32
"""Pieces of work that run at once; further ones wait their turn, within their own time."""

MAX_STUCK = 4
"""Pieces given up and still running, from which on all further ones fail at once."""


class Timed(ForkSafe):
    """Waits for work no longer than it may.

    Each piece runs in a daemon thread, in the context of whoever waits. One that is given up
    can't be stopped, so it runs on; while too many do, whatever they wait for is taken to be down,
    and further ones fail at once until one returns.
    """

    def __init__(
        self,
        name: str,
        timeout_s: float,
        *,
        max_threads: int = MAX_THREADS,
        max_stuck: int = MAX_STUCK,
    ) -> None:
        """Put a time limit on a kind of work.

        Args:
            name: what works, for messages and the threads' names.
            timeout_s: seconds that a piece may take, waiting for its turn included.
            max_threads: pieces that run at once, those given up included; at least 1.
            max_stuck: pieces given up, from which on all further ones fail at once; at least 1.
        """
        self._name = name
        self._timeout_s = timeout_s
        self._max_threads = max_threads
        self._max_stuck = max_stuck
        self._turns = threading.Semaphore(max_threads)
        self._stuck = 0
        super().__init__()

    @override
    def in_child(self) -> None:
        """The parent's threads don't run here."""
        self._turns = threading.Semaphore(self._max_threads)
        self._stuck = 0

    def within(self, work: Callable[[], T]) -> T:
        """Do the work in time, or give it up.

        Raises:
            TimeoutError: it took too long, or too many earlier pieces still do.
        """
        if self._stuck >= self._max_stuck:
            raise TimeoutError(f"{self._name} still hangs in {self._stuck} earlier calls")
        until = time.monotonic() + self._timeout_s
        turns = self._turns
        if not turns.acquire(timeout=self._timeout_s):
            raise TimeoutError(f"{self._name} was too busy for {self._timeout_s} s")
        piece = _Piece(work)
        context = contextvars.copy_context()
        thread = threading.Thread(
            target=context.run,
            args=(self._do, piece, turns),
            name=f"tokenomics-{self._name}",
            daemon=True,
        )
        try:
            thread.start()
        except BaseException:
            turns.release()
            raise
        try:
            return piece.result(max(0.0, until - time.monotonic()))
        except Empty:
            self._give_up(piece)
        raise TimeoutError(f"{self._name} took longer than {self._timeout_s} s")

    def _do(self, piece: "_Piece[T]", turns: threading.Semaphore) -> None:
        result = piece.done()
        with self.lock:
            piece.returned = True
            self._stuck -= piece.given_up
        turns.release()
        piece.results.put(result)

    def _give_up(self, piece: "_Piece[T]") -> None:
        with self.lock:
            piece.given_up = not piece.returned
            self._stuck += piece.given_up


class _Piece(Generic[T]):
    """One piece of work; `given_up` and `returned` are read and set under the owner's lock."""

    def __init__(self, work: Callable[[], T]) -> None:
        self.given_up = False
        self.returned = False
        self.results: SimpleQueue[T | _Raised] = SimpleQueue()
        self._work = work

    def done(self) -> "T | _Raised":
        try:
            return self._work()
        except BaseException as error:  # noqa: BLE001 -- raised again by who waits
            return _Raised(error)

    def result(self, timeout_s: float) -> T:
        result = self.results.get(timeout=timeout_s)
        if isinstance(result, _Raised):
            raise result.error
        return result


class _Raised:
    def __init__(self, error: BaseException) -> None:
        self.error = error
