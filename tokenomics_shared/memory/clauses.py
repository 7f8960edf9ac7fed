"""Finds what a tokenised question asks, denies and calls someone's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tokenomics_shared.memory import lexicon as lex
from tokenomics_shared.memory.tokens import Token, lemma

_PERSON = frozenset("i we my our".split())
_OPENERS = frozenset("if when why because unless what which who reason reasons happens".split())
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


def denials(tokens: Sequence[Token]) -> tuple[Denial, ...]:
    """The negations, in order."""
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
        stated = before[-1:] not in (["i"], ["we"])  # `should I not` asks, `I can not` states
        personal = stated and not _PERSON.isdisjoint(before[-3:])
        found.append(Denial(of, personal and _OPENERS.isdisjoint(before)))
    return tuple(found)


def asks(tokens: Sequence[Token]) -> tuple[str, ...]:
    """The kind of question that each clause opens with (`why`, `how_much`, `can`, ...)."""
    found: list[str] = []
    fresh, before = True, ""
    for place, token in enumerate(tokens):
        word = token.text
        told = word.startswith("how_") or (word in _SPECIFIC and before in _TELLERS)
        kind = word if told else _opening(tokens, place) if fresh else ""
        if told and found and found[-1] in _VAGUE:
            found.pop()
        if kind:
            found.append(kind)
        fresh = token.kind == "." or (fresh and not kind and _leaves_open(word))
        before = word
    return tuple(found)


_SPECIFIC = frozenset("why who whose where when how".split())
_VAGUE = frozenset("what which can".split())


def _opening(tokens: Sequence[Token], place: int) -> str:
    """The kind of question that a clause asks by opening with this word, or nothing."""
    word = tokens[place].text
    if word in _SPECIFIC or word in {"what", "which"}:
        return word
    if word not in lex.AUXILIARIES:
        return ""
    if word not in {"can", "could", "may"}:
        return "whether"
    request = place + 1 < len(tokens) and tokens[place + 1].text == "you"
    return "" if request else "can"


def _leaves_open(word: str) -> bool:
    """Whether a question may still open after this word: a greeting, a preposition, a request."""
    if word in lex.AUXILIARIES or word in _STATING:
        return False
    return word in lex.FUNCTION or word in lex.POLITE


def owned(tokens: Sequence[Token]) -> frozenset[tuple[str, str]]:
    """Each possessive with the lemma that follows it."""
    return frozenset(
        (lex.POSSESSIVES[token.text], lemma(after.text))
        for token, after in pairwise(tokens)
        if token.text in lex.POSSESSIVES
    )
