"""What was sent once is sent again to the byte, so that the provider's prompt cache keeps hitting.

An agent's conversation runs over real `ChatOpenAI` tiers; what counts is what the server got.
"""

import importlib
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import HumanMessage

from tests.conftest import openai_model
from tests.integration.langchain.conftest import CHEAP, PREMIUM
from tokenomics_langchain import ChatTokenomics, TokenomicsMiddleware
from tokenomics_shared.testing import ChatRequest, LoopbackServer, PromptCache

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
TURNS = 20
CACHED = 0.1
"""What a cached token costs of a fresh one."""

PRICES = {
    CHEAP: {"input": 1, "output": 4, "cache_read": CACHED},
    PREMIUM: {"input": 10, "output": 40, "cache_read": 10 * CACHED},
}
PLAIN: dict[str, Any] = {
    "bandit": {"enabled": False},
    "cascading": {"enabled": False},
    "audit": {"enabled": False},
    "prices": PRICES,
}
"""Premium alone."""

DRAFTS = PLAIN | {"cascading": {"enabled": True}, "judge": {"judges": ("checks", "quick")}}
"""The cheap tier drafts, and a quick check rejects some."""

HISTORIES: dict[str, dict[str, Any]] = {
    "off": {"history": "off"},
    "window": {"history": "window", "token_budget": 8_000},
}
Texts = list[bytes]


@pytest.fixture
def talks(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("agent_talk")


@pytest.fixture
def server(talks: Any) -> Iterator[LoopbackServer]:
    def answer(request: ChatRequest) -> str:
        hard = "serverlogs" in request.question
        return "Not sure" if request.model == CHEAP and hard else str(talks.answered(request))

    with LoopbackServer(answer, prompt_cache=PromptCache()) as running:
        yield running


def made(server: LoopbackServer, settings: dict[str, Any], **others: Any) -> ChatTokenomics:
    tiers = {"cheap": openai_model(server, CHEAP), "premium": openai_model(server, PREMIUM)}
    return ChatTokenomics(**tiers, **{"compression": "auto", **settings, **others})


def hold(talks: Any, model: Any, talk: Any, before: Sequence[Any] = ()) -> list[Any]:
    return list(talks.turn_by_turn(model, talk, before))[-1]  # type: ignore[no-any-return]


def sent(server: LoopbackServer, model: str = PREMIUM) -> list[Texts]:
    """The messages of every request to a model, each as its bytes."""
    return [
        [json.dumps(turn).encode() for turn in body["messages"]]
        for body in server.requests
        if body["model"] == model
    ]


def cuts(requests: Sequence[Texts]) -> int:
    """How often turns were left out; all that was sent twice has the same bytes.

    Each request begins like the one before, but for turns after the system's that are left out.
    """
    found = 0
    for before, now in pairwise(requests):
        assert now[0] == before[0], "the system prompt changed"
        if now[: len(before)] == before:
            continue
        starts = range(1, len(before))
        assert any(now[1 : 1 + len(before) - at] == before[at:] for at in starts), "bytes changed"
        found += 1
    return found


def share(server: LoopbackServer) -> float:
    """Of all prompt tokens those that came from the prompt cache."""
    return server.cached_tokens.total() / server.input_tokens.total()


def cost(server: LoopbackServer) -> float:
    """Of all prompt tokens, in fresh ones of the premium tier."""
    cached = server.cached_tokens[PREMIUM]
    return server.input_tokens[PREMIUM] - (1 - CACHED) * cached


@pytest.fixture
def whole(server: LoopbackServer, talks: Any) -> tuple[float, float]:
    """Share and cost of the uncompressed conversation; the server is as new after it."""
    hold(talks, made(server, PLAIN, compression="off"), talks.exchanges(TURNS))
    found = share(server), cost(server)
    assert cuts(sent(server)) == 0
    for kept in (server.cached_tokens, server.input_tokens, server.requests):
        kept.clear()
    return found


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("history", HISTORIES)
def test_a_conversation_keeps_the_prompt_caches_hits_and_costs_less(
    server: LoopbackServer, talks: Any, whole: tuple[float, float], history: str, streaming: Any
) -> None:
    settings = PLAIN | HISTORIES[history] | {"streaming": streaming}
    messages = hold(talks, made(server, settings), talks.exchanges(TURNS))
    assert sum(isinstance(it, HumanMessage) for it in messages) == TURNS
    assert cuts(sent(server)) <= {"off": 0, "window": 2}[history]
    assert share(server) >= 0.9 * whole[0]
    assert cost(server) < 0.5 * whole[1]


@pytest.mark.parametrize("by", ["model", "middleware"])
async def test_so_does_an_asynchronous_one(
    by: str, server: LoopbackServer, talks: Any, whole: tuple[float, float]
) -> None:
    talk = talks.exchanges(TURNS)
    model: Any = made(server, PLAIN)
    middleware: list[Any] = []
    if by == "middleware":
        model = openai_model(server, PREMIUM)
        middleware.append(TokenomicsMiddleware(compression="auto", **PLAIN))
    agent: Any = create_agent(
        model, talks.tools(talk), system_prompt=talks.SYSTEM, middleware=middleware
    )
    messages: list[Any] = []
    for each in talk:
        messages.append(HumanMessage(each.said))
        messages = (await agent.ainvoke({"messages": messages}))["messages"]
    assert cuts(sent(server)) == 0
    assert share(server) >= 0.9 * whole[0]
    assert cost(server) < 0.5 * whole[1]


def test_premium_reads_what_the_rejected_draft_had_read(
    server: LoopbackServer, talks: Any
) -> None:
    hold(talks, made(server, DRAFTS), talks.exchanges(TURNS))
    assert cuts(sent(server, CHEAP)) == cuts(sent(server, PREMIUM)) == 0
    escalated = [
        (draft["messages"], answer["messages"])
        for draft, answer in pairwise(server.requests)
        if (draft["model"], answer["model"]) == (CHEAP, PREMIUM)
        and len(draft["messages"]) == len(answer["messages"])
    ]
    assert len(escalated) >= 3
    assert all(drafted == answered for drafted, answered in escalated)


@pytest.mark.parametrize("history", HISTORIES)
def test_another_process_goes_on_with_the_same_bytes(
    server: LoopbackServer, talks: Any, whole: tuple[float, float], history: str
) -> None:
    talk = talks.exchanges(TURNS)
    messages: list[Any] = []
    for start in range(0, TURNS, 5):
        model = made(server, PLAIN | HISTORIES[history])
        messages = hold(talks, model, talk[start : start + 5], messages)
    assert cuts(sent(server)) <= {"off": 0, "window": 2}[history]
    assert share(server) >= 0.9 * whole[0]


def test_parallel_conversations_do_not_disturb_each_other(
    server: LoopbackServer, talks: Any
) -> None:
    model = made(server, PLAIN)
    # Two of them begin alike, and part where the model calls its tools by ids of their own.
    given = [talks.exchanges(8, seed) for seed in (1, 2, 3, 3)]
    with ThreadPoolExecutor(len(given)) as pool:
        held = list(pool.map(lambda talk: hold(talks, model, talk), given))
    assert len(held) == len(given)
    requests = sent(server)
    for talk, messages in zip(given, held, strict=True):
        said = [it.content for it in messages if it.type == "human"]
        assert said == [each.said for each in talk]
        ids = {call["id"] for it in messages for call in getattr(it, "tool_calls", ())}
        own = [texts for texts in requests if any(i.encode() in t for t in texts for i in ids)]
        assert len(own) > len(talk)
        assert cuts(own) == 0


@pytest.mark.parametrize("rounds", range(3))
def test_conversations_that_begin_at_once_with_the_same_text_stay_as_they_began(
    server: LoopbackServer, talks: Any, rounds: int
) -> None:
    model = made(server, PLAIN)
    agent: Any = create_agent(model, [], system_prompt=talks.SYSTEM)
    text = next(it.said for it in talks.exchanges(9, rounds) if not it.result)

    def hold_one(number: int) -> list[Any]:
        messages: list[Any] = [HumanMessage(text)]
        for _ in range(3):
            messages = agent.invoke({"messages": messages})["messages"]
            messages.append(HumanMessage(f"And what more, {number}?"))
        return messages

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(hold_one, range(6)))
    assert len({texts[1] for texts in sent(server)}) == 1


def test_what_begins_many_requests_is_left_to_the_prompt_cache(
    server: LoopbackServer, talks: Any
) -> None:
    model = made(server, PLAIN)
    template = "".join(it.said for it in talks.exchanges(30) if not it.result)
    lengths, cached = [], []
    for number in range(5):
        messages: list[Any] = [HumanMessage(f"{template}\nWhat of case {number}?")]
        for _ in range(3):
            before = server.cached_tokens.total()
            messages.append(model.invoke(messages))
            cached.append(server.cached_tokens.total() - before)
            lengths.append(len(server.requests[-1]["messages"][0]["content"]) / len(template))
            messages.append(HumanMessage("And what more?"))
    assert max(lengths[:3]) < 0.7
    assert len(set(lengths[:3])) == 1, "the first conversation goes on as it began"
    assert min(lengths[3:]) > 0.9, "but for its last text, where the question is"
    assert cached[3] == 0
    assert min(cached[4:]) > 1_024
