"""Drafts with log-probabilities, for the judge that reads them; callers don't see them."""

from collections.abc import AsyncGenerator, Collection, Generator, Iterable, Mapping, Sequence
from contextlib import aclosing, closing
from dataclasses import replace
from itertools import chain
from typing import Any

from langchain_core.outputs import ChatGeneration, ChatResult

from tokenomics_langchain.backend import LangChainBackend
from tokenomics_langchain.binding import flatten
from tokenomics_shared.effects import Generate
from tokenomics_shared.errors import CallFailed
from tokenomics_shared.ports import Chunk
from tokenomics_shared.types import Reply

LOGPROBS = "logprobs"
_FIELDS = {LOGPROBS, "top_logprobs"}
"""Fields of the chat models that speak OpenAI's protocol."""


class ConfidentBackend:
    """Asks for drafts with log-probabilities wherever the model takes such a wish.

    A model that refuses it, as reasoning models do, is asked again without, and from then on.
    Where the caller or a tier's own settings say something of log-probabilities, that stands.
    """

    def __init__(
        self, plain: LangChainBackend, drafts: Collection[str], declined: set[str]
    ) -> None:
        """Make it.

        Args:
            plain: makes the calls.
            drafts: the arms whose answers are judged, by arm_id.
            declined: tiers that have refused; kept here from call to call.
        """
        self._plain = plain
        self._asking = replace(plain, kwargs={**plain.kwargs, LOGPROBS: True})
        self._drafts = drafts
        self._declined = declined

    def generate(self, ask: Generate) -> Reply:
        """Ask and wait."""
        if self._wants(ask):
            try:
                return _stripped(self._asking.generate(ask))
            except CallFailed as failed:
                self._allow(ask, failed.cause)
        return self._plain.generate(ask)

    async def agenerate(self, ask: Generate) -> Reply:
        """Ask and wait, without blocking the event loop."""
        if self._wants(ask):
            try:
                return _stripped(await self._asking.agenerate(ask))
            except CallFailed as failed:
                self._allow(ask, failed.cause)
        return await self._plain.agenerate(ask)

    def stream(self, ask: Generate) -> Generator[Chunk, None, None]:
        """Ask for chunks."""
        if self._wants(ask):
            try:
                with closing(self._asking.stream(ask)) as source:
                    yield from map(_bare, source)
            except Exception as error:  # noqa: BLE001 -- raised again but for the one
                self._allow(ask, error)
            else:
                return
        yield from self._plain.stream(ask)

    async def astream(self, ask: Generate) -> AsyncGenerator[Chunk, None]:
        """Ask for chunks, without blocking the event loop."""
        if self._wants(ask):
            try:
                async with aclosing(self._asking.astream(ask)) as source:
                    async for chunk in source:
                        yield _bare(chunk)
            except Exception as error:  # noqa: BLE001 -- raised again but for the one
                self._allow(ask, error)
            else:
                return
        async with aclosing(self._plain.astream(ask)) as source:
            async for chunk in source:
                yield chunk

    def merge(self, ask: Generate, chunks: Sequence[Chunk]) -> Reply:
        """Join chunks, with the log-probabilities that were taken off them."""
        reply = self._plain.merge(ask, chunks)
        if reply.logprobs:
            return reply
        return replace(reply, logprobs=tuple(chain.from_iterable(c.logprobs for c in chunks)))

    def replay(self, reply: Reply) -> Iterable[Any]:
        """Split a finished reply into chunks."""
        return self._plain.replay(reply)

    def aside(self) -> LangChainBackend:
        """The same calls, of which no callback hears, and no judge."""
        return self._plain.aside()

    def _wants(self, ask: Generate) -> bool:
        """Whether a judge will read the answer, and nobody has said anything else."""
        tier, arm = ask.strategy.tier, ask.strategy.arm_id
        # Answers with a form are judged by it.
        if ask.own or ask.prompt.response_format is not None or arm not in self._drafts:
            return False
        model, bound = flatten(self._plain.tiers[tier])
        return (
            tier not in self._declined
            and type(model).model_fields.keys() >= _FIELDS
            and getattr(model, LOGPROBS) is None
            and _FIELDS.isdisjoint((*bound, *self._plain.kwargs))
        )

    def _allow(self, ask: Generate, error: Exception) -> None:
        """Remember a tier that refuses log-probabilities; raise what failed for another reason."""
        if LOGPROBS[:-1] not in str(error).lower():
            raise error
        self._declined.add(ask.strategy.tier)


def _stripped(reply: Reply) -> Reply:
    """The reply without log-probabilities, on copies: a cache of LangChain's may hold it too."""
    result: ChatResult = reply.raw
    generations = [_silent(generation) for generation in result.generations]
    return replace(reply, raw=result.model_copy(update={"generations": generations}))


def _silent(generation: ChatGeneration) -> ChatGeneration:
    message = generation.message
    metadata = dict(message.response_metadata)
    if LOGPROBS in metadata:
        metadata[LOGPROBS] = None
    told = {
        "message": message.model_copy(update={"response_metadata": metadata}),
        "generation_info": _without(generation.generation_info),
    }
    return generation.model_copy(update=told)


def _bare(chunk: Chunk) -> Chunk:
    """A chunk whose log-probabilities are beside it alone."""
    generation = chunk.raw
    generation.generation_info = _without(generation.generation_info)
    message = generation.message
    message.response_metadata = _without(message.response_metadata) or {}
    return chunk


def _without(told: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if told is None else {k: v for k, v in told.items() if k != LOGPROBS}
