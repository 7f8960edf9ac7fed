"""What comparisons came to."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tokenomics_shared.evaluation.pairs import Pair
from tokenomics_shared.intervals import clopper_pearson
from tokenomics_shared.judge import Comparison


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the comparisons of a file came to.

    Attributes:
        pairs: what was compared, and `comparisons`, how each turned out.
        metrics: by name, the mean likeness to the references of the optimized answers and of the
            baseline's, over the pairs that have one.
        judged: a model judged.
        remarks: what else is to be said.
    """

    pairs: tuple[Pair, ...]
    comparisons: tuple[Comparison, ...]
    metrics: Mapping[str, tuple[float, float]]
    judged: bool
    remarks: tuple[str, ...]

    @property
    def decided(self) -> list[Comparison]:
        """The comparisons that told something."""
        return [each for each in self.comparisons if each.confidence > 0.0]

    @property
    def counts(self) -> dict[str, int]:
        """How often the optimized answer won, tied, lost, and how often nothing could be told."""
        winners = [each.winner for each in self.decided]
        return {
            "wins": winners.count("optimized"),
            "ties": winners.count("equivalent"),
            "losses": winners.count("baseline"),
            "undecided": len(self.comparisons) - len(winners),
        }

    @property
    def quality_score(self) -> float | None:
        """Mean quality of the optimized answers that were decided on, 0 to 1."""
        found = [each.quality_score for each in self.decided]
        return math.fsum(found) / len(found) if found else None

    def interval(self, count: int) -> tuple[float, float]:
        """95 % confidence interval of a count's share of the decided pairs."""
        return clopper_pearson(count, len(self.decided))

    def to_dict(self) -> dict[str, Any]:
        """The figures as JSON-able values."""
        counts = self.counts
        return {
            "pairs": len(self.pairs),
            **counts,
            "shares": {
                name: {"share": count / len(self.decided), "interval": self.interval(count)}
                for name, count in counts.items()
                if name != "undecided" and self.decided
            },
            "not_worse": self._not_worse(),
            "quality_score": self.quality_score,
            "metrics": {
                name: {"optimized": ours, "baseline": theirs}
                for name, (ours, theirs) in self.metrics.items()
            },
            "judged": self.judged,
            "comparisons": [
                {"line": pair.line, **asdict(found)}
                for pair, found in zip(self.pairs, self.comparisons, strict=True)
            ],
            "remarks": list(self.remarks),
        }

    def _not_worse(self) -> dict[str, Any] | None:
        if not self.decided:
            return None
        count = self.counts["wins"] + self.counts["ties"]
        return {"share": count / len(self.decided), "interval": self.interval(count)}
