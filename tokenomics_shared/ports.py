"""What the engine needs from others, as protocols: backends, judges, stores, prices."""

from collections.abc import AsyncGenerator, Generator, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol, runtime_checkable

from tokenomics_shared.effects import Generate
from tokenomics_shared.types import (
    Memo,
    Outcome,
    Prompt,
    Purpose,
    QueryPlan,
    Recall,
    Reply,
    Roster,
    Strategy,
    Tier,
    Totals,
    Usage,
    Verdict,
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a streamed reply: the framework's own object, its text, its log-probabilities."""

    raw: Any
    text: str = ""
    logprobs: tuple[float, ...] = ()


class Backend(Protocol):
    """Performs model calls for one request; made by an integration, holds the call's context.

    Chunks are passed through to the caller as `Chunk.raw`. The generate and stream methods
    raise the provider's own exceptions, or CallFailed around one when they know what the failed
    call was billed.
    """

    def generate(self, ask: Generate) -> Reply:
        """Ask the strategy's model and wait."""
        ...

    async def agenerate(self, ask: Generate) -> Reply:
        """Ask the strategy's model and wait, without blocking the event loop."""
        ...

    def stream(self, ask: Generate) -> Generator[Chunk, None, None]:
        """Ask the strategy's model for chunks."""
        ...

    def astream(self, ask: Generate) -> AsyncGenerator[Chunk, None]:
        """Ask the strategy's model for chunks, without blocking the event loop."""
        ...

    def merge(self, ask: Generate, chunks: Sequence[Chunk]) -> Reply:
        """Join chunks, possibly cut short, into the reply they are of."""
        ...

    def replay(self, reply: Reply) -> Iterable[Any]:
        """Split a finished reply into raw chunks."""
        ...


class Codec(Protocol):
    """Writes an integration's replies as JSON text, and builds them again."""

    def freeze(self, reply: Reply) -> str | None:
        """Write a reply's message, or None when JSON can't hold it."""
        ...

    def thaw(self, payload: str) -> Reply:
        """Build a fresh reply, sharing nothing with any other."""
        ...


class Planner(Protocol):
    """Says what is known about a request before any model is asked."""

    def check(self, prompt: Prompt) -> None:
        """Refuse a request that no model can answer.

        Raises:
            PromptError: it says what is wrong.
        """
        ...

    def plan(self, prompt: Prompt) -> QueryPlan:
        """Plan the request."""
        ...


class Memory(Protocol):
    """Gives answers it has seen before."""

    def recall(self, prompt: Prompt, roster: Roster) -> Recall:
        """Look for an answer to this request."""
        ...

    def remember(self, recall: Recall, memo: Memo) -> None:
        """Keep an answer to the request that this recall missed."""
        ...

    def flush(self) -> None:
        """Return once what is pending is written."""
        ...

    def close(self) -> None:
        """Write what is pending."""
        ...


class MemoStore(Protocol):
    """Keeps memos beyond the process."""

    def get(self, key: bytes, now: float) -> tuple[Memo, float] | None:
        """The memo under this key and when it expires, unless it has expired by `now`."""
        ...

    def put(self, key: bytes, memo: Memo, now: float, expires: float) -> None:
        """Queue a memo for writing; returns at once. Times are seconds since the epoch."""
        ...

    def flush(self) -> None:
        """Return once everything queued is written."""
        ...

    def close(self) -> None:
        """Write everything queued and let go of the file."""
        ...


class Bandit(Protocol):
    """Chooses the arm that a request starts at."""

    def choose(self, plan: QueryPlan, roster: Roster) -> Strategy:
        """Pick one of the roster's arms."""
        ...

    def learn(self, plan: QueryPlan, roster: Roster, arm_id: str, reward: float) -> None:
        """Take in what starting at an arm was worth."""
        ...

    def close(self) -> None:
        """Write what is pending."""
        ...


@runtime_checkable
class Judge(Protocol):
    """Says whether an answer is good enough.

    Attributes:
        blocking: judging may wait (a network call, a test run), so async callers must not do
            it on the event loop.
    """

    @property
    def blocking(self) -> bool:
        """Whether judging may wait."""
        ...

    def judge(self, prompt: Prompt, reply: Reply) -> Verdict:
        """Judge the answer together with its question."""
        ...


class Cascade(Protocol):
    """Chooses the rungs that a request climbs."""

    def rungs(self, arm: Strategy, plan: QueryPlan, roster: Roster) -> tuple[Strategy, ...]:
        """The arms to ask in order, at least one; each but the last is judged."""
        ...

    def learn(self, plan: QueryPlan, arm: Strategy, *, escalated: bool) -> None:
        """Take in whether a judged draft was rejected."""
        ...


class Leg(Protocol):
    """One model call being made; whatever ends it is charged."""

    def settle(self, reply: Reply) -> None:
        """Charge the call for this reply."""
        ...


class Account(Protocol):
    """One request being answered: its calls, decisions and faults."""

    def leg(
        self, strategy: Strategy, prompt: Prompt, purpose: Purpose
    ) -> AbstractContextManager[Leg]:
        """Open a model call; leaving without settling charges what the failure carries."""
        ...

    def note(self, decision: str) -> None:
        """Add a decision to the trace."""
        ...

    def shield(self, part: str) -> AbstractContextManager[object]:
        """Swallow and count a part's failure, so that the request goes on without it."""
        ...


class Prices(Protocol):
    """Knows what tokens cost."""

    def cost(self, tier: Tier, model: str, usage: Usage) -> Decimal | None:
        """US dollars for this usage of a model, or None when its price is unknown.

        Args:
            tier: the tier that was asked; its own model name is tried when `model` is unknown.
            model: the model's name as the provider reported it, or empty.
            usage: tokens billed.
        """
        ...


class LedgerStore(Protocol):
    """Keeps every request's record; append-only."""

    def append(self, outcome: Outcome) -> None:
        """Queue a record for writing; returns at once."""
        ...

    def totals(self) -> Totals:
        """Everything recorded so far, summed."""
        ...

    def flush(self) -> None:
        """Return once what is queued is written."""
        ...

    def close(self) -> None:
        """Write everything queued and let go of the file."""
        ...
