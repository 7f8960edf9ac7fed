"""Memory's durable store in an SQLite file."""

from collections.abc import Callable
from pathlib import Path

from tokenomics_shared.adapters.sqlite import Database, Schema, read_usage, usage_row
from tokenomics_shared.types import Memo

SCHEMA = Schema(
    what="Tokenomics cache",
    application_id=0x544B4E43,
    version=1,
    tables=(
        "CREATE TABLE entries (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE,"
        " created REAL NOT NULL, expires REAL NOT NULL, payload TEXT NOT NULL,"
        " model TEXT NOT NULL, tier TEXT NOT NULL, arm TEXT NOT NULL,"
        " input INTEGER NOT NULL, output INTEGER NOT NULL, cache_read INTEGER NOT NULL,"
        " cache_write INTEGER NOT NULL, reasoning INTEGER NOT NULL, estimated INTEGER NOT NULL)",
    ),
)

_GET = (
    "SELECT payload, model, tier, arm, input, output, cache_read, cache_write, reasoning,"
    " estimated, expires FROM entries WHERE key = ? AND expires > ?"
)
_PUT = "INSERT OR REPLACE INTO entries VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_EXPIRE = "DELETE FROM entries WHERE expires <= ?"
_TRIM = "DELETE FROM entries WHERE id <= (SELECT max(id) FROM entries) - ?"

TIDY_EVERY = 1_000
"""Writes between two looks for entries that are expired or too many."""


class SqliteMemos:
    """Keeps memos in a file that several processes may share. A read writes nothing."""

    def __init__(
        self, path: Path, *, max_entries: int, on_fault: Callable[[Exception], object]
    ) -> None:
        """Open or create the file.

        Args:
            path: the file.
            max_entries: entries kept; the oldest writings leave first.
            on_fault: told of each write that failed.

        Raises:
            StoreError: the file is foreign, newer, or can't be opened.
        """
        self._database = Database(path, SCHEMA, on_fault)
        self._max_entries = max_entries
        self._writes = 0

    def get(self, key: bytes, now: float) -> tuple[Memo, float] | None:
        """The memo under this key and when it expires, unless it has expired by `now`."""
        rows = self._database.query(_GET, key, now)
        if not rows:
            return None
        payload, model, tier, arm, *tokens, expires = rows[0]
        return Memo(payload, read_usage(*tokens), model, tier, arm), expires

    def put(self, key: bytes, memo: Memo, now: float, expires: float) -> None:
        """Queue a memo for writing; returns at once."""
        place = (memo.model, memo.tier, memo.arm_id)
        row = (key, now, expires, memo.payload, *place, *usage_row(memo.usage))
        self._database.enqueue((_PUT, row))
        self._writes += 1
        if self._writes % TIDY_EVERY == 0:
            self._database.enqueue((_EXPIRE, (now,)), (_TRIM, (self._max_entries,)))

    def flush(self) -> None:
        """Return once everything queued is written."""
        self._database.flush()

    def close(self) -> None:
        """Write everything queued and let go of the file."""
        self._database.close()
