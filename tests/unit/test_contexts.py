"""Contexts: the surface, the kind, and what an embedding adds."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenomics_shared.bandit.contexts import Contexts
from tokenomics_shared.bandit.kinds import has_code, kind_of
from tokenomics_shared.bandit.phrases import PHRASES
from tokenomics_shared.bandit.surface import SCALE, WIDTH, surface
from tokenomics_shared.learning import KINDS, Kind


@given(st.text())
def test_the_surface_of_any_text_is_eight_bounded_numbers(text: str) -> None:
    found = surface(text)
    assert len(found) == WIDTH
    assert all(abs(number) <= 3 * SCALE + 1e-9 for number in found)


def test_a_lone_surrogate_does_no_harm() -> None:
    assert len(surface("a \ud800 b")) == WIDTH
    assert kind_of("a \ud800 b") == "chat"


def test_each_feature_answers_to_what_it_is_about() -> None:
    plain = surface("Tell me about the river")
    for place, text in (
        (0, "Tell me all about the river and where it is going in the summer"),
        (1, "Tell me about the riverbank"),
        (2, "Tell me about 12345 river"),
        (3, "Tell me\nabout\nthe\nriver"),
        (4, "Tell me about x = y^2 river"),
        (5, "Tell me about the Mississippi"),
        (6, "Tell me about the river?"),
        (7, "Tell me not about the river"),
    ):
        assert surface(text)[place] > plain[place], place


def test_of_a_long_text_the_head_is_looked_at_and_the_length_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tokenomics_shared.bandit.surface.HEAD", 110)
    head = "some words " * 10
    short, long = surface(head), surface(head + "some 12345? not\n" * 5)
    assert short[2:] == long[2:]
    assert long[0] > short[0]
    assert long[1] > short[1]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("```python\nprint(1)\n```\nwhat is wrong?", "code"),
        ("Write a Python function that reverses a list", "code"),
        ("SELECT name FROM users WHERE id = 1: explain", "code"),
        ("Tom has 3 apples and buys 4 more. How many has he now?", "maths"),
        ("What is 2 + 2?", "maths"),
        ("Find the derivative of the polynomial", "maths"),
        ("Which conclusion follows from the premises above?", "reasoning"),
        ("Translate the following to French: good morning", "extraction"),
        ("Summarise this article: ...", "extraction"),
        ("Write a short poem about the sea", "writing"),
        ("Draft a polite email to my landlord", "writing"),
        ("Which enzyme breaks down the protein in this cell?", "science"),
        ("Which treaty ended the war and what were the political terms?", "humanities"),
        ("Hello there!", "chat"),
        ("", "chat"),
    ],
)
def test_the_kind_is_read_from_the_words(text: str, kind: Kind) -> None:
    assert kind_of(text) == kind


def test_most_phrases_are_of_their_kind_by_words_alone() -> None:
    found = [kind_of(phrase) == kind for kind, phrases in PHRASES.items() for phrase in phrases]
    assert tuple(PHRASES) == KINDS
    assert sum(found) / len(found) > 0.6


def test_a_contexts_features_are_the_surface_and_a_constant() -> None:
    contexts = Contexts()
    context = contexts.context("What is 2 + 2?", "simple")
    assert context.features == (*surface("What is 2 + 2?"), 1.0)
    assert (context.kind, context.complexity) == ("maths", "simple")
    assert contexts.space.width == len(context.features)


class Halves:
    """A projection of two numbers."""

    basis = "halves"
    width = 2

    def __init__(self, kind: Kind | None) -> None:
        self._kind = kind

    def features(self, vector: Any) -> tuple[float, ...]:
        return tuple(number / 2 for number in vector)

    def kind(self, vector: Any) -> Kind | None:
        return self._kind


def test_an_embedding_adds_its_numbers_and_says_the_kind() -> None:
    contexts = Contexts(Halves("science"))
    context = contexts.context("Hello there!", "simple", (1.0, 3.0))
    assert context.features == (*surface("Hello there!"), 0.5, 1.5, 1.0)
    assert context.kind == "science"
    assert contexts.space != Contexts().space


def test_without_the_embedding_its_numbers_are_the_average() -> None:
    context = Contexts(Halves("science")).context("Hello there!", "simple")
    assert context.features == (*surface("Hello there!"), 0.0, 0.0, 1.0)
    assert context.kind == "chat"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("In class we met class Point(Base).", True),
        ("Which class was a subclass of the ruling class?", False),
        ("Fix this:\n    import numpy\nprint(numpy.e)", True),
        ("Fix this:\nfrom os import path", True),
        ("Rome had to import grain; why?", False),
        ("They return home; then I return x;", True),
        ("SELECT committees met\nFROM noon on", False),
    ],
)
def test_words_that_may_be_prose_are_code_only_in_its_forms(text: str, *, found: bool) -> None:
    assert has_code(text) is found


def test_code_is_code_whatever_the_embedding_says() -> None:
    context = Contexts(Halves("chat")).context("def f(x): what does it do?", "simple", (0.0, 0.0))
    assert context.kind == "code"


def test_words_say_the_kind_where_the_projection_cannot() -> None:
    assert Contexts(Halves(None)).context("What is 2 + 2?", "simple", (0.0, 0.0)).kind == "maths"


@pytest.mark.parametrize("unit", ["=", "1 ", "\\", "a<", "SELECT ", "x", "\n from", "return "])
def test_no_text_takes_long(unit: str) -> None:
    text = unit * 100_000
    before = time.process_time()
    for _ in range(10):
        Contexts().context(text, "simple")
    assert time.process_time() - before < 0.5
