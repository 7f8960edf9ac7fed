"""Retrieval with LlamaIndex: documents in a vector store, a query engine, answers with sources.

A model on a loopback server stands in for a real one; put `"openai:gpt-4o-mini"` and
`"openai:gpt-4o"` in their places, and an embedding of yours in that of the words' count.
"""

from hashlib import blake2b
from typing import Any

from llama_index.core import Document, VectorStoreIndex
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.instrumentation.events import BaseEvent
from llama_index_instrumentation import get_dispatcher
from shop import PAGES, QUESTION
from typing_extensions import override

from tokenomics_llamaindex import (
    TokenomicsDecisionEvent,
    TokenomicsLLM,
    TokenomicsNodePostprocessor,
)
from tokenomics_shared.testing import ChatRequest, LoopbackServer


class WordCount(BaseEmbedding):
    """Texts are near that share words."""

    @override
    def _get_text_embedding(self, text: str) -> list[float]:
        counts = [0.0] * 256
        for word in text.lower().split():
            counts[blake2b(word.strip(".,?").encode()).digest()[0]] += 1.0
        return counts

    @override
    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    @override
    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)


def answer(request: ChatRequest) -> str:
    """What a model would find in the text it was sent."""
    if "27 months" in request.question:
        return "The warranty of the Brightfold lamp lasts 27 months from the day of delivery."
    return "The pages that were found do not tell how long the warranty of the lamp lasts."


class Decisions(BaseEventHandler):
    """Hears what was decided, however deep in an engine."""

    @classmethod
    @override
    def class_name(cls) -> str:
        """What LlamaIndex calls it."""
        return "Decisions"

    @override
    def handle(self, event: BaseEvent, **_: Any) -> None:
        """Tell of a decision."""
        if isinstance(event, TokenomicsDecisionEvent):
            told = event.decision
            print(f"  {told['strategy']}, memory: {told['cache_type']}, {told['cost']:.6f} USD")


def asked(engine: Any, server: LoopbackServer) -> Any:
    """The engine's response, and how much text it took."""
    before = server.input_tokens.total()
    response = engine.query(QUESTION)
    print(f"  {server.input_tokens.total() - before} tokens in: {response}")
    return response


documents = [Document(text=text, id_=name) for name, text in PAGES.items()]
index = VectorStoreIndex.from_documents(documents, embed_model=WordCount())

get_dispatcher().add_event_handler(Decisions())

with LoopbackServer(answer) as server:
    llm = TokenomicsLLM(
        cheap=f"openai:gpt-4o-mini@{server.url}",
        premium=f"openai:gpt-4o@{server.url}",
        judge={"judges": ("checks",)},  # a stand-in for a model is no matter for a trained judge
    )
    plain = index.as_query_engine(llm=llm.premium, similarity_top_k=4)
    ours = index.as_query_engine(
        llm=llm,
        similarity_top_k=4,
        node_postprocessors=[TokenomicsNodePostprocessor(token_budget=150)],
    )
    print("Premium alone, ours, and ours once more:")
    whole, short, again = (asked(engine, server) for engine in (plain, ours, ours))

    print("Sources of each:")
    for response in (whole, short, again):
        print("  " + ", ".join(str(found.node.ref_doc_id) for found in response.source_nodes))
    print(f"\n{llm.engine.report()}")
    llm.engine.close()
