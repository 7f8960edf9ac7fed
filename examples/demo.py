"""A stream of questions through a LangChain chain: what it cost, and what it would have cost.

Without a key it plays recorded answers of two models on a loopback server: the GSM8K outcomes in
`TOKENOMICS_DATA` when it is set, a small set of questions written for this project otherwise.
With `OPENAI_API_KEY` and `--live` it asks the real models.
"""

import argparse
import csv
import gzip
import json
import os
import random
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from rich import box
from rich.console import Console
from rich.progress import track
from rich.table import Table

from tokenomics_langchain import ChatTokenomics
from tokenomics_shared.testing import ChatRequest, LoopbackServer, recorded
from tokenomics_shared.testing.completions import complete

SYSTEM = "Answer the question and show how you get there."
PROMPT = ChatPromptTemplate.from_messages([("system", SYSTEM), ("human", "{question}")])
GSM8K = "routing_gsm8k_dev.csv.gz"
MOST_REQUESTS = 400


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


def always(
    llm: ChatTokenomics, tier: str, material: Material, requests: Sequence[tuple[str, Item]]
) -> Decimal | None:
    """What asking one model every time would have cost, with the recorded answers' tokens."""
    from tokenomics_shared.types import Usage

    asked = llm.roster.tiers[tier]
    total = Decimal(0)
    for question, item in requests:
        text = item.cheap if tier == "cheap" else item.premium
        turns = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": question}]
        request = ChatRequest({"model": material.models[tier], "messages": turns})
        billed = complete(request, lambda _, text=text: text)["usage"]  # type: ignore[misc]
        usage = Usage(billed["prompt_tokens"], billed["completion_tokens"])
        cost = llm.engine.parts.books.cost(asked, asked.model, usage)
        if cost is None:
            return None
        total += cost
    return total


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo."""
    arguments = _arguments(argv)
    console = Console()
    data = os.environ.get("TOKENOMICS_DATA")
    recorded_file = Path(data) / GSM8K if data else None
    if recorded_file is not None and not recorded_file.exists():
        console.print(f"{recorded_file} does not exist; taking the small question set.")
        recorded_file = None
    material = gsm8k(recorded_file) if recorded_file else small_set()
    count = arguments.requests or min(MOST_REQUESTS, 2 * len(material.items))
    requests = traffic(material.items, count, arguments.seed)
    state = Path(arguments.state_dir or tempfile.mkdtemp(prefix="tokenomics-demo-"))
    with ExitStack() as stack:
        if arguments.live:
            models = {"cheap": "openai:gpt-4o-mini", "premium": "openai:gpt-4o"}
        else:
            models = play(material, stack)
        llm = ChatTokenomics(
            cheap=models["cheap"],
            premium=models["premium"],
            prices=material.prices,
            state_dir=state,
            # Time has no part in what is learned, so that every run is the same.
            bandit={"latency_lambda": 0.0},
        )
        chain = PROMPT | llm | StrOutputParser()
        console.print(f"{len(requests)} requests over {material.name}\n")
        answers = [
            chain.invoke({"question": question})
            for question, _ in track(requests, "Answering", console=console)
        ]
        right = [item.is_right(text) for text, (_, item) in zip(answers, requests, strict=True)]
        console.print(str(llm.engine.report()), highlight=False, soft_wrap=True)
        console.print(_answers(llm, material, requests, right, live=arguments.live))
        llm.engine.close()
    console.print(f"\nLook again: python -m tokenomics_shared report {state}", soft_wrap=True)
    return 0


def _answers(
    llm: ChatTokenomics,
    material: Material,
    requests: Sequence[tuple[str, Item]],
    right: Sequence[bool],
    *,
    live: bool,
) -> Table:
    table = Table(title="Answers", title_justify="left", box=box.SIMPLE)
    for name in ("", "right", "share", "cost"):
        table.add_column(name, justify="left" if not name else "right")

    def row(name: str, hits: Sequence[bool], cost: Decimal | None) -> None:
        shown = "-" if cost is None else f"${cost:.6f}"
        table.add_row(name, str(sum(hits)), f"{100 * sum(hits) / len(hits):.1f} %", shown)

    row("this run", right, llm.engine.report().totals.cost)
    if not live:
        cheap = [item.cheap_right for _, item in requests]
        row("always cheap", cheap, always(llm, "cheap", material, requests))
        premium = [item.premium_right for _, item in requests]
        row("always premium", premium, always(llm, "premium", material, requests))
    return table


def _arguments(argv: Sequence[str] | None) -> Any:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--live", action="store_true", help="ask the real models")
    parser.add_argument("--requests", type=int, help="how many requests to send")
    parser.add_argument("--seed", type=int, default=0, help="of the order of requests")
    parser.add_argument("--state-dir", help="where to keep cache and ledger; a new folder if not")
    arguments = parser.parse_args(argv)
    if arguments.requests is not None and arguments.requests < 1:
        parser.error(f"--requests must be at least 1, got {arguments.requests}")
    if arguments.live and not os.environ.get("OPENAI_API_KEY"):
        parser.error("--live needs OPENAI_API_KEY")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
