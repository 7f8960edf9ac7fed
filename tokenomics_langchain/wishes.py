"""What a call says about memory and its token budget, in its `configurable` or its metadata."""

from collections.abc import Mapping
from typing import Any

from langchain_core.runnables import RunnableConfig

from tokenomics_shared.wishes import KINDS, OURS, WISHES, Wishes, checked, is_one, take_wishes

__all__ = ["OURS", "WISHES", "take_wishes", "wishes_of", "with_wishes"]


def with_wishes(config: RunnableConfig, kwargs: dict[str, Any]) -> dict[str, Any]:
    """A call's arguments with its wishes among them, if it has any."""
    wishes = wishes_of(config)
    return kwargs if wishes is None else {**kwargs, WISHES: wishes}


def wishes_of(config: RunnableConfig) -> Wishes | None:
    """Read a call's wishes; None when it has none.

    `configurable` wins over metadata, and what stands under `tokenomics` over both. In metadata,
    which others write too, a value of another kind is not taken for a wish.

    Raises:
        PromptError: a value is impossible; it is named.
    """
    configurable, metadata = config.get("configurable") or {}, config.get("metadata") or {}
    if not configurable and not metadata:
        return None
    found = {
        name: metadata[name]
        for name, kinds in KINDS.items()
        if name in metadata and is_one(metadata[name], kinds)
    }
    found |= {name: configurable[name] for name in KINDS if name in configurable}
    for given in (metadata.get(OURS), configurable.get(OURS)):
        if isinstance(given, Mapping):
            found |= given
    return checked(found) if found else None
