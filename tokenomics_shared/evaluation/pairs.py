"""Pairs of answers, and how a file of them is read."""

from dataclasses import dataclass
from pathlib import Path

from tokenomics_shared.replay.fields import json_lines, known, text
from tokenomics_shared.replay.records import LogError

_KEYS = frozenset({"question", "optimized", "baseline", "reference"})


@dataclass(frozen=True, slots=True)
class Pair:
    """Two answers to a question.

    Attributes:
        line: where in its file it stands, from 1.
        question: what was asked.
        optimized: the answer that was given.
        baseline: the answer that the baseline gives.
        reference: a known good answer; None where there is none.
    """

    line: int
    question: str
    optimized: str
    baseline: str
    reference: str | None = None


def read_pairs(path: Path) -> list[Pair]:
    """Read pairs: JSON, one a line, `{question, optimized, baseline[, reference]}`.

    Raises:
        LogError: the file can't be read; the message names the line and the field.
    """
    pairs = []
    for at, row in json_lines(path):
        known(at, row, _KEYS)
        reference = row.get("reference")
        pairs.append(
            Pair(
                line=at.line,
                question=text(at / "question", row.get("question")),
                optimized=text(at / "optimized", row.get("optimized")),
                baseline=text(at / "baseline", row.get("baseline")),
                reference=None if reference is None else text(at / "reference", reference),
            )
        )
    if not pairs:
        raise LogError(f"{path} is empty")
    return pairs
