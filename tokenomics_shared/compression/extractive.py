"""Prompt compression by leaving out sentences that a query doesn't need."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tokenomics_shared.compression.frames import framed
from tokenomics_shared.compression.relevance import (
    MOST_READ,
    Embed,
    Sentence,
    Weights,
    relevance,
)
from tokenomics_shared.compression.selection import Candidate, chosen, fitted, worthiest
from tokenomics_shared.compression.sentences import Unit, clauses, units
from tokenomics_shared.compression.spans import GAP
from tokenomics_shared.compression.wishes import must_stay
from tokenomics_shared.planning import Count, TextKind

LONGEST = 20_000
"""Characters of a unit above which its text is left alone: it isn't prose that can be read."""

LARGEST_SHARE = 1 / 2
"""Of the budget: a sentence that takes more goes by its clauses."""

_CHARS_PER_TOKEN = 4

_SAMPLE = 1_000
"""Sentences by which the tokens of very many are told."""

_UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff\ufffd]|[!-~]{2000}")
_PARAGRAPH = re.compile(r"\n[ \t]*\n")


@dataclass(frozen=True, slots=True)
class _Read:
    """A text and its units."""

    text: str
    units: tuple[Unit, ...]

    def words(self, place: int) -> str:
        unit = self.units[place]
        return self.text[unit.start : unit.end].strip()


class Extractive:
    """Keeps the sentences that matter most to the query, word for word and in their order.

    Safe to share between threads if the embedder is. What it takes grows with the texts' length;
    see `relevance.MOST_EMBEDDED` for what bounds the embedder's part.
    """

    def __init__(
        self, count: Count, embed: Embed | None = None, weights: Weights | None = None
    ) -> None:
        """Make a compressor.

        Args:
            count: counts a text's tokens.
            embed: gives unit row vectors; None to go by words alone.
            weights: what each sign of relevance is worth; None for those that suit `embed`.
        """
        self._weights = weights
        self._count = count
        self._embed = embed
        # A mark alone may take more than it does between sentences.
        self._gap = max(1, count(f"It is.{GAP}It was.") - count("It is. It was."))

    @property
    def name(self) -> str:
        """What reports call it."""
        return "extractive"

    @property
    def blocking(self) -> bool:
        """Whether it embeds, which may take long."""
        return self._embed is not None

    def compress(
        self, texts: Sequence[str], query: str, budget: int, kind: TextKind = "context"
    ) -> list[str]:
        """Shorten texts that are sent together; see `planning.Compressor`."""
        given = list(texts)
        tokens = [self._count(text) for text in given]
        if sum(tokens) <= budget:
            return given
        read = [self._read(text, budget, kind) for text in given]
        left_alone = sum(n for n, one in zip(tokens, read, strict=True) if one is None)
        # What can't be read takes its part, unless it alone is too much: then nothing of the
        # others would be left, and the budget missed all the same.
        room = budget - left_alone if left_alone < budget else budget
        readable = [one or _Read("", ()) for one in read]
        if sum(tokens) - left_alone <= room:
            return given
        shortened = self._shorten(readable, query, room, kind)
        if shortened is None:
            return given
        return [
            text if one is None else short
            for text, one, short in zip(given, read, shortened, strict=True)
        ]

    def _read(self, text: str, budget: int, kind: TextKind) -> _Read | None:
        """A text in units; None if it can't be read."""
        if _UNREADABLE.search(text):
            return None
        found = units(text)
        limit = int(LARGEST_SHARE * budget * _CHARS_PER_TOKEN)
        if kind != "question":
            # Clauses come first: frames are told by place.
            found = tuple(part for unit in found for part in clauses(text, unit, limit))
            found = framed(text, found, limit)
        if any(unit.end - unit.start > LONGEST for unit in found):
            return None
        return _Read(text, found)

    def _shorten(
        self, read: Sequence[_Read], query: str, budget: int, kind: TextKind
    ) -> list[str] | None:
        """The texts within a budget; None if nothing would be left, or nothing may go.

        What must stay of a question stays, whatever it takes; the rest goes all the same.
        """
        sentences = list(_sentences(read))
        scores = relevance(sentences, query, self._embed, self._weights)
        musts = [
            must
            for one in read
            for must in (must_stay(one.text, one.units) if kind == "question" else ())
        ] or [False] * len(sentences)
        places = [(at, unit.frame) for one in read for at, unit in enumerate(one.units)]
        counted = self._counted(sentences)
        candidates = [
            Candidate(one.text, unit, one.words, max(1, counted(one.words)), score, must, frame)
            for one, (unit, frame), score, must in zip(
                sentences, places, scores, musts, strict=True
            )
        ]
        texts, parts = [one.text for one in read], [one.units for one in read]
        for best in (False, True):
            if best and kind != "context":
                break
            # Where nothing that was retrieved fits, the best is sent: all of it would be more.
            kept = worthiest(candidates) if best else chosen(candidates, budget, self._gap)
            over = best or any(musts)
            limit = max(budget, sum(map(self._count, texts)) - 1) if over else budget
            shortened = fitted(texts, parts, kept, limit if best else budget, self._count)
            if 0 < sum(self._count(text) for text in shortened if text) <= limit:
                return shortened
        return None

    def _counted(self, sentences: Sequence[Sentence]) -> Count:
        """Counts a sentence; of very many by its length, for what is kept is counted again."""
        if len(sentences) <= MOST_READ:
            return self._count
        some = sentences[:: len(sentences) // _SAMPLE]
        tokens = sum(self._count(one.words) for one in some)
        density = tokens / max(1, sum(len(one.words) for one in some))
        return lambda words: round(density * len(words))


def _sentences(read: Sequence[_Read]) -> list[Sentence]:
    found: list[Sentence] = []
    passage = 0
    for at, one in enumerate(read):
        passage += 1
        for place, unit in enumerate(one.units):
            found.append(Sentence(at, passage, one.words(place), unit.goes_on))
            line = one.text.find("\n", unit.start, unit.end)
            if line >= 0 and _PARAGRAPH.search(one.text, line, unit.end):
                passage += 1
    return found
