"""Prices the user states, over prices looked up."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

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


class Overrides:
    """The user's own prices by model name, and another price list for the rest."""

    def __init__(self, stated: Mapping[str, Price], otherwise: Prices) -> None:
        self._stated = dict(stated)
        self._otherwise = otherwise

    def cost(self, tier: Tier, model: str, usage: Usage) -> Decimal | None:
        """US dollars for this usage; a price stated for the tier's own model name counts too."""
        price = self._stated.get(model) or self._stated.get(tier.model)
        if price is not None:
            return price.cost(usage)
        return self._otherwise.cost(tier, model, usage)
