"""What a model of ours is made with, sorted out before it is made."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from tokenomics_shared.config_values import Section
from tokenomics_shared.crew import TIERS
from tokenomics_shared.errors import ConfigError
from tokenomics_shared.specs import refuse_ambiguous_key
from tokenomics_shared.types import Strategy

if TYPE_CHECKING:
    from tokenomics_shared.config import JudgeConfig, TokenomicsConfig

Resolve = Callable[[Any, Mapping[str, Any]], Any]
"""`(model, settings)` makes a framework's model of what the user gave; raises ConfigError."""

_OF_CALLS = ("temperature", "max_tokens", "timeout", "max_retries")
"""Keywords of ours that are settings of the configuration's `llm` too."""

_OF_BANDIT = ("quality_target", "aim")
"""Keywords of ours that are settings of the configuration's `bandit`."""

_OF_ORCHESTRATOR = {"token_budget": "default_token_budget", "history": "history"}
"""Keywords of ours that are settings of its `orchestrator`, and what they are called there."""

SECTIONS = (
    "llm",
    "memory",
    "orchestrator",
    "compression",
    "prediction",
    "bandit",
    "judge",
    "cascading",
    "audit",
    "telemetry",
    "prices",
)
"""The configuration's parts, each of which is also a keyword."""


def read_settings(given: Mapping[str, Any], resolve: Resolve) -> dict[str, Any]:
    """Turn keywords into one configuration, strings into models, and all of it into an engine.

    Args:
        given: the keywords.
        resolve: makes the models.

    Raises:
        ConfigError: a setting or a model is impossible.
        StoreError: a file is foreign, newer or unreadable.
    """
    from tokenomics_shared.config import said_in_one_word
    from tokenomics_shared.engine import Engine
    from tokenomics_shared.recollection import Memory

    values = {name: value for name, value in given.items() if value is not None}
    _refuse_impossible(values)
    judge = values.pop("judge", None)
    if isinstance(judge, Mapping | Section):
        values["judge"], judge = judge, None
    memory = values.get("memory")
    shared = None
    if isinstance(memory, Memory):
        shared, values["memory"] = memory, memory.config
    _move_into(values, "bandit", {name: name for name in _OF_BANDIT})
    _move_into(values, "orchestrator", _OF_ORCHESTRATOR)
    if "compression" in values:
        # As a mapping, what it doesn't set is left to the configuration.
        values["compression"] = said_in_one_word(values["compression"])
    overrides = {name: values.pop(name) for name in (*SECTIONS, "state_dir") if name in values}
    engine = values.get("engine")
    config = engine.config if engine is not None else _config(values.get("config"), overrides)
    if engine is not None and (overrides or values.get("config", config) is not config):
        named = ", ".join(overrides) or "config"
        raise ConfigError(f"{named}: the engine that is given has its configuration already")
    for name in _OF_CALLS:
        if name not in values and (default := getattr(config.llm, name)) is not None:
            values[name] = default
    _resolve_models(values, config, resolve)
    values["config"] = config
    values["engine"] = engine or Engine.build(config, judge=judge, memory=shared)
    return values


def _move_into(values: dict[str, Any], section: str, names: Mapping[str, str]) -> None:
    """Put keywords of ours where the configuration has them, by its names for them."""
    moved = {name: values.pop(own) for own, name in names.items() if own in values}
    if not moved:
        return
    own = values.get(section, {})
    if isinstance(own, Section):
        own = {name: getattr(own, name) for name in own.model_fields_set}
    if not isinstance(own, Mapping):
        raise ConfigError(f"{section} must be a mapping of settings, got {type(own).__name__}")
    values[section] = {**own, **moved}


def _config(given: Any, overrides: Mapping[str, Any]) -> "TokenomicsConfig":
    from tokenomics_shared.config import TokenomicsConfig

    if isinstance(given, Mapping):
        given = TokenomicsConfig.load(**given)
    if isinstance(given, TokenomicsConfig):
        return given.replace(**overrides) if overrides else given
    if not isinstance(given, str | Path | None):
        kind = type(given).__name__
        raise ConfigError(f"config must be a TokenomicsConfig, a mapping or a path, got {kind}")
    return TokenomicsConfig.load(given, **overrides)


def _refuse_impossible(values: Mapping[str, Any]) -> None:
    from tokenomics_shared.bandit.arms import refuse_impossible
    from tokenomics_shared.config import LLMConfig
    from tokenomics_shared.config_errors import in_words

    try:
        LLMConfig(**{name: values[name] for name in _OF_CALLS if name in values})
    except ValidationError as error:
        raise ConfigError(in_words(error)) from None
    if "strategies" in values:
        refuse_impossible(values["strategies"])


def _resolve_models(values: dict[str, Any], config: "TokenomicsConfig", resolve: Resolve) -> None:
    """Models named in the configuration stand in where none are given in code."""
    strategies: Sequence[Strategy] = values.get("strategies") or ()
    own = [strategy.model for strategy in strategies if strategy.model is not None]
    if not own:
        for tier in TIERS:
            named = getattr(config.cascading, f"{tier}_model")
            if named is not None:
                values.setdefault(tier, named)
    tiers = {tier: values[tier] for tier in TIERS if tier in values}
    _refuse_twins(tiers)
    settings = {name: values.get(name) for name in ("api_key", "timeout", "max_retries")}
    refuse_ambiguous_key([*tiers.values(), *own], settings["api_key"])
    values.update((tier, resolve(model, settings)) for tier, model in tiers.items())
    if "strategies" in values:
        values["strategies"] = [
            strategy
            if strategy.model is None
            else replace(strategy, model=resolve(strategy.model, settings))
            for strategy in strategies
        ]


def judging_models(config: "JudgeConfig", resolve: Resolve) -> dict[str, Any]:
    """The models that judge, by the tier they are asked as.

    Raises:
        ConfigError: one is no chat model.
    """
    named = {"judge": config.model, "second": config.second_model}
    settings = {"timeout": config.timeout_s}
    return {tier: resolve(model, settings) for tier, model in named.items() if model is not None}


def _refuse_twins(named: Mapping[str, Any]) -> None:
    for (name, model), (other, twin) in combinations(named.items(), 2):
        if model is twin or (isinstance(model, str) and model == twin):
            raise ConfigError(
                f"{name} and {other} are the same model: there is nothing to choose between"
            )
