"""The form that a question asks for in words, where that can be told for certain."""

import re
from collections.abc import Callable

from tokenomics_shared.judge.asking import objects
from tokenomics_shared.judge.conclusion import conclusion

_HEAD, _TAIL = 300, 500
"""Characters of a question, from its beginning and its end, where it says how to answer."""
_ONE_WORD = 5
"""Words from which on an answer in one word is none; a name may be more."""
_WORDS_OVER = 1.25
_WORDS_MORE = 5
"""How far an answer may exceed a number of words: nobody counts exactly."""

_SAY = r"\b(?:answer|respond|reply|output|print|return|choose|select)\b"
_NUMBERS = {
    word: number
    for number, word in enumerate(
        "one two three four five six seven eight nine ten twelve".split(), start=1
    )
} | {"twelve": 12}
_N = rf"(\d{{1,4}}|{'|'.join(_NUMBERS)})"

_YES_OR_NO = re.compile(
    rf"{_SAY}[^.?!\n]{{0,30}}[\"'(]?\byes[\"']?(?: or |/|\|)[\"']?no\b(?! matter)|"
    r"\((?:yes|y)/(?:no|n)\)\s*$",
    re.IGNORECASE,
)
_IN_ONE_WORD = re.compile(
    rf"{_SAY}[^.?!\n]{{0,30}}\b(?:in|with|using) (?:only |just |exactly )?"
    r"(?:one|a single|1) word\b(?! or)",
    re.IGNORECASE,
)
_AS_JSON = re.compile(
    r"\b(?:answer|respond|reply|output|return|give|provide|format|produce)\b[^.?!\n]{0,60}"
    r"\b(?:as|in|with|only|valid|a|an)\b[^.?!\n]{0,20}\bJSON\b"
    r"(?! (?:schema|parser|file|string|path|api|column|field|response of))",
    re.IGNORECASE,
)
_ABOUT_CODE = re.compile(
    r"\b(?:function|code|script|endpoint|class|method|program|query)\b", re.IGNORECASE
)
_BULLETS = re.compile(
    rf"\b(?:in|with|using|exactly|into) (?:exactly )?{_N} bullet(?:s| points?)\b", re.IGNORECASE
)
_WORDS = re.compile(
    rf"\b(?:in|at most|no more than|not more than|maximum of|max|up to|under|fewer than|less than|"
    rf"within) (?:at most |no more than |under |fewer than |less than )?{_N} words\b(?! or more)",
    re.IGNORECASE,
)
_ONE_CHOICE = re.compile(
    rf"{_SAY}[^?!\n]{{0,40}}\b(?:only|single|just|one)\b[^?!\n]{{0,60}}"
    r"(?:\"?A\"?(?:,| or|/) ?\"?B\"?|\b(?:letter|choice)\b)",
    re.IGNORECASE,
)
_BULLET = re.compile(r"^([ \t]*)(?:[-*+\u2022\u2013]|\d{1,3}[.)])[ \t]+\S", re.MULTILINE)


def format_fault(question: str, answer: str) -> str | None:
    """How an answer misses the form its question asks for; None when it doesn't, or none is."""
    asked = question
    if len(question) > _HEAD + _TAIL:
        asked = f"{question[:_HEAD]}\n{question[-_TAIL:]}"
    folded = asked.casefold()
    for hints, pattern, fault in _FORMS:
        match = pattern.search(asked) if any(map(folded.__contains__, hints)) else None
        found = match and fault(match, asked, answer.strip())
        if found:
            return found
    return None


def _no_yes_or_no(match: re.Match[str], asked: str, answer: str) -> str | None:  # noqa: ARG001
    return None if re.search(r"\b(?:yes|no)\b", answer, re.IGNORECASE) else "neither yes nor no"


def _no_one_word(match: re.Match[str], asked: str, answer: str) -> str | None:  # noqa: ARG001
    return "more than one word" if len(answer.split()) >= _ONE_WORD else None


def _no_json(match: re.Match[str], asked: str, answer: str) -> str | None:  # noqa: ARG001
    if _ABOUT_CODE.search(asked) or any(True for _ in objects(answer)):
        return None
    read = conclusion(answer)
    return None if read is not None and read[0] == "data" else "no JSON"


def _other_bullets(match: re.Match[str], asked: str, answer: str) -> str | None:  # noqa: ARG001
    wanted = _number(match[1])
    indents = [len(found[1].expandtabs(4)) for found in _BULLET.finditer(answer)]
    outer = indents.count(min(indents, default=0))
    if wanted in {len(indents), outer}:
        return None
    return f"{outer} bullet points, not {wanted}"


def _too_many_words(match: re.Match[str], asked: str, answer: str) -> str | None:  # noqa: ARG001
    words, limit = len(answer.split()), _number(match[1])
    return f"{words} words" if words > _WORDS_OVER * limit + _WORDS_MORE else None


def _no_choice(match: re.Match[str], asked: str, answer: str) -> str | None:  # noqa: ARG001
    return None if re.search(r"\b[A-Ja-j1-9]\b", answer) else "none of the choices"


def _number(text: str) -> int:
    return int(text) if text.isdigit() else _NUMBERS[text.lower()]


_Fault = Callable[[re.Match[str], str, str], str | None]

_FORMS: tuple[tuple[tuple[str, ...], re.Pattern[str], _Fault], ...] = (
    (("yes", "(y/n)"), _YES_OR_NO, _no_yes_or_no),
    ((" word",), _IN_ONE_WORD, _no_one_word),
    (("json",), _AS_JSON, _no_json),
    (("bullet",), _BULLETS, _other_bullets),
    ((" words",), _WORDS, _too_many_words),
    (("letter", "choice", " or b", ' or "b', "/b", "a,"), _ONE_CHOICE, _no_choice),
)
"""For each form what must be in the question for it to be looked for, how it is asked for, and
how an answer misses it."""
