"""`TokenomicsCache`: LangChain's own suites over every backend, and real models behind it."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.caches import BaseCache
from langchain_core.globals import set_llm_cache
from langchain_core.load import dumps
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, Generation
from langchain_tests.integration_tests import AsyncCacheTestSuite, SyncCacheTestSuite

from tests.conftest import openai_model
from tokenomics_langchain import Memory, TokenomicsCache
from tokenomics_shared.testing import LoopbackServer

MODEL = "[('model', 'gpt-4o-mini'), ('stop', None)]"
ANSWER = "Open the settings, choose Security, and press Reset."
QUESTIONS = (
    "How do I reset my password?",
    "What is the way to reset my password?",
    "How can I reset my password?",
    "How could I reset my password?",
)


def _exact(_: Path) -> TokenomicsCache:
    return TokenomicsCache(use_semantic_cache=False)


def _exact_file(folder: Path) -> TokenomicsCache:
    return TokenomicsCache(folder / "cache.db", use_semantic_cache=False)


def _semantic(_: Path) -> TokenomicsCache:
    return TokenomicsCache()


def _semantic_file(folder: Path) -> TokenomicsCache:
    return TokenomicsCache(folder / "cache.db")


def _chroma(folder: Path) -> TokenomicsCache:
    pytest.importorskip("chromadb")
    return TokenomicsCache(vector_index=f"chroma:{folder / 'chroma'}")


BACKENDS = [_exact, _exact_file, _semantic, _semantic_file, _chroma]


@pytest.fixture(params=BACKENDS, ids=lambda make: make.__name__.strip("_"))
def cache(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BaseCache]:
    made = request.param(tmp_path)
    yield made
    made.memory.close()


class TestSync(SyncCacheTestSuite):
    @pytest.fixture
    def cache(self, cache: BaseCache) -> BaseCache:
        return cache


class TestAsync(AsyncCacheTestSuite):
    @pytest.fixture
    async def cache(self, cache: BaseCache) -> BaseCache:
        return cache


def asked(*turns: Any) -> str:
    return dumps(list(turns))


def generation(text: str = ANSWER, **fields: Any) -> ChatGeneration:
    fields.setdefault("response_metadata", {"finish_reason": "stop"})
    return ChatGeneration(message=AIMessage(text, **fields))


@pytest.fixture
def meaning(monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenomicsCache]:
    """A semantic cache that withholds nothing for audits."""
    made = TokenomicsCache(audit_rate=0.0)
    yield made
    made.memory.close()


def teach(cache: TokenomicsCache, *turns: Any, llm: str = MODEL) -> None:
    """Two questions, each answered once."""
    for question in QUESTIONS[:2]:
        cache.update(asked(*turns, HumanMessage(question)), llm, [generation()])
        cache.memory.flush()


def test_a_question_in_other_words_is_answered_once_two_agree(meaning: TokenomicsCache) -> None:
    teach(meaning)
    found = meaning.lookup(asked(HumanMessage(QUESTIONS[2])), MODEL)
    assert found == [generation()]


@pytest.mark.parametrize(
    ("turns", "llm"),
    [
        ([SystemMessage("Answer in French.")], MODEL),
        ([HumanMessage("Hi"), AIMessage("Hello")], MODEL),
        ([], MODEL.replace("mini", "maxi")),
    ],
)
def test_everything_but_the_question_must_be_the_same(
    meaning: TokenomicsCache, turns: list[Any], llm: str
) -> None:
    teach(meaning)
    assert meaning.lookup(asked(*turns, HumanMessage(QUESTIONS[2])), llm) is None


@pytest.mark.parametrize(
    "last",
    [
        ToolMessage(QUESTIONS[2], tool_call_id="1"),
        AIMessage(QUESTIONS[2]),
        HumanMessage([{"type": "image_url", "image_url": {"url": "data:,"}}]),
        HumanMessage("How do I reset my 2 passwords?"),
        HumanMessage("How do I not reset my password?"),
    ],
)
def test_what_is_no_plain_question_or_another_one_misses(
    meaning: TokenomicsCache, last: Any
) -> None:
    teach(meaning)
    assert meaning.lookup(asked(last), MODEL) is None


@pytest.mark.parametrize(
    "kept",
    [
        generation(response_metadata={"finish_reason": "length"}),
        generation(""),
        generation(additional_kwargs={"refusal": "no"}),
        generation("", tool_calls=[{"name": "add", "args": {}, "id": "1"}]),
        generation(additional_kwargs={"what": object()}),
    ],
)
def test_answers_that_are_not_whole_are_not_kept(
    meaning: TokenomicsCache, kept: ChatGeneration
) -> None:
    prompt = asked(HumanMessage(QUESTIONS[0]))
    meaning.update(prompt, MODEL, [kept])
    assert meaning.lookup(prompt, MODEL) is None


def test_a_schema_that_has_no_text_is_not_cached(meaning: TokenomicsCache) -> None:
    prompt, llm = asked(HumanMessage("Hi there")), "[('response_format', <class 'app.Answer'>)]"
    meaning.update(prompt, llm, [generation()])
    assert meaning.lookup(prompt, llm) is None


def test_hits_share_nothing_and_have_no_id(meaning: TokenomicsCache) -> None:
    prompt = asked(HumanMessage(QUESTIONS[0]))
    meaning.update(prompt, MODEL, [generation(id="run-1")])
    first, second = meaning.lookup(prompt, MODEL), meaning.lookup(prompt, MODEL)
    assert first is not None
    assert second is not None
    one, other = first[0], second[0]
    assert isinstance(one, ChatGeneration)
    assert isinstance(other, ChatGeneration)
    assert one.message.id is None
    one.message.response_metadata["finish_reason"] = "changed"
    assert other.message.response_metadata["finish_reason"] == "stop"


@pytest.mark.parametrize(
    "payload",
    [
        '[{"lc": 1, "type": "constructor", "id": ["os", "system"], "kwargs": {"command": "x"}}]',
        '[{"info": null, "message": {"content": {"lc": 1, "type": "secret", "id": ["HOME"]}}}]',
        '[{"info": {"lc": 1, "type": "constructor", "id": ["x"]}, "text": "a"}]',
        "not JSON",
        "[]",
        "{}",
    ],
)
def test_a_poisoned_row_makes_no_objects(tmp_path: Path, payload: str) -> None:
    path, prompt = tmp_path / "cache.db", asked(HumanMessage("Hello there"))
    cache = TokenomicsCache(path, use_semantic_cache=False)
    cache.update(prompt, MODEL, [generation()])
    cache.memory.close()
    _poison(path, payload)
    cache = TokenomicsCache(path, use_semantic_cache=False)
    for found in cache.lookup(prompt, MODEL) or []:
        assert type(found) in {Generation, ChatGeneration}
        assert json.dumps(found.generation_info) in payload
    cache.memory.close()


def _poison(path: Path, payload: str) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE entries SET payload = ?", (payload,))


@pytest.fixture
def cached(server: LoopbackServer) -> Iterator[Callable[..., Any]]:
    """Real models under a cache for all of LangChain."""

    def made(cache: BaseCache, **settings: Any) -> Any:
        set_llm_cache(cache)
        return openai_model(server, "gpt-4o-mini", **settings)

    yield made
    set_llm_cache(None)


def test_a_real_model_is_asked_once(
    cached: Callable[..., Any], meaning: TokenomicsCache, server: LoopbackServer
) -> None:
    model = cached(meaning)
    first = model.invoke(QUESTIONS[0])
    again = model.invoke(QUESTIONS[0])
    assert again.content == first.content
    assert len(server.requests) == 1
    assert again.id != first.id


async def test_async_calls_share_the_cache(
    cached: Callable[..., Any], meaning: TokenomicsCache, server: LoopbackServer
) -> None:
    model = cached(meaning)
    first = await model.ainvoke(QUESTIONS[0])
    again = await asyncio.gather(*(model.ainvoke(QUESTIONS[0]) for _ in range(5)))
    assert {message.content for message in again} == {first.content}
    assert len(server.requests) == 1


def test_a_withheld_hit_is_compared(cached: Callable[..., Any], server: LoopbackServer) -> None:
    memory = Memory(max_false_hit_rate=0.02)
    cache = TokenomicsCache(memory=memory)
    teach(cache)
    prompt = asked(HumanMessage(QUESTIONS[2]))
    # The sample always holds the first hit.
    while cache.lookup(prompt, MODEL) is not None:
        pass
    cache.update(prompt, MODEL, [generation("Nobody knows.")])
    memory.flush()
    assert (memory.stats().audits, memory.stats().wrong) == (1, 1)
    # The wrong answer's group is in quarantine; the fresh answer may be given.
    assert cache.lookup(asked(HumanMessage(QUESTIONS[3])), MODEL) != [generation()]
    memory.close()
