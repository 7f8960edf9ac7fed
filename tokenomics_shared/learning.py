"""What routing decides and learns: its values, and what its parts are to each other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, Protocol, get_args

from tokenomics_shared.effects import Steps
from tokenomics_shared.types import (
    Charge,
    Complexity,
    Prompt,
    QueryPlan,
    Reply,
    Roster,
    Strategy,
    Verdict,
)

Kind = Literal[
    "code", "maths", "reasoning", "extraction", "science", "humanities", "writing", "chat"
]
"""What a question asks for."""

KINDS: tuple[Kind, ...] = get_args(Kind)

Source = Literal["feedback", "audit", "judge"]
"""Who said what an answer was worth."""

Sums = Mapping[str, Sequence[float]]
"""What was learned, as named rows of numbers that add up over processes."""


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of a question when the arm is chosen; numbers, no text.

    Attributes:
        kind: what it asks for.
        complexity: how hard it looks.
        features: surface features, then the projected embedding where there is one; the last is
            the constant 1. All of one engine's have the same length.
    """

    kind: Kind
    complexity: Complexity
    features: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Belief:
    """What a learner holds of an arm in a context.

    Attributes:
        mean: expected value.
        sd: standard deviation of that expectation.
        drawn: the value to decide by: sampled, optimistic, or the mean, as the algorithm does.
        seen: observations of this arm behind it, after forgetting.
    """

    mean: float
    sd: float
    drawn: float
    seen: float


class Prior(Protocol):
    """Expects an arm's quality before anything is learned."""

    def quality(self, context: Context, place: float) -> float:
        """The expected quality, 0 to 1.

        Args:
            context: the question.
            place: the arm's place among the arms, from 0 for the cheapest to 1 for premium.
        """
        ...


class Learner(Protocol):
    """Learns what each arm is worth in a context. Safe to share between threads."""

    def beliefs(self, context: Context, arms: Mapping[str, float]) -> list[Belief]:
        """What is held of each arm, in the order given.

        Args:
            context: the question.
            arms: names, which hold the model's name, with their places from 0 to 1.
        """
        ...

    def learn(
        self,
        context: Context,
        arm: str,
        value: float,
        weight: float = 1.0,
        *,
        place: float | None = None,
    ) -> None:
        """Take in what an arm's answer was worth.

        Args:
            context: the question.
            arm: the arm's name.
            value: finite; qualities are in [0, 1].
            weight: observations it counts for, more than 0.
            place: the arm's, from 0 to 1; that of the last decision when None.

        Raises:
            ValueError: the value or the weight is impossible.
        """
        ...

    def forgetting(self, row: str) -> float:
        """What is left of an observation after the next one of the same row."""
        ...

    def news(self) -> Sums:
        """What was learned since the last `rebase`."""
        ...

    def rebase(self, everything: Sums) -> None:
        """Go on from these sums, which hold the own news that `news` gave last."""
        ...


@dataclass(frozen=True, slots=True)
class Route:
    """How a request is to be answered.

    Attributes:
        arm: where it starts.
        rungs: the arms to ask in order, at least one.
        judged: drafts are judged; otherwise the first rung's answer stands.
        needed: probability of being right from which a draft stands; None to leave it to the
            judge.
        context: what was known of the question; None when nothing was looked at.
        plan: what was known of the request.
        qualities: expected quality by arm_id.
        escalation: likelihood that the draft will be rejected.
        probe: a cheaper start that was not taken because it is closed; its answers are sampled
            to find out whether it may open again.
        note: why, for the trace.
        basis: what the router wants to know again when it learns of the outcome.
    """

    arm: Strategy
    rungs: tuple[Strategy, ...]
    judged: bool = True
    needed: float | None = None
    context: Context | None = None
    plan: QueryPlan | None = None
    qualities: Mapping[str, float] | None = None
    escalation: float = 0.0
    probe: Strategy | None = None
    note: str = ""
    basis: Any = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Answered:
    """How a request that was routed was answered.

    Attributes:
        request_id: names the answer.
        at: when the request came, in seconds since the epoch.
        route: how it was to be answered.
        strategy: the arm that did.
        reply: the answer.
        verdict: on the answer, when it is a draft that was judged.
        rejected: on the draft that was not good enough, and `draft`, what it said.
        charges: the request's calls.
        sent: what was sent in the prompt's place; None for the prompt.
    """

    request_id: str
    at: float
    prompt: Prompt
    roster: Roster
    route: Route
    strategy: Strategy
    reply: Reply
    verdict: Verdict | None = None
    rejected: Verdict | None = None
    draft: Reply | None = None
    charges: tuple[Charge, ...] = ()
    sent: Prompt | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    """A comparison to be made when the caller has the answer.

    Attributes:
        answered: the request.
        ask: the arm whose answer is wanted beside the one that was given; None when there are
            two already.
        weight: answers that this one stands for.
    """

    answered: Answered
    ask: Strategy | None
    weight: float


def looked_at(probe: Probe) -> Strategy:
    """The cheaper arm whose answer is set beside premium's."""
    answered = probe.answered
    if answered.strategy is not answered.roster.premium:
        return answered.strategy
    return probe.ask or answered.route.arm


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was learned of an answer.

    Attributes:
        quality: how good it is held to be, 0 to 1; None when nobody can tell.
        reward: quality, cost and latency blended; None where they are kept apart.
        probe: what is to be compared with it.
    """

    quality: float | None = None
    reward: float | None = None
    probe: Probe | None = None


class Budgets(Protocol):
    """Says which shortcuts may be taken, and which of their answers are to be compared."""

    def is_open(self, name: str) -> bool:
        """Whether a shortcut may be taken."""
        ...

    def wants(self, name: str) -> float | None:
        """Draw whether to compare this answer; how many it stands for, or None."""
        ...

    def learn(
        self, name: str, loss: float, weight: float = 1.0, allowed: float | None = None
    ) -> None:
        """Take in what an answer lost against premium's, and what it might on average."""
        ...

    def feedback(self, name: str, expected: float, score: float) -> None:
        """Take in what an answer was worth, and what had been expected of it."""
        ...

    def spent(self, *, audits: float = 0.0, answers: float = 0.0) -> None:
        """Count what was spent, in US dollars."""
        ...


class Router(Protocol):
    """Decides which arms a request climbs, and learns how that turned out."""

    def route(self, prompt: Prompt, plan: QueryPlan, roster: Roster) -> Steps[Route]:
        """Decide."""
        ...

    def stands(self, route: Route, roster: Roster, arm: Strategy, verdict: Verdict) -> Verdict:
        """Have the last word on a draft that a judge looked at."""
        ...

    def learn(self, answered: Answered, price: "Price") -> Lesson:
        """Take in how a request was answered."""
        ...

    def compared(self, probe: Probe, loss: float | None, cost: Decimal | None = None) -> None:
        """Take in what the answer of `looked_at` lost against premium's.

        Args:
            probe: what was compared.
            loss: -1 to 1; None when nobody could tell.
            cost: US dollars that it took; None for none, or where that is unknown.
        """
        ...

    def feedback(self, request_id: str, score: float) -> bool:
        """Take in what an answer was worth, 0 to 1; False when the answer is not known."""
        ...

    def flush(self) -> None:
        """Return once what is pending is written."""
        ...

    def close(self) -> None:
        """Write what is pending."""
        ...


@dataclass(frozen=True, slots=True)
class Price:
    """What a request cost, what premium alone would have, and how long it took."""

    cost: Decimal | None
    baseline: Decimal | None
    latency_s: float


@dataclass(frozen=True, slots=True)
class Sample:
    """What is kept of an answered request so that its worth may be learned later; no text.

    Attributes:
        request_id: names the answer.
        at: when it was given, in seconds since the epoch.
        arm: the arm that gave it, as learners name it, and its `place` from 0 to 1.
        context: the question.
        answer_features: what the scorer read in the answer; None when it was not asked.
        likelihood: the scorer's probability that it is right; None likewise.
        draft: it was a draft, or might have been one.
    """

    request_id: str
    at: float
    arm: str
    place: float
    context: Context
    answer_features: tuple[float, ...] | None = None
    likelihood: float | None = None
    draft: bool = False


@dataclass(frozen=True, slots=True)
class Graded:
    """A sample and what its answer was found to be worth."""

    sample: Sample
    score: float
    source: Source
    weight: float = 1.0


class SampleStore(Protocol):
    """Keeps samples for as long as feedback may come. Safe to share between threads."""

    def put(self, sample: Sample) -> None:
        """Queue a sample for writing; returns at once."""
        ...

    def get(self, request_id: str) -> Sample | None:
        """The sample of an answer, queued ones included."""
        ...

    def grade(
        self, request_id: str, score: float, source: Source, at: float, weight: float = 1.0
    ) -> None:
        """Queue what an answer was found to be worth; the last finding of a source counts."""
        ...

    def is_graded(self, request_id: str, source: Source) -> bool:
        """Whether this source has graded an answer, queued findings included."""
        ...

    def graded(self) -> Iterator[Graded]:
        """Everything that was graded, oldest first."""
        ...

    def flush(self) -> None:
        """Return once everything queued is written."""
        ...

    def close(self) -> None:
        """Write everything queued and let go of the file."""
        ...
