"""What tells one model's settings from another's, without showing any of them."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from hashlib import blake2b
from operator import itemgetter
from pathlib import PurePath
from types import FunctionType
from typing import Any
from uuid import UUID, uuid4

from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic.errors import PydanticUserError

DELIVERY = frozenset({"stream", "stream_options", "stream_usage", "timeout"})
"""Arguments of a call that say how an answer is delivered, which doesn't change it."""

_OF_CLIENTS = ("base_url", "organization", "project", "headers", "params", "cookies", "auth")
"""What of a client decides who answers: SDKs read some of it from the environment."""

_TOLD_BY_REPR = (bytes, complex, date, time, timedelta, Decimal, Enum, PurePath, UUID)

_MOST_TOKENS = 1024
_tokens: dict[int, tuple[Any, str]] = {}
"""Tokens of objects by id; the objects are held, so that no other ever gets the same id."""

Watch = tuple[dict[str, Any], dict[str, Any]]
"""The attributes of an object as they are, and as they were."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the settings in a framework's objects.

    Attributes:
        passing: of an object, the names of those fields that say how it is run and watched, not
            what it answers.
    """

    passing: Callable[[BaseModel], Collection[str]]

    def digest(self, value: Any) -> str:
        """A hash of a value and all that is in it.

        The same for the same values in every process. Nothing can be read from it, as it is a
        BLAKE2b hash: settings hold keys. What only its maker understands (a client's
        credentials, a lambda) is told by a token of its own, which ends with the process.
        """
        return blake2b(json.dumps(self._plain(value)).encode(), digest_size=16).hexdigest()

    def watch(self, value: Any) -> Iterator[Watch]:
        """The attributes of every object that the settings are in, to be compared later."""
        if isinstance(value, BaseModel):
            kept = dict(self._settings(value))
            held = value.__dict__.items()
            yield value.__dict__, {name: _copied(it) if name in kept else it for name, it in held}
            for part in kept.values():
                yield from self.watch(part)
        elif isinstance(value, Mapping):
            for part in value.values():
                yield from self.watch(part)
        elif isinstance(value, list | tuple):
            for part in value:
                yield from self.watch(part)

    def _settings(self, model: BaseModel) -> Iterable[tuple[str, Any]]:
        """The fields of an object that count, by name."""
        names = set(type(model).model_fields).difference(self.passing(model))
        held = model.__dict__
        extra = sorted((model.__pydantic_extra__ or {}).items())
        return [*((name, held[name]) for name in sorted(names & held.keys())), *extra]

    def _plain(self, value: Any) -> Any:
        """A value as JSON holds it, telling apart all that may differ."""
        if value is None or isinstance(value, bool | int | float | str):
            return value
        plain = self._plain
        if isinstance(value, Mapping):
            pairs = ([json.dumps(plain(name)), plain(part)] for name, part in value.items())
            return {"of": "mapping", "pairs": sorted(pairs, key=itemgetter(0))}
        if isinstance(value, list | tuple):
            return [plain(part) for part in value]
        if isinstance(value, set | frozenset):
            return {"of": "set", "parts": sorted(json.dumps(plain(part)) for part in value)}
        named = isinstance(value, type | FunctionType)
        return {"of": _path(type(value)), "is": _named(value) if named else self._object(value)}

    def _object(self, value: Any) -> Any:
        if isinstance(value, SecretStr | SecretBytes):
            return self._plain(value.get_secret_value())
        if isinstance(value, BaseModel):
            return [
                (name, self._client(part) if name.endswith("client") else self._plain(part))
                for name, part in self._settings(value)
            ]
        if is_dataclass(value):
            return [
                (field.name, self._plain(getattr(value, field.name))) for field in fields(value)
            ]
        return repr(value) if isinstance(value, _TOLD_BY_REPR) else _token(value)

    def _client(self, client: Any) -> Any:
        known = {name: getattr(client, name, None) for name in _OF_CLIENTS}
        return {
            name: str(it) if name == "base_url" else self._plain(it) for name, it in known.items()
        }


def _copied(value: Any) -> Any:
    """A copy that changes inside don't reach."""
    if isinstance(value, dict):
        return {name: _copied(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_copied(part) for part in value]
    return set(value) if isinstance(value, set) else value


def _named(value: Any) -> Any:
    """A class or function: by name when there is but one of that name, a model by its schema."""
    if isinstance(value, type) and issubclass(value, BaseModel):
        with suppress(PydanticUserError):  # not every field can be told in a schema
            return [_path(value), value.model_json_schema()]
        return _token(value)
    return _token(value) if "<" in value.__qualname__ else _path(value)


def _path(named: type | FunctionType) -> str:
    return f"{named.__module__}.{named.__qualname__}"


def _token(value: Any) -> str:
    if len(_tokens) > _MOST_TOKENS:
        _tokens.clear()
    return _tokens.setdefault(id(value), (value, str(uuid4())))[1]
