"""What a question asks for, read from its words or from phrases of that kind."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from tokenomics_shared.learning import Kind

HEAD, TAIL = 2000, 500
"""Characters looked at. What is asked for stands at one end, and the time stays bounded."""

_MARKS = (
    "```",
    "def ",
    "class ",
    "import ",
    "#include",
    "SELECT",
    "function ",
    ");",
    "=>",
    "return ",
    "assert ",
)
"""One of these is in every text that `_CODE` finds something in; looking for them is quick."""

_CODE = re.compile(
    r"```|\bdef \w+\(|\bclass \w+[(:{]|^\s{0,20}(?:import|from) \w+(?: import\b|;|$)|#include"
    r"|\bSELECT\b.{1,200}\bFROM\b|\bfunction \w*\(|\);|=>|\breturn \w+;|\bassert \w+[(.]",
    re.MULTILINE,
)
_FORMULA = re.compile(
    r"\d\s*[-+*/^=\u00d7\u00f7]\s*\(?\d|\b[a-z]\s*[=^<>]\s*-?\d|\\(?:frac|sum|int|sqrt)\b"
)
_SIGNS = "-+*/^=<>\u00d7\u00f7\\"
"""One of these is in every formula."""

_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_STRIP = str.maketrans(dict.fromkeys(".,;:!?\"'()[]{}<>`*_", " "))

_WORDS: Mapping[Kind, frozenset[str]] = MappingProxyType(
    {
        "code": frozenset(
            "algorithm bash bug c++ code codebase compile compiler debug docker exception "
            "function functions git java javascript kubernetes method php program "
            "python react refactor regex rust script sql stacktrace traceback typescript "
            "unittest".split()
        ),
        "writing": frozenset(
            "blog caption email essay haiku headline letter lyrics newsletter novel paragraph "
            "poem post proofread rephrase rewrite screenplay slogan song sonnet speech story "
            "tweet".split()
        ),
        "extraction": frozenset(
            "categorise categorize classify extract label parse sentiment summarise summarize "
            "summary tabulate translate translation transcript".split()
        ),
        "maths": frozenset(
            "algebra altogether area average calculate circumference compute cosine "
            "derivative determinant dollars equation equations factorial fraction geometry "
            "integer integers integral matrix modulo multiply percent perimeter polynomial "
            "prime probability radius remainder root solve sum theorem triangle vector".split()
        ),
        "reasoning": frozenset(
            "argument assume conclude conclusion contradiction deduce follows hypothesis "
            "implies infer knights knaves liar logic logical logically premise premises "
            "proposition puzzle reason riddle scenario statement statements strategy truth "
            "valid".split()
        ),
        "science": frozenset(
            "acid anatomy astronomy atom atoms bacteria biology bond cell cells charge "
            "chemical chemistry circuit climate compound disease dna drug electron energy "
            "enzyme evolution force gas gene genes genetic gravity heat hormone infection ion "
            "mass medical molecule muscle nerve nuclear orbit organ patient photosynthesis "
            "physics planet plant pressure protein quantum reaction solution species symptoms "
            "temperature tissue velocity virus voltage wave wavelength".split()
        ),
        "humanities": frozenset(
            "amendment art century church civil colonial constitution court crime culture "
            "defendant democracy economic economy emperor empire ethics foreign government "
            "historical history international king labor law legal literature market moral "
            "morality nation novelist philosopher philosophy plaintiff policy political "
            "politics president psychology religion religious revolution rights social "
            "society sociology state theory treaty trial tribe voters war".split()
        ),
    }
)

_SUBJECT_WORDS = frozenset[str]().union(*_WORDS.values())

_ASKING_TO_WRITE = frozenset("compose draft write".split())
_COUNTING = (
    "how many",
    "how much",
    "how long",
    "how old",
    "how far",
    "what is the total",
    "what was the total",
    "in total",
)


def kind_of(text: str) -> Kind:
    """Say what a question asks for, from its words alone.

    Signs of code first, then of a task (writing, extraction), then of sums; otherwise the
    subject whose words are most, and `chat` where there are none.
    """
    seen = text if len(text) <= HEAD + TAIL else f"{text[:HEAD]} {text[-TAIL:]}"
    if has_code(seen):
        return "code"
    lowered = seen.lower()
    words = lowered.translate(_STRIP).split()
    distinct = set(words)
    opening = set(words[:12])
    if not opening.isdisjoint(_ASKING_TO_WRITE):
        return "code" if distinct & _WORDS["code"] else "writing"
    for kind in ("extraction", "writing"):
        if not opening.isdisjoint(_WORDS[kind]):
            return kind
    signs = any(map(seen.__contains__, _SIGNS))
    if (signs and _FORMULA.search(seen)) or _counts(lowered):
        return "maths"
    return _subject(distinct)


def has_code(text: str) -> bool:
    """Whether there is code in the text, or what looks just like it."""
    head = text[: HEAD + TAIL]
    return any(map(head.__contains__, _MARKS)) and _CODE.search(head) is not None


def _counts(lowered: str) -> bool:
    """Whether it is a problem in words: it gives numbers and asks for one."""
    asked = any(map(lowered.__contains__, _COUNTING))
    return asked and len(_NUMBER.findall(lowered)) >= 2  # noqa: PLR2004 -- something to reckon with


def _subject(distinct: set[str]) -> Kind:
    telling = distinct & _SUBJECT_WORDS
    if not telling:
        return "chat"
    return max(_WORDS, key=lambda kind: len(telling & _WORDS[kind]))
