"""Logs of recorded outcomes that nobody recorded: made by a seed."""

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

EASY = ("the capital of region", "the colour of flag", "the name of river")
HARD = ("a proof of lemma", "the eigenvalues of matrix", "a schedule for plant")


def made_rows(many: int = 120, seed: int = 0, *, texts: bool = True) -> list[dict[str, Any]]:
    """Requests as a log has them: on easy ones the cheap tier is nearly as good as premium."""
    draws = random.Random(seed)
    rows = []
    for number in range(many):
        easy = draws.random() < 0.6
        question = f"Tell me {draws.choice(EASY if easy else HARD)} {number}."
        right = {"cheap": 0.95 if easy else 0.3, "premium": 0.97 if easy else 0.9}
        rows.append(
            {
                "question": question,
                "kind": "easy" if easy else "hard",
                "answers": {
                    tier: _answer(tier, number, draws, chance, texts=texts)
                    for tier, chance in right.items()
                },
            }
        )
    return rows


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Write rows as a log."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def _answer(
    tier: str, number: int, draws: random.Random, chance: float, *, texts: bool
) -> Mapping[str, Any]:
    tokens = draws.randint(10, 60)
    price = 1e-6 if tier == "cheap" else 2e-5
    answer = {
        "score": float(draws.random() < chance),
        "input_tokens": 12,
        "output_tokens": tokens,
        "cost": round(price * (12 + tokens), 9),
    }
    text = f"It is number {number} as the {tier} model would put it, in a plain sentence."
    return {**answer, "text": text} if texts else answer
