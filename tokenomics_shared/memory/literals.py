"""The guard's rules about exact things: what is compared to the letter, wherever it stands."""

from collections import Counter

from tokenomics_shared.memory import lexicon as lex
from tokenomics_shared.memory.comparison import Comparison
from tokenomics_shared.memory.reading import Reading
from tokenomics_shared.memory.tokens import lemma
from tokenomics_shared.memory.veto import ALMOST, CLOSE, NEAR, SAME, Veto, against


def number(  # noqa: PLR0911 -- one for each ground
    asked: Reading, kept: Reading, together: Comparison
) -> Veto | None:
    """Different numbers, or another operation on them; one-sided only beside like words."""
    if asked.operators and kept.operators and asked.operators != kept.operators:
        return against("number", asked.operators, kept.operators, core=True)
    first, second = Counter(asked.numbers), Counter(kept.numbers)
    if first == second:
        return None
    more, less = first - second, second - first
    more, less = _without_ones(more, kept.ones), _without_ones(less, asked.ones)
    if not more and not less:
        return None
    if more and less:
        return against("number", more, less, core=True)
    if together.share >= ALMOST:
        return against("number", more or asked.numbers, less or kept.numbers)
    return None


def _without_ones(numbers: Counter[str], ones: int) -> Counter[str]:
    """Drop the ones that the other text spells as a word."""
    return numbers - Counter({"1": ones})


def unit(asked: Reading, kept: Reading, together: Comparison) -> Veto | None:
    """Different units of one dimension."""
    del together
    for one in sorted(asked.units - kept.units):
        for other in sorted(kept.units - asked.units):
            if _dimensions(one) & _dimensions(other):
                return against("unit", one, other, core=True)
    return None


def _dimensions(unit: str) -> frozenset[str]:
    if unit == "pound":
        return frozenset({"mass", "currency"})
    return frozenset({lex.DIMENSIONS[unit]})


def date(asked: Reading, kept: Reading, together: Comparison) -> Veto | None:
    """Different months, weekdays or relative times."""
    del together
    first, second = asked.dates - kept.dates, kept.dates - asked.dates
    return against("date", first, second, core=True) if first and second else None


def identifier(asked: Reading, kept: Reading, together: Comparison) -> Veto | None:
    """Different names of code, files, versions, addresses."""
    first = _codes(asked.identifiers - kept.identifiers, kept)
    second = _codes(kept.identifiers - asked.identifiers, asked)
    if first and second:
        return against("identifier", first, second, core=True)
    if (first or second) and together.share >= CLOSE:
        return against("identifier", first, second)
    return None


def _codes(identifiers: frozenset[str], other: Reading) -> frozenset[str]:
    """Identifiers that the other text doesn't write as plain words (`PayPal`, `paypal`)."""
    bare = {word.replace("-", "") for word in (*other.words, *other.identifiers)}
    return frozenset(code for code in identifiers if code.replace("-", "") not in bare)


def quote(asked: Reading, kept: Reading, together: Comparison) -> Veto | None:
    """Different quoted texts."""
    del together
    first, second = asked.quotes - kept.quotes, kept.quotes - asked.quotes
    return against("quote", first, second, core=True) if first and second else None


def payload(asked: Reading, kept: Reading, together: Comparison) -> Veto | None:
    """The same instruction over another text; texts beyond what is read differ anywhere."""
    if asked.digest != kept.digest:
        return Veto("payload", "texts too long to be compared differ", core=True)
    first, second = asked.payload, kept.payload
    if first == second:
        return None
    if first and second and (asked.task or kept.task):
        return against("payload", " ".join(first[:12]), " ".join(second[:12]), core=True)
    if (asked.task and not set(first) <= set(kept.words)) or (
        kept.task and not set(second) <= set(asked.words)
    ):
        return (
            against("payload", " ".join(first[:12]), " ".join(second[:12]))
            if together.share < SAME
            else None
        )
    return None


def language(asked: Reading, kept: Reading, together: Comparison) -> Veto | None:
    """Different human or programming languages."""
    first = asked.languages - kept.languages - {*kept.words}
    second = kept.languages - asked.languages - {*asked.words}
    if first and second:
        return against("language", first, second, core=True)
    if (first or second) and together.share >= CLOSE:
        return against("language", first, second)
    return None


def form(asked: Reading, kept: Reading, together: Comparison) -> Veto | None:
    """Different forms, lengths or audiences asked for."""
    first, second = asked.formats - kept.formats, kept.formats - asked.formats
    if first and second:
        return against("format", first, second, core=True)
    said = {*asked.lemmas} & {*kept.lemmas}
    explicit = {
        form
        for form in first | second
        if not form.startswith("manner") and lemma(form.split()[1]) not in said
    }
    if explicit and asked.makes and kept.makes and together.share >= NEAR:
        return against("format", first, second)
    return None
