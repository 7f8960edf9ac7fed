"""How sure a model was of its words, from the log-probabilities of its tokens."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tokenomics_shared.types import Prompt, Reply, Verdict

_FLOOR = -20.0
"""Log-probabilities under it say no more; providers write -9999 for some of them."""
_UNSURE = math.log(0.5)


@dataclass(frozen=True, slots=True)
class Confidence:
    """How sure a model was of an answer; log-probabilities, so 0 is certain.

    Quantiles tell more than the mean, which long answers dilute (Gupta et al., Language Model
    Cascades: Token-Level Uncertainty and Beyond, ICLR 2024, section 4).

    Attributes:
        tokens: how many were read.
        mean: over all of them, which is the length-normalised log-likelihood.
        least: of the least sure one.
        low5, low10, median: quantiles, the least sure first.
        unsure: share of tokens with a probability under one half, 0 to 1.
    """

    tokens: int
    mean: float
    least: float
    low5: float
    low10: float
    median: float
    unsure: float


def confidence(logprobs: Sequence[float]) -> Confidence | None:
    """Read token log-probabilities; None when there are none that are numbers."""
    ordered = sorted(min(0.0, max(_FLOOR, each)) for each in logprobs if not math.isnan(each))
    if not ordered:
        return None
    count = len(ordered)
    return Confidence(
        tokens=count,
        mean=math.fsum(ordered) / count,
        least=ordered[0],
        low5=_quantile(ordered, 0.05),
        low10=_quantile(ordered, 0.10),
        median=_quantile(ordered, 0.50),
        unsure=sum(each < _UNSURE for each in ordered) / count,
    )


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Linear between the neighbours, as numpy's default."""
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


class ConfidenceJudge:
    """Accepts answers whose less sure words were sure enough; abstains without log-probabilities.

    The score is the probability of the token at the 10 % quantile. It is no probability of being
    right: models differ in how sure they are of what is wrong, so the verdict carries none.
    """

    blocking = False
    selective = True

    def __init__(self, threshold: float = 0.5) -> None:
        """Make the judge.

        Args:
            threshold: score from which an answer is accepted, 0 to 1; what it should be depends
                on the model.
        """
        self._threshold = threshold

    def judge(self, prompt: Prompt, reply: Reply) -> Verdict:  # noqa: ARG002 -- port
        """Judge how sure the model was."""
        read = confidence(reply.logprobs)
        if read is None:
            return Verdict(False, 0.0, "no log-probabilities", abstained=True)
        score = math.exp(read.low10)
        accepted = score >= self._threshold
        reason = "" if accepted else f"confidence {score:.2f} under {self._threshold:.2f}"
        return Verdict(accepted, score, reason)
