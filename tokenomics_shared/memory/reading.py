"""Reads a question once for everything that the guard's rules compare."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

from tokenomics_shared.memory import clauses, cues
from tokenomics_shared.memory import lexicon as lex
from tokenomics_shared.memory.clauses import Denial
from tokenomics_shared.memory.tokens import Token, lemma, tokenise

_CAP = 2_000
"""Characters read of a text; beyond, only a digest of the whole is compared."""
_CURLY = str.maketrans("\u2019\u2018\u201c\u201d\u00b4", "''\"\"'")
_MAKERS = frozenset(
    "explain summarize summarise describe write give answer reply respond tell show define "
    "create generate make compose draft outline present provide discuss".split()
)
_ROLES = {"without": "with", "into": "to", "onto": "to", "towards": "to", "toward": "to"}
_INFINITIVE = frozenset(
    "how want wants wanted like need needs needed have has had going go try trying tried able "
    "used way ways what where when whether wish love ought possible decide decided supposed "
    "order hope help is are was take takes took use allowed ready about steps best me i".split()
)
"""Words after which `to` opens a verb and not a place or receiver."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the rules need of one text; texts are equal for a rule where its fields are.

    Attributes:
        lemmas: content words, in order: function words, politeness and fillers are left out.
        surfaces: the same words as written, lower case.
        roles: for each the preposition that governs it, or `-`.
        capitals: content lemmas written with a capital where grammar doesn't ask for one.
        words: every word, lower case.
        numbers: numbers in order, as shortest text; `ones` counts the word `one`.
        operators: arithmetic signs, sorted.
        units: canonical units. dates: months, weekdays, relative times.
        identifiers: code names, paths, versions, addresses.
        quotes: quoted texts. payload: the pasted text's words, empty without one.
        task: whether the instruction works on the payload's wording.
        languages: human and programming languages.
        formats: explicit forms, manners and audiences asked for.
        denials: the negations. asks: kinds of question (`why`, `how_much`, ...).
        owned: (possessive, head lemma) pairs. subjects: the persons that act.
        makes: whether it asks to produce a text. sentences: how many.
        digest: of the whole text when it is longer than what is read, else empty.
    """

    lemmas: tuple[str, ...]
    surfaces: tuple[str, ...]
    roles: tuple[str, ...]
    capitals: frozenset[str]
    words: tuple[str, ...]
    numbers: tuple[str, ...]
    ones: int
    operators: tuple[str, ...]
    units: frozenset[str]
    dates: frozenset[str]
    identifiers: frozenset[str]
    quotes: frozenset[str]
    payload: tuple[str, ...]
    task: bool
    languages: frozenset[str]
    formats: frozenset[str]
    denials: tuple[Denial, ...]
    asks: tuple[str, ...]
    owned: frozenset[tuple[str, str]]
    subjects: frozenset[str]
    makes: bool
    sentences: int
    digest: bytes


def read(text: str) -> Reading:
    """Read a text: linear in its length up to 2,000 characters, beyond that only digested."""
    whole = text.translate(_CURLY)
    folded = whole[:_CAP]
    tokens = tokenise(folded)
    content = _content(tokens)
    words = tuple(token.text for token in tokens if token.kind != ".")
    payload, task = cues.payload(folded)
    return Reading(
        lemmas=tuple(word.lemma for word in content),
        surfaces=tuple(word.surface for word in content),
        roles=tuple(word.role for word in content),
        capitals=frozenset(word.lemma for word in content if word.cap),
        words=words,
        numbers=tuple(token.text for token in tokens if token.kind == "n"),
        ones=words.count("one"),
        operators=cues.operators(tokens),
        units=frozenset(lex.UNITS[word] for word in words if word in lex.UNITS)
        | {lex.SYMBOLS[word] for word in words if word in lex.SYMBOLS},
        dates=cues.dates(tokens),
        identifiers=frozenset(token.text for token in tokens if token.kind == "i"),
        quotes=cues.quotes(folded),
        payload=payload,
        task=task,
        languages=cues.languages(tokens),
        formats=cues.formats(words),
        denials=clauses.denials(tokens),
        asks=clauses.asks(tokens),
        owned=clauses.owned(tokens),
        subjects=frozenset(lex.SUBJECTS[word] for word in words if word in lex.SUBJECTS),
        makes=not _MAKERS.isdisjoint(words) or words[:1] == ("list",),
        sentences=1 + sum(token.kind == "." and token.text == "." for token in tokens[:-1]),
        digest=blake2b(" ".join(whole.split()).encode(), digest_size=16).digest()
        if len(whole) > _CAP
        else b"",
    )


class _Word(NamedTuple):
    lemma: str
    surface: str
    role: str
    cap: bool


def _content(tokens: Sequence[Token]) -> list[_Word]:
    """The words that carry the question, each with the preposition that governs it."""
    content: list[_Word] = []
    role, led, before = "-", False, ""
    for token in tokens:
        word = token.text
        if word in lex.PREPOSITIONS:
            infinitive = word == "to" and before in _INFINITIVE
            role, led = "-" if infinitive else _ROLES.get(word, word), False
        elif _frees(token, led=led):
            role = "-"
        elif _carries(token):
            content.append(_Word(_canonical(token), word, role, token.cap))
            led = role == "to"
        before = word
    return content


def _frees(token: Token, *, led: bool) -> bool:
    """Whether a new phrase begins, which the last preposition doesn't govern.

    `led`: something stands behind `to` already, so that a determiner opens that verb's object.
    """
    word = token.text
    if token.kind == "." or word in _FREEING:
        return True
    return led and (word in lex.DETERMINERS or word in lex.POSSESSIVES)


_FREEING = lex.QUESTION_WORDS | lex.AUXILIARIES | frozenset(lex.SUBJECTS)


def _carries(token: Token) -> bool:
    word = token.text
    if token.cap and (word in lex.PROGRAMMING or (len(word) == 1 and word.isalpha())):
        return True
    if token.kind == "o" or word in _EMPTY:
        return False
    return not word.startswith("how_")


_EMPTY = lex.FUNCTION | lex.NEGATIONS | lex.POLITE


def _canonical(token: Token) -> str:
    if token.kind != "w":
        return token.text
    month = lex.MONTHS.get(token.text)
    if month is not None:
        return month
    unit = lex.UNITS.get(token.text)
    return lemma(unit if unit and unit != token.text else token.text)
