"""JSON as text: where its values are, and the same without needless spaces."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")
_SPACES = frozenset(" \t\n\r")
_LOOSE = re.compile(r'[\[{,][ \t\n\r]|"[ \t\n\r]*:[ \t\n\r]|[ \t\n\r][\]}]|^\s|\s$')
_PIECES = re.compile(r'("[^"\\]*(?:\\.[^"\\]*)*")[ \t\n\r]*|[ \t\n\r]+')

Span = tuple[int, int]


def parse(text: str) -> tuple[Any, Span] | None:
    """The one JSON value of a text and where it is; None when the text is anything else."""
    start = _skip(text, 0)
    try:
        value, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return (value, (start, end)) if _skip(text, end) == len(text) else None


def canonical(text: str, value: Any) -> str | None:
    """A value as JSON without needless spaces; None when its text says it in other words.

    Then no key is there twice, and numbers and escapes are as they were.
    """
    try:
        short = json.dumps(value, ensure_ascii=text.isascii(), separators=(",", ":"))
    except RecursionError:
        return None
    # The same but for spaces: then those in strings are the value's.
    return short if short == text or _unspaced(short) == _unspaced(text) else None


def _unspaced(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass").translate(None, b" \t\n\r")


def minify(text: str, value: Any = None) -> str:
    """Valid JSON without the spaces outside its strings; quicker when its value is known."""
    short = None if value is None else canonical(text, value)
    if short is not None:
        return short
    return _PIECES.sub(r"\1", text) if _LOOSE.search(text) else text


def parted(text: str, span: Span, values: Sequence[Any]) -> list[Span] | None:
    """Where the elements of an array are in canonical JSON; None when it takes reading to tell.

    Between objects whose first keys are the same there is the same text. When it occurs no more
    often than there are such places, it occurs nowhere else.
    """
    firsts = {next(iter(each), None) if type(each) is dict else None for each in values}
    first = firsts.pop() if len(firsts) == 1 else None
    if first is None:
        return None
    begins = f"{{{json.dumps(first, ensure_ascii=text.isascii())}:"
    parts = text[span[0] + 1 : span[1] - 1].split(f"}},{begins}")
    if len(parts) != len(values):
        return None
    spans = []
    at = span[0] + 1
    for place, part in enumerate(parts):
        opened = len(begins) if place else 0
        end = at + opened + len(part) + (place < len(parts) - 1)
        spans.append((at, end))
        at = end + 1
    return spans


def items(text: str, start: int) -> Iterator[tuple[Any, Span]]:
    """The elements of an array that begins here, and where each of them is."""
    at = _skip(text, start + 1)
    while text[at] != "]":
        value, end = _DECODER.raw_decode(text, at)
        yield value, (at, end)
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)


def named(text: str, span: Span, value: dict[str, Any]) -> Iterator[tuple[str, int, Any, Span]]:
    """As `entries`, of an object of canonical JSON whose value is known; reads little of it."""
    keys = [json.dumps(key, ensure_ascii=text.isascii()) for key in value]
    at = span[0] + 1
    for place, (key, inner) in enumerate(value.items()):
        start = at + len(keys[place]) + 1
        if place == len(keys) - 1:
            end = span[1] - 1
        else:
            end = _end(text, start, span[1], f",{keys[place + 1]}:")
        yield key, at, inner, (start, end)
        at = end + 1


def _end(text: str, start: int, last: int, follows: str) -> int:
    """Where a value ends that is followed by this: where that occurs, if it does so once."""
    if text[start] in "[{" and text.count(follows, start, last) == 1:
        return text.find(follows, start, last)
    return _DECODER.raw_decode(text, start)[1]


def entries(text: str, start: int) -> Iterator[tuple[str, int, Any, Span]]:
    """The entries of an object that begins here: key, where it begins, value, where that is."""
    at = _skip(text, start + 1)
    while text[at] != "}":
        key, end = _DECODER.raw_decode(text, at)
        value_at = _skip(text, _skip(text, end) + 1)
        value, end = _DECODER.raw_decode(text, value_at)
        yield key, at, value, (value_at, end)
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    if text[at : at + 1] not in _SPACES:
        return at
    found = _SPACE.match(text, at)
    return at if found is None else found.end()
