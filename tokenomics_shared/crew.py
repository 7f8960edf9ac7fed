"""The models behind one model of ours, and what the engine knows of them."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from itertools import combinations
from typing import Any, Self

from tokenomics_shared.errors import ConfigError
from tokenomics_shared.identity import Watch
from tokenomics_shared.types import Roster, Strategy, Tier

TIERS = ("cheap", "balanced", "premium")
"""The tiers by their usual names, cheapest first."""

HELPERS = ("judge", "second")
"""Tiers that are asked about answers, never for them."""


class Crew(ABC):
    """Tiers, arms, and the roster that describes them to the engine.

    A framework's own says what its models are.
    """

    def __init__(
        self,
        tiers: Mapping[str, Any],
        arms: Sequence[Strategy],
        salt: str,
        helpers: Mapping[str, Any],
    ) -> None:
        """Take the models.

        Args:
            tiers: the models by tier.
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
        self._identifying: dict[str, Any] = {}

    @classmethod
    def of(
        cls,
        named: Mapping[str, Any],
        strategies: Sequence[Strategy] | None,
        salt: str,
        helpers: Mapping[str, Any],
    ) -> Self:
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
                raise ConfigError("a premium model is needed: cheap=…, premium=…")
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

    @abstractmethod
    def described(self, name: str, model: Any) -> Tier:
        """What the engine knows of a tier with this model."""

    @abstractmethod
    def watched(self, model: Any) -> Iterable[Watch]:
        """The attributes that a model's settings are in."""

    def roster(self) -> Roster:
        """The roster; made anew when a model's own settings have been changed since."""
        roster = self._roster
        if roster is None or any(now != seen for now, seen in self._seen):
            watched = [each for model in self.tiers.values() for each in self.watched(model)]
            tiers = {name: self.described(name, model) for name, model in self.tiers.items()}
            roster = Roster(tiers, self._arms)
            digest = blake2b((roster.identity + self._salt).encode(), digest_size=8).hexdigest()
            models = {name: tier.model for name, tier in tiers.items() if name not in HELPERS}
            self._identifying = {"models": models, "identity": digest}
            # Last, so that no other thread takes the old one for made of what is watched now.
            self._roster, self._seen = roster, watched
        return roster

    @property
    def drafting(self) -> frozenset[str]:
        """The arms whose answers are drafts."""
        return frozenset(arm.arm_id for arm in self._arms[:-1])

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


def take_pin(kwargs: dict[str, Any], crew: Crew) -> str | None:
    """The tier that a call's `model` argument names.

    A tier's name, or its model's, pins that tier. Any other name is one for premium's provider:
    it pins premium and stays in the arguments.
    """
    model = kwargs.get("model")
    if not isinstance(model, str):
        return None
    tier = crew.tier_of(model)
    if tier is None:
        return crew.roster().premium.tier
    del kwargs["model"]
    return tier


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
