"""All parts off: on the wire and to the caller, the premium model itself."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import (
    AIMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
    trim_messages,
)
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from tests.conftest import openai_model
from tests.integration.langchain.conftest import PREMIUM, Make
from tokenomics_langchain import ChatTokenomics, TokenomicsConfig
from tokenomics_shared.testing import Fault, LoopbackServer

UNLIKE = frozenset({"content-length", "host", "x-stainless-async"})


class Person(BaseModel):
    """Someone."""

    name: str = Field(description="what they are called")
    age: int | None = None


class PersonDict(TypedDict):
    """Someone."""

    name: Annotated[str, ..., "what they are called"]


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


CONVERSATION = [
    SystemMessage("Be brief."),
    HumanMessage("add 1 and 2", name="ada"),
    AIMessage("", tool_calls=[{"name": "add", "args": {"a": 1, "b": 2}, "id": "call_1"}]),
    ToolMessage("3", tool_call_id="call_1"),
    AIMessage("That is 3."),
    HumanMessage(
        [
            {"type": "text", "text": "What is here?"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        ]
    ),
]

CALLS: dict[str, Any] = {
    "text": lambda llm: llm.invoke("Hello"),
    "nothing": lambda llm: llm.invoke(""),
    "conversation": lambda llm: llm.invoke(CONVERSATION),
    "parameters": lambda llm: llm.invoke("Hi", temperature=0.2, max_tokens=5, seed=7, user="me"),
    "stop": lambda llm: llm.invoke("Hello", stop=["ell"]),
    "stop as text": lambda llm: llm.invoke("Hello", stop="ell"),
    "no limit": lambda llm: llm.invoke("Hello", max_tokens=None, seed=7),
    "bound": lambda llm: llm.bind(logprobs=True, top_p=0.5).invoke("Hello"),
    "tools": lambda llm: llm.bind_tools([add, Person]).invoke("add 3 and 4"),
    "forced tool": lambda llm: llm.bind_tools([add], tool_choice="add").invoke("Hello"),
    "any tool": lambda llm: llm.bind_tools(
        [add], tool_choice="any", strict=True, parallel_tool_calls=False
    ).invoke("Hello"),
    "tools as dicts": lambda llm: llm.bind_tools(
        [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
    ).invoke("Hello"),
    "plain tools": lambda llm: llm.invoke(
        "Hello", tools=[{"type": "function", "function": {"name": "f"}}]
    ),
    "model": lambda llm: llm.invoke("Hello", model="gpt-4.1"),
    "two samples": lambda llm: llm.invoke("Hello", n=2),
    "batch": lambda llm: llm.batch(["a", "b"], config={"max_concurrency": 1}),
    "stream": lambda llm: list(llm.stream("Hello there, model")),
    "stream with tools": lambda llm: list(llm.bind_tools([add]).stream("add 3 and 4")),
    "structured": lambda llm: llm.with_structured_output(Person).invoke("Who is 'Ada'?"),
    "structured, streamed": lambda llm: list(
        llm.with_structured_output(PersonDict).stream("Who is 'Ada'?")
    ),
    "structured by tool": lambda llm: llm.with_structured_output(
        Person, method="function_calling"
    ).invoke("Who is 'Ada'?"),
    "structured by schema, strict": lambda llm: llm.with_structured_output(
        Person, method="json_schema", strict=True, include_raw=True
    ).invoke("Who is 'Ada'?"),
    "structured by JSON mode": lambda llm: llm.with_structured_output(
        PersonDict, method="json_mode"
    ).invoke("Give JSON with the key 'name'"),
    "structured and tools": lambda llm: llm.with_structured_output(
        Person.model_json_schema(), tools=[add], strict=True
    ).invoke("Hello"),
}


def content(answer: Any) -> Any:
    """What a caller looks at in an answer: not ids, not our own metadata."""
    if isinstance(answer, list):
        return [content(each) for each in answer]
    if isinstance(answer, AIMessage):
        return (answer.content, answer.tool_calls and answer.tool_calls[0]["args"])
    if isinstance(answer, dict) and "raw" in answer:
        return answer["parsed"]
    return answer


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning")
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "settings", [{}, {"temperature": 0.3, "streaming": True, "max_tokens": 400}, {"n": 2}]
)
def test_requests_are_the_same_to_the_byte(
    call: str, settings: dict[str, Any], server: LoopbackServer
) -> None:
    if settings.get("n") and "stream" in call:
        return  # OpenAI's client refuses samples in a stream
    plain = openai_model(server, PREMIUM, stream_usage=None, **settings)
    ours = ChatTokenomics(
        cheap=openai_model(server, "gpt-4o-mini"),
        premium=openai_model(server, PREMIUM, stream_usage=None, **settings),
        config=TokenomicsConfig.off(),
    )
    expected = CALLS[call](plain)
    sent = list(zip(server.bodies, map(wire, server.headers), strict=True))
    server.bodies.clear()
    server.headers.clear()
    got = CALLS[call](ours)
    assert list(zip(server.bodies, map(wire, server.headers), strict=True)) == sent
    assert "".join(map(str, flat(content(got)))) == "".join(map(str, flat(content(expected))))


def wire(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in UNLIKE}


def flat(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return [part for each in value for part in flat(each) if part not in ("", None)]
    return [value]


@pytest.mark.parametrize("way", ["ainvoke", "astream"])
async def test_async_requests_are_the_same_to_the_byte(
    way: str, off: ChatTokenomics, server: LoopbackServer
) -> None:
    for llm in (openai_model(server, PREMIUM), off):
        if way == "ainvoke":
            await llm.ainvoke(CONVERSATION, temperature=0.1)
        else:
            assert [chunk async for chunk in llm.astream(CONVERSATION, temperature=0.1)]
    assert server.bodies[0] == server.bodies[1]
    assert wire(server.headers[0]) == wire(server.headers[1])


@pytest.mark.parametrize(
    "fault",
    [Fault(status=status) for status in (400, 401, 403, 404, 409, 422, 429, 500, 503)]
    + [Fault(cut_after=0), Fault(cut_after=3), Fault(delay_s=1.0)],
    ids=str,
)
@pytest.mark.parametrize("way", ["invoke", "stream", "ainvoke", "astream"])
async def test_errors_are_the_same(way: str, fault: Fault, server: LoopbackServer) -> None:
    server.faults[PREMIUM] = fault
    settings = {"timeout": 0.2, "max_retries": 0}
    errors = []
    for llm in (
        openai_model(server, PREMIUM, **settings),
        ChatTokenomics(
            cheap=openai_model(server, "gpt-4o-mini"),
            premium=openai_model(server, PREMIUM, **settings),
            config=TokenomicsConfig.off(),
        ),
    ):
        with pytest.raises(Exception) as caught:  # noqa: PT011 -- whichever plain raises
            await called(way, llm)
        errors.append(caught.value)
    plain, ours = errors
    assert type(ours) is type(plain)
    assert str(ours) == str(plain)
    assert type(ours.__cause__) is type(plain.__cause__)


async def called(way: str, llm: Any) -> None:
    if way == "invoke":
        llm.invoke("Hello there")
    elif way == "stream":
        list(llm.stream("Hello there"))
    elif way == "ainvoke":
        await llm.ainvoke("Hello there")
    else:
        assert [chunk async for chunk in llm.astream("Hello there")]


def test_nobody_listening_refuses_connections_just_the_same() -> None:
    from openai import APIConnectionError

    nowhere = {"base_url": "http://127.0.0.1:9/v1", "api_key": "any", "max_retries": 0}
    ours = ChatTokenomics(
        cheap=ChatOpenAI(model="a", **nowhere), premium=ChatOpenAI(model="b", **nowhere)
    )
    with pytest.raises(APIConnectionError):
        ours.invoke("Hello")
    assert ours.engine.report().totals.failed == 1


def test_every_call_is_still_recorded(off: ChatTokenomics, server: LoopbackServer) -> None:
    off.invoke("Hello")
    off.invoke("Hello")
    totals = off.engine.report().totals
    assert (totals.requests, totals.exact_hits) == (2, 0)
    assert totals.models[0].usage.input == server.input_tokens[PREMIUM]
    assert totals.savings.total == 0


@pytest.mark.parametrize("handlers", [[], [BaseCallbackHandler()]])
async def test_a_run_id_becomes_the_id_of_the_message(
    handlers: list[Any], make: Make, server: LoopbackServer
) -> None:
    run_id = UUID(int=7)
    for llm in (openai_model(server, PREMIUM), make(), make()):
        given: Any = {"run_id": run_id, "callbacks": handlers}
        assert llm.invoke("Hello", config=given).id == f"lc_run--{run_id}-0"
        assert (await llm.ainvoke("Hello", config=given)).id == f"lc_run--{run_id}-0"


def test_tokens_are_counted_as_premium_counts_them(off: ChatTokenomics) -> None:
    class Counted(FakeListChatModel):
        def get_num_tokens_from_messages(self, messages: Any, *args: Any, **kwargs: Any) -> int:
            return 100 * len(messages)

    premium = Counted(responses=["a"], custom_get_token_ids=lambda text: [len(text)] * 3)
    llm = ChatTokenomics(premium=premium.bind(stop=["x"]), config=TokenomicsConfig.off())
    turns = [HumanMessage("a"), AIMessage("b"), HumanMessage("c")]
    assert llm.get_token_ids("abc") == [3, 3, 3]
    assert llm.get_num_tokens("abc") == 3
    assert llm.get_num_tokens_from_messages(turns) == 300
    assert trim_messages(turns, max_tokens=100, token_counter=llm) == turns[2:]
    own = llm.model_copy(update={"custom_get_token_ids": lambda text: [1]})
    assert (own.get_token_ids("abc"), own.get_num_tokens("abc")) == ([1], 1)
    assert own.get_num_tokens_from_messages(turns) == 3


@pytest.mark.parametrize("parts", ["off", "on"])
def test_a_stream_left_when_the_loop_ends_is_closed_in_peace(
    parts: str, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    async def leave(llm: ChatTokenomics) -> None:
        async for chunk in llm.astream("Something hard, please"):
            if chunk.content:
                break

    for _ in range(10):
        llm = make(config=TokenomicsConfig.off()) if parts == "off" else make()
        asyncio.run(leave(llm))
    assert not caplog.records
