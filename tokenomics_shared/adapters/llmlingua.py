"""The package `llmlingua` beside our own LLMLingua-2, its side effects contained.

What it does otherwise: it thresholds every run of 512 tokens by itself, tells where words end by
its tokenizer's marks (`don't` is three), and writes what stays anew from tokens, so that case and
spaces are its tokenizer's; numbers, URLs and line breaks survive here because they are kept from
it. It marks runs as BERT's tokenizer does whatever the model, and needs nltk and accelerate.
"""

import os
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tokenomics_shared.adapters.token_pruning import MODEL
from tokenomics_shared.compression.pruning import sound
from tokenomics_shared.compression.spans import guarded
from tokenomics_shared.errors import ConfigError, MissingExtra
from tokenomics_shared.forks import ForkSafe
from tokenomics_shared.planning import Count, TextKind

EXTRA = "llmlingua"

FAMILIES = {"bert": "bert-base-multilingual-cased", "xlm-roberta": "xlm-roberta-large"}
"""Model type by what the package looks for in a model's path."""

TRIES = 5
"""How often a lower rate is tried, since the package meets its target only about."""

STEP = 0.85
"""A rate by the one before it."""

_HASH_SEED = "PYTHONHASHSEED"


class LLMLingua(ForkSafe):
    """Shortens with `llmlingua.PromptCompressor` what lies between guarded spans.

    Texts that it doesn't bring within the budget together stay as they were.
    """

    name = "llmlingua"
    blocking = True

    def __init__(
        self, model: str | Path = MODEL, *, count: Count, device: str = "cpu", batch_size: int = 8
    ) -> None:
        """Say which model; it is loaded when it is first used.

        Args:
            model: a folder or a name on the hub, of a BERT or an XLM-RoBERTa.
            count: counts the tokens of budgets; the package downloads no encoding.
            device: where torch computes.
            batch_size: runs of 512 tokens that are read at once.

        Raises:
            MissingExtra: the package is not installed.
        """
        if find_spec("llmlingua") is None:
            raise MissingExtra("LLMLingua-2 by its authors", EXTRA)
        self._model = str(model)
        self._count = count
        self._device = device
        self._batch_size = batch_size
        self._compressor: Any = None
        super().__init__()

    def load(self) -> None:
        """Load the model, unless it is.

        Meanwhile, not after, numbers that other threads draw come of the package's seed.

        Raises:
            ConfigError: it can't be used.
        """
        with self.lock:
            if self._compressor is None:
                with _randomness_restored():
                    self._compressor = _opened(
                        self._model, self._device, self._batch_size, self._count
                    )

    def compress(
        self,
        texts: Sequence[str],
        query: str,  # noqa: ARG002 -- the port's; the model reads no query
        budget: int,
        kind: TextKind = "context",  # noqa: ARG002 -- the port's; spans stay in all kinds
    ) -> list[str]:
        """Shorten texts that are sent together, as `planning.Compressor` says.

        Raises:
            ConfigError: the model can't be used.
        """
        if self._tokens(texts) <= budget:
            return list(texts)
        self.load()
        cut = [_Cut.of(text) for text in texts]
        free = [part for one in cut for part in one.free]
        inside = self._tokens([part.core for part in free])
        rate = (budget - self._tokens(texts) + inside) / max(inside, 1)
        for _ in range(TRIES):
            if rate <= 0:
                break
            found = self._at(rate, texts, cut, free)
            if self._tokens(found) <= budget:
                return found
            rate *= STEP
        return list(texts)

    def _at(
        self, rate: float, texts: Sequence[str], cut: "Sequence[_Cut]", free: "Sequence[_Free]"
    ) -> list[str]:
        # Its tokenizer may not be used by two threads at once, and its loader draws a number.
        with self.lock, _randomness_restored():
            given = self._compressor.compress_prompt_llmlingua2(
                [part.core for part in free], rate=rate
            )
        shortened = iter(given["compressed_prompt_list"])
        joined = [one.joined(lambda: str(next(shortened))) for one in cut]
        return [new if sound(text, new) else text for text, new in zip(texts, joined, strict=True)]

    def _tokens(self, texts: Sequence[str]) -> int:
        return sum(map(self._count, texts))


@dataclass(frozen=True, slots=True)
class _Free:
    """What lies between guarded spans.

    Attributes:
        before: what of it touches the span before it, and white space.
        core: the rest.
        after: white space, and what touches the span after it.
    """

    before: str
    core: str
    after: str

    @classmethod
    def within(cls, text: str, start: int, end: int) -> "_Free":
        """Look at a stretch of a text with spans, or an end of the text, on either side."""
        first, last = start, end
        while start > 0 and first < last and not text[first].isspace():
            first += 1
        while end < len(text) and last > first and not text[last - 1].isspace():
            last -= 1
        core = text[first:last].strip()
        first = text.index(core, first)
        return cls(text[start:first], core, text[first + len(core) : end])


@dataclass(frozen=True, slots=True)
class _Cut:
    """A text as guarded spans and what may be shortened, in their order."""

    parts: tuple[str | _Free, ...]

    @classmethod
    def of(cls, text: str) -> "_Cut":
        parts: list[str | _Free] = []
        at = 0
        for start, end in [*((span.start, span.end) for span in guarded(text)), (len(text),) * 2]:
            free = _Free.within(text, at, start)
            parts += (
                free if any(map(str.isalpha, free.core)) else text[at:start],
                text[start:end],
            )
            at = end
        return cls(tuple(parts))

    @property
    def free(self) -> list[_Free]:
        """What may be shortened."""
        return [part for part in self.parts if isinstance(part, _Free)]

    def joined(self, shortened: Callable[[], str]) -> str:
        """The text with the next shortened part for each that may be."""
        return "".join(
            part if isinstance(part, str) else f"{part.before}{shortened()}{part.after}"
            for part in self.parts
        )


class _Counter:
    """Stands in for the encoding that the package would download."""

    def __init__(self, count: Count) -> None:
        self._count = count

    def encode(self, text: str) -> range:
        """Something as long as the text has tokens."""
        return range(self._count(text))


def _opened(model: str, device: str, batch_size: int, count: Count) -> Any:
    """A `PromptCompressor`, put together without its `__init__`, which asks for an encoding."""
    from llmlingua import PromptCompressor

    made = PromptCompressor.__new__(PromptCompressor)
    made.use_llmlingua2 = True
    made.oai_tokenizer = _Counter(count)
    try:
        # Without this setting it would run whatever code a checkpoint brings along.
        made.load_model(model, device, {"trust_remote_code": False})
    except (OSError, ValueError, RuntimeError, ImportError, TypeError) as error:
        raise ConfigError(f"llmlingua can't load the model {model!r}: {error}") from error
    family = made.model.config.model_type
    if family not in FAMILIES:
        raise ConfigError(f"llmlingua reads {', '.join(FAMILIES)}; {model!r} is of type {family}")
    # It tells how words begin by a model's path, which may be any folder's.
    made.model_name = FAMILIES[family]
    made.init_llmlingua2(max_batch_size=batch_size)
    made.model.eval()
    return made


@contextmanager
def _randomness_restored() -> Iterator[None]:
    """Undo what the package does to the process's random sources and to torch's settings."""
    import numpy as np
    import torch

    cudnn = torch.backends.cudnn
    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_initialized() else []
    known = random.getstate(), np.random.get_state(), cudnn.deterministic, cudnn.benchmark
    hash_seed = os.environ.get(_HASH_SEED)
    try:
        with torch.random.fork_rng(devices):
            yield
    finally:
        random.setstate(known[0])
        np.random.set_state(known[1])
        cudnn.deterministic, cudnn.benchmark = known[2:]
        if hash_seed is None:
            os.environ.pop(_HASH_SEED, None)
        else:
            os.environ[_HASH_SEED] = hash_seed
