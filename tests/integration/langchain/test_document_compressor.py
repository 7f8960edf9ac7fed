"""`TokenomicsDocumentCompressor` and `TokenomicsRetriever` in retrieval chains."""

import asyncio
import copy
import json
import pickle
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.documents import BaseDocumentCompressor, Document
from langchain_core.embeddings import Embeddings
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnablePassthrough
from langchain_core.vectorstores import InMemoryVectorStore

from tests.conftest import openai_model
from tests.integration.langchain.conftest import Make
from tests.retrieved import ANSWER, LOG, PARAGRAPHS, QUERY, ROWS, vectors
from tokenomics_langchain import TokenomicsDocumentCompressor, TokenomicsRetriever
from tokenomics_shared.errors import ConfigError
from tokenomics_shared.testing import LoopbackServer

TEMPLATE = "Answer from these documents.\n\n{documents}\n\nQuestion: {question}"


class Bag(Embeddings):
    """Vectors of words, made here."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        rows: list[list[float]] = vectors(texts).tolist()
        return rows

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


def shrinking(budget: int = 120, **settings: Any) -> TokenomicsDocumentCompressor:
    return TokenomicsDocumentCompressor(budget, **{"embeddings": False, **settings})


def found() -> list[Document]:
    return [
        Document(text, id=f"d{place}", metadata={"source": f"page{place}.md", "page": place})
        for place, text in enumerate([*PARAGRAPHS, ROWS, LOG])
    ]


def texts(documents: Sequence[Document]) -> str:
    return "\n\n".join(document.page_content for document in documents)


@pytest.fixture
def retriever() -> BaseRetriever:
    store = InMemoryVectorStore(Bag())
    store.add_documents(found())
    return store.as_retriever(search_kwargs={"k": 6})


def chain(retriever: Runnable[str, list[Document]], model: Any) -> Runnable[str, str]:
    whole: Runnable[str, str] = (
        {"documents": retriever | texts, "question": RunnablePassthrough()}
        | ChatPromptTemplate.from_template(TEMPLATE)
        | model
        | StrOutputParser()
    )
    return whole


class Starts(BaseCallbackHandler):
    """Which retrievers ran below which."""

    def __init__(self) -> None:
        self.runs: list[tuple[UUID, UUID | None]] = []

    def on_retriever_start(
        self, serialized: Any, query: str, *, run_id: UUID, parent_run_id: Any = None, **_: Any
    ) -> None:
        self.runs.append((run_id, parent_run_id))


def test_it_is_a_document_compressor() -> None:
    assert issubclass(TokenomicsDocumentCompressor, BaseDocumentCompressor)


def test_ids_metadata_order_and_count_stay() -> None:
    given = found()
    kept = shrinking().compress_documents(given, QUERY)
    assert [one.id for one in kept] == [one.id for one in given]
    assert [one.metadata for one in kept] == [one.metadata for one in given]
    assert ANSWER in texts(kept)
    assert len(texts(kept)) < len(texts(given)) / 3


def test_the_documents_that_were_given_are_never_changed() -> None:
    given = found()
    shrinking().compress_documents(given, QUERY)
    assert given == found()


def test_what_is_within_the_budget_comes_back_as_it_is() -> None:
    given = found()
    kept = shrinking(10_000).compress_documents(given, QUERY)
    assert all(was is now for was, now in zip(given, kept, strict=True))


def test_a_second_time_changes_nothing() -> None:
    once = shrinking().compress_documents(found(), QUERY)
    assert shrinking().compress_documents(once, QUERY) == once


def test_a_subclass_of_document_keeps_its_fields() -> None:
    class Paged(Document):
        page: int = 0

    kept = shrinking(20).compress_documents([Paged(page_content=PARAGRAPHS[0], page=7)], QUERY)
    assert isinstance(kept[0], Paged)
    assert kept[0].page == 7
    assert kept[0].page_content != PARAGRAPHS[0]


@pytest.mark.parametrize("query", ["", " ", None])
def test_it_works_without_a_query(query: Any) -> None:
    assert len(shrinking().compress_documents(found(), query)) == 6


def test_nothing_found_is_nothing() -> None:
    assert shrinking().compress_documents([], QUERY) == []
    assert shrinking().compress_documents([Document("")], QUERY) == [Document("")]


def test_a_document_of_which_nothing_is_needed_may_be_dropped() -> None:
    kept = shrinking(60).compress_documents(found(), QUERY)
    fewer = shrinking(60, drop_empty=True).compress_documents(found(), QUERY)
    assert fewer == [one for one in kept if one.page_content]
    assert len(fewer) < len(kept)


def test_json_stays_json() -> None:
    kept = shrinking(150).compress_documents(found(), "Is bulb 7 in stock?")
    assert len(kept[4].page_content) < len(ROWS)
    json.loads(kept[4].page_content)


async def test_async_gives_the_same() -> None:
    by = shrinking()
    results = await asyncio.gather(*(by.acompress_documents(found(), QUERY) for _ in range(4)))
    assert all(kept == by.compress_documents(found(), QUERY) for kept in results)


async def test_async_leaves_the_loop_free() -> None:
    class Slow(Bag):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            import time

            time.sleep(0.2)
            return super().embed_documents(texts)

    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.create_task(tick())
    await shrinking(embeddings=Slow()).acompress_documents(found(), QUERY)
    ticking.cancel()
    assert ticks >= 5


def test_embeddings_that_fail_are_done_without() -> None:
    class Broken(Bag):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            raise ConnectionError("no network")

    assert ANSWER in texts(shrinking(embeddings=Bag()).compress_documents(found(), QUERY))
    kept = shrinking(embeddings=Broken()).compress_documents(found(), QUERY)
    assert kept == shrinking().compress_documents(found(), QUERY)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"token_budget": 0}, "at least 1, got 0"),
        ({"compressor": "zip"}, "one of auto, extractive"),
        ({"tokens": 5}, "no setting tokens"),
        ({"embeddings": 5}, "int is not an embedder"),
    ],
)
def test_an_impossible_setting_is_told_at_once(settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        TokenomicsDocumentCompressor(**settings)


@pytest.mark.parametrize(
    "copied",
    [
        copy.copy,
        copy.deepcopy,
        lambda it: it.model_copy(),
        lambda it: pickle.loads(pickle.dumps(it)),  # noqa: S301 -- our own
    ],
    ids=["copy", "deepcopy", "model_copy", "pickle"],
)
def test_copies_do_the_same(copied: Any) -> None:
    by = shrinking()
    kept = by.compress_documents(found(), QUERY)
    assert copied(by).compress_documents(found(), QUERY) == kept


def test_an_embedder_is_not_dumped() -> None:
    dumped = shrinking(embeddings=Bag()).model_dump(mode="json")
    assert dumped["embeddings"] is None
    assert TokenomicsDocumentCompressor(**dumped).token_budget == 120


class TestRetriever:
    def test_it_finds_the_same_documents_with_less_text(self, retriever: BaseRetriever) -> None:
        ours = TokenomicsRetriever(base_retriever=retriever, compressor=shrinking())
        plain = retriever.invoke(QUERY)
        kept = ours.invoke(QUERY)
        assert [one.id for one in kept] == [one.id for one in plain]
        assert ANSWER in texts(kept)
        assert len(texts(kept)) < len(texts(plain)) / 3

    async def test_async_and_in_batches(self, retriever: BaseRetriever) -> None:
        ours = TokenomicsRetriever(base_retriever=retriever, compressor=shrinking())
        expected = ours.invoke(QUERY)
        assert await ours.ainvoke(QUERY) == expected
        assert ours.batch([QUERY, QUERY]) == [expected, expected]
        assert await ours.abatch([QUERY]) == [expected]

    async def test_what_it_calls_shows_as_its_child(self, retriever: BaseRetriever) -> None:
        ours = TokenomicsRetriever(base_retriever=retriever, compressor=shrinking())
        for asynchronous in (False, True):
            starts = Starts()
            if asynchronous:
                await ours.ainvoke(QUERY, config={"callbacks": [starts]})
            else:
                ours.invoke(QUERY, config={"callbacks": [starts]})
            (outer, above), (_, inner_above) = starts.runs
            assert above is None
            assert inner_above == outer

    def test_further_arguments_reach_the_base(self, retriever: BaseRetriever) -> None:
        ours = TokenomicsRetriever(base_retriever=retriever, compressor=shrinking())
        assert len(ours.invoke(QUERY, k=2)) == 2

    def test_any_runnable_that_finds_documents_will_do(self) -> None:
        from langchain_core.runnables import RunnableLambda

        base: Runnable[str, list[Document]] = RunnableLambda(lambda _: found())
        ours = TokenomicsRetriever(base_retriever=base, compressor=shrinking())
        assert ANSWER in texts(ours.invoke(QUERY))

    def test_a_compressor_of_ours_is_the_default(self, retriever: BaseRetriever) -> None:
        ours = TokenomicsRetriever(base_retriever=retriever)
        assert isinstance(ours.compressor, TokenomicsDocumentCompressor)


class TestChains:
    def sent(self, server: LoopbackServer) -> str:
        return json.dumps(server.requests[-1], ensure_ascii=False)

    @pytest.mark.parametrize("model", ["theirs", "ours"])
    def test_fewer_bytes_are_sent_and_they_hold_the_answer(
        self, retriever: BaseRetriever, server: LoopbackServer, make: Make, model: str
    ) -> None:
        llm = openai_model(server, "gpt-4o") if model == "theirs" else make()
        assert chain(retriever, llm).invoke(QUERY)
        plain = self.sent(server)
        ours = TokenomicsRetriever(base_retriever=retriever, compressor=shrinking())
        assert chain(ours, llm).invoke(QUERY)
        sent = self.sent(server)
        assert ANSWER in plain
        assert ANSWER in sent
        assert len(sent) < len(plain) / 3

    async def test_async(self, retriever: BaseRetriever, server: LoopbackServer) -> None:
        ours = TokenomicsRetriever(base_retriever=retriever, compressor=shrinking())
        assert await chain(ours, openai_model(server, "gpt-4o")).ainvoke(QUERY)
        assert ANSWER in self.sent(server)


class TestClassic:
    """The retrievers and pipelines that LangChain keeps in `langchain-classic`."""

    @pytest.fixture(autouse=True)
    def _installed(self) -> None:
        pytest.importorskip("langchain_classic", reason="langchain-classic is not installed")

    def test_contextual_compression(self, retriever: BaseRetriever) -> None:
        from langchain_classic.retrievers import ContextualCompressionRetriever

        theirs = ContextualCompressionRetriever(
            base_compressor=shrinking(), base_retriever=retriever
        )
        ours = TokenomicsRetriever(base_retriever=retriever, compressor=shrinking())
        assert theirs.invoke(QUERY) == ours.invoke(QUERY)

    async def test_in_a_pipeline(self) -> None:
        from langchain_classic.retrievers.document_compressors import DocumentCompressorPipeline

        pipeline = DocumentCompressorPipeline(transformers=[shrinking()])
        expected = shrinking().compress_documents(found(), QUERY)
        assert pipeline.compress_documents(found(), QUERY) == expected
        assert await pipeline.acompress_documents(found(), QUERY) == expected


class TestSettings:
    def test_a_retriever_takes_those_of_its_compressor(self, retriever: BaseRetriever) -> None:
        ours = TokenomicsRetriever(
            base_retriever=retriever, token_budget=60, embeddings=False, drop_empty=True
        )
        through = TokenomicsRetriever(
            base_retriever=retriever, compressor=shrinking(60, drop_empty=True)
        )
        assert ours.invoke(QUERY) == through.invoke(QUERY)

    @pytest.mark.parametrize(
        ("settings", "reason"),
        [
            ({"tokens": 60}, "TokenomicsRetriever has no setting tokens"),
            ({"token_budget": 0}, "at least 1, got 0"),
            ({"compressor": shrinking(), "token_budget": 60}, "token_budget must be set there"),
            ({"compressor": "auto"}, "compressor must be a document compressor"),
            ({"base_retriever": InMemoryVectorStore(Bag())}, r"use its \.as_retriever\(\)"),
            ({"base_retriever": 3}, "must be a retriever, got int$"),
        ],
    )
    def test_what_is_impossible_is_told_at_once(
        self, retriever: BaseRetriever, settings: dict[str, Any], reason: str
    ) -> None:
        with pytest.raises(ConfigError, match=reason):
            TokenomicsRetriever(**{"base_retriever": retriever, **settings})
