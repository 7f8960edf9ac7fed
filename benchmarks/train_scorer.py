"""Train the scorer's weights on recorded answers.

The maths answers of the weak model count in full. Every other source counts for less and with at
most so many answers, so that answers of other kinds, and of better models, get a likelihood that
is true of them without drowning the rest.
"""

from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from answers import MATHS, Answer, answers, digest
from harness import DATA, versions

from tokenomics_shared.adapters.fitting_scorer import fit_scorer
from tokenomics_shared.judge.scorer import SHIPPED, Scorer

MOST = 800
"""Answers of each source; a source's files are in no order, so the first will do."""

OTHERS = 0.3
"""Labels that an answer of another source counts for."""


def train(rows: Sequence[Answer], trained_on: str, seed: int = 0) -> Scorer:
    """Fit a scorer on recorded answers."""
    kept = balanced(rows)
    sources: dict[str, int] = defaultdict(int)
    for row in kept:
        sources[row.source] += 1
    text = fit_scorer(
        [row.features for row in kept],
        [row.score for row in kept],
        weights=[1.0 if row.source == MATHS else OTHERS for row in kept],
        made={"digest": trained_on, "sources": dict(sources), **versions("scikit-learn")},
        seed=seed,
    )
    return Scorer.from_json(text)


def balanced(rows: Sequence[Answer]) -> list[Answer]:
    """As many of each source as may count."""
    kept: dict[str, list[Answer]] = defaultdict(list)
    for row in rows:
        kept[row.source].append(row)
    spread = {source: max(1, len(part) // MOST) for source, part in kept.items()}
    return [row for source, part in kept.items() for row in part[:: spread[source]]]


def main() -> None:
    """Train on the development split and write the weights into the package."""
    parser = ArgumentParser(description="Train the scorer.")
    parser.add_argument("--train", type=Path, default=DATA, help="folder to train on")
    parser.add_argument("--out", type=Path, default=SHIPPED, help="where the weights go")
    arguments = parser.parse_args()
    rows = answers(arguments.train, "dev")
    scorer = train(rows, digest(arguments.train, "dev"))
    arguments.out.write_text(scorer.to_json() + "\n", "utf-8")
    print(f"{scorer.weights.data}: {arguments.out}")


if __name__ == "__main__":
    main()
