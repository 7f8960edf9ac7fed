"""Structured answers of agents with our middleware, in either of LangChain's ways."""

from dataclasses import dataclass
from typing import Any

import pytest
from langchain.agents.middleware import AgentMiddleware, ModelCallLimitMiddleware
from langchain.agents.structured_output import (
    ProviderStrategy,
    StructuredOutputValidationError,
    ToolStrategy,
)
from langchain_core.outputs import ChatResult
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, field_validator
from typing_extensions import TypedDict

from tests.conftest import openai_model
from tests.integration.langchain.conftest import CHEAP, PREMIUM
from tests.integration.langchain.middleware_kit import (
    City,
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
from tokenomics_shared.effects import Generate
from tokenomics_shared.testing import Fault, LoopbackServer
from tokenomics_shared.types import Strategy

QUESTION = "The city of 'Graz' has 9"
GRAZ = City(name="Graz", people=9)
OLDER = "llama-3.1-8b"
"""A model that LangChain asks for structured answers by a tool."""


class Person(BaseModel):
    """Someone."""

    age: int


@dataclass
class CityData:
    """A city."""

    name: str
    people: int


class CityDict(TypedDict):
    """A city."""

    name: str
    people: int


CITY_SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "people": {"type": "integer"}},
    "required": ["name", "people"],
}

BY_PROVIDER: dict[str, tuple[Any, Any]] = {
    "bare": (City, GRAZ),
    "provider": (ProviderStrategy(City), GRAZ),
    "strict": (ProviderStrategy(City, strict=True), GRAZ),
    "dataclass": (CityData, CityData("Graz", 9)),
    "TypedDict": (CityDict, {"name": "Graz", "people": 9}),
    "schema": (CITY_SCHEMA | {"title": "city"}, {"name": "Graz", "people": 9}),
}
BY_TOOL: dict[str, tuple[Any, Any]] = {
    "tool": (ToolStrategy(City), GRAZ),
    "one of two": (ToolStrategy(City | Person), GRAZ),
    "schema": (ToolStrategy(CITY_SCHEMA), {"name": "Graz", "people": 9}),
}


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
@pytest.mark.parametrize("tools", [[], [weather]], ids=["alone", "with tools"])
@pytest.mark.parametrize("form", BY_PROVIDER)
async def test_an_answer_in_the_providers_own_form_is_kept_and_parsed_anew(
    form: str, tools: list[Any], way: str, server: LoopbackServer
) -> None:
    given, expected = BY_PROVIDER[form]
    ours = middleware(server)
    made = agent(server, ours, tools, response_format=given)
    first, again = [await by(way, made, QUESTION) for _ in range(2)]
    assert first["structured_response"] == again["structured_response"] == expected
    assert again["structured_response"] is not first["structured_response"]
    assert told(last(first))["strategy"] == "cheap"
    assert told(last(again))["cache_type"] == "exact"
    assert_books_match(ours, server)


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
@pytest.mark.parametrize("form", BY_TOOL)
async def test_an_answer_by_a_tool_is_judged_and_never_kept(
    form: str, way: str, server: LoopbackServer
) -> None:
    given, expected = BY_TOOL[form]
    ours = middleware(server)
    made = agent(server, ours, response_format=given)
    for _ in range(2):
        state = await by(way, made, QUESTION)
        assert state["structured_response"] == expected
        answer = state["messages"][1]
        assert (told(answer)["strategy"], told(answer)["cache_hit"]) == ("cheap", False)
    assert {body["model"] for body in server.requests} == {CHEAP}
    assert_books_match(ours, server)


def test_each_tier_is_asked_in_its_own_way(server: LoopbackServer) -> None:
    text = f"The answer of {OLDER} to {QUESTION} is forty two."
    server.faults[OLDER] = Fault(text=text, times=1)
    made = agent(
        server, middleware(server, cheap=openai_model(server, OLDER)), response_format=City
    )
    for _ in range(2):
        state = made.invoke(asked(QUESTION), {"metadata": {"no_cache": True}})
        assert state["structured_response"] == GRAZ
    draft, answer, accepted = server.requests
    assert (draft["model"], draft["tool_choice"]) == (OLDER, "required")
    assert answer["model"] == PREMIUM
    assert answer["response_format"]["type"] == "json_schema"
    assert accepted["model"] == OLDER


def test_a_draft_by_a_tool_that_langchain_named_is_taken(server: LoopbackServer) -> None:
    """A bare schema without a title gets a name that nobody is told."""
    ours = middleware(server, cheap=openai_model(server, OLDER))
    premium = openai_model(server, "qwen-72b")
    state = agent(server, ours, model=premium, response_format=CITY_SCHEMA).invoke(asked(QUESTION))
    assert state["structured_response"] == {"name": "Graz", "people": 9}
    assert [body["model"] for body in server.requests] == [OLDER]


class Checked(City):
    """A city; no JSON schema says what is checked of it."""

    @field_validator("people")
    @classmethod
    def some(cls, people: int) -> int:
        assert people > 0
        return people


class Careless(ChatOpenAI):
    """Gets a number wrong."""

    def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
        result = super()._generate(*args, **kwargs)
        for call in result.generations[0].message.tool_calls:  # type: ignore[attr-defined]
            call["args"]["people"] = -1
        return result


def test_a_draft_against_its_schema_is_not_taken(server: LoopbackServer) -> None:
    careless = Careless(model=CHEAP, base_url=server.url, api_key="any")
    for form in (ToolStrategy(Checked), ToolStrategy(Checked, handle_errors=False)):
        ours = middleware(server, cheap=careless)
        state = agent(server, ours, response_format=form).invoke(asked(QUESTION))
        assert state["structured_response"] == Checked(name="Graz", people=9)
        assert [message.type for message in state["messages"]] == ["human", "ai", "tool"]
        assert [body["model"] for body in server.requests] == [CHEAP, PREMIUM]
        assert_books_match(ours, server)
        for kept in (server.requests, server.input_tokens, server.output_tokens):
            kept.clear()


@pytest.mark.parametrize("text", ['{"name": "Graz"', '{"name": "Graz", "people": "x"}', "Graz"])
def test_a_draft_that_can_not_be_parsed_falls_back_and_is_charged(
    text: str, server: LoopbackServer
) -> None:
    server.faults[CHEAP] = Fault(text=text)
    ours = middleware(server)
    state = agent(server, ours, response_format=ProviderStrategy(City)).invoke(asked(QUESTION))
    assert state["structured_response"] == GRAZ
    assert [body["model"] for body in server.requests] == [CHEAP, PREMIUM]
    assert_books_match(ours, server)


def test_premiums_own_error_is_raised(server: LoopbackServer) -> None:
    server.faults = dict.fromkeys((CHEAP, PREMIUM), Fault(text="Graz"))
    ours = middleware(server)
    with pytest.raises(StructuredOutputValidationError):
        agent(server, ours, response_format=ProviderStrategy(City)).invoke(asked(QUESTION))
    assert_books_match(ours, server)


def test_a_changed_schema_never_meets_a_kept_answer(server: LoopbackServer) -> None:
    class Changed(BaseModel):
        """A city."""

        name: str
        people: int
        area: int

    Changed.__name__ = "City"
    ours = middleware(server)
    agent(server, ours, response_format=City).invoke(asked(QUESTION))
    state = agent(server, ours, response_format=Changed).invoke(asked(QUESTION))
    assert isinstance(state["structured_response"], Changed)
    assert not told(last(state))["cache_hit"]


class Taken(AgentMiddleware):
    """Takes down what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[Any] = []

    def wrap_model_call(self, request: Any, handler: Any) -> Any:
        self.requests.append(request)
        return handler(request)


FORMS: dict[str, Any] = {"none": None, **{k: v for k, (v, _) in (BY_PROVIDER | BY_TOOL).items()}}


@pytest.mark.parametrize("cheap", [CHEAP, OLDER])
@pytest.mark.parametrize("tools", [[], [weather]], ids=["alone", "with tools"])
@pytest.mark.parametrize("form", FORMS)
def test_audits_ask_what_the_agent_asks(
    form: str, tools: list[Any], cheap: str, server: LoopbackServer
) -> None:
    once, taken = ModelCallLimitMiddleware(run_limit=1), Taken()
    ours: TokenomicsMiddleware = middleware(server, cheap=openai_model(server, cheap))
    made = agent(server, ours, tools, before=[once, taken], response_format=FORMS[form])
    made.invoke(asked(QUESTION))
    (sent,) = (body for body in list(server.requests)[:1])
    call = ours._call(taken.requests[0], lambda request: None)
    assert call is not None
    call.backend.aside().generate(Generate(Strategy("cheap"), call.prompt))
    assert server.requests[-1] == sent
