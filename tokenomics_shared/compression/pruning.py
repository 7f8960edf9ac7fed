"""Pruning: the words of texts that are needed most, within a token budget.

What LLMLingua-2 does with its model's findings (Pan et al. 2024, arXiv 2403.12968, section 4): a
word is as likely needed as its tokens are on average, and the likeliest stay, in their order.
Here words are places in the text, so what stays is the text's own characters, and guarded spans
stay whole, whatever the model finds.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from tokenomics_shared.compression.spans import all_kept, guarded
from tokenomics_shared.compression.words import Word, words
from tokenomics_shared.planning import Count

LEAST_SAVING = 0.05
"""Share of its tokens that must go for a text to be reduced to its guarded spans."""

_FIXED = 2
"""In the place of a margin: the text's least form, and nothing else."""

_DEEPEST = 8
"""How often the least form of a least form is looked for."""

_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_SPACE = re.compile(r"\s")
_ENDS = tuple(".!?,;:\u2026\u3002\uff01\uff1f\uff0c\uff1b\uff1a\u3001")


@dataclass(frozen=True, slots=True)
class Scored:
    """A text and what a model found of its words.

    Attributes:
        text: the text.
        words: its words in their order; what lies between them is separators.
    """

    text: str
    words: tuple[Word, ...]


def prune(scored: Scored, budget: int, count: Count, *, drop_repeats: bool = False) -> str:
    """Shorten one text; see `prune_all`."""
    return prune_all([scored], budget, count, drop_repeats=drop_repeats)[0]


def prune_all(
    scored: Sequence[Scored], budget: int, count: Count, *, drop_repeats: bool = False
) -> list[str]:
    """Shorten texts to a token budget that they share.

    One threshold holds for the words of all texts, so that a text of needed words keeps more of
    them than a text of fillers does. Where guarded spans would run together, the words next to
    them stay too.

    Args:
        scored: the texts.
        budget: tokens that all of them together should have.
        count: counts tokens.
        drop_repeats: drop a word that follows on itself in what stays.

    Returns:
        Texts that together are within the budget; or, where guarded spans alone are over it,
        each reduced to its spans, or as it was when that saves less than `LEAST_SAVING`. Either
        way pruning them again at the same budget changes nothing.
    """
    whole = [each.text for each in scored]
    if _tokens(whole, count) <= budget:
        return whole
    drafts = [_Draft.of(each, drop_repeats=drop_repeats) for each in scored]
    least = [_least(draft, count) for draft in drafts]
    if _tokens(least, count) > budget:
        return least
    for at, text in enumerate(least):
        if text == whole[at]:
            drafts[at] = _Draft.fixed(text)
    while True:
        found = _fitting(drafts, budget, count)
        broken = _broken(drafts, whole, found)
        if not broken:
            return least if found is None else found
        for at in broken:
            drafts[at] = _firmer(drafts[at], scored[at], least[at])


@dataclass(frozen=True, slots=True)
class _Unit:
    """Characters that go or stay together; a word, or guarded spans and the words they touch."""

    start: int
    end: int
    probability: float = 1.0
    glued: bool = False
    forced: bool = True


@dataclass(frozen=True, slots=True)
class _Draft:
    """A text as units."""

    text: str
    units: tuple[_Unit, ...]
    margin: int = _FIXED
    drop_repeats: bool = False

    @classmethod
    def fixed(cls, text: str) -> "_Draft":
        """A text of which nothing goes."""
        return cls(text, (_Unit(0, len(text)),))

    @classmethod
    def of(cls, scored: Scored, margin: int = 0, *, drop_repeats: bool = False) -> "_Draft":
        """A text whose words may go unless a guarded span touches them, or is next to them.

        Args:
            scored: the text.
            margin: how many words stay on each side of a span.
            drop_repeats: whether words that follow on themselves go.
        """
        free = [
            _Unit(word.start, word.end, word.probability, word.glued, forced=False)
            for word in scored.words
        ]
        spans = [_Unit(span.start, span.end) for span in guarded(scored.text)]
        units: list[_Unit] = []
        for unit in sorted(free + spans, key=lambda one: (one.start, one.end)):
            if units and unit.start < units[-1].end:
                units[-1] = _Unit(units[-1].start, max(unit.end, units[-1].end))
            else:
                units.append(unit)
        for at in [at for at, unit in enumerate(units) if unit.forced]:
            for near in range(max(at - margin, 0), min(at + margin + 1, len(units))):
                units[near] = replace(units[near], forced=True)
        return cls(scored.text, tuple(units), margin, drop_repeats)

    def keeping(self, kept: Sequence[int]) -> str:
        """The text of these units, by their places in ascending order."""
        parts: list[str] = []
        last = -1
        for at in kept:
            if self._needless(parts, last, at):
                continue
            parts += (self._gap(last, at), self.text[self.units[at].start : self.units[at].end])
            last = at
        if parts and last == len(self.units) - 1:
            parts.append(self.text[self.units[last].end :])
        return "".join(parts) if self.units else self.text

    def _needless(self, parts: list[str], last: int, at: int) -> bool:
        """Whether a unit adds nothing to what stays before it."""
        unit = self.units[at]
        if unit.forced or at == last + 1 == 0:
            return False
        if unit.glued:
            return at > last + 1 and (not parts or parts[-1].endswith(_ENDS))
        word = self.text[unit.start : unit.end]
        return self.drop_repeats and bool(parts) and parts[-1].casefold() == word.casefold()

    def _gap(self, last: int, at: int) -> str:
        """What parts a unit from the one before it that stays."""
        before = self.units[last].end if last >= 0 else 0
        gap = self.text[before : self.units[at].start]
        if at == last + 1:
            return gap
        if last < 0 or self.units[at].glued:
            return ""
        if _BLANK_LINE.search(gap):
            return "\n\n"
        if "\n" in gap:
            return "\n"
        space = _SPACE.search(gap)
        return " " if " " in gap else space.group() if space else ""


def _tokens(texts: Sequence[str], count: Count) -> int:
    return sum(count(text) for text in texts)


def sound(original: str, shortened: str) -> bool:
    """Whether guarded spans are all there, and none was put together of what stood apart.

    What only the shortened text reads as a span, such as the words between two others' marks,
    may be one as long as it is a stretch of the original.
    """
    if original == shortened:
        return True
    at = 0
    for span in guarded(shortened):
        start = original.find(shortened[span.start : span.end], at)
        if start < 0:
            return False
        at = start + span.end - span.start
    return all_kept(original, shortened)


def _least(draft: _Draft, count: Count, depth: int = 0) -> str:
    """A text's guarded spans alone, or the text where that is unsafe or saves next to nothing.

    Where spans would run together, the words next to them stay too. What is found is its own
    least form: what makes a span of some characters may be what stood around them.
    """
    text = draft.text
    for margin in range(_FIXED if depth < _DEEPEST else 0):
        tried = _plain(text, margin) if margin else draft
        found = tried.keeping([at for at, unit in enumerate(tried.units) if unit.forced])
        if found == text:
            break
        if sound(text, found) and _least(_plain(found), count, depth + 1) == found:
            saved = count(text) - count(found)
            return found if saved >= LEAST_SAVING * count(text) else text
    return text


def _plain(text: str, margin: int = 0) -> _Draft:
    return _Draft.of(Scored(text, tuple(words(text))), margin)


def _broken(
    drafts: Sequence[_Draft], whole: Sequence[str], found: Sequence[str] | None
) -> list[int]:
    """The places of texts that lost a guarded span, or that kept the budget out of reach."""
    if found is None:
        return [at for at, draft in enumerate(drafts) if 0 < draft.margin < _FIXED]
    return [at for at, text in enumerate(found) if not sound(whole[at], text)]


def _firmer(draft: _Draft, scored: Scored, least: str) -> _Draft:
    """A text with more words that must stay, or in the end its least form."""
    if draft.margin + 1 >= _FIXED:
        return _Draft.fixed(least)
    return _Draft.of(scored, draft.margin + 1, drop_repeats=draft.drop_repeats)


def _fitting(drafts: Sequence[_Draft], budget: int, count: Count) -> list[str] | None:
    """The texts with as many of the likeliest words as the budget has room for."""
    places = [(at, nth) for at, draft in enumerate(drafts) for nth in range(len(draft.units))]
    forced = [(at, nth) for at, nth in places if drafts[at].units[nth].forced]

    def rank(place: tuple[int, int]) -> tuple[float, bool, tuple[int, int]]:
        unit = drafts[place[0]].units[place[1]]
        return -unit.probability, unit.glued, place

    free = sorted(set(places).difference(forced), key=rank)

    def texts(words: int) -> list[str]:
        kept: dict[int, list[int]] = {
            at: [nth for _, nth in group]
            for at, group in groupby(sorted(forced + free[:words]), key=lambda one: one[0])
        }
        return [draft.keeping(kept.get(at, [])) for at, draft in enumerate(drafts)]

    found = texts(0)
    if _tokens(found, count) > budget:
        return None
    few, many = 0, len(free)
    while many - few > 1:
        middle = (few + many) // 2
        tried = texts(middle)
        if _tokens(tried, count) <= budget:
            few, found = middle, tried
        else:
            many = middle
    return found
