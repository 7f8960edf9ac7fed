"""What a question asks for, as far as its words and numbers tell."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tokenomics_shared.judge.working import numbers

WORD: Final = re.compile(r"[a-z]+(?:['\u2019][a-z]+)?")
"""A word of a text in lower case."""

COMMON: Final = frozenset(
    "about all and any are been but can could did does each for from had has have her his how "
    "into its many may more much not our out she should some than that the their them then there "
    "these they this was were what when where which who why will with would you your".split()
)
"""Words that say nothing of what a text is about."""

_CUE_WORDS: Final[Mapping[str, str]] = {
    "share": "half third thirds quarter fourth fifth split divide divided average equally ratio",
    "times": "twice double triple thrice times dozen dozens pair pairs",
    "compare": "than",
    "back": "originally initially beginning before ago first started start original already "
    "previous previously",
}
_TELLING: Final = 3
"""Letters from which a word may say what a text is about."""

CUES: Final = tuple(_CUE_WORDS)
"""Sorts of words that say which operations a calculation needs, or how hard it is."""

_CUE_OF: Final = {
    word: place for place, words in enumerate(_CUE_WORDS.values()) for word in words.split()
}
_SPELLED: Final = {
    "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "six": 6.0, "seven": 7.0, "eight": 8.0,
    "nine": 9.0, "ten": 10.0, "eleven": 11.0, "twelve": 12.0, "dozen": 12.0, "dozens": 12.0,
    "twenty": 20.0, "thirty": 30.0, "forty": 40.0, "fifty": 50.0, "sixty": 60.0, "seventy": 70.0,
    "eighty": 80.0, "ninety": 90.0, "hundred": 100.0, "twice": 2.0, "double": 2.0, "half": 2.0,
    "triple": 3.0, "thrice": 3.0, "third": 3.0, "quarter": 4.0, "fourth": 4.0, "fifth": 5.0,
}  # fmt: skip
_OPTION: Final = re.compile(r"(?:^|\n)[ \t]*\(?([A-H])[).:][ \t]")
_CODE: Final = re.compile(
    r"\b(?:write|implement|complete)\b[^.\n]{0,60}\b(?:function|program|code|script|method)\b"
    r"|\bassert \w+\(|```python"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as read.

    Attributes:
        text: in lower case.
        size: its words.
        words: the distinct ones of three letters and more, COMMON left out.
        given: its numbers, spelled ones included, each once.
        cues: how often it has words of each sort of CUES.
        options: letters of the choices it offers, none when it offers fewer than two.
        code: it asks for code.
    """

    text: str
    size: int
    words: frozenset[str]
    given: frozenset[float]
    cues: tuple[int, ...]
    options: frozenset[str]
    code: bool


def read(question: str) -> Asked:
    """Read a question."""
    text = question.lower()
    words = WORD.findall(text)
    cues = [0] * len(CUES)
    given = set(numbers(text))
    for word in words:
        if word in _CUE_OF:
            cues[_CUE_OF[word]] += 1
        if word in _SPELLED:
            given.add(_SPELLED[word])
    options = frozenset(_OPTION.findall(question))
    return Asked(
        text,
        len(words),
        frozenset(word for word in words if len(word) >= _TELLING) - COMMON,
        frozenset(given),
        tuple(cues),
        options if len(options) > 1 else frozenset(),
        _CODE.search(text) is not None,
    )
