"""Tokenomics: fewer tokens for the same answers, and a ledger that adds up.

The engine without a framework. Names are imported when they are first asked for, so importing
the package costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenomics_shared.baseline import BaselineComparison
    from tokenomics_shared.condensing import Condensed, Condenser
    from tokenomics_shared.config import TokenomicsConfig
    from tokenomics_shared.engine import Engine
    from tokenomics_shared.errors import (
        ConfigError,
        FeedbackError,
        MissingExtra,
        PromptError,
        StoreError,
        TokenomicsError,
    )
    from tokenomics_shared.memory.stats import MemoryStats, Recalled
    from tokenomics_shared.recollection import Memory
    from tokenomics_shared.telemetry import Price, Report
    from tokenomics_shared.types import Outcome, Strategy, Usage, Verdict

    __version__: str

_HOMES = {
    "BaselineComparison": "baseline",
    "Condensed": "condensing",
    "Condenser": "condensing",
    "ConfigError": "errors",
    "Engine": "engine",
    "FeedbackError": "errors",
    "Memory": "recollection",
    "MemoryStats": "memory.stats",
    "MissingExtra": "errors",
    "Outcome": "types",
    "Price": "telemetry",
    "PromptError": "errors",
    "Recalled": "memory.stats",
    "Report": "telemetry",
    "StoreError": "errors",
    "Strategy": "types",
    "TokenomicsConfig": "config",
    "TokenomicsError": "errors",
    "Usage": "types",
    "Verdict": "types",
}

__all__ = [
    "BaselineComparison",
    "Condensed",
    "Condenser",
    "ConfigError",
    "Engine",
    "FeedbackError",
    "Memory",
    "MemoryStats",
    "MissingExtra",
    "Outcome",
    "Price",
    "PromptError",
    "Recalled",
    "Report",
    "StoreError",
    "Strategy",
    "TokenomicsConfig",
    "TokenomicsError",
    "Usage",
    "Verdict",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("tokenomics-llm")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *_HOMES, "__version__"]
