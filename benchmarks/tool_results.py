"""Structured compression of tool results: what is cut, and whether the answer is still there.

Each case is a tool's result with an answer planted in it, and a question. Compressors get the same
budget: 30 % of the result's tokens, or less. Beside ours: the beginning, the beginning and the
end, rows at random, and what searching for error words leaves; each at the budget.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from statistics import median
from time import thread_time

from harness import Bar, Figure, command_line, show_figures, show_rows, versions, write_json
from tool_cases import Case
from tool_logs import LOGS
from tool_searches import search_results
from tool_tables import TABLES
from tool_texts import API, orders

from tokenomics_shared.compression import Structured
from tokenomics_shared.intervals import clopper_pearson

BARS = {
    "tool_tokens_cut": Bar(0.70, 0.70, at_least=True),
    "tool_answer_kept": Bar(0.99, 0.995, at_least=True),
    "json_valid": Bar(1.0, 1.0, at_least=True),
    "structured_ms_100kb": Bar(10, 6),
}
"""What must be reached."""

SHARE = 0.3
"""The budget, as a share of what a result has."""
CASES = 600
SEED = 5
SEARCHES = 3
"""Search results beside one of every other kind."""
_ERRORS = ("error", "fail", "exception", "fatal", "timeout", "critical")

_PIECE = re.compile(r"[^\W\d_]{1,7}|\d{1,3}|[ \t]*\n\s*|[ \t]{2,}|[^\w\s]{1,2}|_", re.ASCII)
"""What an encoding makes one token of, roughly: short words, three digits, a run of spaces."""

Shorten = Callable[[Case, int], str]


@dataclass(frozen=True)
class Figures:
    """What was measured.

    Attributes:
        figures: ours, by name.
        baselines: others, by name.
        kinds: by kind of result and way of asking: share kept, tokens cut, cases.
        lost: kind, way and question of what ours lost.
    """

    figures: Mapping[str, Figure]
    baselines: Mapping[str, Figure]
    kinds: Mapping[str, tuple[float, float, float]]
    lost: Sequence[tuple[str, str, str]]


def pieces(text: str) -> int:
    """Roughly the tokens of structured text, of which characters alone say little."""
    return len(_PIECE.findall(text))


def cases(seed: int, count: int) -> list[Case]:
    """So many cases, of every kind in turn."""
    makers = (*API, *LOGS, *TABLES, *(search_results,) * SEARCHES)
    return [makers[at % len(makers)](Random(f"{seed}/{at}")) for at in range(count)]


def run(seed: int = SEED, count: int = CASES) -> Figures:
    """Measure ours and the baselines on the same cases."""
    asked = cases(seed, count)
    structured = Structured(pieces)

    def ours(case: Case, budget: int) -> str:
        return structured.compress([case.text], case.query, budget, "tool")[0]

    ways: dict[str, Shorten] = {
        "structured": ours,
        "head": lambda case, budget: _cut(case.text, budget),
        "head_tail": lambda case, budget: _ends(case.text, budget),
        "random_rows": _some,
        "error_grep": lambda case, budget: _grep(case.text, budget),
    }
    kept: dict[str, list[bool]] = {}
    cut: dict[str, list[float]] = {}
    valid: list[bool] = []
    for name, shorten in ways.items():
        kept[name], cut[name] = [], []
        for case in asked:
            tokens = pieces(case.text)
            short = shorten(case, int(SHARE * tokens))
            kept[name].append(_answers(case, short))
            cut[name].append(1 - pieces(short) / tokens)
            if name == "structured" and _is_json(case.text):
                valid.append(_is_json(short))
    figures = {
        "tool_tokens_cut": Figure(sum(cut["structured"]) / count),
        "tool_answer_kept": Figure(
            sum(kept["structured"]) / count, clopper_pearson(sum(kept["structured"]), count)
        ),
        "json_valid": Figure(sum(valid) / len(valid)),
        "structured_ms_100kb": _speed(),
    }
    others = {
        f"{name}_answer_kept": Figure(
            sum(kept[name]) / count, others={"cut": sum(cut[name]) / count}
        )
        for name in ways
        if name != "structured"
    }
    lost = [
        (c.kind, c.asked, c.query) for c, k in zip(asked, kept["structured"], strict=True) if not k
    ]
    return Figures(figures, others, _by_kind(asked, kept["structured"], cut["structured"]), lost)


def _by_kind(
    asked: Iterable[Case], kept: Iterable[bool], cut: Iterable[float]
) -> dict[str, tuple[float, float, float]]:
    rows: dict[str, list[tuple[bool, float]]] = defaultdict(list)
    for case, stays, less in zip(asked, kept, cut, strict=True):
        rows[f"{case.kind}, {case.asked}"].append((stays, less))
        rows[case.kind].append((stays, less))
    return {
        name: (sum(k for k, _ in held) / len(held), sum(c for _, c in held) / len(held), len(held))
        for name, held in sorted(rows.items())
    }


def _answers(case: Case, short: str) -> bool:
    """Whether everything that the answer needs is there, however it is spaced."""
    plain = short
    if _is_json(case.text) and _is_json(short):
        plain = json.dumps(json.loads(short), separators=(",", ":"))
    elif case.kind == "api":
        plain = short.replace('": ', '":').replace(", ", ",")
    return all(needle in plain or needle in short for needle in case.answer)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _cut(text: str, budget: int) -> str:
    """The beginning."""
    short = text[: int(len(text) * budget / max(pieces(text), 1))]
    while pieces(short) > budget:
        short = short[: int(len(short) * 0.97)]
    return short


def _ends(text: str, budget: int) -> str:
    """The beginning and the end, as much of each."""
    return _cut(text, budget // 2) + _cut(text[::-1], budget // 2)[::-1]


def _rows(text: str) -> list[str]:
    """Lines; of compact JSON, records."""
    return text.splitlines() if text.count("\n") > 5 else text.replace("},", "},\n").split("\n")


def _some(case: Case, budget: int) -> str:
    rows = _rows(case.text)
    order = list(range(len(rows)))
    Random(len(case.text)).shuffle(order)
    return _fill(rows, order, budget)


def _grep(text: str, budget: int) -> str:
    rows = _rows(text)
    return _fill(
        rows, [at for at, row in enumerate(rows) if any(w in row.lower() for w in _ERRORS)], budget
    )


def _fill(rows: Sequence[str], order: Iterable[int], budget: int) -> str:
    kept, left = [], float(budget)
    for at in order:
        left -= pieces(rows[at]) + 0.5
        if left < 0:
            break
        kept.append(at)
    return "\n".join(rows[at] for at in sorted(kept))


def _speed() -> Figure:
    """Milliseconds of CPU for 100 KB of JSON, without what counting tokens takes."""
    spent, counted = [], []
    random = Random(1)
    taken = 0.0

    def count(text: str) -> int:
        nonlocal taken
        begin = thread_time()
        tokens = pieces(text)
        taken += thread_time() - begin
        return tokens

    structured = Structured(count)
    for indent in (None, 2):
        rows = [row for _ in range(3) for row in json.loads(orders(random).text)["data"]]
        text = json.dumps({"data": rows}, indent=indent)
        budget = int(SHARE * pieces(text))
        for _ in range(9):
            taken, begin = 0.0, thread_time()
            structured.compress([text], "Which order is the largest?", budget, "tool")
            spent.append((thread_time() - begin - taken) * 1e8 / len(text))
            counted.append(taken * 1e8 / len(text))
    return Figure(median(spent), others={"counting": median(counted)})


def main() -> None:
    """Measure, print, write."""
    parser = command_line("What is cut of tool results, and whether the answer stays.")
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--lost", action="store_true", help="print the questions of what was lost")
    arguments = parser.parse_args()
    measured = run(arguments.seed, arguments.cases)
    show_figures("Tool results", measured.figures, BARS)
    show_figures("Baselines", measured.baselines, {})
    show_rows("By kind", ("answer kept", "tokens cut", "cases"), measured.kinds)
    if arguments.lost:
        for kind, asked, query in measured.lost:
            print(f"{kind} · {asked} · {query}")
    made = {
        "n": arguments.cases,
        "seeds": [arguments.seed],
        "share": SHARE,
        "kinds": measured.kinds,
        "lost": measured.lost,
        "tokens": "pieces of words, digits, spaces and signs",
        "versions": versions(),
    }
    write_json(arguments, measured.figures, measured.baselines, made)


if __name__ == "__main__":
    main()
