"""What compression does to an agent's conversation: tokens, the provider's prompt cache, money.

The same conversation is held uncompressed, compressed, compressed with a window, and cut by
LangChain's `trim_messages`, over real `ChatOpenAI` models on a loopback server that simulates a
provider's prompt cache. Then the CPU time that shrinking takes on the request path, for
conversations of several lengths. No recorded data is needed.
"""

import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Any

from agent_talk import SYSTEM, Exchange, answered, exchanges, tools, turn_by_turn
from harness import (
    Bar,
    Figure,
    command_line,
    show_figures,
    show_rows,
    stay_on_this_host,
    versions,
    write_json,
)
from langchain_core.messages import AnyMessage, SystemMessage, trim_messages
from langchain_core.messages.utils import count_tokens_approximately
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_openai import ChatOpenAI
from pydantic import SecretStr
from typing_extensions import override

from tokenomics_langchain import ChatTokenomics
from tokenomics_langchain.convert import to_message
from tokenomics_shared.effects import Call
from tokenomics_shared.orchestrator.allocation import RESPONSE_SHARE
from tokenomics_shared.testing import LoopbackServer, PromptCache
from tokenomics_shared.types import Prompt

MODEL = "gpt-4o"
WINDOW = 8_000
"""Token budget of the runs that leave turns out."""

LENGTHS = (5, 20, 60)
"""Turns of the conversations that are timed."""

BARS = {
    "prefix_hit_ratio": Bar(0.90, 0.97, at_least=True),
    "prefix_hit_ratio_window": Bar(0.90, 0.97, at_least=True),
    "chat_cost_cached_10": Bar(0.7, 0.5),
    "chat_cost_cached_50": Bar(0.7, 0.5),
    "shrink_again_cpu_us_20": Bar(300, 150),
}

PARTS_OFF: Mapping[str, Any] = {
    "bandit": {"enabled": False},
    "cascading": {"enabled": False},
    "audit": {"enabled": False},
}
"""Premium alone, so that nothing but what is sent differs."""


@dataclass(frozen=True)
class Sent:
    """What a run sent.

    Attributes:
        tokens: of all prompts.
        cached: of them those that came from the prompt cache.
        requests: how many.
        changed: requests that did not begin with all of the one before.
    """

    tokens: int
    cached: int
    requests: int
    changed: int

    @property
    def share(self) -> float:
        """Of the prompt tokens those that came from the prompt cache."""
        return self.cached / self.tokens

    def cost(self, cached_price: float) -> float:
        """In fresh tokens, of which a cached one costs so much.

        A tenth is what it costs at Anthropic and of OpenAI's newer models, half of its older.
        """
        return self.tokens - (1 - cached_price) * self.cached


class Trimmed(ChatOpenAI):
    """A chat model that sends what `trim_messages` leaves: the system's turn and the last ones."""

    @override
    def _get_request_payload(self, input_: Any, **kwargs: Any) -> dict[str, Any]:
        kept = trim_messages(
            input_,
            max_tokens=round((1 - RESPONSE_SHARE) * WINDOW),
            token_counter=count_tokens_approximately,
            strategy="last",
            start_on="human",
            include_system=True,
        )
        return super()._get_request_payload(kept, **kwargs)


RUNS: Mapping[str, Callable[[str], Any]] = {
    "uncompressed": lambda url: _openai(url, ChatOpenAI),
    "compressed": lambda url: _ours(url, history="off"),
    "compressed, window": lambda url: _ours(url, history="window", token_budget=WINDOW),
    "window alone": lambda url: _ours(
        url, compression="off", history="window", token_budget=WINDOW
    ),
    "trim_messages": lambda url: _openai(url, Trimmed),
}


def main() -> None:
    """Measure, print, write."""
    parser = command_line("What compression does to an agent's conversation.")
    parser.add_argument("--turns", type=int, default=20, help="how often the user speaks")
    parser.add_argument("--seeds", type=int, default=5, help="conversations")
    parser.add_argument("--rounds", type=int, default=40, help="times that each call is timed")
    arguments = parser.parse_args()
    stay_on_this_host()
    runs = {name: _runs(make, arguments) for name, make in RUNS.items()}
    cpu = _cpu(arguments.rounds)
    figures, baselines = _figures(runs), _baselines(runs)
    figures |= {f"{name}_cpu_us_{turns}": Figure(us) for (name, turns), us in cpu.items()}
    show_figures("An agent's conversation", figures, BARS)
    show_figures("Baselines", baselines, {})
    rows = {name: _row(sent) for name, sent in runs.items()}
    columns = ("tokens", "cached share", "cost at 10 %", "cost at 50 %", "requests", "changed")
    show_rows("Means of a conversation", columns, rows)
    made = {
        "n": arguments.turns,
        "seeds": list(range(arguments.seeds)),
        "versions": versions("langchain", "langchain-core", "langchain-openai", "tiktoken"),
        "runs": {name: dict(zip(columns, row, strict=True)) for name, row in rows.items()},
    }
    write_json(arguments, figures, baselines, made)


def _runs(make: Callable[[str], Any], arguments: Namespace) -> list[Sent]:
    return [_held(make, exchanges(arguments.turns, seed)) for seed in range(arguments.seeds)]


def _held(make: Callable[[str], Any], talk: Sequence[Exchange]) -> Sent:
    """Hold a conversation with a server of its own."""
    with LoopbackServer(answered, prompt_cache=PromptCache()) as server:
        for _ in turn_by_turn(make(server.url), talk):
            pass
        bodies = [body["messages"] for body in server.requests]
        changed = sum(now[: len(before)] != before for before, now in pairwise(bodies))
        tokens, cached = server.input_tokens.total(), server.cached_tokens.total()
        return Sent(tokens, cached, len(bodies), changed)


def _openai(url: str, kind: type[ChatOpenAI] = ChatOpenAI) -> ChatOpenAI:
    return kind(model=MODEL, base_url=url, api_key=SecretStr("any"), max_retries=0)


def _ours(url: str, **settings: Any) -> ChatTokenomics:
    return ChatTokenomics(premium=_openai(url), **{**PARTS_OFF, "compression": "auto", **settings})


def _figures(runs: Mapping[str, Sequence[Sent]]) -> dict[str, Figure]:
    whole = runs["uncompressed"]
    ours, window = runs["compressed"], runs["compressed, window"]
    return {
        "prefix_hit_ratio": _ratio(ours, whole, lambda it: it.share),
        "prefix_hit_ratio_window": _ratio(window, whole, lambda it: it.share),
        "chat_tokens": _ratio(ours, whole, lambda it: it.tokens),
        "chat_tokens_window": _ratio(window, whole, lambda it: it.tokens),
        "chat_cost_cached_10": _ratio(ours, whole, lambda it: it.cost(0.1)),
        "chat_cost_cached_50": _ratio(ours, whole, lambda it: it.cost(0.5)),
        "chat_cost_window_cached_10": _ratio(window, whole, lambda it: it.cost(0.1)),
        "chat_cost_window_cached_50": _ratio(window, whole, lambda it: it.cost(0.5)),
    }


def _baselines(runs: Mapping[str, Sequence[Sent]]) -> dict[str, Figure]:
    whole = runs["uncompressed"]
    return {
        f"{name.replace(' ', '_')}_{figure}": _ratio(runs[name], whole, reading)
        for name in ("window alone", "trim_messages")
        for figure, reading in (
            ("prefix_hit_ratio", lambda it: it.share),
            ("tokens", lambda it: it.tokens),
            ("cost_cached_10", lambda it: it.cost(0.1)),
            ("cost_cached_50", lambda it: it.cost(0.5)),
        )
    }


def _ratio(
    ours: Sequence[Sent], whole: Sequence[Sent], reading: Callable[[Sent], float]
) -> Figure:
    """The mean over conversations of a run's reading over the uncompressed one's."""
    ratios = [reading(one) / reading(other) for one, other in zip(ours, whole, strict=True)]
    others = {"least": min(ratios), "most": max(ratios)}
    return Figure(sum(ratios) / len(ratios), others=others)


def _row(sent: Sequence[Sent]) -> tuple[float, ...]:
    readings: tuple[Callable[[Sent], float], ...] = (
        lambda it: it.tokens,
        lambda it: it.share,
        lambda it: it.cost(0.1),
        lambda it: it.cost(0.5),
        lambda it: it.requests,
        lambda it: it.changed,
    )
    return tuple(sum(map(reading, sent)) / len(sent) for reading in readings)


def _cpu(rounds: int) -> dict[tuple[str, int], float]:
    """Microseconds of CPU time by what is done and the conversation's turns.

    `shrink_new` is the mean of the requests of a conversation as it goes on, each with new texts;
    `shrink_again` the median of the last one's when its texts are known.
    """
    found = {}
    for turns in LENGTHS:
        talk = exchanges(turns)
        model = _ours("http://127.0.0.1:9")
        prompts = list(_prompts(_recorded(talk), talk))
        # The encoding is loaded by then.
        _shrink_s(model, replace(prompts[0], messages=prompts[0].messages[::-1]))
        new = [_shrink_s(model, prompt) for prompt in prompts]
        again = [_shrink_s(model, prompts[-1]) for _ in range(rounds)]
        found["shrink_new", turns] = 1e6 * sum(new) / len(new)
        found["shrink_again", turns] = 1e6 * median(again)
        found["plan_again", turns] = 1e6 * median(
            _plan_s(model, prompts[-1]) for _ in range(rounds)
        )
    return found


def _recorded(talk: Sequence[Exchange]) -> list[AnyMessage]:
    with LoopbackServer(answered) as server:
        return list(turn_by_turn(_openai(server.url), talk))[-1]


def _prompts(messages: Sequence[AnyMessage], talk: Sequence[Exchange]) -> Iterator[Prompt]:
    """Each request of a conversation."""
    offered = tuple(convert_to_openai_tool(tool) for tool in tools(talk))
    turns = [to_message(it) for it in (SystemMessage(SYSTEM), *messages)]
    for end, turn in enumerate(turns):
        if turn.role == "ai":
            yield Prompt(tuple(turns[:end]), tools=offered)


def _shrink_s(model: ChatTokenomics, prompt: Prompt) -> float:
    """CPU seconds to shorten a request that is planned."""
    parts, roster = model.engine.parts, model.roster
    plan = parts.orchestrator.plan(prompt, roster)
    # Without an account it would only be told, and nothing be kept.
    with parts.books.open(roster) as account:
        start = time.process_time()
        steps = parts.shrinker.shrink(prompt, plan, roster, account)
        try:
            effect = next(steps)
            while True:
                assert isinstance(effect, Call)
                effect = steps.send(effect.fn())
        except StopIteration:
            return time.process_time() - start


def _plan_s(model: ChatTokenomics, prompt: Prompt) -> float:
    """CPU seconds to plan a request."""
    start = time.process_time()
    model.engine.parts.orchestrator.plan(prompt, model.roster)
    return time.process_time() - start


if __name__ == "__main__":
    main()
