"""The router: policies behind error budgets, with audits and feedback to learn from."""

from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final, NamedTuple, Protocol

from tokenomics_shared.bandit.contexts import Contexts, NoContexts
from tokenomics_shared.effects import Call, Steps
from tokenomics_shared.learning import (
    Answered,
    Budgets,
    Lesson,
    Price,
    Probe,
    Route,
    Sample,
    SampleStore,
    looked_at,
)
from tokenomics_shared.orchestrator import Needs, fitting, needs_of
from tokenomics_shared.routing.chooser import Asked, Chooser, name_of, places
from tokenomics_shared.types import Prompt, QueryPlan, Roster, Strategy, Verdict

Vector = Callable[[str], Any]
"""A question's unit vector, or None when it can't be read."""

MOST_WEIGHT: Final = 3.0
"""Answers that a sampled one stands for at most, when it is learned of."""


_MOST_AUDITED: Final = 1_000


class State(Protocol):
    """Keeps what was learned beyond the process."""

    def changed(self) -> None:
        """Save soon, in the background."""
        ...

    def save(self) -> None:
        """Save now, if anything changed."""
        ...

    def close(self) -> None:
        """Save now."""
        ...


@dataclass(frozen=True, slots=True)
class Reading:
    """How questions are read.

    Attributes:
        contexts: makes contexts.
        vector: embeds a question; None to do without.
    """

    contexts: Contexts | NoContexts
    vector: Vector | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is found out about answers, and where it is kept.

    Attributes:
        shortcuts: what audits found.
        samples: what feedback needs later.
        decides: whether comparing an answer of this text may tell anything.
        state: keeps what is learned.
        clock: seconds since the epoch.
    """

    shortcuts: Budgets
    samples: SampleStore
    decides: Callable[[str], bool]
    state: State
    clock: Callable[[], float]


class Routing:
    """Decides which arms a request climbs, and learns how that turned out.

    A chooser proposes; a shortcut that is closed is not taken, and its would-be answers are
    sampled until they are good enough again. Safe to share between threads.
    """

    def __init__(
        self, chooser: Chooser, reading: Reading, evidence: Evidence, *, steers: bool = True
    ) -> None:
        """Make it.

        Args:
            chooser: proposes.
            reading: how questions are read.
            evidence: what is found out, and where it is kept.
            steers: another model may answer than premium; otherwise premium is asked even where
                it can't answer.
        """
        self.chooser = chooser
        self.evidence = evidence
        self._reading = reading
        self._steers = steers
        self._audited = _Audited()

    def route(self, prompt: Prompt, plan: QueryPlan, roster: Roster) -> Steps[Route]:
        """Decide which arms to ask."""
        question, vector = prompt.asked, None
        embed = self._reading.vector
        if embed is not None and question:
            vector = yield from Call(lambda: embed(question))
        context = self._reading.contexts.context(question, plan.complexity, vector)
        needs = needs_of(prompt, plan)
        asked = Asked(prompt, plan, roster, fitting(needs, roster), context)
        return self._able(self._open(asked), asked, needs)

    def _open(self, asked: Asked) -> Route:
        """What the chooser proposes, of what is open."""
        arms, roster = asked.arms, asked.roster
        route = self.chooser.choose(asked)
        if route.arm is roster.premium or self.evidence.shortcuts.is_open(route.arm.arm_id):
            return route
        allowed = tuple(
            arm
            for arm in arms
            if arm is roster.premium or self.evidence.shortcuts.is_open(arm.arm_id)
        )
        other = self.chooser.choose(replace(asked, arms=allowed))
        return replace(other, probe=route.arm, note=f"{other.note}:{route.arm.arm_id} is closed")

    def _able(self, route: Route, asked: Asked, needs: Needs) -> Route:
        """The route without premium, where premium can't answer and another can."""
        premium = asked.roster.premium
        if not self._steers or len(asked.arms) == 1 or _may(premium, asked.roster, needs):
            return route
        rungs = tuple(arm for arm in route.rungs if arm is not premium)
        note = f"{route.note}:{premium.arm_id} can't"
        if rungs:
            return replace(route, rungs=rungs, note=note)
        # What the chooser would learn of its choice is not learned of another.
        best = asked.arms[-2]
        return replace(route, arm=best, rungs=(best,), probe=None, basis=None, note=note)

    def stands(self, route: Route, roster: Roster, arm: Strategy, verdict: Verdict) -> Verdict:
        """Have the last word on a draft that a judge looked at."""
        return self.chooser.stands(route, roster, arm, verdict)

    def learn(self, answered: Answered, price: Price) -> Lesson:
        """Learn, keep what feedback needs later, and say what is to be compared."""
        lesson = self.chooser.answered(answered, price)
        self.evidence.shortcuts.spent(answers=float(price.cost or 0))
        if answered.route.context is None:
            return lesson
        self._keep(answered)
        self.evidence.state.changed()
        probe = self._probe(answered)
        return lesson if probe is None else replace(lesson, probe=probe)

    def compared(self, probe: Probe, loss: float | None, cost: Decimal | None = None) -> None:
        """Learn from what an answer lost against premium's."""
        answered = probe.answered
        self.evidence.shortcuts.spent(audits=float(cost or 0))
        if loss is None:
            return
        arm, weight = looked_at(probe), min(MOST_WEIGHT, probe.weight)
        self.chooser.compared(answered, arm, loss, weight)
        if answered.strategy is arm:
            self._audited.keep(answered, loss, weight)
        if probe.ask is not None:
            allowed = self.chooser.allowed()
            self.evidence.shortcuts.learn(arm.arm_id, loss, probe.weight, allowed)
        self.evidence.state.changed()

    def feedback(self, request_id: str, score: float) -> bool:
        """Learn what an answer was worth; the second word on the same one is kept, not learned."""
        sample = self.evidence.samples.get(request_id)
        if sample is None:
            return False
        known = self.evidence.samples.is_graded(request_id, "feedback")
        self.evidence.samples.grade(request_id, score, "feedback", self.evidence.clock())
        if known:
            return True
        expected = self.chooser.graded(sample, score, 1.0)
        found = self._audited.pop(request_id)
        if found is not None:
            best = min(1.0, max(0.0, score + found.loss))
            self.chooser.audited(sample, found.premium, best, found.weight)
        if sample.place < 1.0:
            held = min(1.0, max(0.0, expected))
            self.evidence.shortcuts.feedback(sample.arm.partition("|")[0], held, score)
        self.evidence.state.changed()
        return True

    def flush(self) -> None:
        """Return once what is pending is written."""
        self.evidence.state.save()
        self.evidence.samples.flush()

    def close(self) -> None:
        """Write what is pending; what is learned can be lost without the samples being lost."""
        try:
            self.evidence.state.close()
        finally:
            self.evidence.samples.close()

    def _keep(self, answered: Answered) -> None:
        context = answered.route.context
        if context is None or answered.prompt.no_store:
            return
        arm, roster = answered.strategy, answered.roster
        (named,) = places((arm,), roster).items()
        verdict = answered.verdict
        self.evidence.samples.put(
            Sample(
                answered.request_id,
                answered.at,
                *named,
                context,
                verdict.features if verdict else None,
                verdict.likelihood if verdict else None,
                draft=arm is not roster.premium,
            )
        )

    def _probe(self, answered: Answered) -> Probe | None:
        """What is worth asking or comparing when the caller has the answer."""
        premium = answered.roster.premium
        reply = answered.reply
        if not reply.tool_calls and not self.evidence.decides(reply.text):
            return None
        if answered.draft is not None:
            return Probe(answered, None, 1.0)
        if answered.strategy is not premium:
            return self._sampled(answered, answered.strategy, premium)
        closed = answered.route.probe
        if closed is None:
            return None
        return self._sampled(answered, closed, closed)

    def _sampled(self, answered: Answered, shortcut: Strategy, ask: Strategy) -> Probe | None:
        """A comparison with what an arm would have answered, if the shortcut's turn has come."""
        weight = self.evidence.shortcuts.wants(shortcut.arm_id)
        if weight is None or not _answers(ask, answered):
            return None
        return Probe(answered, ask, weight)


def _may(arm: Strategy, roster: Roster, needs: Needs) -> bool:
    """Whether an arm may be able to answer, giving it the benefit of the doubt."""
    tier = roster.tiers[arm.tier]
    return needs.met_by(tier) or needs.loosened().met_by(tier)


def _answers(arm: Strategy, answered: Answered) -> bool:
    """Whether an arm could have answered a request at all."""
    plan = answered.route.plan
    return plan is None or _may(arm, answered.roster, needs_of(answered.prompt, plan))


class _Found(NamedTuple):
    """What an audit found: the loss, whose answer was the better one, what it stands for."""

    loss: float
    premium: str
    weight: float


class _Audited:
    """Audits of late, for when feedback says what the given answer was worth.

    Then the other answer's worth is known too. Lost with the process: feedback that comes later
    is about the given answer alone. Safe to share between threads.
    """

    def __init__(self) -> None:
        self._found: OrderedDict[str, _Found] = OrderedDict()

    def keep(self, answered: Answered, loss: float, weight: float) -> None:
        """Remember one."""
        premium = name_of(answered.roster.premium, answered.roster)
        self._found[answered.request_id] = _Found(loss, premium, weight)
        if len(self._found) > _MOST_AUDITED:
            with suppress(KeyError):  # another thread was faster
                self._found.popitem(last=False)

    def pop(self, request_id: str) -> _Found | None:
        """Hand one out, once."""
        return self._found.pop(request_id, None)
