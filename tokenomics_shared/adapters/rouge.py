"""ROUGE by rouge-score."""

from typing import Literal

from rouge_score.rouge_scorer import RougeScorer

Rouge = Literal["rouge1", "rouge2", "rougeL", "rougeLsum"]


class RougeF:
    """How like a reference an answer is: the F-measure of a ROUGE, 0 to 1.

    ROUGE-L reads the longest common subsequence of words (Lin, ROUGE: A Package for Automatic
    Evaluation of Summaries, 2004, section 3). Safe to share between threads.
    """

    def __init__(self, kind: Rouge = "rougeL", *, stem: bool = True) -> None:
        """Make the metric.

        Args:
            kind: which ROUGE.
            stem: endings of English words don't count.
        """
        self._kind = kind
        self._scorer = RougeScorer([kind], use_stemmer=stem)

    def __call__(self, answer: str, reference: str) -> float:
        """Score an answer."""
        return float(self._scorer.score(reference, answer)[self._kind].fmeasure)
