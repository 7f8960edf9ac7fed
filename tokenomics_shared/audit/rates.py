"""How many of a shortcut's uses are audited, and what audits may cost."""

from dataclasses import dataclass

from tokenomics_shared.audit.sums import SharedSums

PROBATION = 30.0
"""Audits at the highest rate after a reopening."""

_EARLY = 10.0
"""Audits after which the rate has fallen from the highest to a quarter of it."""

_ALERT = 0.3
"""From this far on the way to the alarm the rate is the highest; one bad finding alone goes an
eighth of the way."""

_CALM, _ROUTINE, _ALL = 0.6, 0.75, 1.0
"""Shares of the money: what a raised rate may take while nothing is suspicious, what the usual
rate may take, and what a raised rate may take once suspicion is grave."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Probabilities of auditing the next use.

    Attributes:
        usual: when all is well.
        most: the highest there may be.
    """

    usual: float
    most: float

    def closed(self, strain: float) -> float:
        """For a would-be use of what is closed, or a use on probation."""
        return self.most if strain < _ALL else 0.0

    def open(self, audits: float, suspicion: float, strain: float) -> float:
        """For a use of what is open.

        High while little is known, falling as audits come in (their interval is then narrow),
        and high again when the latest findings look bad. Money that routine does not take is
        kept for that: suspicion frees it.

        Args:
            audits: since it last opened.
            suspicion: how near the alarm is, 0 to 1.
            strain: share of the money that is spent.
        """
        early = self.most / (1.0 + audits / _EARLY) ** 2
        raised = max(early, self.most * min(1.0, suspicion / _ALERT))
        if raised > self.usual and strain < _CALM + (_ALL - _CALM) * min(1.0, suspicion / _ALERT):
            return raised
        return self.usual if strain < _ROUTINE else 0.0


class Purse:
    """What audits and answers cost."""

    def __init__(self, most: float) -> None:
        """Take the share of the answers' cost that audits may cost, in [0, 1]."""
        self.sums = SharedSums(2)
        self._most = most

    def spent(self, audits: float, answers: float) -> None:
        """Count money, in any currency."""
        self.sums.add((audits, answers))

    @property
    def strain(self) -> float:
        """What share of the money for audits is spent; 0 where no prices are known."""
        audits, answers = self.sums.all
        if audits <= 0.0:
            return 0.0
        allowed = self._most * answers
        return audits / allowed if allowed > 0.0 else _ALL
