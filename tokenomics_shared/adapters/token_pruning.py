"""From a token classifier to shortened texts: all of LLMLingua-2 but its forward pass."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tokenomics_shared.compression.pruning import Scored, prune_all
from tokenomics_shared.compression.words import Offsets, windows, words
from tokenomics_shared.errors import ConfigError
from tokenomics_shared.forks import ForkSafe
from tokenomics_shared.planning import Count, TextKind

MODEL = "microsoft/llmlingua-2-bert-base-multilingual-cased-meetingbank"
"""The checkpoint of the paper's smaller model, on the hub; 0.7 GB."""

EXTRA = "llmlingua2"

WINDOW = 512
"""Tokens that a checkpoint reads at once, its marks included, unless its own window is less."""

LABELS = 2
"""Not needed, needed."""

GRAPH, TOKENIZER, SETTINGS = "model.onnx", "tokenizer.json", "config.json"
"""What a folder of an ONNX export holds; the settings are its checkpoint's."""

LONGEST = 200_000
"""Characters beyond which a text is left alone, since reading them would take minutes."""

DIGITS = 6
"""Decimals of a probability that count, so that no threshold hangs on a processor's rounding."""


class Classifier(Protocol):
    """A loaded token-classification checkpoint. Safe to share between threads.

    Attributes:
        tokenizer: a `tokenizers.Tokenizer` that neither truncates nor pads.
        window: tokens it reads at once, at most.
    """

    tokenizer: Any
    window: int

    def margins(self, batch: Sequence[Sequence[int]]) -> list[list[float]]:
        """How much the logit of *needed* (label 1) is above that of *not needed* (label 0).

        Args:
            batch: token ids of some runs of text, of various lengths.

        Returns:
            A row a run, at least as long as the run.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Run:
    """Some tokens of a text, as many as are read at once."""

    text: int
    tokens: range


class TokenPruning(ForkSafe, ABC):
    """Keeps the words that a token classifier finds needed (Pan et al. 2024, arXiv 2403.12968).

    It reads texts only, so the query changes nothing. One threshold holds for all texts of a
    call. Guarded spans stay verbatim; what stays keeps its case and its line breaks.
    """

    blocking = True

    def __init__(self, model: str, count: Count, batch_size: int) -> None:
        """Say which model; it is loaded when it is first used.

        Args:
            model: what messages call it.
            count: counts the tokens of budgets.
            batch_size: runs of at most 512 tokens that are read at once, at least 1.
        """
        if batch_size < 1:
            raise ConfigError(f"batch_size must be 1 or more, got {batch_size}")
        self._model = model
        self._count = count
        self._batch_size = batch_size
        self._classifier: Classifier | None = None
        self._failed: ConfigError | None = None
        super().__init__()

    @property
    @abstractmethod
    def name(self) -> str:
        """What reports call it."""

    @abstractmethod
    def _opened(self) -> Classifier:
        """Load the model.

        Raises:
            ConfigError: it can't be used.
        """

    def load(self) -> None:
        """Load the model now, in seconds to minutes, rather than at the first use.

        Raises:
            ConfigError: it can't be used. Later uses fail at once, until this is called again.
        """
        with self.lock:
            self._failed = None
            self._ready()

    def compress(
        self,
        texts: Sequence[str],
        query: str,  # noqa: ARG002 -- the port's; the model reads no query
        budget: int,
        kind: TextKind = "context",
    ) -> list[str]:
        """Shorten texts that are sent together, as `planning.Compressor` says.

        Raises:
            ConfigError: the model can't be used.
        """
        found = list(texts)
        short = [at for at, text in enumerate(texts) if len(text) <= LONGEST]
        left = budget - sum(self._count(text) for text in texts if len(text) > LONGEST)
        if left < 1 or sum(self._count(texts[at]) for at in short) <= left:
            return found
        shortened = prune_all(self._scored([texts[at] for at in short]), left, self._count)
        if kind == "question" and sum(map(self._count, shortened)) > left:
            # A question of which only its numbers and names are left asks nothing.
            return found
        for at, text in zip(short, shortened, strict=True):
            found[at] = text
        return found

    def probabilities(self, texts: Sequence[str]) -> list[tuple[Offsets, list[float]]]:
        """Where each text's tokens are, and how likely each is needed."""
        classifier = self._ready()
        encoded = [
            classifier.tokenizer.encode(_clean(text), add_special_tokens=False) for text in texts
        ]
        first, last = _marks(classifier.tokenizer)
        size = classifier.window - len(first) - len(last)
        runs = [
            _Run(at, tokens)
            for at, (text, one) in enumerate(zip(texts, encoded, strict=True))
            for tokens in windows(text, one.offsets, size)
        ]
        # Runs of like length share a batch, so that little of it is padding.
        runs.sort(key=lambda run: (-len(run.tokens), run.text, run.tokens.start))
        found = [[0.0] * len(one.ids) for one in encoded]
        for batch in _batches(runs, self._batch_size):
            ids = [
                [*first, *encoded[run.text].ids[run.tokens.start : run.tokens.stop], *last]
                for run in batch
            ]
            for run, margins in zip(batch, classifier.margins(ids), strict=True):
                for at, margin in zip(run.tokens, margins[len(first) :], strict=False):
                    # The softmax of two logits.
                    found[run.text][at] = round((1 + math.tanh(margin / 2)) / 2, DIGITS)
        return [(one.offsets, each) for one, each in zip(encoded, found, strict=True)]

    def _scored(self, texts: Sequence[str]) -> list[Scored]:
        return [
            Scored(text, tuple(words(text, offsets, probabilities)))
            for text, (offsets, probabilities) in zip(
                texts, self.probabilities(texts), strict=True
            )
        ]

    def _ready(self) -> Classifier:
        if self._classifier is not None:
            return self._classifier
        with self.lock:
            if self._failed is not None:
                raise ConfigError(str(self._failed))
            if self._classifier is None:
                try:
                    self._classifier = self._opened()
                except ConfigError as error:
                    self._failed = error
                    raise
            return self._classifier


def window(settings: Mapping[str, Any]) -> int:
    """Tokens that a checkpoint of these settings (its `config.json`) reads at once."""
    places = settings.get("max_position_embeddings") or WINDOW
    if "roberta" in str(settings.get("model_type", "")):
        # Its places are counted from the one after padding's.
        places -= (settings.get("pad_token_id") or 0) + 1
    return min(WINDOW, int(places))


def padded(batch: Sequence[Sequence[int]], pad: int) -> tuple[list[list[int]], list[list[int]]]:
    """Rows of one length, and a mask that is 1 where a row's own tokens are."""
    longest = max(map(len, batch))
    ids = [[*row, *[pad] * (longest - len(row))] for row in batch]
    mask = [[1] * len(row) + [0] * (longest - len(row)) for row in batch]
    return ids, mask


def _batches(runs: Sequence[_Run], size: int) -> Iterator[Sequence[_Run]]:
    filled = [run for run in runs if run.tokens]
    for start in range(0, len(filled), size):
        yield filled[start : start + size]


def _marks(tokenizer: Any) -> tuple[list[int], list[int]]:
    """Ids that the tokenizer puts before and after a text."""
    encoded = tokenizer.encode("a")
    own = [at for at, mark in enumerate(encoded.special_tokens_mask) if not mark]
    if not own:
        return encoded.ids, []
    return encoded.ids[: own[0]], encoded.ids[own[-1] + 1 :]


def _clean(text: str) -> str:
    """The text without lone surrogates, which no tokenizer takes; as long as before."""
    return text.encode("utf-8", "replace").decode()
