"""What routing takes of a request's time: deciding, and learning from the answer."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from time import thread_time_ns
from typing import Any, TypeVar

import numpy as np
import recorded
from harness import Figure
from routing_plays import Stage, target

from tokenomics_shared import Engine, Price
from tokenomics_shared.effects import Steps
from tokenomics_shared.learning import Answered, Lesson, Probe, Route, Router
from tokenomics_shared.learning import Price as Paid
from tokenomics_shared.replay import Recorded, replay
from tokenomics_shared.types import Prompt, QueryPlan, Roster, Strategy, Verdict

T = TypeVar("T")

REQUESTS = 4_000
WARM = 500
"""Requests that are not timed."""

_MIDDLE = {"cheap": "second", "premium": "third"}
_PRICES = {
    **recorded.PRICES,
    "second": Price(Decimal("1.20"), Decimal("1.20")),
    "third": Price(Decimal(5), Decimal(15)),
}


@dataclass(slots=True)
class _Timed:
    """A router whose thread's CPU time is noted, in nanoseconds a request."""

    router: Router
    decisions: list[int] = field(default_factory=list)
    updates: list[int] = field(default_factory=list)

    def route(self, prompt: Prompt, plan: QueryPlan, roster: Roster) -> Steps[Route]:
        """Decide; what the driver does for it, the embedding, is not counted."""
        steps, taken, sent = self.router.route(prompt, plan, roster), 0, None
        while True:
            start = thread_time_ns()
            try:
                ask = steps.send(sent)
            except StopIteration as stop:
                self.decisions.append(taken + thread_time_ns() - start)
                route: Route = stop.value
                return route
            taken += thread_time_ns() - start
            sent = yield ask

    def stands(self, route: Route, roster: Roster, arm: Strategy, verdict: Verdict) -> Verdict:
        """Pass on."""
        return self.router.stands(route, roster, arm, verdict)

    def learn(self, answered: Answered, price: Paid) -> Lesson:
        """Learn from the answer."""
        return self._update(lambda: self.router.learn(answered, price))

    def compared(self, probe: Probe, loss: float | None, cost: Decimal | None = None) -> None:
        """Pass on."""
        self.router.compared(probe, loss, cost)

    def feedback(self, request_id: str, score: float) -> bool:
        """Learn what it was worth."""
        return self._update(lambda: self.router.feedback(request_id, score))

    def flush(self) -> None:
        """Pass on."""
        self.router.flush()

    def close(self) -> None:
        """Pass on."""
        self.router.close()

    def _update(self, learn: Callable[[], T]) -> T:
        start = thread_time_ns()
        found = learn()
        self.updates.append(thread_time_ns() - start)
        return found


def overhead(stage: Stage) -> dict[str, Figure]:
    """Microseconds of CPU: the 99th percentile, and the median beside it."""
    items = stage.shuffled(0)[:REQUESTS]
    found = {}
    for arms, played in ((2, items), (4, [_with_four(item) for item in items])):
        prices = {tier: _PRICES[tier] for tier in played[0].answers}
        log = recorded.log(played, prices)
        engine = stage.engine(log, target(0.95), at_once=False)
        timed = _Timed(engine.parts.router)
        engine.parts = replace(engine.parts, router=timed)
        replay(log, partial(_given, engine))
        # An answer is learned from twice: when it is given, and when it is graded.
        learned = np.array(timed.updates[: len(timed.updates) // 2 * 2]).reshape(-1, 2).sum(1)
        found[f"online_decision_us_{arms}"] = _figure(timed.decisions[WARM:])
        found[f"online_update_us_{arms}"] = _figure(learned[WARM:])
    return found


def _given(engine: Engine) -> Engine:
    return engine


def _with_four(item: Recorded) -> Recorded:
    """Two more arms that answer as the recorded two do, at prices between theirs."""
    more = {
        name: replace(item.answers[like], text=f"{item.answers[like].text} By {name}.")
        for like, name in _MIDDLE.items()
    }
    return replace(item, answers={**item.answers, **more})


def _figure(taken: Any) -> Figure:
    microseconds = np.asarray(taken) / 1e3
    p50, p99 = np.quantile(microseconds, (0.5, 0.99)).tolist()
    return Figure(p99, others={"p50": p50})
