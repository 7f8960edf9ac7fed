"""What tells a tier's answers from those of another: all of its model's settings."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from llama_index.core.llms import LLM
from pydantic import BaseModel

from tokenomics_shared.identity import Reader, Watch

_NOT_SETTINGS = frozenset(
    {
        "callback_manager",
        "max_retries",
        "rate_limiter",
        "request_timeout",
        "reuse_client",
        "timeout",
        "verbose",
    }
)
"""Fields of a model that say how it is run and watched, not what it answers."""

_HIDDEN = ("config", "kwargs", "params", "_max_tokens")
"""How the names of private attributes end that integrations keep settings in."""

_ADDRESS = ("base_url", "api_key")


def identity_of(model: LLM) -> str:
    """Digest every setting that could change what a model answers.

    The same for the same settings in every process, and another for any other address or key;
    nothing can be read from it.
    """
    private = model.__pydantic_private__ or {}
    hidden = {name: part for name, part in private.items() if name.endswith(_HIDDEN)}
    return _READER.digest([model, hidden, sorted(_addresses(model, private))])


def watch(model: Any) -> Iterator[Watch]:
    """The attributes of every object that the settings are in, to be compared later."""
    return _READER.watch(model)


def _addresses(model: LLM, private: Mapping[str, Any]) -> set[tuple[str, ...]]:
    """Whom the model's clients ask, and as whom: one that is yet to be made as the fields say."""
    clients = [part for name, part in private.items() if name.endswith("client")]
    of_fields = {
        "base_url": getattr(model, "api_base", None),
        "api_key": getattr(model, "api_key", None),
    }
    told = set()
    for client in clients:
        # Google's keeps them one below.
        inner = getattr(client, "_api_client", client)
        options = getattr(inner, "_http_options", None)
        named = {
            "base_url": getattr(inner, "base_url", None) or getattr(options, "base_url", None),
            "api_key": getattr(inner, "api_key", None),
        }
        known = of_fields if client is None else named
        told.add(tuple(str(known[name] or "").rstrip("/") for name in _ADDRESS))
    return told


def _passing(model: BaseModel) -> Collection[str]:
    return _NOT_SETTINGS if isinstance(model, LLM) else ()


_READER = Reader(_passing)
