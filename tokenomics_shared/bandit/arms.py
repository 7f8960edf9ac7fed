"""What the arms may be."""

import logging
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import combinations
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tokenomics_shared.config_errors import in_words
from tokenomics_shared.config_values import Positive, Probability, Temperature
from tokenomics_shared.errors import ConfigError
from tokenomics_shared.planning import COMPRESSION
from tokenomics_shared.types import Roster, Strategy, Tier, Usage

_log = logging.getLogger("tokenomics.bandit")

_READ, _WRITTEN = Usage(input=1_000), Usage(output=1_000)


class _Limits(BaseModel):
    """What a strategy may be; its fields are `Strategy`'s.

    The limits of the penalties are OpenAI's, the widest there are.
    """

    model_config = ConfigDict(allow_inf_nan=False)

    arm_id: Annotated[str, Field(min_length=1)]
    tier: str
    max_tokens: Positive | None
    temperature: Temperature | None
    top_p: Probability | None
    frequency_penalty: Annotated[float, Field(ge=-2.0, le=2.0)] | None
    presence_penalty: Annotated[float, Field(ge=-2.0, le=2.0)] | None


def refuse_impossible(strategies: Any) -> None:
    """Look at strategies before anything is made of them.

    Raises:
        ConfigError: they are of another type, or a setting of one is impossible.
    """
    if not isinstance(strategies, Sequence) or isinstance(strategies, str):
        raise ConfigError(f"strategies must be a list, got {type(strategies).__name__}")
    for place, strategy in enumerate(strategies):
        if not isinstance(strategy, Strategy):
            kind = type(strategy).__name__
            raise ConfigError(f"strategies.{place} must be a Strategy, got {kind}")
        if strategy.arm_id == COMPRESSION:
            raise ConfigError(f"strategy {COMPRESSION!r}: audits use that name; give it another")
        try:
            _Limits(**{name: getattr(strategy, name) for name in _Limits.model_fields})
        except ValidationError as error:
            raise ConfigError(f"strategy {strategy.arm_id!r}: {in_words(error)}") from None


def warn_of_order(roster: Roster, cost: Callable[[Tier, str, Usage], Decimal | None]) -> None:
    """Log a warning when known prices say that the arms are not listed cheapest first.

    Nothing is refused: a price list may be behind what the user really pays.

    Args:
        roster: the arms and their tiers.
        cost: what tokens cost; None where that is unknown.
    """
    tiers = [roster.tiers[arm.tier] for arm in roster.arms]
    priced = []
    for tier in tiers:
        read, written = cost(tier, tier.model, _READ), cost(tier, tier.model, _WRITTEN)
        if read is not None and written is not None:
            priced.append((tier, read, written))
    for (one, *above), (later, *below) in combinations(priced, 2):
        if above != below and above[0] >= below[0] and above[1] >= below[1]:
            _warn(one.name, one.model, later.name, later.model)


@lru_cache(maxsize=256)
def _warn(one: str, model: str, later: str, later_model: str) -> None:
    """Said once: a model is made anew for every call where its fields are configurable."""
    _log.warning(
        "%s (%s) costs more than %s (%s), which comes after it: models and strategies go from "
        "the cheapest to premium, and savings are measured against the last",
        one,
        model,
        later,
        later_model,
    )
