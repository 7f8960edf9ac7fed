"""Sticky sessions: what a provider has in its prompt cache of a conversation, and where."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import Final, NamedTuple

from tokenomics_shared.forks import ForkSafe
from tokenomics_shared.types import Message, Prompt

CACHED_S: Final = 300.0
"""Seconds that providers keep a prompt at least; OpenAI and Anthropic both say five minutes."""

LEAST_TOKENS: Final = 1024
"""Tokens from which they keep one at all."""

_MOST = 4096


class Kept(NamedTuple):
    """A prompt that a tier's provider read lately: by whom, how many tokens, until when."""

    tier: str
    tokens: int
    until: float


class Sessions(ForkSafe):
    """Remembers which tier read which conversation, so that leaving it can be priced.

    Kept as digests of the turns, no text. Safe to share between threads.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """Make it; `clock` gives seconds that only grow."""
        self._clock = clock
        self._kept: OrderedDict[bytes, Kept] = OrderedDict()
        super().__init__()

    def cached(self, prompt: Prompt) -> Kept | None:
        """The longest beginning of this conversation that a provider still has."""
        if len(prompt.messages) < 3:  # noqa: PLR2004 -- a question, an answer and what comes after
            return None
        found = None
        now = self._clock()
        with self.lock:
            for digest in _digests(prompt):
                kept = self._kept.get(digest)
                if kept is not None and kept.until > now:
                    found = kept
        return found

    def read(self, prompt: Prompt, tier: str, tokens: int) -> None:
        """Note that a tier has read this conversation."""
        if tokens < LEAST_TOKENS:
            return
        *_, digest = _digests(prompt)
        with self.lock:
            self._kept[digest] = Kept(tier, tokens, self._clock() + CACHED_S)
            self._kept.move_to_end(digest)
            if len(self._kept) > _MOST:
                self._kept.popitem(last=False)


def _digests(prompt: Prompt) -> Iterator[bytes]:
    """A digest for each beginning of the conversation, the shortest first."""
    running = blake2b(digest_size=16)
    running.update(repr((prompt.tenant, prompt.tools)).encode("utf-8", "surrogatepass"))
    for message in prompt.messages:
        running.update(_bytes(message))
        yield running.copy().digest()


def _bytes(message: Message) -> bytes:
    said = (message.role, message.content, message.tool_calls)
    return repr(said).encode("utf-8", "surrogatepass")
