"""Which hits are audited, and how far the judge of them can be trusted."""

from collections.abc import Callable, Mapping
from math import sqrt
from typing import Any, Final, Self

from tokenomics_shared.memory.tally import edge

_GRACE: Final = 20.0
"""Hits by which audits may run ahead of their rate, so that they can begin early."""

_AUDITOR = ("hits", "drawn", "doubt")


class Auditor:
    """Draws the hits that are compared with a fresh answer.

    Draws in proportion to the standard deviation of what is measured (Neyman's allocation,
    Cochran, Sampling Techniques, ch. 5.5): a likelihood p is calibrated, so a hit is wrong with
    a deviation of about the root of 1 - p. The share of hits drawn stays at or below the rate.
    """

    def __init__(self, rate: float, draw: Callable[[], float]) -> None:
        """Take a rate in [0, 1] and uniform random numbers in [0, 1)."""
        self._rate = rate
        self._draw = draw
        self._hits = self._drawn = self._doubt = 0.0

    def wants(self, place: int) -> bool:
        """Count a hit in a bin and draw whether to audit it."""
        doubt = sqrt(1.0 - edge(place))
        self._hits += 1.0
        self._doubt += doubt
        if self._drawn + 1.0 > self._rate * (self._hits + _GRACE):
            return False
        drawn = self._draw() < self._rate * doubt * self._hits / self._doubt
        self._drawn += drawn
        return drawn

    def state(self) -> dict[str, float]:
        """The counts, for JSON."""
        return {"hits": self._hits, "drawn": self._drawn, "doubt": self._doubt}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take counts from JSON; leaves everything as it was when they are broken."""
        self._hits, self._drawn, self._doubt = _counts(state, _AUDITOR)


class JudgeRecord:
    """How often the judge of two answers errs, seen on answers of which the truth is known."""

    def __init__(self) -> None:
        self._same = self._false_alarms = self._other = self._overlooked = 0.0

    def learn(self, *, same: bool, said_same: bool) -> None:
        """Take one more comparison into account."""
        if same:
            self._same += 1.0
            self._false_alarms += not said_same
        else:
            self._other += 1.0
            self._overlooked += said_same

    @property
    def false_alarms(self) -> float:
        """Rate at which right answers are called wrong: a cautious estimate, so a low one.

        One standard error below the mean of a Beta(1/2, 1/2) prior's posterior; 0 unchecked.
        """
        if not self._same:
            return 0.0
        mean = (self._false_alarms + 0.5) / (self._same + 1.0)
        return max(0.0, mean - sqrt(mean * (1.0 - mean) / (self._same + 2.0)))

    @property
    def overlooked(self) -> float:
        """Rate at which wrong answers are called right, a high estimate; 0 unchecked."""
        if not self._other:
            return 0.0
        mean = (self._overlooked + 0.5) / (self._other + 1.0)
        return min(0.5, mean + sqrt(mean * (1.0 - mean) / (self._other + 2.0)))

    def seen(self, rate: float) -> float:
        """The rate of wrong labels that this judge gives at a true rate."""
        return rate * (1.0 - self.overlooked) + (1.0 - rate) * self.false_alarms

    def true(self, rate: float) -> float:
        """The true rate behind a rate of wrong labels (Rogan and Gladen, 1978)."""
        span = 1.0 - self.overlooked - self.false_alarms
        return min(1.0, max(0.0, (rate - self.false_alarms) / span)) if span > 0.0 else 1.0

    def state(self) -> dict[str, float]:
        """The counts, for JSON."""
        return {name: getattr(self, f"_{name}") for name in _JUDGE}

    @classmethod
    def restore(cls, state: Mapping[str, Any]) -> Self:
        """Take counts from JSON.

        Raises:
            KeyError, TypeError, ValueError: they are broken.
        """
        record = cls()
        counts = _counts(state, _JUDGE)
        record._same, record._false_alarms, record._other, record._overlooked = counts
        return record


_JUDGE = ("same", "false_alarms", "other", "overlooked")


def _counts(state: Mapping[str, Any], names: tuple[str, ...]) -> list[float]:
    counts = [float(state[name]) for name in names]
    if not all(0.0 <= count < float("inf") for count in counts):
        raise ValueError(f"counts must be 0 or more: {dict(state)}")
    return counts
