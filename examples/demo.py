"""A stream of questions through a LangChain chain: what it cost, and what it would have cost.

Without a key it plays recorded answers of two models on a loopback server: the GSM8K outcomes in
the folder `TOKENOMICS_DATA` (`../shared/data` when it is not set), a small set of questions
written for this project where there are none. With `OPENAI_API_KEY` and `--live` it asks the real
models. Every run with the same seed is the same.

It starts cold, with a quality target of 95 %, and nobody tells it which answers were right.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from material import DATA, GSM8K, Item, Material, gsm8k, play, small_set, traffic
from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tokenomics_langchain import ChatTokenomics
from tokenomics_shared import Engine, Report, TokenomicsConfig
from tokenomics_shared.testing import ChatRequest
from tokenomics_shared.testing.completions import complete
from tokenomics_shared.types import Usage

SYSTEM = "Answer the question and show how you get there."
PROMPT = ChatPromptTemplate.from_messages([("system", SYSTEM), ("human", "{question}")])
TARGET = 0.95
LIVE = {"cheap": "openai:gpt-4o-mini", "premium": "openai:gpt-4o"}
MOST_REQUESTS = 400


@dataclass(frozen=True)
class Row:
    """How one way of asking did: the share of right answers, and US dollars if known."""

    right: float
    cost: Decimal | None


_UNKNOWN = Row(0.0, None)


@dataclass(frozen=True)
class Run:
    """One stream of questions: the report of its ledger, and rows by name."""

    report: Report
    rows: dict[str, Row]

    def off_by(self) -> float | None:
        """How far the report's baseline is from what always premium costs, in percent."""
        premium = self.rows.get("always premium", _UNKNOWN).cost
        if not premium:
            return None
        return float(100 * abs(self.report.totals.baseline_cost / premium - 1))


def run(
    material: Material,
    requests: Sequence[tuple[str, Item]],
    state: Path,
    watch: Callable[[Sequence[Any]], Iterable[Any]],
    *,
    seed: int,
    live: bool,
) -> Run:
    """Ask everything, in order, with a memory and a ledger in this folder."""
    with ExitStack() as stack:
        models = LIVE if live else play(material, stack)
        config = TokenomicsConfig(
            prices=material.prices,
            state_dir=state,
            # Every run is the same: neither time nor chance have a part in what is learned,
            bandit={"quality_target": TARGET, "latency_lambda": 0.0, "seed": seed},
        )
        # and what is otherwise done in the background is done before the next question.
        engine = Engine.build(config, at_once=not live)
        stack.callback(engine.close)
        llm = ChatTokenomics(cheap=models["cheap"], premium=models["premium"], engine=engine)
        chain = PROMPT | llm | StrOutputParser()
        answers = [chain.invoke({"question": question}) for question, _ in watch(requests)]
        right = [item.is_right(text) for text, (_, item) in zip(answers, requests, strict=True)]
        report = llm.engine.report()
        rows = {"this run": Row(share(right), report.totals.cost)}
        if not live:
            for tier in ("cheap", "premium"):
                rows[f"always {tier}"] = always(llm, tier, material, requests)
        return Run(report, rows)


def always(
    llm: ChatTokenomics, tier: str, material: Material, requests: Sequence[tuple[str, Item]]
) -> Row:
    """What asking one model every time would have brought, with the recorded answers' tokens."""
    asked = llm.roster.tiers[tier]
    total: Decimal | None = Decimal(0)
    for question, item in requests:
        text = item.cheap if tier == "cheap" else item.premium
        turns = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": question}]
        request = ChatRequest({"model": material.models[tier], "messages": turns})
        billed = complete(request, lambda _, text=text: text)["usage"]  # type: ignore[misc]
        usage = Usage(billed["prompt_tokens"], billed["completion_tokens"])
        cost = llm.engine.parts.books.cost(asked, asked.model, usage)
        total = None if total is None or cost is None else total + cost
    cheap = tier == "cheap"
    return Row(share([i.cheap_right if cheap else i.premium_right for _, i in requests]), total)


def share(right: Sequence[bool]) -> float:
    """The share of right answers, in percent."""
    return 100 * sum(right) / len(right)


def table(runs: Sequence[Run]) -> Table:
    """Draw how each way of asking did: the mean, and over several runs the range."""
    drawn = Table(title="Answers", title_justify="left", box=box.SIMPLE)
    for name in ("", "right", "cost"):
        drawn.add_column(name, justify="right" if name else "left", no_wrap=True)
    for name in runs[0].rows:
        rows = [each.rows[name] for each in runs]
        costs = [float(row.cost) for row in rows if row.cost is not None]
        shown = "-" if len(costs) < len(rows) else spread(costs, "${:.4f}")
        drawn.add_row(name, spread([row.right for row in rows], "{:.1f} %"), shown)
    return drawn


def told(runs: Sequence[Run]) -> str:
    """What was kept of premium's right answers, at what share of its cost; empty if unknown."""
    if any(each.rows.get("always premium", _UNKNOWN).cost is None for each in runs):
        return ""
    ours, premium = (
        (sum(row.right for row in rows), float(sum(row.cost or 0 for row in rows)))
        for name in ("this run", "always premium")
        if (rows := [each.rows[name] for each in runs])
    )
    kept, cost = 100 * ours[0] / premium[0], 100 * ours[1] / premium[1]
    return (
        f"Kept: {kept:.1f} % of premium's right answers, {100 * TARGET:.0f} % were asked for, "
        f"at {cost:.0f} % of its cost."
    )


def spread(values: Sequence[float], form: str) -> str:
    """The mean, and the range where there are several values."""
    mean = form.format(sum(values) / len(values))
    if len(values) == 1:
        return mean
    return f"{mean} ({form.format(min(values))} to {form.format(max(values))})"


def tell(runs: Sequence[Run], console: Console) -> None:
    """Print what came of it."""
    if len(runs) == 1:
        console.print(str(runs[0].report), highlight=False, soft_wrap=True)
    console.print(table(runs))
    kept = told(runs)
    if kept:
        console.print(kept, highlight=False, soft_wrap=True)
    off = [each for each in map(Run.off_by, runs) if each is not None]
    if off:
        console.print(
            f"The baseline of the report is within {max(off):.2f} % of always premium's."
        )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo."""
    arguments = _arguments(argv)
    console = Console()
    recorded = DATA / GSM8K
    if not recorded.exists():
        console.print(f"{recorded} does not exist; taking the small question set.", soft_wrap=True)
    material = gsm8k(recorded) if recorded.exists() else small_set()
    count = arguments.requests or min(MOST_REQUESTS, 2 * len(material.items))
    seeds = range(arguments.seed, arguments.seed + arguments.seeds)
    console.print(f"{count} requests over {material.name}, seed {', '.join(map(str, seeds))}\n")
    runs = []
    for seed in seeds:
        try:
            runs.append(_run_of(seed, material, count, arguments, console))
        except Exception as error:
            # What a provider says when there is no connection is a hundred lines deep.
            if not arguments.live:
                raise
            reason = str(error).partition("\n")[0][:200]
            print(f"demo: {type(error).__name__}: {reason}", file=sys.stderr)
            return 1
    tell(runs, console)
    if arguments.state_dir:
        again = f"python -m tokenomics_shared report {arguments.state_dir}"
        console.print(f"\nLook again: {again}", soft_wrap=True)
    return 0


def _run_of(
    seed: int, material: Material, count: int, arguments: argparse.Namespace, console: Console
) -> Run:
    requests = traffic(material.items, count, seed)
    with ExitStack() as stack:
        state = arguments.state_dir or stack.enter_context(
            tempfile.TemporaryDirectory(prefix="tokenomics-demo-")
        )
        progress = stack.enter_context(Progress(console=console))
        watch = partial(progress.track, description="Answering")
        return run(material, requests, Path(state), watch, seed=seed, live=arguments.live)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--live", action="store_true", help="ask the real models")
    parser.add_argument("--requests", type=int, help="how many requests to send")
    parser.add_argument("--seed", type=int, default=0, help="of the order of requests")
    parser.add_argument("--seeds", type=int, default=1, help="how many runs, each on its seed")
    parser.add_argument("--state-dir", help="where to keep cache and ledger; nowhere if not")
    arguments = parser.parse_args(argv)
    for name in ("requests", "seeds"):
        value = getattr(arguments, name)
        if value is not None and value < 1:
            parser.error(f"--{name} must be at least 1, got {value}")
    if arguments.state_dir and arguments.seeds > 1:
        parser.error("--state-dir keeps one run, and --seeds asks for several")
    if arguments.live and not os.environ.get("OPENAI_API_KEY"):
        parser.error("--live needs OPENAI_API_KEY")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
