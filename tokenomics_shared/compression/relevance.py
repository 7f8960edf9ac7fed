"""How much a sentence matters to a query: its words, its meaning, and where it stands."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

from tokenomics_shared.compression.standing import around, leads, standard, tops
from tokenomics_shared.compression.terms import cues, refers_back, stem, terms, words

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
    """What the signs of relevance are worth, in standard deviations each unless it says else.

    Attributes:
        shared: words shared with the query.
        covered: how much of the query the paragraph has.
        sentence: how much of it the whole sentence has that a clause is of.
        close: closeness in meaning.
        best: that of the paragraph's closest sentence.
        around: what the others of the paragraph share and are close, fading with distance.
        refers: for a sentence that refers to the one before it: the words which that one shares.
        order: being in the first text, half of it in the second, and so on: texts come best
            first from whatever retrieved them. Not in standard deviations, and only for a query.
        cue: having the kind of thing that is asked for; not in standard deviations.
    """

    shared: float = 0.4
    covered: float = 0.7
    sentence: float = 0.3
    close: float = 0.4
    best: float = 1.2
    around: float = 0.25
    refers: float = 0.2
    order: float = 1.3
    cue: float = 1.7


FITTED = Weights()
"""A conditional logit (McFadden 1974) of which sentences hold the answer, among those retrieved
for 676 questions on the development half of XQuAD, rounded. Fitted without the articles in
question, the weights differ by little, and keep as many answers within 0.2 points."""

WORDS_ALONE = Weights(
    shared=0.7,
    covered=0.6,
    sentence=0.3,
    close=0,
    best=0,
    around=0.4,
    refers=0.2,
    order=2,
    cue=1.7,
)
"""The same for when there is no embedder, with less trust in the order than fits best (2.8), for
not every caller's texts are sorted."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A unit of one of the texts.

    Attributes:
        text: the text's place among the texts.
        passage: the paragraph's number over all texts.
        words: what it says.
        goes_on: it is a clause of the sentence that the one before it is of.
    """

    text: int
    passage: int
    words: str
    goes_on: bool = False


def relevance(
    sentences: Sequence[Sentence],
    query: str,
    embed: Embed | None,
    weights: Weights | None = None,
) -> list[float]:
    """How much each sentence matters, on a scale of its own.

    Signs are added up as standard scores: words shared with the query (BM25 over the given
    sentences), closeness in meaning, the same of its paragraph and of the sentences around it,
    since an answer often stands beside the sentence that matches, and whether it has the kind
    of thing that the question asks for.

    Args:
        sentences: in order.
        query: what they are wanted for; without one, those in the middle of the matter count.
        embed: None to go by words alone.
        weights: what each sign is worth; None for those that suit the embedder or its absence.
    """
    weights = weights or (WORDS_ALONE if embed is None else FITTED)
    known = bool(query.strip())
    asked = terms(query) if known else _subject(sentences)
    matches = _matches(sentences, [term for term, _ in Counter(asked).most_common(MOST_TERMS)])
    passages, lexical = _passages(sentences), _bm25(matches)
    said = near = standard(lexical)
    signs = [
        (weights.shared, said),
        (weights.covered, standard(_covered(passages, matches))),
        (weights.sentence, standard(_covered(_wholes(sentences), matches))),
        (weights.refers, _inherited(sentences, passages, said)),
        (weights.cue, _cued(sentences, query)),
    ]
    if embed is not None:
        close = _closeness(sentences, lexical, query if known else _gist(sentences), embed)
        meant = standard(close)
        near = [one + other for one, other in zip(said, meant, strict=True)]
        signs += [(weights.close, meant), (weights.best, standard(tops(passages, close)))]
    signs.append((weights.around, around(passages, near)))
    order = (1.0, leads(passages))
    if known:
        order = (weights.order, [1 / (1 + one.text) for one in sentences])
    return _added([*signs, order])


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


def _covered(parts: Sequence[Sequence[int]], matches: _Matches) -> list[float]:
    """How much of the query the part has that each one is in."""
    covered: list[float] = []
    for part in parts:
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


def _passages(sentences: Sequence[Sentence]) -> list[list[int]]:
    """Places of the sentences of each paragraph."""
    return [
        list(part)
        for _, part in groupby(range(len(sentences)), key=lambda at: sentences[at].passage)
    ]


def _wholes(sentences: Sequence[Sentence]) -> list[list[int]]:
    """Places of the clauses of each sentence."""
    wholes: list[list[int]] = []
    for at, one in enumerate(sentences):
        if one.goes_on and wholes:
            wholes[-1].append(at)
        else:
            wholes.append([at])
    return wholes


def _inherited(
    sentences: Sequence[Sentence], passages: Sequence[Sequence[int]], values: Sequence[float]
) -> list[float]:
    """What the sentence before has, for those that refer to it; else 0."""
    found = [0.0] * len(values)
    for part in passages:
        for before, at in pairwise(part):
            if refers_back(sentences[at].words):
                found[at] = values[before]
    return found


def _cued(sentences: Sequence[Sentence], query: str) -> list[float]:
    """How many kinds of thing that are asked for each one has."""
    wanted = cues(query)
    return [float(sum(bool(cue.search(one.words)) for cue in wanted)) for one in sentences]


def _added(signs: Sequence[tuple[float, Sequence[float]]]) -> list[float]:
    """The weighted sum."""
    total = [0.0] * len(signs[0][1])
    for weight, values in signs:
        if weight:
            total = [so_far + weight * one for so_far, one in zip(total, values, strict=True)]
    return total


def _subject(sentences: Sequence[Sentence]) -> list[str]:
    """What the sentences are about, when nobody asked: their terms, the frequent ones first."""
    return [term for sentence in sentences[:MOST_READ] for term in terms(sentence.words)]


def _gist(sentences: Sequence[Sentence]) -> str:
    """How each paragraph begins, as the query that nobody asked."""
    firsts = [sentences[part[0]].words for part in _passages(sentences)]
    return " ".join(firsts)[:GIST]
