"""Retrieved texts cut down to what a question needs: for both frameworks, and without either."""

import asyncio
import functools
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from tokenomics_shared.adapters.counting import counter_for
from tokenomics_shared.adapters.timed import Timed
from tokenomics_shared.compressors import Embed, checked, embed_by, maker_of
from tokenomics_shared.errors import ConfigError, PromptError
from tokenomics_shared.planning import Compressor, Count, TokenCounter
from tokenomics_shared.telemetry import Faults
from tokenomics_shared.telemetry.faults import Shield

_log = logging.getLogger("tokenomics")

QUICK = 200_000
"""Characters that a compressor of ours shortens in a moment; of more nobody knows how long."""

COUNTED, COUNTED_CHARS = 2_000, 4_000
"""Texts whose tokens are remembered, and how long they may be. What is retrieved is counted by
each part that it passes, and is retrieved again."""

EXACT_CHARS = 1_000_000
"""Characters up to which all of a text is counted; of a longer one, as many places of 4,000 as
are a fourth of this: it is far over any budget, and more is not asked."""


@dataclass(frozen=True, slots=True)
class Condensed:
    """Texts that were shortened together.

    Attributes:
        texts: as many as were given, in their order; empty where nothing of one is needed.
        tokens_before: of all of them together, as given.
        tokens_after: of all of them together, as they are here.
        approximate: the tokens are estimates: the model's own encoding is not at hand.
        compressor: what shortened them.
        notes: what went otherwise than asked: faults, and a budget that could not be met.
    """

    texts: tuple[str, ...]
    tokens_before: int
    tokens_after: int
    approximate: bool
    compressor: str
    notes: tuple[str, ...] = ()

    @property
    def ratio(self) -> float:
        """Kept ÷ original tokens, in [0, 1]; 1 when there were none."""
        return self.tokens_after / self.tokens_before if self.tokens_before else 1.0


class Condenser:
    """Cuts retrieved texts down to what a question needs, within a token budget.

    ```python
    condenser = Condenser(token_budget=1500)
    kept = condenser.condense(paragraphs, "How long does the warranty last?")
    print(kept.texts, kept.ratio)
    ```

    Whole sentences, rows and records go or stay; what stays is as it was. A fault inside never
    reaches the caller: the texts come back as they were, which is counted, logged and noted.
    Safe to share between threads; copies share it.
    """

    def __init__(
        self,
        token_budget: int = 1500,
        *,
        compressor: str | Compressor = "auto",
        embedder: Any = None,
        model: str = "gpt-4o",
        embedder_timeout_s: float = 5.0,
        timeout_s: float = 30.0,
    ) -> None:
        """Put it together.

        Args:
            token_budget: tokens that all texts of a call together should have at most.
            compressor: "auto" for structured texts (JSON, logs, tables, HTML) and prose each by
                its own, "extractive" or "structured" for one of them, "llmlingua2", or a
                compressor.
            embedder: None for MiniLM in this process where that is installed, False for none, or
                what `embedder_of` takes: a LangChain or LlamaIndex embedder, a function, a name.
            model: the model that will read the texts; its encoding counts the tokens.
            embedder_timeout_s: seconds an embedder that is not in this process may take; then
                the texts are shortened without.
            timeout_s: seconds a compressor that is not ours, or that runs a model, may take, and
                any that has much to read; then the texts come back as they were.

        Raises:
            ConfigError: a setting is impossible, or the embedder is none.
            MissingExtra: what the embedder takes is not installed.
        """
        self.token_budget = _budget(token_budget)
        self._made_of = {
            "token_budget": token_budget,
            "compressor": compressor,
            "embedder": embedder,
            "model": model,
            "embedder_timeout_s": _seconds("embedder_timeout_s", embedder_timeout_s),
            "timeout_s": _seconds("timeout_s", timeout_s),
        }
        self.faults = Faults()
        self._counter: TokenCounter = counter_for(_model(model))
        self._remembered = functools.lru_cache(COUNTED)(self._counter.count)
        self._ways = _ways(self.count, compressor, embedder, embedder_timeout_s)
        # Of one that is the caller's nobody knows how long it takes.
        self._ours = isinstance(compressor, str)
        self._timed = Timed("compressor", timeout_s)

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        """A pickled one is put together again from what it was made of."""
        return functools.partial(Condenser, **self._made_of), ()

    def __copy__(self) -> "Condenser":
        return self

    def __deepcopy__(self, memo: Any) -> "Condenser":
        return self

    def condense(
        self, texts: Sequence[str], query: str | None = "", *, token_budget: int | None = None
    ) -> Condensed:
        """Shorten texts that are sent together.

        Args:
            texts: the texts.
            query: what they are wanted for; empty or None when that is unknown.
            token_budget: another budget than the usual, for this call.

        Raises:
            PromptError: the texts or the query are not text.
            ConfigError: the budget is impossible.
        """
        given = _texts(texts)
        asked = _query(query)
        budget = self.token_budget if token_budget is None else _budget(token_budget)
        notes: list[str] = []
        before = sum(map(self.count, given))
        kept, after = self._shorter(given, before, asked, budget, notes)
        if after > budget:
            notes.append(f"{after - budget} tokens over the budget of {budget}")
        told = (self.approximate, self._ways.name, tuple(notes))
        return Condensed(kept, before, after, *told)

    async def acondense(
        self, texts: Sequence[str], query: str | None = "", *, token_budget: int | None = None
    ) -> Condensed:
        """As `condense`, without blocking the event loop."""
        return await asyncio.to_thread(self.condense, texts, query, token_budget=token_budget)

    @property
    def approximate(self) -> bool:
        """Whether tokens are estimates: the model's own encoding is not at hand."""
        return not self._counter.exact

    def count(self, text: str) -> int:
        """The text's tokens; an estimate where the model's own encoding is not at hand.

        Those of a text of more than a million characters are told by a sample of it.
        """
        if len(text) > EXACT_CHARS:
            return _by_sample(text, self._counter.count)
        return (self._remembered if len(text) <= COUNTED_CHARS else self._counter.count)(text)

    def _shorter(
        self, texts: tuple[str, ...], before: int, query: str, budget: int, notes: list[str]
    ) -> tuple[tuple[str, ...], int]:
        """The texts by the first way that works, and their tokens."""
        if before <= budget:
            return texts, before
        for compressor in self._ways.open(self.faults):
            with Shield(self.faults, "compression", notes):
                kept = self._within(compressor, texts, query, budget)
                after = sum(map(self.count, kept))
                return (kept, after) if after < before else (texts, before)
        return texts, before

    def _within(
        self, compressor: Compressor, texts: tuple[str, ...], query: str, budget: int
    ) -> tuple[str, ...]:
        """The texts shortened, in time, as many as they were."""

        def work() -> tuple[str, ...]:
            return tuple(compressor.compress(texts, query, budget, "context"))

        quick = self._ours and not compressor.blocking and sum(map(len, texts)) <= QUICK
        kept = work() if quick else self._timed.within(work)
        if len(kept) != len(texts) or not all(isinstance(text, str) for text in kept):
            raise TypeError(f"{compressor.name} gave {len(kept)} texts for {len(texts)}")
        return kept


class _Ways:
    """The ways to shorten texts: the best, and the one that is left where that fails."""

    def __init__(
        self,
        plain: Compressor,
        best: Compressor | None = None,
        later: Callable[[Embed], Compressor] | None = None,
    ) -> None:
        """`later` makes the best of the default embedder, when a call first needs it."""
        self.name = plain.name
        self._plain = plain
        self._best = best
        self._later = later

    def open(self, faults: Faults) -> tuple[Compressor, ...]:
        """All of them, the best first."""
        if (later := self._later) is not None:
            # Two threads may both do it; there is one default embedder all the same.
            self._best = _by_default(later, faults)
            self._later = None
        return (self._plain,) if self._best is None else (self._best, self._plain)


_READING = ("auto", "extractive")
"""Compressors that read sentences by meaning."""


def _ways(count: Count, compressor: Any, embedder: Any, timeout_s: float) -> _Ways:
    if not isinstance(compressor, str):
        return _Ways(checked(compressor))
    make = functools.partial(maker_of(compressor), count)
    if embedder is False:
        return _Ways(make(None))
    if embedder is None:
        return _Ways(make(None), later=make if compressor in _READING else None)
    return _Ways(make(None), make(embed_by(embedder, timeout_s)))


def _by_default(make: Callable[[Embed], Compressor], faults: Faults) -> Compressor | None:
    """A compressor with the default embedder; None where that is not to be had."""
    with faults.shield("embedder"):
        try:
            return make(embed_by(None, 0.0))
        except ConfigError as error:
            _say_once(f"texts are shortened without embeddings: {error}")
    return None


def _by_sample(text: str, count: Count) -> int:
    places = EXACT_CHARS // COUNTED_CHARS // 4
    last = len(text) - COUNTED_CHARS
    starts = (last * place // (places - 1) for place in range(places))
    tokens = sum(count(text[start : start + COUNTED_CHARS]) for start in starts)
    return round(tokens * len(text) / (places * COUNTED_CHARS))


def _budget(tokens: Any) -> int:
    if isinstance(tokens, bool) or not isinstance(tokens, int) or tokens < 1:
        raise ConfigError(f"token_budget must be a whole number of at least 1, got {tokens!r}")
    return tokens


def _seconds(name: str, given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not given > 0:
        raise ConfigError(f"{name} must be seconds above 0, got {given!r}")
    return float(given)


def _model(name: Any) -> str:
    if not isinstance(name, str) or not name:
        raise ConfigError(f"model must be a model's name, got {name!r}")
    return name


def _texts(given: Sequence[str]) -> tuple[str, ...]:
    if isinstance(given, str | bytes):
        raise PromptError("texts must be a list of texts, got one text")
    texts = tuple(given)
    for place, text in enumerate(texts):
        if not isinstance(text, str):
            raise PromptError(f"text {place} is {type(text).__name__}, not text")
    return texts


def _query(given: str | None) -> str:
    if given is not None and not isinstance(given, str):
        raise PromptError(f"the query is {type(given).__name__}, not text")
    return given or ""


@functools.cache
def _say_once(message: str) -> None:
    _log.warning(message)
