"""Parameters of an answer, whatever a provider calls them and wherever it takes them."""

from collections.abc import Mapping
from typing import Any

from llama_index.core.llms import LLM

from tokenomics_shared.types import Strategy

FIELDS = ("max_tokens", "max_output_tokens", "num_predict", "max_new_tokens")
"""What models call the limit on an answer's tokens."""

_NAMES = (*FIELDS, "max_completion_tokens")
"""What calls may call it besides."""

_CONFIG = "generation_config"
"""The argument that Google's models take parameters in; every other name they leave unread."""

_GOOGLES = {"max_tokens": "max_output_tokens", "stop": "stop_sequences"}
_IN_CONFIG = ("temperature", "top_p", "frequency_penalty", "presence_penalty", "seed", "stop")


def limit_in(settings: Mapping[str, Any]) -> int | None:
    """The lowest limit among settings; None when there is none."""
    if not settings:
        return None
    said = [settings.get(name) for name in _NAMES]
    return min((it for it in said if isinstance(it, int) and it > 0), default=None)


def limit_of(model: LLM) -> int | None:
    """The limit that a model has of its own."""
    private = model.__pydantic_private__ or {}
    config = private.get(f"_{_CONFIG}")
    fields = {name: getattr(model, name, None) for name in FIELDS}
    return limit_in(fields if not isinstance(config, Mapping) else {**fields, **config})


def with_limit(model: LLM, kwargs: dict[str, Any], ours: int | None) -> LLM:
    """The model to ask so that this limit holds, or the call's own or the model's if lower.

    Args:
        model: the model; it is not changed.
        kwargs: the call's arguments, which may change.
        ours: the limit; None for none.
    """
    if ours is None:
        return model
    own = limit_in(kwargs)
    limit = min(it for it in (ours, own, limit_of(model)) if it is not None)
    for name in _NAMES:
        kwargs.pop(name, None)
    field = next((it for it in FIELDS if it in type(model).model_fields), None)
    if field is not None:
        # Some integrations let the field win over an argument.
        return model.model_copy(update={field: limit})
    kwargs["max_tokens"] = limit
    return model


def put_parameters(kwargs: dict[str, Any], strategy: Strategy) -> None:
    """Set what the strategy sets for callers that set nothing."""
    named = {
        "temperature": strategy.temperature,
        "top_p": strategy.top_p,
        "frequency_penalty": strategy.frequency_penalty,
        "presence_penalty": strategy.presence_penalty,
    }
    for name, value in named.items():
        if value is not None:
            kwargs.setdefault(name, value)


def in_own_form(model: LLM, kwargs: dict[str, Any]) -> None:
    """Move parameters to where this model reads them."""
    if f"_{_CONFIG}" not in (model.__pydantic_private__ or {}):
        return
    moved = {name: kwargs.pop(name) for name in (*_IN_CONFIG, *_NAMES) if name in kwargs}
    if moved:
        renamed = {_named(name): it for name, it in moved.items() if it is not None}
        kwargs[_CONFIG] = {**renamed, **kwargs.get(_CONFIG, {})}


def _named(name: str) -> str:
    return "max_output_tokens" if name in _NAMES else _GOOGLES.get(name, name)
