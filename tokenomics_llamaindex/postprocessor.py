"""`TokenomicsNodePostprocessor`: retrieved nodes cut down to what the query needs."""

import functools
import logging
from collections.abc import Sequence
from typing import Any

from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import (
    BaseNode,
    ImageNode,
    MetadataMode,
    Node,
    NodeWithScore,
    QueryBundle,
)
from pydantic import Field, PrivateAttr, field_serializer
from typing_extensions import override

from tokenomics_llamaindex.room import AUTO, USUAL, checked_budget, checked_ratio, room_for_nodes
from tokenomics_llamaindex.shown import as_shown, showing
from tokenomics_shared.condensing import Condensed, Condenser
from tokenomics_shared.errors import ConfigError
from tokenomics_shared.planning import Compressor

_log = logging.getLogger("tokenomics")

KEY = "tokenomics"
"""Our entry in a shortened node's metadata; neither models nor embedders are shown it."""

LEAST_TEXT = 4
"""The texts are sure of one in so many tokens of the budget, however long the metadata is."""


class TokenomicsNodePostprocessor(BaseNodePostprocessor):
    """Cuts the text of retrieved nodes down to what the query needs, within a token budget.

    ```python
    engine = index.as_query_engine(
        node_postprocessors=[TokenomicsNodePostprocessor(token_budget=1500)]
    )
    ```

    The budget is for what the model will see: text and metadata. Whole sentences, rows and
    records go or stay. Ids, scores, metadata, order, relationships and count of the nodes stay; a
    node of which nothing is needed keeps its place with an empty text, and shows the model
    nothing. What was cut is told in the metadata under "tokenomics". The nodes that were given are
    never changed, and those that hold pictures, sound or video come back as they are.

    After a reranker its order and scores stay, and what stands first counts as more to the point.

    Attributes:
        token_budget: tokens of all nodes together, at least 1; "auto" for what the context window
            of the model has room for beside query, template and predicted answer; 1,500 when
            neither it nor a ratio is given.
        target_ratio: share of the tokens that came, above 0 and at most 1. Of a ratio and a budget
            the lower holds.
        keep_sources: models are shown the short texts, and everybody else the nodes as they came,
            so that a response's sources are what they are without us: text and metadata too.
        llm: the model for "auto"; that of `Settings` when None.
        compressor: "auto", "extractive", "structured", or a compressor of your own.
        embed_model: None for MiniLM in this process where that is installed, False for none, or a
            LlamaIndex or LangChain embedder, a function, a name. `Settings` is not looked at.
        model: the model that will read the nodes; its encoding counts the tokens.
        drop_empty: leave nodes out of which nothing is needed.
        embedder_timeout_s: seconds an embedder that is not in this process may take.
        timeout_s: seconds a compressor that is not ours may take.
    """

    token_budget: int | str | None = Field(default=None)
    target_ratio: float | None = Field(default=None)
    keep_sources: bool = Field(default=False)
    llm: Any = Field(default=None, exclude=True)
    compressor: Any = Field(default="auto")
    embed_model: Any = Field(default=None)
    model: str = Field(default="gpt-4o")
    drop_empty: bool = Field(default=False)
    embedder_timeout_s: float = Field(default=5.0)
    timeout_s: float = Field(default=30.0)
    _condenser: Condenser = PrivateAttr()

    def __init__(
        self,
        token_budget: int | str | None = None,
        *,
        target_ratio: float | None = None,
        compressor: str | Compressor = "auto",
        embed_model: Any = None,
        model: str = "gpt-4o",
        drop_empty: bool = False,
        **settings: Any,
    ) -> None:
        """Make it; see the class for what the settings mean.

        Raises:
            ConfigError: a setting is unknown or impossible.
            MissingExtra: what the embedder takes is not installed.
        """
        unknown = sorted(set(settings) - set(type(self).model_fields))
        if unknown:
            raise ConfigError(f"{type(self).__name__} has no setting {', '.join(unknown)}")
        times = {name: settings[name] for name in _TIMES if name in settings}
        checked_budget(token_budget)
        checked_ratio(target_ratio)
        if token_budget is None and target_ratio is None:
            token_budget = USUAL
        condenser = Condenser(compressor=compressor, embedder=embed_model, model=model, **times)
        super().__init__(
            **settings,
            token_budget=token_budget,
            target_ratio=target_ratio,
            compressor=compressor,
            embed_model=embed_model,
            model=model,
            drop_empty=drop_empty,
        )
        self._condenser = condenser

    @classmethod
    @override
    def class_name(cls) -> str:
        """What LlamaIndex calls it where it is stored."""
        return "TokenomicsNodePostprocessor"

    @field_serializer("embed_model")
    def _embed_model_kept(self, given: Any) -> bool | str | None:
        """Names are kept; an embedder isn't: it may hold keys."""
        return given if isinstance(given, bool | str) else None

    @field_serializer("compressor")
    def _compressor_kept(self, given: Any) -> str:
        return given if isinstance(given, str) else str(given.name)

    @override
    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        read = [_text(found.node) for found in nodes]
        query = "" if query_bundle is None else query_bundle.query_str
        budget = self._for_texts(nodes, read, self._budget(nodes, query))
        told = self._condenser.condense(
            [text for text in read if text is not None], query, token_budget=budget
        )
        shorter = iter(told.texts)
        kept = []
        for found, text in zip(nodes, read, strict=True):
            left = None if text is None else next(shorter)
            if text is None or left is None or left == text:
                kept.append(found)
            elif left or not self.drop_empty:
                kept.append(self._shortened(found, text, left, told))
        return kept

    def _budget(self, nodes: Sequence[NodeWithScore], query: str) -> int:
        """Tokens that these nodes may have together."""
        count = self._condenser.count
        most = self.token_budget
        if most == AUTO:
            most = room_for_nodes(self.llm, query, count)
        limits = [] if most is None else [int(most)]
        if self.target_ratio is not None:
            came = sum(count(found.node.get_content(MetadataMode.LLM)) for found in nodes)
            limits.append(max(1, int(came * self.target_ratio)))
        return min(limits, default=USUAL)

    def _for_texts(
        self, nodes: Sequence[NodeWithScore], read: Sequence[str | None], budget: int
    ) -> int:
        """What of the budget is left for the texts, when what else the model sees is counted."""
        count = self._condenser.count
        beside = sum(
            count(found.node.get_content(MetadataMode.LLM)) - count(text or "")
            for found, text in zip(nodes, read, strict=True)
        )
        least = -(-budget // LEAST_TEXT)
        if budget - beside >= least:
            return budget - max(0, beside)
        named = f"the budget of {budget} tokens" if budget == self.token_budget else "the budget"
        _say_once(
            f"metadata leaves less than a quarter of {named} to the texts of some answers; they "
            "get that quarter all the same"
        )
        return least

    def _shortened(
        self, found: NodeWithScore, text: str, left: str, told: Condensed
    ) -> NodeWithScore:
        """A copy of a node with a shorter text; the node itself where it takes none."""
        node = as_shown(found.node)
        new = node.model_copy()
        new.set_content(left)
        if isinstance(new, Node) and isinstance(node, Node) and node.text_resource is not None:
            # `set_content` forgets where the text came from.
            new.text_resource = node.text_resource.model_copy(update={"text": left})
        if new.get_content(MetadataMode.NONE) != left:
            return found
        ours = self._note(node, text, left, told)
        new.metadata = {**node.metadata, **ours}
        # Of a node without text the model needs no metadata either.
        hidden = list(ours if left else new.metadata)
        new.excluded_llm_metadata_keys = _with(node.excluded_llm_metadata_keys, hidden)
        new.excluded_embed_metadata_keys = _with(node.excluded_embed_metadata_keys, list(ours))
        kept = showing(found.node, new) if self.keep_sources else new
        return found.model_copy(update={"node": kept})

    def _note(self, node: BaseNode, text: str, left: str, told: Condensed) -> dict[str, Any]:
        """What is added to the metadata; nothing where the name is somebody else's already."""
        count = self._condenser.count
        before = {"tokens_before": count(text)}
        earlier = node.metadata.get(KEY, before)
        if not isinstance(earlier, dict) or "tokens_before" not in earlier:
            return {}
        after = {"tokens_after": count(left), "compressor": told.compressor}
        return {KEY: {"tokens_before": earlier["tokens_before"], **after}}


_TIMES = ("embedder_timeout_s", "timeout_s")


def _text(node: BaseNode) -> str | None:
    """A node's text; None of a node without, and of one that holds more than text."""
    node = as_shown(node)
    if isinstance(node, ImageNode):
        return None
    if isinstance(node, Node) and (
        node.image_resource or node.audio_resource or node.video_resource
    ):
        return None
    text = node.get_content(MetadataMode.NONE)
    return text if text.strip() else None


def _with(names: Sequence[str], more: Sequence[str]) -> list[str]:
    return [*names, *(name for name in more if name not in names)]


@functools.cache
def _say_once(message: str) -> None:
    _log.warning(message)
