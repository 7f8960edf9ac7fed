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
from typing import NamedTuple

JUDGING_MUST_GAIN = 0.002
"""Quality that judging must add; below it the draft may as well be shown as it comes."""

_ROOT_2, _ROOT_2_PI = sqrt(2.0), sqrt(2.0 * pi)

_SUREST = 0.97
"""No draft is surer than this, whatever the normal distribution has beyond."""


class Option(NamedTuple):
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


Numbers = tuple[float, float, float]
"""An option's quality, price and spread, where thousands are looked at."""


SHARED = 0.15
"""How far premium's answer goes right or wrong with the draft's on the same question, beyond what
the question tells beforehand: between .1 and .4 on recorded pairs of models. Without it premium,
asked where drafts were bad, would look worse than it is where they were good."""


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


def choose(options: Sequence[Numbers], *, cascade: bool = True) -> Choice:
    """Choose where to start.

    Args:
        options: the arms, premium last, at least one.
        cascade: answers may be judged and escalated.
    """
    return Choice(*best_of(options, [0.0] * len(options), 1.0, cascade=cascade))


def best_of(
    options: Sequence[Numbers], waits: Sequence[float], weight: float, *, cascade: bool
) -> tuple[int, bool, float, float, float]:
    """What `choose` does, on bare numbers: fitting a weight asks it thousands of times.

    Args:
        options: the arms, premium last, at least one; prices are in any unit.
        waits: what else is taken off for each arm.
        weight: quality given for a unit of price.
        cascade: answers may be judged and escalated.

    Returns:
        The fields of a `Choice`.
    """
    last = len(options) - 1
    most, price, _ = options[last]
    least = most - (weight * price + waits[last])
    best = (last, False, least, most, 0.0)
    for index in range(last):
        quality, price, spread = options[index]
        price = weight * price + waits[index]
        found = (index, False, quality - price, quality, 0.0)
        if cascade and spread > 0.0:
            kept, accepted = _kept(quality, spread, _least_likely(least, quality))
            rejected = 1.0 - accepted
            # Where the draft is rejected, premium is right less often, too.
            hard = SHARED * (accepted * quality - kept)
            utility = kept + least * rejected + hard - price
            if utility > found[2] + JUDGING_MUST_GAIN:
                found = (index, True, utility, kept + most * rejected + hard, rejected)
        if found[2] > best[2]:
            best = found
    return best


def alone(index: int, option: Numbers) -> Choice:
    """An arm's answer as it comes."""
    return Choice(index, judged=False, utility=worth(option), quality=option[0], escalation=0)


def worth(option: Numbers) -> float:
    """Quality minus price."""
    quality, price, _ = option
    return quality - price


def needed(premium: Numbers, draft: Numbers) -> float:
    """The probability of being right from which a draft stands: premium isn't worth more."""
    return min(1.0, max(0.0, _least_likely(worth(premium), draft[0])))


def lift(likelihood: float, quality: float) -> float:
    """By how much premium is more often right than expected, where a draft seems to be so.

    Args:
        likelihood: that the draft is right.
        quality: expected of it before it was seen.
    """
    return SHARED * (likelihood - quality)


def _least_likely(least: float, quality: float) -> float:
    """The likelihood p at which p = least + lift(p): below it premium is worth more."""
    return (least - SHARED * quality) / (1.0 - SHARED)


def _kept(quality: float, spread: float, least: float) -> tuple[float, float]:
    """What a judged draft is worth where it is kept, and how likely it is.

    It is escalated when what the judge found in it is worth less than premium. The probability of
    being right after judging is taken for normal around its expectation:
    E max(p, t) = t + (q - t) Phi(z) + s phi(z), with z = (q - t) / s.

    Args:
        quality: expected of the draft.
        spread: standard deviation of the probability that it is right.
        least: premium's quality minus its price.
    """
    z = (quality - least) / spread
    accepted = 0.5 * erfc(-z / _ROOT_2)
    kept = quality * accepted + spread * exp(-0.5 * z * z) / _ROOT_2_PI
    return min(kept, _SUREST * accepted), accepted
