"""Routing without audits."""


class Unaudited:
    """Every shortcut is open, and none is looked at."""

    def is_open(self, name: str) -> bool:  # noqa: ARG002 -- port
        """Always."""
        return True

    def wants(self, name: str) -> float | None:  # noqa: ARG002 -- port
        """Never."""
        return None

    def learn(
        self, name: str, loss: float, weight: float = 1.0, allowed: float | None = None
    ) -> None:
        """Learn nothing."""

    def feedback(self, name: str, expected: float, score: float) -> None:
        """Learn nothing."""

    def spent(self, *, audits: float = 0.0, answers: float = 0.0) -> None:
        """Count nothing."""
