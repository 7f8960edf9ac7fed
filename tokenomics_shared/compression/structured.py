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
        kind: TextKind = "context",  # noqa: ARG002 - rows and records are treated alike
    ) -> list[str]:
        """Shorten what has a shape, to a budget of tokens of all texts together."""
        tokens = [self._count(text) for text in texts]
        if sum(tokens) <= budget:
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
        whole = [reading.text(range_set(reading)) for reading in readings]
        counts = [self._count(text) for text in whole]
        if sum(counts) <= budget:
            return whole
        densities = [n / max(len(t), 1) for n, t in zip(counts, whole, strict=True)]
        best: list[str] | None = None
        aim = float(budget)
        for _ in range(_ROUNDS):
            kept = select(readings, densities, aim)
            tried = [r.text(k) for r, k in zip(readings, kept, strict=True)]
            total = sum(map(self._count, tried))
            if total <= budget and (best is None or total > sum(map(self._count, best))):
                best = tried
            if _FULL * budget <= total <= budget:
                break
            aim *= 0.98 * budget / max(total, 1)
        return best or self._least(texts, readings, densities)

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


def range_set(reading: Reading) -> frozenset[int]:
    """All units of a text."""
    return frozenset(range(len(reading.units)))
