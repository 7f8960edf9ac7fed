"""Quality learned, cost subtracted: the start by the one decision rule, for a quality target."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final, Literal, NamedTuple

from tokenomics_shared.bandit.controller import FixedWeight, QualityTarget, Request
from tokenomics_shared.bandit.costs import CostModel
from tokenomics_shared.bandit.decision import Choice, Numbers, Option, alone, choose, lift, needed
from tokenomics_shared.bandit.drafts import Drafts
from tokenomics_shared.bandit.guard import Guard, Offer
from tokenomics_shared.bandit.sessions import LEAST_TOKENS, Sessions
from tokenomics_shared.bandit.shared import Learned as Learnable
from tokenomics_shared.learning import (
    Answered,
    Belief,
    Context,
    Learner,
    Lesson,
    Price,
    Route,
    Sample,
)
from tokenomics_shared.routing.chooser import Asked, name_of, places
from tokenomics_shared.routing.rates import Rates
from tokenomics_shared.types import QueryPlan, Roster, Strategy, Verdict

_FADE: Final = 0.99
"""What a request leaves of the running means of premium's cost and quality, and of the share that
is answered cheaply."""

_FIRST_FADE, _FIRST_REQUESTS = 0.9, 100
"""The same at first, and for how many requests."""

BY_CONTEXT: Final = 0.1
"""Share of requests that are still routed by context while one arm is better for all: they tell
when that has changed."""

_MOST_LIFTS: Final = 10_000

_MOST_ALLOWED: Final = 0.5
"""Quality that may be lost whatever it saves: a model that is always wrong is no shortcut."""

_LEAST_SHARE: Final = 0.2
"""Of requests answered cheaply; below it the few don't get a larger allowance."""


_ANSWERS = ("answer", "draft")
"""Purposes of calls whose answers are whole and a caller's."""

Judging = Literal["none", "broken", "doubtful"]
"""Which drafts are escalated."""


class Learned(NamedTuple):
    """What is learned, by the name its sums are kept under."""

    quality: Learner
    drafts: Drafts
    costs: CostModel


class Prices(NamedTuple):
    """What asking takes.

    Attributes:
        rates: US dollars a token.
        sessions: which provider has which conversation in its cache.
        latency_weight: quality given for a second.
    """

    rates: Rates
    sessions: Sessions
    latency_weight: float


class Manner(NamedTuple):
    """How drafts are judged and learned of.

    Attributes:
        judging: which drafts are escalated: `none`, the `broken` ones, or the `doubtful` too.
        graders: judges look at drafts whose scores are findings on quality.
        bounded: the learner takes qualities from 0 to 1 only.
    """

    judging: Judging
    graders: bool
    bounded: bool


class Targeted:
    """Starts where expected quality minus weighted cost and latency is highest."""

    def __init__(
        self,
        learned: Learned,
        prices: Prices,
        weight: QualityTarget | FixedWeight,
        manner: Manner,
        draw: Callable[[], float],
    ) -> None:
        """Make it.

        Args:
            learned: what is known of qualities, drafts and costs.
            prices: what asking takes.
            weight: of cost.
            manner: how drafts are judged and learned of.
            draw: uniform random numbers in [0, 1).
        """
        self.weight = weight
        self._learned = learned
        self._prices = prices
        self._manner = manner
        self._sighted = manner.judging == "doubtful"
        self._draw = draw
        self._guard = Guard()
        self._lifts = _Lifts()
        self._requests = 0
        self._unit = 0.0
        self._cheap_share = self._premium_quality = 1.0

    def choose(self, asked: Asked) -> Route:
        """Choose a start by what is drawn, and the quality a draft needs by what is expected."""
        arms = places(asked.arms, asked.roster)
        beliefs = self._learned.quality.beliefs(asked.context, arms)
        known = self._request(asked, arms, beliefs)
        if len(arms) > 1:
            # With premium alone there is nothing that a weight could decide.
            self.weight.routed(known)
        weight = self.weight.weight
        expected = known.priced(weight)
        drawn = [
            (belief.drawn, price, spread)
            for belief, (_, price, spread) in zip(beliefs, expected, strict=True)
        ]
        fixed = self._fixed(asked)
        if fixed is not None and self._draw() >= BY_CONTEXT:
            return self._route(asked, expected, alone(fixed, expected[fixed]))
        choice = choose(drawn, cascade=self._sighted)
        start, doubts = choice.index, tuple([belief.sd for belief in beliefs])
        offer = Offer(tuple(expected), doubts, start, start, judged=choice.judged)
        return self._route(asked, expected, choice, offer)

    def stands(self, route: Route, roster: Roster, arm: Strategy, verdict: Verdict) -> Verdict:
        """A draft stands when premium isn't worth more, as far as the judge's likelihood tells."""
        known = (route.needed, verdict.likelihood, route.context, route.qualities)
        if not verdict.accepted or None in known or route.qualities is None:
            return verdict
        quality = route.qualities[arm.arm_id]
        right = self._right(name_of(arm, roster), route.context, quality, verdict)
        least = route.needed or 0.0
        if right >= least:
            return replace(verdict, score=right)
        reason = f"right with probability {right:.2f}, needed {least:.2f}"
        return replace(verdict, accepted=False, score=right, reason=reason)

    def answered(self, answered: Answered, price: Price) -> Lesson:
        """Learn costs from every call, and quality from verdicts that say something of it."""
        del price  # cost and quality are kept apart
        context = answered.route.context
        if context is None:
            return Lesson()
        self._learn_costs(answered, context)
        self._learn_shares(answered)
        offer = answered.route.basis
        if isinstance(offer, Offer):
            given = offer.start if answered.strategy is answered.route.arm else -1
            self._guard.answered(answered.request_id, replace(offer, answered=given))
        verdict = answered.rejected or answered.verdict
        arm = answered.route.arm
        quality = None
        if verdict is not None:
            name = name_of(arm, answered.roster)
            said = self._said(answered.route, verdict)
            if said is not None:
                self._learned.drafts.see(name, context.kind, said)
                if answered.rejected is not None:
                    self._lifts.keep(answered.request_id, self._lift(answered, context, said))
            broken = verdict.score == 0.0 and verdict.likelihood is None
            if not verdict.abstained and (broken or self._manner.graders):
                self._learned.quality.learn(context, name, verdict.score)
        if answered.verdict is not None:
            quality = answered.verdict.score
        return Lesson(quality=quality)

    def graded(self, sample: Sample, score: float, weight: float) -> float:
        """Learn what an answer was worth."""
        context = sample.context
        (belief,) = self._learned.quality.beliefs(context, {sample.arm: sample.place})
        expected = belief.mean
        if sample.draft and sample.likelihood is not None:
            drafts, said = self._learned.drafts, sample.likelihood
            expected = drafts.likelihood(sample.arm, context.kind, belief.mean, said)
            drafts.learn(sample.arm, context.kind, belief.mean, said, score, weight)
        lifted = self._lifts.pop(sample.request_id)
        expected += lifted
        usual = self._held(score - lifted)
        self._learned.quality.learn(context, sample.arm, usual, weight, place=sample.place)
        self.weight.answered(expected, score, premium=sample.place >= 1.0)
        self._guard.graded(sample.request_id, score)
        return expected

    def compared(self, answered: Answered, arm: Strategy, loss: float, weight: float) -> None:
        """Learn what a draft was worth, as far below premium's expected quality as it lost."""
        context, roster = answered.route.context, answered.roster
        if context is None:
            return
        names = places((arm, roster.premium), roster)
        given, premium = self._learned.quality.beliefs(context, names)
        name = name_of(arm, roster)
        verdict = answered.rejected or answered.verdict
        expected = given.mean
        said = None if verdict is None else self._said(answered.route, verdict)
        drafts = self._learned.drafts
        if said is not None and arm is answered.route.arm:
            expected = drafts.likelihood(name, context.kind, given.mean, said)
        best = premium.mean + lift(expected, given.mean)
        worth = self._held(best - loss)
        if said is not None and arm is answered.route.arm:
            drafts.learn(name, context.kind, given.mean, said, worth, weight)
        # One number about two qualities: half of it is held against each.
        half = weight / 2.0
        usual = self._held(expected + loss - lift(expected, given.mean))
        self._learned.quality.learn(context, name, worth, half)
        self._learned.quality.learn(context, name_of(roster.premium, roster), usual, half)
        if answered.strategy is arm:
            self.weight.audited(best - expected, loss)

    def audited(self, sample: Sample, best: str, score: float, weight: float) -> None:
        """Learn what premium's answer was worth where another one was given."""
        self._learned.quality.learn(sample.context, best, self._held(score), weight, place=1.0)

    def _held(self, quality: float) -> float:
        """As the learner can take it; cut to 0 and 1, qualities would be off on average."""
        return min(1.0, max(0.0, quality)) if self._manner.bounded else quality

    def allowed(self) -> float:
        """What a target leaves for all requests, for the share of them that is answered cheaply.

        Without a target, what saving a unit of cost is worth.
        """
        if not isinstance(self.weight, QualityTarget):
            return min(_MOST_ALLOWED, self.weight.weight)
        left = (1.0 - self.weight.target) * self._premium_quality
        return left / max(_LEAST_SHARE, self._cheap_share)

    @property
    def learners(self) -> Mapping[str, Learnable]:
        """What is learned, by the name it is kept under."""
        return self._learned._asdict()

    def _request(self, asked: Asked, arms: Mapping[str, float], beliefs: list[Belief]) -> Request:
        """What is known of the request, costs in units of what premium costs on average."""
        context, plan = asked.context, asked.plan
        long = plan.input_tokens >= LEAST_TOKENS
        kept = self._prices.sessions.cached(asked.prompt) if long else None
        costs, prices, tokens = self._learned.costs, self._prices, plan.input_tokens
        dollars, waits = [], []
        for arm, (name, place) in zip(asked.arms, arms.items(), strict=True):
            tier = asked.roster.tiers[arm.tier]
            predicted, trained = _predicted(plan, tier.model)
            output = costs.expected_output(name, context.kind, predicted, trained=trained)
            cached = min(kept.tokens, tokens) if kept and kept.tier == tier.name else 0
            dollars.append(prices.rates.of(tier, place).cost(tokens, cached, output))
            waits.append(prices.latency_weight * (costs.expected_latency(name) or 0.0))
        unit = self._unit or dollars[-1]
        # At first lengths are guessed, and the guesses get better by the answer.
        self._requests += 1
        fade = _FADE if self._requests > _FIRST_REQUESTS else _FIRST_FADE
        self._unit = fade * unit + (1.0 - fade) * dollars[-1]
        spreads = self._spreads(context, arms, beliefs)
        options = [
            Option(belief.mean, cost / unit if unit else 0.0, spread)
            for belief, cost, spread in zip(beliefs, dollars, spreads, strict=True)
        ]
        return Request(tuple(options), tuple(waits), tuple([belief.seen for belief in beliefs]))

    def _spreads(
        self, context: Context, arms: Iterable[str], beliefs: Sequence[Belief]
    ) -> list[float]:
        """What judging may find in each arm's answer; premium's is not judged."""
        if not self._sighted:
            return [0.0] * len(beliefs)
        drafts = zip(arms, beliefs[:-1], strict=False)
        spread = self._learned.drafts.spread
        return [*(spread(arm, context.kind, belief.mean) for arm, belief in drafts), 0.0]

    def _route(
        self, asked: Asked, expected: Sequence[Numbers], choice: Choice, offer: Offer | None = None
    ) -> Route:
        premium = asked.roster.premium
        arm = asked.arms[choice.index]
        alone = arm is premium or self._manner.judging == "none"
        rungs = (arm,) if alone else (arm, premium)
        qualities = {a.arm_id: q for a, (q, _, _) in zip(asked.arms, expected, strict=True)}
        return Route(
            arm,
            rungs,
            judged=choice.judged,
            needed=needed(expected[-1], expected[choice.index]) if choice.judged else None,
            context=asked.context,
            plan=asked.plan,
            qualities=qualities,
            escalation=choice.escalation,
            basis=offer,
            note=f":{asked.context.kind}" + (":judged" if choice.judged else ""),
        )

    def _lift(self, answered: Answered, context: Context, said: float) -> float:
        """What a rejected draft lets expect of premium's answer, beyond what the question does."""
        arm = answered.route.arm
        quality = (answered.route.qualities or {}).get(arm.arm_id)
        if quality is None:
            return 0.0
        name = name_of(arm, answered.roster)
        return lift(self._learned.drafts.likelihood(name, context.kind, quality, said), quality)

    def _fixed(self, asked: Asked) -> int | None:
        """The arm that is better for all requests; a quality target leaves only premium."""
        fixed = self._guard.fixed
        if fixed is None or len(asked.arms) != len(asked.roster.arms):
            return None
        targeted = isinstance(self.weight, QualityTarget)
        return fixed if not targeted or fixed == len(asked.arms) - 1 else None

    def _said(self, route: Route, verdict: Verdict) -> float | None:
        """What a judge found likely, or its score, by which it has to be told from chance."""
        if verdict.likelihood is not None or verdict.abstained or not route.judged:
            return verdict.likelihood
        return verdict.score

    def _right(
        self, name: str, context: Context | None, quality: float, verdict: Verdict
    ) -> float:
        if context is None or verdict.likelihood is None:
            return quality
        return self._learned.drafts.likelihood(name, context.kind, quality, verdict.likelihood)

    def _learn_shares(self, answered: Answered) -> None:
        cheap = float(answered.strategy is not answered.roster.premium)
        self._cheap_share = _FADE * self._cheap_share + (1.0 - _FADE) * cheap
        qualities = answered.route.qualities or {}
        best = qualities.get(answered.roster.premium.arm_id, self._premium_quality)
        self._premium_quality = _FADE * self._premium_quality + (1.0 - _FADE) * best

    def _learn_costs(self, answered: Answered, context: Context) -> None:
        by_tier = {arm.tier: arm for arm in reversed(answered.roster.arms)}
        for charge in answered.charges:
            arm = by_tier.get(charge.tier)
            if arm is None or charge.status != "ok" or charge.purpose not in _ANSWERS:
                continue
            name = name_of(arm, answered.roster)
            model = answered.roster.tiers[charge.tier].model
            predicted, trained = _predicted(answered.route.plan, model)
            self._learned.costs.learn(
                name,
                context.kind,
                charge.usage.output,
                charge.latency_s,
                predicted=predicted,
                trained=trained,
            )
            self._prices.sessions.read(answered.prompt, charge.tier, charge.usage.input)


def _predicted(plan: QueryPlan | None, model: str) -> tuple[float, bool]:
    """The length of a model's answer, and whether that is learned from its own."""
    if plan is None:
        return 0.0, False
    forecast = plan.forecasts.get(model)
    if forecast is not None and forecast.trained:
        return forecast.p50, True
    return plan.predicted_output_tokens, False


class _Lifts:
    """Lifts of premium's answers after rejected drafts, for when they are graded.

    Lost with the process: later grades are taken as they are. Safe to share between threads.
    """

    def __init__(self) -> None:
        self._of: OrderedDict[str, float] = OrderedDict()

    def keep(self, request_id: str, number: float) -> None:
        """Remember one."""
        self._of[request_id] = number
        if len(self._of) > _MOST_LIFTS:
            with suppress(KeyError):  # another thread was faster
                self._of.popitem(last=False)

    def pop(self, request_id: str) -> float:
        """Hand one out, once; 0 where there is none."""
        return self._of.pop(request_id, 0.0)
