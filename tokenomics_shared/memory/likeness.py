"""How alike two prompts are in their words, beside what their embeddings say.

An embedding is nearly blind for a word that changes everything and sensitive to ones that change
nothing. Overlap of content words, coverage by all witnesses together, and agreement in numbers
and negation are cheap, and they say something the cosines do not.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log1p
from typing import Final

LIKENESS: Final = (
    "covered",
    "covering",
    "covered_by_all",
    "novelty",
    "trigrams",
    "length_ratio",
    "length",
    "same_question",
    "other_polarity",
    "other_numbers",
)
"""What the numbers of `likeness` are, in order.

covered: part of the asked prompt's content words that the nearest witness has, in [0, 1].
covering: part of the nearest witness's that the asked one has. covered_by_all: part of the asked
prompt's that any of the witnesses has. novelty: content words that no witness has, 0 to 5.
trigrams: Dice's coefficient of the character trigrams, in [0, 1]. length_ratio: of the shorter in
words to the longer, in (0, 1]. length: log(1 + words asked), words counted to 60. same_question,
other_polarity, other_numbers: 1 where the first question word is the same, where one of the two
negates, where their numbers differ; else 0.
"""

MOST_READ: Final = 5
"""Witnesses whose words are looked at, the nearest ones."""

_FUNCTION_WORDS: Final = frozenset(
    """
    a about again all also am an and any are as at be been being but by can could d did do does
    doing done for from get getting give go going got had has have having hello help here hey hi
    how i if im in into is it its ive just know let like ll m make many may me might more most
    much must my need of on one only or other our own please re really s same shall she should so
    some such t tell than thank thanks that the their them then there these they thing things
    this those to too uh um us ve very want was way ways we were what when where which who
    whom whose why will with would you your
    """.split()
)
_DENIED = "ca could did does do had has have is are was were wo would should must need"
_NEGATIONS: Final = frozenset(
    "cannot no not never none nobody nothing neither nor unable without".split()
) | frozenset(verb + "nt" for verb in _DENIED.split())
"""Words that negate; contracted ones as people type them without an apostrophe."""

_QUESTION_WORDS: Final = frozenset(
    """
    what which who whom whose when where why how can could should would will do does did is are
    """.split()
)
_WORD = re.compile(r"[^\W_]+(?:[.,]\d+)*|[+#%$€£]")
_APOSTROPHES = str.maketrans({"\u2019": "'", "\u02bc": "'", "`": "'"})
_LEAST_STEM = 3
_MOST_WORDS = 60
_MOST_NOVEL = 5


@dataclass(frozen=True, slots=True)
class Profile:
    """A prompt's words, as far as `likeness` looks at them.

    Attributes:
        content: stems of the words that carry content.
        numbers: what has a digit.
        trigrams: of characters, blanks between words included.
        length: words.
        question: the first question word, empty without.
        negated: whether any word negates.
    """

    content: frozenset[str]
    numbers: frozenset[str]
    trigrams: frozenset[str]
    length: int
    question: str
    negated: bool


def profile(text: str) -> Profile:
    """Read a prompt once; the result is meant to be kept with the stored prompt."""
    plain = text.lower().translate(_APOSTROPHES).replace("n't", " not").replace("'", " ")
    words = _WORD.findall(plain)
    line = " ".join(words)
    return Profile(
        content=frozenset(_stem(word) for word in words if word not in _FUNCTION_WORDS),
        numbers=frozenset(word for word in words if word[0].isdigit()),
        trigrams=frozenset(line[at : at + 3] for at in range(max(1, len(line) - 2))),
        length=len(words),
        question=next((word for word in words if word in _QUESTION_WORDS), ""),
        negated=not _NEGATIONS.isdisjoint(words),
    )


def likeness(asked: Profile, witnesses: Sequence[Profile]) -> tuple[float, ...]:
    """Compare a prompt with the members of the group that won the vote.

    Args:
        asked: the prompt.
        witnesses: at least one, nearest first; those after the MOST_READ nearest are left out.

    Returns:
        Numbers named by LIKENESS.
    """
    nearest = witnesses[0]
    common = len(asked.content & nearest.content)
    novel = asked.content.difference(*(witness.content for witness in witnesses[:MOST_READ]))
    size = len(asked.content) or 1
    trigrams = len(asked.trigrams) + len(nearest.trigrams)
    shorter, longer = sorted((asked.length, nearest.length))
    return (
        common / size,
        common / (len(nearest.content) or 1),
        1.0 - len(novel) / size,
        float(min(len(novel), _MOST_NOVEL)),
        2.0 * len(asked.trigrams & nearest.trigrams) / trigrams,
        shorter / longer if longer else 1.0,
        log1p(min(asked.length, _MOST_WORDS)),
        float(asked.question == nearest.question),
        float(asked.negated != nearest.negated),
        float(asked.numbers != nearest.numbers),
    )


@lru_cache(maxsize=16_384)
def _stem(word: str) -> str:
    """Take off the commonest endings, so that a word matches its plural and its past."""
    if len(word) <= _LEAST_STEM:
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    for ending in ("ing", "ed", "ly"):
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST_STEM:
            return _undouble(word[: -len(ending)])
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    return word.removesuffix("e") if len(word) > _LEAST_STEM else word


def _undouble(stem: str) -> str:
    """Make "planned" and "plan" one, and "making" and "make"."""
    if stem[-1] == stem[-2] and stem[-1] not in "lsz":
        return stem[:-1]
    return stem.removesuffix("e")
