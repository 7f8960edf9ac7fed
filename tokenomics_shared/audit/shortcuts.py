"""Error budgets: what each shortcut may lose against premium, and what happens when it does."""

import logging
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from tokenomics_shared.audit.rates import PROBATION, Purse, Rates
from tokenomics_shared.audit.record import Change, Limits, Record
from tokenomics_shared.audit.terms import Auditing, Estimate
from tokenomics_shared.errors import ConfigError
from tokenomics_shared.forks import ForkSafe
from tokenomics_shared.intervals import Interval, Losses
from tokenomics_shared.learning import Sums

FORMAT = 1
"""The layout of a kept state; another one is refused."""

_MONEY = ""
"""Stands where a shortcut's name stands, for what was spent."""

_log = logging.getLogger("tokenomics.audit")


@dataclass(frozen=True, slots=True)
class _Said:
    """A change to be told of.

    Attributes:
        name: the shortcut.
        is_open: what it is now.
        losses: what led to it, with their interval.
    """

    name: str
    is_open: bool
    losses: Losses
    interval: Interval


class Shortcuts(ForkSafe):
    """Keeps each shortcut's mean loss within a budget: audits it, closes it, reopens it.

    A shortcut is a cheaper way that answered instead of premium; its loss is premium's quality
    minus the given answer's. A sample of its uses is audited. It closes when a `Detector` of the
    audits' losses, or one of how far graded answers stay behind what was expected of them, gives
    alarm. While it is closed, would-be uses are probed. It reopens after at least 30 probes in
    one stretch of evidence whose mean loss is within the budget, once the same detector, turned
    around, says that the mean is not as much as .1 over the budget: if it is, that happens no
    sooner than after `run_length` probes on average. It is then on probation: its first 30 audits
    come at the highest rate, and the detectors begin anew.

    Audits are drawn at different rates, but at one that is known before the use and says nothing
    of it; so a drawn loss has the expectation of any, and each counts once in a detector, where
    weights would only add noise. In the estimate, which is about all answers, they count by
    weight.

    Safe to share between threads; a forked child goes on with what the parent knew. Processes
    share what they find as sums: `news` and `rebase`.
    """

    def __init__(
        self,
        budget: float,
        *,
        draw: Callable[[], float],
        clock: Callable[[], float],
        auditing: Auditing | None = None,
        on_change: Callable[[str, bool], object] | None = None,
    ) -> None:
        """Open everything.

        Args:
            budget: mean loss that a shortcut may have, in [0, .5].
            draw: uniform random numbers in [0, 1).
            clock: seconds since the epoch.
            auditing: how much is audited; the defaults where None.
            on_change: told a shortcut's name and whether it is open, after it changed; called
                without the lock held.

        Raises:
            ConfigError: the budget is impossible.
        """
        if not 0.0 <= budget <= 0.5:  # noqa: PLR2004 -- half of all answers
            raise ConfigError(f"a budget is in [0, .5], not {budget}")
        self.budget = budget
        self.auditing = auditing or Auditing()
        self._draw = draw
        self._clock = clock
        self._on_change = on_change
        self._limits = Limits(
            budget, self.auditing.tolerance, self.auditing.run_length, self.auditing.grades
        )
        self._rates = Rates(self.auditing.audit_rate, self.auditing.max_rate)
        self._purse = Purse(self.auditing.max_share)
        self._records: dict[str, Record] = {}
        super().__init__()

    def is_open(self, name: str) -> bool:
        """Whether a shortcut may be taken."""
        with self.lock:
            record = self._records.get(name)
            return record is None or record.open

    def wants(self, name: str) -> float | None:
        """Draw whether to audit a use of a shortcut, or, while it is closed, a would-be use.

        Returns:
            How many uses the audit stands for: 1 / its probability, for `learn`; None for no.
        """
        with self.lock:
            rate = self._rate(self._record(name))
            return 1.0 / rate if self._draw() < rate else None

    def spent(self, *, audits: float = 0.0, answers: float = 0.0) -> None:
        """Count what was spent on audits, and on the answers that callers got, in US dollars."""
        with self.lock:
            self._purse.spent(audits, answers)

    def learn(
        self, name: str, loss: float, weight: float = 1.0, allowed: float | None = None
    ) -> None:
        """Take in an audit.

        Args:
            name: the shortcut.
            loss: premium's quality minus the given answer's, in [-1, 1]: 0 for as good, negative
                for better.
            weight: what `wants` returned.
            allowed: mean loss that is allowed at present, where that is more than the budget: a
                budget for all requests allows a shortcut more when few take it.

        Raises:
            ValueError: the loss or the weight is impossible.
        """
        if not -1.0 <= loss <= 1.0:
            raise ValueError(f"a loss is in [-1, 1], not {loss!r}")
        if not 0.0 < weight < math.inf:
            raise ValueError(f"a weight is more than 0 and finite, not {weight!r}")
        with self.lock:
            record = self._record(name)
            spare = 0.0 if allowed is None else max(0.0, allowed - self.budget)
            said = self._follow_up(name, record, record.learn(loss, weight, spare))
        self._say(said)

    def feedback(self, name: str, expected: float, score: float) -> None:
        """Take in what an answer of a shortcut was found to be worth, against what was expected.

        Ignored while the shortcut is closed: it is about answers of before.

        Args:
            name: the shortcut.
            expected: the quality that was expected when it was taken, in [0, 1].
            score: the quality that was found, in [0, 1].

        Raises:
            ValueError: one of them is impossible.
        """
        if not (0.0 <= expected <= 1.0 and 0.0 <= score <= 1.0):
            raise ValueError(f"qualities are in [0, 1], not {expected!r} and {score!r}")
        with self.lock:
            record = self._record(name)
            said = self._follow_up(name, record, record.grade(expected, score))
        self._say(said)

    def estimate(self, name: str) -> Estimate:
        """What the audits of a shortcut say."""
        with self.lock:
            record = self._record(name)
            losses, is_open, since = record.losses, record.open, record.since
        low, high = losses.interval(self.auditing.confidence)
        return Estimate(losses.mean, low, high, round(losses.audits), is_open, since)

    def names(self) -> list[str]:
        """The shortcuts heard of so far."""
        with self.lock:
            return list(self._records)

    def forgetting(self, row: str) -> float:  # noqa: ARG002 -- the same for all
        """Nothing is forgotten: a change of the shortcut begins a new stretch of evidence."""
        return 1.0

    def news(self) -> Sums:
        """What was found here since the last `rebase`, by shortcut; money under the empty name."""
        with self.lock:
            told = {name: record.sums.tell() for name, record in self._records.items()}
            return told | {_MONEY: self._purse.sums.tell()}

    def rebase(self, everything: Sums) -> None:
        """Go on from everybody's sums, which hold the own news that `news` gave last.

        Others' findings count here as if they had been made here, and what they closed or opened
        is closed or opened here. Rows that are no such sums are left out.
        """
        said = []
        with self.lock:
            for name, sums in everything.items():
                with suppress(ValueError):
                    if name == _MONEY:
                        self._purse.sums.rebase(sums)
                    else:
                        record = self._record(name)
                        said += self._follow_up(name, record, record.rebase(sums))
        self._say(said)

    def state(self) -> dict[str, Any]:
        """Everything, JSON-able."""
        with self.lock:
            records = {name: record.state() for name, record in self._records.items()}
            return {"version": FORMAT, "spent": self._purse.sums.all, "shortcuts": records}

    def restore(self, state: Any) -> None:
        """Go on from a state; leaves everything as it was when it is broken.

        Raises:
            ValueError: it is broken, or of another version.
        """
        if not isinstance(state, Mapping) or state.get("version") != FORMAT:
            raise ValueError(f"audits' state is not of version {FORMAT}")
        purse = Purse(self.auditing.max_share)
        records = {}
        try:
            purse.sums.restore(state["spent"])
            for name, kept in state["shortcuts"].items():
                records[str(name)] = Record(self._limits, self._clock())
                records[str(name)].restore(kept)
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError("audits' state is broken") from error
        with self.lock:
            self._purse, self._records = purse, records

    @override
    def in_child(self) -> None:
        """Go on from what the parent knew; its news are its own to tell."""
        for record in self._records.values():
            record.sums.adopt()
        self._purse.sums.adopt()

    def _record(self, name: str) -> Record:
        if name not in self._records:
            self._records[name] = Record(self._limits, self._clock())
        return self._records[name]

    def _rate(self, record: Record) -> float:
        """The probability of the next audit."""
        if not self._rates.usual:
            return 0.0
        audits, strain = record.losses.audits, self._purse.strain
        if not record.open or (record.reopened and audits < PROBATION):
            return self._rates.closed(strain)
        return self._rates.open(audits, record.suspicion, strain)

    def _follow_up(self, name: str, record: Record, change: Change | None) -> list["_Said"]:
        """Close or open, with what there is to say of it."""
        if change is None:
            return []
        losses = record.losses
        record.turn(self._clock(), told=change == "turns")
        return [_Said(name, record.open, losses, losses.interval(self.auditing.confidence))]

    def _say(self, said: list["_Said"]) -> None:
        for each in said:
            _log.warning(
                "shortcut %r %s: mean loss %.3f (%.3f to %.3f) in %d audits, budget %.3f",
                each.name,
                "reopens" if each.is_open else "closes",
                each.losses.mean,
                *each.interval,
                round(each.losses.audits),
                self.budget,
            )
            if self._on_change is not None:
                self._on_change(each.name, each.is_open)
