"""SQLite files that are ours alone, and refused when they are not.

Write-ahead logging with `synchronous=NORMAL`: a killed process loses at most what was not yet
committed, never what was, and the file is never corrupt.
"""

import sqlite3
import threading
import weakref
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typing_extensions import override

from tokenomics_shared.adapters.connections import Connection, to_read, to_write
from tokenomics_shared.adapters.writer import Job, Statement, Writer
from tokenomics_shared.errors import StoreError
from tokenomics_shared.forks import ForkSafe
from tokenomics_shared.types import Usage

_MAGIC = b"SQLite format 3\x00"
_HEADER_BYTES = 100

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Schema:
    """What a kind of file holds.

    Attributes:
        what: its name in messages.
        application_id: marks the file's kind in its header.
        version: of the tables; a file with a higher one is refused.
        tables: the statements that make what is not there yet.
        upgrades: the statements that older tables need to become of a version.
    """

    what: str
    application_id: int
    version: int
    tables: tuple[str, ...]
    upgrades: tuple[tuple[int, str], ...] = ()


class Database:
    """One SQLite file, or a private temporary one that ends with the process.

    Safe to share between threads, and between processes when it has a path. After a fork the
    child has connections and a writer of its own.
    """

    def __init__(
        self,
        path: Path | None,
        schema: Schema,
        on_fault: Callable[[Exception], object],
        *,
        read_only: bool = False,
    ) -> None:
        """Open or create the file.

        Args:
            path: the file; None for a private temporary one.
            schema: what it holds.
            on_fault: told of each write that failed.
            read_only: the file must be there, and is never written.

        Raises:
            StoreError: the file is foreign, newer, or can't be opened. It is left untouched.
        """
        kind = _ReadOnly if read_only else _Shared
        self._file = _Private(schema) if path is None else kind(path, schema)
        self._writer = Writer(self._file.write, self._file.release, on_fault)
        self._stop = weakref.finalize(self, self._writer.stop)

    def query(self, sql: str, *parameters: Any) -> list[Row]:
        """Read."""
        return self._file.read((sql, parameters))[0]

    def snapshot(self, *queries: str) -> list[list[Row]]:
        """Read several things as they were at one moment."""
        return self._file.read(*((sql, ()) for sql in queries))

    def enqueue(self, *job: Statement) -> None:
        """Write soon, all of it or nothing; returns at once."""
        self._writer.put(job)

    def flush(self) -> None:
        """Return once everything enqueued before has been written."""
        self._writer.flush()

    def close(self) -> None:
        """Write everything enqueued and let go of the file."""
        self._stop()
        self._file.release()


class _Private(ForkSafe):
    """SQLite's own temporary database, which has one connection; everybody takes turns.

    Pages beyond its cache go to a nameless file, so a long life costs disk, not memory. A forked
    child begins an empty one; the parent goes on using its own.
    """

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._opened: sqlite3.Connection | None = None
        super().__init__()

    def read(self, *queries: Statement) -> list[list[Row]]:
        with self.lock:
            return _read(self._connection(), queries)

    def write(self, jobs: Sequence[Job]) -> None:
        with self.lock:
            _write(self._connection(), jobs)

    def release(self) -> None:
        """The one connection lives as long as this does."""

    @override
    def in_child(self) -> None:
        self._opened = None

    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            self._opened = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            _create(self._opened, self._schema)
        return self._opened


class _Shared:
    """A file with a connection for each thread."""

    _connect = staticmethod(to_write)

    def __init__(self, path: Path, schema: Schema) -> None:
        # Other threads open it later, when the process may be in another folder.
        self._path = path.absolute()
        self._local = threading.local()
        try:
            self._prepare(schema)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{path} can't be opened as a {schema.what}: {error}") from error

    def read(self, *queries: Statement) -> list[list[Row]]:
        mine = self._mine()
        with mine.lock:
            return _read(mine.get(), queries)

    def write(self, jobs: Sequence[Job]) -> None:
        mine = self._mine()
        with mine.lock:
            _write(mine.get(), jobs)

    def release(self) -> None:
        """Let go of this thread's connection."""
        mine = self._mine()
        with mine.lock:
            mine.close()

    def _prepare(self, schema: Schema) -> None:
        _refuse_foreign(self._path, schema)
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path.touch(mode=0o600)
        mine = self._mine()
        with mine.lock, closing(mine):
            _create(mine.get(), schema)
            mine.get().execute("PRAGMA journal_mode=WAL")

    def _mine(self) -> Connection:
        mine: Connection | None = getattr(self._local, "connection", None)
        if mine is None:
            mine = self._local.connection = Connection(self._path, self._connect)
        return mine


class _ReadOnly(_Shared):
    """A file that is looked at and never written, by whoever may read it."""

    _connect = staticmethod(to_read)

    @override
    def _prepare(self, schema: Schema) -> None:
        if not self._path.stat().st_size:
            raise StoreError(f"{self._path} is not a {schema.what}: it is empty")
        _refuse_foreign(self._path, schema)
        self.read(("SELECT count(*) FROM sqlite_master", ()))

    @override
    def read(self, *queries: Statement) -> list[list[Row]]:
        try:
            return super().read(*queries)
        except sqlite3.Error as error:
            raise StoreError(f"{self._path} can't be read: {error}") from error

    @override
    def write(self, jobs: Sequence[Job]) -> None:
        raise StoreError(f"{self._path} is open for reading only")


def _refuse_foreign(path: Path, schema: Schema) -> None:
    """Look at the header alone, so that a file that is not ours is not even locked."""
    if not path.exists():
        return
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    if not header:
        return
    if not header.startswith(_MAGIC) or len(header) < _HEADER_BYTES:
        raise StoreError(f"{path} is not a {schema.what}: not an SQLite file; it is left as it is")
    application_id = int.from_bytes(header[68:72], "big")
    if application_id != schema.application_id:
        raise StoreError(
            f"{path} is not a {schema.what}: foreign SQLite file; it is left as it is"
        )
    version = int.from_bytes(header[60:64], "big")
    if version > schema.version:
        raise StoreError(
            f"{path} is a {schema.what} of version {version}, this package reads up to "
            f"{schema.version}; it is left as it is"
        )


def _create(connection: sqlite3.Connection, schema: Schema) -> None:
    """Make the tables that are not there yet; marks and tables come in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    found = connection.execute("PRAGMA user_version").fetchone()[0]
    if found < schema.version:
        # Tables that are only made now need no upgrade.
        upgrades = [sql for version, sql in schema.upgrades if 0 < found < version]
        for statement in (*schema.tables, *upgrades):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id={schema.application_id}")
        connection.execute(f"PRAGMA user_version={schema.version}")
    connection.execute("COMMIT")


def _read(connection: sqlite3.Connection, queries: Sequence[Statement]) -> list[list[Row]]:
    if len(queries) == 1:
        return [connection.execute(*queries[0]).fetchall()]
    connection.execute("BEGIN")
    try:
        return [connection.execute(*query).fetchall() for query in queries]
    finally:
        connection.execute("COMMIT")


def _write(connection: sqlite3.Connection, jobs: Sequence[Job]) -> None:
    """All jobs in one transaction, the same statements of all of them together.

    What is written around a deletion stays on its side of it.
    """
    groups: list[dict[str, list[Row]]] = [{}]
    for job in jobs:
        for sql, row in job:
            if sql.startswith("DELETE"):
                groups += [{sql: [row]}, {}]
            else:
                groups[-1].setdefault(sql, []).append(row)
    connection.execute("BEGIN IMMEDIATE")
    try:
        for rows in groups:
            for sql, parameters in rows.items():
                connection.executemany(sql, parameters)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def usage_row(usage: Usage) -> tuple[int, ...]:
    """A usage as columns."""
    tokens = (usage.input, usage.output, usage.cache_read, usage.cache_write, usage.reasoning)
    return (*tokens, int(usage.estimated))


def read_usage(
    read: int, written: int, cache_read: int, cache_write: int, reasoning: int, estimated: int
) -> Usage:
    """A usage of its columns."""
    return Usage(read, written, cache_read, cache_write, reasoning, bool(estimated))
