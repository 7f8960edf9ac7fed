"""The bandit's memory beyond the process."""

import json
import logging
import math
import os
from collections.abc import Callable
from pathlib import Path
from threading import Lock, Timer
from typing import Any

from typing_extensions import override

from tokenomics_shared.errors import StoreError
from tokenomics_shared.forks import ForkSafe

Arms = dict[str, tuple[int, float]]
"""Pulls and summed reward by arm."""

VERSION = 1
SAVE_AFTER_S = 1.0
_FORMAT = "tokenomics-bandit"

_log = logging.getLogger("tokenomics.bandit")


class NoState:
    """Forgets with the process."""

    def load(self) -> Arms:
        """Start from nothing."""
        return {}

    def changed(self, snapshot: Callable[[], Arms]) -> None:
        """Do nothing."""

    def save(self, snapshot: Callable[[], Arms]) -> None:
        """Do nothing."""


class JsonState(ForkSafe):
    """A JSON file, replaced as a whole, at most once a second, never on the caller's time.

    A file that can't be read or was written by a newer version is kept as it is; learning starts
    afresh in a file beside it.
    """

    def __init__(self, path: Path) -> None:
        # Written later, when the process may be in another folder.
        self.path = path.absolute()
        self._writing = Lock()
        self._timer: Timer | None = None
        self._dirty = False
        super().__init__()

    def load(self) -> Arms:
        """Read the pulls; none when there is no file yet.

        Raises:
            StoreError: the file can't be read, and the one beside it can't be either.
        """
        given, beside = self.path, self.path.with_suffix(f".fresh{self.path.suffix}")
        try:
            return _read(given)
        except (OSError, ValueError) as error:
            _log.warning(
                "bandit state %s is kept but not used: %s; what is learned goes to %s",
                given,
                error,
                beside,
            )
        self.path = beside
        try:
            return _read(beside)
        except (OSError, ValueError) as error:
            raise StoreError(
                f"bandit state {beside} can't be read, nor can {given.name} beside it: {error}; "
                "they are left as they are"
            ) from error

    def changed(self, snapshot: Callable[[], Arms]) -> None:
        """Save soon, in the background."""
        with self.lock:
            self._dirty = True
            if self._timer is None:
                self._timer = Timer(SAVE_AFTER_S, self._save_now, (snapshot,))
                self._timer.daemon = True
                self._timer.start()

    def save(self, snapshot: Callable[[], Arms]) -> None:
        """Save now, if anything changed.

        Raises:
            OSError: the file can't be written; what changed still waits to be saved.
        """
        with self._writing:
            with self.lock:
                if self._timer is not None:
                    self._timer.cancel()
                    self._timer = None
                if not self._dirty:
                    return
                self._dirty = False
            # A change that comes from here on is in the snapshot, or saved next time.
            try:
                self._write(snapshot())
            except OSError:
                self._dirty = True
                raise

    @override
    def in_child(self) -> None:
        """Begin with nothing to save: what there is, the parent saves."""
        self._writing = Lock()
        self._timer = None
        self._dirty = False

    def _save_now(self, snapshot: Callable[[], Arms]) -> None:
        try:
            self.save(snapshot)
        except OSError as error:
            _log.warning("bandit state %s was not saved: %s", self.path, error)

    def _write(self, arms: Arms) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = json.dumps({"format": _FORMAT, "version": VERSION, "arms": arms}, indent=1)
        scratch = self.path.with_suffix(f".{os.getpid()}.tmp")
        scratch.unlink(missing_ok=True)
        scratch.touch(mode=0o600, exist_ok=False)
        scratch.write_text(text, "utf-8")
        scratch.replace(self.path)


def _read(path: Path) -> Arms:
    return _parse(json.loads(path.read_text("utf-8"))) if path.exists() else {}


def _parse(data: Any) -> Arms:
    if not isinstance(data, dict) or data.get("format") != _FORMAT:
        raise ValueError("not a bandit state of this package")
    if data.get("version") != VERSION:
        raise ValueError(f"version {data.get('version')!r}, this package reads {VERSION}")
    try:
        arms = {str(name): (int(n), float(total)) for name, (n, total) in data["arms"].items()}
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError("its arms are not pulls and rewards") from error
    if any(n < 0 or not math.isfinite(total) for n, total in arms.values()):
        raise ValueError("its pulls or rewards are impossible")
    return arms
