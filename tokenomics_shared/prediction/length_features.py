"""What a question says about the length of its answer, in numbers.

Models are kept for months, so what a number means never changes under one `VERSION`: whoever
adds a feature, or a word to a cue, raises it.
"""

import re
from math import expm1, log1p
from operator import itemgetter
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
    "names outline pros recommendations steps suggestions tips ways",
    "snippet": "def import input output print prints return returns stdin",
    "form": "boxed csv fields form format formatted json key keys markdown schema table xml yaml",
    "short": "abstract brief briefly classify concise exactly extract just keep label merely only "
    "short shortest simply single summarise summarize summary tldr",
    "transfer": "convert correct edit paraphrase rephrase rewrite translate",
    "asks": "how what when where which who whom whose",
    "times": "double doubled doubles thrice times triple tripled twice",
    "part": "fifth fifths half halves quarter quarters tenth third thirds",
    "each": "apiece average each every per ratio",
    "than": "as fewer less longer more older shorter taller than younger",
    "told": "did had was were",
    "changed": "decrease decreased decreases discount discounted grew grow grows increase "
    "increased increases off raise raised raises reduced rise rises tax",
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
_CUE_OF = {word.encode(): at for at, words in enumerate(_CUES.values()) for word in words.split()}

_quantities = itemgetter(
    *(at for at, cue in enumerate(_CUES) if cue in {"counted", "part", "times"})
)
"""Cues that are quantities in words."""

_PHRASES = (b"step by step", b"yes or no", b"true or false")

_CHOICE = re.compile(rb"^\(?[a-j][.):] ?\S", re.MULTILINE)
_COUNTED = {
    word.encode(): at
    for at, word in enumerate("one two three four five six seven eight nine ten".split(), start=1)
} | {b"a": 1, b"an": 1}
# Tokens of one of them in English prose.
_UNITS = {
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
_DIGITS = 6
_TOKENS = {
    f"{unit}{plural}".encode(): tokens for unit, tokens in _UNITS.items() for plural in ("", "s")
}

_SPACED = bytes(32 if byte in b".,;:!?\"'()[]{}<>`*_" else byte for byte in range(256))
"""Makes a space of what stands around words."""
_NUMBERS = bytes(byte if byte in b"0123456789" else 32 for byte in range(256))
"""Makes a space of what is no digit."""
_CAPITALS = bytes(range(65, 91))
_MATHS = b"+*/^<>=\\"
_LEVELS: dict[Complexity, float] = {"simple": 0.0, "medium": 1.0, "complex": 2.0}
_MOST = 30.0
"""Cues counted; a long text has no more to say by having them oftener."""

_INPUT_AT, _LEVEL_AT, _CHOICES_AT = 1, 2, 19
_AT_MOST = [_MOST] * len(_CUES)

WIDTH = 21 + len(_CUES) + len(_PHRASES)

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
    # All of this is several times as fast on bytes.
    raw = head.encode("utf-8", "replace")
    lowered = raw.lower()
    words = lowered.translate(_SPACED).split()
    cues = [0.0] * len(_CUES)
    for at in map(_CUE_OF.get, words):
        if at is not None:
            cues[at] += 1.0
    return _single.unpack(
        _single.pack(
            log1p(size),
            log1p(max(0, input_tokens)),
            _LEVELS[complexity],
            log1p(len(raw) - len(raw.translate(None, _CAPITALS))),
            *_shape(lowered, words, sum(_quantities(cues))),
            *(cues if len(words) <= _MOST else map(min, cues, _AT_MOST)),
            *[float(phrase in lowered) for phrase in _PHRASES],
        )
    )


def _shape(text: bytes, words: list[bytes], told: float) -> tuple[float, ...]:
    """How the text is built, with `told` quantities in words: seventeen numbers."""
    size, many = max(1, len(text)), max(1, len(words))
    distinct = set(words)
    numbers = text.translate(_NUMBERS, b".,").split()
    lines = text.count(b"\n")
    sentences = text.count(b". ") + text.count(b"? ") + text.count(b"! ") + lines
    return (
        log1p(len(words)),
        len(text.translate(None, b" \t\n\r")) / many,
        len(distinct) / many,
        log1p(sentences),
        log1p(lines),
        min(_MOST, len(numbers)),
        min(_MOST, len(set(numbers))),
        log1p(len(numbers) + told),
        min(_MOST, max(map(len, numbers), default=0)),
        min(_MOST, text.count(b"?")),
        min(_MOST, text.count(b",")),
        float(text.endswith(b"?")),
        (len(text) - len(text.translate(None, _MATHS))) / size,
        log1p(text.count(b"$")),
        min(_MOST, text.count(b"%") + text.count(b"percent")),
        min(_MOST, len(_CHOICE.findall(text)) if b"\nb" in text or b"\n(b" in text else 0.0),
        0.0 if _TOKENS.keys().isdisjoint(distinct) else log1p(_wanted(words)),
    )


def _wanted(words: list[bytes]) -> float:
    """Tokens of the longest answer that is asked for in so many words; 0 when none is."""
    most = 0.0
    for at, word in enumerate(words):
        tokens = _TOKENS.get(word)
        if tokens is not None:
            # As in "two sentences" and "two short sentences".
            near = (_count(before) for before in words[max(0, at - 2) : at])
            most = max(most, tokens * max(near, default=0))
    return most


def _count(word: bytes) -> int:
    return int(word[:_DIGITS]) if word.isdigit() else _COUNTED.get(word, 0)


def asked(features: tuple[float, ...]) -> tuple[Complexity, int]:
    """The complexity and the prompt's tokens that features were made with."""
    level = min(_LEVELS, key=lambda each: abs(_LEVELS[each] - features[_LEVEL_AT]))
    return level, round(expm1(features[_INPUT_AT]))


def offers_choices(features: tuple[float, ...]) -> bool:
    """Whether the question that features were made of offers lettered choices."""
    return features[_CHOICES_AT] > 1.0
