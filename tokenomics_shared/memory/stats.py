"""What memory tells of itself."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tokenomics_shared.types import CacheType


@dataclass(frozen=True, slots=True)
class MemoryStats:
    """What memory did since the process began, and how right it was.

    Attributes:
        lookups: questions that were looked up by meaning.
        hits: of these, answered; `would_hits` had been, but for observing.
        hit_rate: hits ÷ lookups.
        audits: hits that were compared with a fresh answer; `wrong` of them disagreed.
        false_hit_rate: wrong ÷ audits; None without audits.
        false_hit_rate_bound: upper 95 % confidence bound of it (Clopper and Pearson 1934).
        vetoes: near answers that a rule of the guard refused, by rule.
        refusals: near answers that were refused otherwise, by kind.
        ineligible: requests that are never answered by meaning, by reason.
        size: questions kept, over all processes.
    """

    lookups: int = 0
    hits: int = 0
    would_hits: int = 0
    hit_rate: float = 0.0
    audits: int = 0
    wrong: int = 0
    false_hit_rate: float | None = None
    false_hit_rate_bound: float = 1.0
    vetoes: Mapping[str, int] | None = None
    refusals: Mapping[str, int] | None = None
    ineligible: Mapping[str, int] | None = None
    size: int = 0

    def to_dict(self) -> dict[str, Any]:
        """As JSON-able values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Recalled:
    """An answer that memory had.

    Attributes:
        answer: its text.
        cache_type: which cache gave it.
        similarity: how near the kept question is, 1 when it is the same.
        entry: names it, for `Memory.forget`.
    """

    answer: str
    cache_type: CacheType
    similarity: float
    entry: str


def upper_bound(wrong: int, trials: int, confidence: float = 0.95) -> float:
    """Upper confidence bound of a share (Clopper and Pearson 1934), by bisection.

    Args:
        wrong: how often it happened.
        trials: of how many; 1 is returned for none.
        confidence: one-sided.
    """
    if wrong >= trials:
        return 1.0
    low, high = wrong / trials, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if _at_most(wrong, trials, middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def _at_most(wrong: int, trials: int, share: float) -> float:
    """Probability of at most `wrong` in `trials`."""
    if share >= 1.0:
        return 0.0
    term = total = math.exp(trials * math.log1p(-share))
    for k in range(wrong):
        term *= (trials - k) / (k + 1) * share / (1 - share)
        total += term
    return total
