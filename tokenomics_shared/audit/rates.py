"""How many of a shortcut's uses are audited, and what audits may cost."""

from tokenomics_shared.audit.sums import SharedSums

_EARLY = 10.0
"""Audits after which the rate has fallen from the highest to a quarter of it."""

PROBATION = 30.0
"""Audits at the highest rate after a reopening."""

_ALERT = 5.0
"""A fifth of the way to the alarm is enough for the highest rate. A single bad finding goes a
twelfth."""

_ROUTINE = 0.5
"""Share of the money that audits may take while nothing is wrong: the rest is for when it is."""


def rate_of(
    audits: float, suspicion: float, *, usual: float, most: float, probation: bool
) -> float:
    """The probability of auditing the next use of an open shortcut.

    High while little is known, falling as the audits' number grows (their interval is then
    narrow), and high again when the latest findings look bad.

    Args:
        audits: since it last opened.
        suspicion: how near the alarm is, 0 to 1.
        usual: the rate when all is well.
        most: the highest there may be.
        probation: it was closed before.
    """
    if probation and audits < PROBATION:
        return most
    early = most / (1.0 + audits / _EARLY) ** 2
    return max(usual, early, most * min(1.0, _ALERT * suspicion))


class Purse:
    """Keeps what audits cost below a share of what answers cost.

    Where nothing is known to have been spent, because prices are not known, there is no cap.
    """

    def __init__(self, most: float) -> None:
        """Take the share, in [0, 1]."""
        self.sums = SharedSums(2)
        self._most = most

    def spent(self, audits: float, answers: float) -> None:
        """Count money, in any currency."""
        self.sums.add((audits, answers))

    def allows(self, *, pressing: bool) -> bool:
        """Whether one more audit may be made; an urgent one may take what others may not."""
        audits, answers = self.sums.all
        if answers <= 0.0 and audits <= 0.0:
            return True
        return audits < self._most * answers * (1.0 if pressing else _ROUTINE)
