"""Models as the user gives them: chat models, bound chat models, strings."""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import RunnableBinding
from pydantic import ValidationError

from tokenomics_shared.errors import ConfigError, MissingExtra

ChatModelLike = BaseChatModel | RunnableBinding[Any, Any] | str

KEY_VARIABLE = "TOKENOMICS_COMPATIBLE_API_KEY"
"""Holds the key for OpenAI-compatible servers. `OPENAI_API_KEY` is never sent to another host."""


@dataclass(frozen=True, slots=True)
class _Provider:
    module: str
    chat_class: str
    extra: str
    settings: Mapping[str, Any] = field(default_factory=dict)


_PROVIDERS = {
    "openai": _Provider("langchain_openai", "ChatOpenAI", "openai"),
    "azure_openai": _Provider("langchain_openai", "AzureChatOpenAI", "openai"),
    "google_genai": _Provider("langchain_google_genai", "ChatGoogleGenerativeAI", "vertexai"),
    "google_vertexai": _Provider(
        "langchain_google_genai", "ChatGoogleGenerativeAI", "vertexai", {"vertexai": True}
    ),
}


_LANGCHAINS = (
    "anthropic, anthropic_bedrock, azure_ai, baseten, bedrock, bedrock_converse, "
    "bedrock_mantle_anthropic, bedrock_mantle_openai, cohere, deepseek, fireworks, "
    "google_anthropic_vertex, groq, huggingface, ibm, langsmith, litellm, meta, mistralai, "
    "nvidia, ollama, openrouter, perplexity, together, upstage, xai"
)
"""Providers that LangChain itself knows, beside ours."""


def refuse_ambiguous_key(models: Iterable[Any], api_key: Any) -> None:
    """Refuse one key for models of several providers: it would be shown to the wrong one.

    Raises:
        ConfigError: it says which.
    """
    specs = [model for model in models if isinstance(model, str)]
    owners = {(spec.partition(":")[0], spec.partition("@")[2]) for spec in specs}
    if api_key is not None and len(owners) > 1:
        raise ConfigError(
            f"api_key: {' and '.join(map(_shown, specs))} are of different providers or "
            "addresses, and a key belongs to one; give the models as objects with keys of "
            "their own"
        )


def resolve(model: Any, settings: Mapping[str, Any]) -> BaseChatModel | RunnableBinding[Any, Any]:
    """Make a chat model of whatever the user gave.

    Args:
        model: a chat model, one with bound arguments, or a string: `provider:name`, or
            `openai:name@http://host:port/v1` for a server that speaks OpenAI's protocol.
        settings: constructor arguments for models made from strings; None values are left out.

    Raises:
        ConfigError: the model is none of these.
        MissingExtra: its provider's package is not installed.
    """
    if isinstance(model, str):
        given = {name: value for name, value in settings.items() if value is not None}
        return _from_string(model, given)
    innermost = model
    while isinstance(innermost, RunnableBinding):
        innermost = innermost.bound
    if not isinstance(innermost, BaseChatModel):
        raise ConfigError(
            f"a model must be a LangChain chat model or a string, got {type(model).__name__}"
        )
    return model  # type: ignore[no-any-return]  # a chat model or a binding around one


def _from_string(spec: str, settings: dict[str, Any]) -> BaseChatModel:
    name, addressed, url = spec.partition("@")
    provider, _, model = name.partition(":")
    _refuse_malformed(spec, provider, model)
    if addressed:
        return _compatible(spec, provider, model, url, settings)
    if provider not in _PROVIDERS:
        return _by_langchain(spec, settings)
    home = _PROVIDERS[provider]
    usage = {"stream_usage": True} if home.extra == "openai" else {}
    return _make(home, spec, model=model, **home.settings, **usage, **settings)


def _refuse_malformed(spec: str, provider: str, model: str) -> None:
    shown = _shown(spec)
    if not provider or not model:
        raise ConfigError(
            f"model {shown!r} is not of the form 'provider:name' or 'openai:name@http://host/v1'"
        )
    if any(map(str.isspace, spec)):
        raise ConfigError(f"model {shown!r}: there is a space in it")
    lower = provider.lower()
    if provider != lower and (lower in _PROVIDERS or lower in _LANGCHAINS.split(", ")):
        raise ConfigError(
            f"model {shown!r}: there is no provider {provider!r}; did you mean '{lower}:{model}'?"
        )


def _compatible(
    spec: str, provider: str, model: str, url: str, settings: dict[str, Any]
) -> BaseChatModel:
    if provider != "openai":
        raise ConfigError(f"model {_shown(spec)!r}: only 'openai:' models take an address")
    if not url.startswith(("http://", "https://")):
        raise ConfigError(
            f"model {_shown(spec)!r}: its address must start with http:// or https://"
        )
    settings.setdefault("api_key", os.environ.get(KEY_VARIABLE) or "none")
    home = _PROVIDERS["openai"]
    return _make(home, spec, model=model, base_url=url, stream_usage=True, **settings)


def _by_langchain(spec: str, settings: dict[str, Any]) -> BaseChatModel:
    """Every other provider that LangChain itself knows."""
    try:
        init_chat_model = import_module("langchain.chat_models").init_chat_model
    except ImportError as error:
        known = ", ".join(sorted(_PROVIDERS))
        raise ConfigError(
            f"model {_shown(spec)!r}: providers are {known}; and where the package langchain is "
            f"installed (pip install langchain) {_LANGCHAINS}"
        ) from error
    try:
        model: BaseChatModel = init_chat_model(spec, **settings)
    except (ImportError, ValueError) as error:
        raise ConfigError(f"model {_shown(spec)!r}: {_in_words(error)}") from None
    return model


def _make(home: _Provider, spec: str, **settings: Any) -> BaseChatModel:
    try:
        chat_class: Callable[..., BaseChatModel] = getattr(
            import_module(home.module), home.chat_class
        )
    except ImportError as error:
        raise MissingExtra(f"model {_shown(spec)!r}", home.extra) from error
    try:
        return chat_class(**settings)
    except Exception as error:  # noqa: BLE001 -- told in words: it may show keys itself
        raise ConfigError(f"model {_shown(spec)!r}: {_in_words(error)}") from None


def _shown(spec: str) -> str:
    """Without the user and password of its address."""
    return re.sub(r"//[^/]*@", "//", spec)


def _in_words(error: Exception) -> str:
    """Without the values, which may be keys."""
    if isinstance(error, ValidationError):
        return "; ".join(problem["msg"] for problem in error.errors(include_input=False))
    return str(error)
