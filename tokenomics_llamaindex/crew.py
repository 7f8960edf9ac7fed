"""The models behind one `TokenomicsLLM`, and what the engine knows of them."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from llama_index.core.base.llms.types import LLMMetadata
from llama_index.core.callbacks import CallbackManager
from llama_index.core.llms import LLM
from llama_index.core.llms.function_calling import FunctionCallingLLM
from typing_extensions import override

from tokenomics_llamaindex.identity import identity_of, watch
from tokenomics_llamaindex.limits import limit_of
from tokenomics_shared import crew
from tokenomics_shared.crew import HELPERS
from tokenomics_shared.identity import Watch
from tokenomics_shared.types import Abilities, Roster, Strategy, Tier

_PROVIDERS = {"openai_like": "openai", "azure_openai": "azure", "gemini": "google_genai"}
"""Providers by the names of integrations that are called otherwise."""


class Crew(crew.Crew):
    """LlamaIndex's models as tiers."""

    def __init__(
        self,
        tiers: Mapping[str, Any],
        arms: Sequence[Strategy],
        salt: str,
        helpers: Mapping[str, Any],
    ) -> None:
        super().__init__(tiers, arms, salt, helpers)
        self._copies: dict[str, LLM] = {}
        self._copied: Roster | None = None
        self.completing: set[str] = set()
        """Tiers whose models complete texts: a conversation is another text to them."""

    @override
    def described(self, name: str, model: Any) -> Tier:
        told = metadata_of(model)
        if told is not None and not told.is_chat_model:
            self.completing.add(name)
        title = str(getattr(model, "model", None) or (told and told.model_name) or name)
        return Tier(name, title, _provider(model), identity_of(model), _abilities(model, told))

    @override
    def watched(self, model: Any) -> Iterable[Watch]:
        return watch(model)

    @property
    def premium(self) -> LLM:
        """The model that savings are measured against."""
        model: LLM = self.tiers[self._arms[-1].tier]
        return model

    def models(self) -> list[LLM]:
        """The models that answer, premium last."""
        premium = self.premium
        answering = [model for tier, model in self.tiers.items() if tier not in HELPERS]
        return [*(model for model in answering if model is not premium), premium]

    def heard(self, tier: str, manager: CallbackManager, limiter: Any) -> LLM:
        """A tier's model, heard by these callbacks beside its own and held by this rate limiter.

        The model itself where nothing has to be added; it is never changed.

        Args:
            tier: its name.
            manager: our own model's callbacks.
            limiter: our own model's; a tier's own goes before it.
        """
        model: LLM = self.tiers[tier]
        if not manager.handlers and (limiter is None or model.rate_limiter is not None):
            return model
        roster = self.roster()
        if roster is not self._copied:
            self._copies, self._copied = {}, roster
        copy = self._copies.get(tier)
        if copy is None:
            copy = self._copies[tier] = model.model_copy()
        copy.callback_manager = _both(manager, model.callback_manager)
        copy.rate_limiter = model.rate_limiter or limiter
        return copy

    def unheard(self, tier: str) -> LLM:
        """A tier's model, of whose calls no callback hears."""
        model: LLM = self.tiers[tier]
        if not model.callback_manager.handlers:
            return model
        return model.model_copy(update={"callback_manager": CallbackManager([])})


def metadata_of(model: LLM) -> LLMMetadata | None:
    """What a model says of itself; None of one that its integration doesn't know."""
    with suppress(ValueError):
        return model.metadata
    return None


def _both(ours: CallbackManager, own: CallbackManager) -> CallbackManager:
    missing = [handler for handler in own.handlers if handler not in ours.handlers]
    if not ours.handlers or not missing:
        return ours if ours.handlers else own
    return CallbackManager([*ours.handlers, *missing])


def _provider(model: LLM) -> str:
    """The integration's name: `llama_index.llms.NAME`."""
    home = type(model).__module__.split(".")
    name = home[2] if home[:2] == ["llama_index", "llms"] and len(home) > 2 else ""  # noqa: PLR2004
    return _PROVIDERS.get(name, name)


def _abilities(model: LLM, told: LLMMetadata | None) -> Abilities:
    """What the model's metadata and settings say of it; what they don't say is unknown."""
    if told is None:
        return Abilities(output_tokens=limit_of(model))
    # A field's default is nobody's word.
    unsaid = "context_window" in type(model).model_fields.keys() - model.model_fields_set
    return Abilities(
        input_tokens=None if unsaid else told.context_window,
        output_tokens=limit_of(model),
        tools=isinstance(model, FunctionCallingLLM) and told.is_function_calling_model,
    )
