"""What a replay comes to, and what the log says of simpler ways."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

AnswerPath = Literal["memory", "cheap", "escalated", "premium"]
"""Where an answer came from: memory, a tier below premium at once, a better tier after a rejected
draft, premium at once."""

PATHS: tuple[AnswerPath, ...] = ("memory", "cheap", "escalated", "premium")


@dataclass(frozen=True, slots=True)
class Step:
    """One request as it was played.

    Attributes:
        kind: what sort of request it was, in the log's words.
        path: where its answer came from.
        score: what the given answer was worth, 0 to 1; `cheap_score` the cheapest tier's,
            `premium_score` premium's.
        cost: US dollars of its calls, drafts included and audits not; `audit_cost` of those,
            `draft_cost` of calls whose answers were not given (of `cost`).
        cheap_cost: US dollars of the cheapest tier alone, `premium_cost` of premium alone.
        latency_s: recorded seconds of its calls, one after the other.
    """

    kind: str
    path: AnswerPath
    score: float
    cheap_score: float
    premium_score: float
    cost: float
    draft_cost: float
    audit_cost: float
    cheap_cost: float
    premium_cost: float
    latency_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Way:
    """A way to answer, in the two figures that count.

    Attributes:
        quality: mean score, relative to premium's.
        cost: relative to always asking premium.
    """

    quality: float
    cost: float


@dataclass(frozen=True, slots=True)
class Tally:
    """The sums of some steps; figures are over requests, 0 to 1 unless they say otherwise."""

    steps: tuple[Step, ...]

    @property
    def requests(self) -> int:
        """How many were played."""
        return len(self.steps)

    @property
    def quality(self) -> float:
        """Mean score of the given answers."""
        return _mean([step.score for step in self.steps])

    @property
    def premium_quality(self) -> float:
        """Mean score of premium's answers."""
        return _mean([step.premium_score for step in self.steps])

    @property
    def quality_ratio(self) -> float:
        """Quality, relative to premium's; may exceed 1."""
        return self._relative(self.quality)

    @property
    def interval(self) -> tuple[float, float]:
        """95 % confidence interval of the quality ratio, requests taken as independent.

        The delta method for a ratio of paired means (Cochran, Sampling Techniques, 6.4).
        """
        ratio, premium, many = self.quality_ratio, self.premium_quality, self.requests
        if many <= 1 or not premium:
            return (0.0, math.inf)
        residuals = [step.score - ratio * step.premium_score for step in self.steps]
        spread = math.sqrt(sum(r * r for r in residuals) / (many - 1) / many) / premium
        return (ratio - 1.96 * spread, ratio + 1.96 * spread)

    @property
    def spent(self) -> float:
        """US dollars, drafts and audits included."""
        return math.fsum(step.cost + step.audit_cost for step in self.steps)

    @property
    def premium_spent(self) -> float:
        """US dollars of always asking premium."""
        return math.fsum(step.premium_cost for step in self.steps)

    @property
    def cost(self) -> float:
        """What was spent, relative to always asking premium; may exceed 1."""
        return self._share(self.spent)

    @property
    def audit_cost(self) -> float:
        """Of `cost`, the part of audits."""
        return self._share(math.fsum(step.audit_cost for step in self.steps))

    @property
    def draft_cost(self) -> float:
        """Of `cost`, the part of calls whose answers were not given."""
        return self._share(math.fsum(step.draft_cost for step in self.steps))

    @property
    def latency_s(self) -> float:
        """Recorded seconds a request took, on average."""
        return _mean([step.latency_s for step in self.steps])

    @property
    def paths(self) -> dict[AnswerPath, float]:
        """Share of the requests by where their answers came from."""
        return {path: _mean([float(s.path == path) for s in self.steps]) for path in PATHS}

    @property
    def kinds(self) -> dict[str, "Tally"]:
        """The same of each kind, in order of appearance."""
        names = dict.fromkeys(step.kind for step in self.steps)
        return {name: Tally(tuple(s for s in self.steps if s.kind == name)) for name in names}

    def curve(self, block: int = 1000) -> Iterator["Tally"]:
        """The same of each block of requests in a row: what learning does."""
        for start in range(0, self.requests, block):
            yield Tally(self.steps[start : start + block])

    def always_cheap(self) -> Way:
        """The cheapest tier answers everything."""
        cheap = _mean([step.cheap_score for step in self.steps])
        spent = math.fsum(step.cheap_cost for step in self.steps)
        return Way(self._relative(cheap), self._share(spent))

    def always_premium(self) -> Way:
        """Premium answers everything."""
        return Way(1.0, 1.0)

    def random_mix(self, quality: float) -> Way:
        """Premium answers the share of requests, drawn at random, that brings this quality.

        Args:
            quality: relative to premium's; what lies outside of the two tiers' is cut to them.
        """
        cheap = self.always_cheap()
        gap = 1.0 - cheap.quality
        share = (quality - cheap.quality) / gap if gap > 0.0 else 0.0
        share = min(max(share, 0.0), 1.0)
        return Way(cheap.quality + share * gap, cheap.cost + share * (1.0 - cheap.cost))

    def cheapest_first(self, quality: float) -> Way:
        """Premium answers the requests that cost least extra, as many as bring this quality.

        It knows the recorded costs beforehand, so it is a little better than it could be.

        Args:
            quality: relative to premium's; the nearest that is reached when it is not.
        """
        ranked = sorted(self.steps, key=lambda step: step.premium_cost - step.cheap_cost)
        score = math.fsum(step.cheap_score for step in ranked)
        spent = math.fsum(step.cheap_cost for step in ranked)
        wanted = quality * self.premium_quality * self.requests
        best = Way(self._relative(score / self.requests), self._share(spent))
        for step in ranked:
            if score >= wanted - 1e-9:
                break
            score += step.premium_score - step.cheap_score
            spent += step.premium_cost - step.cheap_cost
            best = Way(self._relative(score / self.requests), self._share(spent))
        return best

    def _relative(self, quality: float) -> float:
        return quality / self.premium_quality if self.premium_quality else 0.0

    def _share(self, dollars: float) -> float:
        return dollars / self.premium_spent if self.premium_spent else 0.0


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else 0.0
