"""What the engine needs from others, as protocols: backends, judges, stores, prices."""

from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol, runtime_checkable

from tokenomics_shared.effects import Generate, Steps
from tokenomics_shared.types import (
    Label,
    Memo,
    Outcome,
    Prompt,
    Purpose,
    QueryPlan,
    Question,
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

    def aside(self) -> "Backend":
        """A backend for the same request that tells nobody of its calls: for audits."""
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

    def plan(self, prompt: Prompt, roster: Roster) -> QueryPlan:
        """Plan the request, as it came."""
        ...


Read = Callable[[Memo], str]
"""The text of a kept answer."""


class Memory(Protocol):
    """Gives answers it has seen before.

    Attributes:
        by_meaning: an answer may be given to other words than it was kept for.
    """

    @property
    def by_meaning(self) -> bool:
        """Whether other words may get an answer."""
        ...

    def recall(self, prompt: Prompt, roster: Roster) -> Steps[Recall]:
        """Look for an answer to this request."""
        ...

    def landing(self, recall: Recall) -> AbstractContextManager[object]:
        """Around the asking of a model after a miss: whoever waits for its answer is let go."""
        ...

    def remember(
        self, recall: Recall, prompt: Prompt, roster: Roster, memo: Memo, read: Read | None
    ) -> None:
        """Keep an answer to the request that this recall missed.

        Args:
            recall: the miss.
            prompt: the request.
            roster: the models that could answer it.
            memo: its answer.
            read: reads kept answers; None when this one may be given to the same request alone.
        """
        ...

    def compare(self, recall: Recall, memo: Memo, read: Read) -> None:
        """Learn from a fresh answer to a request that memory had answered."""
        ...

    def flush(self) -> None:
        """Return once what is pending is written."""
        ...

    def close(self) -> None:
        """Write what is pending."""
        ...


Vector = Any
"""An array of 32-bit floats of unit length; only adapters know more."""


@runtime_checkable
class Embedder(Protocol):
    """Turns texts into unit vectors. Safe to share between threads.

    Attributes:
        name: changes whenever its vectors would; entries of another name are never compared.
        dimensions: of a vector.
        local: computed in this process, so that it can't hang on a network.
    """

    @property
    def name(self) -> str:
        """What its vectors are stamped with."""
        ...

    @property
    def dimensions(self) -> int:
        """Numbers in a vector."""
        ...

    @property
    def local(self) -> bool:
        """Whether it is computed in this process."""
        ...

    def embed(self, texts: Sequence[str]) -> Any:
        """One row a text, each of unit length."""
        ...

    def reads(self, text: str) -> bool:
        """Whether it reads all of this text; cut short, all texts that begin alike are one."""
        ...


class VectorIndex(Protocol):
    """Nearest neighbours by inner product of unit vectors. Safe to share between threads."""

    def __len__(self) -> int: ...

    def add(self, ids: Sequence[int], vectors: Any) -> None:
        """Put vectors in; an id that is there already is replaced."""
        ...

    def remove(self, ids: Sequence[int]) -> None:
        """Take vectors out; unknown ids are ignored."""
        ...

    def search(self, vector: Vector, k: int) -> list[tuple[int, float]]:
        """The nearest ids with their similarities, best first."""
        ...


class PromptStore(Protocol):
    """Keeps questions with their vectors and answer groups beside the memos of their answers."""

    def since(
        self, partition: bytes, embedder: str, seen: int
    ) -> tuple[int, Sequence[tuple[int, int]], Any]:
        """What a partition has got after `seen`: the latest number, (id, group) rows, vectors."""
        ...

    def get(self, entry: int, now: float) -> Question | None:
        """A question; None when it has left or its group is in quarantine."""
        ...

    def put(self, question: Question, vector: Vector) -> None:
        """Queue a question for writing; returns at once."""
        ...

    def remove(self, entry: int) -> None:
        """Queue the removal of a question; returns at once."""
        ...

    def alias(self, wording: bytes, key: bytes) -> None:
        """Queue that a normal wording is the request under this key; returns at once."""
        ...

    def key_of(self, wording: bytes) -> bytes | None:
        """The key of the request with this normal wording."""
        ...

    def quarantine(self, group: int, until: float) -> None:
        """Queue that no answer of this group is given by meaning before `until`."""
        ...

    def label(self, label: Label) -> None:
        """Queue a finding for writing; returns at once."""
        ...

    def labels(self, seen: int) -> tuple[int, Sequence[Label]]:
        """What others have found after `seen`, oldest first, and the number of the latest."""
        ...

    def all_labels(self) -> tuple[int, Sequence[Label]]:
        """Everything that anybody has found, oldest first, and the number of the latest."""
        ...

    def fitted(self) -> str | None:
        """The weights that were fitted to these findings; None when none were."""
        ...

    def put_fitted(self, seen: int, verifier: str) -> None:
        """Queue weights that were fitted to the findings up to `seen`; returns at once."""
        ...

    def size(self) -> int:
        """Questions kept."""
        ...


class MemoStore(Protocol):
    """Keeps memos beyond the process."""

    def get(self, key: bytes, now: float) -> tuple[Memo, float] | None:
        """The memo under this key and when it expires, unless it has expired by `now`."""
        ...

    def put(self, key: bytes, memo: Memo, now: float, expires: float) -> None:
        """Queue a memo for writing; returns at once. Times are seconds since the epoch."""
        ...

    def remove(self, key: bytes, now: float) -> None:
        """Queue a memo's removal, which other processes hear of; returns at once."""
        ...

    def forgotten(self, seen: int) -> tuple[int, Sequence[bytes]]:
        """Keys removed on request after `seen`, by any process, and the latest number.

        An empty key stands for all of them.
        """
        ...

    def clear(self, now: float) -> None:
        """Queue the removal of everything, which other processes hear of; returns at once."""
        ...

    def flush(self) -> None:
        """Return once everything queued is written."""
        ...

    def close(self) -> None:
        """Write everything queued and let go of the file."""
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


@runtime_checkable
class AskingJudge(Protocol):
    """Says whether an answer is good enough by asking a model."""

    def ask(self, prompt: Prompt, reply: Reply, account: "Account") -> Steps[Verdict]:
        """Judge the answer together with its question; calls are charged to the account.

        Raises:
            CallFailed: the model call failed.
        """
        ...


class Judging(Protocol):
    """Judges drafts by whatever judges there are.

    It never fails: a judge that does has not accepted.
    """

    def judge(self, prompt: Prompt, reply: Reply, account: "Account") -> Steps[Verdict]:
        """Judge the answer together with its question."""
        ...


class Comparing(Protocol):
    """Sets an answer beside premium's."""

    def decides(self, given: str) -> bool:
        """Whether a comparison of this answer with another may tell anything."""
        ...

    def loss(
        self, question: str, given: str, best: str, account: "Account | None"
    ) -> Steps[float | None]:
        """What the given answer lost, -1 to 1; None when that can't be told.

        Args:
            question: what was asked.
            given: the answer that is looked at.
            best: premium's.
            account: where a model's calls are charged; None to ask no model.
        """
        ...


class Leg(Protocol):
    """One model call being made; whatever ends it is charged."""

    def settle(self, reply: Reply, purpose: Purpose | None = None) -> None:
        """Charge the call for this reply, and for another purpose than it was opened for."""
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
