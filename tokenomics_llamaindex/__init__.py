"""Tokenomics for LlamaIndex: `TokenomicsLLM`, a model made of cheaper and better ones.

`TokenomicsNodePostprocessor` shrinks what was retrieved.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tokenomics_shared.errors import MissingExtra

if TYPE_CHECKING:
    from tokenomics_llamaindex.events import TokenomicsDecisionEvent
    from tokenomics_llamaindex.llm import TokenomicsLLM
    from tokenomics_llamaindex.postprocessor import TokenomicsNodePostprocessor
    from tokenomics_llamaindex.wishes import wishing
    from tokenomics_shared.config import TokenomicsConfig
    from tokenomics_shared.recollection import Memory
    from tokenomics_shared.types import Strategy

__all__ = [
    "Memory",
    "Strategy",
    "TokenomicsConfig",
    "TokenomicsDecisionEvent",
    "TokenomicsLLM",
    "TokenomicsNodePostprocessor",
    "wishing",
]

_HOMES = {
    "Memory": "tokenomics_shared.recollection",
    "Strategy": "tokenomics_shared.types",
    "TokenomicsConfig": "tokenomics_shared.config",
    "TokenomicsDecisionEvent": "tokenomics_llamaindex.events",
    "TokenomicsLLM": "tokenomics_llamaindex.llm",
    "TokenomicsNodePostprocessor": "tokenomics_llamaindex.postprocessor",
    "wishing": "tokenomics_llamaindex.wishes",
}


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
