"""Guarded spans are found, told apart from prose, and survive every compressor."""

import json
import os
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenomics_shared.compression import GAP, Extractive, all_kept, guarded, unaltered
from tokenomics_shared.compression.spans import spaced
from tokenomics_shared.orchestrator import estimate_tokens

CASES = int(os.environ.get("TOKENOMICS_CASES", "200"))
"""How many generated texts each property is tried on; read before the tests' own environment."""

FOUND = {
    "code": ["`a b`", "```py\nx = 1.\n\ny = 2\n```"],
    "number": [
        "3.5 kg", "$1,234.56", "USD 5.2 million", "€4,300.50", "-3.2%", "v1.2.3", "10:30 am",
        "2020-01-02T10:00:00Z", "12 May 2020", "May 12, 2020", "1870\u20131939", "162 584 mln EUR",
        "5-year-old", "10 km/h", "31 August 2009", "+49",
    ],
    "quote": ['"quoted. Text here"', "“so it is”", "'single one'", "«voilà»", "「はい」"],
    "url": ["https://a.b/c?x=1&y=2#z", "www.example.org/a"],
    "email": ["first.last+tag@mail.example.org"],
    "path": ["/usr/local/lib/x.py", "~/notes.txt", "src/app/main.py"],
    "identifier": [
        "snake_case", "camelCase", "PascalCase", "os.path.join", "MAX_SIZE", "ORD-12345",
        "deadbeef-cafe-babe-0000-000000000001", "std::vector", "@user", "#tag", "NASA",
    ],
    "json": ['{"a": [1, {"b": "x. Y"}]}', '[{"id": 1}]'],
    "citation": ["[1, 2]", "[doc-3]", "(Smith, 2020)", "【3†source】"],
    "call": ['get_user(id=3, name="x")', '<tool_call>{"name": "x"}</tool_call>'],
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "exact"), [(k, one) for k, all_ in FOUND.items() for one in all_]
)
def test_what_is_exact_is_guarded(kind: str, exact: str) -> None:
    newline = "\n" if exact.startswith("```") else " "
    text = f"Here it is{newline}{exact}{newline}and then more of the same."
    (span,) = guarded(text)
    assert (span.kind, text[span.start : span.end]) == (kind, exact)


def test_prose_is_not_guarded() -> None:
    assert not guarded(
        "It isn't so, and the dogs' bone and/or theirs — well: I'm off. Nothing more!"
    )


def test_code_without_its_end_goes_on_to_the_end() -> None:
    text = "See:\n```\nx = 1\nprint(x)"
    assert guarded(text)[-1].end == len(text)
    assert guarded("As follows:\n\n    x = 1\n    y = 2\n\nDone")[0].kind == "code"


@pytest.mark.parametrize(
    ("shortened", "holds"),
    [
        ("It took 5.25 s.", True),
        ("It took 5 s.", False),
        ("It cost EUR 3.", False),
        ("Nothing exact.", True),
        ('He said "one. … two" then.', True),
    ],
)
def test_an_altered_span_shows(shortened: str, holds: bool) -> None:  # noqa: FBT001 -- a table
    original = 'It took 5.25 s. It cost USD 3. He said "one. Other. More" and "two" then.'
    assert unaltered(original, shortened) is holds


def test_marks_inside_json_pair_with_none_after_it() -> None:
    text = '[["\\"?"]] "?"'
    assert unaltered(text, text)


def test_all_must_be_kept_as_whole_words_in_order_and_as_often() -> None:
    assert all_kept("a 3 and b 13", "3, 13")
    assert not all_kept("a 3 and b 13", "13")
    assert not all_kept("3 and 3", "3")
    assert not all_kept("3 then 4", "4 then 3")
    assert all_kept("no spans", "")


WORDS = st.sampled_from(
    "The a dog runs far away. Then it stops! Why? So be it, or not; well".split()
)
NAMES = st.from_regex(r"[a-z]{1,6}(_[a-z0-9]{1,5}){1,3}|[a-z]{2,5}[A-Z][a-z]{1,5}", fullmatch=True)
NUMBERS = st.one_of(
    st.integers(-(10**9), 10**9).map(str),
    st.floats(0, 1e6, allow_nan=False).map(lambda x: f"${x:,.2f}"),
    st.dates().map(str),
    st.builds(
        lambda n, unit: f"{n} {unit}",
        st.integers(0, 9999),
        st.sampled_from(["kg", "km", "%", "ms", "EUR", "million", "May 2020", "°C"]),
    ),
)
URLS = st.from_regex(
    r"https?://[a-z]{2,8}\.(com|org)(/[a-z0-9._-]{1,8}[a-z0-9]){0,3}(\?[a-z]=\d{1,4})?",
    fullmatch=True,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('ab. "\\{}[]1…?\n', max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab_1", min_size=1), inner)
    ),
    max_leaves=6,
).map(json.dumps)
CODE = st.builds(
    lambda lines: "\n```\n" + "\n".join(lines) + "\n```\n",
    st.lists(st.text("abx =()+1.:\"'#\n ", max_size=20), max_size=4),
)
QUOTES = st.text("abc. D?", min_size=1, max_size=20).map(lambda said: f'"{said}"')
EXACT = st.one_of(
    NAMES, NUMBERS, URLS, JSON, CODE, QUOTES, st.sampled_from(["[1]", "f(x, 2)", "`x`"])
)
TEXTS = st.lists(
    st.one_of(WORDS, WORDS, WORDS, EXACT, st.sampled_from(["\n\n", "\n- ", '"', "{", "`", "…"])),
    min_size=1,
    max_size=60,
).map(" ".join)  # fmt: skip


@settings(max_examples=CASES)
@given(TEXTS)
def test_spans_are_in_order_apart_and_found_again(text: str) -> None:
    spans = guarded(text)
    assert all(one.end <= other.start for one, other in pairwise(spans))
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert unaltered(text, text)
    assert all_kept(text, text)
    ends = [(span.start, span.end) for span in spaced(text)]
    assert all(one[1] <= other[0] for one, other in pairwise(ends))


@settings(max_examples=CASES)
@given(
    st.lists(TEXTS, min_size=1, max_size=4), st.integers(1, 200), st.sampled_from(["", "dog far"])
)
def test_compression_alters_no_span(texts: list[str], budget: int, query: str) -> None:
    compressor = Extractive(estimate_tokens)
    shortened = compressor.compress(texts, query, budget)
    for original, short in zip(texts, shortened, strict=True):
        assert unaltered(original, short)
        at = 0
        for part in [] if "…" in original else short.split(GAP):
            at = original.find(part.strip(), at)
            assert at >= 0
    assert compressor.compress(shortened, query, budget) == shortened


@settings(max_examples=CASES)
@given(TEXTS, st.integers(1, 200))
def test_a_question_keeps_all_of_them(text: str, budget: int) -> None:
    compressor = Extractive(estimate_tokens)
    (shortened,) = compressor.compress([text], "", budget, "question")
    assert all_kept(text, shortened)
    assert compressor.compress([shortened], "", budget, "question") == [shortened]


@pytest.mark.parametrize(
    "piece",
    [
        "a", '"', '" a', "{[", '{"a":', "a(", "a.", "a@", "1,", "/", " ", "` ", "\n", "    \n",
        "…", "\n\n\ta", "http://", "[", "(A", "<invoke>", "a-", "a(()", "1 m ", "+-", "$ ", "'a ",
        "“", ". A", "A. ", "1 ",
    ],
)  # fmt: skip
def test_a_long_text_of_any_piece_is_read(piece: str) -> None:
    # Time that grew with the square of the length would never end here.
    text = (piece * 400_000)[:400_000]
    spans = guarded(text)
    assert all(0 <= it.start < it.end <= len(text) for it in spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))
