"""The guard: refuses a stored answer whose question is near but asks for something else.

Embeddings place `from Boston to Chicago` beside `from Chicago to Boston`. Each rule here names one
such difference and explains it. Rules about exact things (numbers, names of code, languages, ...)
look at the whole text; rules about meaning (antonyms, negation, ...) need the rest of the two
texts to be nearly the same, for otherwise wording, not meaning, explains the difference.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tokenomics_shared.memory import direction
from tokenomics_shared.memory import lexicon as lex
from tokenomics_shared.memory.comparison import Comparison, compare, kinds_of, loose, opposite
from tokenomics_shared.memory.reading import Denial, Reading
from tokenomics_shared.memory.tokens import lemma

RULES = {
    "number": "different numbers, or a different operation on them",
    "unit": "different units of one dimension",
    "date": "different months, weekdays or relative times",
    "identifier": "different names of code, files, versions, addresses",
    "quote": "different quoted texts",
    "payload": "the same instruction over another text, or texts too long to compare",
    "language": "different human or programming languages",
    "format": "different forms, lengths or audiences asked for",
    "direction": "the same things in exchanged roles",
    "negation": "one denies what the other affirms",
    "antonym": "opposite words",
    "entity": "different names, or different members of one kind",
    "question": "different kinds of question",
    "scope": "different owners, or a restriction in one only",
    "slot": "one word differs where all others are the same",
}
"""Every rule's name and what it says."""
CORE_RULES = frozenset(
    "number unit date identifier quote payload language format direction".split()
)
"""Rules whose vetoes can be core: those hold even when many witnesses support the answer."""

_NEAR = 0.6
_CLOSE = 0.75
_ALMOST = 0.85
_SAME = 0.95
"""Likeness (Dice) that a rule asks of the other words; 0.95 lets no word of a question differ."""


@dataclass(frozen=True, slots=True)
class Veto:
    """One reason not to serve the stored answer.

    Attributes:
        rule: one of RULES.
        reason: for a human; names the two differing things.
        core: holds even when many witnesses support the answer.
    """

    rule: str
    reason: str
    core: bool


_Rule = Callable[[Reading, Reading, Comparison], Veto | None]


def vetoes(asked: Reading, kept: Reading) -> tuple[Veto, ...]:
    """List every reason why the answer to `kept` must not be served for `asked`."""
    together = compare(asked, kept)
    found = (rule(asked, kept, together) for rule in _RULES)
    return tuple(veto for veto in found if veto is not None)


def _against(rule: str, one: object, other: object, *, core: bool | None = None) -> Veto:
    reason = f"{_shown(one)} against {_shown(other)}"
    return Veto(rule, reason, rule in CORE_RULES if core is None else core)


def _shown(thing: object) -> str:
    if isinstance(thing, str):
        return thing or "nothing"
    parts = [str(part) for part in thing] if isinstance(thing, Iterable) else [str(thing)]
    return ", ".join(sorted(parts)) or "nothing"


def _number(asked: Reading, kept: Reading, together: Comparison) -> Veto | None:
    if asked.operators and kept.operators and asked.operators != kept.operators:
        return _against("number", asked.operators, kept.operators)
    first, second = Counter(asked.numbers), Counter(kept.numbers)
    if first == second:
        return None
    more, less = first - second, second - first
    more, less = _without_ones(more, kept.ones), _without_ones(less, asked.ones)
    if not more and not less:
        return None
    if more and less:
        return _against("number", more, less)
    if together.share >= _ALMOST:
        return _against("number", more or asked.numbers, less or kept.numbers, core=False)
    return None


def _without_ones(numbers: Counter[str], ones: int) -> Counter[str]:
    """Drop the ones that the other text spells as a word."""
    return numbers - Counter({"1": ones})


def _unit(asked: Reading, kept: Reading, together: Comparison) -> Veto | None:
    del together
    for one in sorted(asked.units - kept.units):
        for other in sorted(kept.units - asked.units):
            if _dimensions(one) & _dimensions(other):
                return _against("unit", one, other)
    return None


def _dimensions(unit: str) -> frozenset[str]:
    if unit == "pound":
        return frozenset({"mass", "currency"})
    return frozenset({lex.DIMENSIONS[unit]})


def _date(asked: Reading, kept: Reading, together: Comparison) -> Veto | None:
    del together
    first, second = asked.dates - kept.dates, kept.dates - asked.dates
    return _against("date", first, second) if first and second else None


def _identifier(asked: Reading, kept: Reading, together: Comparison) -> Veto | None:
    first = _codes(asked.identifiers - kept.identifiers, kept)
    second = _codes(kept.identifiers - asked.identifiers, asked)
    if first and second:
        return _against("identifier", first, second)
    if (first or second) and together.share >= _CLOSE:
        return _against("identifier", first, second, core=False)
    return None


def _codes(identifiers: frozenset[str], other: Reading) -> frozenset[str]:
    """Identifiers that the other text doesn't write as plain words (`PayPal`, `paypal`)."""
    bare = {word.replace("-", "") for word in (*other.words, *other.identifiers)}
    return frozenset(code for code in identifiers if code.replace("-", "") not in bare)


def _quote(asked: Reading, kept: Reading, together: Comparison) -> Veto | None:
    del together
    first, second = asked.quotes - kept.quotes, kept.quotes - asked.quotes
    return _against("quote", first, second) if first and second else None


def _payload(asked: Reading, kept: Reading, together: Comparison) -> Veto | None:
    if asked.digest != kept.digest:
        return Veto("payload", "texts too long to be compared differ", core=True)
    first, second = asked.payload, kept.payload
    if first == second:
        return None
    if first and second and (asked.task or kept.task):
        return _against("payload", " ".join(first[:12]), " ".join(second[:12]))
    if (asked.task and not set(first) <= set(kept.words)) or (
        kept.task and not set(second) <= set(asked.words)
    ):
        return (
            _against("payload", " ".join(first[:12]), " ".join(second[:12]), core=False)
            if together.share < _SAME
            else None
        )
    return None


def _language(asked: Reading, kept: Reading, together: Comparison) -> Veto | None:
    first = asked.languages - kept.languages - {*kept.words}
    second = kept.languages - asked.languages - {*asked.words}
    if first and second:
        return _against("language", first, second)
    if (first or second) and together.share >= _CLOSE:
        return _against("language", first, second, core=False)
    return None


def _format(asked: Reading, kept: Reading, together: Comparison) -> Veto | None:
    first, second = asked.formats - kept.formats, kept.formats - asked.formats
    if first and second:
        return _against("format", first, second)
    explicit = {form for form in first | second if not form.startswith("manner")}
    if explicit and asked.makes and kept.makes and together.share >= _NEAR:
        return _against("format", first, second, core=False)
    return None


def _direction(asked: Reading, kept: Reading, together: Comparison) -> Veto | None:
    if together.share < _NEAR:
        return None
    exchanged = direction.exchanged(asked, kept, together)
    if exchanged is None:
        return None
    return Veto("direction", exchanged, core=True)


def _negation(asked: Reading, kept: Reading, together: Comparison) -> Veto | None:
    if together.share < _CLOSE or len(asked.denials) % 2 == len(kept.denials) % 2:
        return None
    denials: tuple[Denial, ...] = asked.denials if len(asked.denials) % 2 else kept.denials
    other = kept if len(asked.denials) % 2 else asked
    if _excused(denials, asked if other is kept else kept, other):
        return None
    if any(
        opposite(asked.lemmas[one], kept.lemmas[two]) for one, two in together.opposed
    ) and not {"never", "always"} & {*asked.words, *kept.words}:
        return None
    return _against("negation", f"not {denials[0].of}", denials[0].of)


_TROUBLE = frozenset(
    "unable trouble difficulty difficulties problem problems fail failed fails failing failure yet "
    "still pending waiting wait missing wrong broken declined denied rejected lost before stuck "
    "without unsuccessful mistakenly mistake issue issues less error stopped refuses refused "
    "disappeared gone impossible hard incorrect incorrectly".split()
)
"""Words that say without a negation that something didn't happen as it should."""
_STANCES = frozenset(
    "sur know mean want understand think lik remember recogniz agree expect".split()
)


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
    said = {lemma(word) for word in other.words}
    return all(denial.of not in said and denial.of not in lex.FUNCTION for denial in denials)


_CONDITIONS = frozenset("if when which unless happen happens".split())


def _antonym(asked: Reading, kept: Reading, together: Comparison) -> Veto | None:
    if together.share < _NEAR or len(asked.denials) % 2 != len(kept.denials) % 2:
        return None
    for one, other in together.opposed:
        first, second = asked.lemmas[one], kept.lemmas[other]
        if opposite(first, second):
            return _against("antonym", asked.surfaces[one], kept.surfaces[other])
    return None


def _entity(asked: Reading, kept: Reading, together: Comparison) -> Veto | None:
    if together.share >= _NEAR:
        for one, other in together.opposed:
            first, second = asked.lemmas[one], kept.lemmas[other]
            strict = loose(first) or loose(second)
            if not opposite(first, second) and (together.share >= _SAME or not strict):
                return _against("entity", asked.surfaces[one], kept.surfaces[other])
    if together.share < _NEAR / 2:
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
                return _against("entity", asked.surfaces[one], kept.surfaces[other])
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


def _question(asked: Reading, kept: Reading, together: Comparison) -> Veto | None:
    if together.share < _NEAR or len(asked.asks) != 1 or len(kept.asks) != 1:
        return None
    first, second = asked.asks[0], kept.asks[0]
    if first == second or {first, second} <= _TIMES:
        return None
    if {first, second} in _AKIN or (first[:3] == second[:3] == "how" and "how" in {first, second}):
        return None
    if first in _SPECIFIC and second in _SPECIFIC:
        return _against("question", first, second)
    single = asked.sentences == kept.sentences == 1
    if single and together.share >= _SAME and {first, second} in _TELLING:
        return _against("question", first, second)
    return None


_RESTRICTIONS = frozenset("only except alternate exclusively neither".split())
_QUANTITIES = {
    "all": "all", "every": "all", "each": "all", "everything": "all", "some": "some",
    "few": "few", "none": "none", "no": "none", "half": "half",
}  # fmt: skip


def _scope(asked: Reading, kept: Reading, together: Comparison) -> Veto | None:
    if together.share < _CLOSE:
        return None
    for owner, head in sorted(asked.owned):
        for other, thing in sorted(kept.owned):
            if head == thing and owner != other and asked.subjects == kept.subjects:
                return _against("scope", f"{owner} {head}", f"{other} {thing}")
    first = _RESTRICTIONS.intersection(asked.words)
    second = _RESTRICTIONS.intersection(kept.words)
    if first != second:
        return _against("scope", first - second, second - first)
    many = {_QUANTITIES[word] for word in asked.words if word in _QUANTITIES}
    few = {_QUANTITIES[word] for word in kept.words if word in _QUANTITIES}
    return _against("scope", many, few) if many and few and many.isdisjoint(few) else None


def _slot(asked: Reading, kept: Reading, together: Comparison) -> Veto | None:
    if len(together.left) != 1 or len(together.right) != 1 or together.opposed:
        return None
    one, other = together.left[0], together.right[0]
    if len(together.pairs) < 2 or asked.roles[one] != kept.roles[other]:  # noqa: PLR2004
        return None
    if _limits(asked.lemmas[one], kept.lemmas[other]) or _framed(asked, kept, together):
        return _against("slot", asked.surfaces[one], kept.surfaces[other])
    return None


def _limits(first: str, second: str) -> bool:
    """Whether one word limits the thing spoken of as determiners do (`all`, `temporary`)."""
    return not _LIMITING.isdisjoint(kinds_of(first) | kinds_of(second))


_LIMITING = frozenset({"quantity", "standing", "ordinal", "restriction"})


def _framed(asked: Reading, kept: Reading, together: Comparison) -> bool:
    """Whether the two texts are one sentence with another word in one place."""
    one, other = asked.surfaces[together.left[0]], kept.surfaces[together.right[0]]
    return [w for w in asked.words if w != one] == [w for w in kept.words if w != other]


_RULES: tuple[_Rule, ...] = (
    _number,
    _unit,
    _date,
    _identifier,
    _quote,
    _payload,
    _language,
    _format,
    _direction,
    _negation,
    _antonym,
    _entity,
    _question,
    _scope,
    _slot,
)
