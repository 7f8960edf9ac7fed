"""The models behind a middleware: one crew for each model that agents come with."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel

from tokenomics_langchain.binding import flatten
from tokenomics_langchain.by_identity import ByIdentity
from tokenomics_langchain.crew import TIERS, Crew
from tokenomics_langchain.identity import identity_of
from tokenomics_langchain.models import resolve
from tokenomics_shared.config import TokenomicsConfig
from tokenomics_shared.settings import judging_models
from tokenomics_shared.types import Roster, Strategy

_NOSTREAM = "nostream"
"""The tag by which LangGraph leaves a run out of a graph's stream of messages."""


class AgentCrew:
    """A crew, with the copies of its models whose tokens nobody is to see."""

    def __init__(self, crew: Crew) -> None:
        """Take the crew."""
        self.crew = crew
        self._held: tuple[Roster | None, dict[str, BaseChatModel]] = (None, {})

    def held(self, tier: str) -> BaseChatModel:
        """A tier's model for answers that may be rejected: it sends no token to any stream.

        A copy that differs in nothing but how it is watched; the same one from call to call,
        until the model's own settings change.
        """
        roster = self.crew.roster()
        seen, copies = self._held
        if seen is not roster:
            copies = {}
            self._held = (roster, copies)
        if tier not in copies:
            model, _ = flatten(self.crew.tiers[tier])
            quiet = {"tags": [*(model.tags or ()), _NOSTREAM], "disable_streaming": True}
            if "streaming" in type(model).model_fields:
                # Providers' own wish to stream would go along with a call that is not streamed.
                quiet["streaming"] = False
            copies[tier] = model.model_copy(update=quiet)
        return copies[tier]


class AgentCrews:
    """Puts crews together. Safe to share between threads."""

    def __init__(
        self,
        values: Mapping[str, Any],
        config: TokenomicsConfig,
        look_at: Callable[[Roster], object],
    ) -> None:
        """Take the models that were given.

        Args:
            values: settings as `read_settings` gives them.
            config: the configuration.
            look_at: looks at every new crew; at once, if premium was given.

        Raises:
            ConfigError: they don't go together.
        """
        self._named = {tier: values[tier] for tier in TIERS if tier in values}
        self._strategies: Sequence[Strategy] | None = values.get("strategies")
        self._salt = config.model_dump_json()
        self._helpers = judging_models(config.judge, resolve)
        self._look_at = look_at
        self._of = ByIdentity(self._made)
        brought = {strategy.tier for strategy in self._strategies or () if strategy.model}
        self._complete = "premium" in self._named or "premium" in brought
        if self._complete:
            self.of(None)
        else:
            self._crew({"premium": None})

    def of(self, model: Any) -> AgentCrew:
        """The crew for agents that come with this model, which is premium if none was given."""
        return self._of.of(None if self._complete else model)

    def _made(self, model: Any) -> AgentCrew:
        crew = self._crew({} if model is None else {"premium": model})
        self._look_at(crew.roster())
        return AgentCrew(crew)

    def _crew(self, premium: Mapping[str, Any]) -> Crew:
        named = self._named
        own = premium.get("premium")
        if own is not None and self._strategies is None:
            # Another middleware may have put a tier's own model there: no draft for itself.
            identity = identity_of(own)
            named = {tier: it for tier, it in named.items() if identity_of(it) != identity}
        return Crew.of({**named, **premium}, self._strategies, self._salt, self._helpers)
