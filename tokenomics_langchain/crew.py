"""The models behind one `ChatTokenomics`, and what the engine knows of them."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from itertools import combinations
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage

from tokenomics_langchain.binding import flatten
from tokenomics_langchain.foreign import Form, forms_of
from tokenomics_langchain.identity import Watch, identity_of, watch
from tokenomics_langchain.limits import limit_of
from tokenomics_shared.errors import ConfigError
from tokenomics_shared.types import Abilities, Roster, Strategy, Tier

TIERS = ("cheap", "balanced", "premium")
"""The tiers by their usual names, cheapest first."""

HELPERS = ("judge", "second")
"""Tiers that are asked about answers, never for them."""


class Crew:
    """Tiers, arms, and the roster that describes them to the engine."""

    def __init__(
        self,
        tiers: Mapping[str, Any],
        arms: Sequence[Strategy],
        salt: str,
        helpers: Mapping[str, Any],
    ) -> None:
        """Take the models.

        Args:
            tiers: chat models, bound or not, by tier.
            arms: strategies over them, cheapest first.
            salt: whatever else changes answers.
            helpers: models that judge, by tier.
        """
        self.title = "tokenomics/" + "+".join(tiers)
        self.tiers = {**tiers, **helpers}
        self.declined: set[str] = set()
        """Tiers that refuse to tell log-probabilities."""
        self._arms = tuple(arms)
        self._salt = salt
        self._seen: list[Watch] = []
        self._roster: Roster | None = None
        self.forms: Mapping[str, Form] = {}
        """What each tier can be given, where they are of different providers; as the roster."""
        self._identifying: dict[str, Any] = {}

    @classmethod
    def of(
        cls,
        named: Mapping[str, Any],
        strategies: Sequence[Strategy] | None,
        salt: str,
        helpers: Mapping[str, Any],
    ) -> "Crew":
        """Put models and strategies together.

        Args:
            named: the models given as `cheap`, `balanced` and `premium`.
            strategies: arms over them or with models of their own; one arm a tier when None.
                Premium is the last arm, whether or not they mention it.
            salt: whatever else changes answers.
            helpers: models that judge, by tier.

        Raises:
            ConfigError: no premium model, a tier nobody is, the same model or arm twice, arms
                that are not listed cheapest first.
        """
        if strategies is None:
            if "premium" not in named:
                raise ConfigError("a premium model is needed: ChatTokenomics(cheap=…, premium=…)")
            return cls(named, [Strategy(tier) for tier in TIERS if tier in named], salt, helpers)
        if not strategies:
            raise ConfigError("strategies is empty: at least one is needed")
        tiers = dict(named)
        for strategy in strategies:
            _add(tiers, strategy)
        arms = _up_to_premium(strategies, named)
        arm_ids = [arm.arm_id for arm in arms]
        if len(set(arm_ids)) < len(arm_ids):
            raise ConfigError(f"strategies have the same arm_id twice: {', '.join(arm_ids)}")
        return cls(tiers, arms, salt, helpers)

    def roster(self) -> Roster:
        """The roster; made anew when a model's own settings have been changed since."""
        roster = self._roster
        if roster is None or any(now != seen for now, seen in self._seen):
            self._seen = [each for model in self.tiers.values() for each in watch(model)]
            tiers = {name: _describe(name, model) for name, model in self.tiers.items()}
            roster = self._roster = Roster(tiers, self._arms)
            self.forms = forms_of(tiers, roster.premium.tier, HELPERS)
            digest = blake2b((roster.identity + self._salt).encode(), digest_size=8).hexdigest()
            models = {name: tier.model for name, tier in tiers.items() if name not in HELPERS}
            self._identifying = {"models": models, "identity": digest}
        return roster

    def beyond(self, messages: Sequence[BaseMessage], kwargs: Mapping[str, Any]) -> frozenset[str]:
        """The tiers that a call asks for what other providers' models alone have."""
        if not self.forms:
            return frozenset()
        able = {it for it, form in self.forms.items() if form.messages.can_be_read(messages)}
        tools = kwargs.get("tools")
        if tools and getattr(tools, "own_to_providers", True):
            given, choice = getattr(tools, "given", tools), kwargs.get("tool_choice")
            able = {it for it in able if self.forms[it].can_answer(given, choice)}
        return frozenset(self.forms.keys() - able)

    @property
    def drafting(self) -> frozenset[str]:
        """The arms whose answers are drafts."""
        return frozenset(arm.arm_id for arm in self._arms[:-1])

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

    def identifying(self) -> Mapping[str, Any]:
        """What tells this crew from another, small and JSON-able."""
        self.roster()
        return self._identifying

    def tier_of(self, model: str) -> str | None:
        """The tier of this name, or with the model of this name, that answers."""
        tiers = {n: tier for n, tier in self.roster().tiers.items() if n not in HELPERS}
        if model in tiers:
            return model
        return next((tier.name for tier in tiers.values() if tier.model == model), None)


def _add(tiers: dict[str, Any], strategy: Strategy) -> None:
    """Put in the tier of an arm, if it brings one."""
    if strategy.tier in HELPERS:
        raise ConfigError(
            f"strategy {strategy.arm_id!r}: tier {strategy.tier!r} is a judge's name; give it "
            "another, as in Strategy('mine', tier='fast', model=…)"
        )
    if strategy.model is None:
        if strategy.tier not in tiers:
            known = ", ".join(tiers) or "none"
            raise ConfigError(
                f"strategy {strategy.arm_id!r}: unknown tier {strategy.tier!r}, known: {known}"
            )
        return
    if tiers.setdefault(strategy.tier, strategy.model) is not strategy.model:
        raise ConfigError(
            f"strategy {strategy.arm_id!r}: tier {strategy.tier!r} already has another model"
        )


def _up_to_premium(strategies: Sequence[Strategy], named: Mapping[str, Any]) -> Sequence[Strategy]:
    """The arms, with premium last: the last one is the baseline, and where escalations end."""
    for one, later in combinations(strategies, 2):
        ranked = one.tier in TIERS and later.tier in TIERS
        if (ranked and TIERS.index(one.tier) > TIERS.index(later.tier)) or (
            one.tier == "premium" != later.tier
        ):
            raise ConfigError(
                f"strategies must be listed cheapest first: {one.arm_id!r} (tier {one.tier!r}) "
                f"comes before {later.arm_id!r} (tier {later.tier!r})"
            )
    if "premium" not in named or strategies[-1].tier == "premium":
        return strategies
    return [*strategies, Strategy("premium")]


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
