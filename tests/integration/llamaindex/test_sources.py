"""What the postprocessor keeps of nodes, how much of them it lets through, and to whom."""

import copy
import json
import pickle
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llama_index.core import Settings, VectorStoreIndex
from llama_index.core.llms import MockLLM
from llama_index.core.node_parser import TokenTextSplitter
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.query_engine import CitationQueryEngine
from llama_index.core.response_synthesizers import get_response_synthesizer
from llama_index.core.schema import (
    ImageNode,
    MetadataMode,
    NodeRelationship,
    NodeWithScore,
    QueryBundle,
    RelatedNodeInfo,
    TextNode,
)
from pydantic import PrivateAttr
from typing_extensions import override

from tests.integration.llamaindex.conftest import Make
from tests.integration.llamaindex.test_postprocessor import (
    ASKED,
    Bag,
    Listening,
    as_json,
    found,
    seen,
    tokens,
)
from tests.retrieved import ANSWER, PARAGRAPHS, QUERY
from tokenomics_llamaindex import TokenomicsNodePostprocessor
from tokenomics_shared.errors import ConfigError

SENTENCES = ["The lamp is lit.", "Ada lives at 12 Elm Road.", "It rains.\n\nA lot.", "{x: 1}", " "]


def made(texts: Sequence[str], scores: Sequence[float | None], *, note: bool) -> Any:
    nodes = []
    for place, text in enumerate(texts):
        kind: Any = ImageNode if text == "picture" else TextNode
        node = kind(
            id_=f"n{place}",
            text=text,
            metadata={"file": f"{place}.md", "note": "said before " * 9 if note else ""},
            excluded_llm_metadata_keys=["file"],
            excluded_embed_metadata_keys=["note"],
            relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=f"doc{place}")},
        )
        nodes.append(NodeWithScore(node=node, score=scores[place]))
    return nodes


NODES = st.lists(
    st.one_of(st.lists(st.sampled_from(SENTENCES), max_size=12).map(" ".join), st.just("picture")),
    max_size=6,
).flatmap(
    lambda texts: st.builds(
        made,
        st.just(texts),
        st.lists(st.one_of(st.none(), st.floats(-1, 1)), min_size=len(texts), max_size=len(texts)),
        note=st.booleans(),
    )
)
QUERIES = st.sampled_from([None, QueryBundle(""), QueryBundle("Where does Ada live?")])
LIMITS = st.one_of(
    st.fixed_dictionaries({"token_budget": st.integers(1, 60)}),
    st.fixed_dictionaries({"target_ratio": st.sampled_from([0.01, 0.3, 1.0])}),
)


@given(NODES, QUERIES, LIMITS, st.booleans())
def test_everything_but_the_text_stays(
    nodes: list[NodeWithScore], query: QueryBundle | None, limit: Any, keep: Any
) -> None:
    before = as_json(nodes)
    by = TokenomicsNodePostprocessor(**limit, embed_model=False, keep_sources=keep)
    kept = by.postprocess_nodes(nodes, query)
    assert as_json(nodes) == before
    assert len(kept) == len(nodes)
    for was, now in zip(nodes, kept, strict=True):
        assert (now.node.node_id, now.score) == (was.node.node_id, was.score)
        assert now.node.relationships == was.node.relationships
        assert set(now.node.excluded_embed_metadata_keys) >= {"note"}
        assert set(now.node.excluded_llm_metadata_keys) >= {"file"}
        assert was.node.metadata.items() <= now.node.metadata.items()
        if isinstance(was.node, ImageNode):
            assert now is was
    if keep:
        assert as_json(kept) == before
        assert [one.node for one in kept] == [one.node for one in nodes]


@given(NODES, st.sampled_from([0.1, 0.25, 0.6]))
def test_sources_that_are_kept_show_models_what_they_show_them_else(
    nodes: list[NodeWithScore], ratio: float
) -> None:
    settings: Any = {"target_ratio": ratio, "embed_model": False}
    kept = TokenomicsNodePostprocessor(**settings, keep_sources=True).postprocess_nodes(
        nodes, ASKED
    )
    short = TokenomicsNodePostprocessor(**settings).postprocess_nodes(nodes, ASKED)
    assert seen(kept) == seen(short)


def keeping(ratio: float = 0.25, **settings: Any) -> TokenomicsNodePostprocessor:
    given = {"embed_model": False, "keep_sources": True, **settings}
    return TokenomicsNodePostprocessor(target_ratio=ratio, **given)


class TestLimits:
    def test_a_ratio_is_of_all_tokens_that_came(self) -> None:
        by = keeping(keep_sources=False)
        kept = by.postprocess_nodes(found(), ASKED)
        assert tokens(kept, by) <= 0.25 * tokens(found(), by)
        assert ANSWER in seen(kept)

    def test_of_a_ratio_and_a_budget_the_lower_holds(self) -> None:
        alone = keeping(0.25).postprocess_nodes(found(), ASKED)
        for budget, wanted in ((10_000, alone), (60, None)):
            by = keeping(0.25, token_budget=budget)
            kept = by.postprocess_nodes(found(), ASKED)
            assert tokens(kept, by) <= budget
            assert wanted is None or seen(kept) == seen(wanted)

    @pytest.mark.parametrize("ratio", [0, -1, 1.01, True, "0.3", float("nan")])
    def test_an_impossible_ratio_is_named(self, ratio: Any) -> None:
        with pytest.raises(ConfigError, match=r"target_ratio must be above 0 and at most 1"):
            TokenomicsNodePostprocessor(target_ratio=ratio)

    @pytest.mark.parametrize("budget", [0, -5, 1.5, "all", False])
    def test_an_impossible_budget_is_named(self, budget: Any) -> None:
        with pytest.raises(ConfigError, match=f"'auto' or a .* at least 1, got {budget!r}"):
            TokenomicsNodePostprocessor(budget)

    def test_auto_fills_the_window_and_no_more(self) -> None:
        sizes = []
        for window in (600, 900, 100_000):
            llm = Windowed(window=window, output=100)
            by = TokenomicsNodePostprocessor("auto", llm=llm, embed_model=False)
            kept = by.postprocess_nodes(found(), ASKED)
            sizes.append(tokens(kept, by))
            asked = Listening(max_tokens=100)
            get_response_synthesizer(llm=asked).synthesize(QUERY, kept)
            assert by._condenser.count(asked.shown) + 100 <= window
        whole = tokens(found(), keeping())
        assert sizes[0] < sizes[1] < sizes[2] == whole

    def test_auto_takes_the_model_of_the_settings(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Settings, "_llm", Windowed(window=700, output=100))
        by = TokenomicsNodePostprocessor("auto", embed_model=False)
        assert tokens(by.postprocess_nodes(found(), ASKED), by) < 700

    def test_auto_leaves_room_for_the_answer_that_ours_foresees(self, make: Make) -> None:
        sizes = []
        foreseen = make(context_window=1_300).plan(QUERY).predicted_output_tokens
        for output in (50, 1_000):
            llm = make(context_window=1_300, num_output=output)
            by = TokenomicsNodePostprocessor("auto", llm=llm, embed_model=False)
            sizes.append(tokens(by.postprocess_nodes(found(), ASKED), by))
        assert 50 < foreseen <= 1_300 - sizes[0]
        assert sizes[1] < sizes[0]

    def test_auto_without_any_room_leaves_little_and_raises_nothing(self) -> None:
        by = TokenomicsNodePostprocessor(
            "auto", llm=Windowed(window=50, output=40), embed_model=False
        )
        assert tokens(by.postprocess_nodes(found(), ASKED), by) < 100

    def test_it_is_stored_with_its_limits_and_without_its_model(self) -> None:
        by = keeping(token_budget="auto", llm=MockLLM())  # noqa: S106 -- no password
        stored = json.loads(by.to_json())
        assert (stored["token_budget"], stored["target_ratio"]) == ("auto", 0.25)
        assert "llm" not in stored


class Windowed(MockLLM):
    """A model with a context window of so many tokens, and so many left for its answers."""

    _told: dict[str, int] = PrivateAttr()

    def __init__(self, window: int, output: int) -> None:
        super().__init__(max_tokens=output)
        self._told = {"context_window": window, "num_output": output}

    @property
    @override
    def metadata(self) -> Any:
        return super().metadata.model_copy(update=self._told)


class Reversing(BaseNodePostprocessor):
    """A reranker that likes the last best."""

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        turned = enumerate(reversed(nodes))
        return [NodeWithScore(node=one.node, score=9.0 - place) for place, one in turned]


class TestSources:
    @pytest.fixture
    def index(self) -> VectorStoreIndex:
        return VectorStoreIndex([one.node for one in found()], embed_model=Bag())

    @pytest.mark.parametrize("mode", ["compact", "refine", "tree_summarize", "accumulate"])
    async def test_a_response_has_the_sources_that_it_has_without_us(
        self, index: VectorStoreIndex, mode: Any
    ) -> None:
        responses, shown = [], []
        for after in ([Reversing()], [Reversing(), keeping()]):
            llm = Listening(max_tokens=None)
            engine = index.as_query_engine(
                llm=llm, similarity_top_k=6, response_mode=mode, node_postprocessors=after
            )
            responses += [engine.query(QUERY), await engine.aquery(QUERY)]
            shown.append(llm.shown)
        assert len({as_json(response.source_nodes) for response in responses}) == 1
        assert [one.score for one in responses[-1].source_nodes] == [9.0, 8.0, 7.0, 6.0, 5.0, 4.0]
        assert len(shown[1]) < len(shown[0]) / 2
        assert ANSWER in shown[1]

    @pytest.mark.parametrize("mode", [MetadataMode.NONE, MetadataMode.LLM])
    def test_citations_name_their_sources(self, index: VectorStoreIndex, mode: Any) -> None:
        llm = Listening(max_tokens=None)
        engine = CitationQueryEngine.from_args(
            index,
            llm=llm,
            similarity_top_k=6,
            node_postprocessors=[keeping()],
            metadata_mode=mode,
            text_splitter=TokenTextSplitter(),
        )
        response = engine.query(QUERY)
        assert ANSWER in llm.shown
        for number, one in enumerate(response.source_nodes, start=1):
            assert one.node.get_content().startswith(f"Source {number}:")
            assert one.node.ref_doc_id == f"doc-{one.node.metadata['page']}"

    @pytest.mark.parametrize(
        "copied",
        [
            copy.copy,
            copy.deepcopy,
            lambda it: it.model_copy(deep=True),
            lambda it: pickle.loads(pickle.dumps(it)),  # noqa: S301 -- our own
            lambda it: NodeWithScore(node=TextNode.from_dict(it.node.to_dict())),
        ],
    )
    def test_a_copy_of_a_source_is_the_node_that_was_found(self, copied: Any) -> None:
        for was, now in zip(found(), keeping().postprocess_nodes(found(), ASKED), strict=True):
            again = copied(now)
            assert again.node.to_dict() == was.node.to_dict()
            assert again.node == was.node
            assert was.node == again.node
            assert again.node.hash == was.node.hash

    def test_a_second_time_shortens_what_was_shown(self) -> None:
        once = keeping(0.5).postprocess_nodes(found(), ASKED)
        twice = keeping(0.5).postprocess_nodes(once, ASKED)
        assert len(seen(twice)) < len(seen(once)) < len(seen(found()))
        assert as_json(twice) == as_json(found())

    def test_blocks_for_models_are_short_too(self) -> None:
        (kept,) = keeping(0.3).postprocess_nodes(
            [NodeWithScore(node=TextNode(text=" ".join(PARAGRAPHS)))], ASKED
        )
        short = kept.node.get_content_blocks(metadata_mode=MetadataMode.LLM)
        assert len(str(short)) < len(str(kept.node.get_content_blocks()))
