"""Finds in a tokenised question the exact things it names: dates, languages, formats, quotes."""

import re
from collections.abc import Sequence
from itertools import pairwise

from tokenomics_shared.memory import lexicon as lex
from tokenomics_shared.memory.tokens import Token, lemma

_QUOTED = re.compile(r'"([^"\n]{2,2000})"|`([^`]{1,2000})`|(?<!\w)\'([^\'\n]{2,400})\'(?!\w)')
_PAYLOAD = re.compile(r":\s+|\n+")
_MIN_PAYLOAD = 3
_TASKS = frozenset(
    map(
        lemma,
        "summarize summary translate fix correct classify rewrite paraphrase proofread edit "
        "extract review analyze grammar sentiment text sentence paragraph email categorize label "
        "improve shorten simplify detect identify code parse format rephrase count evaluate grade "
        "score tag polish spelling following convert explain debug refactor reword expand "
        "continue complete respond reply check rate tweet message comment passage article "
        "document snippet statement translation spam language".split(),
    )
)
"""Lemmas in an instruction which say that what follows is a text to work on."""
_LANGUAGE_CUES = frozenset("in into using".split())
_DATE_CUES = frozenset("in on of since until till by last next this before after from to".split())
_FORMAT_CUES = frozenset("as in into".split())


def operators(tokens: Sequence[Token]) -> tuple[str, ...]:
    """The signs that stand after a number: a lone dash or slash in prose is none."""
    return tuple(
        sorted(
            lex.OPERATORS[token.text]
            for before, token in pairwise(tokens)
            if token.text in lex.OPERATORS and before.kind == "n" and token.text != "over"
        )
    )


def dates(tokens: Sequence[Token]) -> frozenset[str]:
    """Months, weekdays and relative times."""
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


def quotes(text: str) -> frozenset[str]:
    """Quoted texts, without case and closing punctuation."""
    return frozenset(
        " ".join((a or b or c).lower().split()).strip(" .,!?;")
        for a, b, c in _QUOTED.findall(text)
    )


def payload(text: str) -> tuple[tuple[str, ...], bool]:
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


def languages(tokens: Sequence[Token]) -> frozenset[str]:
    """Human and programming languages."""
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


def formats(words: Sequence[str]) -> frozenset[str]:
    """Forms, audiences and manners asked for."""
    found = set()
    for place, word in enumerate(words):
        before = words[max(0, place - 3) : place]
        if word in lex.FORMAT_NOUNS and not _FORMAT_CUES.isdisjoint(before):
            found.add(f"as {lex.FORMAT_NOUNS[word]}")
        if word in lex.AUDIENCES and ("for" in before or "to" in before or word == "year-old"):
            found.add(f"for {lex.AUDIENCES[word]}")
        if word == "yes_no":
            found.add("as yes or no")
        if word in lex.MANNERS:
            found.add(f"manner {lex.MANNERS[word]}")
        if word == "old" and before and before[-1] in {"year", "years"}:
            found.add("for child")
    return frozenset(found)
