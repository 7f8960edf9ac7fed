"""Noticing that a mean is over its limit, from bets that pay when it is."""

import math
from collections.abc import Sequence

BETS = (0.12, 0.25, 0.45, 0.7, 0.95)
"""Shares of the largest bet that can't ruin: small ones see small excesses, large ones big ones
soon."""


class Detector:
    """An e-detector for the mean of bounded values over a limit.

    Each bet's wealth is multiplied by 1 + g * (value - limit) and never falls below 1, from where
    it starts anew: the CUSUM e-detector of Shin, Ramdas and Rinaldo, "E-detectors: a
    nonparametric framework for sequential change detection" (arXiv 2203.03532, section 2), with
    the bets on a bounded mean of Waudby-Smith and Ramdas, "Estimating means of bounded random
    variables by betting" (JRSS B 86, 2024, section 4). The mean over the bets is an e-detector
    too. Hence, as long as each value's expectation given those before is at most the limit, the
    alarm comes, on average, no sooner than after `run_length` values, whatever the values'
    distribution and however it changes: nothing is asked of independence, nor of how many values
    are looked at.

    What others found may be taken in as one step: the product of their factors is a bet too.

    Not safe to share between threads: the caller locks.

    Attributes:
        evidence: how far it is to the alarm, as logarithms go: 0 for nothing suspicious, 1 for it.
    """

    def __init__(self, limit: float, run_length: float, least: float) -> None:
        """Make a detector that has seen nothing.

        Args:
            limit: the mean that is not yet too much.
            run_length: values between two false alarms, on average at least; over 1.
            least: the smallest value there can be, below the limit.
        """
        self._limit = limit
        self._alarm = math.log(run_length)
        self._bets = tuple(bet / (limit - least) for bet in BETS)
        self._bear([0.0] * len(BETS))

    def factors(self, value: float) -> list[float]:
        """What a value multiplies each bet's wealth by, as logarithms, which add up."""
        return [math.log1p(bet * (value - self._limit)) for bet in self._bets]

    def step(self, factors: Sequence[float]) -> None:
        """Take in a value's factors, or the sums of several values'."""
        # Wealth that fell under 1 is put up again first, not last: a bet is not given back.
        self._bear(
            [
                max(0.0, wealth) + factor
                for wealth, factor in zip(self._wealth, factors, strict=True)
            ]
        )

    def reset(self) -> None:
        """Forget what was seen."""
        self._bear([0.0] * len(BETS))

    @property
    def alarmed(self) -> bool:
        """Whether the mean was over the limit, as far as the evidence goes."""
        return self.evidence >= 1.0

    def state(self) -> list[float]:
        """The bets' wealth, as logarithms."""
        return list(self._wealth)

    def restore(self, wealth: Sequence[float]) -> None:
        """Go on from a state.

        Raises:
            ValueError: it is of another kind of detector, or broken.
        """
        numbers = [float(each) for each in wealth]
        if len(numbers) != len(BETS) or not all(map(math.isfinite, numbers)):
            raise ValueError(f"a detector's state is {len(BETS)} finite numbers")
        self._bear(numbers)

    def _bear(self, wealth: list[float]) -> None:
        """Look once at what findings, which are few, amount to: every use asks for it."""
        self._wealth = wealth
        most = max(wealth)
        mean = sum(math.exp(each - most) for each in wealth) / len(BETS)
        self.evidence = max(0.0, most + math.log(mean)) / self._alarm
