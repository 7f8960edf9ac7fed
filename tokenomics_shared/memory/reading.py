"""Reads a question once for everything that the guard's rules compare."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from tokenomics_shared.memory import lexicon as lex
from tokenomics_shared.memory.tokens import Token, lemma, tokenise

_CAP = 2_000
"""Characters read of a text; beyond, only a digest of the whole is compared."""
_CURLY = str.maketrans("’‘“”`´", "''\"\"`'")
_QUOTED = re.compile(r'"([^"\n]{2,2000})"|`([^`]{1,2000})`|(?<!\w)\'([^\'\n]{2,400})\'(?!\w)')
_PAYLOAD = re.compile(r":\s+|\n+")
_MIN_PAYLOAD = 3
_TASKS = frozenset(
    "summar translat fix correct classify rewrit paraphras proofread edit extract review analyz "
    "grammar sentiment text sentenc paragraph email categor label improv shorten simplify detect "
    "identify code pars format rephras count evaluat grad scor tag polish spell follow convert "
    "explain debug refactor reword expand continu complet respond reply check rat tweet message "
    "comment passag articl document snippet statement".split()
)
"""Lemmas in an instruction which say that what follows is a text to work on."""
_LANGUAGE_CUES = frozenset("in into using".split())
_DATE_CUES = frozenset("in on of since until till by last next this before after from to".split())
_FORMAT_CUES = frozenset("as in into".split())
_MAKERS = frozenset(
    "explain summarize summarise describe write give answer reply respond tell show define "
    "create generate make compose draft outline present provide discuss".split()
)
_PERSON = frozenset("i we my our".split())
_OPENERS = frozenset("if when why because unless what which who reason reasons happens".split())
_ROLES = {"without": "with", "into": "to", "onto": "to", "towards": "to", "toward": "to"}
_INFINITIVE = frozenset(
    "how want wants wanted like need needs needed have has had going go try trying tried able used "
    "way ways what where when whether wish love ought possible decide decided supposed order hope "
    "help is are was take takes took use allowed able ready about steps best me i".split()
)
"""Words after which `to` opens a verb and not a place or receiver."""
_STATING = lex.PRONOUNS | lex.DETERMINERS
_TELLERS = frozenset(
    "know me us wonder wondering explain understand see . about idea sure say find".split()
)
"""Words after which a question word asks the text's own question (`tell me how ...`)."""


@dataclass(frozen=True, slots=True)
class Denial:
    """One negation: the lemma it denies, and whether it complains (`I can't find ...`)."""

    of: str
    complaint: bool


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
    """Read a text; linear in its length up to 2,000 characters, constant beyond but for a digest."""
    whole = text.translate(_CURLY)
    folded = whole[:_CAP]
    tokens = _resolved(tokenise(folded))
    content = _content(tokens)
    words = tuple(token.text for token in tokens if token.kind != ".")
    payload, task = _payload(folded)
    return Reading(
        lemmas=tuple(lemma_ for lemma_, _, _, _ in content),
        surfaces=tuple(surface for _, surface, _, _ in content),
        roles=tuple(role for _, _, role, _ in content),
        capitals=frozenset(lemma_ for lemma_, _, _, cap in content if cap),
        words=words,
        numbers=tuple(token.text for token in tokens if token.kind == "n"),
        ones=words.count("one"),
        operators=_operators(tokens),
        units=frozenset(lex.UNITS[word] for word in words if word in lex.UNITS)
        | {lex.SYMBOLS[word] for word in words if word in lex.SYMBOLS},
        dates=_dates(tokens),
        identifiers=frozenset(token.text for token in tokens if token.kind == "i"),
        quotes=_quotes(folded),
        payload=payload,
        task=task,
        languages=_languages(tokens),
        formats=_formats(words),
        denials=_denials(tokens),
        asks=_asks(tokens),
        owned=_owned(tokens),
        subjects=frozenset(lex.SUBJECTS[word] for word in words if word in lex.SUBJECTS),
        makes=not _MAKERS.isdisjoint(words) or words[:1] == ("list",),
        sentences=1 + sum(token.kind == "." and token.text == "." for token in tokens[:-1]),
        digest=blake2b(" ".join(whole.split()).encode(), digest_size=16).digest()
        if len(whole) > _CAP
        else b"",
    )


def _resolved(tokens: list[Token]) -> list[Token]:
    """Read Roman numerals and ordinals with digits as numbers."""
    return [
        Token(str(lex.ROMANS[token.text]), "n") if token.text in lex.ROMANS else token
        for token in tokens
    ]


def _content(tokens: Sequence[Token]) -> list[tuple[str, str, str, bool]]:
    content: list[tuple[str, str, str, bool]] = []
    role, led = "-", False
    for before, token in zip(["", *(other.text for other in tokens)], tokens, strict=False):
        word = token.text
        if token.kind == "." or word in lex.QUESTION_WORDS or word in lex.AUXILIARIES:
            role = "-"
        elif word in lex.PREPOSITIONS:
            verbal = word == "to" and before in _INFINITIVE
            role, led = "-" if verbal else _ROLES.get(word, word), False
        elif led and (word in lex.DETERMINERS or word in lex.POSSESSIVES):
            role = "-"
        elif word in lex.SUBJECTS:
            role = "-"
        elif token.kind == "o" or word in lex.FUNCTION or word in lex.NEGATIONS:
            continue
        elif word not in lex.POLITE and not word.startswith("how_"):
            content.append((_canonical(token), word, role, token.cap))
            led = role == "to"
    return content


def _canonical(token: Token) -> str:
    if token.kind != "w":
        return token.text
    month = lex.MONTHS.get(token.text)
    if month is not None:
        return month
    unit = lex.UNITS.get(token.text)
    return lemma(unit if unit and unit != token.text else token.text)


def _operators(tokens: Sequence[Token]) -> tuple[str, ...]:
    """The signs that stand after a number: a lone dash or slash in prose is none."""
    return tuple(
        sorted(
            lex.OPERATORS[token.text]
            for before, token in zip(tokens, tokens[1:], strict=False)
            if token.text in lex.OPERATORS and before.kind == "n" and token.text != "over"
        )
    )


def _dates(tokens: Sequence[Token]) -> frozenset[str]:
    found = set()
    for place, token in enumerate(tokens):
        word = token.text
        date = lex.MONTHS.get(word) or lex.WEEKDAYS.get(word)
        if date is not None:
            before = tokens[place - 1] if place else Token("", ".")
            after = tokens[place + 1] if place + 1 < len(tokens) else Token("", ".")
            numeric = before.kind == "n" or after.kind == "n"
            cued = before.text in _DATE_CUES and (token.cap or word not in {"may", "mar", "sat"})
            if word not in lex.AMBIGUOUS_DATES or numeric or cued:
                found.add(date)
        elif word in lex.MOMENTS:
            found.add(lex.MOMENTS[word])
        elif word in {"last", "next", "this", "previous", "past", "coming"} and place + 1 < len(
            tokens
        ):
            span = lex.UNITS.get(tokens[place + 1].text, "")
            if lex.DIMENSIONS.get(span) == "time":
                found.add(f"{'last' if word in {'previous', 'past'} else word} {span}")
    return frozenset(found)


def _quotes(text: str) -> frozenset[str]:
    return frozenset(
        " ".join((a or b or c).lower().split()).strip(" .,!?;")
        for a, b, c in _QUOTED.findall(text)
    )


def _payload(text: str) -> tuple[tuple[str, ...], bool]:
    """The pasted text's words: after the first colon or line end, or the longest quote."""
    mark = _PAYLOAD.search(text)
    head, tail = (text[: mark.start()], text[mark.end() :]) if mark else (text, "")
    words = re.findall(r"\w+", tail.lower())
    if len(words) < _MIN_PAYLOAD:
        quotes = [a or b or c for a, b, c in _QUOTED.findall(text)]
        words = re.findall(r"\w+", max(quotes, key=len, default="").lower())
        head = text
    if len(words) < _MIN_PAYLOAD:
        return (), False
    task = any(lemma(word) in _TASKS for word in re.findall(r"[a-z]+", head.lower()[:400]))
    return tuple(words), task


def _languages(tokens: Sequence[Token]) -> frozenset[str]:
    found = set()
    for place, token in enumerate(tokens):
        word = token.text
        name = lex.PROGRAMMING.get(word)
        if word in lex.HUMAN:
            found.add("chinese" if word == "mandarin" else word)
        elif name is not None:
            before = tokens[place - 1].text if place else ""
            ambiguous = name in lex.AMBIGUOUS_PROGRAMMING or word in lex.AMBIGUOUS_PROGRAMMING
            if not ambiguous or token.cap or (before in _LANGUAGE_CUES and len(word) <= 2):  # noqa: PLR2004
                found.add(name)
    return frozenset(found)


def _formats(words: Sequence[str]) -> frozenset[str]:
    found = set()
    for place, word in enumerate(words):
        before = words[max(0, place - 3) : place]
        if word in lex.FORMAT_NOUNS and not _FORMAT_CUES.isdisjoint(before):
            found.add(f"as {lex.FORMAT_NOUNS[word]}")
        if word in lex.AUDIENCES and ("for" in before or "to" in before or word == "year-old"):
            found.add(f"for {lex.AUDIENCES[word]}")
        if word in lex.MANNERS:
            found.add(f"manner {lex.MANNERS[word]}")
        if word == "old" and before and before[-1] in {"year", "years"}:
            found.add("for child")
    return frozenset(found)


def _denials(tokens: Sequence[Token]) -> tuple[Denial, ...]:
    found = []
    for place, token in enumerate(tokens):
        if token.text not in lex.NEGATIONS or (place and tokens[place - 1].text == "or"):
            continue
        before = [other.text for other in tokens[max(0, place - 6) : place]]
        after = [other for other in tokens[place + 1 : place + 5] if other.kind != "."]
        of = next(
            (lemma(t.text) for t in after if t.text not in lex.FUNCTION),
            after[0].text if after else "",
        )
        personal = not _PERSON.isdisjoint(before[-3:])
        found.append(Denial(of, personal and _OPENERS.isdisjoint(before)))
    return tuple(found)


def _asks(tokens: Sequence[Token]) -> tuple[str, ...]:
    """The kind of question each sentence opens with."""
    asks: list[str] = []
    fresh, before = True, ""
    for token, after in zip(tokens, [*(t.text for t in tokens[1:]), ""], strict=False):
        word = token.text
        if word.startswith("how_") or word in {"why", "who", "whose", "where", "when", "how"}:
            told = word.startswith("how_") or before in _TELLERS
            if told and asks and asks[-1] in {"what", "which", "can"}:
                asks.pop()
            if fresh or told:
                asks.append(word)
            fresh = False
        elif word in {"what", "which"} and fresh:
            asks.append(word)
            fresh = False
        elif word in lex.AUXILIARIES and fresh:
            able = word in {"can", "could", "may"}
            if not (able and after == "you"):
                asks.append("can" if able else "whether")
            fresh = False
        elif token.kind == ".":
            fresh = True
        elif word in _STATING or not (word in lex.FUNCTION or word in lex.POLITE):
            fresh = False
        before = word
    return tuple(asks)


def _owned(tokens: Sequence[Token]) -> frozenset[tuple[str, str]]:
    return frozenset(
        (lex.POSSESSIVES[token.text], lemma(after.text))
        for token, after in zip(tokens, tokens[1:], strict=False)
        if token.text in lex.POSSESSIVES
    )
