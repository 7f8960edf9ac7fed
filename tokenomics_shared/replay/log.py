"""A log of recorded outcomes, ready to be played."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tokenomics_shared.ports import Prices
from tokenomics_shared.replay.prices import LogPrices
from tokenomics_shared.replay.records import LogError, Recorded
from tokenomics_shared.telemetry import Price
from tokenomics_shared.types import Roster, Strategy, Tier

MIN_TIERS = 2


@dataclass(frozen=True, slots=True)
class Log:
    """Requests with the same tiers throughout.

    Attributes:
        items: the requests, in the order they came.
        tiers: names, cheapest first; the last is premium.
        prices: what the tiers cost.
    """

    items: tuple[Recorded, ...]
    tiers: tuple[str, ...]
    prices: LogPrices
    _scores: Mapping[tuple[str, str], float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(set(self.tiers)) < MIN_TIERS:
            raise LogError(f"a log needs answers of two tiers at least, it has {self.tiers}")
        for number, item in enumerate(self.items, start=1):
            for tier in self.tiers:
                if tier not in item.answers:
                    raise LogError(f"request {number}: answers: none of {tier!r}, as others have")
        object.__setattr__(self, "_scores", _scores(self.items))

    @classmethod
    def of(
        cls,
        items: Sequence[Recorded],
        *,
        prices: Mapping[str, Price] | None = None,
        table: Prices | None = None,
        premium: str | None = None,
    ) -> "Log":
        """Put the tiers in the order of what they cost.

        Args:
            items: the requests, in the order they came.
            prices: stated, by tier; they count before recorded costs.
            table: looks up tiers that bear a model's name.
            premium: the tier that others are measured against; the dearest when None.

        Raises:
            LogError: a tier's answers or prices are missing.
        """
        if not items:
            raise LogError("the log is empty")
        found = LogPrices(items, prices, table)
        spent = dict.fromkeys((tier for item in items for tier in item.answers), Decimal(0))
        for item in items:
            for tier, answer in item.answers.items():
                spent[tier] += found.billed(tier, answer)
        if premium is not None and premium not in spent:
            raise LogError(f"premium is to be {premium!r}, the log has {list(spent)}")
        tiers = sorted(spent, key=lambda tier: (tier == premium, spent[tier]))
        return cls(tuple(items), tuple(tiers), found)

    @property
    def premium(self) -> str:
        """The tier that quality and cost are measured against."""
        return self.tiers[-1]

    @property
    def roster(self) -> Roster:
        """The tiers as the engine knows them; their models bear the tiers' names."""
        tiers = {name: Tier(name, name, "", name) for name in self.tiers}
        return Roster(tiers, tuple(Strategy(name) for name in self.tiers))

    def score(self, question: str, answer: str) -> float:
        """What an answer was worth, 0 to 1: a judge that is never wrong.

        Where several tiers gave the very same answer it is worth their mean.

        Raises:
            LogError: the log holds no such answer to this question.
        """
        try:
            return self._scores[question, answer]
        except KeyError:
            raise LogError(
                "the log doesn't hold this answer to this question: it can't be played with "
                "answers that are given to other questions, or written anew"
            ) from None

    def loss(self, question: str, given: str, premium: str) -> float:
        """How much less the given answer was worth than premium's, -1 to 1: for audits."""
        return self.score(question, premium) - self.score(question, given)


def _scores(items: Sequence[Recorded]) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], list[float]] = {}
    for item in items:
        for answer in item.answers.values():
            found.setdefault((item.question, answer.text), []).append(answer.score)
    return {key: sum(scores) / len(scores) for key, scores in found.items()}
