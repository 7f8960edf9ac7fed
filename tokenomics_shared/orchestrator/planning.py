"""The query plan."""

from tokenomics_shared.errors import PromptError
from tokenomics_shared.orchestrator.complexity import complexity_of
from tokenomics_shared.orchestrator.media import media_tokens
from tokenomics_shared.orchestrator.remembered import Remembered
from tokenomics_shared.orchestrator.shares import named, rest
from tokenomics_shared.orchestrator.tokens import TURN_OVERHEAD, roughly
from tokenomics_shared.planning import Count, LengthPredictor
from tokenomics_shared.types import OWN_ROLES, Allocation, Forecast, Prompt, QueryPlan, Roster

_UNPLANNED = QueryPlan("medium", token_budget=0, input_tokens=0, predicted_output_tokens=0)


class NoPlan:
    """Knows nothing and refuses nothing."""

    def check(self, prompt: Prompt) -> None:
        """Let everything pass."""

    def plan(self, prompt: Prompt, roster: Roster) -> QueryPlan:  # noqa: ARG002 -- port
        """The same empty plan for every request."""
        return _UNPLANNED


class Orchestrator:
    """Plans a request from its prompt alone."""

    def __init__(self, token_budget: int, lengths: LengthPredictor) -> None:
        """Make a planner.

        Args:
            token_budget: tokens a request may take, prompt and answer together, at least 1,
                unless it says.
            lengths: predicts an answer's tokens.
        """
        self._token_budget = token_budget
        self._lengths = lengths
        self._count = Remembered(roughly)

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

    def plan(self, prompt: Prompt, roster: Roster) -> QueryPlan:
        """Say what is known about this request before any model is asked."""
        question = prompt.question
        complexity = complexity_of(question)
        sizes = _sizes(prompt, self._count)
        tokens = sum(sizes.values())
        forecasts: dict[str, Forecast] = {}
        predicted = 0
        for arm in roster.arms:
            model = roster.tiers[arm.tier].model
            forecast = forecasts.get(model)
            if forecast is None:
                forecast = self._lengths.forecast(question, complexity, tokens, model)
                forecasts[model] = forecast
            predicted = forecast.p50
        budget = prompt.token_budget or self._token_budget
        parts = [Allocation(name, size, size, 1.0) for name, size in sizes.items()]
        answer, note = rest(tokens, budget, predicted)
        allocations = (*parts, answer)
        return QueryPlan(complexity, budget, tokens, predicted, forecasts, allocations, note=note)


def _sizes(prompt: Prompt, count: Count) -> dict[str, int]:
    """Tokens, estimated, by what they are to the request."""
    sizes: dict[str, int] = {}
    old = False
    for message in reversed(prompt.messages):
        old = old or message.role in OWN_ROLES
        name = named(message.role, old=old)
        size = count(message.text) + media_tokens(message) + TURN_OVERHEAD
        sizes[name] = sizes.get(name, 0) + size
    if prompt.tools:
        sizes["tools"] = sum(count(str(tool)) for tool in prompt.tools)
    return sizes
