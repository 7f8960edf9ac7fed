"""Tokenomics for LangChain: a chat model made of cheaper and better ones, and a middleware."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tokenomics_shared.errors import MissingExtra
from tokenomics_shared.types import Strategy

try:
    from tokenomics_langchain.chat_models import ChatTokenomics
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] != "langchain_core":
        raise
    raise MissingExtra("tokenomics_langchain", "langchain") from error

if TYPE_CHECKING:
    from tokenomics_langchain.cache import TokenomicsCache
    from tokenomics_langchain.documents import TokenomicsDocumentCompressor, TokenomicsRetriever
    from tokenomics_langchain.middleware import TokenomicsMiddleware
    from tokenomics_shared.config import TokenomicsConfig
    from tokenomics_shared.recollection import Memory

__all__ = [
    "ChatTokenomics",
    "Memory",
    "Strategy",
    "TokenomicsCache",
    "TokenomicsConfig",
    "TokenomicsDocumentCompressor",
    "TokenomicsMiddleware",
    "TokenomicsRetriever",
]

_HOMES = {
    "Memory": "tokenomics_shared.recollection",
    "TokenomicsCache": "tokenomics_langchain.cache",
    "TokenomicsConfig": "tokenomics_shared.config",
    "TokenomicsDocumentCompressor": "tokenomics_langchain.documents",
    "TokenomicsMiddleware": "tokenomics_langchain.middleware",
    "TokenomicsRetriever": "tokenomics_langchain.documents",
}


def __getattr__(name: str) -> Any:
    """What most callers need not is loaded when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *_HOMES]
