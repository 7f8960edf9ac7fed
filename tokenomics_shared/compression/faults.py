"""What tells of a fault, and what only has the words of one."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

_WORDS = tuple(
    (
        "error exception failure failed timeout missing invalid expired fatal panic crit emerg"
        " fail timed refused denied unreachable oom crash abort segfault traceback unavail"
        " corrupt evicted killed deadlock reject unable severe backoff exit declined breach"
        " violat conflict forbidden unauthorized lost broken stalled degraded down http/ status"
    ).split()
)
_SOUGHT = tuple(word for word in _WORDS if word not in ("failure", "failed"))
"""Those that no other begins."""
_BEFORE, _AFTER = 18, 16
"""Characters before and after such a word that tell what it means."""
_KEYED = 8
"""The first of the words, which keys of JSON have that are there without a fault."""
_NOTHING = ('":null', 's":null', 's":0,', '_count":0,', '":false', '":""', 's":[]')
"""What then follows them: looking for it first is quick, and leaves little to be read."""
_DIGITS = str.maketrans("36789", "22222")
"""What makes more of these alike: whether a number is nothing or a status is what matters."""
_SPACED = bytes(
    32 if byte < 0x80 and not chr(byte).isalpha() and byte != ord("/") else byte  # noqa: PLR2004
    for byte in range(256)
)
"""Makes a space of what none of the words has."""
_FAULT = re.compile(
    r"(?<![^\W_])(?:errors?|exception|fatal|panic(?:ked)?|critical|crit|emerg|severe|failures?|fail(?:ed|s|ing)?"
    r"|time(?:d[ _-]?)?out|refused|denied|unreachable|oom\w*|out[ _]of[ _]memory|crash\w*"
    r"|abort(?:ed|ing)?|segfault|traceback|unavailable|corrupt\w*|evicted|killed|deadlock"
    r"|rejected|invalid|unable|declined|breach\w*|violat\w+|conflict|forbidden|unauthorized"
    r"|missing|expired|lost|broken|stalled|degraded|down|\w*backoff"
    r"|exit(?:ed)?[ _](?:code|status|with)[^\d\n]{0,12}[1-9]\d*)(?![^\W_])"
    r"|(?<![^\W_])[a-z]+(?:error|exception|failure)(?![^\W_])"
    r"|(?:http/\d\.\d\"?|status(?:_?code)?\"?[=: ])\s*\"?[45]\d\d\b"
)
_BENIGN = re.compile(
    r"(?<![^\W_])(?:0|no|without|zero|any|if|non|not)[ _-]+(?:\w+[ _-]+)?"
    r"(?:errors?|failures?|exceptions?|timeouts?|failed|missing|invalid|rejected|expired|lost)"
    r"|\"?\w*(?:err(?:or)?s?|failures?|fail(?:ed|s)?|exceptions?|timeouts?|rejected|missing|dropped"
    r"|invalid|lost|expired|down|killed|aborted|exit[ _](?:code|status))\w*\"?\s*[=:]\s*"
    r"(?:\"?(?:0(?:\.0+)?%?|none|null|false|nil|ok|off|no)\"?(?=[\s,;}\])]|$)|\"\"|\[\]|\{\}"
    r"|(?=[,;}\])]|$))"
    r"|(?:error|timeout|failure|fail|exception)[ _-]?"
    r"(?:count|rate|budget|handl\w+|page|log|threshold|ratio|policy|over|s?_total|_?ms(?![^\W_])|s?_seconds)"
    r"|\w+_on_(?:error|failure|fail|timeout)s?"
    r"|timeout[ _a-z]*[=: ]+\d[\d.]*\s*m?s?\b|break ?down|count ?down|(?:drop|scal\w+) ?down"
    r"|(?:fault|error|fail)[ -]?(?:tolerant|free|safe|over)|down(?:load|stream|time=0)\w*"
)
_LEVEL = re.compile(r"(?<![^\W_])(?:fatal|panic|critical|emerg|error|severe|err)(?![^\W_])")


def faults(texts: Sequence[str]) -> list[float]:
    """How much each of the texts tells of a fault, 0 to 3, less where many of them do."""
    scores = [0.0] * len(texts)
    whole, sizes = _folded(texts)
    ends: Sequence[int] = ()
    known: dict[str, float] = {}
    for at, near in _signs(whole):
        score = known.get(near)
        if score is None:
            score = known[near] = _fault(near.translate(_DIGITS))
        if score:
            ends = ends or list(accumulate(size + 1 for size in sizes))
            row = bisect_right(ends, at)
            scores[row] = max(scores[row], score)
    share = sum(score > 0 for score in scores) / max(len(scores), 1)
    # Where half of all tell of faults, telling of one tells them apart no longer.
    return [score * max(0.25, 1 - 2 * max(share - 0.1, 0)) for score in scores]


def _folded(texts: Sequence[str]) -> tuple[str, Iterable[int]]:
    """The texts in lower case, one a line, and how long each is then."""
    whole = "\n".join(texts)
    if whole.isascii():
        return whole.lower(), map(len, texts)
    folded = [text.casefold() for text in texts]
    return "\n".join(folded), map(len, folded)


def _signs(whole: str) -> Iterator[tuple[int, str]]:
    """Where words of faults are, and what is around them."""
    # Rows say most of their words over and over.
    said = b" ".join(set(whole.encode("utf-8", "surrogatepass").translate(_SPACED).split()))
    for word in _WORDS[:_KEYED]:
        if word.encode() in said:
            for rest in _NOTHING:
                whole = whole.replace(word + rest, " " * len(word + rest))
    for word in _SOUGHT:
        at = whole.find(word) if word.encode() in said else -1
        while at >= 0:
            yield at, whole[max(at - _BEFORE, 0) : at + len(word) + _AFTER]
            at = whole.find(word, at + len(word))


def _fault(near: str) -> float:
    if not _FAULT.search(near):
        return 0.0
    told = _BENIGN.sub(" ", near)
    if not _FAULT.search(told):
        return 0.0
    return 3.0 if _LEVEL.search(told) or "exception" in told else 2.2
