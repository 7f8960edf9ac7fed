"""How much a sentence matters to a query: its words, its meaning, and where it stands."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from tokenomics_shared.compression.terms import cues, stem, terms, words

Embed = Callable[[Sequence[str]], Any]
"""Unit vectors, a row a text, as an array that knows `rows @ vector` and `tolist()`."""

MOST_EMBEDDED = 400
"""Sentences that are embedded at most: of more, those that share most words with the query."""

MOST_TERMS = 40
"""Terms of a query that count, the most frequent first: a long one is a text itself."""

SATURATION, LENGTH_NORM = 0.4, 0.25
"""BM25's k1 and b (Robertson and Zaragoza 2009, §3.4). Within a sentence repetition says little,
and a long sentence is as good as a short one."""

MOST_READ = 5_000
"""Sentences that tell what a text is about."""

GIST = 1_000
"""Characters that stand for what it is about; embedders read little more."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What the signs of relevance are worth, in standard deviations each. Fitted to nothing.

    Attributes:
        shared: words shared with the query.
        covered: how much of the query the paragraph has.
        close: closeness in meaning.
        beside: what the better neighbour has of that, or of words where there is no meaning.
        paragraph: the paragraph's mean closeness.
        best: that of its closest sentence.
        cue: having the kind of thing that is asked for.
    """

    shared: float = 1.0
    covered: float = 0.7
    close: float = 0.7
    beside: float = 0.3
    paragraph: float = 0.8
    best: float = 0.5
    cue: float = 1.5


PLAIN = Weights()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A unit of one of the texts.

    Attributes:
        text: the text's place among the texts.
        passage: the paragraph's number over all texts.
        words: what it says.
    """

    text: int
    passage: int
    words: str


def relevance(
    sentences: Sequence[Sentence], query: str, embed: Embed | None, weights: Weights = PLAIN
) -> list[float]:
    """How much each sentence matters, on a scale of its own.

    Signs are added up as standard scores: words shared with the query (BM25 over the given
    sentences), closeness in meaning, the same of its paragraph, its neighbours' closeness, since
    an answer often stands beside the sentence that matches, and whether it has the kind of thing
    that the question asks for.

    Args:
        sentences: in order.
        query: what they are wanted for; without one, those in the middle of the matter count.
        embed: None to go by words alone.
        weights: what each sign is worth.
    """
    known = bool(query.strip())
    asked = terms(query) if known else _subject(sentences)
    matches = _matches(sentences, [term for term, _ in Counter(asked).most_common(MOST_TERMS)])
    lexical = _bm25(matches)
    signs = [(weights.shared, lexical), (weights.covered, _covered(sentences, matches))]
    if embed is not None:
        close = _closeness(sentences, lexical, query if known else _gist(sentences), embed)
        signs += [(weights.close, close), (weights.beside, _beside(sentences, close))]
        means, tops = _of_passages(sentences, close)
        signs += [(weights.paragraph, means), (weights.best, tops)]
    else:
        signs.append((weights.beside, _beside(sentences, lexical)))
    scores = _added(signs)
    wanted = cues(query)
    return [
        score
        + weights.cue * sum(bool(cue.search(one.words)) for cue in wanted)
        + (0 if known else lead)
        for score, one, lead in zip(scores, sentences, _leads(sentences), strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Matches:
    """Which terms of a query are in which sentences.

    Attributes:
        counts: how often, by term, for each sentence.
        lengths: the sentences' words.
        idf: how telling each term is among these sentences.
    """

    counts: list[dict[str, int]]
    lengths: list[int]
    idf: dict[str, float]


def _matches(sentences: Sequence[Sentence], asked: Sequence[str]) -> _Matches:
    wanted = frozenset(asked)
    counts: list[dict[str, int]] = []
    lengths: list[int] = []
    found_in: Counter[str] = Counter()
    for sentence in sentences:
        said = words(sentence.words)
        counted = Counter(wanted.intersection(map(stem, said)))
        if counted:
            counted = Counter(term for term in map(stem, said) if term in wanted)
            found_in.update(counted.keys())
        counts.append(counted)
        lengths.append(len(said))
    many = len(sentences)
    idf = {
        term: math.log(1 + (many - found_in[term] + 0.5) / (found_in[term] + 0.5))
        for term in asked
    }
    return _Matches(counts, lengths, idf)


def _bm25(matches: _Matches) -> list[float]:
    mean = sum(matches.lengths) / max(1, len(matches.lengths)) or 1.0
    return [
        sum(
            matches.idf[term]
            * many
            * (SATURATION + 1)
            / (many + SATURATION * (1 - LENGTH_NORM + LENGTH_NORM * length / mean))
            for term, many in sorted(counts.items())
        )
        for counts, length in zip(matches.counts, matches.lengths, strict=True)
    ]


def _covered(sentences: Sequence[Sentence], matches: _Matches) -> list[float]:
    """How much of the query each one's paragraph has."""
    covered: list[float] = []
    for part in _passages(sentences):
        found = sorted({term for at in part for term in matches.counts[at]})
        covered += [sum(matches.idf[term] for term in found)] * len(part)
    return covered


def _closeness(
    sentences: Sequence[Sentence], lexical: Sequence[float], query: str, embed: Embed
) -> list[float]:
    """How close in meaning each is to the query: cosines."""
    chosen: Sequence[int] = range(len(sentences))
    if len(sentences) > MOST_EMBEDDED:
        best = sorted(chosen, key=lambda at: (-lexical[at], at))[:MOST_EMBEDDED]
        chosen = sorted(best)
    rows = embed([query, *(sentences[at].words for at in chosen)])
    near = [float(value) for value in (rows[1:] @ rows[0]).tolist()]
    # What wasn't embedded is taken to be as far as the farthest.
    close = [min(near)] * len(sentences)
    for at, value in zip(chosen, near, strict=True):
        close[at] = value
    return close


def _of_passages(
    sentences: Sequence[Sentence], values: Sequence[float]
) -> tuple[list[float], list[float]]:
    """The mean and the most of each one's paragraph."""
    means: list[float] = []
    tops: list[float] = []
    for part in _passages(sentences):
        inside = [values[at] for at in part]
        means += [sum(inside) / len(part)] * len(part)
        tops += [max(inside)] * len(part)
    return means, tops


def _passages(sentences: Sequence[Sentence]) -> list[list[int]]:
    """Places of the sentences of each paragraph."""
    return [
        list(part)
        for _, part in groupby(range(len(sentences)), key=lambda at: sentences[at].passage)
    ]


def _beside(sentences: Sequence[Sentence], values: Sequence[float]) -> list[float]:
    """The better of each one's neighbours in its paragraph; its own when it stands alone."""
    found: list[float] = []
    for part in _passages(sentences):
        inside = [values[at] for at in part]
        for place, own in enumerate(inside):
            around = [*inside[max(0, place - 1) : place], *inside[place + 1 : place + 2]]
            found.append(max(around, default=own))
    return found


def _added(signs: Sequence[tuple[float, Sequence[float]]]) -> list[float]:
    """The weighted sum of standard scores."""
    total = [0.0] * len(signs[0][1])
    for weight, values in signs:
        mean = sum(values) / max(1, len(values))
        spread = math.sqrt(sum((value - mean) ** 2 for value in values) / max(1, len(values)))
        if spread > _LEAST_SPREAD:
            total = [
                so_far + weight * (value - mean) / spread
                for so_far, value in zip(total, values, strict=True)
            ]
    return total


_LEAST_SPREAD = 1e-9


def _subject(sentences: Sequence[Sentence]) -> list[str]:
    """What the sentences are about, when nobody asked: their terms, the frequent ones first."""
    return [term for sentence in sentences[:MOST_READ] for term in terms(sentence.words)]


def _gist(sentences: Sequence[Sentence]) -> str:
    """How each paragraph begins, as the query that nobody asked."""
    firsts = [sentences[part[0]].words for part in _passages(sentences)]
    return " ".join(firsts)[:GIST]


def _leads(sentences: Sequence[Sentence]) -> list[float]:
    """Sentences that open a paragraph say most of what it is about; then ever less."""
    return [1 / (1 + place) for part in _passages(sentences) for place in range(len(part))]
