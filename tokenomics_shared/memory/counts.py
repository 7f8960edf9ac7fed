"""What the semantic cache has done so far, counted."""

from collections import Counter
from dataclasses import dataclass, field
from threading import Lock

from tokenomics_shared.memory.policy import Decision


@dataclass(slots=True)
class Counts:
    """Counts since the process began. Safe to share between threads.

    Attributes:
        lookups: questions that were looked up by meaning.
        hits: kept answers that were given; `would_hits` had been, but for observing.
        ineligible: requests that are never answered by meaning, by reason.
        vetoes: near answers that a rule of the guard refused, by rule.
        refusals: near answers that were refused otherwise, by kind.
        audits: hits that were compared with a fresh answer; `wrong` of them disagreed.
    """

    lookups: int = 0
    hits: int = 0
    would_hits: int = 0
    ineligible: Counter[str] = field(default_factory=Counter)
    vetoes: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    audits: int = 0
    wrong: int = 0
    _lock: Lock = field(default_factory=Lock, repr=False)

    def passed_over(self, reason: str) -> None:
        """Count a request that is never answered by meaning."""
        with self._lock:
            self.ineligible[reason] += 1

    def looked_up(self, decision: Decision | None, *, given: bool) -> None:
        """Count a look-up and how it was decided."""
        with self._lock:
            self.lookups += 1
            if decision is None:
                return
            self.hits += given
            self.would_hits += decision.served and not given
            self.vetoes.update(veto.rule for veto in decision.vetoes)
            if not decision.served and not decision.vetoes:
                self.refusals[decision.kind] += 1

    def audited(self, *, right: bool) -> None:
        """Count a hit that was compared with a fresh answer."""
        with self._lock:
            self.audits += 1
            self.wrong += not right
