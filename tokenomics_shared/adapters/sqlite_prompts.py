"""The semantic cache's questions, vectors and findings, in the file of the answers."""

import json
import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tokenomics_shared.adapters.sqlite import Database
from tokenomics_shared.types import Label, Question

_SINCE = (
    "SELECT seq, entry, grp, vector FROM prompts"
    " WHERE partition = ? AND seq > ? AND embedder = ? ORDER BY seq"
)
_GET = (
    "SELECT key, partition, grp, embedder, text FROM prompts"
    " WHERE entry = ? AND grp NOT IN (SELECT grp FROM quarantine WHERE until > ?)"
)
_PUT = "INSERT OR REPLACE INTO prompts VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)"
_REMOVE = "DELETE FROM prompts WHERE entry = ?"
_ALIAS = "INSERT OR REPLACE INTO aliases VALUES (?, ?)"
_KEY_OF = "SELECT key FROM aliases WHERE wording = ?"
_STALE_ALIASES = "DELETE FROM aliases WHERE key NOT IN (SELECT key FROM entries)"
_QUARANTINE = "INSERT OR REPLACE INTO quarantine VALUES (?, ?)"
_LABEL = "INSERT INTO labels VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)"
_LABELS = (
    "SELECT seq, partition, features, is_right, weight, audited, at, writer FROM labels"
    " WHERE seq > ? ORDER BY seq"
)
_FITTED = "SELECT seen, verifier FROM fitted"
_NOT_FITTED = "DELETE FROM fitted"
_PUT_FITTED = "INSERT INTO fitted VALUES (?, ?)"
_TRIM_LABELS = "DELETE FROM labels WHERE seq <= (SELECT max(seq) FROM labels) - ?"
_FORGOTTEN = "SELECT seq, key FROM forgotten WHERE seq > ? ORDER BY seq"
_WITHOUT_ANSWER = "DELETE FROM prompts WHERE key NOT IN (SELECT key FROM entries)"

MAX_LABELS = 50_000
TIDY_EVERY = 1_000
"""Writes between two looks for questions without an answer and findings that are too many."""


class SqlitePrompts:
    """Keeps questions beside the memos of their answers. Vectors are halved to 16-bit floats."""

    def __init__(self, database: Database) -> None:
        """Use an answers' file.

        Args:
            database: of `SqliteMemos`.
        """
        self._database = database
        self._writer = os.urandom(8)
        self._writes = 0
        self._fitted = 0

    def since(
        self, partition: bytes, embedder: str, seen: int
    ) -> tuple[int, Sequence[tuple[int, int]], NDArray[np.float32]]:
        """What a partition has got after `seen`: the latest number, (id, group) rows, vectors.

        A row whose vector is broken is left out: a shorter memory gives no wrong answers.
        """
        rows = self._database.query(_SINCE, partition, seen, embedder)
        if not rows:
            return seen, (), np.empty((0, 0), np.float32)
        size = max(len(row[3]) for row in rows)
        whole = [row for row in rows if len(row[3]) == size]
        joined = b"".join(row[3] for row in whole)
        vectors = np.frombuffer(joined, np.float16).reshape(len(whole), -1).astype(np.float32)
        fine = np.asarray(np.isfinite(vectors).all(axis=1))
        ids = [
            (row[1], row[2]) for row, is_fine in zip(whole, fine.tolist(), strict=True) if is_fine
        ]
        return rows[-1][0], ids, vectors[fine]

    def get(self, entry: int, now: float) -> Question | None:
        """A question; None when it has left or its group is in quarantine."""
        rows = self._database.query(_GET, entry, now)
        return Question(*rows[0]) if rows else None

    def put(self, question: Question, vector: NDArray[np.float32]) -> None:
        """Queue a question for writing; returns at once."""
        place = (question.entry, question.key, question.partition, question.group)
        blob = vector.astype(np.float16).tobytes()
        self._write(_PUT, *place, question.embedder, question.text, blob)

    def remove(self, entry: int) -> None:
        """Queue the removal of a question; returns at once."""
        self._write(_REMOVE, entry)

    def alias(self, wording: bytes, key: bytes) -> None:
        """Queue that a normal wording is the request under this key; returns at once."""
        self._write(_ALIAS, wording, key)

    def key_of(self, wording: bytes) -> bytes | None:
        """The key of the request with this normal wording."""
        rows = self._database.query(_KEY_OF, wording)
        return rows[0][0] if rows else None

    def quarantine(self, group: int, until: float) -> None:
        """Queue that no answer of this group is given by meaning before `until`."""
        self._write(_QUARANTINE, group, until)

    def label(self, label: Label) -> None:
        """Queue a finding for writing; returns at once."""
        features = json.dumps(label.features)
        kind = (int(label.right), label.weight, int(label.audited))
        self._write(_LABEL, label.partition, features, *kind, label.at, self._writer)

    def labels(self, seen: int) -> tuple[int, Sequence[Label]]:
        """What others have found after `seen`, oldest first, and the number of the latest.

        What the weights were fitted to is in them already.
        """
        rows = self._database.query(_LABELS, max(seen, self._fitted))
        labels = [_label(*row[1:7]) for row in rows if row[7] != self._writer]
        return (rows[-1][0] if rows else seen), labels

    def all_labels(self) -> tuple[int, Sequence[Label]]:
        """Everything that anybody has found, oldest first, and the number of the latest."""
        rows = self._database.query(_LABELS, 0)
        return (rows[-1][0] if rows else 0), [_label(*row[1:7]) for row in rows]

    def fitted(self) -> str | None:
        """The weights that were fitted to this file's findings; None when none were."""
        rows = self._database.query(_FITTED)
        if not rows:
            return None
        self._fitted, verifier = rows[0]
        return str(verifier)

    def put_fitted(self, seen: int, verifier: str) -> None:
        """Queue weights that were fitted to the findings up to `seen`; returns at once."""
        self._fitted = seen
        self._database.enqueue((_NOT_FITTED, ()), (_PUT_FITTED, (seen, verifier)))

    def forgotten(self, seen: int) -> tuple[int, Sequence[bytes]]:
        """Keys whose answers were removed on request after `seen`, and the latest number."""
        rows = self._database.query(_FORGOTTEN, seen)
        return (rows[-1][0] if rows else seen), [key for _, key in rows]

    def size(self) -> int:
        """Questions kept."""
        count: int = self._database.query("SELECT count(*) FROM prompts")[0][0]
        return count

    def _write(self, sql: str, *row: object) -> None:
        self._database.enqueue((sql, row))
        self._writes += 1
        if self._writes % TIDY_EVERY == 0:
            stale = ((_WITHOUT_ANSWER, ()), (_STALE_ALIASES, ()))
            self._database.enqueue(*stale, (_TRIM_LABELS, (MAX_LABELS,)))


def _label(
    partition: bytes, features: str, right: int, weight: float, audited: int, at: float
) -> Label:
    given = tuple(json.loads(features))
    return Label(partition, given, bool(right), weight, bool(audited), at)
