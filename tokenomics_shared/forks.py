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

    Whoever forks first takes the locks of everything alive; the child gets fresh ones.

    Attributes:
        lock: what the owner's methods hold while they must not be caught.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        _alive.add(weakref.ref(self, _alive.discard))

    def before_fork(self) -> None:
        """Let go of what a child must not have; the lock is held."""

    def in_child(self) -> None:
        """Forget what only the parent has: its threads, its files."""


_alive: set[weakref.ref[ForkSafe]] = set()
_taken = threading.local()


def _before() -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not _take_all() and time.monotonic() < deadline:
        _let_go()
    for each in _taken.all:
        each.before_fork()


def _take_all() -> bool:
    """Take every lock, in an order that is the same for all who fork; False when one is busy."""
    alive = [each for reference in _alive.copy() if (each := reference()) is not None]
    alive.sort(key=id)
    _taken.all = []
    for each in alive:
        if each.lock.acquire(timeout=_ROUND_S):
            _taken.all.append(each)
    return len(_taken.all) == len(alive)


def _let_go() -> None:
    for each in _taken.all:
        each.lock.release()
    _taken.all = []


def _in_child() -> None:
    _taken.all = []
    for reference in _alive.copy():
        each = reference()
        if each is not None:
            each.lock = threading.RLock()
            each.in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_let_go, after_in_child=_in_child)
