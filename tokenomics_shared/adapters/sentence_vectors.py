"""What embeds sentences: remembered, and waited for no longer than it may."""

from typing import Any

from tokenomics_shared.adapters.embeddings import embedder_of
from tokenomics_shared.adapters.memoised import Memoised
from tokenomics_shared.adapters.patient import Patient
from tokenomics_shared.compression.relevance import Embed
from tokenomics_shared.forks import ForkSafe

REMEMBERED = 2_000
"""Sentences whose vectors are kept: what is retrieved once is retrieved again. About 3 MB."""


def embed_by(given: Any, timeout_s: float) -> Embed:
    """What embeds sentences by what a user has.

    Args:
        given: what `embedder_of` takes; of None, the default, there is one for the process.
        timeout_s: seconds a call may take where it is not in this process.

    Raises:
        ConfigError: it is no embedder, or the model is not on this host.
        MissingExtra: what runs it is not installed.
    """
    if given is None:
        return _default.get()
    return _opened(given, timeout_s)


def _opened(given: Any, timeout_s: float) -> Embed:
    embedder = embedder_of(given)
    if not embedder.local:
        embedder = Patient(embedder, timeout_s)
    return Memoised(embedder, REMEMBERED).embed


class _Default(ForkSafe):
    """The default embedder, opened when first asked for."""

    def __init__(self) -> None:
        self._embed: Embed | None = None
        super().__init__()

    def get(self) -> Embed:
        with self.lock:
            if self._embed is None:
                self._embed = _opened(None, 0.0)
            return self._embed


_default = _Default()
