"""A schema that has changed never meets an answer that was given by another."""

from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import pytest
from langchain_core.caches import BaseCache, InMemoryCache
from langchain_core.globals import set_llm_cache
from pydantic import BaseModel, Field, create_model
from typing_extensions import TypedDict

from tests.integration.langchain.agents import fresh, ours, plain
from tokenomics_langchain import TokenomicsCache
from tokenomics_shared.testing import LoopbackServer

pytestmark = pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning")

_typed: Any = TypedDict
QUESTION = "Give JSON with the key 'name'"
NEAR = "Give me JSON with the key 'name'"


class Kind(Enum):
    A = "a"


class MoreKinds(Enum):
    A = "a"
    B = "b"


MoreKinds.__name__ = MoreKinds.__qualname__ = "Kind"


def city(*, doc: str = "A city.", **fields: Any) -> type[BaseModel]:
    """A class that is always called the same."""
    return create_model("City", __doc__=doc, name=(str, ...), **fields)


CHANGES: dict[str, tuple[Any, Any]] = {
    "a field more": (city(), city(people=(int, 1))),
    "another type": (city(people=(int, 1)), city(people=(float, 1))),
    "another default": (city(people=(int, 1)), city(people=(int, 2))),
    "a description": (
        city(people=(int, Field(1, description="of them"))),
        city(people=(int, Field(1, description="adults alone"))),
    ),
    "another doc": (city(), city(doc="A big city.")),
    "a longer enum": (city(kind=(Kind, "a")), city(kind=(MoreKinds, "a"))),
    "a longer literal": (
        city(kind=(Literal["a"], "a")),
        city(kind=(Literal["a", "b"], "a")),
    ),
    "a bound": (city(people=(int, Field(1, gt=0))), city(people=(int, Field(1, gt=1)))),
    "a JSON schema": (city().model_json_schema(), city(people=(int, 1)).model_json_schema()),
    "a typed dict": (
        _typed("City", {"name": str}),
        _typed("City", {"name": str, "people": int}),
    ),
    "inside": (
        city(inner=(city(), None)),
        city(inner=(city(people=(int, 1)), None)),
    ),
}
METHODS = ["function_calling", "json_schema", "json_mode"]


@pytest.fixture
def server(served: LoopbackServer) -> LoopbackServer:
    return fresh(served)


@pytest.fixture
def llm_cache(tmp_path: Path) -> Iterator[dict[str, BaseCache]]:
    kept = TokenomicsCache(tmp_path / "cache.db", use_semantic_cache=False)
    yield {"LangChain's": InMemoryCache(), "ours": kept}
    set_llm_cache(None)
    kept.memory.close()


def answers(llm: Any, server: LoopbackServer, schema: Any, **options: Any) -> int:
    """How many requests it takes to be answered in this form."""
    before = len(server.requests)
    llm.with_structured_output(schema, **options).invoke(QUESTION)
    return len(server.requests) - before


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_schema_is_asked_again(change: str, method: str, server: LoopbackServer) -> None:
    old, new = CHANGES[change]
    llm = ours(server)
    assert answers(llm, server, old, method=method) >= 1
    # An answer by a call of a tool is not kept at all.
    again = answers(llm, server, old, method=method)
    assert again == (1 if method == "function_calling" else 0)
    assert answers(llm, server, new, method=method) >= 1


def test_other_options_are_other_requests(server: LoopbackServer) -> None:
    llm, schema = ours(server), city()
    options: list[dict[str, Any]] = [
        {"method": "json_schema"},
        {"method": "json_mode"},
        {"method": "json_schema", "strict": True},
        {"method": "json_schema", "strict": False},
    ]
    for each in options:
        assert answers(llm, server, schema, **each) == 1, each
    for each in options:
        assert answers(llm, server, schema, **each) == 0, each


def test_whether_the_raw_answer_is_wanted_changes_no_request(server: LoopbackServer) -> None:
    llm, schema = ours(server), city()
    assert answers(llm, server, schema, method="json_schema") == 1
    for _ in range(2):
        chain = llm.with_structured_output(schema, method="json_schema", include_raw=True)
        both: Any = chain.invoke(QUESTION)
        assert both["parsed"].name
        assert both["raw"].response_metadata["tokenomics"]["cache_hit"]
    assert len(server.requests) == 1


@pytest.mark.parametrize("change", ["a field more", "a longer enum", "a description"])
def test_an_earlier_process_leaves_no_stale_answer(
    change: str, server: LoopbackServer, tmp_path: Path
) -> None:
    old, new = CHANGES[change]
    for schema, asked in ((old, 1), (old, 0), (new, 1), (old, 0), (new, 0)):
        llm = ours(server, state_dir=tmp_path)
        assert answers(llm, server, schema, method="json_schema") == asked
        llm.engine.close()


@pytest.mark.parametrize("change", ["a field more", "a longer enum", "a description"])
def test_neither_do_questions_that_mean_the_same(change: str, server: LoopbackServer) -> None:
    old, new = CHANGES[change]
    llm = ours(server, memory={"use_semantic_cache": True})
    for question in (QUESTION, NEAR, QUESTION + ", please"):
        llm.with_structured_output(old, method="json_schema").invoke(question)
        llm.engine.parts.memory.flush()
    chain = llm.with_structured_output(new, method="json_schema", include_raw=True)
    for question in (QUESTION, NEAR, QUESTION + ", please", "Give JSON with key 'name'"):
        raw: Any = chain.invoke(question)
        assert raw["raw"].response_metadata["tokenomics"]["cache_type"] != "exact"
        assert set(raw["parsed"].model_dump()) == set(new.model_fields)
    assert len(server.requests) >= 4


@pytest.mark.parametrize("method", ["function_calling", "json_schema"])
@pytest.mark.parametrize("kind", ["LangChain's", "ours"])
@pytest.mark.parametrize("change", CHANGES)
def test_nor_does_a_cache_in_front_of_ours(
    change: str,
    kind: str,
    method: str,
    server: LoopbackServer,
    llm_cache: dict[str, BaseCache],
) -> None:
    """It is asked for the tiers' calls too, where JSON mode, which sends no schema, is one key."""
    old, new = CHANGES[change]
    set_llm_cache(llm_cache[kind])
    llm = ours(server, memory={"use_exact_cache": False})
    assert answers(llm, server, old, method=method) >= 1
    assert answers(llm, server, new, method=method) >= 1
    if method == "json_schema" and change != "a longer enum":
        assert answers(llm, server, old, method=method) == 0


@pytest.mark.parametrize("change", ["a field more", "a longer enum", "a description"])
def test_nor_does_our_cache_behind_a_plain_model(
    change: str, server: LoopbackServer, llm_cache: dict[str, BaseCache]
) -> None:
    """There a class stands in the key by its name alone."""
    old, new = CHANGES[change]
    set_llm_cache(llm_cache["ours"])
    llm = plain(server)
    assert answers(llm, server, old, method="json_schema") == 1
    assert answers(llm, server, new, method="json_schema") == 1


@pytest.mark.parametrize("kind", ["LangChain's", "ours"])
@pytest.mark.parametrize("change", ["a field more", "another type", "a description"])
def test_nor_does_a_cache_of_its_own(
    change: str, kind: str, server: LoopbackServer, llm_cache: dict[str, BaseCache]
) -> None:
    old, new = CHANGES[change]
    llm = ours(server, memory={"use_exact_cache": False}, cache=llm_cache[kind])
    for schema, asked in ((old, 1), (old, 0), (new, 1), (new, 0)):
        assert answers(llm, server, schema, method="json_schema") == asked


def test_tools_that_changed_are_other_tools(server: LoopbackServer) -> None:
    old, new = CHANGES["a field more"]
    llm = ours(server)
    texts = []
    for given in (old, new, old):
        message = llm.bind_tools([given], tool_choice="none").invoke("Hello there")
        texts.append(message.response_metadata["tokenomics"]["cache_hit"])
    assert texts == [False, False, True]
