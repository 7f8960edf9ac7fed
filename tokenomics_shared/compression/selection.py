"""Choosing units within a budget, and putting what is left together again."""

from bisect import bisect, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tokenomics_shared.compression.sentences import Unit
from tokenomics_shared.compression.spans import GAP
from tokenomics_shared.compression.terms import words
from tokenomics_shared.planning import Count

ALIKE = 0.8
"""Share of word triples that two sentences have in common when one says what the other does."""

_TRIPLE = 3
_MOST_ALIKE = 8
_FILLERS = frozenset(
    "a an the of to in on at by and or so also then that which this these".split()
)
_DENIALS = frozenset("no nor not never without neither none t cannot".split())


@dataclass(frozen=True, slots=True)
class Candidate:
    """A unit that may be kept.

    Attributes:
        text: its text's place among the texts.
        place: its place in its text.
        words: what it says.
        tokens: what it takes, at least 1.
        score: what it is worth; any number.
        must: it stays whatever it takes.
        frame: places in its text that stay if it does, see `Unit`.
    """

    text: int
    place: int
    words: str
    tokens: int
    score: float
    must: bool = False
    frame: tuple[int, ...] = ()

    @property
    def alone(self) -> bool:
        """Whether it says something without others: it is no part of a frame, or must stay."""
        return self.must or self.place not in self.frame


def chosen(candidates: Iterable[Candidate], budget: int, gap: int) -> list[Candidate]:
    """The best candidates that fit, the best first; one that says what another does is left out.

    Args:
        candidates: in any order.
        budget: tokens that they may take with the gaps between them.
        gap: tokens of a gap.
    """
    kept: list[Candidate] = []
    given = list(candidates)
    frames = {(one.text, one.place): one.tokens for one in given if one.place in one.frame}
    places: dict[int, list[int]] = {}
    seen = _Seen()
    left = budget
    for one in sorted(filter(_alone, given), key=_worthiest):
        others = places.setdefault(one.text, [])
        trial, cost = list(others) if one.frame else others, 0
        for place in one.frame:
            if place not in trial:
                cost += frames[one.text, place] + gap * _more_gaps(trial, place)
                insort(trial, place)
        cost += one.tokens + gap * _more_gaps(trial, one.place)
        if not one.must and (cost > left or seen.says(one.words)):
            continue
        left -= cost
        kept.append(one)
        places[one.text] = trial
        insort(trial, one.place)
        seen.add(one.words)
    return kept


def worthiest(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The one that is worth most, for when none fits; of two alike the shorter."""
    return sorted(filter(_alone, candidates), key=lambda one: (-one.score, one.tokens))[:1]


def joined(text: str, units: Sequence[Unit], kept: Sequence[int]) -> str:
    """The kept units of a text, with gaps for what is left out between them."""
    parts: list[str] = []
    before = -1
    for place in kept:
        unit = units[place]
        if parts and before != place - 1:
            if unit.frame and unit.frame == units[before].frame:
                # Between rows, and between blocks of code, it has a line of its own.
                parts[-1] = parts[-1].rstrip("\n").removesuffix(f"\n{GAP}")
                parts.append(f"\n{GAP}\n")
            else:
                parts[-1] = parts[-1].rstrip()
                # A heading, a row or a fence is one only at the start of a line.
                parts.append(f"{GAP}\n" if unit.line else GAP)
        parts.append(text[unit.start : unit.end])
        before = place
    if kept and before != len(units) - 1:
        parts[-1] = parts[-1].rstrip()
    return "".join(parts)


def fitted(
    texts: Sequence[str],
    units: Sequence[Sequence[Unit]],
    kept: list[Candidate],
    budget: int,
    count: Count,
) -> list[str]:
    """The texts with what is kept of them; the least is given up until they are within budget.

    Tokens of units don't quite add up to those of a text, so this is counted again.

    Args:
        texts: the originals.
        units: those of each text.
        kept: the best first; must-keeps are not given up.
        budget: tokens that all may take together.
        count: counts a text's tokens.
    """
    places: list[set[int]] = [set() for _ in texts]
    for one in kept:
        places[one.text].add(one.place)

    def short(at: int) -> str:
        framed = {place for kept in places[at] for place in (kept, *units[at][kept].frame)}
        return joined(texts[at], units[at], sorted(framed))

    shortened = [short(at) for at in range(len(texts))]
    tokens = [count(text) if text else 0 for text in shortened]
    while kept and sum(tokens) > budget and not kept[-1].must:
        last = kept.pop()
        places[last.text].remove(last.place)
        shortened[last.text] = short(last.text)
        tokens[last.text] = count(shortened[last.text]) if shortened[last.text] else 0
    return shortened


def _alone(one: Candidate) -> bool:
    return one.alone


def _worthiest(one: Candidate) -> tuple[bool, float, int, int]:
    return not one.must, -one.score, one.text, one.place


def _more_gaps(kept: Sequence[int], place: int) -> int:
    """Gaps that a unit opens between those kept of its text, less the one it closes."""
    at = bisect(kept, place)
    before = [kept[at - 1]] if at else []
    after = [kept[at]] if at < len(kept) else []
    gaps = [one != place - 1 for one in before] + [one != place + 1 for one in after]
    return sum(gaps) - bool(before and after)


@dataclass(slots=True)
class _Seen:
    """What has been said.

    A sentence says what another does when most of its triples of words are in that one, it has no
    word that the other lacks, fillers apart, and the other denies nothing that it doesn't.
    """

    sentences: list[frozenset[str]] = field(default_factory=list)
    by_triple: dict[tuple[str, ...], list[int]] = field(default_factory=dict)

    def says(self, sentence: str) -> bool:
        """Whether one of them says what a sentence does."""
        said = _telling(sentence)
        triples = _triples(said)
        shared: dict[int, int] = {}
        for triple in triples:
            for at in self.by_triple.get(triple, ()):
                shared[at] = shared.get(at, 0) + 1
        new = frozenset(said)
        return any(
            many >= ALIKE * len(triples)
            and new <= self.sentences[at]
            and not (self.sentences[at] - new) & _DENIALS
            for at, many in sorted(shared.items())
        )

    def add(self, sentence: str) -> None:
        """Remember a sentence."""
        said = _telling(sentence)
        for triple in _triples(said):
            holders = self.by_triple.setdefault(triple, [])
            if len(holders) < _MOST_ALIKE:
                holders.append(len(self.sentences))
        self.sentences.append(frozenset(said))


def _telling(sentence: str) -> list[str]:
    return [word for word in words(sentence) if word not in _FILLERS]


def _triples(said: Sequence[str]) -> frozenset[tuple[str, ...]]:
    if len(said) < _TRIPLE:
        return frozenset([tuple(said)])
    return frozenset(zip(said, said[1:], said[2:], strict=False))
