"""Structured answers by every form, method and way: what the plain model gives."""

import warnings
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.tools import tool
from pydantic import BaseModel, Field, field_validator, model_validator
from typing_extensions import TypedDict

from tests.integration.langchain.agents import fresh, ours, ours_off, plain
from tests.integration.langchain.conftest import CHEAP, PREMIUM
from tests.integration.langchain.test_calls import told
from tests.integration.langchain.test_structured import parsed
from tokenomics_shared.testing import Call, ChatRequest, Fault, LoopbackServer, Turn

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pydantic import v1

pytestmark = [
    pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning"),
    pytest.mark.filterwarnings("ignore:Received a Pydantic BaseModel V1 schema:UserWarning"),
]

NUMBER = count()


class Street(BaseModel):
    """A street."""

    name: str


class City(BaseModel):
    """A city."""

    name: str = Field(description="as it calls itself")
    people: int
    streets: list[Street] = []

    @field_validator("people")
    @classmethod
    def _few(cls, people: int) -> int:
        if people > 100:
            raise ValueError("too many")
        return people

    @model_validator(mode="after")
    def _other(self) -> "City":
        if self.name == "Nowhere":
            raise RuntimeError("there is no such city")
        return self


class CityDict(TypedDict):
    """A city."""

    name: str
    people: int


class OldCity(v1.BaseModel):
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
    "JSON schema": City.model_json_schema(),
    "function": {
        "name": "City",
        "description": "A city.",
        "parameters": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "people": {"type": "integer"}},
            "required": ["name", "people"],
        },
    },
    "dataclass": CityClass,
    "pydantic v1": OldCity,
}
METHODS = ["function_calling", "json_schema", "json_mode", None]
STRICT = [None, True, False]
GOOD = {"name": "Graz", "people": 9, "streets": [{"name": "Ring"}]}
TEXT = '{"name": "Graz", "people": 9, "streets": [{"name": "Ring"}]}'


def says(cheaply: Any, dearly: Any = TEXT) -> Any:
    """Each model's own answer, in the form that is asked for."""

    def turns(request: ChatRequest) -> Turn | None:
        said = cheaply if request.model == CHEAP else dearly
        if not request.tools:
            return Turn(text=said)
        return Turn(calls=(Call(request.tools[0]["name"], said),))

    return turns


@pytest.fixture
def server(served: LoopbackServer) -> LoopbackServer:
    return fresh(served, says(TEXT))


def seen(given: Any) -> Any:
    """An answer with its kind, so that no model passes for a mapping."""
    if isinstance(given, list):
        return [seen(part) for part in given]
    return type(given).__name__, parsed(given)


def last(parts: list[Any]) -> Any:
    """What a stream comes to."""
    if parts and isinstance(parts[0], dict) and "raw" in parts[0]:
        whole = parts[0]
        for part in parts[1:]:
            whole = whole + part
        return seen(whole)
    return seen(parts[-1:])


async def came(way: str, chain: Any, text: str) -> Any:
    """What a caller gets."""
    if way == "batch":
        return seen(chain.batch([text, text + "!"], return_exceptions=True))
    if way.endswith("stream"):
        if way == "stream":
            return last(list(chain.stream(text)))
        return last([part async for part in chain.astream(text)])
    return seen(chain.invoke(text) if way == "invoke" else await chain.ainvoke(text))


async def tried(way: str, chain: Any, text: str) -> Any:
    """What a caller gets, or the type of the error."""
    try:
        return await came(way, chain, text)
    except Exception as error:  # noqa: BLE001 -- compared
        return type(error).__name__


def question() -> str:
    """Another every time, so that memory knows none."""
    return f"Give JSON with the keys 'name' and 'people' {next(NUMBER)}"


def asked(llm: Any, schema: Any, options: dict[str, Any]) -> Any:
    """The chain, or the error that asking so raises."""
    try:
        return llm.with_structured_output(schema, **options)
    except Exception as error:  # noqa: BLE001 -- compared
        return type(error), str(error)


WAYS = ["invoke", "ainvoke", "stream", "astream", "batch"]
RAW: dict[str, tuple[bool, list[str]]] = {
    "parsed": (False, ["invoke", "astream"]),
    "raw": (True, ["ainvoke", "stream"]),
}
"""Whether the raw answer is asked for too, and the ways that are tried with either."""


@pytest.mark.parametrize("raw", RAW)
@pytest.mark.parametrize("strict", STRICT, ids=lambda it: f"strict {it}")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", SCHEMAS)
async def test_every_way_gives_what_the_plain_model_gives(
    kind: str, method: str | None, strict: Any, raw: str, server: LoopbackServer
) -> None:
    if strict is not None and kind in {"typed dict", "dataclass", "pydantic v1"}:
        return  # as with the forms of the same kind
    include_raw, ways = RAW[raw]
    options = {"method": method, "strict": strict, "include_raw": include_raw}
    given = {name: it for name, it in options.items() if it is not None}
    chains = [asked(make(server), SCHEMAS[kind], given) for make in (plain, ours, ours_off)]
    if isinstance(chains[0], tuple):
        assert chains[1:] == chains[:1] * 2
        return
    for way in ways:
        outcomes = [await tried(way, chain, question()) for chain in chains]
        assert outcomes[1:] == outcomes[:1] * 2, way


BAD: dict[str, Any] = {
    "no JSON": "It is Graz",
    "a field is missing": '{"name": "Graz"}',
    "another type": '{"name": "Graz", "people": "many"}',
    "refused by a validator": '{"name": "Graz", "people": 101}',
    "a validator breaks": '{"name": "Nowhere", "people": 9}',
    "empty": "",
}


@pytest.mark.parametrize("method", METHODS[:3])
@pytest.mark.parametrize("bad", BAD)
async def test_a_draft_that_does_not_parse_escalates_in_every_way(
    bad: str, method: str, server: LoopbackServer
) -> None:
    chain = ours(server).with_structured_output(City, method=method, include_raw=True)
    server.turns = says(BAD[bad])
    for way in ("ainvoke", "stream"):
        server.requests.clear()
        outcome = await tried(way, chain, question())
        assert [request["model"] for request in server.requests] == [CHEAP, PREMIUM], way
        assert "Graz" in str(outcome)
    raw: Any = chain.invoke(question())
    assert raw["parsed"] == City(**GOOD)
    assert [call["tier"] for call in told(raw["raw"])["calls"]] == ["cheap", "premium"]


@pytest.mark.parametrize("raw", RAW)
@pytest.mark.parametrize("method", METHODS[:3])
@pytest.mark.parametrize("bad", BAD)
async def test_an_answer_of_premium_that_does_not_parse_is_the_plain_models(
    bad: str, method: str, raw: str, server: LoopbackServer
) -> None:
    include_raw, ways = RAW[raw]
    server.turns = says(BAD[bad], BAD[bad])
    chains = [
        make(server).with_structured_output(City, method=method, include_raw=include_raw)
        for make in (plain, ours)
    ]
    text = question()
    for way in ways:
        expected, got = [await tried(way, chain, text) for chain in chains]
        assert got == expected, way
    # What nobody could parse was not kept: asked again, it is answered anew.
    server.turns = says(TEXT)
    assert "Ring" in str(await tried("invoke", chains[1], text))


@pytest.mark.parametrize("method", ["function_calling", "json_schema"])
def test_a_refused_or_cut_draft_escalates(method: str, server: LoopbackServer) -> None:
    for fault in (Fault(status=503), Fault(cut_after=0), Fault(text="I can't help with that.")):
        server.faults[CHEAP] = fault
        chain = ours(server).with_structured_output(City, method=method)
        assert isinstance(chain.invoke(question()), City)


@tool
def lookup(city: str) -> str:
    """Look a city up."""
    return city


@pytest.mark.parametrize("options", [{"tools": [lookup]}, {"tools": [lookup], "strict": True}])
async def test_tools_may_be_offered_beside_a_schema(
    options: dict[str, Any], server: LoopbackServer
) -> None:
    server.turns = lambda request: Turn(calls=(Call("lookup", {"city": "Graz"}),))
    for include_raw in (True, False):
        chains = [
            make(server).with_structured_output(City, include_raw=include_raw, **options)
            for make in (plain, ours, ours_off)
        ]
        for way in WAYS[:4]:
            outcomes = [await tried(way, chain, question()) for chain in chains]
            assert outcomes[1:] == outcomes[:1] * 2, way


AROUND: dict[str, Any] = {
    "prompt": lambda llm: (
        ChatPromptTemplate.from_messages([("system", "JSON."), ("human", "{input}")])
        | llm.with_structured_output(City)
    ),
    "retry": lambda llm: llm.with_structured_output(City).with_retry(
        stop_after_attempt=2, wait_exponential_jitter=False
    ),
    "fallbacks": lambda llm: llm.with_structured_output(City).with_fallbacks(
        [llm.with_structured_output(City, method="json_mode")]
    ),
    "tools before": lambda llm: llm.bind_tools([lookup]).with_structured_output(City),
    "config": lambda llm: llm.with_structured_output(City).with_config(tags=["mine"]),
    "bound": lambda llm: llm.bind(temperature=0.1).with_structured_output(City),
}


@pytest.mark.parametrize("around", AROUND)
async def test_around_a_structured_answer(around: str, server: LoopbackServer) -> None:
    for bad in (TEXT, BAD["refused by a validator"]):
        server.turns = says(bad, TEXT)
        chains = [AROUND[around](make(server)) for make in (plain, ours, ours_off)]
        for way in ("ainvoke", "stream", "batch"):
            outcomes = [await tried(way, chain, question()) for chain in chains]
            assert outcomes[1:] == outcomes[:1] * 2, way
