"""What audits are asked for, and what they say."""

import math
from dataclasses import dataclass

from tokenomics_shared.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Estimate:
    """What audits say of a shortcut since it last closed or opened.

    Attributes:
        mean: the mean loss, weighted by how many answers each audit stands for; 0 without any.
        low, high: its interval at the stated confidence.
        audits: how many there were; probes while it is closed.
        open: it may be taken.
        since: when it last closed or opened, or was first heard of, in seconds since the epoch.
    """

    mean: float
    low: float
    high: float
    audits: int
    open: bool
    since: float


@dataclass(frozen=True, slots=True)
class Auditing:
    """How much is audited and how sure one must be.

    Attributes:
        confidence: of the interval of an estimate, in [.5, 1).
        audit_rate: share of a shortcut's uses that is audited when all is well, in [0, 1]; with
            0 nothing is, and what feedback closed stays closed.
        max_rate: share at most, in [audit_rate, 1].
        max_share: what audits may cost, as a share of what answers cost, in [0, 1].
        tolerance: how far below what was expected of them graded answers may be on average.
        run_length: audits between two false closings, on average at least, whatever the losses
            look like; over 1. What is met is far longer: with losses of -1, 0 and 1 whose mean
            is .005 under the budget, 1,100 to 9,000.
        grades: graded answers between two false closings, likewise; 10,000 and more are met.
    """

    confidence: float = 0.95
    audit_rate: float = 0.01
    max_rate: float = 0.25
    max_share: float = 0.05
    tolerance: float = 0.05
    run_length: float = 20.0
    grades: float = 500.0

    def __post_init__(self) -> None:
        if not 0.5 <= self.confidence < 1.0:  # noqa: PLR2004 -- a coin's
            raise ConfigError(f"confidence is in [.5, 1), not {self.confidence}")
        if not 0.0 <= self.audit_rate <= self.max_rate <= 1.0:
            raise ConfigError(
                "0 <= audit_rate <= max_rate <= 1 is expected, not "
                f"{self.audit_rate} and {self.max_rate}"
            )
        if not 0.0 <= self.max_share <= 1.0:
            raise ConfigError(f"max_share is in [0, 1], not {self.max_share}")
        if not 0.0 <= self.tolerance < 1.0:
            raise ConfigError(f"tolerance is in [0, 1), not {self.tolerance}")
        if not (1.0 < self.run_length < math.inf and 1.0 < self.grades < math.inf):
            raise ConfigError("run_length and grades are finite and over 1")
