"""Samples of how long answers were, and what was learned of them: numbers, and no text."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from typing_extensions import override

from tokenomics_shared.adapters.packed import packed, unpacked
from tokenomics_shared.adapters.sqlite import Database, Row, Schema
from tokenomics_shared.adapters.writer import Statement
from tokenomics_shared.forks import ForkSafe
from tokenomics_shared.planning import LengthSample

SCHEMA = Schema(
    what="Tokenomics length file",
    application_id=0x544B4E57,
    version=1,
    tables=(
        "CREATE TABLE IF NOT EXISTS lengths (seq INTEGER PRIMARY KEY AUTOINCREMENT,"
        " at REAL NOT NULL, model TEXT NOT NULL, features BLOB NOT NULL,"
        " output_tokens INTEGER NOT NULL, censored INTEGER NOT NULL)",
        "CREATE INDEX IF NOT EXISTS lengths_of_model ON lengths (model, seq)",
        "CREATE TABLE IF NOT EXISTS trained (model TEXT PRIMARY KEY, quantiles TEXT NOT NULL)",
    ),
)

_PUT = "INSERT INTO lengths VALUES (NULL, ?, ?, ?, ?, ?)"
_COLUMNS = "seq, at, model, features, output_tokens, censored"
_ALL = f"SELECT {_COLUMNS} FROM lengths WHERE seq > ? ORDER BY seq LIMIT ?"  # noqa: S608 -- ours
_OF_MODEL = (
    f"SELECT {_COLUMNS} FROM lengths WHERE model = ? AND seq > ?"  # noqa: S608 -- names of ours
    " ORDER BY seq LIMIT ?"
)
_COUNTS = (
    "SELECT model, count(*) FROM lengths GROUP BY model"
    " UNION ALL SELECT model, 0 FROM trained WHERE model NOT IN (SELECT model FROM lengths)"
)
_MODEL = "SELECT quantiles FROM trained WHERE model = ?"
_PUT_MODEL = "INSERT OR REPLACE INTO trained VALUES (?, ?)"
_TRIM = (
    "DELETE FROM lengths WHERE model = ?1 AND seq <= (SELECT seq FROM lengths"
    " WHERE model = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2)"
)

TIDY_EVERY = 100
"""Samples of a model between two looks whether it has too many."""

PAGE = 500
"""Samples read at a time."""


class SqliteLengths(ForkSafe):
    """Keeps length samples in a file that several processes may share.

    Safe to share between threads. Features are kept as 32-bit floats, which is what they are.
    The oldest samples of a model leave first.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        max_rows: int = 5_000,
        on_fault: Callable[[Exception], object],
    ) -> None:
        """Open or create the file.

        Args:
            path: the file; None for a private one that ends with the process.
            max_rows: samples kept of each model; up to 100 more between two looks.
            on_fault: told of each write that failed.

        Raises:
            StoreError: the file is foreign, newer, or can't be opened.
        """
        self._database = Database(path, SCHEMA, on_fault)
        self._max_rows = max_rows
        self._puts: dict[str, int] = {}
        self._queued = False
        super().__init__()

    def put(self, sample: LengthSample) -> None:
        """Queue a sample for writing; returns at once."""
        tokens, censored = sample.output_tokens, int(sample.censored)
        job: list[Statement] = [
            (_PUT, (sample.at, sample.model, packed(sample.features), tokens, censored))
        ]
        with self.lock:
            self._queued = True
            puts = self._puts[sample.model] = self._puts.get(sample.model, 0) + 1
        if puts % TIDY_EVERY == 0:
            job.append((_TRIM, (sample.model, self._max_rows)))
        self._database.enqueue(*job)

    def samples(self, model: str | None = None) -> Iterator[LengthSample]:
        """Samples of a model, or all, oldest first, queued ones included; no broken ones."""
        self._settle()
        seen = 0
        while rows := self._page(model, seen):
            for row in rows:
                seen = row[0]
                sample = _sample(row)
                if sample is not None:
                    yield sample

    def counts(self) -> Mapping[str, int]:
        """Samples of each model, queued ones included; models that were trained, too."""
        self._settle()
        return dict(sorted(self._database.query(_COUNTS)))

    def model(self, name: str) -> str | None:
        """What was last trained for a model, as text, queued or written; None when nothing was."""
        self._settle()
        rows = self._database.query(_MODEL, name)
        return rows[0][0] if rows else None

    def put_model(self, name: str, trained: str) -> None:
        """Queue what was trained for a model."""
        self._queued = True
        self._database.enqueue((_PUT_MODEL, (name, trained)))

    def flush(self) -> None:
        """Return once everything queued is written."""
        self._database.flush()

    def close(self) -> None:
        """Write everything queued and let go of the file."""
        self._database.close()

    @override
    def in_child(self) -> None:
        """What is queued, the parent writes."""

    def _settle(self) -> None:
        # Nobody needs a thread for reading what others wrote.
        if self._queued:
            self._database.flush()

    def _page(self, model: str | None, seen: int) -> Sequence[Row]:
        if model is None:
            return self._database.query(_ALL, seen, PAGE)
        return self._database.query(_OF_MODEL, model, seen, PAGE)


def _sample(row: Row) -> LengthSample | None:
    """A sample of its columns; None when they are broken."""
    _, at, model, blob, tokens, censored = row
    features = unpacked(blob)
    if features is None or not isinstance(tokens, int) or tokens < 1:
        return None
    return LengthSample(at, model, features, tokens, bool(censored))
