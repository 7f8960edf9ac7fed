"""Connections to SQLite files, of which each thread has its own."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from tokenomics_shared.forks import ForkSafe

BUSY_S = 10.0
"""Seconds to wait for another process's transaction."""


class Connection(ForkSafe):
    """One thread's connection to a file, opened when it is needed and closed by every fork."""

    def __init__(self, path: Path, connect: Callable[[Path], sqlite3.Connection]) -> None:
        self._path = path
        self._connect = connect
        self._opened: sqlite3.Connection | None = None
        super().__init__()

    def get(self) -> sqlite3.Connection:
        """The open connection, for use under the lock."""
        if self._opened is None:
            self._opened = self._connect(self._path)
        return self._opened

    def close(self) -> None:
        """Let go of the file until the next use."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    before_fork = in_child = close

    def __del__(self) -> None:
        """Close what an ended thread left open, and not while somebody forks."""
        with self.lock:
            self.close()


def to_write(path: Path) -> sqlite3.Connection:
    """Open a file, or make it."""
    connection = sqlite3.connect(
        path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


def to_read(path: Path) -> sqlite3.Connection:
    """Open a file that may be in a place where nothing can be written.

    What keeps SQLite from reading there is write-ahead logging: the log's index can't be made.
    With no log there is nothing to be indexed, and the file is read as one that nobody writes.
    """
    log = path.with_name(path.name + "-wal")
    mode = "mode=ro" if log.exists() else "immutable=1"
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?{mode}",
        uri=True,
        timeout=BUSY_S,
        isolation_level=None,
        check_same_thread=False,
    )
