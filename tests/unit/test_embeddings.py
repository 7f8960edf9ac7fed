"""Embedders: what may be given, what comes out, remembering, losing patience."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.embeddings import DeterministicFakeEmbedding, Embeddings
from numpy.typing import NDArray

from tokenomics_shared.adapters.embeddings import Foreign, embedder_of
from tokenomics_shared.adapters.memoised import Memoised
from tokenomics_shared.adapters.patient import Patient
from tokenomics_shared.errors import ConfigError, EmbedderError, EmbedderTimeout


def letters(text: str) -> list[float]:
    """How often each letter comes, and one more."""
    return [1.0, *(float(text.count(letter)) for letter in "abcdefgh")]


def many_letters(texts: list[str]) -> NDArray[np.float64]:
    return np.array([letters(text) for text in texts])


class LlamaStyle:
    model_name = "letters-1"
    max_length = 512
    api_key = "sk-secret"

    def get_text_embedding(self, text: str) -> list[float]:
        return letters(text)

    def get_text_embedding_batch(self, texts: list[str], **kwargs: Any) -> list[list[float]]:
        return [letters(text) for text in texts]


class LangChainStyle(Embeddings):
    model = "letters-2"
    dimensions = 9
    openai_api_key = "sk-secret"
    embedding_ctx_length = 8191

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [letters(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return [0.0]


class Slow:
    """An embedder that waits for a signal."""

    name = "slow"
    local = False

    def __init__(self) -> None:
        self.go = threading.Event()
        self.calls = 0

    @property
    def dimensions(self) -> int:
        return int(self.embed(["any"]).shape[1])

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.calls += 1
        if not self.go.wait(5.0):
            raise RuntimeError
        return np.ones((len(texts), 1), np.float32)

    def reads(self, text: str) -> bool:
        return True


@pytest.mark.parametrize("given_", [letters, many_letters, LlamaStyle(), LangChainStyle()])
def test_whatever_embeds_becomes_an_embedder_of_unit_vectors(given_: Any) -> None:
    embedder = embedder_of(given_)
    vectors = embedder.embed(["abba", "cede"])
    assert embedder.dimensions == 9
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1.0, 1.0])
    expected = np.array(letters("abba")) / np.linalg.norm(letters("abba"))
    assert vectors[0] == pytest.approx(expected)
    assert embedder.embed([]).shape == (0, 9)
    assert not embedder.local


def test_langchains_own_embeddings_are_taken() -> None:
    embedder = embedder_of(DeterministicFakeEmbedding(size=12))
    assert embedder.embed(["a", "b"]).shape == (2, 12)


def test_an_embedder_stays_itself() -> None:
    embedder = embedder_of(letters)
    assert embedder_of(embedder) is embedder


def test_a_name_tells_class_and_model_and_no_secret() -> None:
    llama, chain = embedder_of(LlamaStyle()), embedder_of(LangChainStyle())
    assert llama.name.endswith("LlamaStyle/model_name=letters-1")
    assert chain.name.endswith("LangChainStyle/model=letters-2/dimensions=9")
    assert "sk-secret" not in repr(llama) + repr(chain) + llama.name + chain.name


def test_an_address_for_a_model_is_named_by_its_digest() -> None:
    class Addressed(LlamaStyle):
        model_name = "https://user:sk-secret@models.example"

    name = embedder_of(Addressed()).name
    assert "sk-secret" not in name
    assert name != embedder_of(LlamaStyle()).name


def test_functions_are_told_apart() -> None:
    shouted = lambda text: letters(text.upper())  # noqa: E731 -- nameless is what is tested
    named = [embedder_of(one).name for one in (shouted, lambda text: letters(text), letters)]  # noqa: PLW0108
    assert len(set(named)) == 3
    assert embedder_of(shouted, name="mine").name == "mine"


@pytest.mark.parametrize(
    "bad", [[0.0, 0.0], [float("nan"), 1.0], [float("inf"), 1.0], [], 3.0, "text", None]
)
def test_what_cannot_be_compared_is_refused(bad: Any) -> None:
    with pytest.raises(EmbedderError):
        embedder_of(lambda text: bad).embed(["a", "b"])


def test_fewer_vectors_than_texts_are_refused() -> None:
    def short(texts: list[str]) -> list[list[float]]:
        return [[1.0, 2.0]]

    with pytest.raises(EmbedderError, match="for 2 texts"):
        embedder_of(short).embed(["a", "b"])


def test_what_is_no_embedder_is_refused() -> None:
    with pytest.raises(ConfigError, match="not an embedder"):
        embedder_of(42)


def test_a_stated_window_is_kept_and_a_common_one_is_taken_otherwise() -> None:
    assert embedder_of(LangChainStyle()).reads("word " * 3_000)
    assert not embedder_of(LangChainStyle()).reads("word " * 4_000)
    assert embedder_of(LlamaStyle()).reads("x" * 1_024)
    assert embedder_of(letters).reads("x" * 512)
    assert not embedder_of(letters).reads("x" * 513)
    assert not embedder_of(letters).reads("ж" * 257)


@given(st.lists(st.text(alphabet="abcd", max_size=3), max_size=12), st.integers(1, 4))
def test_remembering_changes_no_vector(texts: list[str], size: int) -> None:
    plain = embedder_of(letters)
    memoised = Memoised(embedder_of(letters), size)
    for start in range(0, len(texts), 3):
        some = texts[start : start + 3]
        assert np.array_equal(memoised.embed(some), plain.embed(some))
    assert (memoised.name, memoised.dimensions, memoised.local) == (plain.name, 9, False)
    assert memoised.reads("x" * 512)


def test_what_is_remembered_is_not_asked_again() -> None:
    asked: list[str] = []

    def counted(texts: list[str]) -> list[list[float]]:
        asked.extend(texts)
        return [letters(text) for text in texts]

    memoised = Memoised(Foreign(counted, counted), size=2)
    memoised.embed(["a", "b", "a"])
    memoised.embed(["a"])
    memoised.embed(["c"])
    memoised.embed(["a", "b"])
    assert asked == ["a", "b", "c", "b"]


def test_changing_a_vector_changes_no_other() -> None:
    memoised = Memoised(embedder_of(letters))
    memoised.embed(["a"])[:] = 0
    assert memoised.embed(["a"]).any()


def test_threads_may_share_a_memory() -> None:
    memoised = Memoised(embedder_of(letters), size=5)
    with ThreadPoolExecutor(4) as threads:
        texts = ["abcdefgh"[turn % 8] for turn in range(400)]
        for text, vectors in zip(
            texts, threads.map(memoised.embed, [[t] for t in texts]), strict=True
        ):
            assert vectors[0].argmax() in {0, 1 + "abcdefgh".index(text)}


def test_patience_changes_nothing_while_it_lasts() -> None:
    slow = Slow()
    slow.go.set()
    patient = Patient(slow, 5.0)
    assert patient.embed(["a", "b"]).shape == (2, 1)
    assert (patient.name, patient.dimensions, patient.local) == ("slow", 1, False)
    assert patient.reads("any")


def test_an_error_comes_through() -> None:
    with pytest.raises(EmbedderError, match="zero"):
        Patient(embedder_of(lambda text: [0.0]), 5.0).embed(["a"])


def test_a_call_that_hangs_is_given_up() -> None:
    slow = Slow()
    patient = Patient(slow, 0.05)
    started = time.monotonic()
    with pytest.raises(EmbedderTimeout, match=r"longer than 0\.05"):
        patient.embed(["a"])
    with pytest.raises(TimeoutError):
        _ = patient.dimensions
    assert time.monotonic() - started < 2.0
    slow.go.set()


def test_calls_fail_at_once_while_too_many_hang_and_work_again_after() -> None:
    slow = Slow()
    patient = Patient(slow, 0.05, max_stuck=2)
    for _ in range(2):
        with pytest.raises(EmbedderTimeout, match="longer"):
            patient.embed(["a"])
    for _ in range(20):
        with pytest.raises(EmbedderTimeout, match="still hangs in 2"):
            patient.embed(["a"])
    assert slow.calls == 2
    slow.go.set()
    assert eventually(lambda: patient.embed(["a"]).shape == (1, 1))


def test_no_more_threads_run_than_may() -> None:
    slow = Slow()
    patient = Patient(slow, 0.2, max_threads=2, max_stuck=100)
    with ThreadPoolExecutor(6) as threads:
        calls = [threads.submit(patient.embed, ["a"]) for _ in range(6)]
        failures = [call.exception() for call in calls]
    assert all(isinstance(failure, EmbedderTimeout) for failure in failures)
    assert slow.calls == 2
    slow.go.set()


def eventually(holds: Any, within_s: float = 5.0) -> bool:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        try:
            return bool(holds())
        except EmbedderTimeout:
            time.sleep(0.01)
    return False
