"""Retrieved texts cut down, without a framework."""

import asyncio
import copy
import logging
import pickle
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.retrieved import ANSWER, LOG, PARAGRAPHS, QUERY, ROWS, vectors
from tokenomics_shared.condensing import Condensed, Condenser
from tokenomics_shared.errors import ConfigError, MissingExtra, PromptError

TEXTS = [*PARAGRAPHS, ROWS, LOG]


def plain(budget: int = 120, **settings: Any) -> Condenser:
    return Condenser(budget, **{"embedder": False, **settings})


class Own:
    """A compressor of somebody's, that does as it is told."""

    name = "own"
    blocking = False

    def __init__(self, kept: Any = None, *, error: Exception | None = None, wait_s: float = 0):
        self.kept = kept
        self.error = error
        self.wait_s = wait_s
        self.asked: list[tuple[list[str], str, int]] = []

    def compress(
        self, texts: Sequence[str], query: str, budget: int, kind: str = "context"
    ) -> list[str]:
        self.asked.append((list(texts), query, budget))
        time.sleep(self.wait_s)
        if self.error is not None:
            raise self.error
        return [text[:20] for text in texts] if self.kept is None else self.kept


class Short(Own):
    """Takes too little."""

    def compress(self, texts: Sequence[str], query: str, budget: int) -> list[str]:  # type: ignore[override]
        return list(texts)


class Greedy(Own):
    """Takes too much."""

    def compress(  # type: ignore[override]
        self, texts: Sequence[str], query: str, budget: int, kind: str, rate: float
    ) -> list[str]:
        return list(texts)


def test_a_setting_of_the_wrong_kind_is_told_before_what_is_not_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "tokenomics_shared.adapters.sentence_vectors", None)
    with pytest.raises(ConfigError, match="int is not an embedder"):
        Condenser(embedder=5)
    with pytest.raises(MissingExtra, match="embeddings"):
        Condenser(embedder="foo/bar")


def test_texts_shrink_to_the_budget_and_hold_the_answer() -> None:
    kept = plain().condense(TEXTS, QUERY)
    assert isinstance(kept, Condensed)
    assert len(kept.texts) == len(TEXTS)
    assert ANSWER in " ".join(kept.texts)
    assert kept.tokens_after <= 120 < kept.tokens_before
    assert kept.ratio == kept.tokens_after / kept.tokens_before
    assert kept.compressor == "auto"
    assert kept.notes == ()


def test_whole_sentences_and_rows_stay_as_they_were() -> None:
    for was, now in zip(TEXTS, plain().condense(TEXTS, QUERY).texts, strict=True):
        for line in now.splitlines():
            for sentence in line.split(". "):
                assert sentence.strip(" .") in was or was in (ROWS, LOG)


def test_what_is_within_the_budget_comes_back_as_it_is() -> None:
    own = Own()
    kept = plain(10_000, compressor=own).condense(TEXTS, QUERY)
    assert kept.texts == tuple(TEXTS)
    assert kept.ratio == 1
    assert own.asked == []


def test_nothing_is_nothing() -> None:
    assert plain().condense([], QUERY) == Condensed((), 0, 0, plain().approximate, "auto")
    assert plain().condense([], QUERY).ratio == 1
    assert plain(1).condense(["", " "], QUERY).texts == ("", " ")


@pytest.mark.parametrize("query", ["", None, " ", "zzz"])
def test_it_works_without_a_query(query: str | None) -> None:
    kept = plain().condense(TEXTS, query)
    assert 0 < kept.tokens_after <= 120


def test_a_second_time_changes_nothing() -> None:
    once = plain().condense(TEXTS, QUERY)
    again = plain().condense(once.texts, QUERY)
    assert again.texts == once.texts


def test_the_budget_may_be_another_for_a_call() -> None:
    condenser = plain(10_000)
    assert condenser.condense(TEXTS, QUERY, token_budget=60).tokens_after <= 60
    with pytest.raises(ConfigError, match="at least 1, got 0"):
        condenser.condense(TEXTS, QUERY, token_budget=0)


async def test_async_gives_the_same_and_leaves_the_loop_free() -> None:
    condenser = plain(5, compressor=Own(wait_s=0.2))
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.create_task(tick())
    kept = await condenser.acondense(TEXTS, QUERY)
    ticking.cancel()
    assert kept.texts == tuple(text[:20] for text in TEXTS)
    assert ticks >= 5


@pytest.mark.parametrize("budget", [1, 3, 4])
def test_of_retrieved_texts_the_best_sentence_is_sent_where_none_fits(budget: int) -> None:
    kept = plain(budget).condense(PARAGRAPHS, QUERY)
    assert ANSWER in " ".join(kept.texts)
    assert len(list(filter(None, kept.texts))) == 1
    assert kept.tokens_after < kept.tokens_before / 2
    assert kept.notes == (f"{kept.tokens_after - budget} tokens over the budget of {budget}",)


def test_threads_share_one() -> None:
    condenser = plain(embedder=vectors)
    alone = condenser.condense(TEXTS, QUERY)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: condenser.condense(TEXTS, QUERY), range(16))) == {alone}


def test_copies_share_it_and_a_pickled_one_does_the_same() -> None:
    condenser = plain(99, compressor="extractive")
    assert copy.copy(condenser) is condenser
    assert copy.deepcopy({"it": condenser})["it"] is condenser
    thawed = pickle.loads(pickle.dumps(condenser))  # noqa: S301 -- our own
    assert thawed.token_budget == 99
    assert thawed.condense(TEXTS, QUERY) == condenser.condense(TEXTS, QUERY)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"token_budget": 0}, "token_budget must be a whole number of at least 1, got 0"),
        ({"token_budget": -5}, "got -5"),
        ({"token_budget": 1.5}, "got 1.5"),
        ({"token_budget": True}, "got True"),
        ({"token_budget": "many"}, "got 'many'"),
        ({"compressor": "zip"}, "one of auto, extractive, llmlingua2, structured, got 'zip'"),
        ({"compressor": object()}, "a name or a Compressor, got object"),
        ({"compressor": object()}, "object, which has no name, blocking, compress"),
        ({"compressor": Short()}, r"Short.compress must take .* kind is missing"),
        ({"compressor": Greedy()}, r"Greedy.compress must take .* but missing a required"),
        ({"compressor": Own}, "a name or a Compressor, got"),
        ({"embedder": 3}, "int is not an embedder"),
        ({"embedder": "foo/bar"}, "the embedder 'foo/bar' is not on this host"),
        ({"model": ""}, "model must be a model's name"),
        ({"timeout_s": 0}, "timeout_s must be seconds above 0, got 0"),
        ({"embedder_timeout_s": -1}, "embedder_timeout_s must be seconds above 0, got -1"),
    ],
)
def test_an_impossible_setting_is_told_at_once(settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        Condenser(**settings)


@pytest.mark.parametrize(
    ("texts", "query", "reason"),
    [
        ("one text", QUERY, "a list of texts, got one text"),
        (["a", None], QUERY, "text 1 is NoneType, not text"),
        ([b"a"], QUERY, "text 0 is bytes, not text"),
        (["a"], 3, "the query is int, not text"),
    ],
)
def test_what_is_no_text_is_told_at_once(texts: Any, query: Any, reason: str) -> None:
    with pytest.raises(PromptError, match=reason):
        plain().condense(texts, query)


def test_texts_of_every_kind_come_back() -> None:
    texts = ["\udcff broken " * 50, "\x00\x01\xff" * 200, "[{" * 300, "a" * 100_000, "🙂" * 300]
    kept = plain(50).condense(texts, QUERY)
    assert len(kept.texts) == len(texts)


class TestFaults:
    @pytest.mark.parametrize(
        "own",
        [Own(error=RuntimeError("secret")), Own(["one"]), Own([3] * len(TEXTS)), Own(7)],
        ids=["raises", "too few", "no texts", "no list"],
    )
    def test_a_compressor_that_fails_leaves_the_texts(
        self, own: Own, caplog: pytest.LogCaptureFixture
    ) -> None:
        condenser = plain(compressor=own)
        kept = condenser.condense(TEXTS, QUERY)
        assert kept.texts == tuple(TEXTS)
        assert kept.notes[0].startswith("fault:compression:")
        assert "tokens over the budget of 120" in kept.notes[-1]
        assert sum(condenser.faults.counts().values()) == 1
        assert "compression failed with" in caplog.text
        assert "secret" not in caplog.text

    def test_one_that_hangs_is_given_up(self) -> None:
        kept = plain(compressor=Own(wait_s=1), timeout_s=0.05).condense(TEXTS, QUERY)
        assert kept.texts == tuple(TEXTS)
        assert kept.notes[0] == "fault:compression:TimeoutError"

    def test_a_text_of_any_length_takes_no_longer_than_it_may(self) -> None:
        long = " ".join(PARAGRAPHS * 400)
        kept = plain(timeout_s=0.001).condense([long], QUERY)
        assert kept.texts == (long,)
        assert kept.notes[0] == "fault:compression:TimeoutError"

    def test_one_that_makes_texts_longer_is_not_listened_to(self) -> None:
        longer = [text * 2 for text in TEXTS]
        assert plain(compressor=Own(longer)).condense(TEXTS, QUERY).texts == tuple(TEXTS)

    def test_what_stays_over_the_budget_is_said(self) -> None:
        kept = plain(3, compressor=Own()).condense(TEXTS, QUERY)
        assert kept.notes == (f"{kept.tokens_after - 3} tokens over the budget of 3",)

    def test_an_embedder_that_fails_is_done_without(self) -> None:
        def broken(texts: list[str]) -> Any:
            raise ConnectionError("no network")

        condenser = plain(embedder=broken)
        kept = condenser.condense(TEXTS, QUERY)
        assert kept.texts == plain().condense(TEXTS, QUERY).texts
        assert kept.notes == ("fault:compression:ConnectionError",)

    def test_an_embedder_that_hangs_is_done_without(self) -> None:
        release, ended = threading.Event(), threading.Event()

        def hanging(texts: list[str]) -> Any:
            release.wait(30)
            ended.set()
            return vectors(texts)

        kept = plain(embedder=hanging, embedder_timeout_s=0.05).condense(TEXTS, QUERY)
        assert not ended.is_set()
        release.set()
        assert kept.texts == plain().condense(TEXTS, QUERY).texts
        assert kept.notes == ("fault:compression:EmbedderTimeout",)


class TestEmbedders:
    def test_one_is_asked_for_the_sentences_and_the_query(self) -> None:
        asked: list[str] = []

        def noting(texts: list[str]) -> Any:
            asked.extend(texts)
            return vectors(texts)

        assert ANSWER in " ".join(plain(embedder=noting).condense(TEXTS, QUERY).texts)
        assert QUERY in asked
        assert any(ANSWER in text for text in asked)

    def test_sentences_are_embedded_once(self) -> None:
        calls = []

        def noting(texts: list[str]) -> Any:
            calls.append(len(texts))
            return vectors(texts)

        condenser = plain(embedder=noting)
        condenser.condense(TEXTS, QUERY)
        before = len(calls)
        condenser.condense(TEXTS, QUERY)
        assert len(calls) == before

    def test_the_default_that_is_not_there_is_done_without_and_said_once(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def absent(given: Any) -> Any:
            raise ConfigError(f"no file of {given} for test {id(monkeypatch)}")

        monkeypatch.setattr("tokenomics_shared.adapters.sentence_vectors.embedder_of", absent)
        monkeypatch.setattr("tokenomics_shared.adapters.sentence_vectors._default._embed", None)
        with caplog.at_level(logging.WARNING):
            kept = [Condenser(120).condense(TEXTS, QUERY) for _ in range(3)]
        assert {one.texts for one in kept} == {plain().condense(TEXTS, QUERY).texts}
        assert kept[0].notes == ()
        assert caplog.text.count("texts are shortened without embeddings: no file") == 1

    def test_the_default_is_loaded_by_the_first_call_that_needs_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = []

        def default(given: Any) -> Any:
            from tokenomics_shared.adapters.embeddings import Foreign

            made.append(given)
            embedder = Foreign(vectors, vectors)
            embedder.local = True
            return embedder

        monkeypatch.setattr("tokenomics_shared.adapters.sentence_vectors.embedder_of", default)
        monkeypatch.setattr("tokenomics_shared.adapters.sentence_vectors._default._embed", None)
        condensers = [Condenser(10_000), Condenser(120), Condenser(120)]
        condensers[0].condense(TEXTS, QUERY)
        assert made == []
        for condenser in condensers[1:]:
            assert condenser.condense(TEXTS, QUERY).notes == ()
        assert made == [None]
