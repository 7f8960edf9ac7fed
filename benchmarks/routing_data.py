"""Recorded outcomes of a cheap and a premium model, and the questions as routing reads them."""

import csv
import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from memory_stream import embed
from numpy.typing import NDArray
from routing_metrics import Floats, Outcomes

from tokenomics_shared.adapters.embeddings import embedder_of
from tokenomics_shared.adapters.projecting import Projector
from tokenomics_shared.bandit.contexts import Contexts
from tokenomics_shared.orchestrator import complexity_of, estimate_tokens

CHEAP, PREMIUM = "Mixtral-8x7B", "gpt-4-1106-preview"


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars for a million tokens read and written, of both models."""

    cheap: tuple[float, float]
    premium: tuple[float, float]


RECORDED = Prices((0.6, 0.6), (10.0, 30.0))
"""Of the models that were recorded, at their time."""

TODAY = Prices((0.15, 0.6), (2.5, 10.0))
"""Of a pair of today: gpt-4o-mini and gpt-4o."""


@dataclass(frozen=True)
class Questions:
    """Questions and what both models made of them, contaminated ones left out.

    Attributes:
        texts: the questions.
        groups: their subjects.
        cheap: whether the cheap model was right, 0 or 1.
        premium: whether premium was.
        written: tokens of both models' answers, by the package's own estimate.
    """

    texts: Sequence[str]
    groups: NDArray[np.str_]
    cheap: Floats
    premium: Floats
    written: tuple[Floats, Floats]

    @cached_property
    def tokens(self) -> Floats:
        """Tokens of each question, by the package's own estimate."""
        return np.array([float(max(1, estimate_tokens(text))) for text in self.texts])

    @cached_property
    def vectors(self) -> NDArray[np.float32]:
        """The questions' embeddings."""
        return embed(self.texts)

    @cached_property
    def features(self) -> NDArray[np.float32]:
        """What routing knows of the questions; see `Context.features`."""
        contexts, _ = reading()
        return np.array(
            [
                contexts.context(text, complexity_of(text), vector).features
                for text, vector in zip(self.texts, self.vectors, strict=True)
            ],
            np.float32,
        )

    def outcomes(self, prices: Prices = RECORDED) -> Outcomes:
        """What the answers were worth, and what they cost at these prices."""
        (low_in, low_out), (high_in, high_out) = prices.cheap, prices.premium
        return Outcomes(
            self.cheap,
            self.premium,
            self.tokens * low_in + self.written[0] * low_out,
            self.tokens * high_in + self.written[1] * high_out,
        )


@lru_cache(maxsize=1)
def reading() -> tuple[Contexts, str]:
    """What makes contexts, and the basis of their features."""
    contexts = Contexts(Projector(embedder_of(None)))
    return contexts, contexts.space.basis


def mmlu(folder: Path, split: str) -> Questions:
    """Questions of MMLU: multiple choice, so that an answer is one token."""
    rows = list(_rows(folder / f"routing_mmlu_{split}.csv.gz"))
    one = np.ones(len(rows))
    return _questions(rows, "correct", (one, one))


def gsm8k(folder: Path, split: str, labels: str = "correct") -> Questions:
    """Questions of GSM8K with the recorded answers.

    Args:
        folder: where the data are.
        split: which part of them.
        labels: `correct` as recorded, or `regraded`.
    """
    rows = list(_rows(folder / f"routing_gsm8k_{split}.csv.gz"))
    written = [
        np.array([float(estimate_tokens(row[f"{model}_response"])) for row in rows])
        for model in ("weak", "strong")
    ]
    return _questions(rows, labels, (written[0], written[1]))


@dataclass(frozen=True)
class Answered:
    """A task's prompts with several models' recorded answers, scores and costs."""

    rows: Sequence[dict[str, str]]

    def texts(self, model: str) -> list[str]:
        """A model's answers."""
        return [row[f"resp|{model}"] for row in self.rows]

    def scores(self, model: str) -> Floats:
        """What they were worth, 0 to 1."""
        return np.array([float(row[f"score|{model}"]) for row in self.rows])

    def costs(self, model: str) -> Floats:
        """What they cost, in US dollars, as recorded."""
        return np.array([float(row[f"cost_usd|{model}"]) for row in self.rows])


def routerbench(folder: Path, split: str, task: str) -> Answered:
    """The rows of a task of RouterBench."""
    path = folder / f"multi_routerbench_{split}.csv.gz"
    return Answered([row for row in _rows(path) if row["task"] == task])


def _questions(
    rows: Sequence[dict[str, str]], labels: str, written: tuple[Floats, Floats]
) -> Questions:
    return Questions(
        [row["prompt"] for row in rows],
        np.array([row.get("subject", "") for row in rows]),
        np.array([_right(row[f"weak_{labels}"]) for row in rows]),
        np.array([_right(row[f"strong_{labels}"]) for row in rows]),
        written,
    )


def _rows(path: Path) -> Iterator[dict[str, str]]:
    csv.field_size_limit(1 << 30)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row.get("contaminated") != "True":
                yield row


def _right(label: str) -> float:
    known = {"True": 1.0, "False": 0.0}
    return known[label] if label in known else float(label)
