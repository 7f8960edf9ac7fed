"""Structured compression: the rows of tool results that matter, and how many others there were."""

from collections.abc import Sequence

from tokenomics_shared.compression.reading import Reading, marked
from tokenomics_shared.compression.selecting import select
from tokenomics_shared.compression.shapes import read
from tokenomics_shared.compression.wanted import Wanted
from tokenomics_shared.planning import Count, TextKind

_ROUNDS = 5
"""Times that what was chosen is counted, at most."""
_FULL = 0.93
"""Share of the budget from which more is no longer looked for."""
_NEAR = 1.3
"""Times the budget up to which a guess of a text's tokens may be wrong."""
_SAMPLE = 4000
"""Characters by whose tokens those of a text are guessed."""


class Structured:
    """Shortens JSON, tables, logs, HTML and stack traces; leaves prose alone.

    Whole records, rows and lines go or stay. Those stay that match the query, tell of a fault,
    are extreme or rare, or come first or last; what went is counted in a note. JSON stays JSON:
    an array that lost elements ends with `{"…":"482 more like these"}`. A text with such a note
    is never shortened again.

    Example:
        >>> rows = [{"id": n, "ok": n != 61} for n in range(99)]
        >>> texts = [json.dumps(rows)]
        >>> short, = Structured(lambda text: len(text) // 4).compress(texts, "", 60)
        >>> '{"id":61,"ok":false}' in short
        True
    """

    name = "structured"
    blocking = False

    def __init__(self, count: Count) -> None:
        """Make one.

        Args:
            count: how many tokens a text has.
        """
        self._count = count

    def compress(
        self,
        texts: Sequence[str],
        query: str,
        budget: int,
        kind: TextKind = "context",
    ) -> list[str]:
        """Shorten what has a shape, to a budget of tokens of all texts together.

        Rows of a question stay, all of them: each has a number or a name.
        """
        tokens = [self._count(text) for text in texts]
        if kind == "question" or sum(tokens) <= budget:
            return list(texts)
        wanted = Wanted(query)
        found = {
            place: reading[1]
            for place, text in enumerate(texts)
            if not marked(text) and (reading := read(text, wanted))
        }
        left = budget - sum(n for place, n in enumerate(tokens) if place not in found)
        short = self._fit([texts[at] for at in found], list(found.values()), left)
        results = list(texts)
        for place, text in zip(found, short, strict=True):
            results[place] = text
        return results

    def _fit(self, texts: Sequence[str], readings: Sequence[Reading], budget: int) -> list[str]:
        """The readings as texts within the budget, or as short as they get."""
        whole = [reading.text(frozenset(range(len(reading.units)))) for reading in readings]
        densities = [self._density(text) for text in whole]
        guess = sum(d * len(text) for d, text in zip(densities, whole, strict=True))
        if guess <= _NEAR * budget and sum(map(self._count, whole)) <= budget:
            return whole
        best, most = None, 0
        aim = float(budget)
        for _ in range(_ROUNDS):
            kept = select(readings, densities, aim)
            tried = [r.text(k) for r, k in zip(readings, kept, strict=True)]
            total = sum(map(self._count, tried))
            if most < total <= budget:
                best, most = tried, total
            if _FULL * budget <= total <= budget:
                break
            aim *= 0.98 * budget / max(total, 1)
        return best or self._least(texts, readings, densities)

    def _density(self, text: str) -> float:
        """Tokens per character of a text, by what is in its middle."""
        middle = max(len(text) - _SAMPLE, 0) // 2
        sample = text[middle : middle + _SAMPLE]
        return max(self._count(sample), 1) / max(len(sample), 1)

    def _least(
        self, texts: Sequence[str], readings: Sequence[Reading], densities: Sequence[float]
    ) -> list[str]:
        """As short as they get; as they were where that saves nothing, or leaves nothing out."""
        kept = select(readings, densities, 0.0)
        results = []
        for text, reading, chosen in zip(texts, readings, kept, strict=True):
            short = reading.text(chosen)
            saves = marked(short) and self._count(short) < self._count(text)
            results.append(short if saves else text)
        return results
