"""What the audited bound is given and what it gives."""

from dataclasses import dataclass
from math import inf

from tokenomics_shared.errors import ConfigError
from tokenomics_shared.memory.tally import BINS

_EVEN = 0.5
"""The least confidence: the bound is then the estimate."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known before the first label.

    Attributes:
        version: of the verifier that gave the likelihoods; those of two versions don't compare.
        bins: for each bin of likelihood, labelled requests and how many of them were wrong.
    """

    version: str
    bins: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        if len(self.bins) != BINS or not all(0 <= bad <= n < inf for n, bad in self.bins):
            raise ConfigError(f"evidence is {BINS} pairs of labels and wrong ones among them")


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What may go wrong, and what may be spent on knowing it.

    Attributes:
        max_false_hit_rate: wrong hits among all hits, in (0, 1).
        audit_rate: hits that may be audited, in [0, 1].
        confidence: of the upper bound that is kept below the rate, in [.5, 1).
    """

    max_false_hit_rate: float = 0.02
    audit_rate: float = 0.05
    confidence: float = 0.8

    def __post_init__(self) -> None:
        if not 0.0 < self.max_false_hit_rate < 1.0:
            raise ConfigError(f"max_false_hit_rate is in (0, 1), not {self.max_false_hit_rate}")
        if not 0.0 <= self.audit_rate <= 1.0:
            raise ConfigError(f"audit_rate is in [0, 1], not {self.audit_rate}")
        if not _EVEN <= self.confidence < 1.0:
            raise ConfigError(f"confidence is in [.5, 1), not {self.confidence}")


@dataclass(frozen=True, slots=True)
class Estimate:
    """How often hits were wrong, as far as labels tell.

    Attributes:
        false_hit_rate: the estimate, the judge's errors subtracted; 0 without hits.
        low: its lower bound at the tolerance's confidence.
        high: its upper bound.
        hits: served so far.
        audits: of these, compared with a fresh answer.
        wrong: of those, called wrong by the judge.
    """

    false_hit_rate: float
    low: float
    high: float
    hits: int
    audits: int
    wrong: int
