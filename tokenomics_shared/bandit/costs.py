"""What an arm's answer will cost: its length and its time."""

from math import inf

from typing_extensions import override

from tokenomics_shared.bandit.sums import Book
from tokenomics_shared.forks import ForkSafe
from tokenomics_shared.learning import Kind, Sums

TRUST = 5.0
"""Answers that a narrower mean starts from, of what the wider one has."""

FORGETTING = 0.998
"""Lengths change with what is asked; half are forgotten in about 350 answers."""

LATENCY_FORGETTING = 0.95
"""Latency changes by the hour; half is forgotten in about 14 answers."""

_TOKENS, _TRAINED, _SECONDS = "tokens|", "trained|", "seconds|"
_WIDTH = 3


class CostModel(ForkSafe):
    """Learns how long answers are against the plan's prediction, and how long they take.

    The factor is learned for all answers, for those to a kind, and for an arm's to a kind, each
    shrunk to the one before. An arm that was never asked gets the others' factor: with the bare
    prediction, which may be many times too high, a dear arm would never be tried and so never be
    found cheaper. Safe to share between threads.

    Example:
        >>> costs = CostModel()
        >>> costs.expected_output("cheap", "maths", 200.0)
        200.0
        >>> for _ in range(100):
        ...     costs.learn("cheap", "maths", 100, 0.8, predicted=200.0)
        >>> 100 < costs.expected_output("premium", "maths", 200.0) < 110
        True
    """

    def __init__(self) -> None:
        self._book = Book(self.forgetting)
        super().__init__()

    def expected_output(
        self, arm: str, kind: Kind, predicted: float, *, trained: bool = False
    ) -> float:
        """Tokens that the arm's answer will have.

        Args:
            arm: the arm's name.
            kind: what is asked for.
            predicted: the plan's prediction for this request.
            trained: it was learned from the arm's own answers, not by a rule of thumb; how far
                the one is off says nothing of the other.
        """
        expected = max(1.0, predicted)
        with self.lock:
            rows = [self._book.total(cell) for cell in _cells(arm, kind, trained=trained)]
        # What an earlier answer was predicted makes its length comparable with this one's.
        factor = 1.0
        for row in rows:
            if row is not None:
                _, tokens, foreseen = row
                factor = (TRUST * expected * factor + tokens) / (TRUST * expected + foreseen)
        return expected * factor

    def expected_latency(self, arm: str) -> float | None:
        """Seconds to the arm's last token, weighted towards the latest; None when never seen."""
        with self.lock:
            row = self._book.total(f"{_SECONDS}{arm}")
        return row[1] / row[0] if row is not None else None

    def learn(
        self,
        arm: str,
        kind: Kind,
        output_tokens: float,
        latency_s: float,
        *,
        predicted: float,
        trained: bool = False,
    ) -> None:
        """Take in an answer.

        Args:
            arm: who gave it.
            kind: what was asked for.
            output_tokens: its length.
            latency_s: seconds to its last token.
            predicted: what the plan had predicted for its length.
            trained: as for `expected_output`.

        Raises:
            ValueError: a number is not finite, or below 0.
        """
        if not (0.0 <= output_tokens < inf and 0.0 <= latency_s < inf and 0.0 <= predicted < inf):
            given = {
                "output_tokens": output_tokens,
                "latency_s": latency_s,
                "predicted": predicted,
            }
            name = next(name for name, value in given.items() if not 0.0 <= value < inf)
            raise ValueError(f"{name} must be a finite number from 0 on, got {given[name]!r}")
        row = (1.0, float(output_tokens), max(1.0, predicted))
        with self.lock:
            for cell in _cells(arm, kind, trained=trained):
                self._book.add(cell, row)
            self._book.add(f"{_SECONDS}{arm}", (1.0, latency_s, 0.0))

    def forgetting(self, row: str) -> float:
        """What is left of an answer after the next."""
        return LATENCY_FORGETTING if row.startswith(_SECONDS) else FORGETTING

    def news(self) -> Sums:
        """What was learned since the last `rebase`."""
        with self.lock:
            return self._book.news()

    def rebase(self, everything: Sums) -> None:
        """Go on from these sums."""
        with self.lock:
            self._book.rebase(everything, _WIDTH)

    @override
    def in_child(self) -> None:
        """Leave the news to the parent."""
        self._book.forget_news()


def _cells(arm: str, kind: Kind, *, trained: bool) -> tuple[str, str, str]:
    """From the widest to the narrowest."""
    of = _TRAINED if trained else _TOKENS
    return of, f"{of}{kind}", f"{of}{kind}|{arm}"
