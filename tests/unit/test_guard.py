"""The guard tells near questions apart and leaves other wordings of one question alone."""

import json
import os
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.guard_pairs import RIGHT, WRONG, pairs
from tests.unit.guard_rewordings import RIGHT_REWORDED, WRONG_REWORDED
from tokenomics_shared.memory.guard import CORE_RULES, RULES, vetoes
from tokenomics_shared.memory.reading import read

TEXTS = sorted(
    {text for block in (*WRONG.values(), RIGHT) for pair in pairs(block) for text in pair}
)
DATA = Path(os.environ.get("TOKENOMICS_DATA", "../shared/data"))


def named(one: str, other: str) -> set[str]:
    return {veto.rule for veto in vetoes(read(one), read(other))}


@pytest.mark.parametrize(
    ("one", "other"),
    [pair for block in (*WRONG.values(), WRONG_REWORDED) for pair in pairs(block)],
)
def test_another_question_is_vetoed(one: str, other: str) -> None:
    assert named(one, other)


@pytest.mark.parametrize(("one", "other"), pairs(RIGHT) + pairs(RIGHT_REWORDED))
def test_another_wording_is_not_vetoed(one: str, other: str) -> None:
    assert not vetoes(read(one), read(other))


@pytest.mark.parametrize("kind", ["number", "unit", "date", "identifier", "language", "direction"])
def test_differences_in_exact_things_go_by_their_own_name(kind: str) -> None:
    found = Counter(rule for pair in pairs(WRONG[kind]) for rule in named(*pair))
    assert found[kind] >= max(count for rule, count in found.items() if rule != "number")
    assert found[kind] >= len(pairs(WRONG[kind])) // 2


def test_a_reason_names_the_two_differing_things() -> None:
    (veto,) = vetoes(read("What is 4 + 17?"), read("What is 5 + 17?"))
    assert veto.rule == "number"
    assert veto.reason == "4 against 5"
    assert veto.core


def test_only_exact_rules_are_core() -> None:
    assert set(RULES) > CORE_RULES
    for block in WRONG.values():
        for one, other in pairs(block):
            for veto in vetoes(read(one), read(other)):
                assert veto.rule in RULES
                assert veto.rule in CORE_RULES or not veto.core


texts = st.one_of(
    st.text(max_size=120),
    st.sampled_from(TEXTS),
    st.lists(st.sampled_from(" ".join(TEXTS).split()), max_size=14).map(" ".join),
)


@given(texts, texts)
@settings(max_examples=400)
def test_vetoes_are_symmetric(one: str, other: str) -> None:
    assert Counter(named(one, other)) == Counter(named(other, one))


@given(texts)
def test_a_question_never_vetoes_itself(text: str) -> None:
    assert not vetoes(read(text), read(text))


@given(texts)
def test_reading_is_a_function_of_the_text(text: str) -> None:
    assert read(text) == read(text)


@pytest.mark.parametrize(
    "piece", ["a.", '"a', "1.", "'a", ":\n", "a@", "aB", "/a", "::", "a-", "1,"]
)
def test_reading_a_hostile_text_is_bounded(piece: str) -> None:
    start = time.process_time()
    read(piece * 100_000)
    assert time.process_time() - start < 1.0


def test_long_texts_that_differ_anywhere_are_vetoed() -> None:
    text = "The meeting went on for a long time. " * 200
    assert named(text + "It ended well.", text + "It ended badly.") == {"payload"}
    assert not vetoes(read(text), read(text + "  "))


def adversarial() -> list[dict[str, str]]:
    path = DATA / "semcache_adversarial_dev.jsonl"
    if not path.exists():
        pytest.skip(f"no {path}; set TOKENOMICS_DATA")
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_recorded_near_misses_are_told_apart() -> None:
    rows = adversarial()
    wrong = [row for row in rows if not row["same_answer"]]
    right = [row for row in rows if row["same_answer"]]
    missed = sum(not named(row["a"], row["b"]) for row in wrong)
    blocked = sum(bool(named(row["a"], row["b"])) for row in right)
    assert missed / len(wrong) <= 0.04
    assert blocked / len(right) <= 0.05


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("How do I turn notifications on?", "How do I turn notifications off?"),
        ("Switch the alarm in the hall on.", "Switch the alarm in the hall off."),
        ("How do I turn the volume up?", "How do I turn the volume down?"),
    ],
)
def test_a_particle_at_the_end_belongs_to_its_verb(one: str, other: str) -> None:
    assert "antonym" in named(one, other)
    assert not vetoes(
        read("How do I turn notifications on?"), read("How do I turn on notifications?")
    )
