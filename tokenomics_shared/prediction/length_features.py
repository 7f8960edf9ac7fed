"""What a question says about the length of its answer, in numbers.

Models are kept for months, so what a number means never changes under one `VERSION`: whoever
adds a feature, or a word to a cue, raises it.
"""

import re
from math import log1p
from struct import Struct

from tokenomics_shared.types import Complexity

VERSION = 1
"""Of the features; models of another version are not asked."""

HEAD, TAIL = 2_000, 1_000
"""Characters looked at from either end: what is wanted is said first or last."""

_CUES = {
    "code": "algorithm c c++ class code css function functions html implement java javascript "
    "method program python query regex rust script sql typescript",
    "explain": "analyse analyze because compare contrast critique derive describe discuss "
    "evaluate explain justify prove reason reasons show why",
    "long": "article blog chapter comprehensive detail detailed draft elaborate email essay guide "
    "letter plan poem report speech story thorough tutorial write",
    "list": "advantages bullet compile differences enumerate examples facts ideas list "
    "names outline pros recommendations steps suggestions table tips ways",
    "short": "abstract brief briefly classify concise exactly extract just keep label merely only "
    "short shortest simply single summarise summarize summary tldr",
    "transfer": "convert correct edit paraphrase rephrase rewrite translate",
    "asks": "how what when where which who whom whose",
    "ratio": "double each every fewer fifth fifths half less more one-half per percent quarter "
    "ratio tenth third thirds times triple twice",
    "goes_on": "after and before but except finally first if last later next remaining second "
    "since then until when whenever while",
    "whole": "altogether average change combined cost costs difference earn earns left much many "
    "pay profit rest sold spend spent sum total",
    "time": "age ago day days hour hours minute minutes month months old second seconds week "
    "weeks year years younger older yesterday tomorrow",
    "counted": "two three four five six seven eight nine ten eleven twelve dozen twenty thirty "
    "forty fifty hundred thousand million",
    "list_like": "all any array binary element elements list lists matrix number numbers sequence "
    "string strings substring tuple tuples",
}
_CUE_OF = {word: at for at, words in enumerate(_CUES.values()) for word in words.split()}

_PHRASES = (
    ("step by step", "step-by-step", "in detail", "show your work", "chain of thought"),
    ("one word", "single word", "yes or no", "true or false", "only the", "just the", "no more"),
    ("def ", "```", "return ", "stdin", "import "),
    ("json", "xml", "yaml", "csv"),
)

_NUMBER = re.compile(r"\d[\d,.]*")
_CHOICE = re.compile(r"^\(?[A-Ja-j][.):] ?\S", re.MULTILINE)
_WANTED = re.compile(
    r"(\d{1,5}|an?|one|two|three|four|five|six|seven|eight|nine|ten)[ -]"
    r"(?:short |brief |full |concise )?"
    r"(word|sentence|line|bullet|point|paragraph|page|character|token|step|example)"
)
_COUNTED = {
    word: at
    for at, word in enumerate("one two three four five six seven eight nine ten".split(), start=1)
} | {"a": 1, "an": 1}
# Tokens of one of them in English prose.
_TOKENS = {
    "word": 1.33,
    "sentence": 25.0,
    "line": 15.0,
    "bullet": 30.0,
    "point": 30.0,
    "paragraph": 110.0,
    "page": 650.0,
    "character": 0.25,
    "token": 1.0,
    "step": 35.0,
    "example": 40.0,
}

_STRIP = str.maketrans(dict.fromkeys(".,;:!?\"'()[]{}<>`*_", " "))
_MATHS = b"+*/^<>=\\"
_LEVELS: dict[Complexity, float] = {"simple": 0.0, "medium": 1.0, "complex": 2.0}
_MOST = 30.0
"""Cues counted; a long text has no more to say by having them oftener."""

WIDTH = 18 + len(_CUES) + len(_PHRASES)

_single = Struct(f"<{WIDTH}f")


def length_features(question: str, complexity: Complexity, input_tokens: int) -> tuple[float, ...]:
    """Describe a question by what tells how long its answer will be.

    Sizes as logarithms, counts of numbers, sentences, lines and choices, words and phrases that
    ask for something of a certain length, and the length that is asked for in words. All are
    finite and of single precision, as trees are trained on.

    Args:
        question: its text; of a long one, both ends are read.
        complexity: how hard it looks.
        input_tokens: of the whole prompt.
    """
    size = len(question)
    head = question if size <= HEAD + TAIL else f"{question[:HEAD]}\n{question[-TAIL:]}"
    lowered = head.lower()
    words = lowered.translate(_STRIP).split()
    cues = [0.0] * len(_CUES)
    find = _CUE_OF.get
    for word in words:
        at = find(word)
        if at is not None:
            cues[at] += 1.0
    return _single.unpack(
        _single.pack(
            log1p(size),
            log1p(max(0, input_tokens)),
            _LEVELS[complexity],
            *_shape(head, lowered, words),
            *[min(_MOST, cue) for cue in cues],
            *[float(any(map(lowered.__contains__, phrases))) for phrases in _PHRASES],
        )
    )


def _shape(head: str, lowered: str, words: list[str]) -> tuple[float, ...]:
    """How the text is built: fifteen numbers."""
    raw = head.encode("utf-8", "replace")
    size, many = max(1, len(raw)), max(1, len(words))
    numbers = _NUMBER.findall(lowered)
    lines = raw.count(b"\n")
    sentences = lowered.count(". ") + lowered.count("? ") + lowered.count("! ") + lines
    return (
        log1p(len(words)),
        len(raw.translate(None, b" \t\n\r")) / many,
        len(set(words)) / many,
        log1p(sentences),
        log1p(lines),
        min(_MOST, len(numbers)),
        min(_MOST, len(set(numbers))),
        min(_MOST, max(map(len, numbers), default=0)),
        min(_MOST, raw.count(b"?")),
        min(_MOST, raw.count(b",")),
        float(raw.endswith(b"?")),
        (len(raw) - len(raw.translate(None, _MATHS))) / size,
        log1p(raw.count(b"$") + raw.count(b"%")),
        min(_MOST, len(_CHOICE.findall(head)) if "\n" in head else 0.0),
        log1p(_wanted(lowered)),
    )


def _wanted(lowered: str) -> float:
    """Tokens of the longest answer that is asked for in so many words; 0 when none is."""
    most = 0.0
    for many, what in _WANTED.findall(lowered):
        count = _COUNTED.get(many) or int(many)
        most = max(most, count * _TOKENS[what])
    return most
