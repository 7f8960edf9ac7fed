"""What was learned, beyond the process: one file that all processes add to."""

import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from threading import Lock, Timer
from typing import Any, Protocol

from typing_extensions import override

from tokenomics_shared.bandit.sums import Forgetting, finite, merge
from tokenomics_shared.errors import StoreError
from tokenomics_shared.forks import ForkSafe
from tokenomics_shared.learning import Sums

VERSION = 2
SAVE_AFTER_S = 1.0
PATIENCE_S = 5.0
"""Seconds to wait for the process that is writing."""

_FORMAT = "tokenomics-bandit"

_log = logging.getLogger("tokenomics.bandit")


class Learned(Protocol):
    """Something whose learning adds up over processes."""

    def forgetting(self, row: str) -> float:
        """What is left of an observation after the next one of the same row."""
        ...

    def news(self) -> Sums:
        """What was learned since the last `rebase`."""
        ...

    def rebase(self, everything: Sums) -> None:
        """Go on from these sums, which hold the own news that `news` gave last."""
        ...


class SumsFile:
    """A JSON file of sums, read, added to and replaced as a whole under a lock file.

    A file that can't be read, or is of another version, is kept as it is; learning starts afresh
    in a file beside it.

    Attributes:
        path: where the sums are.
    """

    def __init__(self, path: Path) -> None:
        """Find out which file to use.

        Raises:
            StoreError: the file can't be read, and the one beside it can't be either.
        """
        # Written later, when the process may be in another folder.
        self.path = path.absolute()
        given, beside = self.path, self.path.with_suffix(f".fresh{self.path.suffix}")
        try:
            _read(given)
        except (OSError, ValueError) as error:
            _log.warning(
                "bandit state %s is kept but not used: %s; what is learned goes to %s",
                given,
                error,
                beside,
            )
        else:
            return
        self.path = beside
        try:
            _read(beside)
        except (OSError, ValueError) as error:
            raise StoreError(
                f"bandit state {beside} can't be read, nor can {given.name} beside it: {error}; "
                "they are left as they are"
            ) from error

    def read(self) -> dict[str, list[float]]:
        """Everybody's sums.

        Raises:
            OSError: the file can't be read.
            ValueError: it isn't a state of this package and version any more.
        """
        return _read(self.path)

    def exchange(self, news: Sums, forgetting: Forgetting) -> dict[str, list[float]]:
        """Add news to everybody's sums, and return them.

        Args:
            news: own sums since the last exchange.
            forgetting: what is left of an observation after the next, by row.

        Raises:
            OSError: the file can't be read or written, or another process holds it too long.
            ValueError: it isn't a state of this package and version any more.
        """
        # It brings asyncio along, which takes longer to import than all of ours.
        from filelock import FileLock, Timeout

        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = self.path.with_name(f"{self.path.name}.lock")
        try:
            with FileLock(lock, timeout=PATIENCE_S, mode=0o600):
                everything = merge(_read(self.path), news, forgetting)
                self._write(everything)
        except Timeout as error:
            raise TimeoutError(f"{lock} is held by another process") from error
        return everything

    def _write(self, rows: Sums) -> None:
        text = json.dumps({"format": _FORMAT, "version": VERSION, "rows": rows})
        scratch = self.path.with_suffix(f".{os.getpid()}.tmp")
        scratch.unlink(missing_ok=True)
        scratch.touch(mode=0o600, exist_ok=False)
        scratch.write_text(text, "utf-8")
        scratch.replace(self.path)


class Shared(ForkSafe):
    """Keeps learners in step with a file, at most once a second, never on the caller's time.

    Making one loads what is there; then tell it whenever something was learned. Safe to share
    between threads.
    """

    def __init__(self, learners: Mapping[str, Learned], state: SumsFile | None = None) -> None:
        """Load the learners.

        Args:
            learners: by a name that tells their rows apart in the file, without a slash.
            state: where they are kept; None to forget them with the process.
        """
        self._learners = dict(learners)
        self._state = state
        self._writing = Lock()
        self._timer: Timer | None = None
        self._dirty = False
        if state is not None:
            self._hand_out(state.read())
        super().__init__()

    def changed(self) -> None:
        """Exchange soon, in the background."""
        if self._state is None:
            return
        with self.lock:
            self._dirty = True
            if self._timer is None:
                self._timer = Timer(SAVE_AFTER_S, self._exchange_quietly)
                self._timer.daemon = True
                self._timer.start()

    def save(self) -> None:
        """Exchange now, if anything changed.

        Raises:
            OSError: the file can't be read or written; the news still wait to be given.
            ValueError: the file isn't a state of this package and version any more; likewise.
        """
        with self._writing:
            with self.lock:
                if self._timer is not None:
                    self._timer.cancel()
                    self._timer = None
                if self._state is None or not self._dirty:
                    return
                self._dirty = False
            try:
                self._hand_out(self._state.exchange(self._news(), self._forgetting))
            except (OSError, ValueError):
                self._dirty = True
                raise

    def close(self) -> None:
        """Exchange what is pending."""
        self.save()

    @override
    def in_child(self) -> None:
        """Begin with nothing to give: what there is, the parent gives."""
        self._writing = Lock()
        self._timer = None
        self._dirty = False

    def _exchange_quietly(self) -> None:
        try:
            self.save()
        except (OSError, ValueError) as error:
            _log.warning("what was learned was not saved: %s", error)

    def _news(self) -> Sums:
        return {
            f"{owner}/{name}": row
            for owner, learner in self._learners.items()
            for name, row in learner.news().items()
        }

    def _hand_out(self, everything: Sums) -> None:
        for owner, learner in self._learners.items():
            start = f"{owner}/"
            learner.rebase(
                {
                    name.removeprefix(start): row
                    for name, row in everything.items()
                    if name.startswith(start)
                }
            )

    def _forgetting(self, row: str) -> float:
        owner, _, name = row.partition("/")
        return self._learners[owner].forgetting(name)


def _read(path: Path) -> dict[str, list[float]]:
    return _parse(json.loads(path.read_text("utf-8"))) if path.exists() else {}


def _parse(data: Any) -> dict[str, list[float]]:
    if not isinstance(data, dict) or data.get("format") != _FORMAT:
        raise ValueError("not a bandit state of this package")
    if data.get("version") != VERSION:
        raise ValueError(f"version {data.get('version')!r}, this package reads {VERSION}")
    try:
        rows = {str(name): [float(x) for x in row] for name, row in data["rows"].items()}
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError("its rows are not lists of numbers") from error
    if not all(map(finite, rows.values())):
        raise ValueError("a row is empty, or a number in it is impossible")
    return rows
