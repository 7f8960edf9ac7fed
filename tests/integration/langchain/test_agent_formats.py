"""Agents over ours that answer by a schema."""

from dataclasses import dataclass
from typing import Any

import pytest
from langchain.agents.structured_output import ProviderStrategy, ToolStrategy
from pydantic import BaseModel
from typing_extensions import TypedDict

from tests.integration.langchain.agents import (
    STEPS,
    asked,
    fresh,
    looks_twice,
    new_agent,
    ours,
    ours_off,
    plain,
    shown,
    weather,
)
from tests.integration.langchain.conftest import CHEAP, PREMIUM
from tokenomics_shared.testing import Call, ChatRequest, LoopbackServer, Turn

pytestmark = pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning")

FITTING = {"name": "Graz", "people": 9}


class City(BaseModel):
    """A city."""

    name: str
    people: int


class CityDict(TypedDict):
    """A city."""

    name: str
    people: int


@dataclass
class CityClass:
    """A city."""

    name: str
    people: int


SCHEMAS: dict[str, Any] = {
    "pydantic": City,
    "typed dict": CityDict,
    "dataclass": CityClass,
    "JSON schema": City.model_json_schema(),
}
STRATEGIES: dict[str, Any] = {
    "itself": lambda schema: schema,
    "tool": ToolStrategy,
    "provider": ProviderStrategy,
    "strict": lambda schema: ProviderStrategy(schema, strict=True),
    "tool, unhandled": lambda schema: ToolStrategy(schema, handle_errors=False),
}


@dataclass
class Answers:
    """Looks a city up, then answers in the form that is asked for, each model in its own way."""

    cheap: Any
    premium: Any

    def __call__(self, request: ChatRequest) -> Turn | None:
        given = self.cheap if request.model == CHEAP else self.premium
        text = given if isinstance(given, str) else None
        if request.messages[-1]["role"] != "tool" and any(
            it["name"] == "weather" for it in request.tools
        ):
            return looks_twice(request)
        names = [it["name"] for it in request.tools if it["name"] != "weather"]
        if names:
            # Told that it called wrongly, it says it right.
            told = "Error" in str(request.messages[-1]["content"])
            return Turn(calls=(Call(names[0], FITTING if told else given),))
        return Turn(text=text if text is not None else str(given).replace("'", '"'))


@pytest.fixture
def server(served: LoopbackServer) -> LoopbackServer:
    return fresh(served, Answers(FITTING, FITTING))


def outcome(llm: Any, form: Any, tools: Any = (weather,)) -> Any:
    """The agent's messages and its structured answer, or its error."""
    try:
        state = new_agent(llm, list(tools), response_format=form).invoke(asked(), STEPS)
    except Exception as error:  # noqa: BLE001 -- compared
        return type(error)
    return shown(state["messages"]), state.get("structured_response")


@pytest.mark.parametrize("tools", [(), (weather,)], ids=["alone", "with tools"])
@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("kind", SCHEMAS)
def test_structured_answers_are_those_over_the_plain_model(
    kind: str, strategy: str, tools: Any, server: LoopbackServer
) -> None:
    form = STRATEGIES[strategy](SCHEMAS[kind])
    outcomes, sent = [], []
    for make in (plain, ours, ours_off):
        server.bodies.clear()
        outcomes.append(outcome(make(server), form, tools))
        sent.append([body.replace(CHEAP.encode(), PREMIUM.encode()) for body in server.bodies])
    assert outcomes[1:] == outcomes[:1] * 2
    # Ids of calls count on.
    assert [len(bodies) for bodies in sent] == [len(sent[0])] * 3
    assert sent[1][0] == sent[2][0] == sent[0][0]
    _, response = outcomes[0]
    assert (response if isinstance(response, dict) else vars(response)) == FITTING


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(
    "bad",
    ["nonsense", "{", '{"name": "Graz"}', '{"name": "Graz", "people": "many"}'],
)
def test_a_draft_that_does_not_fit_is_never_seen(
    bad: str, strategy: str, server: LoopbackServer
) -> None:
    form = STRATEGIES[strategy](City)
    expected = outcome(plain(server), form)
    server.turns = Answers(bad, FITTING)
    assert outcome(ours(server), form) == expected
    assert expected[1] == City(**FITTING)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("bad", ["nonsense", '{"name": "Graz"}'])
def test_an_answer_of_premium_that_does_not_fit_ends_as_it_does_there(
    bad: str, strategy: str, server: LoopbackServer
) -> None:
    server.turns = Answers(bad, bad)
    form = STRATEGIES[strategy](City)
    assert outcome(ours(server), form) == outcome(plain(server), form)


def test_a_choice_of_schemas(server: LoopbackServer) -> None:
    form = ToolStrategy(City | CityClass)
    assert outcome(ours(server), form) == outcome(plain(server), form)
