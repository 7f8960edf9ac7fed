"""The models behind one `ChatTokenomics`, and what the engine knows of them."""

from collections.abc import Iterable, Mapping
from typing import Any

from langchain_core.language_models import BaseChatModel
from typing_extensions import override

from tokenomics_langchain.binding import flatten
from tokenomics_langchain.foreign import Form, forms_of
from tokenomics_langchain.identity import identity_of, watch
from tokenomics_langchain.limits import limit_of
from tokenomics_shared import crew
from tokenomics_shared.crew import HELPERS, TIERS
from tokenomics_shared.identity import Watch
from tokenomics_shared.types import Abilities, Roster, Tier

__all__ = ["HELPERS", "TIERS", "Crew"]


class Crew(crew.Crew):
    """Chat models, bound or not, as tiers."""

    _forms: tuple[Roster, Mapping[str, Form]] | None = None

    @override
    def described(self, name: str, model: Any) -> Tier:
        return _describe(name, model)

    @override
    def watched(self, model: Any) -> Iterable[Watch]:
        return watch(model)

    def forms(self, roster: Roster) -> Mapping[str, Form]:
        """What each tier can be given, where they are of different providers; empty otherwise.

        Args:
            roster: the crew's, as it is now.
        """
        known = self._forms
        if known is None or known[0] is not roster:
            made = forms_of(roster.tiers, roster.premium.tier, HELPERS)
            known = self._forms = (roster, made)
        return known[1]

    @property
    def premium(self) -> BaseChatModel:
        """The model that savings are measured against."""
        return flatten(self.tiers[self._arms[-1].tier])[0]

    def models(self) -> list[BaseChatModel]:
        """The models, without what is bound to them; premium last."""
        premium = self.premium
        answering = (model for tier, model in self.tiers.items() if tier not in HELPERS)
        every = [flatten(model)[0] for model in answering]
        return [*(model for model in every if model is not premium), premium]


def _describe(name: str, given: Any) -> Tier:
    model, bound = flatten(given)
    params = model._get_ls_params(**bound)
    title = str(params.get("ls_model_name") or type(model).__name__)
    provider = str(params.get("ls_provider") or "")
    return Tier(name, title, provider, identity_of(given), _abilities(model, bound))


def _abilities(model: BaseChatModel, bound: Mapping[str, Any]) -> Abilities:
    """What the model's profile and settings say of it; what they don't say is unknown."""
    profile: Mapping[str, Any] = model.profile or {}
    return Abilities(
        input_tokens=profile.get("max_input_tokens"),
        output_tokens=limit_of(model, bound),
        tools=profile.get("tool_calling"),
        images=profile.get("image_inputs"),
        audio=profile.get("audio_inputs"),
        video=profile.get("video_inputs"),
        files=profile.get("pdf_inputs"),
        tool_images=profile.get("image_tool_message"),
        tool_files=profile.get("pdf_tool_message"),
        structured=profile.get("structured_output"),
    )
