"""The query plan."""

from collections.abc import Callable

from tokenomics_shared.errors import PromptError
from tokenomics_shared.orchestrator.complexity import complexity_of
from tokenomics_shared.orchestrator.tokens import prompt_tokens
from tokenomics_shared.types import Complexity, Prompt, QueryPlan

Predict = Callable[[Complexity, int, str], int]
"""Predicts an answer's tokens: from complexity, the prompt's tokens, and the question."""

_UNPLANNED = QueryPlan("medium", token_budget=0, input_tokens=0, predicted_output_tokens=0)


class NoPlan:
    """Knows nothing and refuses nothing."""

    def check(self, prompt: Prompt) -> None:
        """Let everything pass."""

    def plan(self, prompt: Prompt) -> QueryPlan:  # noqa: ARG002 -- port
        """The same empty plan for every request."""
        return _UNPLANNED


class Orchestrator:
    """Plans a request from its prompt alone."""

    def __init__(self, token_budget: int, predict: Predict) -> None:
        """Make a planner.

        Args:
            token_budget: tokens a request may take, prompt and answer together, at least 1.
            predict: predicts an answer's tokens.
        """
        self._token_budget = token_budget
        self._predict = predict

    def check(self, prompt: Prompt) -> None:
        """Refuse an empty prompt.

        Raises:
            PromptError: no turn has any content.
        """
        for message in prompt.messages:
            content = message.content
            if message.tool_calls or (content.strip() if isinstance(content, str) else content):
                return
        turns = len(prompt.messages)
        raise PromptError(
            f"empty prompt: no content in any of its turns ({turns}); nothing was asked"
        )

    def plan(self, prompt: Prompt) -> QueryPlan:
        """Say what is known about this request before any model is asked."""
        question = prompt.question
        complexity = complexity_of(question)
        tokens = prompt_tokens(prompt)
        predicted = self._predict(complexity, tokens, question)
        return QueryPlan(complexity, self._token_budget, tokens, predicted)
