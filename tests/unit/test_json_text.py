"""JSON as text: what is told of it without reading it is what reading it says."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenomics_shared.compression import Structured
from tokenomics_shared.compression.json_text import (
    canonical,
    entries,
    items,
    minify,
    named,
    parted,
)

_PLAIN = st.none() | st.booleans() | st.integers() | st.text('ab"\\},{:é', max_size=6)
_VALUES = st.recursive(
    _PLAIN,
    lambda inside: (
        st.lists(inside, max_size=4) | st.dictionaries(st.sampled_from("ab"), inside, max_size=2)
    ),
    max_leaves=12,
)


def _short(value: Any, *, ascii_only: bool) -> str:
    return json.dumps(value, ensure_ascii=ascii_only, separators=(",", ":"))


@given(st.lists(_VALUES, max_size=5), st.booleans())
def test_elements_are_where_reading_finds_them(values: list[Any], ascii_only: bool) -> None:  # noqa: FBT001 -- drawn
    text = canonical(_short(values, ascii_only=ascii_only), values)
    assert text is not None
    spans = parted(text, (0, len(text)), values)
    assert spans is None or spans == [at for _, at in items(text, 0)]


@given(st.dictionaries(st.text('ab",:{', max_size=3), _VALUES, max_size=5))
def test_entries_are_where_reading_finds_them(value: dict[str, Any]) -> None:
    text = canonical(_short(value, ascii_only=True), value)
    assert text is not None
    assert list(named(text, (0, len(text)), value)) == list(entries(text, 0))


def test_elements_with_elements_alike_inside_are_read() -> None:
    values = [{"id": 1, "within": [{"id": 2}, {"id": 3}]}, {"id": 4}]
    text = _short(values, ascii_only=True)
    assert parted(text, (0, len(text)), values) is None


@pytest.mark.parametrize("text", ['{"a":1,"a":2}', '[1.50,"é"]', '["\\u0041"]', "[1e2 ,2]"])
def test_what_is_said_in_other_words_is_not_canonical(text: str) -> None:
    value = json.loads(text)
    assert canonical(text, value) is None
    assert json.loads(minify(text, value)) == value


def test_a_long_string_beside_rows_stays_whole() -> None:
    note = "long " * 300
    text = json.dumps({"note": note, "rows": [{"id": n, "ok": n != 61} for n in range(400)]})
    (short,) = Structured(lambda it: len(it) // 4).compress([text], "", len(text) // 8)
    found = json.loads(short)
    assert found["note"] == note
    assert {"id": 61, "ok": False} in found["rows"]
