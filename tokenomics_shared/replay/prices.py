"""What the tiers of a log cost: as stated, as recorded, or as the price table says."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from tokenomics_shared.ports import Prices
from tokenomics_shared.replay.records import LogError, Recorded, RecordedAnswer
from tokenomics_shared.telemetry import Price
from tokenomics_shared.types import Tier, Usage


class LogPrices:
    """Prices of a log's tiers, for the engine; and what each recorded answer cost, exactly.

    A stated price counts before recorded costs, and those before the price table. The engine
    reckons with a price per token; where only costs were recorded, it is the one that adds up to
    their sum, and what a replay reports is the recorded costs themselves.
    """

    def __init__(
        self,
        items: Sequence[Recorded],
        stated: Mapping[str, Price] | None = None,
        table: Prices | None = None,
    ) -> None:
        """Find every tier's price.

        Args:
            items: the log.
            stated: by tier.
            table: looks up tiers that bear a model's name; nothing is looked up when None.

        Raises:
            LogError: a tier's price is nowhere to be found, or one is stated of no tier.
        """
        tiers = list(dict.fromkeys(tier for item in items for tier in item.answers))
        unknown = set(stated or ()) - set(tiers)
        if unknown:
            raise LogError(f"a price is stated for {sorted(unknown)}, the log has {tiers}")
        self._stated = dict(stated or {})
        self._fitted: dict[str, Price] = {}
        self._table = table
        for tier in tiers:
            if tier in self._stated:
                continue
            answers = [item.answers[tier] for item in items if tier in item.answers]
            fitted = _fitted(answers)
            if fitted is not None:
                self._fitted[tier] = fitted
            elif self.cost(Tier(tier, tier), tier, Usage(1000, 1000)) is None:
                raise LogError(
                    f"answers.{tier}: not all have a cost, and no price is known; state one"
                )

    def cost(self, tier: Tier, model: str, usage: Usage) -> Decimal | None:
        """US dollars for this usage of a tier."""
        price = self._stated.get(tier.name) or self._fitted.get(tier.name)
        if price is not None:
            return price.cost(usage)
        return None if self._table is None else self._table.cost(tier, model, usage)

    def billed(self, tier: str, answer: RecordedAnswer) -> Decimal:
        """US dollars that a recorded answer cost."""
        if answer.cost is not None and tier not in self._stated:
            return answer.cost
        usage = Usage(answer.input_tokens, answer.output_tokens)
        return self.cost(Tier(tier, tier), tier, usage) or Decimal(0)


def _fitted(answers: Sequence[RecordedAnswer]) -> Price | None:
    """One price for all tokens that adds up to the recorded costs; None unless all have one."""
    costs = [answer.cost for answer in answers if answer.cost is not None]
    tokens = sum(answer.input_tokens + answer.output_tokens for answer in answers)
    if len(costs) < len(answers) or not tokens:
        return None
    each = sum(costs, start=Decimal(0)).scaleb(6) / tokens
    return Price(each, each)
