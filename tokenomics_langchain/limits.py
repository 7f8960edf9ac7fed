"""The limit on an answer's tokens, whatever a provider calls it."""

from collections.abc import Mapping
from typing import Any

from langchain_core.language_models import BaseChatModel

_FIELDS = ("max_output_tokens", "max_tokens", "num_predict", "max_new_tokens")
"""What models call it; the first that is a field of the model's class."""

NAMES = frozenset({*_FIELDS, "max_completion_tokens"})
"""What calls may call it besides."""


def limit_in(settings: Mapping[str, Any]) -> int | None:
    """The lowest limit among settings; None when there is none."""
    said = [settings.get(name) for name in NAMES]
    return min((it for it in said if isinstance(it, int) and it > 0), default=None)


def limit_of(model: BaseChatModel, bound: Mapping[str, Any]) -> int | None:
    """The limit that a model has of its own, or by what is bound to it."""
    bound_to = limit_in(bound)
    if bound_to is not None:
        return bound_to
    return limit_in({name: getattr(model, name, None) for name in _FIELDS})


def put_limit(model: BaseChatModel, merged: dict[str, Any], ours: int | None) -> None:
    """Set the limit under the model's own name for it: the lower one of the call's and ours."""
    name = next((it for it in _FIELDS if it in type(model).model_fields), "max_tokens")
    if ours is None:
        merged[name] = merged.pop("max_tokens", None)
        return
    said = limit_in(merged)
    for other in NAMES:
        merged.pop(other, None)
    merged[name] = ours if said is None else min(said, ours)
