"""One budget over texts of several kinds."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.retrieved import ANSWER, PARAGRAPHS
from tokenomics_shared.compression import Extractive, Structured, shape_of
from tokenomics_shared.compression.mixed import LEAST_SHARE, Mixed
from tokenomics_shared.orchestrator import estimate_tokens
from tokenomics_shared.planning import Compressor, TextKind

QUERY = "how long does the warranty last"


def count(text: str) -> int:
    return len(text.split())


class Lines:
    """Keeps whole lines, those with the query's words first, as many as the budget holds."""

    blocking = False

    def __init__(self, name: str, *, stuck: bool = False) -> None:
        self.name = name
        self.stuck = stuck
        self.budgets: list[int] = []

    def compress(
        self, texts: Sequence[str], query: str, budget: int, kind: TextKind = "context"
    ) -> list[str]:
        self.budgets.append(budget)
        if self.stuck or sum(map(count, texts)) <= budget:
            return list(texts)
        wanted = set(query.split())
        places = [
            (-len(wanted & set(line.split())), text, number, count(line))
            for text, whole in enumerate(texts)
            for number, line in enumerate(whole.split("\n"))
        ]
        kept = set()
        for _, text, number, size in sorted(places):
            if size <= budget:
                budget -= size
                kept.add((text, number))
        return [
            "\n".join(
                line for number, line in enumerate(whole.split("\n")) if (text, number) in kept
            )
            for text, whole in enumerate(texts)
        ]


def mixed(*, prose_stuck: bool = False, structured_stuck: bool = False) -> Mixed:
    return Mixed(
        count,
        Lines("prose", stuck=prose_stuck),
        Lines("structured", stuck=structured_stuck),
        lambda text: text.startswith("{"),
    )


def text(lines: int, *, opening: str = "", words: str = "some words of a line") -> str:
    return "\n".join(f"{opening}{words} {number}" for number in range(lines))


def test_it_is_a_compressor() -> None:
    assert isinstance(mixed(), Compressor)
    assert mixed().name == "auto"
    assert not mixed().blocking


def test_what_is_within_the_budget_is_left_alone() -> None:
    texts = [text(3), text(3, opening="{")]
    assert mixed().compress(texts, QUERY, sum(map(count, texts))) == texts


def test_texts_come_back_as_many_and_in_their_order() -> None:
    texts = [text(20, opening="{"), text(20), "", text(20, opening="{ b ")]
    kept = mixed().compress(texts, QUERY, 60)
    assert len(kept) == 4
    assert kept[2] == ""
    for was, now in zip(texts, kept, strict=True):
        assert set(now.split("\n")) <= {*was.split("\n"), ""}
    assert sum(map(count, kept)) <= 60


def test_what_one_kind_does_not_need_the_other_gets() -> None:
    little, much = text(2), text(40, opening="{")
    kept = mixed().compress([little, much], QUERY, 112)
    assert kept[0] == little
    assert 90 < count(kept[1]) <= 100
    kept = mixed().compress([text(40), text(2, opening="{")], QUERY, 112)
    assert kept[1] == text(2, opening="{")
    assert 90 < count(kept[0]) <= 100


def test_the_kind_that_holds_the_querys_words_gets_more() -> None:
    about = text(40, words=QUERY)
    kept = mixed().compress([about, text(40, opening="{")], QUERY, 120)
    assert count(kept[0]) > count(kept[1]) * 1.5
    kept = mixed().compress([text(40), text(40, opening="{", words=QUERY)], QUERY, 120)
    assert count(kept[1]) > count(kept[0]) * 1.5


def test_each_kind_is_sure_of_its_least_share() -> None:
    texts = [text(40), text(400, opening="{", words=QUERY)]
    kept = mixed().compress(texts, QUERY, 120)
    assert count(kept[0]) >= 120 // LEAST_SHARE - 6


@pytest.mark.parametrize("stuck", ["prose_stuck", "structured_stuck"])
def test_what_one_kind_cannot_give_up_the_other_does_down_to_its_least(stuck: str) -> None:
    compressor = mixed(**{stuck: True})
    texts = [text(40), text(40, opening="{")]
    kept = compressor.compress(texts, QUERY, 80)
    whole, cut = (0, 1) if stuck == "prose_stuck" else (1, 0)
    assert kept[whole] == texts[whole]
    assert 0 < count(kept[cut]) <= 80 // LEAST_SHARE
    assert compressor.compress(kept, QUERY, 80) == kept


def test_a_table_beside_the_point_is_left_out_where_it_is_over_its_share() -> None:
    compressor = mixed(structured_stuck=True)
    texts = [text(40, words=QUERY), text(40, opening="{")]
    assert compressor.compress(texts, QUERY, 80)[1] == ""
    assert compressor.compress(texts, "", 80)[1] == texts[1]
    assert compressor.compress(texts, QUERY, 80, "tool")[1] == texts[1]


def test_one_kind_alone_gets_the_whole_budget() -> None:
    assert count(mixed().compress([text(40)], QUERY, 100)[0]) == 96
    assert count(mixed().compress([text(40, opening="{")], QUERY, 100)[0]) == 96


TEXTS = st.lists(
    st.builds(
        lambda lines, opening, words: text(lines, opening=opening, words=words),
        st.integers(1, 30),
        st.sampled_from(["", "{"]),
        st.sampled_from(["some words of a line", QUERY, "warranty"]),
    ),
    max_size=6,
)


STUCK = st.sets(st.sampled_from(["prose_stuck", "structured_stuck"]))


@given(TEXTS, st.integers(1, 300), st.sampled_from(["", QUERY]), STUCK)
def test_twice_is_once(texts: list[str], budget: int, query: str, stuck: set[str]) -> None:
    compressor = mixed(**dict.fromkeys(stuck, True))
    once = compressor.compress(texts, query, budget)
    assert compressor.compress(once, query, budget) == once
    if not stuck:
        assert sum(map(count, once)) <= max(budget, 2)


def real() -> Mixed:
    return Mixed(
        estimate_tokens,
        Extractive(estimate_tokens),
        Structured(estimate_tokens),
        lambda text: shape_of(text) is not None,
    )


def rows(many: int) -> str:
    return json.dumps([{"id": n, "lamp": f"lamp {n}", "warranty": n % 5} for n in range(many)])


def log(many: int) -> str:
    return "\n".join(f"2026-05-04 10:{n % 60:02d}:00 INFO order {n} packed" for n in range(many))


def table(many: int) -> str:
    lines = [f"| {n} | lamp {n} | {n * 3} months |" for n in range(many)]
    return "\n".join(["| id | name | warranty |", "|---|---|---|", *lines])


RETRIEVED = st.lists(
    st.one_of(
        st.sampled_from(PARAGRAPHS),
        st.builds(rows, st.integers(1, 40)),
        st.builds(log, st.integers(4, 40)),
        st.builds(table, st.integers(2, 30)),
        st.sampled_from(["", " ", "# Lamps", "lamp " * 90, "```\nx = 1\n" * 30 + "```"]),
    ),
    max_size=6,
)


@given(RETRIEVED, st.integers(1, 600), st.sampled_from(["", QUERY, "lamp 7"]))
def test_ours_twice_is_once_and_json_stays_json(texts: list[str], budget: int, query: str) -> None:
    once = real().compress(texts, query, budget)
    assert len(once) == len(texts)
    assert real().compress(once, query, budget) == once
    for was, now in zip(texts, once, strict=True):
        if was.startswith("[") and now:
            json.loads(now)


def test_ours_keep_the_budget_and_the_answer() -> None:
    texts = [*PARAGRAPHS, rows(30), log(30), table(30)]
    kept = real().compress(texts, "What is the warranty of the Brightfold lamp?", 150)
    assert sum(map(estimate_tokens, kept)) <= 150
    assert ANSWER in " ".join(kept)
    kept = real().compress(texts, "what happened to order 17", 150)
    assert "order 17 packed" in kept[5]
