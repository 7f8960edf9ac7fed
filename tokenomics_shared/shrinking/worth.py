"""Whether a shortened text saves more than it costs, the provider's prompt cache included."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2b
from typing import Final

from typing_extensions import override

from tokenomics_shared.forks import ForkSafe
from tokenomics_shared.types import Roster, Tier, Usage

Pricing = Callable[[Tier, str, Usage], Decimal | None]
"""US dollars for a model's usage at a tier, or None when its price is unknown."""

LEAST_SAVED: Final = 0.05
"""Share of a text below which shortening it is not worth the risk."""

CACHED_FROM: Final = 1_024
"""Tokens from which providers keep a prompt's beginning (OpenAI, Anthropic: 1,024)."""

STEP: Final = 1_024
"""Characters at whose multiples a beginning is recognised; about 256 tokens."""

_MILLION: Final = 1_000_000
_STEEPEST: Final = Decimal("0.1")
"""What cached tokens cost of the full price where no price is known: the most that is given off,
so that the cache is rather spared."""

_MOST: Final = 20_000
"""Beginnings that are remembered."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What a token read costs, in any unit.

    Attributes:
        fresh: at the full price.
        cached: from the provider's prompt cache.
    """

    fresh: Decimal
    cached: Decimal

    @classmethod
    def of(cls, roster: Roster, price: Pricing) -> "Rates":
        """The cheapest arm's: what is worth it there is worth it everywhere."""
        tier = roster.tiers[roster.arms[0].tier]
        fresh = price(tier, tier.model, Usage(_MILLION))
        cached = price(tier, tier.model, Usage(_MILLION, cache_read=_MILLION))
        if not fresh or cached is None:
            return cls(Decimal(1), _STEEPEST)
        return cls(fresh / _MILLION, cached / _MILLION)


@dataclass(frozen=True, slots=True)
class Change:
    """What shortening a text would change, in tokens.

    Attributes:
        before: of the text.
        after: of the shortened text.
        stable: of the text's beginning that the provider has in its cache already.
        cost: what the compressor costs, in the unit of the rates.
    """

    before: int
    after: int
    stable: int = 0
    cost: Decimal = Decimal(0)


def is_worth(change: Change, rates: Rates) -> bool:
    """Whether a shortened text is cheaper than the text.

    What is left of a beginning that was in the provider's cache is new to it, and read at the
    full price.
    """
    if change.before - change.after < LEAST_SAVED * change.before:
        return False
    stable = min(change.stable, change.before)
    as_it_is = rates.cached * stable + rates.fresh * (change.before - stable)
    return rates.fresh * change.after + change.cost < as_it_is


class Beginnings(ForkSafe):
    """Remembers how requests begin, and what was decided of each of their texts.

    A template's fixed part begins many requests, and the provider has it in its cache; the texts
    of one conversation come again with every turn, and must be sent as they were the first time.
    Digests alone are kept. Safe to share between threads.
    """

    def __init__(self) -> None:
        self._seen: OrderedDict[bytes, None] = OrderedDict()
        self._decided: OrderedDict[bytes, bool] = OrderedDict()
        super().__init__()

    @override
    def in_child(self) -> None:
        """Go on with what the parent knew."""

    def decided(self, key: bytes) -> bool | None:
        """Whether this text, at this place of this conversation, is sent shortened."""
        with self.lock:
            decided = self._decided.get(key)
            if decided is not None:
                self._decided.move_to_end(key)
            return decided

    def decide(self, key: bytes, *, shorten: bool) -> bool:
        """Keep to it from now on; returns what is kept to, another's word where it was first."""
        with self.lock:
            decided = self._decided.setdefault(key, shorten)
            _trim(self._decided)
            return decided

    def stable(self, before: bytes, text: str, *, keep: bool = True) -> int:
        """Characters of the text's beginning that an earlier request had.

        Args:
            before: digest of all that comes before the text.
            text: the text as it came.
            keep: remember it, because it is sent now.
        """
        marks = list(_marks(before, text))
        with self.lock:
            known = [place for place, mark in enumerate(marks, 1) if mark in self._seen]
            for mark in marks if keep else ():
                self._seen[mark] = None
                self._seen.move_to_end(mark)
            _trim(self._seen)
        return STEP * max(known, default=0)


def digest_of(before: bytes, text: str) -> bytes:
    """The digest of all up to the end of this text."""
    return blake2b(text.encode("utf-8", "surrogatepass"), key=before[:64], digest_size=16).digest()


def _marks(before: bytes, text: str) -> list[bytes]:
    running = blake2b(key=before[:64], digest_size=16)
    marks = []
    for start in range(0, len(text) - STEP + 1, STEP):
        running.update(text[start : start + STEP].encode("utf-8", "surrogatepass"))
        marks.append(running.copy().digest())
        if len(marks) >= _MARKS:
            break
    return marks


_MARKS: Final = 64
"""Marks of one text: the first 64 thousand characters."""


def _trim(kept: "OrderedDict[bytes, None] | OrderedDict[bytes, bool]") -> None:
    while len(kept) > _MOST:
        kept.popitem(last=False)
