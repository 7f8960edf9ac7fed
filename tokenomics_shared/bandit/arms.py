"""What the arms may be."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tokenomics_shared.config_errors import in_words
from tokenomics_shared.config_values import Positive, Probability, Temperature
from tokenomics_shared.errors import ConfigError
from tokenomics_shared.types import Strategy


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
        try:
            _Limits(**{name: getattr(strategy, name) for name in _Limits.model_fields})
        except ValidationError as error:
            raise ConfigError(f"strategy {strategy.arm_id!r}: {in_words(error)}") from None
