"""Whether quantiles hold what they say, and what they must be multiplied by so that they do."""

import math
from collections import deque
from collections.abc import Sequence

from tokenomics_shared.prediction.quantiles import QUANTILES

RATES = (0.01, 0.03, 0.06)
"""How far one answer moves the logarithm of each factor, at most.

On steady answers this adds less than 2 % to the pinball loss; on answers that double, it takes
away half of it and more.
"""

FURTHEST = math.log(4.0)
"""The logarithm of a factor is kept between minus this and this."""

WINDOW = 200
"""Answers that are looked at for drift."""

OFTENEST, RAREST = 40, 4
"""Of WINDOW, answers beyond the plain p90 from and to which the model is held to have changed.

Twenty are expected, with a standard deviation of 4.2. Where many answers have one and the same
length, such as labels, the p90 is that length, and it tells nothing whether rounding put it a
little above or below: they count as beyond it against RAREST, and not against OFTENEST.
"""


class Coverage:
    """Follows how often answers exceed the quantiles of one model.

    The factors are those of quantile tracking (Angelopoulos, Candès and Tibshirani, Conformal PID
    Control for Time Series Prediction, 2023, section 2.1; Gibbs and Candès, Adaptive Conformal
    Inference under Distribution Shift, 2021): an answer beyond a quantile raises its factor, any
    other lowers it, in such a proportion that in the long run as many exceed it as should,
    whatever the answers are like.

    Not safe to share between threads but for reading.
    """

    def __init__(self) -> None:
        self._logs = (0.0,) * len(QUANTILES)
        self._beyond: deque[tuple[bool, bool]] = deque(maxlen=WINDOW)

    def corrected(self, plain: Sequence[float]) -> list[float]:
        """The quantiles times their factors, never fewer tokens for a higher one."""
        found, least = [], 1.0
        for tokens, log in zip(plain, self._logs, strict=True):
            least = max(least, tokens * math.exp(log))
            found.append(least)
        return found

    def observe(self, plain: Sequence[float], tokens: int, *, censored: bool = False) -> None:
        """Take in an answer.

        Args:
            plain: its quantiles before they were corrected.
            tokens: how long it was.
            censored: it was cut short: it counts as beyond every quantile, unless it was cut
                before the median already, when it tells nothing.
        """
        if censored and tokens < plain[0]:
            return
        moved = []
        for now, log, quantile, rate in zip(
            self.corrected(plain), self._logs, QUANTILES, RATES, strict=True
        ):
            beyond = censored or tokens > now
            log += rate * (beyond - (1.0 - quantile))  # noqa: PLW2901 -- moved by one answer
            moved.append(min(FURTHEST, max(-FURTHEST, log)))
        self._logs = tuple(moved)
        p90 = plain[1]
        self._beyond.append(
            (censored or tokens > math.ceil(p90), censored or tokens >= math.floor(p90))
        )

    def look_again(self) -> None:
        """Begin anew to look for drift."""
        self._beyond.clear()

    @property
    def drifted(self) -> bool:
        """The model answers otherwise than it did when its lengths were learned."""
        if len(self._beyond) < WINDOW:
            return False
        surely, maybe = map(sum, zip(*self._beyond, strict=True))
        return surely >= OFTENEST or maybe <= RAREST
