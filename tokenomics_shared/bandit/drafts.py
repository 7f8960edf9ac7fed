"""What a judge's likelihood is worth: learned for each arm and kind of question."""

from math import sqrt
from typing import Final

from typing_extensions import override

from tokenomics_shared.bandit.sums import Book
from tokenomics_shared.forks import ForkSafe
from tokenomics_shared.learning import Sums

TRUST: Final = 0.7
"""How far a likelihood moves the expectation while nothing is known of it."""

_TRUST_LABELS = 40.0
"""Labels that this trust is worth."""

_MEAN_LABELS = 10.0
"""Drafts that the expectation, as a guess of the mean likelihood, is worth."""

_USUAL_VARIANCE = 0.04
"""Of likelihoods, while none are known."""

_LEAST, _MOST = 0.01, 0.99

_KNOWN_AT_MOST = 0.55
"""Of the deviation that right and wrong have themselves, the share that a judge may explain: an
AUC of .83, which is as good as they get, is about this."""

FORGETTING: Final = 0.9995
"""Judges and models change; half of what was seen is forgotten in about 1,400 drafts."""

_ZERO: Final = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
_ALL = "*"
"""Stands for all kinds of question together; a kind starts from what all have shown."""


def _key(arm: str, kind: str) -> str:
    return f"{kind}|{arm}"


class Drafts(ForkSafe):
    """P(right | question, draft) from the arm's quality for the question and a judge's likelihood.

    A regression of what is left when the expected quality is taken off a label, on the
    likelihood's distance from its mean: p = q + b (s - m). The mean needs no labels, so that a
    judge that is off by a constant does no harm; the slope does, and goes to 0 where the judge
    turns out to know nothing. The sums add up over processes. Safe to share between threads.
    """

    def __init__(self) -> None:
        self._book = Book(self.forgetting)
        super().__init__()

    def likelihood(self, arm: str, kind: str, quality: float, said: float) -> float:
        """Probability that a draft is right.

        Args:
            arm: who wrote it.
            kind: what the question asks for.
            quality: the arm's expected quality for it.
            said: the judge's likelihood.
        """
        mean, slope, _ = self._learned(arm, kind, quality)
        return min(_MOST, max(_LEAST, quality + slope * (said - mean)))

    def spread(self, arm: str, kind: str, quality: float) -> float:
        """Standard deviation of that probability over drafts, before there is one."""
        _, slope, deviation = self._learned(arm, kind, quality)
        sure = min(_MOST, max(_LEAST, quality))
        return min(abs(slope) * deviation, _KNOWN_AT_MOST * sqrt(sure * (1.0 - sure)))

    def see(self, arm: str, kind: str, said: float) -> None:
        """Count a draft's likelihood; whether it is right is not known."""
        self._add(arm, kind, (1.0, said, said * said, 0.0, 0.0, 0.0))

    def learn(
        self, arm: str, kind: str, quality: float, said: float, right: float, weight: float = 1.0
    ) -> None:
        """Learn what a draft that was seen is worth.

        Args:
            arm: who wrote it.
            kind: what the question asks for.
            quality: the arm's expected quality for it.
            said: the judge's likelihood.
            right: what the draft is worth, 0 to 1.
            weight: drafts that it stands for.
        """
        mean = self._learned(arm, kind, quality)[0]
        far = said - mean
        self._add(
            arm,
            kind,
            (0.0, 0.0, 0.0, weight, weight * far * far, weight * far * (right - quality)),
        )

    def forgetting(self, row: str) -> float:  # noqa: ARG002 -- the same for all
        """What is left of a draft after the next."""
        return FORGETTING

    def news(self) -> Sums:
        """What was learned since the last `rebase`."""
        with self.lock:
            return self._book.news()

    def rebase(self, everything: Sums) -> None:
        """Go on from these sums; rows that are no such sums are left out."""
        with self.lock:
            self._book.rebase(everything, len(_ZERO))

    @override
    def in_child(self) -> None:
        """What was new is the parent's to tell."""
        self._book.forget_news()

    def _add(self, arm: str, kind: str, sums: tuple[float, ...]) -> None:
        with self.lock:
            for name in (_key(arm, kind), _key(arm, _ALL)):
                self._book.add(name, sums)

    def _learned(self, arm: str, kind: str, quality: float) -> tuple[float, float, float]:
        """Mean of likelihoods, slope, deviation of likelihoods."""
        with self.lock:
            own = self._book.total(_key(arm, kind)) or _ZERO
            every = self._book.total(_key(arm, _ALL)) or _ZERO
        count, total, squares, _, varied, moved = own
        mean = (_MEAN_LABELS * quality + total) / (_MEAN_LABELS + count)
        first = _mix(every[5], every[4], TRUST, _TRUST_LABELS)
        slope = _mix(moved, varied, first, _TRUST_LABELS)
        around = max(0.0, squares - total * total / count) if count else 0.0
        variance = (_MEAN_LABELS * _USUAL_VARIANCE + around) / (_MEAN_LABELS + count)
        return mean, min(1.5, max(0.0, slope)), sqrt(variance)


def _mix(moved: float, varied: float, prior: float, labels: float) -> float:
    known = labels * _USUAL_VARIANCE
    return (known * prior + moved) / (known + varied)
