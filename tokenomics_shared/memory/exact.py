"""The exact cache: a least-recently-used table in the process over a durable store."""

from collections import OrderedDict
from collections.abc import Callable

from tokenomics_shared.forks import ForkSafe
from tokenomics_shared.ports import MemoStore
from tokenomics_shared.types import Memo

HEAR_EVERY_S = 1.0
"""Seconds between two looks at what other processes have removed."""


class ExactCache(ForkSafe):
    """Answers a request that is the same, to the byte, as one answered before.

    Safe to share between threads. A look-up costs no I/O when the entry is in the process and
    one indexed read otherwise; once a second it costs another one, which tells what other
    processes have removed. Nothing is written on a read.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        store: MemoStore | None = None,
        max_entries: int = 10_000,
        ttl_s: float | None = None,
    ) -> None:
        """Make a cache.

        Args:
            clock: seconds since the epoch.
            store: keeps entries beyond the process; without one they end with it.
            max_entries: entries held in the process, at least 1; the least recently used leaves.
            ttl_s: seconds an entry lives; None for as long as there is room.
        """
        self._clock = clock
        self._store = store
        self._max_entries = max_entries
        self._ttl_s = float("inf") if ttl_s is None else ttl_s
        self._entries: OrderedDict[bytes, tuple[Memo, float]] = OrderedDict()
        self._heard, self._heard_at = 0, float("-inf")
        super().__init__()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: bytes) -> Memo | None:
        """The answer kept under this key."""
        now = self._clock()
        self._hear(now)
        with self.lock:
            memo, expires = self._entries.get(key, (None, 0.0))
            if memo is not None and now < expires:
                self._entries.move_to_end(key)
                return memo
            self._entries.pop(key, None)
        if self._store is None:
            return None
        kept = self._store.get(key, now)
        if kept is None:
            return None
        self._put(key, *kept)
        return kept[0]

    def put(self, key: bytes, memo: Memo, ttl_s: float | None = None) -> None:
        """Keep an answer, in the process now, in the store soon.

        Args:
            key: the request's exact key.
            memo: the answer.
            ttl_s: seconds it may live, if fewer than usual.
        """
        now = self._clock()
        expires = now + (self._ttl_s if ttl_s is None else min(ttl_s, self._ttl_s))
        self._put(key, memo, expires)
        if self._store is not None:
            self._store.put(key, memo, now, expires)

    def remove(self, key: bytes) -> None:
        """Forget an answer, here and in the store; returns when it is gone from both."""
        self._drop(key)
        if self._store is None:
            return
        self._store.remove(key, self._clock())
        self._store.flush()
        # Somebody may have fetched it again while it was still in the store.
        self._drop(key)

    def clear(self) -> None:
        """Forget everything, here and in the store."""
        with self.lock:
            self._entries.clear()
        if self._store is not None:
            self._store.clear(self._clock())
            self._store.flush()
            with self.lock:
                self._entries.clear()

    def flush(self) -> None:
        """Return once what is pending is written."""
        if self._store is not None:
            self._store.flush()

    def close(self) -> None:
        """Write what is pending and let go of the store."""
        if self._store is not None:
            self._store.close()

    def _hear(self, now: float) -> None:
        """Drop what any process has removed from the store since the last look, now and then."""
        if self._store is None or 0.0 <= now - self._heard_at < HEAR_EVERY_S:
            return
        self._heard_at = now
        self._heard, keys = self._store.forgotten(self._heard)
        for key in keys:
            self._drop(key)

    def _drop(self, key: bytes) -> None:
        with self.lock:
            if key:
                self._entries.pop(key, None)
            else:
                self._entries.clear()

    def _put(self, key: bytes, memo: Memo, expires: float) -> None:
        with self.lock:
            self._entries[key] = (memo, expires)
            self._entries.move_to_end(key)
            if len(self._entries) > self._max_entries:
                self._entries.popitem(last=False)


class NoExact:
    """Gives nothing to the same request; keeps answers for those who give them otherwise."""

    def __init__(self, answers: ExactCache) -> None:
        """Keep answers in this cache."""
        self._answers = answers
        self.put = answers.put
        self.remove = answers.remove
        self.flush = answers.flush
        self.close = answers.close

    def get(self, key: bytes) -> Memo | None:  # noqa: ARG002 -- stands in for ExactCache
        """Give nothing."""
        return None
