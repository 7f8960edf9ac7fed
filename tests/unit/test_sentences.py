"""Units of a text: where sentences end, what stays whole, and that nothing is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenomics_shared.compression.sentences import clauses, units
from tokenomics_shared.compression.spans import guarded


def split(text: str) -> list[str]:
    return [text[unit.start : unit.end] for unit in units(text)]


@pytest.mark.parametrize(
    "whole",
    [
        "Dr. J. Smith paid $3.5 million to Acme Inc. in May.",
        "The U.S. army left at 5 p.m. on Jan. 5 of 1999, e.g. Then as now.",
        "See Fig. 3 and No. 5 in Brown v. Board of Education, etc. and so on.",
        'He said "Stop. Now. Go!" and went.',
        "Version 1.2.3 has v2.0.1 of example.com in it... and more of that",
        "The call f(x. Y) is one.",
        "```py\nx = 1.\n\nY = 2\n```",
        '{"a": "One. Two.",\n "b": 2}',
        "prose that is broken\ninto lines\nends here.",
    ],
)
def test_what_is_one_stays_one(whole: str) -> None:
    assert split(whole) == [whole]


@pytest.mark.parametrize(
    "parts",
    [
        ["One went. ", "Two came! ", "Really? ", "“Yes.” ", "(So it is.) ", "3 remain."],
        ["He works for Acme Inc. ", "The firm is old."],
        ["So it is.[3] ", "Next."],
        ["He said no. ", "It was art. ", "So be it."],
        ["# A title\n", "Text of it. ", "More.\n\n", "A paragraph\n"],
        ["- one. ", "Still one\n", "- two\n", "  3. three\n", "4. four"],
        ["| a | b |\n|---|---|\n", "| 1. A | 2 |\n", "after"],
        ["As follows:\n", "```\na. B\n```\n", "Then."],
        ["他来了。", "他走了\uff01", "「好。」", "再见"],
    ],
)
def test_units_end_where_they_should(parts: list[str]) -> None:
    assert split("".join(parts)) == parts


def test_a_unit_knows_whether_it_begins_a_line() -> None:
    assert [unit.line for unit in units("One. Two.\n\nThree. Four.")] == [True, False, True, False]


@given(st.text('aB1. !?\n"`#-|{}:…。,(', max_size=120))
def test_units_are_the_text_and_cut_no_span(text: str) -> None:
    found = units(text)
    assert "".join(split(text)) == text
    cuts = {unit.start for unit in found}
    assert not any(span.start < cut < span.end for span in guarded(text) for cut in cuts)


def test_a_long_sentence_has_clauses() -> None:
    text = (
        "First there is a part that goes on for a good while and ends; then there is a second "
        "part (which, as is seen, holds commas) that goes on for as long, and finally a third, "
        "which is the end of a sentence that nobody wanted."
    )
    (unit,) = units(text)
    at_semicolons = [text[one.start : one.end] for one in clauses(text, unit, 10_000)]
    assert [part[:7] for part in at_semicolons] == ["First t", "then th"]
    everywhere = [text[one.start : one.end] for one in clauses(text, unit, 100)]
    assert "".join(everywhere) == text
    assert [part[:7] for part in everywhere] == ["First t", "then th", "and fin"]
    assert [one.goes_on for one in clauses(text, unit, 100)] == [False, True, True]
    assert clauses("Short; and so on.", units("Short; and so on.")[0], 5) == units(
        "Short; and so on."
    )
