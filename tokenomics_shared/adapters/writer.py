"""One thread that drains a queue of writes into transactions."""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

from typing_extensions import override

from tokenomics_shared.errors import StoreError
from tokenomics_shared.forks import ForkSafe

GATHER_S = 0.05
"""Seconds a first write waits for others to share its transaction."""

MAX_JOBS = 256
"""Jobs in one transaction."""

Statement = tuple[str, tuple[Any, ...]]
Job = tuple[Statement, ...]
"""Statements that are written together or not at all."""


class Writer(ForkSafe):
    """Takes jobs at once and writes them soon, in order, many in a transaction.

    A batch that fails is tried again job by job, so that one bad job takes no others with it.
    After a fork the child has a queue and a thread of its own.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Job]], None],
        release: Callable[[], None],
        on_fault: Callable[[Exception], object],
    ) -> None:
        """Make a writer; its thread starts with the first job.

        Args:
            write: writes jobs in one transaction.
            release: lets go of what the writing thread holds, when it ends.
            on_fault: told of each job that could not be written.
        """
        self._write = write
        self._release = release
        self._on_fault = on_fault
        self._closed = False
        self.in_child()
        super().__init__()

    def put(self, job: Job) -> None:
        """Queue a job.

        Raises:
            StoreError: the writer was stopped.
        """
        self._enqueue(job)

    def flush(self) -> None:
        """Return once everything queued before has been written."""
        written = threading.Event()
        self._enqueue(written)
        self._hurry.set()
        written.wait()

    def stop(self) -> None:
        """Write everything queued and end the thread; later jobs are refused.

        Returns when that is done, unless the thread itself is told to: the garbage collector may
        find an unused store from anywhere.
        """
        with self.lock:
            thread = self._thread
            if thread is not None and not self._closed:
                self._queue.put(None)
            self._closed = True
        if thread is not None:
            self._hurry.set()
            if thread is not threading.current_thread():
                thread.join()

    @override
    def in_child(self) -> None:
        """Begin with nothing queued: what is, the parent writes."""
        self._queue: SimpleQueue[Job | threading.Event | None] = SimpleQueue()
        self._hurry = threading.Event()
        self._thread: threading.Thread | None = None

    def _enqueue(self, item: Job | threading.Event) -> None:
        with self.lock:
            if self._closed:
                raise StoreError("the store is closed")
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._work, name="tokenomics-writer", daemon=True
                )
                self._thread.start()
            self._queue.put(item)

    def _work(self) -> None:
        going = True
        while going:
            items = [self._queue.get()]
            if items[0] is not None and self._queue.qsize() < MAX_JOBS:
                self._hurry.wait(GATHER_S)
            self._hurry.clear()
            with suppress(Empty):
                while len(items) < MAX_JOBS:
                    items.append(self._queue.get_nowait())
            going = None not in items
            self._commit([item for item in items if isinstance(item, tuple)])
            for item in items:
                if isinstance(item, threading.Event):
                    item.set()
        self._release()

    def _commit(self, jobs: Sequence[Job]) -> None:
        if not jobs:
            return
        try:
            self._write(jobs)
        except Exception as error:  # noqa: BLE001 -- a store that fails must not end the thread
            if len(jobs) == 1:
                self._on_fault(error)
                return
            for job in jobs:
                self._commit([job])
