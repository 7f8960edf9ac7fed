"""An answer from given sources: is what it cites there?"""

import re
from functools import cached_property

from tokenomics_shared.types import Prompt

_MAX = 200_000
"""Characters of sources that are read."""
_QUOTED_WORDS = 6
"""Words from which a quotation is one of a passage, and not of a term or a title."""
_PART_WORDS = 3
"""Words from which a part of a quotation with something left out is looked for."""

_FROM_SOURCES = re.compile(
    r"\b(?:based on|using|use|according to|from|given|in|with|only)\b[^.?!\n]{0,40}"
    r"\b(?:context|passages?|documents?|sources?|excerpts?|search results|articles?|"
    r"(?:text|information) (?:below|above|provided))\b",
    re.IGNORECASE,
)
_NAMES = tuple("text passage document source excerpt result article information".split())
"""One of these is in every request that says so; looking for them is quick."""

_MARK = re.compile(r"(?<![\w\])])\[(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\](?![(\[:])")
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_QUOTE = re.compile(r"[\"\u201c]([^\"\u201c\u201d\n]{20,600})[\"\u201d]")
_LEFT_OUT = re.compile(r"\.{3}|\u2026|\[[^\]]*\]")
_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"(?<![\w.,])\d[\d,]*(?:\.\d+)?")
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][^\W\d_]{2,}")
"""A word with a capital that does not begin a sentence."""


class Sources:
    """What a request gives to answer from; nothing unless it says that it does."""

    def __init__(self, prompt: Prompt) -> None:
        """Read a request."""
        turns = (turn.text for turn in prompt.messages if turn.role != "ai")
        text = "\n".join(turns)[:_MAX]
        folded = text.casefold()
        named = any(map(folded.__contains__, _NAMES))
        self._text = text if named and _FROM_SOURCES.search(text) else ""

    @cached_property
    def _words(self) -> str:
        """All words, to look passages up in."""
        return f" {' '.join(_WORD.findall(self._text.casefold()))} "

    def fault(self, answer: str) -> str | None:
        """What an answer cites that the sources don't have; None when it doesn't, or has none."""
        if not self._text:
            return None
        answer = _CODE.sub(" ", answer)
        return self._unknown_mark(answer) or self._unknown_passage(answer)

    def _unknown_mark(self, answer: str) -> str | None:
        known = set(_marks(self._text))
        missing = [mark for mark in _marks(answer) if mark not in known]
        return f"cites [{missing[0]}], which is not there" if known and missing else None

    def _unknown_passage(self, answer: str) -> str | None:
        for quotation in _QUOTE.findall(answer):
            if len(_WORD.findall(quotation)) < _QUOTED_WORDS:
                continue
            for part in _LEFT_OUT.split(quotation):
                words = _WORD.findall(part.casefold())
                if len(words) >= _PART_WORDS and f" {' '.join(words)} " not in self._words:
                    return "quotes what is not there"
        return None

    def overlap(self, answer: str) -> float | None:
        """Share of an answer's numbers and names that the sources have, 0 to 1.

        None when there are no sources, or the answer has neither. What is derived from the sources
        is not in them, so that this says something of many answers and little of one.
        """
        if not self._text:
            return None
        answer = _MARK.sub(" ", answer)
        stated = {each.casefold() for each in (*_NUMBER.findall(answer), *_NAME.findall(answer))}
        if not stated:
            return None
        there = {each.casefold() for each in _NUMBER.findall(self._text)}
        found = sum(each in there or f" {each} " in self._words for each in stated)
        return found / len(stated)


def _marks(text: str) -> list[str]:
    return [mark for group in _MARK.findall(text) for mark in re.findall(r"\d+", group)]
