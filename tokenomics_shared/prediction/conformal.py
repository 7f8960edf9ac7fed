"""How much a predicted quantile must be scaled so that it holds what it says.

Conformal calibration with a multiplicative score, the answer's length over its predicted
quantile (Romano, Patterson and Candès, Conformalized Quantile Regression, NeurIPS 2019), on
answers that the prediction had not seen: those left out of each fold's fit in turn, as in
cross-conformal prediction (Vovk, 2015).
"""

import math
from collections.abc import Sequence

ENOUGH = 20.0
"""Answers expected beyond a quantile from which their own order decides.

With fewer of them, one or two answers would: the 99 % quantile of 237 ratios is the second
largest. Then the upper tail is smoothed by Hill's estimator (Annals of Statistics 3, 1975) and
read off at Weissman's quantile (JASA 73, 1978). That gives up the guarantee of coverage in
finite samples for a factor that varies less from one sample to the next.
"""

TAIL = 0.1
"""Share of the ratios that the tail is, at least, and twice the share beyond the quantile."""

LEAST_TAIL = 10
"""Ratios that the tail is at least."""

CAUTION = 0.8
"""Share of the answers beyond a smoothed quantile that is aimed at.

The tail's index is estimated too, so that at the level itself somewhat more would exceed.
"""


def factor(
    ratios: Sequence[float], quantile: float, censored: Sequence[bool] | None = None
) -> float:
    """The factor by which a predicted quantile is to be multiplied.

    Args:
        ratios: length over predicted quantile of each answer, more than 0; at least one.
        quantile: share of the answers that are to be no longer, in (0, 1).
        censored: which answers were cut short, so that their ratios are lower bounds; such an
            answer counts as beyond any quantile.
    """
    cut = censored or [False] * len(ratios)
    many = len(ratios)
    if min(1.0 - quantile, quantile) * many >= ENOUGH or quantile <= 0.5:  # noqa: PLR2004 -- median
        place = math.ceil((many + 1) * quantile)
        ordered = sorted(math.inf if c else r for r, c in zip(ratios, cut, strict=True))
        if place <= many and ordered[place - 1] < math.inf:
            return ordered[place - 1]
    return _smoothed(sorted(zip(ratios, cut, strict=True)), quantile)


def _smoothed(ratios: Sequence[tuple[float, bool]], quantile: float) -> float:
    """Weissman's quantile of a tail with censored ratios in it.

    Hill's index is divided by the share of the tail that is not censored (Beirlant, Guillou,
    Dierckx and Fils-Villetard, Extremes 10, 2007).
    """
    many, beyond = len(ratios), CAUTION * (1.0 - quantile)
    tail = max(LEAST_TAIL, math.ceil(many * max(TAIL, 2.0 * (1.0 - quantile))))
    tail = min(tail, many - 1)
    if tail < 1:
        return ratios[-1][0]
    start, _ = ratios[many - tail - 1]
    seen = max(1, sum(not cut for _, cut in ratios[many - tail :]))
    index = math.fsum(math.log(ratio / start) for ratio, _ in ratios[many - tail :]) / seen
    further = max(1.0, (tail + 0.5) / ((many + 1) * beyond))
    return start * math.exp(index * math.log(further))


def pinball(tokens: float, predicted: float, quantile: float) -> float:
    """What a predicted quantile costs when an answer has so many tokens; 0 is the best.

    Less on average is better, and least where the share `quantile` of all answers is no longer
    (Koenker and Bassett, Econometrica 46, 1978).
    """
    missed = tokens - predicted
    return max(quantile * missed, (quantile - 1.0) * missed)
