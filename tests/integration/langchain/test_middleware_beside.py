"""Our middleware beside others, beside the wrapper, beside itself."""

import logging
from typing import Any

import openai
import pytest
from langchain.agents.middleware import (
    AgentMiddleware,
    AgentState,
    ExtendedModelResponse,
    HumanInTheLoopMiddleware,
    ModelCallLimitMiddleware,
    ModelRetryMiddleware,
    SummarizationMiddleware,
    ToolRetryMiddleware,
)
from langchain.chat_models import init_chat_model
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command, interrupt

from tests.conftest import openai_model
from tests.integration.langchain.conftest import CHEAP, PREMIUM, STEADY, Make
from tests.integration.langchain.middleware_kit import (
    EASY,
    HARD,
    HARD_ANSWER,
    agent,
    asked,
    by,
    last,
    middleware,
    told,
    weather,
)
from tests.integration.langchain.test_usage import assert_books_match
from tokenomics_langchain import TokenomicsMiddleware
from tokenomics_shared.testing import Fault, LoopbackServer

THREAD = {"configurable": {"thread_id": "one"}}


class Asks(AgentMiddleware):
    """Asks somebody before each call."""

    def wrap_model_call(self, request: Any, handler: Any) -> Any:
        assert interrupt("May I?") == "yes"
        return handler(request)

    async def awrap_model_call(self, request: Any, handler: Any) -> Any:
        assert interrupt("May I?") == "yes"
        return await handler(request)


@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
async def test_interrupts_are_neither_swallowed_nor_tried_again(
    way: str, place: str, server: LoopbackServer
) -> None:
    ours = middleware(server)
    among: Any = {place: [Asks()]}
    made = agent(server, ours, checkpointer=InMemorySaver(), **among)
    paused = await by(way, made, EASY, THREAD)
    assert [it.value for it in paused["__interrupt__"]] == ["May I?"]
    assert not server.requests
    resume: Any = Command(resume="yes")
    state = made.invoke(resume, THREAD) if way == "invoke" else await made.ainvoke(resume, THREAD)
    assert told(last(state))["strategy"] == "cheap"
    assert [body["model"] for body in server.requests] == [CHEAP]
    assert ours.report().totals.cost == ours.report().totals.models[0].cost
    assert_books_match(ours, server)


def test_a_human_in_the_loop(server: LoopbackServer) -> None:
    ours = middleware(server)
    human = HumanInTheLoopMiddleware(interrupt_on={"weather": True})
    made = agent(server, ours, [weather], before=[human], checkpointer=InMemorySaver())
    paused = made.invoke(asked("weather in 'Graz'?"), THREAD)
    assert paused["__interrupt__"][0].value["action_requests"][0]["name"] == "weather"
    state = made.invoke(Command(resume={"decisions": [{"type": "approve"}]}), THREAD)
    assert state["messages"][2].text == "It is sunny in Graz."
    assert len(server.requests) == 2
    assert_books_match(ours, server)


async def test_turns_of_a_conversation_that_is_kept(server: LoopbackServer) -> None:
    ours = middleware(server)
    made = agent(server, ours, [weather], checkpointer=InMemorySaver())
    questions = [EASY, HARD, "weather in 'Graz'?", EASY]
    states = {}
    for thread in ("one", "two"):
        for question in questions:
            config = {"configurable": {"thread_id": thread}}
            states[thread] = await made.ainvoke(asked(question), config)
    for state in states.values():
        said = [message.text for message in state["messages"] if message.type == "human"]
        assert said == questions
        ids = [message.id for message in state["messages"]]
        assert len(set(ids)) == len(ids) == 10
    hits = [told(m)["cache_hit"] for m in states["two"]["messages"] if m.type == "ai"]
    assert hits == [True, True, False, False, False]
    assert_books_match(ours, server)


def test_summaries_go_by_the_answering_calls_tokens(server: LoopbackServer) -> None:
    model = openai_model(server, "gpt-4.1")
    summary = SummarizationMiddleware(model, trigger=("messages", 4), keep=("messages", 2))
    ours = middleware(server)
    made = agent(server, ours, before=[summary], checkpointer=InMemorySaver())
    states = [made.invoke(asked(it), THREAD) for it in (EASY, HARD, "And is it so?")]
    assert "summary" in states[-1]["messages"][0].text
    summaries = [body for body in server.requests if body["model"] == "gpt-4.1"]
    assert len(summaries) == 1
    assert "summary" in server.requests[-1]["messages"][0]["content"]


def test_an_escalated_answer_is_one_call_of_the_agent(server: LoopbackServer) -> None:
    limit = ModelCallLimitMiddleware(run_limit=1, exit_behavior="error")
    state = agent(server, middleware(server), before=[limit]).invoke(asked(HARD))
    assert last(state).text == HARD_ANSWER
    assert len(server.requests) == 2


@pytest.mark.parametrize("place", ["before", "after"])
async def test_retries_of_others(place: str, server: LoopbackServer) -> None:
    retry = ModelRetryMiddleware(max_retries=1, initial_delay=0.0, on_failure="error")
    ours = middleware(server)
    among: Any = {place: [retry]}
    made = agent(server, ours, **among)
    for way in ("invoke", "ainvoke"):
        server.faults = {CHEAP: Fault(status=503), PREMIUM: Fault(status=503, times=1)}
        server._failed.clear()
        assert PREMIUM in last(await by(way, made, f"{EASY} {way}")).text
    server.faults = {CHEAP: Fault(status=503), PREMIUM: Fault(status=503)}
    with pytest.raises(openai.InternalServerError):
        made.invoke(asked(EASY))
    assert ours.report().totals.failed >= 1


def test_an_errors_text_in_place_of_an_answer_is_no_draft_and_is_not_kept(
    server: LoopbackServer,
) -> None:
    retry = ModelRetryMiddleware(max_retries=0, on_failure=lambda error: "The sum is forty two.")
    ours = middleware(server)
    made = agent(server, ours, after=[retry])
    server.faults[CHEAP] = Fault(status=503)
    message = last(made.invoke(asked(EASY)))
    assert PREMIUM in message.text
    assert "escalate:cheap:no model gave this answer" in told(message)["trace"]
    server.faults[PREMIUM] = Fault(status=503)
    assert last(made.invoke(asked(HARD))).text == "The sum is forty two."
    server.faults.clear()
    assert last(made.invoke(asked(HARD))).text == HARD_ANSWER
    billed = {model.model: model.usage.input for model in ours.report().totals.models}
    assert {name: tokens for name, tokens in billed.items() if tokens} == server.input_tokens


def test_answers_that_others_write_anew_are_charged_all_the_same(server: LoopbackServer) -> None:
    class Anew(AgentMiddleware):
        """Asks twice, and writes an answer of its own."""

        def wrap_model_call(self, request: Any, handler: Any) -> Any:
            handler(request)
            text = handler(request).result[0].text
            return AIMessage(f"{text} So it is.")

    ours = middleware(server)
    made = agent(server, ours, after=[Anew()])
    for _ in range(2):
        assert last(made.invoke(asked(EASY))).text.endswith("So it is.")
    assert [body["model"] for body in server.requests] == [CHEAP, CHEAP]
    assert_books_match(ours, server)


def test_tools_are_tried_again(server: LoopbackServer) -> None:
    tries = []

    @tool
    def shaky(city: str) -> str:
        """Tell what shakes."""
        tries.append(city)
        if len(tries) < 2:
            raise OSError("shaken")
        return "It holds."

    retry = ToolRetryMiddleware(max_retries=1, initial_delay=0.0)
    state = agent(server, middleware(server), [shaky], before=[retry]).invoke(
        asked("What is shaky in 'Graz'?")
    )
    assert state["messages"][2].text == "It holds."


def test_commands_of_others_reach_the_state(server: LoopbackServer) -> None:
    class Counted(AgentState[Any]):
        seen: str

    class Counts(AgentMiddleware[Counted, Any, Any]):
        state_schema = Counted

        def wrap_model_call(self, request: Any, handler: Any) -> Any:
            response = handler(request)
            name = response.result[0].response_metadata["model_name"]
            return ExtendedModelResponse(response, Command(update={"seen": name}))

    for place in ("before", "after"):
        among: Any = {place: [Counts()]}
        state = agent(server, middleware(server), **among).invoke(asked(HARD))
        assert state["seen"] == PREMIUM


def test_tools_that_are_offered_later(server: LoopbackServer) -> None:
    class Later(AgentMiddleware):
        def wrap_model_call(self, request: Any, handler: Any) -> Any:
            return handler(request.override(tools=[*request.tools, weather]))

        def wrap_tool_call(self, request: Any, handler: Any) -> Any:
            return handler(request.override(tool=weather))

    for place in ("before", "after"):
        ours = middleware(server)
        among: Any = {place: [Later()]}
        state = agent(server, ours, **among).invoke(asked("weather in 'Graz'?"))
        assert state["messages"][2].text == "It is sunny in Graz."


def test_a_response_without_an_answer_is_left_as_it_is(server: LoopbackServer) -> None:
    class Silent(AgentMiddleware):
        def wrap_model_call(self, request: Any, handler: Any) -> Any:
            response = handler(request)
            response.result = [HumanMessage("I say nothing.")]
            return response

    ours = middleware(server)
    state = agent(server, ours, after=[Silent()]).invoke(asked(EASY))
    assert [message.text for message in state["messages"]] == [EASY, "I say nothing."]
    assert_books_match(ours, server)


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
async def test_beside_the_wrapper_it_stands_aside_and_says_so_once(
    way: str, make: Make, server: LoopbackServer, caplog: pytest.LogCaptureFixture
) -> None:
    wrapper = make()
    ours = middleware(server)
    made = agent(server, ours, [weather], model=wrapper)
    with caplog.at_level(logging.WARNING, "tokenomics"):
        for question in (EASY, HARD):
            assert "forty two" in last(await by(way, made, question)).text
    (record,) = caplog.records
    assert "the agent's model is a ChatTokenomics" in record.getMessage()
    assert [body["model"] for body in server.requests] == [CHEAP, CHEAP, PREMIUM]
    assert ours.report().totals.requests == 0
    assert_books_match(wrapper, server)


def test_a_model_that_is_made_at_each_call_is_left_alone(
    server: LoopbackServer, caplog: pytest.LogCaptureFixture
) -> None:
    given = {"base_url": server.url, "api_key": "any"}
    model = init_chat_model(f"openai:{PREMIUM}", configurable_fields=("temperature",), **given)
    with caplog.at_level(logging.WARNING, "tokenomics"):
        state = agent(server, middleware(server), model=model).invoke(asked(HARD))
    assert last(state).text == HARD_ANSWER
    assert "leaves its calls as they are" in caplog.text


class Another(TokenomicsMiddleware):
    """Under a name of its own."""


def test_two_in_one_agent(server: LoopbackServer, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(AssertionError, match="duplicate middleware"):
        agent(server, middleware(server), after=[middleware(server)])
    outer = middleware(server)
    given: Any = {"cheap": openai_model(server, "gpt-4.1-nano"), **STEADY, "engine": outer.engine}
    inner = Another(**{name: given[name] for name in ("cheap", "engine")})
    with caplog.at_level(logging.WARNING, "tokenomics"):
        state = agent(server, outer, after=[inner]).invoke(asked(HARD))
    assert last(state).text == HARD_ANSWER
    assert [body["model"] for body in server.requests] == [CHEAP, PREMIUM]
    assert "the outer one answers" in caplog.text
    assert_books_match(outer, server)


async def test_agents_within_agents_may_share_one(
    server: LoopbackServer, caplog: pytest.LogCaptureFixture
) -> None:
    ours = middleware(server)
    below = agent(server, ours, name="below")

    @tool
    async def colleague(question: str) -> str:
        """Ask a colleague."""
        return last(await below.ainvoke(asked(HARD))).text

    made = agent(server, ours, [colleague], name="above")
    with caplog.at_level(logging.WARNING, "tokenomics"):
        state = await made.ainvoke(asked("What says your colleague?"))
    assert state["messages"][2].text == HARD_ANSWER
    assert [message.name for message in state["messages"]][1::2] == ["above", "above"]
    assert not caplog.records
    assert ours.report().totals.requests == 3
    assert_books_match(ours, server)
