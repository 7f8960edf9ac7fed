"""JSON as text: where its values are, and the same without needless spaces."""

import json
import re
from collections.abc import Iterator
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


def minify(text: str, value: Any = None) -> str:
    """Valid JSON without the spaces outside its strings; quicker when its value is known."""
    if value is not None:
        try:
            short = json.dumps(value, ensure_ascii=text.isascii(), separators=(",", ":"))
        except RecursionError:
            short = ""
        # The same but for spaces: then those in strings are the value's, and numbers as they were.
        if short == text or "".join(short.split()) == "".join(text.split()):
            return short
    return _PIECES.sub(r"\1", text) if _LOOSE.search(text) else text


def items(text: str, start: int) -> Iterator[tuple[Any, Span]]:
    """The elements of an array that begins here, and where each of them is."""
    at = _skip(text, start + 1)
    while text[at] != "]":
        value, end = _DECODER.raw_decode(text, at)
        yield value, (at, end)
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)


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
