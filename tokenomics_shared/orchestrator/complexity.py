"""How hard a question looks: length, keywords, structure."""

from tokenomics_shared.types import Complexity

LONG, VERY_LONG = 20, 60
"""Words from which a question counts as long."""

LOOK_AT = 4096
"""Characters looked at. Where a long text is going shows early, and the cost stays bounded."""

_HARD = frozenset(
    "analyse analyze architect calculate compare contrast critique debug derive design discuss "
    "evaluate explain how implement justify optimise optimize prove refactor why".split()
)
_EASY = frozenset("define list name translate what when where which who".split())
_STRIP = str.maketrans(dict.fromkeys(".,;:!?\"'()[]{}<>`*_", " "))


def complexity_of(text: str) -> Complexity:
    """Classify a question as simple, medium or complex.

    Points: up to two for length, up to two for words that ask for reasoning, one for several
    questions in one, one for code; one off for opening with a word that asks for a fact. None is
    simple, up to two medium, more complex.
    """
    head = text[:LOOK_AT]
    words = head.lower().translate(_STRIP).split()
    distinct = set(words)
    points = (len(words) >= LONG) + (len(words) >= VERY_LONG)
    points += min(2, len(distinct & _HARD))
    points += head.count("?") > 1
    points += "```" in head or "\ndef " in head
    points -= not _EASY.isdisjoint(words[:3])
    if points <= 0:
        return "simple"
    return "medium" if points <= 2 else "complex"  # noqa: PLR2004 -- as said above
