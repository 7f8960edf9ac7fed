"""Forecasts where nothing was learned."""

from tokenomics_shared.prediction.heuristic import predict_output_tokens
from tokenomics_shared.types import Complexity, Forecast

RULE = (1, 2, 4)
"""The likely length times these is what 50, 90 and 99 % are held not to exceed."""


def rule_of_thumb(complexity: Complexity, input_tokens: int, question: str) -> Forecast:
    """The forecast where nothing was learned."""
    likely = predict_output_tokens(complexity, input_tokens, question)
    return Forecast(RULE[0] * likely, RULE[1] * likely, RULE[2] * likely)


class NoLengths:
    """Predicts by the rule of thumb and learns nothing."""

    def forecast(
        self,
        question: str,
        complexity: Complexity,
        input_tokens: int,
        model: str,  # noqa: ARG002 -- port
    ) -> Forecast:
        """The same for every model."""
        return rule_of_thumb(complexity, input_tokens, question)

    def learn(
        self,
        question: str,
        complexity: Complexity,
        input_tokens: int,
        model: str,
        output_tokens: int,
        *,
        censored: bool = False,
    ) -> None:
        """Nothing is learned."""

    def refresh(self) -> None:
        """Nobody trains anything."""

    def flush(self) -> None:
        """Nothing is ever pending."""

    def close(self) -> None:
        """Nothing is ever pending."""
