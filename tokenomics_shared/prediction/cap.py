"""How long an answer may get before it counts as run away.

Providers bill what is generated, not what is allowed, so a limit saves next to nothing. It ends
answers that would never end, and lets providers with quotas reserve less.
"""

from math import ceil

from tokenomics_shared.types import Forecast

LEAST = 256
"""Tokens below which no limit is set: cutting an answer costs more than that."""

MARGIN = 1.5
"""Times the median that an answer may have, however sure the forecast is."""

RAISE = 4
"""How much larger the limit of a second try is."""


def cap(forecast: Forecast, callers: int | None) -> int | None:
    """The limit to send with a request: the largest of p99, 1.5 times the median, and 256.

    Args:
        forecast: of the answer.
        callers: the caller's own limit, if any.

    Returns:
        Tokens; None for none of ours, because the forecast is not learned from answers or the
        caller's limit is no larger.
    """
    if not forecast.trained:
        return None
    ours = max(forecast.p99, ceil(MARGIN * forecast.p50), LEAST)
    return ours if callers is None or ours < callers else None


def raised(limit: int, callers: int | None = None) -> int | None:
    """The limit of the second try after an answer was cut; None to leave the caller's alone."""
    larger = RAISE * limit
    return larger if callers is None or larger < callers else None
