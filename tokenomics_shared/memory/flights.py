"""Single flight: the same request asked again while its answer is under way waits for it."""

from concurrent.futures import Future
from dataclasses import dataclass
from threading import get_ident

from typing_extensions import override

from tokenomics_shared.effects import Await
from tokenomics_shared.forks import ForkSafe
from tokenomics_shared.types import Memo

WAIT_S = 30.0
"""Seconds a request waits for another's answer before it asks for itself."""


@dataclass(slots=True)
class _Flight:
    """What will be brought, once somebody waits for it, and the thread that brings it."""

    thread: int
    future: Future[Memo | None] | None = None


class Flights(ForkSafe):
    """Requests under way, by exact key. Safe to share between threads."""

    def __init__(self) -> None:
        self._under_way: dict[bytes, _Flight] = {}
        super().__init__()

    @override
    def in_child(self) -> None:
        """Nothing of the parent's is under way here."""
        self._under_way = {}

    def join(self, key: bytes, *, may_lead: bool) -> Await[Memo] | None:
        """What to wait for; None for whoever is first, who must land.

        Args:
            key: of the request.
            may_lead: whether others may wait for this one; not for an answer that is read at the
                caller's own pace.
        """
        with self.lock:
            flight = self._under_way.get(key)
            if flight is not None:
                if flight.future is None:
                    flight.future = Future()
                return Await(flight.future, flight.thread, WAIT_S)
            if may_lead:
                self._under_way[key] = _Flight(get_ident())
        return None

    def land(self, key: bytes, memo: Memo | None) -> None:
        """Let go of whoever waits, with the answer or, by None, to ask for themselves."""
        with self.lock:
            flight = self._under_way.pop(key, None)
        if flight is not None and flight.future is not None:
            flight.future.set_result(memo)


class NoFlights:
    """Everybody asks for themselves."""

    def join(self, key: bytes, *, may_lead: bool) -> Await[Memo] | None:  # noqa: ARG002 -- as Flights
        """Nothing to wait for."""
        return None

    def land(self, key: bytes, memo: Memo | None) -> None:
        """Do nothing."""
