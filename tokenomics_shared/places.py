"""Where state is kept beyond the process."""

from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Self

from tokenomics_shared.config import TokenomicsConfig
from tokenomics_shared.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Places:
    """The file of each part that keeps something; None where it ends with the process."""

    cache: Path | None
    bandit: Path | None
    ledger: Path | None
    samples: Path | None
    lengths: Path | None
    folder: Path | None

    @classmethod
    def of(cls, config: TokenomicsConfig) -> Self:
        """The places that the configuration says.

        Raises:
            ConfigError: the folder is a file, or two parts would share a file.
        """
        folder = config.state_dir.expanduser() if config.state_dir else None
        if folder is not None and folder.exists() and not folder.is_dir():
            raise ConfigError(f"state_dir {folder} is a file; a folder is needed")
        named = {
            "memory.persistent_cache_path": config.path_of(
                config.memory.persistent_cache_path, "cache.db"
            ),
            "bandit.state_file": config.path_of(config.bandit.state_file, "bandit_state.json"),
            "prediction.lengths_path": config.path_of(
                config.prediction.lengths_path, "lengths.db"
            ),
            "telemetry.ledger_path": config.path_of(config.telemetry.ledger_path, "ledger.db"),
        }
        for (name, path), (other, twin) in combinations(named.items(), 2):
            if path is not None and twin is not None and path.resolve() == twin.resolve():
                raise ConfigError(f"{name} and {other} are the same file, {path}; each needs one")
        return cls(
            cache=named["memory.persistent_cache_path"],
            bandit=named["bandit.state_file"],
            ledger=named["telemetry.ledger_path"],
            samples=config.path_of(None, "samples.db"),
            lengths=named["prediction.lengths_path"],
            folder=folder,
        )
