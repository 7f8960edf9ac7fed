"""The guard's rules about meaning: they need the rest of the two texts to be nearly the same."""

from tokenomics_shared.memory import lexicon as lex
from tokenomics_shared.memory.clauses import Denial
from tokenomics_shared.memory.comparison import Comparison, alike, kinds_of, loose, opposite
from tokenomics_shared.memory.direction import exchanged
from tokenomics_shared.memory.reading import Reading
from tokenomics_shared.memory.tokens import lemma
from tokenomics_shared.memory.veto import CLOSE, NEAR, SAME, Veto, against


def direction(asked: Reading, kept: Reading, together: Comparison) -> Veto | None:
    """The same things in exchanged roles."""
    if together.share < NEAR:
        return None
    turned = exchanged(asked, kept, together)
    return None if turned is None else Veto("direction", turned, core=True)


def negation(asked: Reading, kept: Reading, together: Comparison) -> Veto | None:
    """One denies what the other affirms, unless it only complains."""
    if together.share < CLOSE or len(asked.denials) % 2 == len(kept.denials) % 2:
        return None
    denials: tuple[Denial, ...] = asked.denials if len(asked.denials) % 2 else kept.denials
    other = kept if len(asked.denials) % 2 else asked
    if _excused(denials, asked if other is kept else kept, other):
        return None
    if any(
        opposite(asked.lemmas[one], kept.lemmas[two]) for one, two in together.opposed
    ) and not {"never", "always"} & {*asked.words, *kept.words}:
        return None
    return against("negation", f"not {denials[0].of}", denials[0].of)


_TROUBLE = frozenset(
    "unable trouble difficulty difficulties problem problems fail failed fails failing failure "
    "yet still pending waiting wait missing wrong broken declined denied rejected lost before "
    "stuck without unsuccessful mistakenly mistake issue issues less error stopped refuses "
    "refused disappeared gone impossible hard incorrect incorrectly".split()
)
"""Words that say without a negation that something didn't happen as it should."""
_STANCES = frozenset(
    map(lemma, "sure know mean want understand think like remember agree expect".split())
)
"""What one doesn't do when in need of help: `I don't know how ...`."""


def _excused(denials: tuple[Denial, ...], denying: Reading, other: Reading) -> bool:
    """Whether the negation is a complaint or a stance that the other text words otherwise."""
    if not _TROUBLE.isdisjoint({*other.words} - {*denying.words}):
        return True
    asks = {"how", "where", "can"}
    if all(denial.complaint for denial in denials):
        said = {lemma(word) for word in other.words}
        stance = any(denial.of in _STANCES and denial.of not in said for denial in denials)
        return stance or bool(other.asks)
    if not asks.isdisjoint(other.asks) and asks.isdisjoint(denying.asks):
        return not _CONDITIONS & {*denying.words}
    return not any(denial.of in lex.FUNCTION or _says(other, denial.of) for denial in denials)


def _says(reading: Reading, word: str) -> bool:
    """Whether a text uses a lemma or one that means the same."""
    said = {lemma(other) for other in reading.words}
    return word in said or any(alike(word, other) for other in said)


_CONDITIONS = frozenset("if when which unless happen happens".split())


def antonym(asked: Reading, kept: Reading, together: Comparison) -> Veto | None:
    """Opposite words, unless one of them is denied."""
    if together.share < NEAR or len(asked.denials) % 2 != len(kept.denials) % 2:
        return None
    degrees = _DEGREES.intersection(asked.words), _DEGREES.intersection(kept.words)
    if together.share >= CLOSE and all(degrees) and degrees[0].isdisjoint(degrees[1]):
        return against("antonym", *degrees)
    for one, other in together.opposed:
        first, second = asked.lemmas[one], kept.lemmas[other]
        if opposite(first, second):
            return against("antonym", asked.surfaces[one], kept.surfaces[other])
    return None


_DEGREES = frozenset("more less always ever".split())


def entity(asked: Reading, kept: Reading, together: Comparison) -> Veto | None:
    """Different names, or different members of one closed kind."""
    if together.share >= NEAR:
        for one, other in together.opposed:
            first, second = asked.lemmas[one], kept.lemmas[other]
            strict = loose(first) or loose(second)
            if not opposite(first, second) and (together.share >= SAME or not strict):
                return against("entity", asked.surfaces[one], kept.surfaces[other])
    if together.share < NEAR / 2:
        return None
    return _named(asked, kept, together)


def _named(asked: Reading, kept: Reading, together: Comparison) -> Veto | None:
    """Names that only one of the texts has, where neither merely adds to a name both have."""
    there = dict(together.pairs)
    for one in _names(asked, together.left):
        for other in _names(kept, together.right):
            beside = {
                there[place]
                for place in (one - 1, one + 1)
                if place in there and asked.lemmas[place] in asked.capitals
            }
            beside_kept = {
                place
                for place in (other - 1, other + 1)
                if place in there.values() and kept.lemmas[place] in kept.capitals
            }
            if beside & beside_kept or not (beside or beside_kept):
                return against("entity", asked.surfaces[one], kept.surfaces[other])
    return None


def _names(reading: Reading, places: tuple[int, ...]) -> list[int]:
    return [
        place
        for place in places
        if reading.lemmas[place] in reading.capitals and reading.surfaces[place] not in lex.UNITS
    ]


_SPECIFIC = frozenset(
    "why when where who how how_much how_many how_far how_old how_often how_long how_tall how_big "
    "how_fast how_deep how_heavy how_hot how_wide".split()
)
_AKIN = ({"how", "where"}, {"how_much", "how_many"}, {"who", "where"})
_TELLING = (
    {"what", "why"},
    {"can", "why"},
    {"whether", "why"},
    {"can", "when"},
    {"can", "how"},
    {"whether", "how_many"},
    {"whether", "how_much"},
)
"""Kinds that differ though one of them is vague; counted where the rest is the same."""
_TIMES = frozenset({"when", "how_long", "how_often", "how_fast"})


def question(  # noqa: PLR0911 -- one for each ground
    asked: Reading, kept: Reading, together: Comparison
) -> Veto | None:
    """Different kinds of question about the same thing."""
    if together.share < NEAR or len(asked.asks) != 1 or len(kept.asks) != 1:
        return None
    first, second = asked.asks[0], kept.asks[0]
    if first == second or {first, second} <= _TIMES:
        return None
    if {first, second} in _AKIN or (first[:3] == second[:3] == "how" and "how" in {first, second}):
        return None
    if first in _SPECIFIC and second in _SPECIFIC:
        return against("question", first, second)
    single = asked.sentences == kept.sentences == 1
    if single and together.share >= SAME and {first, second} in _TELLING:
        return against("question", first, second)
    return None


_RESTRICTIONS = frozenset("only except alternate exclusively neither".split())
_QUANTITIES = {
    "all": "all", "every": "all", "each": "all", "everything": "all", "some": "some",
    "few": "few", "none": "none", "no": "none", "half": "half",
}  # fmt: skip


def scope(asked: Reading, kept: Reading, together: Comparison) -> Veto | None:
    """Another owner, or a quantity or restriction in one only."""
    if together.share < CLOSE:
        return None
    for owner, head in sorted(asked.owned):
        for other, thing in sorted(kept.owned):
            if head == thing and owner != other and asked.subjects == kept.subjects:
                return against("scope", f"{owner} {head}", f"{other} {thing}")
    first = _RESTRICTIONS.intersection(asked.words)
    second = _RESTRICTIONS.intersection(kept.words)
    if first != second:
        return against("scope", first - second, second - first)
    many = {_QUANTITIES[word] for word in asked.words if word in _QUANTITIES}
    few = {_QUANTITIES[word] for word in kept.words if word in _QUANTITIES}
    return against("scope", many, few) if many and few and many.isdisjoint(few) else None


def slot(asked: Reading, kept: Reading, together: Comparison) -> Veto | None:
    """One word differs in one place of a sentence that is otherwise the same."""
    if len(together.left) != 1 or len(together.right) != 1 or together.opposed:
        return None
    one, other = together.left[0], together.right[0]
    if len(together.pairs) < 2 or asked.roles[one] != kept.roles[other]:  # noqa: PLR2004
        return None
    if _limits(asked.lemmas[one], kept.lemmas[other]) or _framed(asked, kept, together):
        return against("slot", asked.surfaces[one], kept.surfaces[other])
    return None


def _limits(first: str, second: str) -> bool:
    """Whether one word limits the thing spoken of as determiners do (`all`, `temporary`)."""
    return not _LIMITING.isdisjoint(kinds_of(first) | kinds_of(second))


_LIMITING = frozenset({"quantity", "standing", "ordinal", "restriction"})


def _framed(asked: Reading, kept: Reading, together: Comparison) -> bool:
    """Whether the two texts are one sentence with another word in one place."""
    one, other = asked.surfaces[together.left[0]], kept.surfaces[together.right[0]]
    return [w for w in asked.words if w != one] == [w for w in kept.words if w != other]
