"""An agent with our middleware answers from memory, by a draft, or by its own model."""

import asyncio
import random
from typing import Any

import openai
import pytest
from langchain.agents.middleware import AgentMiddleware, ModelRequest, dynamic_prompt
from langchain_core.callbacks.usage import UsageMetadataCallbackHandler
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool

from tests.bag import AGAIN, ANSWER, ASKED, FIXED
from tests.conftest import openai_model
from tests.integration.langchain.conftest import CHEAP, PREMIUM, STEADY
from tests.integration.langchain.middleware_kit import (
    EASY,
    EASY_ANSWER,
    HARD,
    HARD_ANSWER,
    WAYS,
    City,
    agent,
    asked,
    by,
    last,
    middleware,
    told,
    weather,
)
from tests.integration.langchain.test_transparent import wire
from tests.integration.langchain.test_usage import assert_books_match
from tokenomics_langchain import Strategy, TokenomicsConfig, TokenomicsMiddleware
from tokenomics_shared import ConfigError, PromptError
from tokenomics_shared.testing import Fault, LoopbackServer

OFF = {"config": TokenomicsConfig.off()}


def off(server: LoopbackServer) -> TokenomicsMiddleware:
    return TokenomicsMiddleware(cheap=openai_model(server, CHEAP), config=TokenomicsConfig.off())


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


def test_another_wording_gets_the_kept_answer(server: LoopbackServer) -> None:
    server.answer = lambda request: ANSWER
    ours = middleware(server, memory={"use_semantic_cache": True, "audit_rate": 0.0, **FIXED})
    made = agent(server, ours, system_prompt="Be brief.")
    first = last(made.invoke(asked(ASKED)))
    ours.engine.flush()
    near = last(made.invoke(asked(AGAIN)))
    assert told(near)["cache_type"].startswith("semantic")
    assert near.text == first.text
    assert near.id != first.id
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"system_prompt": "Be long."},
        {"tools": [weather]},
        {"response_format": City},
        {"context_schema": dict},
        {"name": "other"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_what_decides_an_answer_is_part_of_its_key(
    other: dict[str, Any], server: LoopbackServer
) -> None:
    ours = middleware(server)
    plain = agent(server, ours, system_prompt="Be brief.")
    plain.invoke(asked(EASY))
    tools = other.pop("tools", ())
    context = {"user": "ada"} if "context_schema" in other else None
    changed = agent(server, ours, tools, **{"system_prompt": "Be brief.", **other})
    assert not told(last(changed.invoke(asked(EASY), context=context)))["cache_hit"]
    assert told(last(plain.invoke(asked(EASY))))["cache_hit"]


def test_answers_never_cross_contexts_that_others_put_into_prompts(
    server: LoopbackServer,
) -> None:
    @dynamic_prompt
    def to_user(request: ModelRequest[Any]) -> str:
        return f"Talk to {request.runtime.context['user']}."

    made = agent(server, middleware(server), after=[to_user], context_schema=dict)
    for user in ("ada", "bob", "ada"):
        made.invoke(asked(EASY), context={"user": user})
    systems = [body["messages"][0]["content"] for body in server.requests]
    assert systems == ["Talk to ada.", "Talk to bob."]


@pytest.mark.parametrize("where", ["configurable", "metadata"])
def test_wishes_come_with_the_run(where: str, server: LoopbackServer) -> None:
    made = agent(server, middleware(server))
    hits = [
        told(last(made.invoke(asked(EASY), {where: wishes})))["cache_hit"]
        for wishes in (
            {"tenant": "a"},
            {"tenant": "b"},
            {"tenant": "a"},
            {"tenant": "a", "no_cache": True},
        )
    ]
    assert hits == [False, False, True, False]


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


class Sets(AgentMiddleware):
    """Sends settings of its own."""

    def wrap_model_call(self, request: Any, handler: Any) -> Any:
        return handler(request.override(model_settings={"top_p": 0.5, "seed": 3}))

    async def awrap_model_call(self, request: Any, handler: Any) -> Any:
        return await handler(request.override(model_settings={"top_p": 0.5, "seed": 3}))


AGENTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "system prompt": {"system_prompt": "Be brief."},
    "tools": {"tools": [weather]},
    "form": {"response_format": City},
    "form and tools": {"response_format": City, "tools": [weather]},
    "settings": {"before": [Sets()], "tools": [weather], "name": "ada"},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", AGENTS)
async def test_all_of_it_off_is_the_same_to_the_byte(
    kind: str, way: str, server: LoopbackServer
) -> None:
    question = "The weather of 'Graz' for 9"
    sent: list[Any] = []
    states: list[Any] = []
    for ours in (None, off(server)):
        state = await by(way, agent(server, ours, **AGENTS[kind]), question)
        states.append([(m.type, m.content, m.name) for m in state["messages"]])
        states[-1].append(state.get("structured_response"))
        texts = [body.decode() for body in server.bodies]
        for number, id_ in enumerate(
            m.tool_call_id for m in state["messages"] if m.type == "tool"
        ):
            texts = [text.replace(id_, f"call {number}") for text in texts]
        sent.append(list(zip(texts, map(wire, server.headers), strict=True)))
        server.bodies.clear()
        server.headers.clear()
    assert sent[0] == sent[1]
    assert states[0] == states[1]


@pytest.mark.parametrize("status", [400, 401, 429, 500])
async def test_errors_are_the_same(status: int, server: LoopbackServer) -> None:
    server.faults[PREMIUM] = Fault(status=status)
    for way in WAYS:
        errors = []
        for ours in (None, off(server)):
            with pytest.raises(openai.APIStatusError) as caught:
                await by(way, agent(server, ours), EASY)
            errors.append(caught.value)
        plain, with_ours = errors
        assert type(with_ours) is type(plain)
        assert str(with_ours) == str(plain)


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


def test_an_empty_question_is_refused_before_any_money_is_spent(server: LoopbackServer) -> None:
    with pytest.raises(PromptError, match="empty prompt"):
        agent(server, middleware(server)).invoke(asked(" "))
    assert not server.requests


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"chaep": "openai:gpt-4o-mini"}, "chaep: there is no such setting"),
        ({"cheap": "openai:a", "balanced": "openai:a"}, "are the same model"),
        ({"quality_target": 7}, "quality_target"),
        ({"temperature": "warm"}, "temperature"),
        ({"cheap": 3}, "must be a LangChain chat model"),
        ({"strategies": [Strategy("x", tier="nobody")]}, "unknown tier 'nobody'"),
    ],
)
def test_what_is_wrong_is_said_when_it_is_made(settings: Any, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        TokenomicsMiddleware(**settings)


def test_strings_name_models_and_premium_may_be_given(server: LoopbackServer) -> None:
    given: Any = {**STEADY, "premium": f"openai:gpt-4.1@{server.url}", "api_key": "any"}
    ours = TokenomicsMiddleware(cheap=f"openai:{CHEAP}@{server.url}", **given)
    agent(server, ours).invoke(asked(HARD))
    assert [body["model"] for body in server.requests] == [CHEAP, "gpt-4.1"]
    assert [model.model for model in ours.report().totals.models] == [CHEAP, "gpt-4.1"]


def test_the_model_that_another_puts_there_is_premium(server: LoopbackServer) -> None:
    other, cheap = openai_model(server, "gpt-4.1"), openai_model(server, CHEAP)

    class Chosen(AgentMiddleware):
        def wrap_model_call(self, request: Any, handler: Any) -> Any:
            chosen = cheap if "cheaply" in request.messages[-1].text else other
            return handler(request.override(model=chosen))

    ours = middleware(server)
    made = agent(server, ours, before=[Chosen()])
    made.invoke(asked(HARD))
    assert [body["model"] for body in server.requests] == [CHEAP, "gpt-4.1"]
    server.requests.clear()
    message = last(made.invoke(asked("What is hard, cheaply?")))
    assert [body["model"] for body in server.requests] == [CHEAP]
    assert (message.text, told(message)["strategy"]) == ("Not sure", "premium")


def test_a_changed_setting_of_a_model_counts_from_then_on(server: LoopbackServer) -> None:
    cheap = openai_model(server, CHEAP)
    made = agent(server, middleware(server, cheap=cheap))
    made.invoke(asked(EASY))
    cheap.temperature = 0.3
    message = last(made.invoke(asked(EASY)))
    assert not told(message)["cache_hit"]
    assert [body.get("temperature") for body in server.requests] == [None, 0.3]
