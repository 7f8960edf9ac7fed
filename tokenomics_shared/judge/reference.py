"""Judging by a reference answer."""

from collections.abc import Callable

from tokenomics_shared.judge.conclusion import same_conclusion
from tokenomics_shared.types import Prompt, Reply, Verdict

Metric = Callable[[str, str], float]
"""`(answer, reference) -> likeness` in [0, 1]."""


def same(answer: str, reference: str) -> float:
    """1 when the answer comes to the reference's conclusion, else 0."""
    return float(same_conclusion(answer, reference))


class ReferenceJudge:
    """Accepts answers that are like a known good one; abstains where there is none.

    It may block, for looking up the reference may.
    """

    blocking = True
    selective = True

    def __init__(
        self,
        reference: Callable[[Prompt], str | None],
        metric: Metric = same,
        threshold: float = 0.5,
    ) -> None:
        """Make the judge.

        Args:
            reference: the known good answer to a request; None where there is none.
            metric: how like it an answer is, such as BLEU or ROUGE.
            threshold: likeness from which an answer is accepted, 0 to 1; metrics differ widely in
                what they give good answers.
        """
        self._reference = reference
        self._metric = metric
        self._threshold = threshold

    def judge(self, prompt: Prompt, reply: Reply) -> Verdict:
        """Judge the answer by the request's reference."""
        reference = self._reference(prompt)
        if reference is None:
            return Verdict(False, 0.0, "no reference", abstained=True)
        score = self._metric(reply.text, reference)
        accepted = score >= self._threshold
        reason = "" if accepted else f"like the reference {score:.2f} under {self._threshold:.2f}"
        return Verdict(accepted, score, reason)
