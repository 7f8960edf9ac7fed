"""Tools and structured answers: bound once, given to each tier in its own form, judged, parsed."""

from typing import Any

import pytest
from langchain_core.exceptions import OutputParserException
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableBinding
from langchain_core.tools import tool
from pydantic import BaseModel, field_validator
from typing_extensions import TypedDict

from tests.integration.langchain.conftest import CHEAP, PREMIUM, Make
from tests.integration.langchain.test_calls import told
from tokenomics_langchain import ChatTokenomics
from tokenomics_shared.testing import Call, ChatRequest, Fault, LoopbackServer, Turn


class City(BaseModel):
    """A city."""

    name: str
    people: int


class CityDict(TypedDict):
    """A city."""

    name: str


@tool
def weather(city: str) -> str:
    """Tell the weather."""
    return f"fine in {city}"


SCHEMAS: dict[str, tuple[Any, Any]] = {
    "pydantic": (City, City(name="Graz", people=9)),
    "typed dict": (CityDict, {"name": "Graz"}),
    "JSON schema": (City.model_json_schema(), {"name": "Graz", "people": 9}),
}
METHODS: list[dict[str, Any]] = [
    {},
    {"method": "function_calling"},
    {"method": "json_schema"},
    {"method": "json_schema", "strict": True},
]


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning")
@pytest.mark.parametrize("options", METHODS, ids=str)
@pytest.mark.parametrize("kind", SCHEMAS)
async def test_structured_answers(kind: str, options: dict[str, Any], make: Make) -> None:
    schema, expected = SCHEMAS[kind]
    chain = make().with_structured_output(schema, **options)
    question = "'Graz' has people: 9"
    assert chain.invoke(question) == expected
    assert await chain.ainvoke(question + ".") == expected
    assert list(chain.stream(question + "!"))[-1] == expected
    assert [part async for part in chain.astream(question + "?")][-1] == expected


def test_the_raw_answer_may_be_had_too(make: Make) -> None:
    chain = make().with_structured_output(City, include_raw=True)
    answer: Any = chain.invoke("'Graz' has people: 9")
    assert isinstance(answer["raw"], AIMessage)
    assert answer["parsed"] == City(name="Graz", people=9)
    assert answer["parsing_error"] is None


def test_a_structured_answer_is_kept_and_read_again(make: Make, server: LoopbackServer) -> None:
    chain = make().with_structured_output(City, method="json_schema", include_raw=True)
    first: Any = chain.invoke("'Graz' has people: 9")
    again: Any = chain.invoke("'Graz' has people: 9")
    assert told(again["raw"])["cache_hit"]
    assert again["parsed"] == first["parsed"]
    assert len(server.requests) == 1


def test_a_changed_schema_meets_no_old_answer(make: Make, server: LoopbackServer) -> None:
    llm = make()
    llm.with_structured_output(City, method="json_schema").invoke("'Graz' has people: 9")

    class Town(City):
        mayor: str = ""

    Town.__name__ = "City"
    chain = llm.with_structured_output(Town, method="json_schema", include_raw=True)
    answer: Any = chain.invoke("'Graz' has people: 9")
    assert not told(answer["raw"])["cache_hit"]


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning")
@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
@pytest.mark.parametrize("bad", ["Not JSON", '{"name": "Graz"}'])
async def test_a_draft_that_does_not_fit_the_schema_escalates(
    bad: str, method: str, make: Make, server: LoopbackServer
) -> None:
    server.faults[CHEAP] = Fault(text=bad)
    chain = make().with_structured_output(City, method=method, include_raw=True)
    for answer in (
        chain.invoke("'Graz' has people: 9"),
        await chain.ainvoke("'Wels' has people: 9"),
        list(chain.stream("'Linz' has people: 9"))[-1],
    ):
        assert isinstance(answer, dict)
        if "raw" in answer:
            calls = told(answer["raw"])["calls"]
            assert [call["tier"] for call in calls] == ["cheap", "premium"]
    assert [request["model"] for request in server.requests] == [CHEAP, PREMIUM] * 3


def test_an_answer_of_premium_that_does_not_parse_raises(
    make: Make, server: LoopbackServer
) -> None:
    server.faults[CHEAP] = server.faults[PREMIUM] = Fault(text="Not JSON")
    with pytest.raises(OutputParserException):
        make().with_structured_output(City, method="json_mode").invoke("JSON, please")


def test_a_retry_of_an_answer_that_does_not_parse_asks_again(
    make: Make, server: LoopbackServer
) -> None:
    server.faults[CHEAP] = server.faults[PREMIUM] = Fault(text='{"na', times=1)

    class Named(BaseModel):
        name: str

    chain = make().with_structured_output(Named, method="json_mode")
    retried = chain.with_retry(stop_after_attempt=2, wait_exponential_jitter=False)
    assert retried.invoke("JSON, please: 'name'")
    assert [request["model"] for request in server.requests] == [CHEAP, PREMIUM, CHEAP]


def test_tiers_that_bind_schemas_some_other_way_get_a_tool() -> None:
    bound: list[Any] = []

    class Odd(FakeListChatModel):
        def with_structured_output(self, *args: Any, **kwargs: Any) -> Any:
            return self

        def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
            bound.append((tools, kwargs))
            return self.bind()

    odd = Odd(responses=['{"name": "Graz", "people": 9}'])
    chain = ChatTokenomics(premium=odd).with_structured_output(City)
    assert chain.invoke("Tell me of Graz") == City(name="Graz", people=9)
    assert bound == [([City], {"tool_choice": "any"})]


async def test_tools(make: Make, server: LoopbackServer) -> None:
    bound = make().bind_tools([weather, City])
    assert isinstance(bound, RunnableBinding)
    message = bound.invoke("weather in 'Graz'?")
    (call,) = message.tool_calls
    assert (call["name"], call["args"]) == ("weather", {"city": "Graz"})
    assert [t["function"]["name"] for t in server.requests[-1]["tools"]] == ["weather", "City"]
    chunks = [chunk async for chunk in bound.astream("weather in 'Graz'!")]
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole = whole + chunk
    assert whole.tool_calls[0]["args"] == {"city": "Graz"}
    assert told(whole)["strategy"] == "cheap"


def test_a_loop_of_tools(make: Make) -> None:
    bound = make().bind_tools([weather])
    turns: list[Any] = [HumanMessage("weather in 'Graz'?")]
    turns.append(bound.invoke(turns))
    (call,) = turns[-1].tool_calls
    turns.append(ToolMessage(weather.invoke(call["args"]), tool_call_id=call["id"]))
    answer = bound.invoke(turns)
    assert "forty two" in answer.text
    assert told(bound.invoke(turns))["cache_hit"]


def test_answers_that_call_tools_are_not_kept(make: Make, server: LoopbackServer) -> None:
    bound = make().bind_tools([weather])
    ids = {bound.invoke("weather in 'Graz'?").tool_calls[0]["id"] for _ in range(2)}
    assert len(ids) == len(server.requests) == 2


def test_the_same_question_with_other_tools_is_another_one(
    make: Make, server: LoopbackServer
) -> None:
    llm = make()
    llm.invoke("Hello model")
    llm.bind_tools([weather]).invoke("Hello model")
    llm.bind_tools([weather], tool_choice="none").invoke("Hello model")
    assert len(server.requests) == 3
    assert told(llm.bind_tools([weather]).invoke("Hello model"))["cache_hit"]


def test_options_may_be_bound_later(make: Make, server: LoopbackServer) -> None:
    bound: Any = make().bind_tools([weather], tool_choice="auto")
    bound.bind(tool_choice="any").invoke("Hello model")
    assert server.requests[-1]["tool_choice"] == "required"
    bound.invoke("Hello again, model")
    assert server.requests[-1]["tool_choice"] == "auto"


async def test_an_agent(make: Make, server: LoopbackServer) -> None:
    from langchain.agents import create_agent

    for nested in ("none", "trace"):
        agent = create_agent(make(nested=nested), [weather])
        asked: Any = {"messages": [HumanMessage("weather in 'Graz'?")]}
        for state in (agent.invoke(asked), await agent.ainvoke(asked)):
            kinds = [type(message).__name__ for message in state["messages"]]
            assert kinds == ["HumanMessage", "AIMessage", "ToolMessage", "AIMessage"]
            ids = [message.id for message in state["messages"]]
            assert len(set(ids)) == 4
        streamed: Any = agent.stream(
            {"messages": [HumanMessage("Tell me of the weather in 'Wels'")]},
            stream_mode="messages",
        )
        tokens = [token.text for token, _ in streamed if token.type == "AIMessageChunk"]
        assert "".join(tokens).count("forty two") == 1


async def test_an_agent_with_a_response_format(make: Make) -> None:
    from langchain.agents import create_agent

    agent = create_agent(make(), [weather], response_format=City)
    state = await agent.ainvoke({"messages": [HumanMessage("The city of 'Graz' has 9")]})
    assert state["structured_response"] == City(name="Graz", people=9)


def test_a_class_given_as_a_tool_refuses_drafts_too(make: Make, server: LoopbackServer) -> None:
    class Somewhere(BaseModel):
        """A city."""

        name: str

        @field_validator("name")
        @classmethod
        def _is_somewhere(cls, name: str) -> str:
            if name == "Nowhere":
                raise ValueError("there is no such city")
            return name

    def turns(request: ChatRequest) -> Turn:
        name = "Nowhere" if request.model == CHEAP else "Graz"
        return Turn(calls=(Call("Somewhere", {"name": name}),))

    server.turns = turns
    for given in (Somewhere, tool("Somewhere", args_schema=Somewhere)(lambda name: name)):
        message = make().bind_tools([given]).invoke("Hello model")
        assert message.tool_calls[0]["args"] == {"name": "Graz"}
        assert [call["tier"] for call in told(message)["calls"]] == ["cheap", "premium"]


@pytest.mark.parametrize("choice", ["any", "required", "weather", True, "none"], ids=str)
def test_a_draft_of_a_model_that_does_not_heed_the_choice_of_tools_is_not_taken(
    choice: Any, make: Make, server: LoopbackServer
) -> None:
    calls, says = Turn(calls=(Call("weather", {"city": "Graz"}),)), Turn(text="It is fine there.")
    heeded, ignored = (says, calls) if choice == "none" else (calls, says)
    server.turns = lambda request: ignored if request.model == CHEAP else heeded
    answer = make().bind_tools([weather], tool_choice=choice).invoke("How is it in Graz?")
    assert told(answer)["strategy"] == "premium"
    assert bool(answer.tool_calls) is (choice != "none")
