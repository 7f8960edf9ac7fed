"""What planning, compression and prediction exchange: their values and ports."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol, runtime_checkable

from tokenomics_shared.effects import Steps
from tokenomics_shared.ports import Account
from tokenomics_shared.types import (
    Complexity,
    Forecast,
    Prompt,
    QueryPlan,
    Reply,
    Roster,
    Strategy,
)

Count = Callable[[str], int]
"""How many tokens a text has."""

TextKind = Literal["question", "context", "tool"]
"""What a text is to the request: the user's own words, retrieved text, or a tool's result."""


@runtime_checkable
class TokenCounter(Protocol):
    """Counts tokens as one model does. Safe to share between threads; never waits for a network.

    Attributes:
        exact: it has the model's own encoding; otherwise it estimates.
    """

    @property
    def exact(self) -> bool:
        """Whether counts are the model's own."""
        ...

    def count(self, text: str) -> int:
        """The text's tokens."""
        ...


@runtime_checkable
class Compressor(Protocol):
    """Shortens texts. Deterministic, and safe to share between threads.

    The same texts, query and budget give the same bytes in every process. What is within the
    budget already is returned as it is, so that compressing twice changes nothing.

    Attributes:
        name: what reports call it.
        blocking: it may take long (a model, a network), so async callers must not run it on the
            event loop.
    """

    @property
    def name(self) -> str:
        """What reports call it."""
        ...

    @property
    def blocking(self) -> bool:
        """Whether it may take long."""
        ...

    def compress(
        self, texts: Sequence[str], query: str, budget: int, kind: TextKind = "context"
    ) -> list[str]:
        """Shorten texts that are sent together, as many and in the same order.

        Code, numbers with their units, quoted strings, URLs, identifiers, JSON keys, citations
        and tool calls are never altered: of retrieved text and tool results whole sentences, or
        clauses of long ones, rows, records and blocks of code go or stay; of a question, all of
        them stay. A row stays with its header, and a block with its fences.

        Args:
            texts: the texts.
            query: what they are wanted for; empty when that is unknown.
            budget: tokens that all of them together should have at most, at least 1; a question
                may keep more, where more of it must stay, and context, of which the best stays
                even where nothing fits.
            kind: what the texts are to the request.

        Returns:
            The texts, each shortened, empty when nothing of it is needed, or as it was when it
            can't be shortened safely, even if that is over the budget.
        """
        ...


@dataclass(frozen=True, slots=True)
class Level:
    """One way to keep a piece of a request: at so many tokens it is worth so much.

    Attributes:
        tokens: at least 0.
        utility: at least 0, on one scale for all pieces.
    """

    tokens: int
    utility: float


@dataclass(frozen=True, slots=True)
class Piece:
    """Something that wants a share of the token budget.

    Attributes:
        name: what the plan calls it.
        levels: ways to keep it, more tokens and more utility each; the first is what it must
            have at least, `Level(0, 0.0)` where it can be left out.
    """

    name: str
    levels: tuple[Level, ...]


class Allocator(Protocol):
    """Divides a token budget: the multiple-choice knapsack. Safe to share between threads."""

    def allocate(self, pieces: Sequence[Piece], budget: int) -> tuple[int, ...]:
        """The level of each piece, by its place, whose tokens together are within the budget.

        Raises:
            BudgetError: the first levels alone are over the budget.
        """
        ...


class Shrinker(Protocol):
    """Decides what is sent in place of a prompt: compressed blocks, a shorter history.

    What was sent before is sent again to the byte, so that the provider's prompt cache keeps
    hitting. Safe to share between threads.
    """

    def shrink(
        self, prompt: Prompt, plan: QueryPlan, roster: Roster, account: Account | None
    ) -> Steps[tuple[Prompt, QueryPlan]]:
        """Shorten a request, and plan it anew as it is sent.

        Args:
            prompt: the request as it came.
            plan: what is known of it.
            roster: the models that may answer it.
            account: where calls that prepare it are charged; None to make none.
        """
        ...


COMPRESSION: Final = "compression"
"""What audits call sending a shortened prompt."""


def is_compressed(plan: QueryPlan) -> bool:
    """Whether texts of the prompt are sent shortened; left-out turns are another matter."""
    return any(each.part == COMPRESSION for each in plan.unsent)


@dataclass(frozen=True, slots=True)
class Shortened:
    """A comparison to be made when the caller has the answer: of what compression lost.

    Attributes:
        prompt: the request as it came.
        plan: of it as it was sent.
        roster: the models that may answer it.
        strategy: the arm that answered.
        reply: its answer.
        weight: answers that this one stands for.
        closed: the whole prompt was sent, because compression is closed.
    """

    prompt: Prompt
    plan: QueryPlan
    roster: Roster
    strategy: Strategy
    reply: Reply
    weight: float
    closed: bool


@dataclass(frozen=True, slots=True)
class LengthSample:
    """How long one answer was; features and counts, no text.

    Attributes:
        at: when, in seconds since the epoch.
        model: who gave it.
        features: what was read of the question; all of one version have the same length.
        output_tokens: the answer's length.
        censored: it was cut short, so it would have been longer.
    """

    at: float
    model: str
    features: tuple[float, ...]
    output_tokens: int
    censored: bool = False


class LengthStore(Protocol):
    """Keeps length samples beyond the process. Safe to share between threads."""

    def put(self, sample: LengthSample) -> None:
        """Queue a sample for writing; returns at once."""
        ...

    def samples(self, model: str | None = None) -> Iterator[LengthSample]:
        """Samples of a model, or all, oldest first, queued ones included."""
        ...

    def counts(self) -> Mapping[str, int]:
        """Samples of each model, queued ones included; models that were trained, too."""
        ...

    def model(self, name: str) -> str | None:
        """What was last trained for a model, as text; None when nothing was."""
        ...

    def put_model(self, name: str, trained: str) -> None:
        """Keep what was trained for a model."""
        ...

    def flush(self) -> None:
        """Return once everything queued is written."""
        ...

    def close(self) -> None:
        """Write everything queued and let go of the file."""
        ...


class LengthPredictor(Protocol):
    """Predicts how long an answer will be. Safe to share between threads."""

    def forecast(
        self, question: str, complexity: Complexity, input_tokens: int, model: str
    ) -> Forecast:
        """Quantiles of the tokens of a model's answer."""
        ...

    def learn(
        self,
        question: str,
        complexity: Complexity,
        input_tokens: int,
        model: str,
        output_tokens: int,
        *,
        censored: bool = False,
    ) -> None:
        """Take in how long an answer was; returns at once."""
        ...

    def refresh(self) -> None:
        """Go on from what somebody else trained and stored meanwhile."""
        ...

    def flush(self) -> None:
        """Return once what is pending is trained and written."""
        ...

    def close(self) -> None:
        """Write what is pending."""
        ...
