"""The engine's simpler parts, made as the configuration says."""

import logging
import time
from pathlib import Path

from tokenomics_shared.adapters.sqlite_ledger import SqliteLedger
from tokenomics_shared.config import TokenomicsConfig
from tokenomics_shared.errors import ConfigError
from tokenomics_shared.orchestrator import NoPlan, Orchestrator, estimate_tokens, prompt_tokens
from tokenomics_shared.planning import LengthPredictor
from tokenomics_shared.ports import Planner, Prices
from tokenomics_shared.telemetry import Books, Faults, Overrides, Price
from tokenomics_shared.types import Prompt, Usage


def orchestrator(config: TokenomicsConfig, lengths: LengthPredictor) -> Planner:
    """What plans requests."""
    if not config.orchestrator.enabled:
        return NoPlan()
    return Orchestrator(config.orchestrator.default_token_budget, lengths)


def books(
    config: TokenomicsConfig, path: Path | None, faults: Faults, prices: Prices | None
) -> Books:
    """The books, with prices looked up where none are stated.

    Args:
        config: the configuration.
        path: the ledger's file; None for the process alone.
        faults: where faults are counted.
        prices: looks up; the bundled price table when None.

    Raises:
        StoreError: the file is foreign, newer or unreadable.
    """
    if prices is None:
        from tokenomics_shared.adapters.genai_prices import GenaiPrices

        prices = GenaiPrices()
    stated = {name: Price(**price.model_dump()) for name, price in config.prices.items()}
    ledger = SqliteLedger(path, on_fault=lambda error: faults.record("ledger", error))
    return Books(
        ledger,
        Overrides(stated, prices),
        _estimate,
        faults=faults,
        now=time.time,
        tick=time.perf_counter,
    )


def _estimate(prompt: Prompt, text: str) -> Usage:
    return Usage(prompt_tokens(prompt), estimate_tokens(text), estimated=True)


def set_up_logging(config: TokenomicsConfig) -> None:
    """Touch the package's logger only as far as the user asks."""
    logger = logging.getLogger("tokenomics")
    if config.log_level is not None:
        logger.setLevel(config.log_level)
    if config.log_file is not None:
        path = str(config.log_file.expanduser().absolute())
        if any(getattr(handler, "baseFilename", "") == path for handler in logger.handlers):
            return
        try:
            Path(path).touch(mode=0o600)
        except OSError as error:
            raise ConfigError(f"log_file {path} can't be written: {error.strerror}") from error
        handler = logging.FileHandler(path, delay=True)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
        logger.addHandler(handler)
