"""Texts of several kinds under one budget: each kind by the compressor that reads it."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from math import log

from tokenomics_shared.planning import Compressor, Count, TextKind

LEAST_SHARE = 8
"""A kind is sure of one in so many tokens of the budget, however little of the query it holds."""

NEEDED = 0.25
"""A text that holds less of the query than this share of what the best text does is beside it."""

ROUNDS = 4
"""What one kind can't give up the other is asked for; two rounds settle it, four are ample."""

LOOK_AT = 100_000
"""Characters of a text that are searched for the query's words, which bounds the cost."""

_WORD = re.compile(r"\w{3,}")


class Mixed:
    """Prose by one compressor, structured texts (JSON, logs, tables, HTML) by another.

    The budget is divided by tokens, weighted with how many of the query's words the texts hold;
    what a kind doesn't need the other gets, and each is sure of an eighth of the budget.

    Attributes:
        name: "auto", since it chooses by text.
        blocking: one of its compressors is.
    """

    name = "auto"

    def __init__(
        self,
        count: Count,
        prose: Compressor,
        structured: Compressor,
        is_structured: Callable[[str], bool],
    ) -> None:
        """Put it together.

        Args:
            count: counts tokens; the same for both compressors.
            prose: shortens what is no structured text.
            structured: shortens what is.
            is_structured: tells them apart.
        """
        self._count = count
        self._prose = prose
        self._structured = structured
        self._is_structured = is_structured

    @property
    def blocking(self) -> bool:
        """Whether either of its compressors may take long."""
        return self._prose.blocking or self._structured.blocking

    def compress(
        self, texts: Sequence[str], query: str, budget: int, kind: TextKind = "context"
    ) -> list[str]:
        """Shorten texts that are sent together, as many and in the same order."""
        now = list(texts)
        for _ in range(ROUNDS):
            shorter = self._shortened(now, query, budget, kind)
            if shorter == now:
                break
            now = shorter
        return now

    def _shortened(self, texts: list[str], query: str, budget: int, kind: TextKind) -> list[str]:
        tokens = [self._count(text) for text in texts]
        if sum(tokens) <= budget:
            return texts
        # The rows that a user pastes are asked about: all of them stay, as all numbers do.
        read = [kind != "question" and self._is_structured(text) for text in texts]
        made = [place for place, structured in enumerate(read) if structured]
        written = [place for place, structured in enumerate(read) if not structured]
        if not made or not written:
            compressor = self._structured if made else self._prose
            return compressor.compress(texts, query, budget, kind)
        worth = _worth(texts, query)
        share = _share(tokens, worth, made, budget)
        shorter = _replaced(texts, made, self._structured, query, share, kind)
        if kind == "context":
            shorter = self._without(shorter, worth, made, share)
        rest = budget - sum(self._count(shorter[place]) for place in made)
        rest = max(rest, budget // LEAST_SHARE, 1)
        return _replaced(shorter, written, self._prose, query, rest, kind)

    def _without(
        self, texts: list[str], worth: list[float], made: list[int], share: int
    ) -> list[str]:
        """The texts less those structured ones that are over their share and beside the point.

        The few rows that any table keeps would otherwise be paid for with sentences that answer.
        """
        kept = list(texts)
        over = sum(self._count(texts[place]) for place in made) - share
        needless = [place for place in made if worth[place] < max(worth) * NEEDED]
        for place in sorted(needless, key=lambda place: (worth[place], place)):
            if over > 0:
                over -= self._count(texts[place])
                kept[place] = ""
        return kept


def _share(tokens: list[int], worth: list[float], made: list[int], budget: int) -> int:
    """Tokens for the structured texts, whose places are `made`."""
    structured = set(made)
    best = max(worth) or 1.0
    sums, weights = [0, 0], [0.0, 0.0]
    for place, size in enumerate(tokens):
        sums[place in structured] += size
        weights[place in structured] += size * (NEEDED + worth[place] / best)
    share = int(budget * weights[1] / sum(weights))
    least = budget // LEAST_SHARE
    share = min(max(share, least), budget - least)
    # What either kind doesn't need is for the other.
    return max(1, budget - sums[0] if sums[0] < budget - share else share)


def _worth(texts: list[str], query: str) -> list[float]:
    """How much of the query each text holds: its words, the rarer the more."""
    wanted = _words(query)
    held = [wanted & _words(text) for text in texts]
    texts_with = Counter(word for words in held for word in words)
    rarity = {word: log(1 + len(texts) / times) for word, times in texts_with.items()}
    return [sum(rarity[word] for word in sorted(words)) for words in held]


def _replaced(
    texts: list[str],
    places: list[int],
    compressor: Compressor,
    query: str,
    budget: int,
    kind: TextKind,
) -> list[str]:
    """All texts, those at the places shortened."""
    shorter = compressor.compress([texts[place] for place in places], query, budget, kind)
    replaced = dict(zip(places, shorter, strict=True))
    return [replaced.get(place, text) for place, text in enumerate(texts)]


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text[:LOOK_AT].lower()))
