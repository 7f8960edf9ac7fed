"""Output-length prediction put together."""

import logging
import random
import time
from collections.abc import Sequence
from pathlib import Path

from tokenomics_shared.adapters.sqlite_lengths import SqliteLengths
from tokenomics_shared.config import TokenomicsConfig
from tokenomics_shared.errors import ConfigError, MissingExtra
from tokenomics_shared.planning import LengthPredictor, LengthSample
from tokenomics_shared.prediction import Learning, NoLengths, Predictor
from tokenomics_shared.prediction.predictor import Jobs
from tokenomics_shared.prediction.refit import LengthsRefit
from tokenomics_shared.telemetry import Faults

_log = logging.getLogger("tokenomics")


def predictor(
    config: TokenomicsConfig, path: Path | None, faults: Faults, jobs: Jobs
) -> LengthPredictor:
    """What predicts lengths, as the configuration says.

    Args:
        config: the configuration.
        path: the file that keeps samples; None for the process alone.
        faults: where faults are counted.
        jobs: trains in the background.

    Raises:
        StoreError: the file is foreign, newer or unreadable.
    """
    if not config.prediction.enabled:
        return NoLengths()

    def on_fault(error: Exception) -> None:
        if isinstance(error, MissingExtra):
            _log.warning("answers' lengths are not learned: %s", error)
        else:
            faults.record("prediction", error)

    learning = Learning(
        train=_train,
        jobs=jobs,
        draw=random.Random(config.bandit.seed).random,  # noqa: S311 -- a sample, not a secret
        clock=time.time,
        on_fault=on_fault,
    )
    return Predictor(SqliteLengths(path, on_fault=on_fault), learning)


def train_now(lengths: LengthPredictor) -> Sequence[LengthsRefit]:
    """Learn from all answers that were kept, however few they are.

    Raises:
        ConfigError: nothing is learned of lengths, as it is configured.
        MissingExtra: what learns is not installed.
    """
    if not isinstance(lengths, Predictor):
        raise ConfigError("prediction.enabled is false: nothing is learned of answers' lengths")
    try:
        from tokenomics_shared.adapters.fitting_lengths import train_lengths
    except ImportError as error:
        raise MissingExtra("learning answers' lengths", "xgboost") from error
    return lengths.refit(train_lengths)


def _train(model: str, samples: Sequence[LengthSample], before: str | None) -> str | None:
    try:
        from tokenomics_shared.adapters.fitting_lengths import refit_lengths
    except ImportError as error:
        raise MissingExtra("learning answers' lengths", "xgboost") from error
    return refit_lengths(model, samples, before).trained
