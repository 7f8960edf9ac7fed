"""What tests of the engine are made of: three tiers, short prompts, exact prices."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tokenomics_shared import Engine, Price, TokenomicsConfig
from tokenomics_shared.types import Message, Prompt, Reply, Roster, Strategy, Tier, Usage

CHEAP, BALANCED, PREMIUM = Strategy("cheap"), Strategy("balanced"), Strategy("premium")
TIERS = {
    "cheap": Tier("cheap", "small-1", "acme", "small-1"),
    "balanced": Tier("balanced", "middle-1", "acme", "middle-1"),
    "premium": Tier("premium", "large-1", "acme", "large-1"),
}
ROSTER = Roster(TIERS, (CHEAP, PREMIUM))
THREE = Roster(TIERS, (CHEAP, BALANCED, PREMIUM))

QUESTION = "Which river flows through the city of Vienna?"
GOOD = "The river that flows through the city of Vienna is the Danube."
POOR = "Not sure"


class PriceList:
    """Prices by tier, in dollars a million tokens; unknown for tiers it doesn't list."""

    def __init__(self, **prices: Price) -> None:
        self.prices = prices

    def cost(self, tier: Tier, model: str, usage: Usage) -> Decimal | None:
        price = self.prices.get(tier.name)
        return None if price is None else price.cost(usage)


PRICES = PriceList(
    cheap=Price(Decimal("0.15"), Decimal("0.60")),
    balanced=Price(Decimal(1), Decimal(4)),
    premium=Price(Decimal("2.50"), Decimal(10), cache_read=Decimal("1.25")),
)


def prompt(text: str = QUESTION, **fields: Any) -> Prompt:
    return Prompt((Message("human", text),), **fields)


def reply(text: str = GOOD, model: str = "", **fields: Any) -> Reply:
    return Reply(text, usage=fields.pop("usage", Usage(20, 10)), model=model, **fields)


def engine(*, judge: Any = None, prices: Any = PRICES, **settings: Any) -> Engine:
    """An engine that starts at the cheapest tier and checks quickly, unless told otherwise."""
    settings.setdefault("bandit", {"enabled": False})
    settings.setdefault("judge", {"judges": ("checks", "quick")})
    settings.setdefault("audit", {"enabled": False})
    return Engine.build(TokenomicsConfig(**settings), judge=judge, prices=prices)


def judge_by(*accepted: str) -> Callable[[str, str], float]:
    """A judge that accepts these answers alone."""
    return lambda _, answer: float(answer in accepted)
