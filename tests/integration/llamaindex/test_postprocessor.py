"""`TokenomicsNodePostprocessor` on real indexes, query engines and chat engines of LlamaIndex."""

import asyncio
import copy
import json
import pickle
import re
from collections.abc import Sequence
from typing import Any

import pytest
from llama_index.core import VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.llms import ChatMessage, CompletionResponse, MockLLM
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.prompts import PromptTemplate
from llama_index.core.query_engine import CitationQueryEngine, RetrieverQueryEngine
from llama_index.core.schema import (
    Document,
    ImageNode,
    IndexNode,
    MediaResource,
    MetadataMode,
    Node,
    NodeRelationship,
    NodeWithScore,
    QueryBundle,
    RelatedNodeInfo,
    TextNode,
)
from pydantic import PrivateAttr
from typing_extensions import override

from tests.retrieved import ANSWER, LOG, PARAGRAPHS, QUERY, ROWS, vectors
from tokenomics_llamaindex import TokenomicsNodePostprocessor
from tokenomics_shared.errors import ConfigError

ASKED = QueryBundle(QUERY)


class Bag(BaseEmbedding):
    """Vectors of words, made here."""

    def _get_text_embedding(self, text: str) -> list[float]:
        return [float(number) for number in vectors([text])[0]]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)


class Listening(MockLLM):
    """LlamaIndex's own mock, that keeps what it was shown."""

    _shown: list[str] = PrivateAttr(default_factory=list)

    @property
    def shown(self) -> str:
        return "\n".join(self._shown)

    @override
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        self._shown.append(prompt)
        reply: CompletionResponse = super().complete(prompt, formatted, **kwargs)
        return reply

    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> Any:
        self._shown.extend(str(message.content) for message in messages)
        return super().chat(messages, **kwargs)


def shrinking(budget: int = 120, **settings: Any) -> TokenomicsNodePostprocessor:
    return TokenomicsNodePostprocessor(budget, **{"embed_model": False, **settings})


def found() -> list[NodeWithScore]:
    nodes = [
        TextNode(
            id_=f"node-{place}",
            text=text,
            metadata={"file": f"page{place}.md", "page": place},
            relationships={
                NodeRelationship.SOURCE: RelatedNodeInfo(node_id=f"doc-{place}"),
                NodeRelationship.NEXT: RelatedNodeInfo(node_id=f"node-{place + 1}"),
            },
            start_char_idx=0,
            end_char_idx=len(text),
        )
        for place, text in enumerate([*PARAGRAPHS, ROWS, LOG])
    ]
    return [NodeWithScore(node=node, score=1 - place / 10) for place, node in enumerate(nodes)]


def seen(nodes: Sequence[NodeWithScore]) -> str:
    """What a model sees of nodes."""
    return "\n\n".join(found.get_content(MetadataMode.LLM) for found in nodes)


def tokens(nodes: Sequence[NodeWithScore], by: TokenomicsNodePostprocessor) -> int:
    return sum(by._condenser.count(found.get_content(MetadataMode.LLM)) for found in nodes)


def as_json(nodes: Sequence[NodeWithScore]) -> str:
    return json.dumps([found.to_dict() for found in nodes], default=str)


class TestFaultsOfTheOther:
    """What LlamaIndex's LongLLMLinguaPostprocessor does wrong."""

    def test_texts_of_two_nodes_are_not_run_together(self) -> None:
        given = found()
        for was, now in zip(given, shrinking().postprocess_nodes(given, ASKED), strict=True):
            sentences = re.split(r"(?<=[.!?])\s+", now.node.get_content())
            if was.node.get_content() in PARAGRAPHS:
                assert all(sentence in was.node.get_content() for sentence in sentences)

    def test_ids_scores_and_order_stay(self) -> None:
        given = found()
        kept = shrinking().postprocess_nodes(given, ASKED)
        assert [one.node.node_id for one in kept] == [one.node.node_id for one in given]
        assert [one.score for one in kept] == [one.score for one in given]

    def test_sources_and_relationships_stay(self) -> None:
        given = found()
        for was, now in zip(given, shrinking().postprocess_nodes(given, ASKED), strict=True):
            assert now.node.ref_doc_id == was.node.ref_doc_id
            assert now.node.relationships == was.node.relationships
            offsets = (now.node.to_dict()[name] for name in ("start_char_idx", "end_char_idx"))
            assert tuple(offsets) == (0, len(was.node.get_content()))
            assert type(now.node) is type(was.node)

    def test_each_node_has_its_own_metadata_and_no_other_nodes(self) -> None:
        given = found()
        for was, now in zip(given, shrinking().postprocess_nodes(given, ASKED), strict=True):
            ours = {name: now.node.metadata[name] for name in was.node.metadata}
            assert ours == was.node.metadata
            assert set(now.node.metadata) - set(ours) <= {"tokenomics"}

    def test_blank_lines_in_a_text_lose_no_node(self) -> None:
        given = [
            NodeWithScore(node=TextNode(text=f"Part {n} of it.\n\n{text}"), score=0.5)
            for n, text in enumerate(PARAGRAPHS)
        ]
        kept = shrinking(60).postprocess_nodes(given, ASKED)
        assert len(kept) == len(given)
        assert ANSWER in seen(kept)

    @pytest.mark.parametrize("query", [None, QueryBundle("")])
    def test_no_query_raises_nothing(self, query: QueryBundle | None) -> None:
        kept = shrinking().postprocess_nodes(found(), query)
        assert len(kept) == 6
        assert tokens(kept, shrinking()) <= 120

    def test_the_token_budget_is_kept(self) -> None:
        by = shrinking(200)
        given = found()
        kept = by.postprocess_nodes(given, ASKED)
        assert tokens(kept, by) <= 200 < tokens(given, by)
        assert ANSWER in seen(kept)

    def test_no_model_has_to_be_named_or_downloaded(self) -> None:
        assert TokenomicsNodePostprocessor().compressor == "auto"


def test_it_is_a_node_postprocessor_with_a_class_name() -> None:
    assert issubclass(TokenomicsNodePostprocessor, BaseNodePostprocessor)
    assert TokenomicsNodePostprocessor.class_name() == "TokenomicsNodePostprocessor"


def test_the_nodes_that_were_given_are_never_changed() -> None:
    given = found()
    before = as_json(given)
    kept = shrinking().postprocess_nodes(given, ASKED)
    assert as_json(given) == before
    assert seen(kept) != seen(given)


def test_what_is_within_the_budget_comes_back_as_it_is() -> None:
    given = found()
    kept = shrinking(10_000).postprocess_nodes(given, ASKED)
    assert all(was is now for was, now in zip(given, kept, strict=True))


def test_a_second_time_changes_nothing() -> None:
    once = shrinking().postprocess_nodes(found(), ASKED)
    again = shrinking().postprocess_nodes(once, ASKED)
    assert as_json(again) == as_json(once)


def test_metadata_that_the_model_sees_counts_against_the_budget() -> None:
    def with_note(note: str, *, excluded: bool = False) -> list[NodeWithScore]:
        given = found()
        for one in given:
            one.node.metadata["note"] = note
            one.node.excluded_llm_metadata_keys = ["note"] if excluded else []
        return given

    by = shrinking(300)
    note = "a few words more " * 4
    few, many, hidden = (
        by.postprocess_nodes(given, ASKED)
        for given in (with_note(""), with_note(note), with_note(note, excluded=True))
    )
    assert tokens(many, by) <= 300
    texts = [sum(len(one.node.get_content()) for one in kept) for kept in (few, many, hidden)]
    assert texts[1] < texts[0]
    assert texts[2] >= texts[0]


def test_metadata_over_the_budget_leaves_the_texts_a_quarter_and_is_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    given = found()
    for one in given:
        one.node.metadata["note"] = "very much to say here " * 30
    kept = shrinking(203).postprocess_nodes(given, ASKED)
    assert ANSWER in seen(kept)
    assert sum(map(len, (one.node.get_content() for one in kept))) < 51 * 6
    assert caplog.text.count("a quarter of the budget of 203 tokens") == 1
    shrinking(203).postprocess_nodes(given, ASKED)
    assert caplog.text.count("a quarter of the budget of 203 tokens") == 1


def test_our_note_is_told_and_neither_models_nor_embedders_see_it() -> None:
    kept = shrinking().postprocess_nodes(found(), ASKED)
    told = [one.node.metadata["tokenomics"] for one in kept if "tokenomics" in one.node.metadata]
    assert told
    for one in told:
        assert one["tokens_after"] < one["tokens_before"]
        assert one["compressor"] == "auto"
    for mode in (MetadataMode.LLM, MetadataMode.EMBED):
        assert "tokens_before" not in " ".join(one.get_content(mode) for one in kept)


def test_the_note_of_a_node_shortened_twice_tells_of_the_first_text() -> None:
    once = shrinking(200).postprocess_nodes(found(), ASKED)
    twice = shrinking(90).postprocess_nodes(once, ASKED)
    before = by_count = 0
    for was, now in zip(found(), twice, strict=True):
        told = now.node.metadata.get("tokenomics")
        if told is not None:
            before += told["tokens_before"]
            by_count += shrinking()._condenser.count(was.node.get_content())
    assert before == by_count > 0


@pytest.mark.parametrize("theirs", ["theirs", {"plan": "free"}, None])
def test_metadata_of_our_name_that_is_not_ours_stays(theirs: Any) -> None:
    given = found()
    for one in given:
        one.node.metadata["tokenomics"] = theirs
    kept = shrinking().postprocess_nodes(given, ASKED)
    assert seen(kept) != seen(given)
    assert [one.node.metadata for one in kept] == [one.node.metadata for one in given]


def test_a_node_of_which_nothing_is_needed_keeps_its_place_and_shows_nothing() -> None:
    kept = shrinking(60).postprocess_nodes(found(), ASKED)
    empty = [one for one in kept if not one.node.get_content()]
    assert empty
    for one in empty:
        assert one.get_content(MetadataMode.LLM) == ""
        assert one.node.metadata["file"].startswith("page")


def test_a_node_of_which_nothing_is_needed_may_be_dropped() -> None:
    kept = shrinking(60).postprocess_nodes(found(), ASKED)
    fewer = shrinking(60, drop_empty=True).postprocess_nodes(found(), ASKED)
    ids = [one.node.node_id for one in kept if one.node.get_content()]
    assert [one.node.node_id for one in fewer] == ids
    assert len(fewer) < len(kept)


def test_nothing_found_is_nothing() -> None:
    assert shrinking().postprocess_nodes([], ASKED) == []


def test_nodes_of_every_kind_pass() -> None:
    target = TextNode(text="the target")
    picture = ImageNode(text="A lamp in the yard. " * 20, image_path="lamp.png")
    mixed = Node(
        text_resource=MediaResource(text="A caption. " * 20),
        image_resource=MediaResource(data=b"abcd", mimetype="image/png"),
    )
    plain = [
        TextNode(text=""),
        TextNode(text="   "),
        TextNode(text="", metadata={"file": "a.md"}),
        picture,
        ImageNode(image_url="https://example.org/lamp.png"),
        mixed,
        Node(),
    ]
    cut = [
        IndexNode(text=PARAGRAPHS[2], index_id="there", obj=target),
        Node(text_resource=MediaResource(text=PARAGRAPHS[3], path="shop.md"), id_="n"),
        Document(text=PARAGRAPHS[0], metadata={"file": "b.md"}),
        TextNode(
            text=PARAGRAPHS[1],
            metadata={"file": "c.md", "title": "{braces}"},
            text_template="<{metadata_str}>\n{content}",
            metadata_template="{key}={value}",
            metadata_separator=";",
        ),
    ]
    given = [NodeWithScore(node=node) for node in (*plain, *cut)]
    before = as_json(given)
    kept = shrinking(90).postprocess_nodes(given, ASKED)
    assert as_json(given) == before
    assert [one.node.node_id for one in kept] == [one.node.node_id for one in given]
    assert [one.score for one in kept] == [None] * len(given)
    for was, now in zip(plain, kept, strict=False):
        assert now.node is was
    index, resource, document, templated = [one.node for one in kept[len(plain) :]]
    assert isinstance(index, IndexNode)
    assert index.obj is target
    assert isinstance(resource, Node)
    assert resource.text_resource is not None
    assert str(resource.text_resource.path) == "shop.md"
    assert ANSWER in document.get_content()
    assert isinstance(templated, TextNode)
    assert templated.text_template == "<{metadata_str}>\n{content}"


def test_a_node_that_takes_no_other_text_is_left_alone() -> None:
    class Fixed(TextNode):
        def set_content(self, value: str) -> None:
            """It can't be changed."""

    given = [NodeWithScore(node=Fixed(text=PARAGRAPHS[1]), score=0.5)]
    assert shrinking(10).postprocess_nodes(given, ASKED)[0] is given[0]


def test_json_stays_json() -> None:
    kept = shrinking(150).postprocess_nodes(found(), QueryBundle("Is bulb 7 in stock?"))
    rows = kept[4].node.get_content()
    assert rows
    assert len(rows) < len(ROWS)
    json.loads(rows)


async def test_async_gives_the_same_and_leaves_the_loop_free() -> None:
    by = shrinking()
    results = await asyncio.gather(*(by.apostprocess_nodes(found(), ASKED) for _ in range(4)))
    assert {seen(nodes) for nodes in results} == {seen(by.postprocess_nodes(found(), ASKED))}


def test_an_embedder_of_theirs_is_used_and_one_that_fails_is_done_without() -> None:
    class Broken(Bag):
        def _get_text_embedding(self, text: str) -> list[float]:
            raise ConnectionError("no network")

    with_theirs = shrinking(embed_model=Bag()).postprocess_nodes(found(), ASKED)
    assert ANSWER in seen(with_theirs)
    without = shrinking(embed_model=Broken()).postprocess_nodes(found(), ASKED)
    assert seen(without) == seen(shrinking().postprocess_nodes(found(), ASKED))


def test_a_compressor_that_fails_leaves_the_nodes() -> None:
    class Broken:
        name = "broken"
        blocking = False

        def compress(self, *_: Any) -> list[str]:
            raise RuntimeError

    given = found()
    by = TokenomicsNodePostprocessor(20, compressor=Broken())
    kept = by.postprocess_nodes(given, ASKED)
    assert all(was is now for was, now in zip(given, kept, strict=True))


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"token_budget": 0}, "at least 1, got 0"),
        ({"token_budget": True}, "at least 1, got True"),
        ({"compressor": "zip"}, "one of auto, extractive"),
        ({"tokens": 5}, "no setting tokens"),
        ({"embed_model": 5}, "int is not an embedder"),
    ],
)
def test_an_impossible_setting_is_told_at_once(settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        TokenomicsNodePostprocessor(**settings)


def test_it_is_stored_and_restored_without_its_embedder() -> None:
    by = shrinking(77, drop_empty=True, embed_model=Bag(), model="gpt-4")
    stored = json.loads(by.to_json())
    assert stored["class_name"] == "TokenomicsNodePostprocessor"
    assert stored["embed_model"] is None
    again = TokenomicsNodePostprocessor.from_dict(stored, embed_model=False)
    assert (again.token_budget, again.model, again.drop_empty) == (77, "gpt-4", True)
    assert seen(again.postprocess_nodes(found(), ASKED))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda it: it.model_copy()])
def test_copies_do_the_same(copied: Any) -> None:
    by = shrinking()
    expected = seen(by.postprocess_nodes(found(), ASKED))
    assert seen(copied(by).postprocess_nodes(found(), ASKED)) == expected


def test_a_pickled_one_does_the_same() -> None:
    by = shrinking()
    thawed = pickle.loads(pickle.dumps(by))  # noqa: S301 -- our own
    expected = seen(by.postprocess_nodes(found(), ASKED))
    assert seen(thawed.postprocess_nodes(found(), ASKED)) == expected


def test_the_budget_may_be_changed_later() -> None:
    by = shrinking(10_000)
    by.token_budget = 120
    assert tokens(by.postprocess_nodes(found(), ASKED), by) <= 120


class TestEngines:
    @pytest.fixture
    def index(self) -> VectorStoreIndex:
        nodes = [one.node for one in found()]
        return VectorStoreIndex(nodes, embed_model=Bag())

    @pytest.mark.parametrize("mode", ["compact", "refine", "tree_summarize", "simple_summarize"])
    def test_a_query_engine_shows_less_and_the_answer(
        self, index: VectorStoreIndex, mode: Any
    ) -> None:
        plain, ours = Listening(max_tokens=None), Listening(max_tokens=None)
        index.as_query_engine(llm=plain, similarity_top_k=6, response_mode=mode).query(QUERY)
        engine = index.as_query_engine(
            llm=ours, similarity_top_k=6, response_mode=mode, node_postprocessors=[shrinking()]
        )
        response = engine.query(QUERY)
        assert ANSWER in ours.shown
        assert len(ours.shown) < len(plain.shown) / 2
        ids = {one.node.node_id for one in response.source_nodes}
        assert ids == {f"node-{place}" for place in range(6)}

    async def test_a_query_engine_of_any_retriever_async(self, index: VectorStoreIndex) -> None:
        llm = Listening(max_tokens=None)
        engine = RetrieverQueryEngine.from_args(
            index.as_retriever(similarity_top_k=6),
            llm=llm,
            node_postprocessors=[shrinking()],
        )
        response = await engine.aquery(QUERY)
        assert ANSWER in llm.shown
        assert len(response.source_nodes) == 6

    def test_citations_lead_to_their_sources(self, index: VectorStoreIndex) -> None:
        llm = Listening(max_tokens=None)
        engine = CitationQueryEngine.from_args(
            index, llm=llm, similarity_top_k=6, node_postprocessors=[shrinking()]
        )
        response = engine.query(QUERY)
        assert ANSWER in llm.shown
        for number, one in enumerate(response.source_nodes, start=1):
            assert one.node.get_content().startswith(f"Source {number}:")
            place = int(one.node.metadata["page"])
            assert one.node.ref_doc_id == f"doc-{place}"
            assert one.score is not None

    @pytest.mark.parametrize("mode", ["context", "condense_plus_context"])
    def test_a_chat_engine_shows_less_and_the_answer(
        self, index: VectorStoreIndex, mode: Any
    ) -> None:
        shown = []
        for postprocessors in ([], [shrinking()]):
            llm = Listening(max_tokens=None)
            engine = index.as_chat_engine(
                chat_mode=mode,
                llm=llm,
                # Their default memory leaves connections open.
                memory=ChatMemoryBuffer.from_defaults(llm=llm),
                similarity_top_k=6,
                node_postprocessors=postprocessors,
            )
            response = engine.chat(QUERY)
            assert len(response.source_nodes) == 6
            shown.append(llm.shown)
        assert ANSWER in shown[1]
        assert len(shown[1]) < len(shown[0]) / 2

    def test_templates_of_prompts_work(self, index: VectorStoreIndex) -> None:
        llm = Listening(max_tokens=None)
        engine = index.as_query_engine(
            llm=llm,
            similarity_top_k=6,
            text_qa_template=PromptTemplate("<<{context_str}>> {query_str}"),
            node_postprocessors=[shrinking()],
        )
        engine.query(QUERY)
        assert llm.shown.startswith("<<")
        assert ANSWER in llm.shown
