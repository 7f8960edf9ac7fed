"""Written arithmetic as tokens: numbers, operators, words, and what can't be computed with."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_LATEX = (
    (re.compile(r"\\(?:times|cdot|ast)\b"), "*"),
    (re.compile(r"\\div\b"), "/"),
    (re.compile(r"\\approx\b"), "≈"),
    (re.compile(r"\\[dt]?frac\{([^{}]*)\}\{([^{}]*)\}"), r"((\1)/(\2))"),
    (re.compile(r"\\(?:text|mathrm|textbf|mathbf)\{([^{}]*)\}"), r" \1 "),
    (re.compile(r"\\(?:left|right|,|;|!|quad|\(|\)|\[|\])"), " "),
    (re.compile(r"\\([$%*])"), r"\1"),
    (re.compile(r"\{,\}"), ","),
    (re.compile(r"&="), "="),
    (re.compile(r"\*\*(?=[^\d\s])|(?<=[^\d\s])\*\*"), " "),
)
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_MARK = re.compile(r"<<([^<>]{1,80})>>")
"""The calculator marks that some models were trained to write: `<<6*7=42>>`."""

_PIECE = re.compile(
    r"""(?P<opaque>\d+,\d{1,2}(?!\d)
        |\d[\d.,]*(?:[:!²³]\d*|//)\S*|[<>!=]=+|=>|(?![xX][(\[])[^\W\d]\w*[(\[]|//\S*|[√∑∫]\S*|\d[\d.,]*(?!(?:[xX]\s*[\d($]))[A-Za-z]\w*)
    |(?P<number>[$€£¥]?[ ]?(?:(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+)(?:[ ]?%)?)
    |(?P<equals>[=≈])
    |(?P<power>\^|\*\*)
    |(?P<operator>[-+*/\u00d7÷\u2212\u2013·⋅\u2217]|[xX](?=\s*[\d($.]))
    |(?P<open>[(\[]) | (?P<close>[)\]])
    |(?P<word>[^\W\d_]+(?:['\u2019/-][^\W\d_]+)*)
    |(?P<mark>[^\s\w])""",
    re.VERBOSE,
)
_BARE = str.maketrans("", "", "$€£¥, ")
_PLAIN = str.maketrans("\u00d7÷\u2212\u2013·⋅\u2217xX[]", "*/--*****()")

_GLUED = frozenset("kg km cm mm mg ml lb lbs oz ft hr hrs min mins sec".split())


class Token(NamedTuple):
    """A piece of a line; an `opaque` one can't be computed with."""

    kind: str
    text: str


def lines(text: str) -> Iterator[list[Token]]:
    """The tokens of each line that may hold an equation."""
    text = _CODE.sub(" ", text)
    marks = _MARK.findall(text)
    text = _MARK.sub("", text)
    if "\\" in text or "**" in text or "{,}" in text:
        for pattern, plain in _LATEX:
            text = pattern.sub(plain, text)
    for line in (*marks, *text.split("\n")):
        if "=" in line or "≈" in line:
            matches = _PIECE.finditer(line)
            yield [token for match in matches for token in _tokens(match.lastgroup, match[0])]


def _tokens(kind: str | None, text: str) -> Iterator[Token]:
    match kind:
        case "opaque":
            yield from _glued(text)
        case "number":
            yield Token("number", text.translate(_BARE))
        case "operator" | "open" | "close":
            yield Token(kind, text.translate(_PLAIN))
        case "power":
            yield Token("operator", "^")
        case "word":
            yield _word(text.lower())
        case _:
            yield Token(kind or "mark", text)


def _glued(text: str) -> Iterator[Token]:
    """A number with its unit, as in `5kg`; otherwise something that can't be computed with."""
    number = re.match(r"[\d.,]*\d", text)
    unit = text[number.end() :].lower() if number else ""
    if number and unit in _GLUED:
        yield Token("number", number[0].replace(",", ""))
        yield Token("word", unit)
    else:
        yield Token("opaque", text)


def _word(word: str) -> Token:
    if word == "of":
        return Token("of", "*")
    return Token("opaque" if len(word) == 1 and word != "a" else "word", word)
