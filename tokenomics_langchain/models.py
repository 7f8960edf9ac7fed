"""Models as the user gives them: chat models, bound chat models, strings."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import RunnableBinding

from tokenomics_shared.errors import ConfigError, MissingExtra
from tokenomics_shared.specs import KEY_VARIABLE, in_words, read_spec, shown

ChatModelLike = BaseChatModel | RunnableBinding[Any, Any] | str


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
    provider, model, url = read_spec(spec, (*_PROVIDERS, *_LANGCHAINS.split(", ")))
    if url is not None:
        return _compatible(spec, model, url, settings)
    if provider not in _PROVIDERS:
        return _by_langchain(spec, settings)
    home = _PROVIDERS[provider]
    usage = {"stream_usage": True} if home.extra == "openai" else {}
    return _make(home, spec, model=model, **home.settings, **usage, **settings)


def _compatible(spec: str, model: str, url: str, settings: dict[str, Any]) -> BaseChatModel:
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
            f"model {shown(spec)!r}: providers are {known}; and where the package langchain is "
            f"installed (pip install langchain) {_LANGCHAINS}"
        ) from error
    try:
        model: BaseChatModel = init_chat_model(spec, **settings)
    except (ImportError, ValueError) as error:
        raise ConfigError(f"model {shown(spec)!r}: {in_words(error)}") from None
    return model


def _make(home: _Provider, spec: str, **settings: Any) -> BaseChatModel:
    try:
        chat_class: Callable[..., BaseChatModel] = getattr(
            import_module(home.module), home.chat_class
        )
    except ImportError as error:
        raise MissingExtra(f"model {shown(spec)!r}", home.extra) from error
    try:
        return chat_class(**settings)
    except Exception as error:  # noqa: BLE001 -- told in words: it may show keys itself
        raise ConfigError(f"model {shown(spec)!r}: {in_words(error)}") from None
