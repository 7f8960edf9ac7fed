"""One thread that does, in order, what nobody waits for."""

import os
import threading
from collections.abc import Callable
from queue import SimpleQueue

Job = Callable[[], object]

CLOSE_S = 5.0
"""Seconds that closing waits for what is pending; the rest is dropped."""


class Dropped(Exception):
    """A job that was not done, because too many wait or the end has come."""


class Background:
    """Takes jobs at once and does them soon. Safe to share between threads.

    A job that fails takes no others with it. After a fork the child has a queue and a thread of
    its own.
    """

    def __init__(
        self, name: str, on_fault: Callable[[Exception], object], *, max_jobs: int
    ) -> None:
        """Make it; its thread starts with the first job.

        Args:
            name: of the thread.
            on_fault: told of each job that failed or was dropped.
            max_jobs: jobs that may wait; more are dropped.
        """
        self._name = name
        self._on_fault = on_fault
        self._max_jobs = max_jobs
        self._lock = threading.Lock()
        self._closed = False
        self._begin()

    def submit(self, job: Job) -> None:
        """Queue a job; returns at once."""
        if self._queue.qsize() >= self._max_jobs or not self._put(job):
            self._on_fault(Dropped())

    def flush(self) -> None:
        """Return once everything queued before is done."""
        if self._thread is threading.current_thread():
            return
        done = threading.Event()
        if self._put(done.set):
            done.wait()

    def close(self) -> None:
        """Do what is pending, as far as there is time, and end; later jobs are dropped."""
        with self._lock:
            thread = self._thread if self._pid == os.getpid() else None
            if thread is not None and not self._closed:
                self._queue.put(None)
            self._closed = True
        if thread is not None and thread is not threading.current_thread():
            thread.join(CLOSE_S)
            self._given_up = True

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._given_up = False
        self._thread: threading.Thread | None = None

    def _put(self, job: Job) -> bool:
        with self._lock:
            if self._closed:
                return False
            if self._pid != os.getpid():
                self._begin()
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                self._thread.start()
            self._queue.put(job)
        return True

    def _work(self) -> None:
        while (job := self._queue.get()) is not None and not self._given_up:
            try:
                job()
            except Exception as error:  # noqa: BLE001 -- a job that fails must not end the thread
                self._on_fault(error)


class AtOnce:
    """Does jobs at once, in the thread that brings them: for replays, which must be repeatable."""

    def __init__(self, on_fault: Callable[[Exception], object]) -> None:
        """Make it; `on_fault` is told of each job that failed."""
        self._on_fault = on_fault

    def submit(self, job: Job) -> None:
        """Do a job."""
        try:
            job()
        except Exception as error:  # noqa: BLE001 -- a job that fails must not end the caller
            self._on_fault(error)

    def flush(self) -> None:
        """Nothing is ever pending."""

    def close(self) -> None:
        """Nothing is ever pending."""
