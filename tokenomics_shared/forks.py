"""Forks: none catches anything of ours half-way, and what a child must not share it never gets.

A lock that another thread holds while the process forks stays held in the child for good, and an
SQLite connection must not be open across a fork at all: the child would take over what SQLite
noted about its locks, but not the locks (https://www.sqlite.org/howtocorrupt.html, section 2.6).
"""

import os
import threading
import time
import weakref

PATIENCE_S = 15.0
"""Seconds a fork waits for our locks; longer than any of them is held."""

_ROUND_S = 0.05
"""Seconds it waits for one of them while it has others in hand, whose holders may want it too."""


class ForkSafe:
    """Something with a lock that no fork catches held by another thread.

    Whoever forks first takes the locks of everything alive; the child gets fresh ones. `__init__`
    is for the end of a subclass's own, when all is in place, and waits for a fork under way: none
    may be made while holding such a lock.

    Attributes:
        lock: what the owner's methods hold while they must not be caught.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        _forks.welcome(self)

    def before_fork(self) -> None:
        """Let go of what a child must not have; the lock is held."""

    def in_child(self) -> None:
        """Forget what only the parent has: its threads, its files."""


class _Forks:
    """The forks of this process, one at a time."""

    def __init__(self) -> None:
        self._alive: set[weakref.ref[ForkSafe]] = set()
        self._turn = threading.RLock()
        self._mine = threading.local()

    def welcome(self, newcomer: ForkSafe) -> None:
        """Count it in from the next fork on; it waits for the end of the one under way."""
        self._alive.add(weakref.ref(newcomer, self._alive.discard))
        if self._turn.acquire(timeout=PATIENCE_S):
            self._turn.release()

    def before(self) -> None:
        """Take every lock, and have everything let go."""
        deadline = time.monotonic() + PATIENCE_S
        self._mine.taken = []
        self._mine.turn = self._turn.acquire(timeout=PATIENCE_S)
        while not self._take_all() and time.monotonic() < deadline:
            self._release_all()
        for each in self._mine.taken:
            each.before_fork()

    def in_parent(self) -> None:
        """Release them."""
        self._release_all()
        if self._mine.turn:
            self._turn.release()

    def in_child(self) -> None:
        """Make them anew: whoever held one that could not be taken is not here."""
        self._turn = threading.RLock()
        for each in self._everyone():
            each.lock = threading.RLock()
            each.in_child()

    def _take_all(self) -> bool:
        """Take what can be taken; False when something is busy."""
        everyone = self._everyone()
        for each in everyone:
            if each.lock.acquire(timeout=_ROUND_S):
                self._mine.taken.append(each)
        return len(self._mine.taken) == len(everyone)

    def _release_all(self) -> None:
        for each in self._mine.taken:
            each.lock.release()
        self._mine.taken = []

    def _everyone(self) -> list[ForkSafe]:
        return [each for reference in self._alive.copy() if (each := reference()) is not None]


_forks = _Forks()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_forks.before, after_in_parent=_forks.in_parent, after_in_child=_forks.in_child
    )
