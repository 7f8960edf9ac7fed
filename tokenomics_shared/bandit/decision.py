"""The one decision rule: cheap alone, cheap judged and escalated if rejected, or premium at once.

A start is worth the quality it leads to minus what it costs. A judged draft is worth the better
of two things that are known only after it was judged: its own quality, or premium's minus
premium's cost (Dekoninck, Baader and Vechev, "A Unified Approach to Routing and Cascading for
LLMs", ICML 2025, section 4). Skipping the draft falls out of it where that isn't worth the
draft's cost.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, exp, pi, sqrt

JUDGING_MUST_GAIN = 0.002
"""Quality that judging must add; below it the draft may as well be shown as it comes."""


@dataclass(frozen=True, slots=True)
class Option:
    """An arm as a request may be answered by it.

    Attributes:
        quality: expected quality of its answer, or a draw of that expectation.
        price: what asking it takes off, in units of quality: cost and latency, weighted.
        spread: standard deviation of the probability that its answer is right, over what a
            judge may find in it; 0 when judging tells nothing.
    """

    quality: float
    price: float
    spread: float = 0.0


@dataclass(frozen=True, slots=True)
class Choice:
    """What is best.

    Attributes:
        index: of the option to start at.
        judged: its answer is judged, and premium asked when it is rejected.
        utility: quality minus price that is expected of it.
        quality: quality that is expected of it.
        escalation: likelihood that premium will be asked.
    """

    index: int
    judged: bool
    utility: float
    quality: float
    escalation: float


def choose(options: Sequence[Option], *, cascade: bool = True) -> Choice:
    """Choose where to start.

    Args:
        options: the arms, premium last, at least one.
        cascade: answers may be judged and escalated.
    """
    *drafts, premium = options
    last = len(drafts)
    best = Choice(
        last, judged=False, utility=worth(premium), quality=premium.quality, escalation=0
    )
    for index, option in enumerate(drafts):
        alone = Choice(
            index, judged=False, utility=worth(option), quality=option.quality, escalation=0
        )
        found = alone
        if cascade and option.spread > 0.0:
            judged = _judged(index, option, premium)
            if judged.utility > alone.utility + JUDGING_MUST_GAIN:
                found = judged
        if found.utility > best.utility:
            best = found
    return best


def alone(index: int, option: Option) -> Choice:
    """An arm's answer as it comes."""
    return Choice(index, judged=False, utility=worth(option), quality=option.quality, escalation=0)


def worth(option: Option) -> float:
    """Quality minus price."""
    return option.quality - option.price


def needed(premium: Option) -> float:
    """The probability of being right from which a draft stands: premium isn't worth more."""
    return min(1.0, max(0.0, worth(premium)))


def _judged(index: int, option: Option, premium: Option) -> Choice:
    """A draft that is escalated when what the judge found in it is worth less than premium.

    The probability of being right after judging is taken for normal around its expectation:
    E max(p, t) = t + (q - t) Phi(z) + s phi(z), with z = (q - t) / s.
    """
    least = worth(premium)
    z = (option.quality - least) / option.spread
    accepted = 0.5 * erfc(-z / sqrt(2.0))
    tail = option.spread * exp(-0.5 * z * z) / sqrt(2.0 * pi)
    kept = option.quality * accepted + tail
    utility = kept + least * (1.0 - accepted) - option.price
    quality = kept + premium.quality * (1.0 - accepted)
    return Choice(index, judged=True, utility=utility, quality=quality, escalation=1.0 - accepted)
