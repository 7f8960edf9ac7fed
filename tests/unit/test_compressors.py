"""What every compressor promises."""

import os
import subprocess
import sys
from collections.abc import Callable
from threading import Thread

import pytest

from tests.bag import bag_of_words
from tokenomics_shared.adapters.embeddings import embedder_of
from tokenomics_shared.compression import Extractive, all_kept, unaltered
from tokenomics_shared.compression.sentences import units
from tokenomics_shared.orchestrator import estimate_tokens
from tokenomics_shared.planning import Compressor, TextKind

COMPRESSORS: dict[str, Callable[[], Compressor]] = {
    "extractive": lambda: Extractive(estimate_tokens),
    "extractive_by_meaning": lambda: Extractive(estimate_tokens, embedder_of(bag_of_words).embed),
}

KINDS: tuple[TextKind, ...] = ("question", "context", "tool")
QUERY = "How much did the pump at Harbour Road cost?"
TEXTS = [
    "The pump at Harbour Road was bought in 1998. It cost EUR 4,250.50 then. Nobody liked it "
    "much. The paint came off within years. A painter was asked about it.\n\nThe weather was "
    "bad that year. It rained for weeks on end. People stayed at home.",
    "Set `mode=fast` in /etc/pump.conf first. The manual (Smith, 2001) says so [3]. It has many "
    "pages about colours. Colours are a matter of taste. See https://pumps.example/a?b=1 for it.",
    '{"id": "P-17", "price": 4250.5, "note": "All of it. Every part."}',
    "",
    "Ducks live on the river. They are fed by children. The children come after school. School "
    "ends early on Fridays. On other days it ends late.",
]
BINARY = "\x00\x01\ufffd" * 2000
BUDGETS = [1, 5, 20, 40, 80, 120, 500]


@pytest.fixture(params=COMPRESSORS)
def compressor(request: pytest.FixtureRequest) -> Compressor:
    return COMPRESSORS[request.param]()


def tokens(texts: list[str]) -> int:
    return sum(map(estimate_tokens, texts))


def test_it_has_a_name_and_says_whether_it_blocks(compressor: Compressor) -> None:
    assert isinstance(compressor, Compressor)
    assert compressor.name
    assert compressor.blocking in {True, False}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("budget", BUDGETS)
@pytest.mark.parametrize("query", [QUERY, ""])
def test_it_gives_as_many_texts_shorter_safely_and_once(
    compressor: Compressor, kind: TextKind, budget: int, query: str
) -> None:
    shortened = compressor.compress(TEXTS, query, budget, kind)
    assert len(shortened) == len(TEXTS)
    # What must stay of a question stays, whatever it takes; of retrieved text one sentence does.
    (least, *_), is_one = sorted(shortened, reverse=True), len(list(filter(None, shortened))) == 1
    over = kind == "question" or (kind == "context" and is_one and len(units(least)) == 1)
    assert shortened == TEXTS or tokens(shortened) <= budget or over
    for original, short in zip(TEXTS, shortened, strict=True):
        assert len(short) <= len(original)
        assert unaltered(original, short)
        assert kind != "question" or all_kept(original, short)
    assert compressor.compress(shortened, query, budget, kind) == shortened
    assert compressor.compress(TEXTS, query, budget, kind) == shortened


def test_what_is_within_the_budget_comes_back_as_it_is(compressor: Compressor) -> None:
    given = compressor.compress(TEXTS, QUERY, tokens(TEXTS))
    assert all(one is other for one, other in zip(given, TEXTS, strict=True))
    assert compressor.compress([], QUERY, 10) == []


def test_what_cannot_be_read_is_left_alone(compressor: Compressor) -> None:
    huge = "x" * 60_000
    assert compressor.compress([BINARY], QUERY, 10) == [BINARY]
    assert compressor.compress([huge], QUERY, 10) == [huge]
    both = compressor.compress([BINARY, *TEXTS, huge], QUERY, 60)
    assert (both[0], both[-1]) == (BINARY, huge)
    assert tokens(both[1:-1]) <= 60
    assert compressor.compress(both, QUERY, 60) == both


def test_a_long_text_is_shortened_in_time_that_grows_with_it(compressor: Compressor) -> None:
    text = "\n\n".join(f"{one} Number {at} it is." for at, one in enumerate(TEXTS * 300))
    (shortened,) = compressor.compress([text], QUERY, 500)
    assert 0 < estimate_tokens(shortened) <= 500


def test_threads_get_the_same(compressor: Compressor) -> None:
    expected = compressor.compress(TEXTS, QUERY, 60)
    found: list[list[str]] = []
    threads = [
        Thread(target=lambda: found.append(compressor.compress(TEXTS, QUERY, 60)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4


@pytest.mark.parametrize("name", COMPRESSORS)
def test_every_process_gives_the_same_bytes(name: str) -> None:
    code = (
        "from tests.unit.test_compressors import COMPRESSORS, QUERY, TEXTS\n"
        f"print(ascii(COMPRESSORS[{name!r}]().compress(TEXTS, QUERY, 60)))"
    )
    expected = ascii(COMPRESSORS[name]().compress(TEXTS, QUERY, 60))
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        run = [sys.executable, "-c", code]
        said = subprocess.run(run, env=environment, capture_output=True, text=True, check=True)
        assert said.stdout.strip() == expected
