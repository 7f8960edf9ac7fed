"""Structured compression of logs, traces, tables and pages; prose is none of them."""

import csv

import pytest

from tests.unit.structured import JAVA, LOG, count, shorten
from tokenomics_shared.compression import shape_of


@pytest.mark.parametrize(
    ("line", "query"),
    [
        ("2025-05-01T10:02:30Z ERROR [api] disk quota reached", ""),
        ("2025-05-01T10:02:30Z INFO  [api] flux capacitor recalibrated", ""),
        ("2025-05-01T10:02:30Z INFO  [api] served /v1/items in 48211 ms", "what was slow?"),
        ("2025-05-01T10:02:30Z INFO  [api] served /v1/items in 22 ms id=7f3a", "find 7f3a"),
    ],
)
def test_the_line_that_matters_stays(line: str, query: str) -> None:
    lines = [*LOG[:150], line, *LOG[151:]]
    short = shorten("\n".join(lines), 400, query)
    assert line in short.splitlines()
    assert count(short) <= 400
    assert short.splitlines()[-1].endswith("of 300 lines left out]")


def test_repeated_lines_are_counted() -> None:
    short = shorten("\n".join(LOG), 300)
    assert "more like this]" in short
    assert all(line in LOG or line.startswith("[\u2026") for line in short.splitlines())


def test_traces_lose_library_frames() -> None:
    short = shorten(JAVA, 150)
    for kept in (
        "ledger is not balanced",
        "Books.java:212",
        "Caused by: java.sql",
        "Rows.java:88",
    ):
        assert kept in short
    assert "frames left out]" in short
    assert count(short) <= 150


def test_traces_in_logs_lose_frames() -> None:
    lines = [*LOG[:80], f"2025-05-01T10:01:20Z ERROR [api] failed\n{JAVA}", *LOG[81:160]]
    short = shorten("\n".join(lines), 400, "What failed?")
    assert "ERROR [api] failed\njava.lang.IllegalStateException" in short
    assert "Caused by: java.sql.SQLException" in short


HEADER = ["name", "city", "amount", "state"]
ROWS = [[f"n{at}", "Rome", f"{40 + at % 7}.50", "paid"] for at in range(120)]
ROWS[60] = ["n60", "Rome", "9999.00", "disputed"]


@pytest.mark.parametrize("style", ["csv", "tsv", "markdown", "psql", "aligned"])
def test_tables_keep_header_and_odd_rows(style: str) -> None:
    lines = {
        "csv": [",".join(row) for row in [HEADER, *ROWS]],
        "tsv": ["\t".join(row) for row in [HEADER, *ROWS]],
        "markdown": ["| name | city | amount | state |", "|---|---|---:|---|"]
        + [f"| {' | '.join(row)} |" for row in ROWS],
        "psql": [" name | city | amount | state ", "------+------+--------+-------"]
        + [" " + " | ".join(row) for row in ROWS]
        + ["(120 rows)"],
        "aligned": ["NAME    CITY    AMOUNT    STATE"] + ["    ".join(row) for row in ROWS],
    }[style]
    text = "\n".join(lines)
    assert shape_of(text) == "table"
    short = shorten(text, 120).splitlines()
    assert short[0] == lines[0]
    assert any("9999.00" in line for line in short)
    assert short[-1].endswith("of 120 rows left out]")
    assert all(line in lines for line in short[:-1])


def test_cells_over_several_lines_go_whole() -> None:
    rows = [["id", "text", "n"], *([str(at), f"a, b\nline {at}", "3"] for at in range(50))]
    text = "\r\n".join(
        ",".join(f'"{cell}"' if "," in cell else cell for cell in row) for row in rows
    )
    short = shorten(text, 100, "17").rsplit("\n", 1)[0]
    assert ["17", "a, b\nline 17", "3"] in list(csv.reader(short.splitlines(keepends=True)))


def test_pages_keep_text_links_headings_and_tables() -> None:
    text = (
        "<!DOCTYPE html><html><head><title>Shop</title><script>var a = '<p>no</p>';</script>"
        "<style>p {}</style></head><body><nav><a href='/x'>menu</a></nav><h2>Fees</h2>"
        "<p class='a'>Express costs <a href='/fees'>11 euros</a> &amp; more.</p>"
        "<ul><li>one</li></ul><table><tr><th>Place</th><th>Wait</th></tr>"
        "<tr><td>Rome</td><td>4</td></tr></table></body></html>"
    )
    assert shorten(text, 60).splitlines() == [
        "# Shop",
        "## Fees",
        "Express costs [11 euros](/fees) & more.",
        "- one",
        "Place | Wait",
        "Rome | 4",
    ]


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ('{"a": 1}', "json"),
        ('{"a": 1}\n{"a": 2}\n{"a": 3}', "json lines"),
        ("\n".join(LOG), "log"),
        (JAVA, "trace"),
        (
            "USER PID %CPU %MEM COMMAND\n" + "root  12  0.1  0.4 /bin/sh -c x\n" * 8,
            "table",
        ),
        ("BREAKING NEWS OF THE DAY\nIn Rome it rained on day 2 and 3 again.\n" * 5, None),
        ("", None),
        ("[not json", None),
        ("The cat, the dog, and the cow sat down. They talked.\n" * 9, None),
        (
            "ERROR handling is hard.\n\nIt was 10:30 when we began: 3 errors, 2 failures.\n" * 5,
            None,
        ),
        ("- one\n- two\n- three\n- four\n- five\n- six", None),
        ("def f(x):\n    return x | 1\n\n\nclass A:\n    b = 1\n    c = 2\n    d = 3\n" * 4, None),
        ("Dear Ann,\n\nOn 2025-01-01 we met.\n\n    Yours,\n    Bob\n" * 4, None),
        ("1. First, wash it.\n2. Then, dry it.\n3. Last, fold it.\n" * 4, None),
        ("Roses are red,\nViolets are blue,\nSugar is sweet,\nAnd so are you.\n" * 3, None),
    ],
)
def test_shapes_are_told(text: str, shape: str | None) -> None:
    assert shape_of(text) == shape
