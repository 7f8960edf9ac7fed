"""Recorded answers with what each was worth, by source."""

import csv
import gzip
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from tokenomics_shared.judge.answer_features import answer_features

MATHS = "gsm8k"
"""The source whose answers the cascade is measured on."""

CHEAP = (
    "mistralai/mistral-7b-chat",
    "WizardLM/WizardLM-13B-V1.2",
    "mistralai/mixtral-8x7b-chat",
    "meta/code-llama-instruct-34b-chat",
    "zero-one-ai/Yi-34B-Chat",
    "gpt-3.5-turbo-1106",
    "claude-instant-v1",
)
"""Models whose answers to code and choices are read: those that a cascade starts with."""

FILES = (
    "routing_gsm8k_{}.csv.gz",
    "multi_routerbench_{}.csv.gz",
    "multi_routerarena2_{}.jsonl.gz",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A recorded answer.

    Attributes:
        source: data it is of.
        question: its text; answers to one question go into one fold.
        text: the answer.
        score: what it was worth, 0 to 1.
        features: what the scorer reads.
    """

    source: str
    question: str
    text: str
    score: float
    features: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem with the answers of the weak and the strong model.

    Attributes:
        question: its text.
        weak: the weak model's answer.
        strong: the strong model's answer.
        right: whether weak and strong were right, by kind of label.
    """

    question: str
    weak: str
    strong: str
    right: dict[str, tuple[bool, bool]]


LABELS = ("correct", "regraded")
"""As the source graded, whose grader errs, and as checked again."""


def problems(folder: Path, split: str) -> list[Problem]:
    """The maths problems, without those that the models may have been trained on."""
    return [
        Problem(
            row["prompt"],
            row["weak_response"],
            row["strong_response"],
            {
                label: (row[f"weak_{label}"] == "True", row[f"strong_{label}"] == "True")
                for label in LABELS
            },
        )
        for row in _csv(folder / f"routing_gsm8k_{split}.csv.gz")
        if row["contaminated"] != "True"
    ]


def answers(folder: Path, split: str) -> list[Answer]:
    """Every source's answers."""
    return [*_of_maths(folder, split), *_of_choices(folder, split), *_of_arena(folder, split)]


def digest(folder: Path, split: str) -> str:
    """BLAKE2b of the files that answers are read from."""
    whole = blake2b(digest_size=16)
    for name in FILES:
        whole.update((folder / name.format(split)).read_bytes())
    return whole.hexdigest()


def fold(question: str, folds: int, seed: int = 0) -> int:
    """A question's fold."""
    name = blake2b(question.encode("utf-8"), digest_size=8, salt=seed.to_bytes(4, "big"))
    return int.from_bytes(name.digest(), "big") % folds


def _of_maths(folder: Path, split: str) -> Iterator[Answer]:
    """The weak model's by both kinds of labels, the strong one's by the checked kind alone."""
    for problem in problems(folder, split):
        recorded, checked = (problem.right[label] for label in LABELS)
        yield _answer(MATHS, problem.question, problem.weak, (recorded[0] + checked[0]) / 2)
        yield _answer("gsm8k strong", problem.question, problem.strong, float(checked[1]))


def _of_choices(folder: Path, split: str) -> Iterator[Answer]:
    for row in _csv(folder / f"multi_routerbench_{split}.csv.gz"):
        for model in CHEAP:
            score = row.get(f"score|{model}") or ""
            if score:
                yield _answer(row["task"], row["prompt"], row[f"resp|{model}"], float(score))


def _of_arena(folder: Path, split: str) -> Iterator[Answer]:
    path = folder / f"multi_routerarena2_{split}.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            for given in row["models"].values():
                score = min(1.0, max(0.0, float(given["score"])))
                yield _answer("routerarena", row["prompt"], given["response"] or "", score)


def _answer(source: str, question: str, text: str, score: float) -> Answer:
    return Answer(source, question, text, score, answer_features(question, text))


def _csv(path: Path) -> Iterator[dict[str, Any]]:
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)
