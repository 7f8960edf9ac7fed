"""Prompt compression: what survives of the answers, and what it takes.

Tools' results: those of `tool_results.py`.

Retrieval QA: questions get the 8 nearest paragraphs of the split by MiniLM. Retention is the
share of the questions whose own paragraph was retrieved whose answer is still in what is kept of
that paragraph, at 25 % and 10 % of the retrieved tokens. The signs of relevance were chosen and
their weights fitted on the development split, so its own figures are a little too good.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, median
from time import perf_counter, thread_time

import tool_results
from harness import Bar, Figure, command_line, show_figures, show_rows, versions, write_json
from retrieval import Memo, Question, Shorten, by_paragraph, kept_tokens, questions, ways

from tokenomics_shared.adapters.counting import counter_for
from tokenomics_shared.adapters.onnx_minilm import OnnxMiniLM
from tokenomics_shared.compression import Extractive
from tokenomics_shared.orchestrator import estimate_tokens
from tokenomics_shared.planning import Count

BARS = {
    "rag_retention_25": Bar(0.98, 0.99, at_least=True),
    "rag_retention_10": Bar(0.95, 0.97, at_least=True),
    "extractive_ms": Bar(3, 1.5),
}

BUDGETS = {"25": 0.25, "10": 0.10}
DRAWS = 2_000
READER = "gpt-4o"
"""Whose tokens are counted."""
TIMED, ROUNDS = 24, 7
NEAR_TOKENS = 1_200


@dataclass(frozen=True, slots=True)
class Kept:
    """What a way of shortening kept at a budget.

    Attributes:
        answers: whether each answer is still there.
        tokens: mean share of the retrieved tokens.
    """

    answers: list[bool]
    tokens: float


def main() -> None:
    """Measure, print, write."""
    arguments = command_line("What prompt compression keeps of the answers.").parse_args()
    embed = Memo(OnnxMiniLM.find())
    asked, every = questions(arguments.data, arguments.split, embed)
    counter = counter_for(READER)
    figures, baselines, rows = retention(asked, ways(counter.count, embed), counter.count)
    figures["extractive_ms"] = speed(asked, embed)
    tools = tool_results.run()
    figures |= tools.figures
    baselines |= tools.baselines
    show_figures("Prompt compression", figures, {**BARS, **tool_results.BARS})
    show_rows("Retrieval QA", ("kept 25 %", "tokens", "kept 10 %", "tokens"), rows)
    show_rows("Tools' results", ("answers kept", "tokens cut", "cases"), tools.kinds)
    made = {
        "n": len(asked),
        "questions": every,
        "paragraph_retrieved": len(asked) / every,
        "seeds": [0, tool_results.SEED],
        "versions": versions("llama-index-core", "onnxruntime", "numpy"),
        "tokens": f"{READER}'s" if counter.exact else "estimated from characters, for all alike",
    }
    write_json(arguments, figures, baselines, made)


def retention(
    asked: Sequence[Question], methods: Mapping[str, Shorten], count: Count
) -> tuple[dict[str, Figure], dict[str, Figure], dict[str, list[float]]]:
    """Figures of the first way, those of the others, and a table of all."""
    figures: dict[str, Figure] = {}
    baselines: dict[str, Figure] = {}
    rows: dict[str, list[float]] = {}
    for place, (name, shorten) in enumerate(methods.items()):
        for budget, share in BUDGETS.items():
            kept = keep(asked, shorten, share, count)
            figure = Figure(
                mean(kept.answers),
                by_paragraph(asked, kept.answers, DRAWS),
                {"tokens kept": kept.tokens},
            )
            if place:
                baselines[f"{name}_rag_retention_{budget}"] = figure
            else:
                figures[f"rag_retention_{budget}"] = figure
            rows.setdefault(name, []).extend((figure.value, kept.tokens))
    return figures, baselines, rows


def keep(asked: Sequence[Question], shorten: Shorten, share: float, count: Count) -> Kept:
    """Shorten what each question got to a share of its tokens."""
    answers, tokens = [], []
    for question in asked:
        retrieved = sum(map(count, question.retrieved))
        kept = shorten(question.retrieved, question.text, int(share * retrieved))
        own = kept[question.retrieved.index(question.paragraph)]
        answers.append(question.answer in own)
        tokens.append(kept_tokens(kept, count) / retrieved)
    return Kept(answers, mean(tokens))


def speed(asked: Sequence[Question], embed: Memo) -> Figure:
    """Milliseconds of CPU time for about 1,200 tokens, the embedding apart."""

    def distance(question: Question) -> int:
        return abs(sum(map(estimate_tokens, question.retrieved)) - NEAR_TOKENS)

    timed = sorted(asked, key=distance)[:TIMED]
    seen: list[Sequence[str]] = []

    def remembered(texts: Sequence[str]) -> object:
        seen.append(texts)
        return embed(texts)

    looked_up = Extractive(estimate_tokens, remembered)
    compressor = Extractive(estimate_tokens, lambda texts: rows[tuple(texts)])
    for question in timed:
        looked_up.compress(question.retrieved, question.text, NEAR_TOKENS // 4)
    rows = {tuple(texts): embed(texts) for texts in seen}
    wall, cpu = [], []
    for question in [*timed] * ROUNDS:
        start, busy = perf_counter(), thread_time()
        compressor.compress(question.retrieved, question.text, NEAR_TOKENS // 4)
        cpu.append(1e3 * (thread_time() - busy))
        wall.append(1e3 * (perf_counter() - start))
    embedding = []
    for texts in seen[:ROUNDS]:
        busy = thread_time()
        embed.embedder.embed(texts)
        embedding.append(1e3 * (thread_time() - busy))
    others = {"wall ms": median(wall), "of embedding": median(cpu) / median(embedding)}
    return Figure(median(cpu), others=others)


if __name__ == "__main__":
    main()
