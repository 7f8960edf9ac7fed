"""What is known of one shortcut: sums that add up over processes, and detectors fed by them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tokenomics_shared.audit.detector import BETS, Detector
from tokenomics_shared.audit.sums import SharedSums, finite
from tokenomics_shared.intervals import Losses

LEAST_PROBES = 30
"""Probes in a row of evidence without which nothing reopens."""

MARGIN = 0.1
"""Above the budget: a mean loss that reopening must be safe from."""

_WIDTH = len(BETS)
_LOSSES = slice(0, 5)
_ABOUT = {"audit": slice(5, 5 + _WIDTH), "probe": slice(5 + _WIDTH, 5 + 2 * _WIDTH)}
_DRIFT = slice(5 + 2 * _WIDTH, 5 + 3 * _WIDTH)
_CLOSINGS, _OPENINGS = 5 + 3 * _WIDTH, 6 + 3 * _WIDTH
_SUMS = 7 + 3 * _WIDTH

Change = Literal["turns", "follows"]
"""A shortcut closes or opens: by what is known here, or because others say so."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a record holds a shortcut to.

    Attributes:
        budget: the mean loss that is allowed.
        tolerance: how far below what was expected feedback may be, on average.
        run_length: audits between two false alarms, on average at least; `grades` likewise.
    """

    budget: float
    tolerance: float
    run_length: float
    grades: float


class Record:
    """One shortcut: whether it is open, its losses, and what watches them.

    Every finding becomes a row of sums, and the detectors take in rows, whether of one finding of
    this process or of many of another.
    """

    def __init__(self, limits: Limits, now: float) -> None:
        self._limits = limits
        self.open = True
        self.since = now
        self.reopened = False
        self._spare = 0.0
        self.losses = Losses()
        self.sums = SharedSums(_SUMS)
        self._stretch = Losses()
        self._audits = Detector(limits.budget, limits.run_length, -1.0)
        self._drift = Detector(0.0, limits.grades, -1.0 - limits.tolerance)
        # Seen from the other side: bets that the loss is less than the budget and a margin.
        self._recovery = Detector(-limits.budget - MARGIN, limits.run_length, -1.0)

    @property
    def suspicion(self) -> float:
        """How near a detector is to its alarm, 0 to 1 and over."""
        return max(self._audits.evidence, self._drift.evidence)

    def learn(self, loss: float, weight: float, spare: float) -> Change | None:
        """Take in an audit, or a probe while closed.

        Args:
            loss: what was found.
            weight: uses that it stands for.
            spare: what may be lost beyond the budget at present, at least 0; a detector's promise
                holds for limits that move, as long as they don't know the loss.
        """
        row = [0.0] * _SUMS
        row[_LOSSES] = Losses.one(loss, weight).sums()
        self._spare = spare
        over = max(-1.0, loss - spare)
        detector, value = (self._audits, over) if self.open else (self._recovery, -over)
        row[_ABOUT["audit" if self.open else "probe"]] = detector.factors(value)
        return self._note(row)

    def grade(self, expected: float, score: float) -> Change | None:
        """Take in what an answer was found to be worth; while closed nothing is."""
        if not self.open:
            return None
        row = [0.0] * _SUMS
        row[_DRIFT] = self._drift.factors(expected - score - self._limits.tolerance)
        return self._note(row)

    def rebase(self, everything: Sequence[float]) -> Change | None:
        """Take in what others found; the sums hold what was told last.

        When others closed or opened it, that is what becomes of it here.

        Raises:
            ValueError: they are broken.
        """
        others = self.sums.rebase(everything)
        change = self._take(others)
        flips = others[_OPENINGS] - others[_CLOSINGS]
        if not flips:
            return change
        return None if self.open == (flips > 0.0) else "follows"

    def turn(self, now: float, *, told: bool) -> None:
        """Close when open, open when closed; what was seen before is over.

        Args:
            now: seconds since the epoch.
            told: others do not know yet, and will hear of it.
        """
        self.open = not self.open
        self.since = now
        self.reopened = self.open
        self.losses = self._stretch = Losses()
        for detector in (self._audits, self._drift, self._recovery):
            detector.reset()
        if told:
            row = [0.0] * _SUMS
            row[_OPENINGS if self.open else _CLOSINGS] = 1.0
            self.sums.add(row)

    def state(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            "open": self.open,
            "since": self.since,
            "reopened": self.reopened,
            "sums": self.sums.all,
            "losses": list(self.losses.sums()),
            "stretch": list(self._stretch.sums()),
            "audits": self._audits.state(),
            "drift": self._drift.state(),
            "recovery": self._recovery.state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state.

        Raises:
            KeyError, TypeError, ValueError: it is broken.
        """
        self.open, self.reopened = bool(state["open"]), bool(state["reopened"])
        (self.since,) = finite([state["since"]], 1)
        self.sums.restore(state["sums"])
        self.losses = Losses(*finite(state["losses"], 5))
        self._stretch = Losses(*finite(state["stretch"], 5))
        self._audits.restore(state["audits"])
        self._drift.restore(state["drift"])
        self._recovery.restore(state["recovery"])

    def _note(self, row: Sequence[float]) -> Change | None:
        self.sums.add(row)
        return self._take(row)

    def _take(self, row: Sequence[float]) -> Change | None:
        found = Losses(*row[_LOSSES])
        self.losses += found
        if self.open:
            self._audits.step(row[_ABOUT["audit"]])
            self._drift.step(row[_DRIFT])
            return "turns" if self._audits.alarmed or self._drift.alarmed else None
        self._recovery.step(row[_ABOUT["probe"]])
        self._stretch = self._stretch + found if self._recovery.evidence else Losses()
        return "turns" if self._recovered() else None

    def _recovered(self) -> bool:
        return (
            self._stretch.audits >= LEAST_PROBES
            and self._stretch.mean <= self._limits.budget + self._spare
            and self._recovery.alarmed
        )
