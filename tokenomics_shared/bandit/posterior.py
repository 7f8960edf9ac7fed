"""What a linear learner holds of one arm, as a port: the arithmetic is pure Python or numpy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


class Posterior(Protocol):
    """Bayesian linear regression with noise of unit variance. Not locked; its owner is.

    The prior is a normal distribution around zero with the ridge as its precision. A row of its
    sums holds the weight seen, the values' sums by feature, and the upper triangle of the
    features' products, row by row.

    Attributes:
        seen: the weight of what was observed, after forgetting.
    """

    @property
    def seen(self) -> float:
        """Observations, after forgetting."""
        ...

    def predict(self, features: Sequence[float]) -> tuple[float, float]:
        """The expected value, and its standard deviation for noise of unit variance."""
        ...

    def learn(self, features: Sequence[float], value: float, weight: float) -> None:
        """Take in an observation."""
        ...

    def news(self) -> Sequence[float]:
        """The sums learned here since the last `rebase`."""
        ...

    def rebase(self, row: Sequence[float] | None) -> None:
        """Go on from these sums and what was learned after `news`; None for no sums."""
        ...

    def forget_news(self) -> None:
        """Leave to another process what was learned here so far."""
        ...


@dataclass(frozen=True, slots=True)
class Space:
    """What a linear learner learns in.

    Attributes:
        width: numbers in a context's features.
        basis: names what they are, and what prior is beneath; sums of another basis are of no
            use.
    """

    width: int
    basis: str

    def above(self, prior: str) -> "Space":
        """The same features, with a prior of this version beneath."""
        return Space(self.width, f"{self.basis}/{prior}")


@dataclass(frozen=True, slots=True)
class Shrinkage:
    """How strongly a linear learner is drawn to its prior, and how fast it forgets.

    Attributes:
        ridge: precision of every weight but the last; in observations, since noise is of unit
            variance, for a feature whose mean square is 1.
        bias_ridge: precision of the last weight, which belongs to the constant 1: how many
            observations the prior's level of an arm counts for; two arms' gap counts for twice
            as many, those of both.
        forgetting: what is left of an observation after the next one, in (0, 1]; .999 halves it
            in about 700.
    """

    ridge: float = 20.0
    bias_ridge: float = 50.0
    forgetting: float = 1.0

    def __post_init__(self) -> None:
        if not (self.ridge > 0.0 and self.bias_ridge > 0.0):
            raise ValueError(f"ridges must be above 0, got {self.ridge} and {self.bias_ridge}")
        if not 0.0 < self.forgetting <= 1.0:
            raise ValueError(f"forgetting must be in (0, 1], got {self.forgetting}")


MakePosterior = Callable[[int, Shrinkage], Posterior]
"""Makes an arm's posterior for so many features."""


def row_length(width: int) -> int:
    """Numbers in a row of sums over so many features."""
    return 1 + width + width * (width + 1) // 2
