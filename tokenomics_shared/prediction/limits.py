"""One request's limits on its answers, and what its answers tell of lengths."""

from collections.abc import Sequence
from dataclasses import dataclass

from tokenomics_shared.effects import Show
from tokenomics_shared.planning import LengthPredictor
from tokenomics_shared.ports import Account
from tokenomics_shared.prediction.cap import cap, raised
from tokenomics_shared.types import Prompt, QueryPlan, Reply, Roster, Strategy

_NONE = (None,)


@dataclass(frozen=True, slots=True)
class Lengths:
    """What is known of answers' lengths.

    Attributes:
        predictor: predicts them, and learns.
        capped: answers are limited by what it predicts.
    """

    predictor: LengthPredictor
    capped: bool = True

    def of(self, prompt: Prompt, plan: QueryPlan, roster: Roster, account: Account) -> "Limiting":
        """The limits on the answers to one request."""
        return Limiting(self, prompt, plan, roster, account)


@dataclass(frozen=True, slots=True)
class Limiting:
    """Limits answers by their forecasts, and tells the predictor how long they were.

    Attributes:
        lengths: what is known of lengths.
        prompt: the request.
        plan: what is known of it.
        roster: the models that may answer it.
        account: where faults are counted.
    """

    lengths: Lengths
    prompt: Prompt
    plan: QueryPlan
    roster: Roster
    account: Account

    def tried(self, strategy: Strategy, show: Show) -> Sequence[int | None]:
        """Our own limits in tokens, to be tried in this order; the last is None, for no limit.

        What a caller sees as it comes has none: it could not be asked for again.
        """
        if not self.lengths.capped or (self.prompt.paced and show != "hold"):
            return _NONE
        tier = self.roster.tiers[strategy.tier]
        forecast = self.plan.forecasts.get(tier.model)
        said = (strategy.max_tokens, self.prompt.max_tokens, tier.abilities.output_tokens)
        callers = min((it for it in said if it is not None), default=None)
        first = None if forecast is None else cap(forecast, callers)
        if first is None:
            return _NONE
        second = raised(first, callers)
        return (first, None) if second is None else (first, second, None)

    def answered(self, strategy: Strategy, reply: Reply) -> None:
        """Take in an answer that none of them cut short."""
        usage, plan, prompt = reply.usage, self.plan, self.prompt
        if usage is None or usage.estimated or not usage.output or prompt.no_store:
            return
        with self.account.shield("prediction"):
            self.lengths.predictor.learn(
                prompt.question,
                plan.complexity,
                plan.input_tokens,
                self.roster.tiers[strategy.tier].model,
                usage.output,
                censored=reply.truncated,
            )
