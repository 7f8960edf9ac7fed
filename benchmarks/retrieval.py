"""Recorded questions over paragraphs, what is retrieved for them, and ways to shorten that."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.postprocessor import SentenceEmbeddingOptimizer
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from numpy.typing import NDArray
from typing_extensions import override

from tokenomics_shared.compression import Extractive
from tokenomics_shared.compression.relevance import FITTED, WORDS_ALONE, Weights
from tokenomics_shared.compression.sentences import units
from tokenomics_shared.planning import Count
from tokenomics_shared.ports import Embedder

RETRIEVED = 8
"""Paragraphs that a question gets."""

Shorten = Callable[[Sequence[str], str, int], list[str]]
"""Texts, a question, and a budget in tokens to shortened texts."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question whose paragraph was retrieved.

    Attributes:
        text: what is asked.
        answer: a stretch of its paragraph.
        paragraph: its paragraph's own text.
        retrieved: the paragraphs nearest to it, the nearest first; its own is among them.
    """

    text: str
    answer: str
    paragraph: str
    retrieved: tuple[str, ...]


@dataclass
class Memo:
    """An embedder that computes each text once, so that only the rest is measured."""

    embedder: Embedder
    vectors: dict[str, NDArray[np.float32]] = field(default_factory=dict)

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, a row a text."""
        new = [text for text in dict.fromkeys(texts) if text not in self.vectors]
        self.vectors.update(zip(new, self.embedder.embed(new), strict=True))
        return np.array([self.vectors[text] for text in texts])


def recorded(data: Path, split: str) -> list[dict[str, str]]:
    """The split's questions, each with its answer and the paragraph that has it."""
    lines = (data / f"rag_qa_{split}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def questions(data: Path, split: str, embed: Memo) -> tuple[list[Question], int]:
    """The split's questions whose own paragraph is retrieved, and how many there are in all."""
    rows = recorded(data, split)
    paragraphs = list(dict.fromkeys(row["context"] for row in rows))
    stored = embed(paragraphs)
    found = []
    for row in rows:
        near = np.argsort(-(stored @ embed([row["question"]])[0]), kind="stable")[:RETRIEVED]
        retrieved = tuple(paragraphs[at] for at in near)
        if row["context"] in retrieved:
            found.append(Question(row["question"], row["answer"], row["context"], retrieved))
    return found, len(rows)


_NOTHING = Weights(0, 0, 0, 0, 0, 0, 0, 0, 0)


def ways(count: Count, embed: Memo) -> Mapping[str, Shorten]:
    """Everything that is compared, ours first."""

    def ours(weights: Weights | None = None, *, meaning: bool = True) -> Shorten:
        given = [weights] if weights else []
        return Extractive(count, embed if meaning else None, *given).compress

    return {
        "extractive": ours(),
        "no_embeddings": ours(meaning=False),
        "no_paragraphs": ours(replace(FITTED, covered=0, best=0, order=0)),
        "no_order": ours(replace(FITTED, order=0)),
        "no_order_no_embeddings": ours(replace(WORDS_ALONE, order=0), meaning=False),
        "no_neighbours": ours(replace(FITTED, around=0, refers=0)),
        "no_words": ours(replace(FITTED, shared=0, covered=0, sentence=0, refers=0)),
        "no_cues": ours(replace(FITTED, cue=0)),
        "bm25_alone": ours(replace(_NOTHING, shared=1), meaning=False),
        "embeddings_alone": ours(replace(_NOTHING, close=1)),
        "sentence_embedding_optimizer": optimizer(count, embed, 0),
        "sentence_embedding_optimizer_default": optimizer(count, embed, 1),
        "embeddings_filter": whole_documents,
        "truncation": truncation(count),
    }


def truncation(count: Count) -> Shorten:
    """The beginning of what was retrieved, up to the last sentence that fits."""

    def shorten(texts: Sequence[str], _query: str, budget: int) -> list[str]:
        left = budget
        kept = []
        for text in texts:
            ends = [unit.end for unit in units(text)]
            fitting = [end for end in ends if count(text[:end]) <= left]
            end = max(fitting, default=0)
            left = left - count(text[:end]) if end == len(text) else 0
            kept.append(text[:end])
        return kept

    return shorten


def whole_documents(texts: Sequence[str], _query: str, budget: int) -> list[str]:
    """The nearest documents whole, which is what LangChain's `EmbeddingsFilter` does.

    Its `k` is the share of the documents that the budget is of all tokens, at least one. The
    rule is done here, for the class is in a package of old ones (`langchain-classic`).
    """
    total = sum(map(len, texts))
    k = max(1, round(len(texts) * min(1.0, budget * _CHARS_PER_TOKEN / total)))
    return [text if place < k else "" for place, text in enumerate(texts)]


_CHARS_PER_TOKEN = 4


class Embedding(BaseEmbedding):
    """Our embedder as LlamaIndex's."""

    memo: Any

    @override
    def _get_text_embedding(self, text: str) -> list[float]:
        vector: list[float] = self.memo([text])[0].tolist()
        return vector

    @override
    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    @override
    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)


def optimizer(count: Count, embed: Memo, around: int) -> Shorten:
    """LlamaIndex's own `SentenceEmbeddingOptimizer`, at the percentile that meets the budget.

    It takes a percentile of each node's sentences; given the paragraphs as one node it may spend
    all on the best of them, which is the better for it.

    Args:
        count: counts tokens.
        embed: embeds texts.
        around: sentences kept before and after each; its default is 1, none is better for it.
    """
    model = Embedding(memo=embed)
    splitter = SentenceEmbeddingOptimizer(embed_model=model)._tokenizer_fn

    def shorten(texts: Sequence[str], query: str, budget: int) -> list[str]:
        whole = "\n\n".join(texts)
        many = len(splitter(whole))
        best = ""
        for kept in range(1, many):
            post = SentenceEmbeddingOptimizer(
                embed_model=model,
                percentile_cutoff=(kept + 0.5) / many,
                context_before=around,
                context_after=around,
            )
            node = NodeWithScore(node=TextNode(text=whole))
            (out,) = post.postprocess_nodes([node], query_bundle=QueryBundle(query))
            found = out.node.get_content()
            if count(found) > budget:
                break
            best = found
        return [best] * len(texts)

    return shorten


def kept_tokens(shortened: Sequence[str], count: Count) -> int:
    """Tokens of what is left; a text that stands for all counts once."""
    return sum(map(count, dict.fromkeys(text for text in shortened if text)))


def by_paragraph(
    asked: Sequence[Question], kept: Sequence[bool], draws: int
) -> tuple[float, float]:
    """The 95 % interval of the share kept, resampling paragraphs, whose questions go together."""
    places: dict[str, list[int]] = {}
    for place, question in enumerate(asked):
        places.setdefault(question.paragraph, []).append(place)
    hits = np.array([sum(kept[at] for at in group) for group in places.values()])
    sizes = np.array([len(group) for group in places.values()])
    picks = np.random.default_rng(0).integers(0, len(hits), (draws, len(hits)))
    shares = hits[picks].sum(axis=1) / sizes[picks].sum(axis=1)
    low, high = np.quantile(shares, [0.025, 0.975])
    return float(low), float(high)
