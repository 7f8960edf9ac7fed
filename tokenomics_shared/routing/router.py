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
from tokenomics_shared.orchestrator import fitting
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

    def __init__(self, chooser: Chooser, reading: Reading, evidence: Evidence) -> None:
        self.chooser = chooser
        self.evidence = evidence
        self._reading = reading
        self._audited = _Audited()

    def route(self, prompt: Prompt, plan: QueryPlan, roster: Roster) -> Steps[Route]:
        """Decide which arms to ask."""
        question, vector = prompt.question, None
        embed = self._reading.vector
        if embed is not None and question:
            vector = yield from Call(lambda: embed(question))
        context = self._reading.contexts.context(question, plan.complexity, vector)
        arms = fitting(prompt, plan, roster)
        asked = Asked(prompt, plan, roster, arms, context)
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
            weight = self.evidence.shortcuts.wants(answered.strategy.arm_id)
            return None if weight is None else Probe(answered, premium, weight)
        closed = answered.route.probe
        if closed is None:
            return None
        weight = self.evidence.shortcuts.wants(closed.arm_id)
        return None if weight is None else Probe(answered, closed, weight)


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
