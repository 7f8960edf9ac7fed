"""Do two answers say the same? What links stored prompts into one answer group.

A wrong yes poisons a group, a wrong no only costs a hit, so that every test here may refuse and
few may accept: equal text, equal data, equal code, or near embeddings of prose that comes to the
same conclusion with the same numbers and contradicts itself nowhere.
"""

import ast
import json
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from math import exp
from typing import Any

from tokenomics_shared.memory.guard import vetoes
from tokenomics_shared.memory.reading import Reading, read

_SHORT = 40
"""Characters up to which an answer is a label, a name, a number: only equality counts."""
_NEAR = 0.80
_NEAR_PROSE = 0.90
"""Least cosine with and without a conclusion that both answers state and that is equal."""
_SHARED_NUMBERS = 0.5
_STEEPNESS = 25.0
_EVEN_CONCLUDED, _EVEN_PROSE = 0.72, 0.86
"""Where a logistic of the cosine gives one half, with and without an equal conclusion."""
_MAX = 20_000

_FENCE = re.compile(r"```[ \t]*([\w+#-]*)[^\n]*\n(.*?)```", re.DOTALL)
_MARKDOWN = re.compile(r"^[ \t]*(?:#{1,6}|[-*+>])[ \t]+|[*_`]{1,3}", re.MULTILINE)
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w]*\d)")
_BOXED = re.compile(r"\\boxed\s*\{+([^{}]*)\}|^####\s*(.+)$", re.MULTILINE)
_CONCLUSION = re.compile(
    r"(?:final answer|the answer|answer|result|total)(?: is| are|:| =|\s*=)+[ \t]*([^\n]{1,80})",
    re.MULTILINE | re.IGNORECASE,
)
_YES = re.compile(
    r"\W*(yes|yeah|yep|correct|true|certainly|absolutely|of course)\b", re.IGNORECASE
)
_NO = re.compile(r"\W*(no|nope|not|incorrect|false|never|unfortunately)\b", re.IGNORECASE)
_REFUSAL = re.compile(
    r"\b(?:i(?:'m| am) (?:sorry|unable|not able)|i (?:can(?:no|')t|do(?:n't| not)) "
    r"(?:help|answer|provide|assist|have|know))\b",
    re.IGNORECASE,
)
_CONTRADICTING = frozenset(
    "negation antonym entity number unit date direction identifier language".split()
)

_STEPS = frozenset("number unit entity".split())
"""Rules that two ways to one conclusion may break: each begins with another step."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Whether two answers say the same.

    Attributes:
        agree: whether they may be linked.
        likelihood: that they do say the same, in [0, 1]; at least 0.5 when `agree`.
        reason: for a human.
    """

    agree: bool
    likelihood: float
    reason: str


def agreement(first: str, second: str, similarity: float | None) -> Agreement:
    """Judge whether two answers say the same; symmetric.

    Args:
        first: an answer.
        second: another.
        similarity: cosine of the answers' embeddings in [-1, 1], None without an embedder.
    """
    if _plain(first) == _plain(second):
        return Agreement(True, 1.0, "equal text")
    if len(first) > _MAX or len(second) > _MAX:
        return Agreement(False, 0.0, "too long to compare")
    return _data(first, second) or _code(first, second) or _prose(first, second, similarity)


def _plain(text: str) -> str:
    """A text without Markdown's marks, letter case, spacing and closing punctuation."""
    if "```" in text:
        return " ".join(text.split())
    return " ".join(_MARKDOWN.sub("", text).casefold().split()).strip(" .!\"'")


def _differ(reason: str, likelihood: float = 0.02) -> Agreement:
    return Agreement(False, likelihood, reason)


_NO_JSON = object()


def _json(text: str) -> Any:
    """The JSON object or array that a text is, bare or in one fence; else a marker."""
    body = text.strip()
    fence = _FENCE.fullmatch(body)
    body = fence[2].strip() if fence else body
    if body[:1] not in {"{", "["}:
        return _NO_JSON
    try:
        return json.loads(body, parse_float=Decimal, parse_int=Decimal)
    except (ValueError, RecursionError):
        return _NO_JSON


def _data(first: str, second: str) -> Agreement | None:
    one, other = _json(first), _json(second)
    if one is _NO_JSON and other is _NO_JSON:
        return None
    if one is _NO_JSON or other is _NO_JSON:
        return _differ("JSON against text")
    if _typed(one) == _typed(other):
        return Agreement(True, 0.99, "equal JSON")
    return _differ("different JSON")


def _typed(value: Any) -> Any:
    """A comparable form in which `true` is not 1 and the order of keys doesn't count."""
    if isinstance(value, dict):
        return {key: _typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_typed(item) for item in value]
    if isinstance(value, str):
        return ("text", " ".join(value.split()))
    return (type(value).__name__, value)


def _code(first: str, second: str) -> Agreement | None:
    one, other = _FENCE.findall(first), _FENCE.findall(second)
    if not one and not other:
        return None
    if len(one) != len(other):
        return _differ("code in one only, or more of it")
    for (language, body), (language_too, body_too) in zip(one, other, strict=True):
        if language and language_too and language.lower() != language_too.lower():
            return _differ(f"{language} against {language_too}")
        if _normal_code(body) != _normal_code(body_too):
            return _differ("different code")
    return Agreement(True, 0.97, "equal code")


def _normal_code(body: str) -> str:
    """Code without comments and blank lines: Python by its syntax tree, else line by line."""
    try:
        return ast.dump(ast.parse(body))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        lines = (
            re.sub(r"(?:^|\s)(?:#|//|--\s).*$", "", line).rstrip() for line in body.split("\n")
        )
        return "\n".join(line for line in lines if line.strip())


def _prose(  # noqa: PLR0911 -- one for each ground
    first: str, second: str, similarity: float | None
) -> Agreement:
    one, other = _plain(first), _plain(second)
    if min(len(one), len(other)) <= _SHORT:
        return _short(one, other)
    refused = bool(_REFUSAL.search(first[:200])), bool(_REFUSAL.search(second[:200]))
    if any(refused):
        return _differ("a refusal is no answer to share")
    if _stance(first) * _stance(second) < 0:
        return _differ("yes against no")
    concluded = _concluded(first, second)
    if isinstance(concluded, Agreement):
        return concluded
    against = _contradiction(first, second, concluded=concluded)
    if against:
        return _differ(against, 0.1)
    if similarity is None:
        return _differ("prose, and no embedder to compare it", 0.3)
    even = _EVEN_CONCLUDED if concluded else _EVEN_PROSE
    likelihood = 1 / (1 + exp(-_STEEPNESS * (similarity - even)))
    agree = similarity >= (_NEAR if concluded else _NEAR_PROSE)
    said = "same conclusion" if concluded else "no conclusion"
    return Agreement(agree, likelihood, f"{said}, similarity {similarity:.2f}")


def _short(one: str, other: str) -> Agreement:
    value, value_too = _value(one), _value(other)
    if value is not None and value == value_too:
        return Agreement(True, 0.99, "equal numbers")
    return _differ("short answers differ")


def _value(text: str) -> Decimal | None:
    """The number that a whole text is: `42`, `42.0`, `1,000`; None for `42 km`."""
    try:
        return Decimal(text.replace(",", "").removeprefix("$").removesuffix("%"))
    except InvalidOperation:
        return None


def _stance(text: str) -> int:
    return 1 if _YES.match(text) else -1 if _NO.match(text) else 0


def _concluded(first: str, second: str) -> bool | Agreement:  # noqa: PLR0911 -- one for each
    """Whether both state an equal conclusion; a disagreement when they come to different ones."""
    one, other = _conclusion(first), _conclusion(second)
    if one and other and one != other:
        return _differ(f"{one} against {other}")
    if one and other and _value(one) is None:
        return True
    numbers, numbers_too = _numbers(first), _numbers(second)
    if bool(numbers) != bool(numbers_too):
        return _differ("numbers in one only", 0.1)
    if not numbers:
        return bool(one and other)
    last, last_too = _final(one, numbers), _final(other, numbers_too)
    if last != last_too:
        return _differ(f"{last} against {last_too}")
    few, many = sorted((set(numbers), set(numbers_too)), key=len)
    if len(few & many) < _SHARED_NUMBERS * len(few):
        return _differ("different numbers on the way", 0.2)
    return True


def _conclusion(text: str) -> str:
    """What the text says it concludes: in a box, after `####`, or as `the answer is ...`."""
    boxed = _BOXED.findall(text)
    found = [one or other for one, other in boxed] if boxed else _CONCLUSION.findall(text)
    if not found:
        return ""
    said = re.sub(r"\\text|[{}$]", "", found[-1]).strip()
    numbers = _numbers(said)
    return str(numbers[0]) if numbers else _plain(said)


def _numbers(text: str) -> list[Decimal]:
    found = []
    for number in _NUMBER.findall(text):
        value = _value(number.rstrip(","))
        if value is not None:
            found.append(value.normalize())
    return found


def _final(conclusion: str, numbers: list[Decimal]) -> Decimal:
    stated = _value(conclusion) if conclusion else None
    return numbers[-1] if stated is None else stated


def _contradiction(first: str, second: str, *, concluded: bool) -> str:
    """What the opening sentences, set side by side as the guard does, say differently."""
    rules = _CONTRADICTING - _STEPS if concluded else _CONTRADICTING
    for veto in vetoes(_opening(first), _opening(second)):
        if veto.rule in rules:
            return f"{veto.rule}: {veto.reason}"
    return ""


@lru_cache(maxsize=1_024)
def _opening(text: str) -> Reading:
    return read(re.split(r"(?<=[.!?])\s", text.strip()[:400], maxsplit=1)[0])
