"""Prices from the `genai-prices` library's bundled table; nothing is fetched."""

from contextlib import suppress
from decimal import Decimal

import genai_prices
from genai_prices.types import ModelPrice, PriceCalculation, TieredPrices

from tokenomics_shared.telemetry import Price, names_of
from tokenomics_shared.types import Tier, Usage

_PROVIDERS = {
    "amazon_bedrock": "aws",
    "azure_openai": "azure",
    "bedrock": "aws",
    "google_genai": "google",
    "google_vertexai": "google",
    "mistralai": "mistral",
    "vertexai": "google",
}
"""The library's names for providers that frameworks call otherwise."""


class GenaiPrices:
    """Looks prices up by provider and model name; never guesses a provider."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str], tuple[str, Price | None]] = {}

    def cost(self, tier: Tier, model: str, usage: Usage) -> Decimal | None:
        """US dollars for this usage, or None when the table has no such model."""
        key = (tier.provider, tier.model, model)
        if key not in self._known:
            self._known[key] = self._look_up(*key)
        name, price = self._known[key]
        if price is not None:
            return price.cost(usage)
        # One that depends on the time of day or on the prompt's length has to be asked anew.
        return self._calculate(tier.provider, name, usage).total_price if name else None

    def _look_up(self, provider: str, own: str, reported: str) -> tuple[str, Price | None]:
        """The name that is listed, empty for none, and its price if that is always the same."""
        for name in names_of(own, reported):
            if provider and name:
                with suppress(LookupError):
                    found = self._calculate(provider, name, Usage(input=1))
                    return name, _flat(found.model.prices)
        return "", None

    @staticmethod
    def _calculate(provider: str, model: str, usage: Usage) -> PriceCalculation:
        counted = genai_prices.Usage(
            input_tokens=usage.input,
            output_tokens=usage.output,
            cache_read_tokens=usage.cache_read,
            cache_write_tokens=usage.cache_write,
        )
        return genai_prices.calc_price(
            counted, model, provider_id=_PROVIDERS.get(provider, provider)
        )


def _flat(prices: object) -> Price | None:
    """Rates that are the same for every call, or None."""
    if not isinstance(prices, ModelPrice):
        return None
    rates = {
        "input": prices.input_mtok,
        "output": prices.output_mtok,
        "cache_read": prices.cache_read_mtok,
        "cache_write": prices.cache_write_mtok,
    }
    known = {name: rate for name, rate in rates.items() if isinstance(rate, Decimal)}
    tiered = any(isinstance(rate, TieredPrices) for rate in rates.values())
    return None if tiered or not {"input", "output"} <= set(known) else Price(**known)
