"""Recorded outcomes, played through the engine: what a setting would have cost, and kept."""

from tokenomics_shared.replay.backend import Played, ReplayBackend, ReplayCodec
from tokenomics_shared.replay.log import Log
from tokenomics_shared.replay.player import Feedback, Playable, replay
from tokenomics_shared.replay.prices import LogPrices
from tokenomics_shared.replay.reading import read_log
from tokenomics_shared.replay.records import LogError, Recorded, RecordedAnswer
from tokenomics_shared.replay.tally import Step, Tally, Way
from tokenomics_shared.replay.trial import Trial, apart, engine_for, tried

__all__ = [
    "Feedback",
    "Log",
    "LogError",
    "LogPrices",
    "Playable",
    "Played",
    "Recorded",
    "RecordedAnswer",
    "ReplayBackend",
    "ReplayCodec",
    "Step",
    "Tally",
    "Trial",
    "Way",
    "apart",
    "engine_for",
    "read_log",
    "replay",
    "tried",
]
