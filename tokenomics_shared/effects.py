"""What the pipeline asks of the outside world.

The pipeline is a generator: it yields an effect and is sent the effect's result, or has the
effect's failure thrown in. It never touches a socket, a thread or a clock of its own, so one
telling of a request serves sync, async and streamed callers, and a test can play it by hand.
`yield from Generate(...)` has the type of the effect's result.
"""

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Generic, Literal, Self, TypeVar

from tokenomics_shared.types import Prompt, Reply, Strategy

T = TypeVar("T")

Gate = Callable[[str, Sequence[float]], Literal["hold", "release", "abort"]]
"""Decides over a reply in flight from its text and token log-probabilities so far."""

Show = Literal["live", "hold"] | Gate


@dataclass(frozen=True, slots=True)
class _Ask(Generic[T]):
    """An effect whose result is a T."""

    def __iter__(self) -> Generator[Self, T, T]:
        return (yield self)


@dataclass(frozen=True, slots=True)
class Generate(_Ask[Reply]):
    """Ask a model.

    Attributes:
        strategy: the arm that answers.
        prompt: the request.
        show: what a streaming caller sees of it: `live` forwards chunks as they come, `hold`
            keeps them until a Flush of the reply, a gate decides as they come. Released is
            committed. Callers that don't stream are not concerned.
        own: the request is ours, not the caller's: none of the caller's tools, formats and
            parameters go with it.
    """

    strategy: Strategy
    prompt: Prompt
    show: Show = "hold"
    own: bool = False


@dataclass(frozen=True, slots=True)
class Flush(_Ask[None]):
    """Make sure the caller has seen all of this reply: what is held of it, or a replay."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Call(_Ask[T]):
    """Run something that may block: async drivers send it to a thread."""

    fn: Callable[[], T]


@dataclass(frozen=True, slots=True)
class Await(_Ask[T | None]):
    """Wait for what another request is about to bring, without blocking an event loop.

    The result is None when it doesn't come in time, and at once when waiting would keep its
    bringer from bringing it.

    Attributes:
        future: what will be brought.
        thread: the thread that brings it.
        timeout_s: seconds to wait at most.
    """

    future: Future[T | None]
    thread: int
    timeout_s: float


Effect = Generate | Flush | Call[Any] | Await[Any]
Steps = Generator[Effect, Any, T]
"""A computation that asks for effects and returns a T."""
