"""cascadeflow's chat model asked much at once, beside the one it wraps.

Run by `throughput.py` with the interpreter of an environment that has both. Prints timings as
JSON.
"""

import argparse
import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

# Not installed where types are checked: it brings its own versions of much.
from cascadeflow.langchain import CascadeFlow  # type: ignore[import-not-found]
from langchain_openai import ChatOpenAI
from loads import THREAD_TURNS, THREADS, TRANSPORTS, TURNS, WARM, Crowd
from peers_cascadeflow import THRESHOLD, answered, check
from questions import FACT, asker
from rounds import Contender, Group, Run, alternate

FAST = next(iter(TRANSPORTS))


def main() -> None:
    """Time both with tasks and with threads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--calls", type=int, required=True)
    arguments = parser.parse_args()
    ask = asker(FACT)

    def pair(way: str, run: Callable[[Any], Run], calls: int, **own: Any) -> Group:
        cheap, premium = (
            ChatOpenAI(model=name, base_url=arguments.url, api_key="any", **own)
            for name in ("gpt-4o-mini", "gpt-4o")
        )
        wrapper = CascadeFlow(drafter=cheap, verifier=premium, quality_threshold=THRESHOLD)
        return {
            f"plain, {way}'": Contender(run(cheap), ask, answered, calls),
            f"cascadeflow, {way}": Contender(run(wrapper), ask, check("accepted"), calls),
        }

    with ExitStack() as stack:
        crowd = Crowd(stack)
        client = crowd.client(TRANSPORTS[FAST])
        tasks = pair(
            FAST, lambda it: crowd.tasks(it.ainvoke), arguments.calls, http_async_client=client
        )
        few = max(THREADS, THREADS * arguments.calls // 5 // THREAD_TURNS)
        threads = pair("threads", lambda it: crowd.threads(it.invoke), few)
        timings = {
            **alternate([tasks], arguments.rounds, TURNS, WARM),
            **alternate([threads], max(1, arguments.rounds // 2), THREAD_TURNS, WARM),
        }
    batches = {name: list(map(asdict, taken)) for name, taken in timings.items()}
    print(json.dumps({"version": version("cascadeflow"), "timings": batches}))


if __name__ == "__main__":
    main()
