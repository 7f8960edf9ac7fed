"""The exact cache: a least-recently-used table in the process over a durable store."""

from collections import OrderedDict
from collections.abc import Callable

from tokenomics_shared.forks import ForkSafe
from tokenomics_shared.ports import MemoStore
from tokenomics_shared.types import Memo


class ExactCache(ForkSafe):
    """Answers a request that is the same, to the byte, as one answered before.

    Safe to share between threads. A look-up costs no I/O when the entry is in the process and
    one indexed read otherwise; nothing is written on a read.
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
        super().__init__()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: bytes) -> Memo | None:
        """The answer kept under this key."""
        now = self._clock()
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
        """Forget an answer, here and in the store; returns once it is gone."""
        if self._store is not None:
            self._store.remove(key, self._clock())
            # Until that is written a look-up would read it back into the process.
            self._store.flush()
        self.drop(key)

    def drop(self, key: bytes) -> None:
        """Forget an answer here: it is gone from the store."""
        with self.lock:
            self._entries.pop(key, None)

    def clear(self) -> None:
        """Forget everything, here and in the store."""
        with self.lock:
            self._entries.clear()
        if self._store is not None:
            self._store.clear()
            self._store.flush()

    def flush(self) -> None:
        """Return once what is pending is written."""
        if self._store is not None:
            self._store.flush()

    def close(self) -> None:
        """Write what is pending and let go of the store."""
        if self._store is not None:
            self._store.close()

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
