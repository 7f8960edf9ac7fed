"""What a question says about the length of its answer is read in bounded time, and finitely."""

import math
import os
import struct
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from tokenomics_shared.prediction.length_features import (
    HEAD,
    TAIL,
    WIDTH,
    asked,
    length_features,
    offers_choices,
)
from tokenomics_shared.types import Complexity

LEVELS: tuple[Complexity, ...] = ("simple", "medium", "complex")


def read(text: str) -> tuple[float, ...]:
    return length_features(text, "simple", 10)


@given(st.text(max_size=400), st.sampled_from(LEVELS), st.integers(0, 200_000))
def test_any_text_gives_as_many_finite_single_precision_numbers(
    text: str, complexity: Complexity, tokens: int
) -> None:
    found = length_features(text, complexity, tokens)
    assert len(found) == WIDTH
    assert all(map(math.isfinite, found))
    assert struct.unpack(f"<{WIDTH}f", struct.pack(f"<{WIDTH}f", *found)) == found


@given(st.sampled_from(LEVELS), st.integers(0, 200_000))
def test_what_they_were_made_with_can_be_read_back(complexity: Complexity, tokens: int) -> None:
    level, many = asked(length_features("Why?", complexity, tokens))
    assert level == complexity
    assert abs(many - tokens) <= max(1, tokens * 1e-4)


def test_the_length_that_is_asked_for_is_read() -> None:
    told = read("Answer in 200 words.")
    assert any(abs(each - math.log1p(1.33 * 200)) < 1e-3 for each in told)
    assert read("Answer in two short sentences.") != read("Answer in nine short sentences.")


def test_lettered_choices_are_seen() -> None:
    assert offers_choices(read("Which?\nA. one\nB. two\nC. three"))
    assert offers_choices(read("Which?\n(A) one\n(B) two"))
    assert not offers_choices(read("Which of A and B?\nBoth."))


def test_only_both_ends_of_a_long_text_are_read() -> None:
    start, end = "Explain why. " * 200, "Answer in one word. " * 100
    long = start[:HEAD] + "x" * 50_000 + end[-TAIL:]
    other = start[:HEAD] + "y" * 50_000 + end[-TAIL:]
    assert read(long) == read(other)


def test_numbers_that_are_no_numbers_are_harmless() -> None:
    for odd in ("²³ words", "٣ words", "9" * 400 + " words", "\ud800 12 lines", "\x00" * 50):
        assert all(map(math.isfinite, read(odd)))


def test_they_are_the_same_in_every_process() -> None:
    code = (
        "from tokenomics_shared.prediction.length_features import length_features as f;"
        "print(f('List 3 reasons why code fails, step by step.', 'medium', 12))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert told == {
        f"{length_features('List 3 reasons why code fails, step by step.', 'medium', 12)}\n"
    }
