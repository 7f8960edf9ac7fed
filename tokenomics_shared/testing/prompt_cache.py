"""A provider's prompt cache, simulated: which tokens of a request it has read before."""

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import Final

from tokenomics_shared.testing.completions import (
    TURN_TOKENS,
    ChatRequest,
    text_of,
    token_ends,
)

STEP: Final = 128
LEAST: Final = 1_024
TTL_S: Final = 600.0
MOST: Final = 200_000


class PromptCache:
    """Finds the longest beginning that an earlier request to the same model had.

    As OpenAI documents it (platform.openai.com, "Prompt caching"): prompts from 1,024 tokens on,
    in steps of 128, kept for some minutes after they were last used. A beginning is the bytes of
    the tools, then of each message: all that it says beside its text, then its text. Tokens are
    the server's own. Safe to share between threads.
    """

    def __init__(
        self,
        *,
        ttl_s: float = TTL_S,
        most: int = MOST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make it, empty.

        Args:
            ttl_s: seconds that a beginning is kept after its last use.
            most: beginnings kept, of 128 tokens each; the longest unused go first.
            clock: tells seconds.
        """
        self._ttl_s = ttl_s
        self._most = most
        self._clock = clock
        self._used: OrderedDict[bytes, float] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, request: ChatRequest) -> int:
        """Tokens of the request that come from the cache; from now on all of it would."""
        marks = list(_marks(request))
        if len(marks) * STEP < LEAST:
            return 0
        with self._lock:
            now = self._clock()
            self._forget(now)
            known = max((at for at, it in enumerate(marks, 1) if it in self._used), default=0)
            # Longest first, so that a beginning outlives what only goes on from it.
            for mark in reversed(marks):
                self._used[mark] = now
                self._used.move_to_end(mark)
            while len(self._used) > self._most:
                self._used.popitem(last=False)
        return known * STEP if known * STEP >= LEAST else 0

    def _forget(self, now: float) -> None:
        while self._used:
            mark, used = next(iter(self._used.items()))
            if now - used <= self._ttl_s:
                return
            del self._used[mark]


def _marks(request: ChatRequest) -> Iterator[bytes]:
    """A digest of the request's beginning at every 128th token."""
    running = blake2b(request.model.encode(), digest_size=16)
    tokens = 0
    for head, taken, text in _pieces(request):
        running.update(head)
        at = 0
        for end in (*[0] * taken, *token_ends(text)):
            running.update(text[at:end].encode("utf-8", "surrogatepass"))
            at, tokens = end, tokens + 1
            if tokens % STEP == 0:
                yield running.copy().digest()
        running.update(text[at:].encode("utf-8", "surrogatepass"))


def _pieces(request: ChatRequest) -> Iterator[tuple[bytes, int, str]]:
    """What the model reads, in order: bytes, the tokens they count for, and a text after them."""
    if request.tools:
        yield b"", 0, json.dumps(request.tools)
    for turn in request.messages:
        content = turn.get("content") or ()
        blocks = () if isinstance(content, str) else [{**it, "text": None} for it in content]
        yield json.dumps({**turn, "content": blocks}).encode(), TURN_TOKENS, text_of(turn)
