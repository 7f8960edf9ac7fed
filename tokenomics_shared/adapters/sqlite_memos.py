"""Memory's durable store in an SQLite file."""

from collections.abc import Callable
from pathlib import Path

from tokenomics_shared.adapters.sqlite import Database, Schema, read_usage, usage_row
from tokenomics_shared.types import Memo

SCHEMA = Schema(
    what="Tokenomics cache",
    application_id=0x544B4E43,
    version=2,
    tables=(
        "CREATE TABLE IF NOT EXISTS entries (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE,"
        " created REAL NOT NULL, expires REAL NOT NULL, payload TEXT NOT NULL,"
        " model TEXT NOT NULL, tier TEXT NOT NULL, arm TEXT NOT NULL,"
        " input INTEGER NOT NULL, output INTEGER NOT NULL, cache_read INTEGER NOT NULL,"
        " cache_write INTEGER NOT NULL, reasoning INTEGER NOT NULL, estimated INTEGER NOT NULL)",
        "CREATE TABLE IF NOT EXISTS prompts (seq INTEGER PRIMARY KEY AUTOINCREMENT,"
        " entry INTEGER NOT NULL UNIQUE, key BLOB NOT NULL, partition BLOB NOT NULL,"
        " grp INTEGER NOT NULL, embedder TEXT NOT NULL, text TEXT NOT NULL,"
        " vector BLOB NOT NULL)",
        "CREATE INDEX IF NOT EXISTS prompts_of_partition ON prompts (partition, seq)",
        "CREATE TABLE IF NOT EXISTS aliases (wording BLOB PRIMARY KEY, key BLOB NOT NULL)"
        " WITHOUT ROWID",
        "CREATE TABLE IF NOT EXISTS quarantine (grp INTEGER PRIMARY KEY, until REAL NOT NULL)",
        "CREATE TABLE IF NOT EXISTS labels (seq INTEGER PRIMARY KEY AUTOINCREMENT,"
        " partition BLOB NOT NULL,"
        " features TEXT NOT NULL, is_right INTEGER NOT NULL, weight REAL NOT NULL,"
        " audited INTEGER NOT NULL, at REAL NOT NULL, writer BLOB NOT NULL)",
        "CREATE TABLE IF NOT EXISTS preferences (tenant TEXT NOT NULL, kind TEXT NOT NULL,"
        " wanted TEXT NOT NULL, PRIMARY KEY (tenant, kind))",
        "CREATE TABLE IF NOT EXISTS fitted (seen INTEGER NOT NULL, verifier TEXT NOT NULL)",
        "CREATE TABLE IF NOT EXISTS forgotten (seq INTEGER PRIMARY KEY AUTOINCREMENT,"
        " key BLOB NOT NULL, at REAL NOT NULL)",
    ),
)

_GET = (
    "SELECT payload, model, tier, arm, input, output, cache_read, cache_write, reasoning,"
    " estimated, expires FROM entries WHERE key = ? AND expires > ?"
)
_PUT = "INSERT OR REPLACE INTO entries VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_EXPIRE = "DELETE FROM entries WHERE expires <= ?"
_REMOVE = "DELETE FROM entries WHERE key = ?"
_FORGET = "INSERT INTO forgotten VALUES (NULL, ?, ?)"
_CLEAR = (
    "DELETE FROM entries",
    "DELETE FROM prompts",
    "DELETE FROM aliases",
    "DELETE FROM quarantine",
    "DELETE FROM labels",
    "DELETE FROM forgotten",
)
_TRIM = "DELETE FROM entries WHERE id <= (SELECT max(id) FROM entries) - ?"

TIDY_EVERY = 1_000
"""Writes between two looks for entries that are expired or too many."""


class SqliteMemos:
    """Keeps memos in a file that several processes may share. A read writes nothing."""

    def __init__(
        self, path: Path | None, *, max_entries: int, on_fault: Callable[[Exception], object]
    ) -> None:
        """Open or create the file.

        Args:
            path: the file; None for a private one that ends with the process.
            max_entries: entries kept; the oldest writings leave first.
            on_fault: told of each write that failed.

        Raises:
            StoreError: the file is foreign, newer, or can't be opened.
        """
        self.database = Database(path, SCHEMA, on_fault)
        self._max_entries = max_entries
        self._writes = 0

    def get(self, key: bytes, now: float) -> tuple[Memo, float] | None:
        """The memo under this key and when it expires, unless it has expired by `now`."""
        rows = self.database.query(_GET, key, now)
        if not rows:
            return None
        payload, model, tier, arm, *tokens, expires = rows[0]
        return Memo(payload, read_usage(*tokens), model, tier, arm), expires

    def put(self, key: bytes, memo: Memo, now: float, expires: float) -> None:
        """Queue a memo for writing; returns at once."""
        place = (memo.model, memo.tier, memo.arm_id)
        row = (key, now, expires, memo.payload, *place, *usage_row(memo.usage))
        self.database.enqueue((_PUT, row))
        self._writes += 1
        if self._writes % TIDY_EVERY == 0:
            self.database.enqueue((_EXPIRE, (now,)), (_TRIM, (self._max_entries,)))

    def remove(self, key: bytes, now: float) -> None:
        """Queue a memo's removal, which other processes hear of; returns at once."""
        self.database.enqueue((_REMOVE, (key,)), (_FORGET, (key, now)))

    def clear(self) -> None:
        """Queue the removal of everything; returns at once."""
        self.database.enqueue(*((deletion, ()) for deletion in _CLEAR))

    def flush(self) -> None:
        """Return once everything queued is written."""
        self.database.flush()

    def close(self) -> None:
        """Write everything queued and let go of the file."""
        self.database.close()
