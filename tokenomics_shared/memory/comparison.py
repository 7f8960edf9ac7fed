"""Sets two readings side by side: which words they share, which stand against one another."""

from dataclasses import dataclass
from functools import cache, lru_cache

from tokenomics_shared.memory.contrasts import LOOSE, antonyms, kinds
from tokenomics_shared.memory.reading import Reading
from tokenomics_shared.memory.synonyms import groups
from tokenomics_shared.memory.tokens import lemma

_NEGATING = frozenset("un in im il ir dis de non mis anti counter".split())  # codespell:ignore mis
_ENDINGS = frozenset(
    "|s|y|i|e|er|or|ion|ation|ition|tion|sion|ment|ance|ence|"  # codespell:ignore ment
    "anc|enc|al|ally|ic|ical|ly|ity|iti|ness|able|abl|ible|ibl|"  # codespell:ignore anc,abl
    "ive|iv|ing|ed|ize|ise|iz|is|ist|ism|ous|ful|full|n|an|ian|"  # codespell:ignore ist
    "ese|es|ish|at|ate|ication|icat|ship|hood|en|th|t|ant|ent|age|ag|ary|ar".split("|")
)
"""What may follow a shared stem in words of one family (`verify`, `verification`)."""
_STEM = 4
_TYPO = 5


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two readings, aligned.

    Attributes:
        left: places of the asked text's content words that the kept text has no like of.
        right: the reverse.
        pairs: aligned places of shared words, (asked, kept).
        opposed: places of words that exclude one another, taken out of left and right.
        share: likeness in [0, 1]: twice the shared or opposed words over all (Dice).
    """

    left: tuple[int, ...]
    right: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]
    opposed: tuple[tuple[int, int], ...]
    share: float


def compare(asked: Reading, kept: Reading) -> Comparison:
    """Align the content words of two readings: equal, alike, then opposed."""
    left = list(range(len(asked.lemmas)))
    right = list(range(len(kept.lemmas)))
    pairs = _equal(asked, kept, left, right)
    if len(left) * len(right) <= _MOST:
        pairs += _matching(asked, kept, left, right, opposite=False)
        opposed = _matching(asked, kept, left, right, opposite=True)
    else:
        opposed = []
    total = len(asked.lemmas) + len(kept.lemmas)
    met = len(pairs) + len(opposed)
    return Comparison(
        tuple(left),
        tuple(right),
        tuple(sorted(pairs)),
        tuple(opposed),
        2 * met / total if total else 1.0,
    )


_MOST = 2_500
"""Pairs of unshared words that are looked at: texts that share less are not near anyway."""


def _equal(
    asked: Reading, kept: Reading, left: list[int], right: list[int]
) -> list[tuple[int, int]]:
    free: dict[str, list[int]] = {}
    for place in reversed(right):
        free.setdefault(kept.lemmas[place], []).append(place)
    pairs = []
    for place in left:
        places = free.get(asked.lemmas[place])
        if places:
            pairs.append((place, places.pop()))
    _drop(pairs, left, right)
    return pairs


def _matching(
    asked: Reading, kept: Reading, left: list[int], right: list[int], *, opposite: bool
) -> list[tuple[int, int]]:
    test = excludes if opposite else alike
    fits = [
        (place, other)
        for place in left
        for other in right
        if test(asked.lemmas[place], kept.lemmas[other])
    ]
    if len(fits) > 1:  # in an order that doesn't depend on which text is which
        fits.sort(key=lambda fit: _order(asked.lemmas[fit[0]], kept.lemmas[fit[1]], fit))
    found: list[tuple[int, int]] = []
    for place, other in fits:
        if place in left and other in right:
            found.append((place, other))
            left.remove(place)
            right.remove(other)
    return found


def _order(first: str, second: str, fit: tuple[int, int]) -> tuple[str, str, int, int]:
    return min(first, second), max(first, second), abs(fit[0] - fit[1]), sum(fit)


def _drop(pairs: list[tuple[int, int]], left: list[int], right: list[int]) -> None:
    gone_left = {place for place, _ in pairs}
    gone_right = {place for _, place in pairs}
    left[:] = [place for place in left if place not in gone_left]
    right[:] = [place for place in right if place not in gone_right]


@cache
def _opposites() -> dict[str, frozenset[str]]:
    return {lemma(word): frozenset(map(lemma, others)) for word, others in antonyms().items()}


@cache
def _kinds() -> dict[str, frozenset[str]]:
    return {lemma(word): belongs for word, belongs in kinds().items()}


@cache
def _groups() -> dict[str, frozenset[int]]:
    merged: dict[str, frozenset[int]] = {}
    for word, numbers in groups().items():
        key = lemma(word)
        merged[key] = merged.get(key, frozenset()) | numbers
    return merged


@cache
def _loose() -> frozenset[str]:
    return frozenset(map(lemma, LOOSE))


def loose(word: str) -> bool:
    """Whether a word of a closed kind is too common to stand for it by itself."""
    return word in _loose()


def opposite(first: str, second: str) -> bool:
    """Whether two lemmas are antonyms, by list or by prefix."""
    plain, other = _positive(first), _positive(second)
    return (
        second in _opposites().get(first, ())
        or other in _opposites().get(plain, ())
        or _negates(first, second)
    )


def _positive(word: str) -> str:
    """The adjective that a comparative or superlative grew from, where its opposite is known."""
    for ending in ("iest", "ier", "est", "er"):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            stem = word[: -len(ending)]
            stem = f"{stem}y" if ending[0] == "i" else stem
            return lemma(stem[:-1] if stem[-1] == stem[-2] else stem)
    return word


def _negates(first: str, second: str) -> bool:
    short, long = sorted((first, second), key=len)
    return (
        len(short) > 2  # noqa: PLR2004 -- `use` is the shortest base
        and len(long) > len(short)
        and long.endswith(short)
        and long[: -len(short)].rstrip("-") in _NEGATING
    )


def known(word: str) -> bool:
    """Whether a lemma is in a closed kind, such as the countries."""
    return word in _kinds()


@lru_cache(maxsize=65_536)
def excludes(first: str, second: str) -> bool:
    """Whether what is one of two lemmas cannot be the other."""
    if first > second:
        return excludes(second, first)
    if opposite(first, second):
        return True
    if _groups().get(first, _NONE) & _groups().get(second, _NONE):
        return False
    return not kinds_of(first).isdisjoint(kinds_of(second))


_NONE: frozenset[int] = frozenset()


def kinds_of(word: str) -> frozenset[str]:
    """The closed kinds a lemma belongs to."""
    return _kinds().get(word, frozenset())


@lru_cache(maxsize=65_536)
def alike(first: str, second: str) -> bool:  # noqa: PLR0911 -- one for each ground
    """Whether two different lemmas mean the same: synonyms, one family, or a slip of the pen."""
    if first > second:
        return alike(second, first)
    if excludes(first, second):
        return False
    if _groups().get(first, _NONE) & _groups().get(second, _NONE):
        return True
    if first[-2:] == second[-2:] in {"er", "st"} and (
        _groups().get(_positive(first), _NONE) & _groups().get(_positive(second), _NONE)
    ):
        return True
    if first.endswith(f"_{second}") or second.endswith(f"_{first}"):
        return True
    if not (first.isalpha() and second.isalpha()) or (known(first) and known(second)):
        return False
    return _family(first, second) or _slip(first, second)


def _family(first: str, second: str) -> bool:
    short = min(len(first), len(second))
    stem = 0
    while stem < short and first[stem] == second[stem]:
        stem += 1
    if stem < _STEM or stem < short - 3:
        return False
    return first[stem:] in _ENDINGS and second[stem:] in _ENDINGS


def _slip(first: str, second: str) -> bool:
    """Whether one letter was dropped, doubled, changed or swapped with its neighbour."""
    if first[0] != second[0] or min(len(first), len(second)) < _TYPO:
        return False
    if abs(len(first) - len(second)) > 1:
        return False
    start = 0
    while start < min(len(first), len(second)) and first[start] == second[start]:
        start += 1
    rest, other = first[start:], second[start:]
    return (
        rest[1:] == other
        or rest == other[1:]
        or rest[1:] == other[1:]
        or (rest[:2] == other[:2][::-1] and rest[2:] == other[2:])
    )
