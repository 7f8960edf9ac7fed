"""A whole RAG application of LlamaIndex, with us and without: answers, tokens, money, sources.

The recorded paragraphs go into a `VectorStoreIndex` by MiniLM. Every recorded question is asked of
a query engine over the nearest eight, which real `OpenAILike` models on a loopback server answer;
both are one stand-in that reads its prompt and says the three sentences which share most with the
question. So the models are alike and what differs is what they are shown. An answer is right when
the recorded span is in it. Drafts are judged by their form alone: the quick judge reads prose that
a model writes, and takes few drafts that are bare sentences of a text; `--judges checks quick`
shows what asking twice then costs.

The questions are asked again, then once more with what was retrieved in another order: how many
models are asked is what the second and third pass are about. Costs are the ledger's, of our model
and of one with every part off that is shown everything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from harness import (
    Bar,
    Figure,
    command_line,
    show_figures,
    stay_on_this_host,
    versions,
    write_json,
)
from llama_index.core import VectorStoreIndex
from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index.llms.openai_like import OpenAILike
from reader import read
from retrieval import RETRIEVED, Embedding, Memo, recorded
from typing_extensions import override

from tokenomics_llamaindex import TokenomicsConfig, TokenomicsLLM, TokenomicsNodePostprocessor
from tokenomics_shared.adapters.onnx_minilm import OnnxMiniLM
from tokenomics_shared.testing import LoopbackServer

CHEAP, PREMIUM = "gpt-4o-mini", "gpt-4o"
RATIO = 0.2
"""Share of the retrieved tokens that is kept."""
DRAWS = 2_000

BARS = {
    "accuracy_lost": Bar(0.01, 0.0),
    "prompt_tokens_ratio": Bar(0.35, 0.30),
    "sources_changed": Bar(0, 0),
    "asked_again": Bar(0, 0),
    "asked_turned": Bar(0, 0),
}


@dataclass(frozen=True, slots=True)
class Answers:
    """What an engine made of all questions.

    Attributes:
        right: whether each answer holds the span.
        sources: each answer's, as JSON.
        tokens: of all prompts that were sent, drafts included.
        calls: to models.
    """

    right: Sequence[bool]
    sources: Sequence[Sequence[str]]
    tokens: int
    calls: int


class Turned(BaseNodePostprocessor):
    """The nodes in another order."""

    @override
    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        return nodes[::-1]


def main() -> None:
    """Measure, print, write."""
    parser = command_line("A RAG application with us and without.")
    parser.add_argument("--questions", type=int, help="how many of them; all when not said")
    parser.add_argument("--judges", nargs="+", default=["checks"], help="of drafts")
    arguments = parser.parse_args()
    stay_on_this_host()
    rows = recorded(arguments.data, arguments.split)[: arguments.questions]
    with LoopbackServer(read) as server:
        figures, baselines = measure(rows, server, tuple(arguments.judges))
    show_figures("A RAG application", figures, BARS)
    show_figures("The same without us", baselines, {})
    packages = ("llama-index-core", "llama-index-llms-openai-like", "onnxruntime", "numpy")
    made = {"n": len(rows), "seeds": [0], "versions": versions(*packages), "kept": RATIO}
    write_json(arguments, figures, baselines, made)


def measure(
    rows: Sequence[dict[str, str]], server: LoopbackServer, judges: tuple[str, ...]
) -> tuple[dict[str, Figure], dict[str, Figure]]:
    """Figures with us, and those without."""
    index = indexed([row["context"] for row in rows])
    plain = asked(engine(index, model(server, PREMIUM)), rows, server)
    off = TokenomicsLLM(premium=model(server, PREMIUM), config=TokenomicsConfig.off())
    asked(engine(index, off), rows, server)
    llm = TokenomicsLLM(
        cheap=model(server, CHEAP),
        premium=model(server, PREMIUM),
        judge={"judges": judges},
    )
    shorter = TokenomicsNodePostprocessor(target_ratio=RATIO, keep_sources=True)
    ours = engine(index, llm, shorter)
    first = asked(ours, rows, server)
    llm.engine.flush()
    cost, full = spent(llm), spent(off)
    again = asked(ours, rows, server)
    turned = asked(engine(index, llm, shorter, Turned()), rows, server)
    llm.engine.flush()
    lost = np.array(plain.right, float) - np.array(first.right, float)
    changed = sum(one != other for one, other in zip(plain.sources, first.sources, strict=True))
    accuracy = Figure(float(np.mean(first.right)), interval(rows, first.right))
    figures = {
        "accuracy": accuracy,
        "accuracy_lost": Figure(float(lost.mean()), interval(rows, lost)),
        "prompt_tokens_ratio": Figure(first.tokens / plain.tokens),
        "sources_changed": Figure(changed),
        "cost_ratio": Figure(cost / full),
        "calls_per_question": Figure(first.calls / len(rows)),
        "asked_again": Figure(again.calls),
        "asked_turned": Figure(turned.calls),
    }
    baselines = {
        "plain_accuracy": Figure(float(np.mean(plain.right)), interval(rows, plain.right)),
        "plain_prompt_tokens": Figure(plain.tokens / len(rows)),
    }
    return figures, baselines


def spent(llm: TokenomicsLLM) -> float:
    """US dollars, by the ledger."""
    return float(sum(it.cost for it in llm.engine.report().totals.models))


def model(server: LoopbackServer, name: str) -> OpenAILike:
    """A real model's client, of the stand-in."""
    return OpenAILike(
        model=name,
        api_base=server.url,
        api_key="any",
        is_chat_model=True,
        context_window=128_000,
        max_retries=0,
    )


def indexed(paragraphs: Sequence[str]) -> VectorStoreIndex:
    """An index of these paragraphs, each a node of its own."""
    nodes = [
        TextNode(id_=f"paragraph-{place}", text=text, metadata={"place": place})
        for place, text in enumerate(dict.fromkeys(paragraphs))
    ]
    for node in nodes:
        node.excluded_embed_metadata_keys = node.excluded_llm_metadata_keys = ["place"]
    return VectorStoreIndex(nodes, embed_model=Embedding(memo=Memo(OnnxMiniLM.find())))


def engine(index: VectorStoreIndex, llm: Any, *after: BaseNodePostprocessor) -> BaseQueryEngine:
    """A query engine over the nearest paragraphs."""
    return index.as_query_engine(
        llm=llm, similarity_top_k=RETRIEVED, node_postprocessors=list(after)
    )


def asked(
    engine: BaseQueryEngine, rows: Sequence[dict[str, str]], server: LoopbackServer
) -> Answers:
    """Ask everything."""
    calls, tokens = len(server.requests), sum(server.input_tokens.values())
    right, sources = [], []
    for row in rows:
        response = engine.query(row["question"])
        right.append(row["answer"] in str(response))
        sources.append([node.to_json() for node in response.source_nodes])
    return Answers(
        right,
        sources,
        sum(server.input_tokens.values()) - tokens,
        len(server.requests) - calls,
    )


def interval(rows: Sequence[dict[str, str]], values: Sequence[float] | Any) -> tuple[float, float]:
    """The 95 % interval of a mean, resampling paragraphs, whose questions go together."""
    places: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        places.setdefault(row["context"], []).append(place)
    known = np.asarray(values, float)
    sums = np.array([known[group].sum() for group in places.values()])
    sizes = np.array([len(group) for group in places.values()])
    picks = np.random.default_rng(0).integers(0, len(sums), (DRAWS, len(sums)))
    means = sums[picks].sum(axis=1) / sizes[picks].sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


if __name__ == "__main__":
    main()
