"""Structured answers, all parts off and on: to the caller, those of the premium model itself."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import BaseModel
from typing_extensions import TypedDict

from tests.conftest import openai_model
from tests.integration.langchain.conftest import PREMIUM
from tests.integration.langchain.test_calls import told
from tokenomics_langchain import ChatTokenomics, TokenomicsConfig
from tokenomics_shared.testing import Call, Fault, LoopbackServer, Turn

pytestmark = pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning")

QUESTION = "Give JSON with the key 'name'"


class Person(BaseModel):
    """Someone."""

    name: str
    note: str | None = "none"
    items: list[str] = []


class PersonDict(TypedDict):
    """Someone."""

    name: str


SCHEMAS: dict[str, Any] = {
    "pydantic": Person,
    "typed dict": PersonDict,
    "JSON schema": Person.model_json_schema(),
    "OpenAI format": {"name": "Person", "schema": Person.model_json_schema(), "strict": False},
    "nothing": None,
    "no schema": 5,
}
METHODS = ["json_schema", "json_mode", "function_calling", None, "bogus"]
OPTIONS: list[dict[str, Any]] = [{}, {"include_raw": True}, {"strict": True}, {"what": 1}]
TEXTS = [None, '{"name": "Ada Lovelace", "items": ["a"]}', '{"other": 1}', '{"na']
NUMBER = count()


def question() -> str:
    """Another every time, so that memory knows none."""
    return f"{QUESTION} {next(NUMBER)}"


def models(server: LoopbackServer) -> tuple[Any, Any, Any]:
    """A plain one, one of ours with every part off, and one with all of them on."""
    premium = openai_model(server, PREMIUM)
    off = ChatTokenomics(premium=premium, config=TokenomicsConfig.off())
    cheap = openai_model(server, PREMIUM)
    return premium, off, ChatTokenomics(cheap=cheap, premium=premium, bandit={"enabled": False})


def seen(ask: Callable[[], Any]) -> Any:
    """What a caller gets, or the type of the error."""
    try:
        return parsed(ask())
    except Exception as error:  # noqa: BLE001 -- compared
        return type(error)


def parsed(answer: Any) -> Any:
    if isinstance(answer, list) and any(
        isinstance(part, dict) and "raw" in part for part in answer
    ):
        return by_key(answer)
    if isinstance(answer, dict) and "raw" in answer:
        return answer["parsed"], type(answer["parsing_error"])
    return answer


def by_key(parts: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """What a stream that tells the raw answer too brings, key by key.

    LangChain makes each key in a thread of its own: which comes first differs from run to run,
    of a plain model as well.
    """
    errors = [type(part["parsing_error"]) for part in parts if "parsing_error" in part]
    return {"parsed": [part["parsed"] for part in parts if "parsed" in part], "errors": errors}


def last(given: Any) -> Any:
    """What a stream comes to."""
    if isinstance(given, dict):
        return {key: values[-1:] for key, values in given.items()}
    return given[-1:] if isinstance(given, list) else given


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", SCHEMAS)
def test_every_way_to_ask_gives_what_a_plain_model_gives(
    kind: str, method: str | None, options: dict[str, Any], server: LoopbackServer
) -> None:
    given = options if method is None else {"method": method, **options}
    chains: list[Any] = []
    refusals = [
        seen(lambda llm=llm: chains.append(llm.with_structured_output(SCHEMAS[kind], **given)))  # type: ignore[misc]
        for llm in models(server)
    ]
    assert refusals == [refusals[0]] * 3
    if not chains or not {"include_raw"}.issuperset(options):
        return
    for text in TEXTS:
        if text is not None:
            server.faults[PREMIUM] = Fault(text=text)
        plain, off, on = (seen(lambda c=c: c.invoke(question())) for c in chains)  # type: ignore[misc]
        assert off == on == plain, text
        plain, off, on = (seen(lambda c=c: list(c.stream(question()))) for c in chains)  # type: ignore[misc]
        assert off == plain, text
        # What was judged comes in larger pieces.
        assert last(on) == last(plain), text


@pytest.mark.parametrize("method", ["json_schema", "json_mode", "function_calling"])
async def test_so_do_async_ways(method: str, server: LoopbackServer) -> None:
    server.faults[PREMIUM] = Fault(text=TEXTS[1])
    plain, off, _ = (llm.with_structured_output(Person, method=method) for llm in models(server))
    assert await off.ainvoke(QUESTION) == await plain.ainvoke(QUESTION)
    parts = [[part async for part in chain.astream(QUESTION)] for chain in (plain, off)]
    assert parts[0] == parts[1]


@pytest.mark.parametrize("method", ["json_schema", "json_mode"])
def test_an_answer_from_memory_parses_as_the_first_did(
    method: str, server: LoopbackServer
) -> None:
    *_, llm = models(server)
    chain = llm.with_structured_output(Person, method=method, include_raw=True)
    server.faults[PREMIUM] = Fault(text=TEXTS[1])
    first, again = (chain.invoke(QUESTION) for _ in range(2))
    assert told(again["raw"])["cache_hit"]
    assert parsed(again) == parsed(first)
    assert (
        list(llm.with_structured_output(Person, method=method).stream(QUESTION))[-1]
        == first["parsed"]
    )


REFUSALS: dict[str, Turn] = {
    "refused": Turn(refusal="I can't help with that."),
    "filtered": Turn(text='{"name": "Ada', finish="content_filter"),
    "filtered call": Turn(calls=(Call("Person", '{"name": "Ada'),), finish="content_filter"),
}


@pytest.mark.parametrize("options", OPTIONS[:2], ids=str)
@pytest.mark.parametrize("method", METHODS[:3])
@pytest.mark.parametrize("kind", ["pydantic", "typed dict"])
@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refusal_comes_as_a_plain_models_does(
    refusal: str, kind: str, method: str, options: dict[str, Any], server: LoopbackServer
) -> None:
    server.turns = lambda request: REFUSALS[refusal]
    chains: list[Any] = [
        llm.with_structured_output(SCHEMAS[kind], method=method, **options)
        for llm in models(server)
    ]
    plain, off, on = (seen(lambda c=c: c.invoke(question())) for c in chains)  # type: ignore[misc]
    assert off == on == plain
    plain, off, on = (seen(lambda c=c: list(c.stream(question()))) for c in chains)  # type: ignore[misc]
    assert off == plain
    assert last(on) == last(plain)


class ByTool(FakeListChatModel):
    """A model of another provider, that gives structured answers as calls of a tool."""

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self.bind()

    def _generate(self, *args: Any, **kwargs: Any) -> Any:
        call = {"name": "Person", "args": {"name": "By Tool"}, "id": "c", "type": "tool_call"}
        return ChatResult(generations=[ChatGeneration(message=AIMessage("", tool_calls=[call]))])


def test_tiers_of_different_providers_each_answer_in_their_own_way(
    server: LoopbackServer,
) -> None:
    llm = ChatTokenomics(
        cheap=ByTool(responses=[], disable_streaming=True), premium=openai_model(server, PREMIUM)
    )
    chain: Any = llm.with_structured_output(Person)
    server.faults[PREMIUM] = Fault(text=TEXTS[1])
    for ask in (chain.invoke, lambda q, **kwargs: list(chain.stream(q, **kwargs))):
        by_tool, by_text = ask(QUESTION, model="cheap"), ask(QUESTION, model="premium")
        for given, name in ((by_tool, "By Tool"), (by_text, "Ada Lovelace")):
            answers = given if isinstance(given, list) else [given]
            assert [answer.name for answer in answers] == [name]
