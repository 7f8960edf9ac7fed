"""Recorded answers, given as if the models had been asked."""

import re
from collections.abc import AsyncGenerator, Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from typing_extensions import override

from tokenomics_shared.effects import Generate
from tokenomics_shared.ports import Chunk
from tokenomics_shared.replay.records import LogError, Recorded
from tokenomics_shared.types import Reply, Usage


@dataclass(frozen=True, slots=True)
class Played:
    """A call that was answered from the log.

    Attributes:
        tier: who was asked.
        text: what was answered.
        audit: the call was made for an audit, after the request.
    """

    tier: str
    text: str
    audit: bool


class ReplayBackend:
    """Answers one request from its record, and keeps what was asked.

    Attributes:
        calls: the answered calls in order, those of audits included.
        audited: an audit of the request was begun.
    """

    def __init__(self, item: Recorded) -> None:
        """Answer this request."""
        self.calls: list[Played] = []
        self.audited = False
        self._item = item

    def generate(self, ask: Generate) -> Reply:
        """The recorded answer of the tier.

        Raises:
            LogError: the call is the engine's own, to which nothing was recorded.
        """
        return self._answer(ask, audit=False)

    async def agenerate(self, ask: Generate) -> Reply:
        """The recorded answer of the tier."""
        return self.generate(ask)

    def stream(self, ask: Generate) -> Generator[Chunk, None, None]:
        """The recorded answer of the tier, in words."""
        reply = self.generate(ask)
        for word in _pieces(reply.text):
            yield Chunk((word, reply), word)

    async def astream(self, ask: Generate) -> AsyncGenerator[Chunk, None]:
        """The recorded answer of the tier, in words."""
        for chunk in self.stream(ask):
            yield chunk

    def merge(self, ask: Generate, chunks: Sequence[Chunk]) -> Reply:  # noqa: ARG002 -- port
        """Join words; an answer that isn't whole reports no usage."""
        if not chunks:
            raise ValueError("no chunks")
        text = "".join(chunk.text for chunk in chunks)
        whole: Reply = chunks[0].raw[1]
        return whole if text == whole.text else replace(whole, text=text, usage=None)

    def replay(self, reply: Reply) -> Iterable[Any]:
        """Split an answer into words."""
        return [(word, reply) for word in _pieces(reply.text)]

    def aside(self) -> "_Aside":
        """A backend of the same record, whose calls are an audit's."""
        self.audited = True
        return _Aside(self, self._item)

    def _answer(self, ask: Generate, *, audit: bool) -> Reply:
        tier = ask.strategy.tier
        if ask.own:
            raise LogError(f"the log holds no answer of {tier} to a question of the engine's own")
        answer = self._item.answers[tier]
        self.calls.append(Played(tier, answer.text, audit))
        return Reply(
            answer.text, usage=Usage(answer.input_tokens, answer.output_tokens), model=tier
        )


class _Aside(ReplayBackend):
    """Notes its calls with the backend it stands aside of."""

    def __init__(self, request: ReplayBackend, item: Recorded) -> None:
        super().__init__(item)
        self.calls = request.calls

    @override
    def generate(self, ask: Generate) -> Reply:
        return self._answer(ask, audit=True)


class ReplayCodec:
    """Keeps an answer's text alone."""

    def freeze(self, reply: Reply) -> str | None:
        """The text."""
        return reply.text

    def thaw(self, payload: str) -> Reply:
        """A reply of this text that cost nothing."""
        return Reply(payload, usage=Usage())


def _pieces(text: str) -> list[str]:
    return re.findall(r"\s*\S+\s*$|\s*\S+", text) or [text]
