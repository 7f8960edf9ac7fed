"""Models as the user gives them: LlamaIndex's, or strings."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from llama_index.core.llms import LLM

from tokenomics_shared.errors import ConfigError, MissingExtra
from tokenomics_shared.specs import KEY_VARIABLE, in_words, read_spec, shown


@dataclass(frozen=True, slots=True)
class _Provider:
    module: str
    llm_class: str
    extra: str
    settings: Mapping[str, Any] = field(default_factory=dict)


_USAGE = {"additional_kwargs": {"stream_options": {"include_usage": True}}}
"""Streams tell their usage only when they are asked to."""

_PROVIDERS = {
    "openai": _Provider("llama_index.llms.openai", "OpenAI", "llamaindex-openai", _USAGE),
    "google_genai": _Provider(
        "llama_index.llms.google_genai", "GoogleGenAI", "llamaindex-google-genai"
    ),
}

_COMPATIBLE = _Provider(
    "llama_index.llms.openai_like",
    "OpenAILike",
    "llamaindex-openai",
    {"is_chat_model": True, "is_function_calling_model": True, **_USAGE},
)

_DIALECTS = {
    "google_genai": {"timeout": None},
}
"""What a provider's models call the settings that all others call alike; None for none."""


def resolve(model: Any, settings: Mapping[str, Any]) -> LLM:
    """Make a model of whatever the user gave.

    Args:
        model: a model of LlamaIndex's, or a string: `provider:name`, or
            `openai:name@http://host:port/v1` for a server that speaks OpenAI's protocol.
        settings: constructor arguments for models made from strings; None values are left out.

    Raises:
        ConfigError: the model is none of these.
        MissingExtra: its provider's package is not installed.
    """
    if isinstance(model, str):
        given = {name: value for name, value in settings.items() if value is not None}
        return _from_string(model, given)
    if not isinstance(model, LLM):
        raise ConfigError(
            f"a model must be an LLM of LlamaIndex's or a string, got {type(model).__name__}"
        )
    return model


def _from_string(spec: str, settings: dict[str, Any]) -> LLM:
    provider, model, url = read_spec(spec, tuple(_PROVIDERS))
    key = settings.pop("api_key", None)
    if key is not None:
        settings["api_key"] = _readable(key)
    if url is not None:
        settings.setdefault("api_key", os.environ.get(KEY_VARIABLE) or "none")
        return _make(_COMPATIBLE, spec, model=model, api_base=url, **settings)
    if provider not in _PROVIDERS:
        known = ", ".join(sorted(_PROVIDERS))
        raise ConfigError(
            f"model {shown(spec)!r}: providers are {known}; give any other model of LlamaIndex's "
            "as an object"
        )
    for name in _DIALECTS.get(provider, ()):
        settings.pop(name, None)
    return _make(_PROVIDERS[provider], spec, model=model, **settings)


def _readable(key: Any) -> Any:
    return key.get_secret_value() if hasattr(key, "get_secret_value") else key


def _make(home: _Provider, spec: str, **settings: Any) -> LLM:
    try:
        llm_class: Callable[..., LLM] = getattr(import_module(home.module), home.llm_class)
    except ImportError as error:
        raise MissingExtra(f"model {shown(spec)!r}", home.extra) from error
    try:
        return llm_class(**{**home.settings, **settings})
    except Exception as error:  # noqa: BLE001 -- told in words: it may show keys itself
        raise ConfigError(f"model {shown(spec)!r}: {in_words(error)}") from None
