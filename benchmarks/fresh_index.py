"""A vector index in a process of its own: what it takes of time to start and of memory.

Run by `memory_speed.py`. Prints JSON; memory is what Linux calls anonymous, so what is only
mapped from a file doesn't count.
"""

import argparse
import gc
import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import faiss  # noqa: F401 -- its own memory is not the index's
import numpy as np
from numpy.typing import NDArray

from tokenomics_shared.adapters.slots import SlotIndex

_ROWS = 1_000
"""Rows in one call, as a store would be read."""

_STATUS = Path("/proc/self/status")


def main() -> None:
    """Fill an index from a file of vectors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("vectors", type=Path)
    vectors = np.load(parser.parse_args().vectors, mmap_mode="r")
    many, dimensions = vectors.shape
    gc.collect()
    before = _anonymous_bytes()
    started, used, busy = time.perf_counter(), time.process_time(), time.thread_time()
    index = SlotIndex(dimensions)
    for start in range(0, many, _ROWS):
        index.add(range(start, min(many, start + _ROWS)), vectors[start : start + _ROWS])
    index.search(vectors[0], 1)
    ready_cpu_s, ready_s = time.thread_time() - busy, time.perf_counter() - started
    index.settle()
    settled_s, cpu_s = time.perf_counter() - started, time.process_time() - used
    gc.collect()
    bytes_per_entry = (_anonymous_bytes() - before) / many
    load_s = _load_s(index, vectors[0])
    print(
        json.dumps(
            {
                "ready_cpu_s": ready_cpu_s,
                "ready_s": ready_s,
                "settled_s": settled_s,
                "cpu_s": cpu_s,
                "bytes_per_entry": bytes_per_entry,
                "load_s": load_s[1],
                "load_cpu_s": load_s[0],
            }
        )
    )


def _anonymous_bytes() -> int:
    lines = _STATUS.read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


def _load_s(index: SlotIndex, vector: NDArray[np.float32]) -> tuple[float, float]:
    """Seconds from a file to the first answer, of CPU time and in all."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "index"
        index.save(file, 1)
        started, busy = time.perf_counter(), time.thread_time()
        again = SlotIndex(len(vector))
        again.load(file)
        again.search(vector, 1)
        return time.thread_time() - busy, time.perf_counter() - started


if __name__ == "__main__":
    main()
