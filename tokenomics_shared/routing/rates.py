"""What an arm's answer to a request would cost."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from tokenomics_shared.types import Tier, Usage

Pricing = Callable[[Tier, str, Usage], Decimal | None]
"""US dollars for a model's usage at a tier, or None when its price is unknown."""

_MANY = 1_000

_ASSUMED_RATIO = 20.0
"""How much more premium costs than the cheapest tier where prices are unknown."""

_log = logging.getLogger("tokenomics.bandit")


@dataclass(frozen=True, slots=True)
class Rate:
    """US dollars a token: read, read from the provider's cache, written."""

    read: float
    cached: float
    written: float

    def cost(self, input_tokens: float, cached_tokens: float, output_tokens: float) -> float:
        """US dollars; the cached tokens are among the input's."""
        fresh = max(0.0, input_tokens - cached_tokens)
        return fresh * self.read + cached_tokens * self.cached + output_tokens * self.written


class Rates:
    """Looks prices up once a model; a price list asked at every request would cost more than it.

    Prices that change with a prompt's length are taken as they are for a short one.
    """

    def __init__(self, pricing: Pricing) -> None:
        self._pricing = pricing
        self._known: dict[tuple[str, str], Rate] = {}

    def of(self, tier: Tier, place: float) -> Rate:
        """The rate of a tier; where its price is unknown, a guess by its place from 0 to 1."""
        key = (tier.name, tier.model)
        rate = self._known.get(key)
        if rate is None:
            rate = self._known[key] = self._look_up(tier) or _assumed(tier.model, place)
        return rate

    def _look_up(self, tier: Tier) -> Rate | None:
        def rate(usage: Usage) -> float | None:
            cost = self._pricing(tier, tier.model, usage)
            return None if cost is None else float(cost) / _MANY

        read, written = rate(Usage(input=_MANY)), rate(Usage(output=_MANY))
        if read is None or written is None:
            return None
        cached = rate(Usage(input=_MANY, cache_read=_MANY))
        return Rate(read, read if cached is None else cached, written)


@lru_cache(maxsize=256)
def _assumed(model: str, place: float) -> Rate:
    """Said once a model."""
    _log.warning(
        "no price is known for %s; routing assumes that premium costs %.0f times the cheapest "
        "tier: state it in `prices`",
        model,
        _ASSUMED_RATIO,
    )
    read = 1e-5 * _ASSUMED_RATIO ** (place - 1.0)
    return Rate(read, read, 4.0 * read)
