"""Prices the user states, over prices looked up."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from tokenomics_shared.ports import Prices
from tokenomics_shared.types import Tier, Usage


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens.

    Attributes:
        input: of tokens read.
        output: of tokens written.
        cache_read: of tokens read from the provider's prompt cache; `input` when None.
        cache_write: of tokens written to it; `input` when None.
    """

    input: Decimal
    output: Decimal
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None

    def cost(self, usage: Usage) -> Decimal:
        """US dollars for this usage."""
        total = self.input * usage.input + self.output * usage.output
        if usage.cache_read and self.cache_read is not None:
            total += (self.cache_read - self.input) * usage.cache_read
        if usage.cache_write and self.cache_write is not None:
            total += (self.cache_write - self.input) * usage.cache_write
        return total.scaleb(-6)


_VERSION = re.compile(
    r"([-@](\d{4}-\d{2}-\d{2}|\d{2}-\d{2}|\d{2}-\d{4}|\d{3,}|latest)|-?v\d+(:\d+)?)+", re.ASCII
)
"""What providers put after a model's name to say which one of it answered."""


@lru_cache(maxsize=1024)
def names_of(own: str, reported: str) -> tuple[str, ...]:
    """The names to look a call's price up by, in order.

    Args:
        own: the name of the tier's model. It is one only where that model answered: where the
            provider reported no name, or a version of this one.
        reported: the model's name as the provider reported it, or empty.
    """
    if not reported or reported == own:
        return (own,)
    stem = own.removesuffix("-latest")
    if reported.startswith(stem) and _VERSION.fullmatch(reported, len(stem)):
        return reported, own
    return (reported,)


class Overrides:
    """The user's own prices by model name, and another price list for the rest."""

    def __init__(self, stated: Mapping[str, Price], otherwise: Prices) -> None:
        self._stated = dict(stated)
        self._otherwise = otherwise

    def cost(self, tier: Tier, model: str, usage: Usage) -> Decimal | None:
        """US dollars for this usage; a price stated for a model counts for its versions."""
        for name in names_of(tier.model, model):
            if name in self._stated:
                return self._stated[name].cost(usage)
        return self._otherwise.cost(tier, model, usage)
