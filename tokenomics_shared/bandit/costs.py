"""What an arm's answer will cost: its length and its time."""

from typing_extensions import override

from tokenomics_shared.bandit.sums import Book, refuse_impossible
from tokenomics_shared.forks import ForkSafe
from tokenomics_shared.learning import Kind, Sums

TRUST = 10.0
"""Answers of an arm that the plan's prediction counts for."""

TRUST_OF_ALL = 20.0
"""Answers of an arm to a kind that its answers to all kinds count for."""

FORGETTING = 0.998
"""Lengths change with what is asked; half are forgotten in about 350 answers."""

LATENCY_FORGETTING = 0.95
"""Latency changes by the hour; half is forgotten in about 14 answers."""

_TOKENS, _SECONDS = "tokens|", "seconds|"
_WIDTH = 2


class CostModel(ForkSafe):
    """Learns how long each arm's answers are, by kind of question, and how long they take.

    Means are shrunk twice: an arm's over all kinds to the plan's prediction, its mean in a kind to
    that. Safe to share between threads.

    Example:
        >>> costs = CostModel()
        >>> costs.expected_output("cheap", "maths", 200.0)
        200.0
        >>> for _ in range(100):
        ...     costs.learn("cheap", "maths", 100, 0.8)
        >>> 100 < costs.expected_output("cheap", "maths", 200.0) < 105
        True
    """

    def __init__(self) -> None:
        self._book = Book(self.forgetting)
        super().__init__()

    def expected_output(self, arm: str, kind: Kind, predicted: float) -> float:
        """Tokens that the arm's answer will have.

        Args:
            arm: the arm's name.
            kind: what is asked for.
            predicted: the plan's prediction, for any arm.
        """
        with self.lock:
            n, total = self._row(f"{_TOKENS}{arm}|")
            n_here, here = self._row(f"{_TOKENS}{arm}|{kind}")
        centre = (TRUST * predicted + total) / (TRUST + n)
        return (TRUST_OF_ALL * centre + here) / (TRUST_OF_ALL + n_here)

    def expected_latency(self, arm: str) -> float | None:
        """Seconds to the arm's last token, weighted towards the latest; None when never seen."""
        with self.lock:
            n, total = self._row(f"{_SECONDS}{arm}")
        return total / n if n else None

    def learn(self, arm: str, kind: Kind, output_tokens: float, latency_s: float) -> None:
        """Take in an answer.

        Raises:
            ValueError: a number is not finite, or below 0.
        """
        for name, value in (("output_tokens", output_tokens), ("latency_s", latency_s)):
            refuse_impossible(value, 1.0)
            if value < 0.0:
                raise ValueError(f"{name} must be at least 0, got {value!r}")
        with self.lock:
            for cell in ("", kind):
                self._book.add(f"{_TOKENS}{arm}|{cell}", (1.0, output_tokens))
            self._book.add(f"{_SECONDS}{arm}", (1.0, latency_s))

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

    def _row(self, name: str) -> tuple[float, float]:
        weight, total = self._book.total(name) or (0.0, 0.0)
        return weight, total
