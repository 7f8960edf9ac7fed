"""Shortened requests on the wire: what changes, what doesn't, and what a caller is told."""

import copy
import importlib.util
import json
import pickle
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.tools import tool

from tests.conftest import openai_model
from tests.integration.langchain.conftest import CHEAP, PREMIUM, Make
from tests.unit.test_caps import ALIKE
from tests.unit.test_shrinking import Halves
from tokenomics_langchain import ChatTokenomics, Strategy, TokenomicsConfig
from tokenomics_shared.adapters.sqlite_lengths import SqliteLengths
from tokenomics_shared.errors import ConfigError, MissingExtra, PromptError
from tokenomics_shared.shrinking.histories import HEADING
from tokenomics_shared.testing import LoopbackServer

PLAIN: dict[str, Any] = {"cascading": {"enabled": False}, "memory": {"use_exact_cache": False}}
PROSE = " ".join(
    f"The harbour of town {number} has {number + 3} piers, and ships call there in summer."
    for number in range(60)
)
ROWS = [
    {"id": f"order-{number}", "status": "shipped", "total": 10.5 + number, "region": "north"}
    for number in range(80)
]
ROWS[41]["status"] = "failed: card declined"


class Crashing(Halves):
    def compress(self, *_: Any, **__: Any) -> list[str]:
        raise OSError("disk")


def agentic(result: Any = None) -> list[BaseMessage]:
    call = {"name": "orders", "args": {"region": "north"}, "id": "call_7"}
    text = json.dumps(ROWS) if result is None else result
    return [
        SystemMessage("You look after orders. " * 60),
        HumanMessage("Which order failed?", name="ada"),
        AIMessage("", tool_calls=[call]),
        ToolMessage(text, tool_call_id="call_7", name="orders", artifact=ROWS),
    ]


def wish(where: str, **wishes: Any) -> Any:
    return {where: wishes}


def sent(server: LoopbackServer) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = server.requests[-1]["messages"]
    return messages


def plain_of(server: LoopbackServer, messages: Any) -> list[dict[str, Any]]:
    """What the plain model sends."""
    openai_model(server, PREMIUM).invoke(messages)
    return sent(server)


@pytest.mark.parametrize(
    "compression",
    [True, "auto", "extractive", "structured", {"method": "auto", "tool_ratio": 0.2}, Halves()],
    ids=["yes", "auto", "extractive", "structured", "mapping", "own"],
)
def test_a_tools_result_is_shortened_and_nothing_else(
    compression: Any, server: LoopbackServer, make: Make
) -> None:
    messages = agentic()
    before = copy.deepcopy(messages)
    plain = plain_of(server, messages)
    answer = make(compression=compression, **PLAIN).invoke(messages)
    ours = sent(server)
    assert ours[:3] == plain[:3]
    assert ours[3].keys() == plain[3].keys()
    assert ours[3]["tool_call_id"] == "call_7"
    told = answer.response_metadata["tokenomics"]["plan"]
    if compression != "extractive":  # prose is its business
        assert len(ours[3]["content"]) < 0.5 * len(plain[3]["content"])
        assert told["compression_ratio"] < 0.8
    if compression in (True, "auto", "structured"):
        assert "card declined" in json.dumps(json.loads(ours[3]["content"]))
    assert messages == before
    assert messages[3].content == before[3].content


@pytest.mark.parametrize("compression", [None, False, "off"])
def test_unless_asked_to_nothing_is_shortened(
    compression: Any, server: LoopbackServer, make: Make
) -> None:
    plain = plain_of(server, agentic())
    answer = make(compression=compression, **PLAIN).invoke(agentic())
    assert sent(server) == plain
    assert answer.response_metadata["tokenomics"]["plan"]["compression_ratio"] == 1.0


async def test_every_way_of_calling_sends_the_same(server: LoopbackServer, make: Make) -> None:
    llm = make(compression=True, **PLAIN)
    ways: list[Any] = [llm.invoke(agentic())]
    bodies = [sent(server)]
    ways.append(await llm.ainvoke(agentic()))
    bodies.append(sent(server))
    pieces = list(llm.stream(agentic()))
    ways.append(sum(pieces[1:], start=pieces[0]))
    bodies.append(sent(server))
    more = [piece async for piece in llm.astream(agentic())]
    ways.append(sum(more[1:], start=more[0]))
    bodies.append(sent(server))
    ways += llm.batch([agentic()])
    bodies.append(sent(server))
    ways += await llm.abatch([agentic()])
    bodies.append(sent(server))
    assert all(body == bodies[0] for body in bodies)
    plans = [way.response_metadata["tokenomics"]["plan"] for way in ways]
    assert all(plan == plans[0] for plan in plans)


def test_blocks_of_content_keep_their_places_and_images_are_untouched(
    server: LoopbackServer, make: Make
) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    blocks = [image, {"type": "text", "text": PROSE}, {"type": "text", "text": "What is it?"}]
    given: Any = copy.deepcopy(blocks)
    messages = [HumanMessage(given)]
    make(compression={"compressor": Halves()}, **PLAIN).invoke(messages)
    (turn,) = sent(server)
    first, second, third = turn["content"]
    assert (first, third) == (image, blocks[2])
    assert PROSE.startswith(second["text"])
    assert len(second["text"]) < 0.6 * len(PROSE)
    assert messages[0].content == blocks


def test_an_agents_tool_may_return_long_json(server: LoopbackServer, make: Make) -> None:
    from langchain.agents import create_agent

    @tool
    def orders(region: str) -> str:
        """List the orders of a region."""
        return json.dumps(ROWS)

    agent = create_agent(make(compression=True, **PLAIN), [orders], system_prompt="Be brief.")
    result = agent.invoke({"messages": [HumanMessage("Which of the orders failed?")]})
    (turn,) = (it for it in sent(server) if it["role"] == "tool")
    assert len(turn["content"]) < 0.5 * len(json.dumps(ROWS))
    assert "card declined" in turn["content"]
    json.loads(turn["content"])
    # The agent's own state is what the tool said.
    (kept,) = (it for it in result["messages"] if it.type == "tool")
    assert kept.content == json.dumps(ROWS)
    told = result["messages"][-1].response_metadata["tokenomics"]
    assert told["component_savings"]["compression"] > 0
    assert told["component_savings"]["total_savings"] == pytest.approx(
        told["baseline_cost"] - told["cost"]
    )


def test_what_was_sent_is_sent_again_over_a_conversation(
    server: LoopbackServer, make: Make
) -> None:
    llm, messages, bodies = make(compression=True, **PLAIN), agentic()[:2], []
    for number in range(12):
        call = {"name": "orders", "args": {"page": number}, "id": f"call_{number}"}
        rows = [{**row, "page": number} for row in ROWS]
        messages += [
            AIMessage("", tool_calls=[call]),
            ToolMessage(json.dumps(rows), tool_call_id=f"call_{number}"),
        ]
        llm.invoke(messages)
        bodies.append(json.dumps(sent(server)))
    assert all(later.startswith(earlier[:-1]) for earlier, later in pairwise(bodies))


@pytest.mark.parametrize("history", ["window", "summary"])
def test_old_turns_are_left_out_or_summed_up(
    history: str, server: LoopbackServer, make: Make
) -> None:
    llm = make(history=history, token_budget=1_000, **PLAIN)
    server.answer = lambda request: "The user asks about harbours."
    messages: list[BaseMessage] = [SystemMessage("Be brief.")]
    for number in range(20):
        messages += [
            HumanMessage(f"Question {number}. " + "How is the harbour there? " * 10),
            AIMessage(f"Answer {number}. " + "It is a good one. " * 10),
        ]
    answer = llm.invoke([*messages, HumanMessage("And now?")])
    turns = sent(server)
    assert turns[0] == {"role": "system", "content": "Be brief."}
    assert turns[-1] == {"role": "user", "content": "And now?"}
    assert len(turns) < 16
    told = answer.response_metadata["tokenomics"]
    assert told["plan"]["tokens_not_sent"] > 500
    purposes = [call["purpose"] for call in told["calls"]]
    if history == "summary":
        assert turns[1]["role"] == "user"
        assert turns[1]["content"] == HEADING + "The user asks about harbours."
        assert purposes == ["summary", "answer"]
        first = server.requests[0]
        assert first["model"] == CHEAP
        assert "tools" not in first
        assert first["max_completion_tokens"] == 400
    else:
        assert purposes == ["answer"]


def test_a_summary_is_asked_for_without_the_callers_tools_and_callbacks(
    server: LoopbackServer, make: Make
) -> None:
    @tool
    def weather(city: str) -> str:
        """Tell the weather."""
        return "fine"

    server.answer = lambda request: "The user asks."
    llm = make(history="summary", token_budget=600, **PLAIN).bind_tools([weather])
    messages = [
        it
        for number in range(20)
        for it in (HumanMessage(f"Say it {number} times. " * 9), AIMessage("Well, well. " * 9))
    ]
    chunks = llm.stream([*messages, HumanMessage("And now?")], temperature=0.3)
    assert "".join(str(chunk.text) for chunk in chunks) == "The user asks."
    first, last = server.requests
    assert first["model"] == CHEAP
    assert not {"tools", "temperature"} & first.keys()
    assert last["tools"]


@pytest.mark.parametrize("where", ["configurable", "metadata"])
def test_a_call_may_have_a_budget_of_its_own(
    where: str, server: LoopbackServer, make: Make
) -> None:
    llm = make(compression=Halves(), **PLAIN)
    lengths = []
    for budget in (100_000, 900, 600):
        answer = llm.invoke(agentic(), wish(where, token_budget=budget))
        assert answer.response_metadata["tokenomics"]["plan"]["token_budget"] == budget
        lengths.append(len(sent(server)[3]["content"]))
    assert lengths[0] > lengths[1] > lengths[2]


@pytest.mark.parametrize("where", ["configurable", "metadata"])
def test_a_call_may_ask_to_be_sent_whole_or_shortened(
    where: str, server: LoopbackServer, make: Make
) -> None:
    whole = plain_of(server, agentic())
    make(compression=True, **PLAIN).invoke(agentic(), wish(where, compress=False))
    assert sent(server) == whole
    make(**PLAIN).invoke(agentic(), wish(where, compress=True))
    assert sent(server) != whole


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"token_budget": 0}, "token_budget = 0: must be at least 1 token"),
        ({"token_budget": -5}, "token_budget = -5: must be at least 1 token"),
        ({"token_budget": "many"}, "token_budget = 'many': must be int"),
        ({"token_budget": True}, "token_budget = True: must be int"),
        ({"compress": "no"}, "compress = 'no': must be bool"),
        ({"compress": 1}, "compress = 1: must be bool"),
        ({"tokenomics": {"budget": 5}}, "tokenomics.budget: there is no such wish"),
    ],
)
def test_impossible_wishes_are_named_before_anything_is_asked(
    wish: Any, said: str, server: LoopbackServer, make: Make
) -> None:
    llm = make(**PLAIN)
    for call in (llm.invoke, llm.plan):
        with pytest.raises(PromptError, match=re.escape(said)):
            call("Hello", {"configurable": wish})
    assert not server.requests


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"token_budget": 0}, "default_token_budget"),
        ({"token_budget": "much"}, "default_token_budget"),
        ({"history": "forget"}, "history"),
        ({"compression": "zip"}, "compression.method"),
        ({"compression": {"method": "auto", "ratio": 1.5}}, "compression.ratio"),
        ({"compression": {"ration": 0.5}}, "ration"),
        ({"compression": object()}, "compression"),
        ({"compression": Halves}, "compressor must be"),
        ({"compression": {"compressor": object()}}, "compressor must be"),
        ({"compression": 3}, "compression"),
    ],
)
def test_impossible_settings_are_named(settings: Any, said: str, make: Make) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)):
        make(**settings)


def test_a_plan_is_the_answers_and_sends_nothing(server: LoopbackServer, make: Make) -> None:
    llm = make(compression=True, token_budget=3_000, **PLAIN)
    plan = llm.plan(agentic())
    by_engine = llm.engine.plan(agentic())
    assert not server.requests
    told = llm.invoke(agentic()).response_metadata["tokenomics"]["plan"]
    assert plan == by_engine
    assert told["input_tokens"] == plan.input_tokens
    assert told["token_budget"] == plan.token_budget == 3_000
    assert told["compression_ratio"] == plan.compression_ratio < 0.8
    assert told["context_quality_score"] == plan.context_quality_score
    assert told["allocations"] == {
        it.name: {"tokens": it.tokens, "wanted": it.wanted, "utility": it.utility}
        for it in plan.allocations
    }
    assert llm.plan(agentic(), {"configurable": {"token_budget": 700}}).token_budget == 700
    assert llm.plan("What is it?").compression_ratio == 1.0


def test_a_plan_leaves_no_trace(server: LoopbackServer, make: Make) -> None:
    """What was only planned is not in a provider's prompt cache."""
    template = "An example of how the harbours are described. " * 300
    one, other = (make(compression=Halves(), **PLAIN) for _ in range(2))
    one.plan(f"{template}\nWhat about case 1?")
    one.invoke(f"{template}\nWhat about case 2?")
    first = sent(server)
    other.invoke(f"{template}\nWhat about case 2?")
    assert sent(server) == first


def test_a_plan_of_what_can_not_be_shortened_is_the_plan_of_the_whole(
    server: LoopbackServer, make: Make
) -> None:
    llm = make(compression=Crashing(), **PLAIN)
    plan = llm.plan(agentic())
    assert plan.compression_ratio == 1.0
    whole = plain_of(server, agentic())
    answer = llm.invoke(agentic())
    assert sent(server) == whole
    assert answer.response_metadata["tokenomics"]["plan"]["input_tokens"] == plan.input_tokens
    assert llm.engine.report().faults["compression:OSError"] == 2


@pytest.mark.parametrize("nothing", ["", "  ", []])
def test_there_is_no_plan_of_nothing(nothing: Any, make: Make) -> None:
    with pytest.raises((PromptError, ValueError)):
        make(**PLAIN).plan(nothing)


KEYS = {"response", "cost", "baseline_cost", "cache_hit", "plan", "calls", "model", "strategy"}


async def test_a_query_tells_everything_at_once(server: LoopbackServer, make: Make) -> None:
    llm = make(compression=True, cascading={"enabled": False})
    text = f"<context>{PROSE}</context>\nHow many piers has the harbour of town 7?"
    first = llm.query(text, token_budget=2_000, system_prompt="Be brief.")
    assert first.keys() >= KEYS
    assert first["plan"]["token_budget"] == 2_000
    assert first["plan"]["compression_ratio"] < 1.0
    assert sent(server)[0] == {"role": "system", "content": "Be brief."}
    again = await llm.aquery(text, token_budget=2_000, system_prompt="Be brief.")
    assert again["cache_hit"]
    assert again["response"] == first["response"]
    whole = llm.query(text, use_cache=False, use_compression=False)
    assert not whole["cache_hit"]
    assert sent(server)[-1]["content"] == text
    assert llm.query("Which one?", use_bandit=False)["strategy"] == "premium"
    with pytest.raises(PromptError, match="token_budget = 0"):
        llm.query("Which one?", token_budget=0)
    with pytest.raises(PromptError, match="empty prompt"):
        await llm.aquery(" ")
    for odd in ({"text": 5}, {"text": None}, {"text": "Which?", "system_prompt": 5}):
        with pytest.raises(PromptError, match="must be a text"):
            llm.query(**odd)


def test_few_answers_teach_no_lengths_and_it_says_so(make: Make) -> None:
    pytest.importorskip("xgboost")
    llm = make(**PLAIN)
    assert list(llm.train_token_predictor()) == []
    llm.invoke("What is it?")
    (found,) = llm.train_token_predictor()
    assert found.model == PREMIUM
    assert found.trained is None
    with pytest.raises(ConfigError, match=r"prediction\.enabled"):
        make(prediction={"enabled": False}).train_token_predictor()


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="torch is installed")
def test_what_is_not_installed_is_named_when_it_is_configured(make: Make) -> None:
    with pytest.raises(MissingExtra, match="llmlingua2"):
        make(compression="llmlingua2")


def test_models_that_shrink_can_be_pickled_and_copied(server: LoopbackServer, make: Make) -> None:
    llm = make(compression={"compressor": Halves()}, history="window", token_budget=3_000)
    llm.invoke(agentic())
    expected = sent(server)
    copies: Sequence[Any] = (
        copy.copy(llm),
        llm.model_copy(),
        llm.bind(seed=1).bound,
    )
    for each in copies:
        each.invoke(agentic(), {"configurable": {"no_cache": True}})
        assert sent(server) == expected
        assert each.engine is llm.engine
    again = pickle.loads(pickle.dumps(llm.engine))  # noqa: S301 -- our own
    assert again.plan(agentic(), llm.roster) == llm.plan(agentic())


def test_huge_and_odd_texts_are_sent_one_way_or_another(
    server: LoopbackServer, make: Make
) -> None:
    llm = make(compression=True, history="window", **PLAIN)
    odd = ["\x00\x01\ufffd" * 5_000, "\ud83d" * 10, "é" * 3_000, "{" * 5_000, "[" * 5_000, ""]
    for text in odd:
        messages = agentic(text)
        if "\ud83d" not in text:
            plain = plain_of(server, messages)
            llm.invoke(messages)
            assert sent(server)[:3] == plain[:3]
        assert llm.plan(messages).input_tokens > 0
    assert llm.engine.report().faults == {}


def test_a_text_of_ten_megabytes_is_answered(server: LoopbackServer, make: Make) -> None:
    llm = make(compression=Halves(), **PLAIN)
    text = ("The harbour has piers, and ships call there. " * 240_000)[:10_000_000]
    answer = llm.invoke([HumanMessage(text)])
    assert answer.text
    assert len(sent(server)[0]["content"]) <= len(text)


def test_own_limits_of_calls_and_models_are_known(server: LoopbackServer) -> None:
    premium = openai_model(server, PREMIUM, max_tokens=77)
    llm = ChatTokenomics(premium=premium, audit={"enabled": False})
    assert llm.roster.tiers["premium"].abilities.output_tokens == 77
    bound = ChatTokenomics(premium=premium.bind(max_tokens=33), audit={"enabled": False})
    assert bound.roster.tiers["premium"].abilities.output_tokens == 33
    free = ChatTokenomics(premium=openai_model(server, PREMIUM), audit={"enabled": False})
    assert free.roster.tiers["premium"].abilities.output_tokens is None


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_our_limit_is_never_above_the_callers_whatever_it_is_called(
    name: str, server: LoopbackServer
) -> None:

    arms = [Strategy("premium", max_tokens=300)]
    llm = ChatTokenomics(
        premium=openai_model(server, PREMIUM), strategies=arms, audit={"enabled": False}
    )
    for limit, expected in ((40, 40), (4_000, 300)):
        given: Any = {name: limit}
        llm.invoke(f"Hello {limit}", **given)
        assert server.requests[-1]["max_completion_tokens"] == expected
        assert "max_tokens" not in server.requests[-1]


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """A folder whose engines know how long answers are: 450 tokens at most."""
    store = SqliteLengths(tmp_path / "lengths.db", on_fault=print)
    for model in (CHEAP, PREMIUM):
        store.put_model(model, ALIKE.to_json())
    store.close()
    return tmp_path


def limits(server: LoopbackServer) -> list[int | None]:
    return [request.get("max_completion_tokens") for request in server.requests]


async def test_our_limit_is_sent_and_a_cut_answer_asked_for_again(
    trained: Path, server: LoopbackServer, make: Make
) -> None:
    llm = make(state_dir=trained, **PLAIN)
    text = " ".join(f"word{number}" for number in range(1_000))
    server.answer = lambda request: text
    for answer in (llm.invoke("What is it?"), await llm.ainvoke("What is it?")):
        assert answer.text == text
        told = answer.response_metadata["tokenomics"]
        assert [call["purpose"] for call in told["calls"]] == ["cut", "answer"]
        assert answer.usage_metadata
        assert answer.usage_metadata["output_tokens"] == 1_000
        assert told["output_tokens"] == 1_000 + told["calls"][0]["output_tokens"]
        assert told["cost"] > told["baseline_cost"] > 0
        assert told["component_savings"]["orchestrator"] < 0
    first, second, later, last = limits(server)
    assert (first, second) == (450, 1_800)
    # The forecast follows what is found.
    assert later
    assert last == 4 * later > 1_800
    server.requests.clear()
    assert "".join(str(piece.text) for piece in llm.stream("What is it?")) == text
    assert limits(server) == [None]
    llm.engine.close()


def test_a_models_own_limit_is_never_raised(
    trained: Path, server: LoopbackServer, make: Make
) -> None:
    server.answer = lambda request: "well " * 1_000
    premium = openai_model(server, PREMIUM, max_tokens=40)
    llm = make(premium=premium, state_dir=trained, **PLAIN)
    for given in ({}, {"max_tokens": 30}, {"max_completion_tokens": 20}):
        extra: Any = given
        answer = llm.invoke("What is it?", **extra)
        assert [it["purpose"] for it in answer.response_metadata["tokenomics"]["calls"]] == [
            "answer"
        ]
    assert limits(server) == [40, 30, 20]
    llm.engine.close()


def test_with_everything_off_what_was_learned_changes_nothing(
    trained: Path, server: LoopbackServer
) -> None:
    plain = plain_of(server, agentic())
    body = server.bodies[-1]
    llm = ChatTokenomics(
        cheap=openai_model(server, CHEAP),
        premium=openai_model(server, PREMIUM),
        config=TokenomicsConfig.off().replace(state_dir=trained),
    )
    llm.invoke(agentic())
    assert sent(server) == plain
    assert server.bodies[-1] == body
    llm.engine.close()


def test_no_strategy_takes_the_name_that_audits_have_for_compression(make: Make) -> None:
    arm = Strategy("compression", tier="cheap")
    with pytest.raises(ConfigError, match=r"'compression'.*give it another"):
        make(strategies=[arm, Strategy("premium")])


def test_budget_and_compression_may_be_arguments_of_a_call(
    server: LoopbackServer, make: Make
) -> None:
    llm = make(compression={"compressor": Halves()})
    text = "It is so. " * 300
    whole = llm.invoke(text, compress=False, token_budget=9_000)
    plan = whole.response_metadata["tokenomics"]["plan"]
    assert (plan["token_budget"], plan["compression_ratio"]) == (9_000, 1.0)
    short = llm.bind(token_budget=8_000).invoke(text)
    plan = short.response_metadata["tokenomics"]["plan"]
    assert plan["token_budget"] == 8_000
    assert plan["compression_ratio"] < 1.0
    assert all("token_budget" not in body and "compress" not in body for body in server.requests)
    with pytest.raises(PromptError, match="token_budget = 0"):
        llm.invoke(text, token_budget=0)
