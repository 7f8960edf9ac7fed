"""A vector index in one file, so that its graph need not be built anew at every start.

The file is disposable: whatever is wrong with it, there is none.
"""

import os
import zipfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An index as it was at one moment.

    Attributes:
        generation: the owner's number for that moment.
        ids, vectors: what was in slots.
        graph: faiss's bytes, none when there was no graph.
        graph_ids, alive: the ids of its rows, and a bit for each.
    """

    generation: int
    ids: NDArray[np.int64]
    vectors: NDArray[np.float32]
    graph: NDArray[np.uint8]
    graph_ids: NDArray[np.int64]
    alive: NDArray[np.uint8]

    def write(self, path: Path) -> None:
        """Write the file; it appears whole, in the place of an earlier one."""
        parts: dict[str, Any] = {one.name: getattr(self, one.name) for one in fields(self)}
        half = path.with_name(f".{path.name}.{os.getpid()}")
        half.unlink(missing_ok=True)
        try:
            half.touch(mode=0o600, exist_ok=False)
            with half.open("wb") as file:
                np.savez(file, allow_pickle=False, format=np.array(_FORMAT), **parts)
            half.replace(path)
        finally:
            half.unlink(missing_ok=True)

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Read the file, or None when it is missing, of another format, or not as it was written.

        The archive's checksums are compared before anything is made of its contents.
        """
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as parts:
                if parts["format"] != _FORMAT:
                    return None
                found = {one.name: parts[one.name] for one in fields(cls)}
                return cls(**found | {"generation": int(found["generation"])})
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None
