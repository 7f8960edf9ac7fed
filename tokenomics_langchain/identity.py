"""What tells a tier's answers from those of another: all of its model's settings."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from hashlib import blake2b
from operator import itemgetter
from pathlib import PurePath
from types import FunctionType
from typing import Any
from uuid import UUID, uuid4

from langchain_core.language_models import BaseLanguageModel
from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic.errors import PydanticUserError

from tokenomics_langchain.binding import flatten

DELIVERY = frozenset({"stream", "stream_options", "stream_usage", "timeout"})
"""Arguments of a call that say how an answer is delivered, which doesn't change it."""

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

_OF_CLIENTS = ("base_url", "organization", "project", "headers", "params", "cookies", "auth")
"""What of a client decides who answers: SDKs read some of it from the environment."""

_TOLD_BY_REPR = (bytes, complex, date, time, timedelta, Decimal, Enum, PurePath, UUID)

_MOST_TOKENS = 1024
_tokens: dict[int, tuple[Any, str]] = {}
"""Tokens of objects by id; the objects are held, so that no other ever gets the same id."""

Watch = tuple[dict[str, Any], dict[str, Any]]
"""The attributes of an object as they are, and as they were."""


def identity_of(given: Any) -> str:
    """Digest every setting that could change what a model, bound or not, answers.

    The same for the same settings in every process, and another for any other address, key or
    header. Nothing can be read from it, as it is a BLAKE2b hash: settings hold keys. What only
    its maker understands (a client's credentials, a lambda) is told by a token of its own, which
    ends with the process.
    """
    model, bound = flatten(given)
    by_name = (model._identifying_params, bound)
    kept = [{name: it for name, it in each.items() if name not in DELIVERY} for each in by_name]
    return digest_of([model, *kept])


def digest_of(value: Any) -> str:
    """Digest any value, as models' settings are."""
    return blake2b(json.dumps(_plain(value)).encode(), digest_size=16).hexdigest()


def watch(value: Any) -> Iterator[Watch]:
    """The attributes of every object that the settings are in, to be compared later."""
    if isinstance(value, BaseModel):
        kept = dict(_settings(value))
        seen = {name: _copied(it) if name in kept else it for name, it in value.__dict__.items()}
        yield value.__dict__, seen
        for part in kept.values():
            yield from watch(part)
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from watch(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from watch(part)


def _settings(model: BaseModel) -> Iterable[tuple[str, Any]]:
    """The fields of an object that count, by name."""
    names = set(type(model).model_fields)
    if isinstance(model, BaseLanguageModel):
        names -= _NOT_SETTINGS
    held = model.__dict__
    extra = sorted((model.__pydantic_extra__ or {}).items())
    return [*((name, held[name]) for name in sorted(names & held.keys())), *extra]


def _copied(value: Any) -> Any:
    """A copy that changes inside don't reach."""
    if isinstance(value, dict):
        return {name: _copied(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_copied(part) for part in value]
    return set(value) if isinstance(value, set) else value


def _plain(value: Any) -> Any:
    """A value as JSON holds it, telling apart all that may differ."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        pairs = ([json.dumps(_plain(name)), _plain(part)] for name, part in value.items())
        return {"of": "mapping", "pairs": sorted(pairs, key=itemgetter(0))}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, set | frozenset):
        return {"of": "set", "parts": sorted(json.dumps(_plain(part)) for part in value)}
    named = isinstance(value, type | FunctionType)
    return {"of": _path(type(value)), "is": _named(value) if named else _object(value)}


def _object(value: Any) -> Any:
    if isinstance(value, SecretStr | SecretBytes):
        return _plain(value.get_secret_value())
    if isinstance(value, BaseModel):
        return [
            (name, _client(part) if name.endswith("client") else _plain(part))
            for name, part in _settings(value)
        ]
    if is_dataclass(value):
        return [(field.name, _plain(getattr(value, field.name))) for field in fields(value)]
    return repr(value) if isinstance(value, _TOLD_BY_REPR) else _token(value)


def _named(value: Any) -> Any:
    """A class or function: by name when there is but one of that name, a model by its schema."""
    if isinstance(value, type) and issubclass(value, BaseModel):
        with suppress(PydanticUserError):  # not every field can be told in a schema
            return [_path(value), value.model_json_schema()]
        return _token(value)
    return _token(value) if "<" in value.__qualname__ else _path(value)


def _client(client: Any) -> Any:
    known = {name: getattr(client, name, None) for name in _OF_CLIENTS}
    return {name: str(it) if name == "base_url" else _plain(it) for name, it in known.items()}


def _path(named: type | FunctionType) -> str:
    return f"{named.__module__}.{named.__qualname__}"


def _token(value: Any) -> str:
    if len(_tokens) > _MOST_TOKENS:
        _tokens.clear()
    return _tokens.setdefault(id(value), (value, str(uuid4())))[1]
