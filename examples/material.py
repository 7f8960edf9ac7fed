"""What the demo asks, and the models that answer it: recorded ones, on a loopback server."""

import csv
import gzip
import json
import os
import random
import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tokenomics_shared.testing import LoopbackServer, recorded

HERE = Path(__file__).parent

DATA = Path(os.environ.get("TOKENOMICS_DATA") or HERE.parent.parent / "shared" / "data")
"""Where recorded outcomes are: beside the project, unless the environment says."""

GSM8K = "routing_gsm8k_dev.csv.gz"


@dataclass(frozen=True)
class Item:
    """A question, other ways to put it, and what two models answered."""

    question: str
    paraphrases: Sequence[str]
    cheap: str
    premium: str
    cheap_right: bool
    premium_right: bool
    gold: str

    def is_right(self, answer: str) -> bool:
        """Whether an answer is right: as recorded, or by the known result."""
        if answer == self.cheap:
            return self.cheap_right
        if answer == self.premium:
            return self.premium_right
        return self.gold.lower() in re.sub(r"(?<=\d),(?=\d)", "", answer.lower())


@dataclass(frozen=True)
class Material:
    """What the demo asks, of whom, at which prices (US dollars per million tokens)."""

    name: str
    items: Sequence[Item]
    models: Mapping[str, str]
    prices: Mapping[str, Mapping[str, str]]


def small_set() -> Material:
    """The questions written for this project."""
    rows = json.loads(Path(__file__).with_name("questions.json").read_text("utf-8"))
    return Material(
        "a small question set",
        [Item(**row) for row in rows],
        {"cheap": "gpt-4o-mini", "premium": "gpt-4o"},
        {},
    )


def gsm8k(path: Path) -> Material:
    """Recorded answers of Mixtral 8x7B and GPT-4 to grade-school problems, and whether right."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["contaminated"] != "True"]
    items = [
        Item(
            question=row["prompt"],
            paraphrases=[f"Could you work this out for me? {row['prompt']}"],
            cheap=row["weak_response"].rstrip(),
            premium=row["strong_response"].rstrip(),
            cheap_right=row["weak_correct"] == "True",
            premium_right=row["strong_correct"] == "True",
            gold=row["gold"],
        )
        for row in rows
    ]
    return Material(
        "GSM8K, recorded",
        items,
        {"cheap": "mixtral-8x7b-instruct", "premium": "gpt-4-1106-preview"},
        {
            "mixtral-8x7b-instruct": {"input": "0.60", "output": "0.60"},
            "gpt-4-1106-preview": {"input": "10", "output": "30"},
        },
    )


def traffic(items: Sequence[Item], count: int, seed: int) -> list[tuple[str, Item]]:
    """Questions as an application sees them: new ones, repeats, and old ones in other words."""
    chance = random.Random(seed)
    fresh = chance.sample(items, len(items))
    asked: list[Item] = []
    requests: list[tuple[str, Item]] = []
    while len(requests) < count:
        (kind,) = chance.choices(["new", "again", "reworded"], weights=[60, 25, 15])
        if not asked or (kind == "new" and fresh):
            asked.append(fresh.pop())
            requests.append((asked[-1].question, asked[-1]))
            continue
        item = chance.choice(asked)
        question = chance.choice(item.paraphrases) if kind == "reworded" else item.question
        requests.append((question, item))
    return requests


def play(material: Material, stack: ExitStack) -> dict[str, str]:
    """Serve the recorded answers; returns the models as strings."""
    answers: dict[str, dict[str, str]] = {name: {} for name in material.models.values()}
    for item in material.items:
        for question in (item.question, *item.paraphrases):
            answers[material.models["cheap"]][question] = item.cheap
            answers[material.models["premium"]][question] = item.premium
    server = stack.enter_context(LoopbackServer(recorded(answers)))
    return {tier: f"openai:{name}@{server.url}" for tier, name in material.models.items()}
