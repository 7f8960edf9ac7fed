"""cascadeflow's chat model beside the one it wraps, in an environment that has both.

Run by `overhead.py` with the interpreter of that environment. Prints timings as JSON.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

# Not installed where types are checked: it brings its own versions of much.
from cascadeflow.langchain import CascadeFlow  # type: ignore[import-not-found]
from langchain_openai import ChatOpenAI
from questions import FACT, LONG, PLAIN, asker
from rounds import TURNS, Contender, Group, alternate

THRESHOLD = 0.6
"""An echo of a short question scores 0.65, below the default of 0.7, and would be paid twice.
Being asked for less changes no work but that second call."""


def check(decision: str) -> Callable[[Any], None]:
    """Make a check that the wrapper went this way, which takes one call."""

    def one_call(answer: Any) -> None:
        told = answer.response_metadata["cascade"]["cascade_decision"]
        if told != decision:
            raise RuntimeError(f"cascadeflow: expected {decision!r}, got {told!r}")

    return one_call


def answered(answer: Any) -> None:
    """Check that there is an answer."""
    if not answer.content:
        raise RuntimeError("an empty answer")


def main() -> None:
    """Time both with short and with long questions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--calls", type=int, required=True)
    arguments = parser.parse_args()
    cheap, premium = (
        ChatOpenAI(model=name, base_url=arguments.url, api_key="any", stream_usage=True)
        for name in ("gpt-4o-mini", "gpt-4o")
    )
    wrapper = CascadeFlow(drafter=cheap, verifier=premium, quality_threshold=THRESHOLD)

    def contender(model: Any, question: str, checked: Callable[[Any], None]) -> Contender:
        return Contender(
            run=lambda prompts: [model.invoke(prompt) for prompt in prompts],
            inputs=asker(question),
            check=checked,
            calls=max(1, arguments.calls // TURNS),
        )

    def pair(name: str, question: str, decision: str) -> Group:
        return {
            f"plain, {name}'": contender(premium, question, answered),
            f"cascadeflow, {name}": contender(wrapper, question, check(decision)),
        }

    groups = [
        pair("accept", FACT, "accepted"),
        pair("accept_plain_question", PLAIN, "accepted"),
        pair("long_prompt", LONG, "direct"),
    ]
    timings = alternate(groups, arguments.rounds)
    batches = {name: list(map(asdict, taken)) for name, taken in timings.items()}
    print(json.dumps({"version": version("cascadeflow"), "timings": batches}))


if __name__ == "__main__":
    main()
