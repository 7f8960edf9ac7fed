"""What learning the lengths of a model's answers came to."""

from collections.abc import Sequence
from dataclasses import dataclass

from tokenomics_shared.planning import LengthSample
from tokenomics_shared.prediction.conformal import pinball
from tokenomics_shared.prediction.heuristic import CHOICE, predict_output_tokens
from tokenomics_shared.prediction.length_features import asked, offers_choices
from tokenomics_shared.prediction.quantiles import QUANTILES
from tokenomics_shared.prediction.rule import RULE

FEWEST = 50
"""Samples below which nothing is fitted, even when it is asked for."""


@dataclass(frozen=True, slots=True)
class LengthsRefit:
    """What refitting the lengths of one model came to.

    Attributes:
        model: whose answers.
        samples: what it could be fitted to.
        before: the mean pinball loss of what predicted so far, in tokens an answer, over the
            three quantiles; None when nothing was compared.
        after: the new one's on the same answers, each predicted by a fit that had not seen it.
        trained: the new quantiles as text; None unless they are better.
        reason: why they are not kept, in words; empty when they are.
    """

    model: str
    samples: int
    before: float | None = None
    after: float | None = None
    trained: str | None = None
    reason: str = ""


def loss(samples: Sequence[LengthSample], predicted: Sequence[Sequence[float]]) -> float:
    """The mean pinball loss over answers and quantiles, in tokens.

    Answers that were cut short are left out: how long they would have been is not known.
    """
    lost = [
        pinball(sample.output_tokens, tokens, quantile)
        for sample, quantiles in zip(samples, predicted, strict=True)
        if not sample.censored
        for tokens, quantile in zip(quantiles, QUANTILES, strict=True)
    ]
    return sum(lost) / len(lost) if lost else 0.0


def by_rule(sample: LengthSample) -> tuple[float, ...]:
    """What the rule of thumb says of an answer."""
    complexity, input_tokens = asked(sample.features)
    offered = offers_choices(sample.features)
    likely = CHOICE if offered else predict_output_tokens(complexity, input_tokens)
    return tuple(float(times * likely) for times in RULE)
