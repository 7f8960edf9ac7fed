"""BLEU by sacrebleu."""

from sacrebleu.metrics.bleu import BLEU


class SentenceBleu:
    """How like a reference an answer is: sentence BLEU, 0 to 1.

    Short texts are scored by the n-grams they are long enough for (Post, A Call for Clarity in
    Reporting BLEU Scores, WMT 2018; sacrebleu's effective order). Safe to share between threads.
    """

    def __init__(self, *, lowercase: bool = True) -> None:
        """Make the metric.

        Args:
            lowercase: letter case doesn't count.
        """
        self._bleu = BLEU(effective_order=True, lowercase=lowercase)

    def __call__(self, answer: str, reference: str) -> float:
        """Score an answer."""
        score = self._bleu.sentence_score(answer, [reference]).score
        # Rounding may carry a perfect score over the top.
        return min(1.0, max(0.0, float(score) / 100.0))
