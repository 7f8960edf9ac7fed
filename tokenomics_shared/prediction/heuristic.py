"""The rule of thumb for an answer's length, for as long as no data says better."""

import re

from tokenomics_shared.types import Complexity

_BASE = {"simple": 200, "medium": 500, "complex": 800}

CHOICE = 20
"""Tokens of an answer that is one of some lettered choices, with a word or two around it."""

_CHOICES = re.compile(r"^\(?A[.):].*\n(?:.*\n)?\(?B[.):]", re.MULTILINE)

_LOOK_AT = 4096
"""Characters at the end of a question, where choices stand."""


def predict_output_tokens(complexity: Complexity, input_tokens: int, question: str = "") -> int:
    """Predict an answer's tokens: a base by complexity, a tenth more per 100 tokens asked.

    The answer to a question that offers lettered choices is short, however hard it is.

    Too rough to be sent as a limit (it would cut most answers that hold code), so it is only
    told, never enforced.
    """
    if "\nB" in question and _CHOICES.search(question[-_LOOK_AT:]):
        return CHOICE
    return round(_BASE[complexity] * (1.0 + input_tokens / 1000))
