"""What tells a tier's answers from those of another: all of its model's settings."""

from collections.abc import Collection, Iterator
from typing import Any

from langchain_core.language_models import BaseLanguageModel
from pydantic import BaseModel

from tokenomics_langchain.binding import flatten
from tokenomics_shared.identity import DELIVERY, Reader, Watch

__all__ = ["DELIVERY", "identity_of", "watch"]

_NOT_SETTINGS = frozenset(
    {
        "cache",
        "callback_manager",
        "callbacks",
        "custom_get_token_ids",
        "default_request_timeout",
        "disable_streaming",
        "engine",
        "http_socket_options",
        "max_retries",
        "metadata",
        "name",
        "profile",
        "rate_limiter",
        "request_timeout",
        "stream_chunk_timeout",
        "stream_usage",
        "streaming",
        "tags",
        "timeout",
        "verbose",
    }
)
"""Fields of a chat model that say how it is run and watched, not what it answers."""


def identity_of(given: Any) -> str:
    """Digest every setting that could change what a model, bound or not, answers.

    The same for the same settings in every process, and another for any other address, key or
    header; nothing can be read from it.
    """
    model, bound = flatten(given)
    by_name = (model._identifying_params, bound)
    kept = [{name: it for name, it in each.items() if name not in DELIVERY} for each in by_name]
    return digest_of([model, *kept])


def digest_of(value: Any) -> str:
    """Digest any value, as models' settings are."""
    return _READER.digest(value)


def watch(value: Any) -> Iterator[Watch]:
    """The attributes of every object that the settings are in, to be compared later."""
    return _READER.watch(value)


def _passing(model: BaseModel) -> Collection[str]:
    return _NOT_SETTINGS if isinstance(model, BaseLanguageModel) else ()


_READER = Reader(_passing)
