"""Memory's layers: the same request first, one under way next, then one that means the same."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from tokenomics_shared.effects import Steps
from tokenomics_shared.memory.exact import ExactCache, NoExact
from tokenomics_shared.memory.flights import Flights, NoFlights
from tokenomics_shared.memory.keys import exact_key
from tokenomics_shared.memory.volatile import time_bound
from tokenomics_shared.ports import Read
from tokenomics_shared.types import Memo, Prompt, Recall, Roster

_MISS = Recall()

BRIEF_S = 300.0
"""Seconds that an answer about the present is kept, unless the request says otherwise."""


def ttl_of(prompt: Prompt) -> float | None:
    """Seconds that a request's answer may be kept; None for the configured time."""
    if prompt.ttl_s is not None:
        return prompt.ttl_s
    return BRIEF_S if time_bound(prompt.asked) else None


class ByMeaning(Protocol):
    """The layer behind the exact cache."""

    def recall(self, prompt: Prompt, roster: Roster, key: bytes) -> Steps[Recall]:
        """Look for an answer to a request that the exact cache missed."""
        ...

    def learn(
        self, recall: Recall, prompt: Prompt, roster: Roster, memo: Memo, read: Read
    ) -> None:
        """Take in the answer to a request that missed."""
        ...

    def compare(self, recall: Recall, memo: Memo, read: Read) -> None:
        """Take in a fresh answer to a request that was given a kept one."""
        ...

    def forget(self, key: bytes) -> bool:
        """Evict an answer."""
        ...


class NoMeaning:
    """Nothing is answered by meaning."""

    def recall(self, prompt: Prompt, roster: Roster, key: bytes) -> Steps[Recall]:  # noqa: ARG002 -- as ByMeaning
        """Find nothing."""
        yield from ()
        return Recall(key=key)

    def learn(
        self, recall: Recall, prompt: Prompt, roster: Roster, memo: Memo, read: Read
    ) -> None:
        """Do nothing."""

    def compare(self, recall: Recall, memo: Memo, read: Read) -> None:
        """Do nothing."""

    def forget(self, key: bytes) -> bool:  # noqa: ARG002 -- as ByMeaning
        """Know nothing."""
        return False


class NoCache:
    """Remembers nothing."""

    by_meaning = False

    def recall(self, prompt: Prompt, roster: Roster) -> Steps[Recall]:  # noqa: ARG002 -- port
        """Find nothing."""
        yield from ()
        return _MISS

    @contextmanager
    def landing(self, recall: Recall) -> Iterator[None]:  # noqa: ARG002 -- port
        """Nobody waits."""
        yield

    def remember(
        self, recall: Recall, prompt: Prompt, roster: Roster, memo: Memo, read: Read | None
    ) -> None:
        """Keep nothing."""

    def compare(self, recall: Recall, memo: Memo, read: Read) -> None:
        """Do nothing."""

    def forget(self, key: bytes) -> bool:  # noqa: ARG002 -- port
        """Know nothing."""
        return False

    def flush(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class Layers:
    """The exact cache, single flight and the semantic cache, one behind the other.

    Safe to share between threads. A fault of the semantic cache costs the hit, not the request.
    """

    def __init__(
        self,
        exact: ExactCache | NoExact,
        meaning: ByMeaning,
        flights: Flights | NoFlights,
        shield: Callable[[], AbstractContextManager[object]],
    ) -> None:
        """Put the layers together.

        Args:
            exact: the same request.
            meaning: one that means the same.
            flights: the same request, under way.
            shield: swallows and counts a fault of the semantic cache.
        """
        self.exact = exact
        self.meaning = meaning
        self._flights = flights
        self._shield = shield
        self.by_meaning = not isinstance(meaning, NoMeaning)

    def recall(self, prompt: Prompt, roster: Roster) -> Steps[Recall]:
        """Look for an answer to this request."""
        key = exact_key(prompt, roster)
        if key is None:
            return _MISS
        if prompt.no_cache:
            return Recall(key=key)
        memo = self.exact.get(key)
        if memo is not None:
            return Recall(memo, "exact", 1.0, key, entry=key.hex())
        under_way = self._flights.join(key, may_lead=not prompt.paced)
        if under_way is not None:
            memo = yield from under_way
            if memo is not None:
                return Recall(memo, "exact", 1.0, key, entry=key.hex(), note="shared")
        recall = Recall(key=key)
        try:
            with self._shield():
                recall = yield from self.meaning.recall(prompt, roster, key)
        except BaseException:
            self._flights.land(key, None)
            raise
        if recall.memo is not None:
            self._flights.land(key, recall.memo)
        return recall

    @contextmanager
    def landing(self, recall: Recall) -> Iterator[None]:
        """Around the asking of a model: whatever ends it, whoever waits is let go."""
        try:
            yield
        finally:
            if recall.key is not None:
                self._flights.land(recall.key, None)

    def remember(
        self, recall: Recall, prompt: Prompt, roster: Roster, memo: Memo, read: Read | None
    ) -> None:
        """Keep an answer to the request that this recall missed."""
        if recall.key is None or prompt.no_store:
            return
        self.exact.put(recall.key, memo, ttl_of(prompt))
        self._flights.land(recall.key, memo)
        if read is not None:
            self.meaning.learn(recall, prompt, roster, memo, read)

    def compare(self, recall: Recall, memo: Memo, read: Read) -> None:
        """Learn from a fresh answer to a request that memory had answered."""
        self.meaning.compare(recall, memo, read)

    def forget(self, key: bytes) -> bool:
        """Evict an answer wherever it is; whether it was there."""
        was_here = self.exact.get(key) is not None
        self.exact.remove(key)
        return self.meaning.forget(key) or was_here

    def flush(self) -> None:
        """Return once what is pending is written."""
        self.exact.flush()

    def close(self) -> None:
        """Write what is pending and let go of the store."""
        self.exact.close()
