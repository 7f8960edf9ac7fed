"""How many requests a second go through `ChatTokenomics` beside a plain chat model.

A light server on loopback, in a process of its own, answers each request after 50 ms. A thousand
tasks ask at once on one event loop, and 32 threads ask one question after another, over the
connections that a client may have: over few, the provider's time is the limit, over many, the
client's. Contenders take turns; a figure is the median over neighbouring batches: the ratio of
requests a second, or the CPU time that a call adds. With `--peers` cascadeflow is measured beside
us, in an environment of its own.
"""

from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from contenders import CACHED, ONE_CALL, check_answered, check_hit, check_miss, writing
from harness import (
    HERE,
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
from langchain_openai import ChatOpenAI
from loads import AT_ONCE, THREAD_TURNS, THREADS, TRANSPORTS, TURNS, WARM, Crowd
from peers import ask_peers
from pydantic import SecretStr
from questions import FACT, again, asker
from rounds import Batch, Comparison, Contender, Group, Run, Timings, alternate, compare, middle

from tokenomics_langchain import ChatTokenomics, TokenomicsConfig

MS = 1e3

LATENCY_MS = 50
"""What the server takes for an answer."""

LEARNT_FROM = 50
"""Questions that the router has seen before. A thousand that come at once would all be decided by
what is known before the first of them is answered, and some by asking twice."""

FAST, CAPPED, WIDE, OWN = TRANSPORTS

SLOW = {WIDE, OWN}
"""Where the client's connections take most of a call's time. Only the plain model is timed over
them: they show where the limit is."""

PARTS = {FAST: 1, CAPPED: 8}
"""Batches over these connections are so many times smaller, all others four times: less is
asked at once, but a batch is over in seconds."""


def _rate(contender: str, base: str) -> Comparison:
    """Requests a second, as a share of the base's: its time against the contender's."""
    return Comparison(base, contender, clock="wall_s")


def _both(name: str, end: str, contender: str, base: str) -> dict[str, Comparison]:
    """What becomes of the rate, and what is added to a call."""
    return {
        f"{name}_ratio{end}": _rate(contender, base),
        f"{name}_added_cpu_ms{end}": Comparison(contender, base, MS),
    }


WAYS = {FAST: "async", CAPPED: "async_capped", "threads": "thread"}
"""What figures of these ways to ask are called by."""

FIGURES = {
    name: comparison
    for way, label in WAYS.items()
    for end, who in {"": "miss", "_off": "all parts off"}.items()
    for name, comparison in _both(label, end, f"{who}, {way}", f"plain, {way}").items()
} | {
    "async_ratio_hits": _rate(f"exact hit, {FAST}", f"plain, {FAST}"),
    "thread_ratio_hits": _rate("exact hit, threads", "plain, threads"),
}

BARS = {
    "async_ratio": Bar(0.9, 0.95, at_least=True),
    "async_ratio_off": Bar(0.9, 0.95, at_least=True),
    "async_added_cpu_ms": Bar(0.2, 0.15),
    "thread_ratio": Bar(0.9, 0.95, at_least=True),
}

PEER_FIGURES = {
    f"cascadeflow_{name}": comparison
    for way, label in {FAST: "async", "threads": "thread"}.items()
    for name, comparison in _both(label, "", f"cascadeflow, {way}", f"plain, {way}'").items()
}


class Bench:
    """Makes contenders that share connections, tasks and threads."""

    def __init__(self, url: str, arguments: Namespace, stack: ExitStack) -> None:
        """Make a bench.

        Args:
            url: the server's.
            arguments: the command line's.
            stack: ends what is opened here.
        """
        self._url = url
        self._calls = arguments.calls
        self._stack = stack
        self._crowd = Crowd(stack)
        self._ask = asker(FACT)

    def over(self, way: str) -> Group:
        """Tasks that ask at once, over connections of this kind."""
        client = self._crowd.client(TRANSPORTS[way])
        own = {} if client is None else {"http_async_client": client}
        tasks = self._crowd.tasks
        calls = max(1, self._calls // PARTS.get(way, 4))
        group = self._group(way, own, lambda model: tasks(model.ainvoke), calls)
        return dict(list(group.items())[: 1 if way in SLOW else None])

    def by_threads(self) -> Group:
        """Threads that ask one question after another: 200 each in a round of 1,000 calls."""
        threads = self._crowd.threads
        calls = max(THREADS, THREADS * self._calls // 5 // THREAD_TURNS)
        return self._group("threads", {}, lambda model: threads(model.invoke), calls)

    def _group(
        self, way: str, own: Mapping[str, Any], ask: Callable[[Any], Run], calls: int
    ) -> Group:
        cheap, premium = (
            ChatOpenAI(model=name, base_url=self._url, api_key=SecretStr("any"), **own)
            for name in ("gpt-4o-mini", "gpt-4o")
        )
        ours = self._tokenomics(cheap, premium, **ONE_CALL)
        off = self._tokenomics(None, premium, config=TokenomicsConfig.off())
        known = self._tokenomics(cheap, premium)
        for question in self._ask(LEARNT_FROM):
            ours.invoke(question)
        for question in CACHED:
            known.invoke(question)
        new, old = self._ask, again(*CACHED)
        return {
            f"plain, {way}": Contender(ask(cheap), new, check_answered, calls),
            f"miss, {way}": Contender(ask(ours), new, check_miss, calls, writing(ours)),
            f"all parts off, {way}": Contender(ask(off), new, check_miss, calls, writing(off)),
            f"exact hit, {way}": Contender(ask(known), old, check_hit, calls, writing(known)),
        }

    def _tokenomics(
        self, cheap: ChatOpenAI | None, premium: ChatOpenAI, **settings: Any
    ) -> ChatTokenomics:
        model = ChatTokenomics(cheap=cheap, premium=premium, **settings)
        self._stack.callback(model.engine.close)
        return model


def main() -> None:
    """Measure, print, write."""
    arguments = _arguments()
    stay_on_this_host()
    server = str(HERE / "steady_server.py")
    with loopback(server, "--latency-ms", str(LATENCY_MS)) as url:
        timings = _ours(url, arguments)
        peers = _peers(url, arguments)
    told = {
        name: [Batch(**batch) for batch in batches]
        for name, batches in peers.get("timings", {}).items()
    }
    figures = _figures(timings, FIGURES)
    baselines = _figures(told, PEER_FIGURES) if told else {}
    rows = {name: _per_second(batches) for name, batches in {**timings, **told}.items()}
    show_figures("Throughput", figures, BARS)
    show_figures("Peers", {**dict.fromkeys(PEER_FIGURES), **baselines}, {})
    show_rows("Of each", ("requests/s", "CPU ms a call"), rows)
    found = versions("langchain-core", "langchain-openai", "openai", "httpx", "aiohttp")
    found |= {"cascadeflow": peers["version"]} if peers else {}
    made = {
        "n": arguments.rounds * TURNS,
        "rounds": arguments.rounds,
        "calls": arguments.calls,
        "calls_by_connections": {way: arguments.calls // PARTS.get(way, 4) for way in TRANSPORTS},
        "threads": THREADS,
        "latency_ms": LATENCY_MS,
        "seeds": [],
        "versions": found,
        "per_second_and_cpu_ms": rows,
    }
    write_json(arguments, figures, baselines, made)


def _arguments() -> Namespace:
    parser = command_line("Requests a second beside a plain model; no recorded data is needed.")
    parser.add_argument("--rounds", type=int, default=3, help="rounds to measure")
    parser.add_argument("--calls", type=int, default=AT_ONCE, help="calls at once")
    parser.add_argument("--peers", action="store_true", help="install cascadeflow if need be")
    arguments = parser.parse_args()
    for name in ("rounds", "calls"):
        if getattr(arguments, name) < 1:
            parser.error(f"--{name} must be at least 1, got {getattr(arguments, name)}")
    return arguments


def _ours(url: str, arguments: Namespace) -> dict[str, Sequence[Batch]]:
    with ExitStack() as stack:
        bench = Bench(url, arguments, stack)
        quick = [bench.over(way) for way in TRANSPORTS if way not in SLOW]
        slow = [bench.over(way) for way in TRANSPORTS if way in SLOW]
        return {
            **alternate(quick, arguments.rounds, TURNS, WARM),
            **alternate([bench.by_threads()], max(1, arguments.rounds // 2), THREAD_TURNS, WARM),
            **alternate(slow, 1, TURNS, WARM),
        }


def _peers(url: str, arguments: Namespace) -> dict[str, Any]:
    """What the peers' own environment measured; nothing when there is none."""
    sizes = ("--rounds", str(arguments.rounds), "--calls", str(arguments.calls))
    script = "peers_cascadeflow_throughput.py"
    return ask_peers(script, "--url", url, *sizes, install=arguments.peers)


def _figures(timings: Timings, comparisons: Mapping[str, Comparison]) -> dict[str, Figure]:
    figures = {}
    for name, comparison in comparisons.items():
        found = compare(timings, comparison)
        figures[name] = Figure(found.value, (found.low, found.high))
    return figures


def _per_second(batches: Sequence[Batch]) -> tuple[float, float]:
    usual = middle(batches)
    return 1 / usual.wall_s, usual.cpu_s * MS


if __name__ == "__main__":
    main()
