"""Tokenomics for LlamaIndex: `TokenomicsNodePostprocessor` shrinks what was retrieved."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tokenomics_shared.errors import MissingExtra

if TYPE_CHECKING:
    from tokenomics_llamaindex.postprocessor import TokenomicsNodePostprocessor

__all__ = ["TokenomicsNodePostprocessor"]

_HOMES = {"TokenomicsNodePostprocessor": "tokenomics_llamaindex.postprocessor"}


def __getattr__(name: str) -> Any:
    """What is asked for is loaded then: LlamaIndex takes seconds to import."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(_HOMES[name]), name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "llama_index":
            raise
        raise MissingExtra("tokenomics_llamaindex", "llamaindex") from error


def __dir__() -> list[str]:
    return [*globals(), *_HOMES]
