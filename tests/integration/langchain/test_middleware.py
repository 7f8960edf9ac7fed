"""An agent with our middleware answers from memory, by a draft, or by its own model."""

import asyncio
import random
from typing import Any

import openai
import pytest
from langchain.agents.middleware import AgentMiddleware
from langchain_core.callbacks.usage import UsageMetadataCallbackHandler
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool

from tests.conftest import openai_model
from tests.integration.langchain.conftest import CHEAP, PREMIUM
from tests.integration.langchain.middleware_kit import (
    EASY,
    EASY_ANSWER,
    HARD,
    HARD_ANSWER,
    WAYS,
    agent,
    asked,
    by,
    last,
    middleware,
    told,
    weather,
)
from tests.integration.langchain.test_usage import assert_books_match
from tokenomics_langchain import Strategy
from tokenomics_shared.testing import Fault, LoopbackServer


@pytest.mark.parametrize("way", WAYS)
async def test_every_way_answers_from_draft_premium_and_memory(
    way: str, server: LoopbackServer
) -> None:
    ours = middleware(server)
    made = agent(server, ours)
    drafted = last(await by(way, made, EASY))
    assert drafted.text == EASY_ANSWER
    assert (told(drafted)["strategy"], told(drafted)["cache_hit"]) == ("cheap", False)
    escalated = last(await by(way, made, HARD))
    assert escalated.text == HARD_ANSWER
    assert told(escalated)["cascading_escalated"]
    assert [call["tier"] for call in told(escalated)["calls"]] == ["cheap", "premium"]
    assert escalated.usage_metadata is not None
    assert escalated.usage_metadata["input_tokens"] == told(escalated)["calls"][1]["input_tokens"]
    again = last(await by(way, made, HARD))
    assert (again.text, told(again)["cache_type"]) == (HARD_ANSWER, "exact")
    assert again.usage_metadata is not None
    assert again.usage_metadata["total_tokens"] == 0
    assert again.response_metadata["model_name"] == PREMIUM
    assert again.id not in {None, escalated.id}
    assert len(server.requests) == 3
    assert_books_match(ours, server)


@pytest.mark.parametrize("way", WAYS)
async def test_tools_are_called_and_no_call_of_one_is_kept(
    way: str, server: LoopbackServer
) -> None:
    ours = middleware(server)
    made = agent(server, ours, [weather])
    states = [await by(way, made, "weather in 'Graz'?") for _ in range(2)]
    for state in states:
        kinds = [type(message) for message in state["messages"]]
        assert kinds == [HumanMessage, AIMessage, ToolMessage, AIMessage]
        assert state["messages"][2].text == "It is sunny in Graz."
    calls = [state["messages"][1].tool_calls[0]["id"] for state in states]
    assert calls[0] != calls[1]
    assert [told(s["messages"][1])["cache_hit"] for s in states] == [False, False]
    assert_books_match(ours, server)


def test_tools_called_at_once(server: LoopbackServer) -> None:
    class Twice(AgentMiddleware):
        """Doubles a call, as models that call tools at once do."""

        def wrap_model_call(self, request: Any, handler: Any) -> Any:
            response = handler(request)
            message = response.result[0]
            if message.tool_calls:
                other = {**message.tool_calls[0], "id": "call_other", "args": {"city": "Wels"}}
                calls = [*message.tool_calls, other]
                response.result = [message.model_copy(update={"tool_calls": calls})]
            return response

    ours = middleware(server)
    state = agent(server, ours, [weather], after=[Twice()]).invoke(asked("weather in 'Graz'?"))
    assert {message.text for message in state["messages"] if message.type == "tool"} == {
        "It is sunny in Graz.",
        "It is sunny in Wels.",
    }
    assert told(state["messages"][1])["strategy"] == "cheap"
    assert_books_match(ours, server)


def test_a_draft_that_calls_a_tool_wrongly_is_not_taken(server: LoopbackServer) -> None:
    @tool
    def warmth(degrees: int) -> str:
        """Tell how it feels."""
        return "warm" if degrees > 20 else "cold"

    class Wrong(AgentMiddleware):
        """Spoils what the cheap model calls a tool with."""

        def wrap_model_call(self, request: Any, handler: Any) -> Any:
            response = handler(request)
            message = response.result[0]
            if message.tool_calls and request.model.model_name == CHEAP:
                calls = [{**message.tool_calls[0], "args": {"degrees": "many"}}]
                response.result = [message.model_copy(update={"tool_calls": calls})]
            return response

    made = agent(server, middleware(server), [warmth], after=[Wrong()])
    first = made.invoke(asked("What warmth is 25?"))["messages"][1]
    assert first.tool_calls[0]["args"] == {"degrees": 25}
    assert told(first)["cascading_escalated"]


def test_a_tier_may_be_named_by_settings(server: LoopbackServer) -> None:
    class Named(AgentMiddleware):
        def wrap_model_call(self, request: Any, handler: Any) -> Any:
            return handler(request.override(model_settings={"model": name, "seed": 3}))

    for name, model in (("cheap", CHEAP), (PREMIUM, PREMIUM), ("gpt-4.1", "gpt-4.1")):
        made = agent(server, middleware(server), before=[Named()])
        message = last(made.invoke(asked(f"{HARD} {name}")))
        assert told(message)["trace"][0].startswith("pinned:")
        assert [(body["model"], body["seed"]) for body in server.requests] == [(model, 3)]
        server.requests.clear()


def test_settings_of_a_call_and_of_arms_reach_the_models(server: LoopbackServer) -> None:
    class Warm(AgentMiddleware):
        def wrap_model_call(self, request: Any, handler: Any) -> Any:
            return handler(request.override(model_settings={"top_p": 0.5}))

    bound = openai_model(server, CHEAP).bind(seed=7, temperature=0.9)
    arms = [Strategy("short", tier="small", model=bound, temperature=0.1, max_tokens=50)]
    ours = middleware(server, cheap=None, strategies=arms, stop=["zzz"])
    agent(server, ours, [weather], before=[Warm()]).invoke(asked(HARD))
    draft, answer = server.requests
    assert (draft["model"], draft["seed"], draft["max_completion_tokens"]) == (CHEAP, 7, 50)
    assert (draft["temperature"], draft["top_p"], draft["stop"]) == (0.1, 0.5, ["zzz"])
    assert (answer["model"], answer["top_p"], answer["stop"]) == (PREMIUM, 0.5, ["zzz"])
    assert not {"seed", "temperature", "max_completion_tokens"} & answer.keys()


def test_long_turns_are_sent_short_and_stay_whole_in_the_state(server: LoopbackServer) -> None:
    rows = [{"id": at, "state": "open", "note": None, "city": "Wels"} for at in range(300)]

    @tool
    def orders() -> list[dict[str, Any]]:
        """List the orders."""
        return rows

    ours = middleware(server, compression=True, cascading={"enabled": False})
    made = agent(server, ours, [orders], system_prompt="Be brief.")
    state = made.invoke(asked("How many orders are there?"))
    result = state["messages"][2]
    sent = server.requests[-1]["messages"]
    assert [turn["role"] for turn in sent] == ["system", "user", "assistant", "tool"]
    assert sent[0]["content"] == "Be brief."
    assert len(sent[3]["content"]) < len(result.content) / 2
    state["messages"].append(HumanMessage("And what is their state?"))
    made.invoke(state)
    assert server.requests[-1]["messages"][:4] == sent
    assert_books_match(ours, server)


def test_old_turns_are_left_out_of_what_is_sent(server: LoopbackServer) -> None:
    for history in ("window", "summary"):
        ours = middleware(server, history=history, token_budget=400, cascading={"enabled": False})
        made = agent(server, ours, system_prompt="Be brief.")
        state = asked("Begin. " + "What is said here is long and old. " * 20)
        for number in range(6):
            state = made.invoke(state)
            more = f"And what of {number}? " + f"It is about case {number} of many. " * 8
            state["messages"].append(HumanMessage(more))
        state = made.invoke(state)
        sent = server.requests[-1]["messages"]
        assert len(state["messages"]) == 14
        assert len(sent) < 14
        assert sent[0]["role"] == "system"
        assert sent[0]["content"].startswith("Be brief.")
        assert_books_match(ours, server)
        for kept in (server.requests, server.input_tokens, server.output_tokens):
            kept.clear()


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
async def test_a_judge_of_confidence_reads_what_callers_do_not_see(
    way: str, server: LoopbackServer
) -> None:
    judge = {"judges": ("checks", "confidence")}
    made = agent(server, middleware(server, judge=judge))
    message = last(await by(way, made, EASY))
    assert server.requests[0]["logprobs"] is True
    assert not message.response_metadata.get("logprobs")
    assert told(message)["strategy"] == "cheap"


async def test_a_failing_draft_falls_back_and_a_failing_premium_raises_its_own_error(
    server: LoopbackServer,
) -> None:
    ours = middleware(server)
    made = agent(server, ours)
    server.faults[CHEAP] = Fault(status=503)
    for way in WAYS:
        message = last(await by(way, made, f"{EASY} {way}"))
        assert PREMIUM in message.text
        assert told(message)["calls"][0]["status"] == "failed"
    server.faults[PREMIUM] = Fault(status=500)
    for way in WAYS:
        with pytest.raises(openai.InternalServerError):
            await by(way, made, f"{EASY} again")
    server.faults = {CHEAP: Fault(status=401)}
    with pytest.raises(openai.AuthenticationError):
        made.invoke(asked("Is it so?"))


async def test_the_ledger_is_what_the_server_billed(server: LoopbackServer) -> None:
    ours = middleware(server)
    made = agent(server, ours, [weather])
    counter = UsageMetadataCallbackHandler()
    chance = random.Random(5)
    kinds = ["What is easy", "What is hard", "What is hard", "weather in 'Linz'"]
    for _ in range(60):
        question = chance.choice(kinds)
        server.faults[CHEAP] = Fault(status=503) if chance.random() < 0.2 else Fault()
        server.faults[PREMIUM] = Fault(status=429) if chance.random() < 0.1 else Fault()
        way = chance.choice(list(WAYS))
        try:
            await by(way, made, f"{question} {chance.randrange(9)}?", {"callbacks": [counter]})
        except openai.RateLimitError:
            continue
    assert_books_match(ours, server)
    counted = {name: usage["input_tokens"] for name, usage in counter.usage_metadata.items()}
    assert counted == dict(server.input_tokens)
    totals = ours.report().totals
    assert totals.failed > 0
    assert min(totals.exact_hits, totals.escalations, totals.accepted_drafts) > 5


async def test_fifty_at_once_get_their_own_answers(server: LoopbackServer) -> None:
    ours = middleware(server)
    made = agent(server, ours, [weather])
    questions = [f"{(EASY, HARD)[at % 2]} {at}" for at in range(40)]
    questions += [f"weather in 'City{at}'" for at in range(10)]
    states = await asyncio.gather(*(made.ainvoke(asked(it)) for it in questions))
    for question, state in zip(questions, states, strict=True):
        assert state["messages"][0].text == question
        model = PREMIUM if "hard" in question else CHEAP
        assert last(state).text == f"The answer of {model} to {question} is forty two."
        for message in state["messages"]:
            if isinstance(message, ToolMessage):
                assert message.text == f"It is sunny in {question.split(chr(39))[1]}."
    assert_books_match(ours, server)
