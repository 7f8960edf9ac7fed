"""Samples of answered requests, and what they were found to be worth: numbers, and no text."""

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

from typing_extensions import override

from tokenomics_shared.adapters.packed import packed, unpacked
from tokenomics_shared.adapters.sqlite import Database, Row, Schema
from tokenomics_shared.forks import ForkSafe
from tokenomics_shared.learning import KINDS, Context, Graded, Sample, Source
from tokenomics_shared.types import Complexity

SCHEMA = Schema(
    what="Tokenomics sample file",
    application_id=0x544B4E53,
    version=1,
    tables=(
        "CREATE TABLE IF NOT EXISTS samples (seq INTEGER PRIMARY KEY AUTOINCREMENT,"
        " request_id TEXT NOT NULL UNIQUE, at REAL NOT NULL, arm TEXT NOT NULL,"
        " place REAL NOT NULL, kind TEXT NOT NULL, complexity TEXT NOT NULL,"
        " features BLOB NOT NULL, answer_features BLOB, likelihood REAL,"
        " draft INTEGER NOT NULL)",
        "CREATE TABLE IF NOT EXISTS grades (seq INTEGER PRIMARY KEY AUTOINCREMENT,"
        " request_id TEXT NOT NULL, source TEXT NOT NULL, score REAL NOT NULL,"
        " at REAL NOT NULL, weight REAL NOT NULL, UNIQUE (request_id, source))",
    ),
)

_COLUMNS = (
    "s.request_id, s.at, s.arm, s.place, s.kind, s.complexity, s.features, s.answer_features,"
    " s.likelihood, s.draft"
)
_PUT = "INSERT OR REPLACE INTO samples VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_GET = f"SELECT {_COLUMNS} FROM samples s WHERE request_id = ?"  # noqa: S608 -- names of ours
_GRADE = "INSERT OR REPLACE INTO grades VALUES (NULL, ?, ?, ?, ?, ?)"
_IS_GRADED = "SELECT 1 FROM grades WHERE request_id = ? AND source = ?"
_GRADED = (
    f"SELECT g.seq, g.score, g.source, g.weight, {_COLUMNS} FROM grades g"  # noqa: S608 -- ours
    " JOIN samples s USING (request_id) WHERE g.seq > ? ORDER BY g.seq LIMIT ?"
)
_TRIM = (
    "DELETE FROM samples WHERE seq IN (SELECT s.seq FROM samples s ORDER BY EXISTS"
    " (SELECT 1 FROM grades g WHERE g.request_id = s.request_id), s.seq"
    " LIMIT max(0, (SELECT count(*) FROM samples) - ?))"
)
_TRIM_GRADES = (
    "DELETE FROM grades WHERE seq <= (SELECT max(seq) FROM grades) - ?"
    " AND request_id NOT IN (SELECT request_id FROM samples)"
)

RECENT = 1_000
"""Samples kept in this process: what feedback mostly is about, and what is not written yet."""

TIDY_EVERY = 1_000
"""Samples between two looks whether there are too many."""

PAGE = 500
"""Grades read at a time."""

_SOURCES = get_args(Source)
_COMPLEXITIES = get_args(Complexity)


class SqliteSamples(ForkSafe):
    """Keeps samples in a file that several processes may share. Safe to share between threads.

    Features are kept as 32-bit floats. When there are too many samples, the oldest that nobody
    graded leave first, then the oldest graded ones.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        max_rows: int = 100_000,
        on_fault: Callable[[Exception], object],
    ) -> None:
        """Open or create the file.

        Args:
            path: the file; None for a private one that ends with the process.
            max_rows: samples kept; up to 1,000 more between two looks.
            on_fault: told of each write that failed.

        Raises:
            StoreError: the file is foreign, newer, or can't be opened.
        """
        self._database = Database(path, SCHEMA, on_fault)
        self._max_rows = max_rows
        self._puts = 0
        self._recent: OrderedDict[str, Sample] = OrderedDict()
        self._found: OrderedDict[tuple[str, Source], None] = OrderedDict()
        super().__init__()

    def put(self, sample: Sample) -> None:
        """Queue a sample for writing; returns at once."""
        with self.lock:
            self._recent[sample.request_id] = sample
            self._recent.move_to_end(sample.request_id)
            if len(self._recent) > RECENT:
                self._recent.popitem(last=False)
            self._puts += 1
            tidy = self._puts % TIDY_EVERY == 0
        self._database.enqueue((_PUT, _row(sample)))
        if tidy:
            self._tidy()

    def get(self, request_id: str) -> Sample | None:
        """The sample of an answer, queued ones included; None when it left, or is broken."""
        with self.lock:
            sample = self._recent.get(request_id)
        if sample is not None:
            return sample
        rows = self._database.query(_GET, request_id)
        if not rows:
            # More may be queued than the recent ones.
            self._database.flush()
            rows = self._database.query(_GET, request_id)
        return _sample(rows[0]) if rows else None

    def grade(
        self, request_id: str, score: float, source: Source, at: float, weight: float = 1.0
    ) -> None:
        """Queue what an answer was found to be worth; the last finding of a source counts.

        A finding may come before its sample; without one it is not told of.
        """
        with self.lock:
            self._found[request_id, source] = None
            if len(self._found) > RECENT:
                self._found.popitem(last=False)
        self._database.enqueue((_GRADE, (request_id, source, score, at, weight)))

    def is_graded(self, request_id: str, source: Source) -> bool:
        """Whether this source has graded an answer, queued findings included."""
        with self.lock:
            if (request_id, source) in self._found:
                return True
            queued = len(self._found) >= RECENT
        if queued:
            # More may be queued than the recent ones.
            self._database.flush()
        return bool(self._database.query(_IS_GRADED, request_id, source))

    def graded(self) -> Iterator[Graded]:
        """Everything that was graded, in the order of its grading; broken rows are left out."""
        self._database.flush()
        seen = 0
        while rows := self._database.query(_GRADED, seen, PAGE):
            for seq, score, source, weight, *columns in rows:
                seen = seq
                sample = _sample(columns)
                if sample is not None and _sound(score, source, weight):
                    yield Graded(sample, score, source, weight)

    def flush(self) -> None:
        """Return once everything queued is written."""
        self._database.flush()

    def close(self) -> None:
        """Write everything queued and let go of the file."""
        self._database.close()

    @override
    def in_child(self) -> None:
        """What is queued, the parent writes; what is recent is known here too."""

    def _tidy(self) -> None:
        self._database.enqueue((_TRIM, (self._max_rows,)), (_TRIM_GRADES, (self._max_rows,)))


def _row(sample: Sample) -> tuple[Any, ...]:
    context, read = sample.context, sample.answer_features
    return (
        sample.request_id,
        sample.at,
        sample.arm,
        sample.place,
        context.kind,
        context.complexity,
        packed(context.features),
        None if read is None else packed(read),
        sample.likelihood,
        int(sample.draft),
    )


def _sample(row: Row | Sequence[Any]) -> Sample | None:
    """A sample of its columns; None when they are broken."""
    request_id, at, arm, place, kind, complexity, features, read, likelihood, draft = row
    if kind not in KINDS or complexity not in _COMPLEXITIES:
        return None
    asked, answered = unpacked(features), None if read is None else unpacked(read)
    if asked is None or (read is not None and answered is None):
        return None
    context = Context(kind, complexity, asked)
    return Sample(request_id, at, arm, place, context, answered, likelihood, bool(draft))


def _sound(score: Any, source: Any, weight: Any) -> bool:
    numbers = isinstance(score, float) and isinstance(weight, float)
    return numbers and source in _SOURCES and math.isfinite(score) and 0.0 < weight < math.inf
