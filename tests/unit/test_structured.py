"""Structured compression: rows that matter stay, JSON stays JSON, prose stays as it is."""

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.structured import LOG, SHORT, count, shorten
from tokenomics_shared.compression.faults import faults
from tokenomics_shared.planning import Compressor

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=12) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=60,
)
RECORDS = st.lists(
    st.dictionaries(st.sampled_from("id name state note size".split()), SCALARS), max_size=40
)


def orders(number: int = 200) -> list[dict[str, Any]]:
    chance = random.Random(3)
    return [
        {
            "id": 5000 + at,
            "buyer": chance.choice(["ann", "bob", "cem"]),
            "amount": round(chance.uniform(20, 90), 2),
            "status": chance.choice(["paid", "paid", "shipped"]),
            "error_count": 0,
        }
        for at in range(number)
    ]


def scalars(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set().union(*map(scalars, value.values()))
    if isinstance(value, list):
        return set().union(*map(scalars, value))
    return {json.dumps(value)}


def originals(value: Any) -> set[str]:
    """Scalars of compressed JSON that aren't notes."""
    return {
        each for each in scalars(value) if "more like these" not in each and "left out" not in each
    }


def test_it_is_a_compressor() -> None:
    assert isinstance(SHORT, Compressor)
    assert (SHORT.name, SHORT.blocking) == ("structured", False)


def test_within_the_budget_nothing_changes() -> None:
    texts = [json.dumps(orders(3), indent=2), "prose."]
    assert SHORT.compress(texts, "", 10_000) == texts


def test_spaces_alone_go_when_that_is_enough() -> None:
    rows = orders(20)
    text = json.dumps(rows, indent=4)
    tight = json.dumps(rows, separators=(",", ":"))
    assert shorten(text, count(tight)) == tight


def test_numbers_keep_their_text() -> None:
    row = '{"a": 1.0, "b": 1e5, "c": 123456789012345678901234567890, "d": "\\u00e9 \\/", "a": 2}'
    text = f"[{', '.join([row] * 30)}]"
    short = shorten(text, count(text) // 3)
    assert row.replace(", ", ",").replace(": ", ":") in short
    assert json.loads(short)[-1].keys() == {"\u2026"}


def test_what_an_array_lost_is_counted() -> None:
    text = json.dumps({"data": orders(), "next": None})
    page = json.loads(shorten(text, count(text) // 5))
    *rows, note = page["data"]
    assert note == {"\u2026": f"{200 - len(rows)} more like these"}
    assert page["next"] is None
    assert all(row in orders() for row in rows)


@pytest.mark.parametrize(
    ("change", "query"),
    [
        ({"amount": 9000.5}, ""),
        ({"amount": 9000.5}, "Which order is the largest?"),
        ({"amount": 0.01}, "the cheapest one"),
        ({"status": "chargeback"}, "Is all well?"),
        ({"error_count": 3}, "What failed?"),
        ({"frozen_by": "risk"}, ""),
        ({"status": None}, ""),
        ({}, "What is the status of 5123?"),
        ({"note": "customer asks for a green bicycle"}, "who wants the bicycles?"),
    ],
)
def test_the_record_that_matters_stays(change: dict[str, Any], query: str) -> None:
    rows = orders()
    rows[123] |= change
    text = json.dumps({"data": rows})
    assert rows[123] in json.loads(shorten(text, count(text) // 10, query))["data"]


def test_of_alike_ids_the_one_asked_for_stays() -> None:
    rows = [{"id": f"A-{at}", "state": "ok"} for at in range(1, 900)]
    kept = json.loads(shorten(json.dumps(rows), 60, "state of A-77"))
    assert {"id": "A-77", "state": "ok"} in kept


def test_objects_used_as_arrays_lose_entries() -> None:
    table = {f"svc-{at}": {"healthy": 3, "owner": "x" * 20} for at in range(60)}
    table["svc-31"]["healthy"] = 0
    kept = json.loads(shorten(json.dumps({"services": table}), 150))["services"]
    assert kept["svc-31"] == table["svc-31"]
    assert kept.pop("\u2026") == f"{60 - len(kept)} more like these"


def test_long_fields_go_before_the_records_that_have_them() -> None:
    rows = [{"url": f"/{at}", "content": f"word{at} " * 400} for at in range(8)]
    kept = json.loads(shorten(json.dumps(rows), 2200, "word5"))
    assert kept[5] == rows[5]
    assert kept[4] == {"url": "/4", "content": "\u2026 2400 characters left out"}


def test_lines_of_json_stay_lines_of_json() -> None:
    rows = [{"at": at, "level": "info", "ms": 20 + at % 5} for at in range(100)]
    rows[55]["level"] = "error"
    text = "\n".join(map(json.dumps, rows)) + "\n"
    kept = [json.loads(line) for line in shorten(text, 200).splitlines()]
    assert rows[55] in kept
    assert kept[-1] == {"\u2026": f"{101 - len(kept)} more like these"}


def test_output_in_json_loses_lines() -> None:
    lines = [*LOG[:150], "2025-05-01T10:02:30Z ERROR [api] disk full", *LOG[151:]]
    text = json.dumps({"stdout": "\n".join(lines), "exit_code": 1})
    kept = json.loads(shorten(text, 500))
    assert kept["exit_code"] == 1
    assert lines[150] in kept["stdout"].splitlines()
    assert count(json.dumps(kept)) <= 520


@pytest.mark.parametrize(
    ("before", "after"), [("Found 200 orders:\n", ""), ("```json\n", "\n```\n")]
)
def test_json_between_lines_is_shortened(before: str, after: str) -> None:
    rows = orders()
    rows[77]["status"] = "lost"
    short = shorten(f"{before}{json.dumps(rows)}{after}", 500)
    assert short.startswith(before)
    assert short.endswith(after)
    assert rows[77] in json.loads(short.removeprefix(before).removesuffix(after))


def test_several_texts_share_a_budget() -> None:
    texts = [json.dumps(orders(90)), "Prose stays as it is.", json.dumps(orders(300))]
    short = SHORT.compress(texts, "", 1500)
    assert short[1] == texts[1]
    assert sum(map(count, short)) <= 1500
    assert SHORT.compress(short, "", 1500) == short


def test_under_an_impossible_budget_a_skeleton_is_left() -> None:
    rows = orders()
    rows[99]["status"] = "exploded"
    short = shorten(json.dumps(rows), 1)
    assert rows[0] in json.loads(short)
    assert rows[99] in json.loads(short)
    assert len(short) < 1000
    assert shorten(short, 1) == short


def test_a_note_of_an_earlier_pass_stops_the_next() -> None:
    text = json.dumps(orders())
    short = shorten(text, 800)
    assert shorten(short, 100) == short


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "[" * 900 + "]" * 900,
        '{"a":' * 5000 + "1" + "}" * 5000,
        '[{"a": 1}, {"a": 2}, {"a"' + ' {"b": 1},' * 3000,
        "\x00\xff\x01" * 50_000,
        "-" * 400_000 + "x\n| a |\n|--|\n" * 9,
        "2025-05-01 10:00:00 " + "\tat a in b" * 40_000 + "\n" + "2025-05-01 10:00:00 x\n" * 9,
        "NAME  AGE  STATE\n" + "a  b  " * 100_000 + "\nc  d  e" * 9,
        json.dumps([{"prose": "1" * 60_000 + " a b c d e"}] * 9),
        "main.f(" + "{, " * 30_000 + "\n\t/a.go:1\n" * 20,
        "<html><body>" + "<a <p <!-- " * 5000,
        "<html>" + "<div>" * 20_000,
        "[1" + "0" * 6000 + "]",
        "| a | b |\n|---|---|\n" + "| |||\n" * 4000,
        '"a,b,c\n' * 5000,
        "[NaN, Infinity, -Infinity, 1e999]" * 300,
    ],
)
def test_bad_input_is_survived(text: str) -> None:
    short = SHORT.compress([text], "what failed?", 50)
    assert SHORT.compress(short, "what failed?", 50) == short


def test_ten_megabytes_are_survived() -> None:
    text = json.dumps([{"id": at, "note": "x" * 600} for at in range(16_000)])
    short = shorten(text, 2000, "15000")
    assert count(short) <= 2000
    assert '"id":15000,' in short


@settings(max_examples=150, deadline=None)
@given(JSON | RECORDS, st.integers(1, 200), st.text(max_size=20), st.sampled_from([None, 2]))
def test_json_stays_json_of_the_same_values(
    value: Any, budget: int, query: str, indent: int | None
) -> None:
    text = json.dumps(value, indent=indent)
    short = shorten(text, budget, query)
    assert originals(json.loads(short)) <= scalars(value)
    assert shorten(short, budget, query) == short
    assert count(short) <= count(text)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=400), st.integers(1, 60), st.text(max_size=20))
def test_any_text_is_survived(text: str, budget: int, query: str) -> None:
    short = shorten(text, budget, query)
    assert shorten(short, budget, query) == short


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [LOG[0], "ERROR x", "", "\tat a.b(C.java:1)", "| a | b |", "|--|--|", "a,b,c"]
        )
        | st.text(max_size=30),
        max_size=40,
    ),
    st.integers(1, 100),
)
def test_any_lines_are_survived(lines: list[str], budget: int) -> None:
    text = "\n".join(lines)
    short = shorten(text, budget)
    assert shorten(short, budget) == short


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("error: disk gone", True),
        ("level=error msg=x", True),
        ('"error": "disk full"', True),
        ("[ERROR] boom", True),
        ('error=""', False),
        ("error_count: 0", False),
        ("Error: none", False),
        ("error_ms=3", False),
        ("0 errors", False),
    ],
)
def test_words_of_faults_are_told_from_faults(line: str, *, fault: bool) -> None:
    scores = faults([line, *["all is well here"] * 20])
    assert (scores[0] > 0) == fault
    assert not any(scores[1:])
