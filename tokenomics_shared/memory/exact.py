"""The exact cache: a least-recently-used table in the process over a durable store."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from tokenomics_shared.memory.keys import exact_key
from tokenomics_shared.ports import MemoStore
from tokenomics_shared.types import Memo, Prompt, Recall, Roster

_MISS = Recall()


class NoCache:
    """Remembers nothing."""

    def recall(self, prompt: Prompt, roster: Roster) -> Recall:  # noqa: ARG002 -- port
        """Find nothing."""
        return _MISS

    def remember(self, recall: Recall, memo: Memo) -> None:
        """Keep nothing."""

    def flush(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class ExactCache:
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
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def recall(self, prompt: Prompt, roster: Roster) -> Recall:
        """Look for an answer to this very request."""
        key = exact_key(prompt, roster)
        if key is None:
            return _MISS
        memo = self._get(key)
        return Recall(key=key) if memo is None else Recall(memo, "exact", 1.0, key)

    def remember(self, recall: Recall, memo: Memo) -> None:
        """Keep the answer to the request that missed, in the process now, in the store soon."""
        if recall.key is None:
            return
        now = self._clock()
        expires = now + self._ttl_s
        self._put(recall.key, memo, expires)
        if self._store is not None:
            self._store.put(recall.key, memo, now, expires)

    def flush(self) -> None:
        """Return once what is pending is written."""
        if self._store is not None:
            self._store.flush()

    def close(self) -> None:
        """Write what is pending and let go of the store."""
        if self._store is not None:
            self._store.close()

    def _get(self, key: bytes) -> Memo | None:
        now = self._clock()
        with self._lock:
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

    def _put(self, key: bytes, memo: Memo, expires: float) -> None:
        with self._lock:
            self._entries[key] = (memo, expires)
            self._entries.move_to_end(key)
            if len(self._entries) > self._max_entries:
                self._entries.popitem(last=False)
