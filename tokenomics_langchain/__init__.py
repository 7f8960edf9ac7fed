"""Tokenomics for LangChain: `ChatTokenomics`, a chat model made of cheaper and better ones."""

from typing import TYPE_CHECKING, Any

from tokenomics_langchain.chat_models import ChatTokenomics
from tokenomics_shared.types import Strategy

if TYPE_CHECKING:
    from tokenomics_shared.config import TokenomicsConfig

__all__ = ["ChatTokenomics", "Strategy", "TokenomicsConfig"]


def __getattr__(name: str) -> Any:
    """The configuration is loaded when it is first asked for: most callers need only keywords."""
    if name == "TokenomicsConfig":
        from tokenomics_shared.config import TokenomicsConfig

        return TokenomicsConfig
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), "TokenomicsConfig"]
