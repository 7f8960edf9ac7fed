"""The guard: refuses a stored answer whose question is near but asks for something else.

Embeddings place `from Boston to Chicago` beside `from Chicago to Boston`. Each rule here names one
such difference and explains it. Rules about exact things (numbers, names of code, languages, ...)
look at the whole text; rules about meaning (antonyms, negation, ...) need the rest of the two
texts to be nearly the same, for otherwise wording, not meaning, explains the difference.
"""

from collections.abc import Callable

from tokenomics_shared.memory import literals, meanings
from tokenomics_shared.memory.comparison import Comparison, compare
from tokenomics_shared.memory.reading import Reading
from tokenomics_shared.memory.veto import Veto

__all__ = ["CORE_RULES", "RULES", "Veto", "vetoes"]

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

_Rule = Callable[[Reading, Reading, Comparison], Veto | None]


def vetoes(asked: Reading, kept: Reading) -> tuple[Veto, ...]:
    """List every reason why the answer to `kept` must not be served for `asked`.

    Symmetric in its rules; only the order of the two things in a reason depends on which is which.
    """
    together = compare(asked, kept)
    found = (rule(asked, kept, together) for rule in _RULES)
    return tuple(veto for veto in found if veto is not None)


_RULES: tuple[_Rule, ...] = (
    literals.number,
    literals.unit,
    literals.date,
    literals.identifier,
    literals.quote,
    literals.payload,
    literals.language,
    literals.form,
    meanings.direction,
    meanings.negation,
    meanings.antonym,
    meanings.entity,
    meanings.question,
    meanings.scope,
    meanings.slot,
)
