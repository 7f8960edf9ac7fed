"""What an answer comes to, and whether two answers come to the same, by their text alone.

Made for answers that can be compared for certain: a choice, yes or no, a number, data, a short
text. Of longer prose without a stated conclusion nothing is said: it does not agree.
"""

import ast
import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any

_SHORT = 60
"""Characters up to which a whole answer, or a stated conclusion, is its conclusion."""
_MAX = 20_000

_FENCE = re.compile(r"```[ \t]*([\w+#-]*)[^\n]*\n(.*?)```", re.DOTALL)
_EMPHASIS = re.compile(r"[*_`$]+|\\(?:text|mathrm|textbf)\b|[{}]")
_STATED = (
    re.compile(r"\\boxed\s*\{((?:[^{}]|\{[^{}]*\})*)\}"),
    re.compile(r"^####[ \t]*(.+)$", re.MULTILINE),
    re.compile(
        r"\b(?:(?:final|correct|right|best)[ ]answer|the answer|answer|correct (?:option|choice))"
        r"\**[ \t]*(?:would be|should be|is|:|=)+\**:?[ \t]*\n?[ \t]*([^\n]{1,120})",
        re.IGNORECASE,
    ),
)
"""How a conclusion is marked, the surest mark first; of several with one mark the last counts."""
_CHOICE = re.compile(
    r"(?:option|choice|answer)?[ ]?[(\[]?([A-J])(?:[)\].:,](?=\s|$)[^\n]*|)", re.IGNORECASE
)
_LETTER = re.compile(r"[A-J]")
_YES_NO = re.compile(r"(yes|no|true|false)\b(?![ ]+(?:one|matter|other))", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d[\d,]*(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?(?![\w]*\d)")
_NO_JSON = object()

Conclusion = tuple[str, Any]
"""What kind it is, and what it says in a comparable form."""


def same_conclusion(first: str, second: str) -> bool:
    """Whether two answers come to the same; False when that can't be told. Symmetric."""
    if _plain(first) == _plain(second):
        return bool(first.strip())
    one, other = conclusion(first), conclusion(second)
    return one is not None and one == other


def conclusion(text: str) -> Conclusion | None:  # noqa: PLR0911 -- one for each kind
    """What an answer comes to; None when it states nothing that can be compared."""
    text = text.strip()
    if not text or len(text) > _MAX:
        return None
    data = _json(text)
    if data is not _NO_JSON:
        return "data", _typed(data)
    blocks = _FENCE.findall(text)
    if blocks:
        return "code", tuple(_code(body) for _, body in blocks)
    for pattern in _STATED:
        stated = pattern.findall(text)
        if stated:
            return _short(stated[-1])
    if len(text) <= _SHORT:
        return _short(text)
    return _opening(text)


def _plain(text: str) -> str:
    """A text without emphasis, letter case, spacing and closing punctuation."""
    return " ".join(_EMPHASIS.sub("", text).casefold().split()).strip(" .!\"'")


def _json(text: str) -> Any:
    fence = _FENCE.fullmatch(text)
    body = fence[2].strip() if fence else text
    if body[:1] not in {"{", "["}:
        return _NO_JSON
    try:
        return json.loads(body, parse_float=Decimal, parse_int=Decimal)
    except (ValueError, RecursionError):
        return _NO_JSON


def _typed(value: Any) -> Any:
    """A comparable form in which `true` is not 1 and the order of keys doesn't count."""
    if isinstance(value, dict):
        return "object", tuple(sorted((key, repr(_typed(item))) for key, item in value.items()))
    if isinstance(value, list):
        return "list", tuple(_typed(item) for item in value)
    if isinstance(value, str):
        return "text", " ".join(value.split())
    return type(value).__name__, value.normalize() if isinstance(value, Decimal) else value


def _code(body: str) -> str:
    """Code by its syntax tree if it is Python's, else without blank space at line ends."""
    try:
        return ast.dump(ast.parse(body))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "\n".join(line.rstrip() for line in body.split("\n") if line.strip())


def _short(text: str) -> Conclusion | None:
    """The conclusion that a short text is."""
    plain = _EMPHASIS.sub("", text).strip().strip("\"'").strip()
    choice = _choice(plain)
    if choice:
        return "choice", choice
    said = _YES_NO.match(plain)
    if said:
        return "yes or no", said[1].lower() in {"yes", "true"}
    numbers = _NUMBER.findall(plain)
    if len(numbers) == 1:
        return "number", _value(numbers[0])
    text = _plain(plain)
    return ("text", text) if text and len(text) <= _SHORT else None


def _choice(plain: str) -> str | None:
    """The letter of a choice: `C`, `(C)`, `C) palms`, `Option C.`; `A` in `A dog` is none."""
    match = _CHOICE.fullmatch(plain.rstrip(" .)]")) or _CHOICE.fullmatch(plain)
    return match[1] if match and _LETTER.fullmatch(match[1]) else None


def _opening(text: str) -> Conclusion | None:
    """What a longer text says first, where that is a choice, or yes or no."""
    first = _EMPHASIS.sub("", text.partition("\n")[0]).strip()
    choice = _choice(first)
    if choice:
        return "choice", choice
    said = re.match(r"(yes|no)\s*[,.;:!\u2014-]", first, re.IGNORECASE)
    return ("yes or no", said[1].lower() == "yes") if said else None


def _value(number: str) -> Decimal | None:
    try:
        return Decimal(number.replace(",", "")).normalize()
    except InvalidOperation:
        return None
