"""Models named by strings: `provider:name`, or `openai:name@http://host:port/v1`."""

import re
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from pydantic import ValidationError

from tokenomics_shared.errors import ConfigError

KEY_VARIABLE = "TOKENOMICS_COMPATIBLE_API_KEY"
"""Holds the key for OpenAI-compatible servers. `OPENAI_API_KEY` is never sent to another host."""


class Spec(NamedTuple):
    """A model's name, taken apart.

    Attributes:
        provider: `openai`, `google_genai`, …
        model: its name there.
        url: of a server that speaks OpenAI's protocol; None for the provider's own.
    """

    provider: str
    model: str
    url: str | None


def read_spec(spec: str, providers: Collection[str]) -> Spec:
    """Take a name apart.

    Args:
        spec: the name.
        providers: those that are known, to tell a slip of the pen; others may be named too.

    Raises:
        ConfigError: it is malformed.
    """
    name, addressed, url = spec.partition("@")
    provider, _, model = name.partition(":")
    _refuse_malformed(spec, provider, model, providers)
    if addressed:
        _refuse_address(spec, provider, url)
    return Spec(provider, model, url if addressed else None)


def refuse_ambiguous_key(models: Iterable[Any], api_key: Any) -> None:
    """Refuse one key for models of several providers: it would be shown to the wrong one.

    Raises:
        ConfigError: it says which.
    """
    specs = [model for model in models if isinstance(model, str)]
    owners = {(spec.partition(":")[0], spec.partition("@")[2]) for spec in specs}
    if api_key is not None and len(owners) > 1:
        raise ConfigError(
            f"api_key: {' and '.join(map(shown, specs))} are of different providers or "
            "addresses, and a key belongs to one; give the models as objects with keys of "
            "their own"
        )


def _refuse_malformed(spec: str, provider: str, model: str, providers: Collection[str]) -> None:
    if not provider or not model:
        raise ConfigError(
            f"model {shown(spec)!r} is not of the form 'provider:name' or 'openai:name@http://host/v1'"
        )
    if any(map(str.isspace, spec)):
        raise ConfigError(f"model {shown(spec)!r}: there is a space in it")
    lower = provider.lower()
    if provider != lower and lower in providers:
        raise ConfigError(
            f"model {shown(spec)!r}: there is no provider {provider!r}; did you mean "
            f"'{lower}:{model}'?"
        )


def _refuse_address(spec: str, provider: str, url: str) -> None:
    if provider != "openai":
        raise ConfigError(f"model {shown(spec)!r}: only 'openai:' models take an address")
    if not url.startswith(("http://", "https://")):
        raise ConfigError(
            f"model {shown(spec)!r}: its address must start with http:// or https://"
        )


def shown(spec: str) -> str:
    """Without the user and password of its address."""
    return re.sub(r"//[^/]*@", "//", spec)


def in_words(error: Exception) -> str:
    """Without the values, which may be keys."""
    if isinstance(error, ValidationError):
        return "; ".join(problem["msg"] for problem in error.errors(include_input=False))
    return str(error)
