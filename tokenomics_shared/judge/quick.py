"""The quick check: length, completeness, keyword overlap."""

import re

from tokenomics_shared.types import Prompt, Reply, Verdict

_ENDINGS = frozenset(".!?\"'`)]}0123456789")
_GIVES_UP = ("i don't know", "cannot", "can't", "unable", "as an ai", "not sure")
_WORD = re.compile(r"[a-z]{3,}")
_COMMON = frozenset(
    "about all and any are been but can could did does each for from had has have her his how "
    "into its many may more much not our out she should some than that the their them then there "
    "these they this was were what when where which who why will with would you your".split()
)


class QuickCheck:
    """Scores an answer's form: 0.3 for length, 0.4 for completeness, 0.3 x keyword overlap.

    Length is more than `min_length` characters; completeness is an ending that looks like one and
    no giving up; overlap is the share of the question's words (three letters and more, common
    ones left out) that the answer uses, 1 for a question that has none. It costs microseconds
    and tells little: a baseline for judges that read the answer.
    """

    blocking = False

    def __init__(self, threshold: float, *, min_length: int = 20) -> None:
        """Make the check.

        Args:
            threshold: score from which an answer is accepted, 0 to 1.
            min_length: characters an answer must exceed to score for length.
        """
        self.threshold = threshold
        self.min_length = min_length

    def judge(self, prompt: Prompt, reply: Reply) -> Verdict:
        """Score the answer against the question."""
        score = self.score(prompt.asked, reply.text)
        accepted = score >= self.threshold
        reason = "" if accepted else f"quick check {score:.2f} under {self.threshold:.2f}"
        return Verdict(accepted, score, reason)

    def score(self, question: str, answer: str) -> float:
        """Score in [0, 1]."""
        answer = answer.strip().lower()
        long_enough = len(answer) > self.min_length
        complete = answer[-1:] in _ENDINGS and not any(words in answer for words in _GIVES_UP)
        asked = set(_WORD.findall(question.lower())) - _COMMON
        used = asked.intersection(_WORD.findall(answer)) if asked else asked
        overlap = len(used) / len(asked) if asked else 1.0
        return 0.3 * long_enough + 0.4 * complete + 0.3 * overlap
