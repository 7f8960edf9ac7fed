"""Prices from the `genai-prices` library's bundled table; nothing is fetched."""

from decimal import Decimal

import genai_prices
from genai_prices.types import ModelPrice, PriceCalculation, TieredPrices

from tokenomics_shared.telemetry import Price
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

_PER_CALL = "per call"


class GenaiPrices:
    """Looks prices up by provider and model name; never guesses a provider."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Price | str | None] = {}

    def cost(self, tier: Tier, model: str, usage: Usage) -> Decimal | None:
        """US dollars for this usage, or None when the table has no such model."""
        for name in (model, tier.model):
            key = (tier.provider, name)
            if key not in self._known:
                self._known[key] = self._look_up(*key)
            price = self._known[key]
            if isinstance(price, Price):
                return price.cost(usage)
            if price is not None:
                return self._calculate(tier.provider, name, usage).total_price
        return None

    def _look_up(self, provider: str, model: str) -> Price | str | None:
        if not provider or not model:
            return None
        try:
            found = self._calculate(provider, model, Usage(input=1))
        except LookupError:
            return None
        # One that depends on the time of day or on the prompt's length has to be asked anew.
        return _flat(found.model.prices) or _PER_CALL

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
