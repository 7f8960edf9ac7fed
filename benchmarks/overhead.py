"""What `ChatTokenomics` adds to a call, in CPU time: on a miss, on a hit, at import.

A server on loopback, in a process of its own, answers at once, so that nothing but the client's
work is timed. Base and contender take turns in one run; a figure is the median of the
differences, or ratios, of neighbouring batches. CPU time is quoted because wall time depends on
what else the machine does; it includes the ledger's writer thread. With `--peers` cascadeflow is
measured beside us, in an environment of its own.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from contenders import Bench
from harness import (
    Bar,
    Figure,
    command_line,
    loopback,
    show_figures,
    show_rows,
    stay_on_this_host,
    versions,
    write_json,
)
from imports import Import, time_imports
from peers import ask_peers
from rounds import TURNS, Batch, Comparison, Timings, alternate, compare, least, middle

US, MS = 1e6, 1e3

FIGURES = {
    "miss_added_cpu_us": Comparison("miss", "plain", US),
    "exact_hit_ratio": Comparison("exact hit", "floor"),
    "miss_added_cpu_us_listened": Comparison("miss, listened", "plain, listened", US),
    "exact_hit_ratio_listened": Comparison("exact hit, listened", "floor, listened"),
    "miss_added_cpu_us_async": Comparison("miss, async", "plain, async", US),
    "exact_hit_ratio_async": Comparison("exact hit, async", "floor, async"),
    "miss_added_cpu_us_long": Comparison("miss, long", "plain, long", US),
    "stream_added_cpu_us": Comparison("miss, streamed", "plain, streamed", US),
    "miss_added_cpu_us_same_start": Comparison("miss, same start", "plain", US),
    "off_added_cpu_us": Comparison("all parts off", "plain", US),
    "disk_hit_ratio": Comparison("exact hit from disk", "floor"),
    "import_shared_ms": Comparison("import tokenomics_shared", None, MS),
    "import_engine_ms": Comparison("import Engine", None, MS),
    "import_langchain_added_ms": Comparison("import tokenomics_langchain", None, MS),
}

BARS = {
    "miss_added_cpu_us": Bar(250, 120),
    "exact_hit_ratio": Bar(1.15, 1.07),
    "import_shared_ms": Bar(100, 60),
    "import_langchain_added_ms": Bar(100, 50),
}

BASELINES = {
    "with_fallbacks_added_cpu_us": Comparison("with_fallbacks", "plain", US),
    "inmemory_cache_hit_ratio": Comparison("InMemoryCache hit", "floor"),
}

PEER_BASELINES = {
    f"cascadeflow_{name}_added_cpu_us": Comparison(f"cascadeflow, {name}", f"plain, {name}'", US)
    for name in ("accept", "accept_plain_question", "long_prompt")
}

_BASE_CHAT_MODEL = "from langchain_core.language_models import BaseChatModel"
IMPORTS = {
    "import tokenomics_shared": Import("import tokenomics_shared"),
    # The package's names are imported when they are asked for; this asks for what takes longest.
    "import Engine": Import("from tokenomics_shared import Engine"),
    "import BaseChatModel": Import(_BASE_CHAT_MODEL),
    "import tokenomics_langchain": Import("import tokenomics_langchain", _BASE_CHAT_MODEL),
}


def main() -> None:
    """Measure, print, write."""
    arguments = _arguments()
    stay_on_this_host()
    with loopback() as url:
        timings = _ours(url, arguments)
        peers = _peers(url, arguments)
    peer_timings = {
        name: [Batch(**batch) for batch in batches]
        for name, batches in peers.get("timings", {}).items()
    }
    figures = figures_of(timings, FIGURES)
    baselines = figures_of(timings, BASELINES)
    if peer_timings:
        baselines |= figures_of(peer_timings, PEER_BASELINES)
    timings |= peer_timings
    show_figures("Overhead, in CPU time", figures, BARS)
    show_figures("Baselines", {**dict.fromkeys(PEER_BASELINES), **baselines}, {})
    calls = per_call(timings)
    show_rows("Microseconds a call", ("CPU", "least", "wall", "least"), calls)
    found = versions("langchain-core", "langchain-openai", "openai", "pydantic")
    found |= {"cascadeflow": peers["version"]} if peers else {}
    made = {
        "n": arguments.rounds * TURNS,
        "rounds": arguments.rounds,
        "calls": arguments.calls,
        "seeds": [],
        "versions": found,
        "microseconds": calls,
    }
    write_json(arguments, figures, baselines, made)


def _arguments() -> Namespace:
    parser = command_line("What ChatTokenomics adds to a call; no recorded data is needed.")
    parser.add_argument("--peers", action="store_true", help="install cascadeflow if need be")
    return sized(parser)


def sized(parser: ArgumentParser) -> Namespace:
    """Read the command line, and with it how much is to be measured."""
    parser.add_argument("--rounds", type=int, default=15, help="rounds to measure")
    parser.add_argument("--calls", type=int, default=60, help="calls that miss, in a round")
    arguments = parser.parse_args()
    for name in ("rounds", "calls"):
        if getattr(arguments, name) < 1:
            parser.error(f"--{name} must be at least 1, got {getattr(arguments, name)}")
    return arguments


def _ours(url: str, arguments: Namespace) -> dict[str, Sequence[Batch]]:
    with ExitStack() as stack:
        bench = Bench(url, arguments.calls, stack)
        groups = [*bench.misses(), *bench.hits()]
        timings = dict(alternate(groups, arguments.rounds))
    return timings | dict(time_imports(IMPORTS, arguments.rounds))


def _peers(url: str, arguments: Namespace) -> dict[str, Any]:
    """What the peers' own environment measured; nothing when there is none."""
    sizes = ("--rounds", str(arguments.rounds), "--calls", str(arguments.calls))
    return ask_peers("peers_cascadeflow.py", "--url", url, *sizes, install=arguments.peers)


def figures_of(timings: Timings, comparisons: Mapping[str, Comparison]) -> dict[str, Figure]:
    """What comparisons give, with their intervals."""
    figures = {}
    for name, comparison in comparisons.items():
        found = compare(timings, comparison)
        others = {"at best": found.at_best, "of minima": found.minimum, "wall": found.wall}
        figures[name] = Figure(found.value, (found.low, found.high), others)
    return figures


def per_call(timings: Timings) -> dict[str, tuple[float, ...]]:
    """Each contender's microseconds a call: CPU, its least, wall, its least."""
    rows = {}
    for name, batches in timings.items():
        usual, best = middle(batches), least(batches)
        rows[name] = tuple(
            seconds * US for seconds in (usual.cpu_s, best.cpu_s, usual.wall_s, best.wall_s)
        )
    return rows


if __name__ == "__main__":
    main()
