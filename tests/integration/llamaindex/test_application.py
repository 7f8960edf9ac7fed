"""A whole RAG application: documents, an index, a query engine, with us and without."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from llama_index.core import Document, VectorStoreIndex

from tests.integration.llamaindex.conftest import CHEAP, PREMIUM, like
from tests.integration.llamaindex.test_postprocessor import Bag
from tokenomics_llamaindex import TokenomicsLLM, TokenomicsNodePostprocessor
from tokenomics_shared.testing import LoopbackServer

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
DATA = Path(os.environ.get("TOKENOMICS_DATA") or "nowhere")

PAGES = {
    "warranty.md": "A lamp comes with a warranty of three years. Keep the bill. Nobody needs the "
    "box. Lamps of the old line had no warranty at all. The shop was founded by two sisters.",
    "returns.md": "What you don't like may go back within thirty days. It must be clean. We pay "
    "for the parcel if the fault is ours. The yard behind the shop is open in summer.",
    "delivery.md": "A parcel takes two working days inside the country. Islands wait four days. "
    "Our driver is called Edwin. Letters are answered by Irma on Mondays.",
    "repair.md": "Repairs cost twenty francs an hour. Bring the lamp on Tuesdays. The workshop "
    "smells of oil. Old lamps need new wires, which we have in nine colours.",
}
QUESTIONS = {
    "How long is the warranty of a lamp?": "three years",
    "Within how many days may I send back what I don't like?": "thirty days",
    "How many working days does a parcel take?": "two working days",
    "What does an hour of repairs cost?": "twenty francs",
}


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackServer]:
    """A server whose models answer from what they are shown."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import reader

    with LoopbackServer(reader.read) as server:
        yield server
    sys.modules.pop("reader")


def model(server: LoopbackServer) -> TokenomicsLLM:
    return TokenomicsLLM(
        cheap=like(server, CHEAP),
        premium=like(server, PREMIUM),
        judge={"judges": ("checks",)},
        bandit={"enabled": False},
    )


async def test_answers_and_sources_are_those_without_us_at_less(reading: LoopbackServer) -> None:
    documents = [Document(text=text, metadata={"file": name}) for name, text in PAGES.items()]
    index = VectorStoreIndex.from_documents(documents, embed_model=Bag())
    plain = index.as_query_engine(llm=like(reading, PREMIUM), similarity_top_k=4)
    before = {question: plain.query(question) for question in QUESTIONS}
    whole = sum(reading.input_tokens.values())
    llm = model(reading)
    shorter = TokenomicsNodePostprocessor(target_ratio=0.3, embed_model=False, keep_sources=True)
    ours: Any = index.as_query_engine(llm=llm, similarity_top_k=4, node_postprocessors=[shorter])
    for question, answer in QUESTIONS.items():
        response = ours.query(question)
        assert answer in str(before[question])
        assert answer in str(response)
        sources = [one.to_dict() for one in response.source_nodes]
        assert sources == [one.to_dict() for one in before[question].source_nodes]
    sent = sum(reading.input_tokens.values()) - whole
    assert sent < 0.7 * whole
    calls = len(reading.requests)
    for question in reversed(QUESTIONS):
        assert str(await ours.aquery(question)) == str(ours.query(question))
    assert len(reading.requests) == calls
    report = llm.engine.report().totals
    assert report.exact_hits == 2 * len(QUESTIONS)
    assert report.savings.memory_layer > 0


@pytest.mark.skipif(not DATA.is_dir(), reason="TOKENOMICS_DATA names no folder of recordings")
def test_on_recorded_questions_the_figures_hold(
    reading: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnxruntime")
    import rag_application
    import retrieval

    rows = retrieval.recorded(DATA, "dev")[:40]
    figures, _ = rag_application.measure(rows, reading, ("checks",))
    for name, bar in rag_application.BARS.items():
        assert bar.reached(figures[name].value) != "no", name
