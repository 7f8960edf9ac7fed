"""The rule of thumb for an answer's length, for as long as no data says better."""

from tokenomics_shared.types import Complexity

_BASE = {"simple": 200, "medium": 500, "complex": 800}


def predict_output_tokens(complexity: Complexity, input_tokens: int) -> int:
    """Predict an answer's tokens: a base by complexity, a tenth more per 100 tokens asked.

    Too rough to be sent as a limit (it would cut most answers that hold code), so it is only
    told, never enforced.
    """
    return round(_BASE[complexity] * (1.0 + input_tokens / 1000))
