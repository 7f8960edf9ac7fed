"""Our own limit on an answer: a guard against one that runs away, not a saving."""

from math import ceil
from typing import Final

from tokenomics_shared.types import Forecast

FLOOR: Final = 256
"""Tokens that every answer may have."""

OVER_MEDIAN: Final = 1.5
"""Times its median length that every answer may have."""

LARGER: Final = 4
"""Times a limit that a second try may have."""


def cap(forecast: Forecast, callers: int | None) -> int | None:
    """The limit to send: the largest of the 99 % quantile, 1.5 medians, and a floor.

    Args:
        forecast: the answer's length.
        callers: the caller's own limit, which is never raised.

    Returns:
        None without a trained forecast, or when the caller's own limit is as low.
    """
    if not forecast.trained:
        return None
    ours = max(forecast.p99, ceil(OVER_MEDIAN * forecast.p50), FLOOR)
    return None if callers is not None and callers <= ours else ours


def raised(limit: int) -> int:
    """The limit of the second try, after an answer that the first one cut."""
    return LARGER * limit
