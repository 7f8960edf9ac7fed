"""Recorded outcomes of two models on MMLU and GSM8K, as the replay plays them.

Rows marked contaminated are left out, as RouteLLM (arXiv 2406.18665, section 4) does. Tokens are
the package's estimate; answers to MMLU are one letter, of which no text was recorded.
"""

import csv
import gzip
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tokenomics_shared import Price
from tokenomics_shared.orchestrator import estimate_tokens, prompt_tokens
from tokenomics_shared.ports import Embedder
from tokenomics_shared.replay import Log, Recorded, RecordedAnswer
from tokenomics_shared.types import Message, Prompt

PRICES = {
    "cheap": Price(Decimal("0.60"), Decimal("0.60")),
    "premium": Price(Decimal(10), Decimal(30)),
}
"""Mixtral-8x7B and gpt-4-1106-preview in their day."""

TODAY = {
    "cheap": Price(Decimal("0.15"), Decimal("0.60")),
    "premium": Price(Decimal("2.50"), Decimal(10)),
}
"""A pair of today."""

LETTER_TOKENS = 1
"""Tokens of an answer to a multiple-choice question."""

_SIDES = {"cheap": "weak", "premium": "strong"}


def mmlu(data: Path, split: str = "dev") -> list[Recorded]:
    """Multiple choice; each request's kind is its subject."""
    return [
        _recorded(row["prompt"], row["subject"], row, number)
        for number, row in enumerate(rows(data / f"routing_mmlu_{split}.csv.gz"))
    ]


def gsm8k(data: Path, split: str = "dev", *, regraded: bool = False) -> list[Recorded]:
    """Word problems with the models' whole answers.

    Args:
        data: folder of recorded outcomes.
        split: which part.
        regraded: scores checked against the solution, in place of those that were published.
    """
    mark = "regraded" if regraded else "correct"
    return [
        _recorded(row["prompt"], "gsm8k", row, number, mark=mark)
        for number, row in enumerate(rows(data / f"routing_gsm8k_{split}.csv.gz"))
    ]


def stream(data: Path, split: str = "dev", *, seed: int | None = 0) -> list[Recorded]:
    """Both sets in one stream, shuffled by a seed; in the files' order when None."""
    items = [*mmlu(data, split), *gsm8k(data, split)]
    if seed is not None:
        random.Random(seed).shuffle(items)
    return items


def log(items: Sequence[Recorded], prices: Mapping[str, Price] | None = None) -> Log:
    """A log to replay, at these prices."""
    return Log.of(items, prices=prices or PRICES)


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a file of outcomes that are not contaminated."""
    csv.field_size_limit(sys.maxsize)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from (row for row in csv.DictReader(file) if row["contaminated"] != "True")


class KnownVectors:
    """An embedder that looks up vectors made before, and asks another for texts it has none of."""

    local = True

    def __init__(
        self,
        texts: Sequence[str],
        vectors: NDArray[np.float32],
        name: str,
        otherwise: Embedder | None = None,
    ) -> None:
        """Take the vectors.

        Args:
            name: of the embedder that made them, as it is known to what reads them.
            texts: what the vectors are of.
            vectors: one row a text, of unit length.
            otherwise: embeds other texts; they are an error when None.
        """
        self.name = name
        self.dimensions = int(vectors.shape[1])
        self._rows = {text: row for row, text in enumerate(texts)}
        self._vectors = vectors
        self._otherwise = otherwise

    def embed(self, texts: Sequence[str]) -> Any:
        """One row a text."""
        if self._otherwise is not None and any(text not in self._rows for text in texts):
            return self._otherwise.embed(texts)
        return self._vectors[[self._rows[text] for text in texts]]

    def reads(self, text: str) -> bool:
        """Whether it reads all of this text."""
        return text in self._rows if self._otherwise is None else self._otherwise.reads(text)


def _recorded(
    question: str, kind: str, row: Mapping[str, str], number: int, *, mark: str = "correct"
) -> Recorded:
    asked = prompt_tokens(Prompt((Message("human", question),)))
    answers = {}
    for tier, side in _SIDES.items():
        # Without its number two requests with one wording would share an answer.
        text = row.get(f"{side}_response") or f"The letter that {tier} gave to {kind} {number}."
        written = estimate_tokens(text) if f"{side}_response" in row else LETTER_TOKENS
        answers[tier] = RecordedAnswer(
            text, float(row[f"{side}_{mark}"] == "True"), asked, written
        )
    return Recorded(question, answers, kind)
