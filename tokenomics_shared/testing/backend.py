"""A backend that plays given replies the same way in every driver."""

from collections.abc import AsyncGenerator, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tokenomics_shared.effects import Generate
from tokenomics_shared.ports import Chunk
from tokenomics_shared.testing.completions import words
from tokenomics_shared.types import Reply, Usage


@dataclass(frozen=True, slots=True)
class Cut:
    """A reply that breaks: a stream after some words, a plain call at once."""

    reply: Reply
    after: int
    error: Exception


Planned = Reply | Cut | Exception


class ScriptedBackend:
    """Gives each tier's planned replies in turn; its chunks are words.

    Attributes:
        asked: the effects that came, in order.
    """

    def __init__(self, plan: Mapping[str, Sequence[Planned]]) -> None:
        """Take the plan: replies by tier, in the order they will be asked for."""
        self.asked: list[Generate] = []
        self._plan = {tier: list(replies) for tier, replies in plan.items()}
        self._current: Reply | None = None

    def generate(self, ask: Generate) -> Reply:
        """The next reply of the tier."""
        planned = self._next(ask)
        if isinstance(planned, Cut):
            raise planned.error
        return planned

    async def agenerate(self, ask: Generate) -> Reply:
        """The next reply of the tier."""
        return self.generate(ask)

    def stream(self, ask: Generate) -> Generator[Chunk, None, None]:
        """The next reply of the tier, in words."""
        planned = self._next(ask)
        reply = planned.reply if isinstance(planned, Cut) else planned
        for number, word in enumerate(_pieces(reply.text)):
            if isinstance(planned, Cut) and number == planned.after:
                self._current = replace(reply, usage=None)
                raise planned.error
            yield Chunk((word, reply), word)

    async def astream(self, ask: Generate) -> AsyncGenerator[Chunk, None]:
        """The next reply of the tier, in words."""
        for chunk in self.stream(ask):
            yield chunk

    def merge(self, ask: Generate, chunks: Sequence[Chunk]) -> Reply:  # noqa: ARG002 -- port
        """Join words; a reply that isn't whole reports no usage."""
        if not chunks:
            raise ValueError("no chunks")
        text = "".join(chunk.text for chunk in chunks)
        reply: Reply = chunks[0].raw[1]
        if text == reply.text:
            return reply
        return replace(reply, text=text, usage=None)

    def replay(self, reply: Reply) -> Iterable[Any]:
        """Split a reply into words."""
        return [(word, reply) for word in _pieces(reply.text)]

    def aside(self) -> "ScriptedBackend":
        """The same backend: nobody is told of its calls anyway."""
        return self

    def _next(self, ask: Generate) -> Reply | Cut:
        self.asked.append(ask)
        planned = self._plan[ask.strategy.tier].pop(0)
        if isinstance(planned, Exception):
            raise planned
        return planned


class TextCodec:
    """Keeps an answer's text alone."""

    def freeze(self, reply: Reply) -> str | None:
        """The text."""
        return reply.text

    def thaw(self, payload: str) -> Reply:
        """A reply of this text that cost nothing."""
        return Reply(payload, usage=Usage())


def _pieces(text: str) -> list[str]:
    return words(text) or [text]
