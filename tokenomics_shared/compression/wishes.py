"""What of a question must stay: what is asked, what is demanded, and everything exact."""

import re
from collections.abc import Sequence

from tokenomics_shared.compression.sentences import Unit
from tokenomics_shared.compression.spans import guarded

_ASKS = re.compile(
    r"\?|\uff1f|\b(?:please|must|should|shall|need|needs|want|wants|would like|make sure|ensure|"
    r"only|never|always|don't|do not|avoid|without|except|unless|not|no|exactly|at most|at least|"
    r"instead|but|however|format|json|yaml|xml|csv|markdown|table|list|bullets?|step by step|"
    r"words?|sentences?|language|english|concise|brief|short|detailed|tone|style|example|"
    r"what|which|who|whom|whose|when|where|why|how|can you|could you|let me know|tell me|help)\b",
    re.IGNORECASE,
)
_ORDERS = re.compile(
    r"\W*(?:(?:then|now|also|and|finally|first|next)\W+)?(?:add|analy[sz]e|answer|act|apply|"
    r"assume|calculate|change|check|choose|cite|classify|compare|compute|consider|continue|"
    r"convert|correct|count|create|debug|decide|define|describe|design|determine|discuss|draft|"
    r"edit|estimate|evaluate|explain|extract|fill|find|fix|follow|generate|give|identify|imagine|"
    r"implement|improve|include|keep|list|look|make|name|note|optimi[sz]e|output|paraphrase|"
    r"pick|plan|predict|print|produce|propose|provide|prove|read|recommend|refactor|remember|"
    r"remove|rephrase|replace|reply|respond|return|review|rewrite|run|say|search|select|send|"
    r"show|simplify|solve|sort|start|state|stop|suggest|summari[sz]e|take|tell|test|think|"
    r"translate|try|update|use|verify|write)\b",
    re.IGNORECASE,
)


def must_stay(text: str, units: Sequence[Unit]) -> list[bool]:
    """Which units of the user's own words may not go.

    The first and the last stay, for there the task is named; what asks, orders, limits or names
    a form; and whatever has a guarded span.
    """
    exact = [span.start for span in guarded(text)]
    held: list[bool] = []
    at = 0
    for place, unit in enumerate(units):
        has_span = False
        while at < len(exact) and exact[at] < unit.end:
            has_span, at = True, at + 1
        said = text[unit.start : unit.end]
        edge = place in (0, len(units) - 1)
        held.append(edge or has_span or bool(_ASKS.search(said) or _ORDERS.match(said)))
    return held
