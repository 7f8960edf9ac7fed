"""Plays a log through an engine, request by request, as if it came live."""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from tokenomics_shared.ports import Backend, Codec
from tokenomics_shared.replay.backend import Played, ReplayBackend, ReplayCodec
from tokenomics_shared.replay.log import Log
from tokenomics_shared.replay.records import LogError, Recorded
from tokenomics_shared.replay.tally import AnswerPath, Step, Tally
from tokenomics_shared.types import Outcome, Prompt, Roster

Order = Literal["file", "shuffled"]


class Playable(Protocol):
    """What is needed of an engine to play a log through it."""

    def run(self, prompt: Prompt, roster: Roster, codec: Codec, backend: Backend) -> Outcome:
        """Answer and wait."""
        ...

    def feedback(self, answer: str, score: float, /) -> object:
        """Take in what the answer of a request, by its id, was worth."""
        ...

    def flush(self) -> None:
        """Return once pending audits are made and learned from."""
        ...

    def close(self) -> object:
        """Let go of everything."""
        ...


@dataclass(frozen=True, slots=True)
class Feedback:
    """What is told of the answers' worth; never of answers not given, nor of those from memory.

    Attributes:
        share: of the answers that are graded at all, drawn at random, 0 to 1.
        error: probability that a grade is the opposite (1 - score), 0 to 1.
    """

    share: float = 1.0
    error: float = 0.0

    def __post_init__(self) -> None:
        for name, value in (("share", self.share), ("error", self.error)):
            if not 0.0 <= value <= 1.0:
                raise LogError(f"feedback's {name} must be from 0 to 1, got {value}")


EVERYTHING = Feedback()
"""Every given answer is graded, and rightly."""


def replay(
    log: Log,
    engine: Callable[[], Playable],
    *,
    order: Order = "file",
    seed: int = 0,
    feedback: Feedback = EVERYTHING,
    on_step: Callable[[], object] | None = None,
) -> Tally:
    """Play every request of a log, grade its answer, and tell what it came to.

    The engine is asked by this log's `roster` and sees nothing but the answers it pays for. It is
    closed at the end.

    Args:
        log: what is played.
        engine: makes the engine, of a price list, judge and comparison that know the log.
        order: as the log has it, or shuffled by the seed with sessions kept together.
        seed: of the order and of the feedback.
        feedback: what the engine is told after each answer.
        on_step: called after each request.

    Raises:
        LogError: the engine gave an answer that the log doesn't hold.
    """
    draws = random.Random(seed)  # noqa: S311 -- a simulation's, not a secret's
    items = log.items if order == "file" else _shuffled(log.items, draws)
    playing, roster, codec = engine(), log.roster, ReplayCodec()
    steps = []
    try:
        for item in items:
            backend = ReplayBackend(item)
            outcome = playing.run(item.prompt, roster, codec, backend)
            if backend.audited:
                # Audits run aside; what they teach must not depend on who is faster.
                playing.flush()
            step = _step(log, item, outcome, backend.calls)
            steps.append(step)
            if draws.random() < feedback.share and step.path != "memory":
                wrong = draws.random() < feedback.error
                playing.feedback(outcome.request_id, 1.0 - step.score if wrong else step.score)
            if on_step is not None:
                on_step()
    finally:
        playing.close()
    return Tally(tuple(steps))


def _step(log: Log, item: Recorded, outcome: Outcome, calls: Sequence[Played]) -> Step:
    own = [call for call in calls if not call.audit]
    text = outcome.reply.text if outcome.reply else ""
    given = next((call for call in reversed(own) if call.text == text), None)
    cheap, premium = item.answers[log.tiers[0]], item.answers[log.premium]
    billed = {tier: float(log.prices.billed(tier, item.answers[tier])) for tier in log.tiers}
    cost = math.fsum(billed[call.tier] for call in own)
    return Step(
        kind=item.kind,
        path=_path(log, outcome, given),
        score=item.answers[given.tier].score if given else log.score(item.question, text),
        cheap_score=cheap.score,
        premium_score=premium.score,
        cost=cost,
        draft_cost=cost - billed[given.tier] if given else cost,
        audit_cost=math.fsum(billed[call.tier] for call in calls if call.audit),
        cheap_cost=billed[log.tiers[0]],
        premium_cost=billed[log.premium],
        latency_s=math.fsum(item.answers[call.tier].latency_s for call in own),
    )


def _path(log: Log, outcome: Outcome, given: Played | None) -> AnswerPath:
    if given is None:
        return "memory"
    if outcome.escalated:
        return "escalated"
    return "premium" if given.tier == log.premium else "cheap"


def _shuffled(items: Sequence[Recorded], draws: random.Random) -> list[Recorded]:
    sessions: dict[object, list[Recorded]] = {}
    for number, item in enumerate(items):
        sessions.setdefault(item.session or number, []).append(item)
    groups = list(sessions.values())
    draws.shuffle(groups)
    return [item for group in groups for item in group]
