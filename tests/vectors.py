"""Vector indexes to test: every implementation, and the embedded one in every size."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from socket import socket
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tokenomics_shared.adapters.slots import SlotIndex

DIMENSIONS = 16

EXACT = ("slots", "graph at once", "graph and tail", "graph often rebuilt")
"""The embedded index: an array alone, a graph of nearly all, one of half, one short-lived."""

BACKENDS = (*EXACT, "chroma", "chroma server")
"""All of them."""

_SIZES: dict[str, dict[str, Any]] = {
    "slots": {"graph_rows": 1 << 30},
    "graph at once": {"graph_rows": 1, "tail_rows": 1},
    "graph and tail": {"graph_rows": 10, "tail_rows": 10},
    "graph often rebuilt": {"graph_rows": 4, "tail_rows": 4, "dead_share": 0.01},
}


def opened(backend: str, folder: Path, server: Callable[[], int]) -> Callable[[], Any]:
    """What makes an empty index of this kind.

    Args:
        backend: one of BACKENDS.
        folder: for files.
        server: gives the port of a Chroma server on this host.
    """
    if backend == "slots":
        return lambda: SlotIndex(DIMENSIONS, **_SIZES[backend])
    if backend in _SIZES:
        pytest.importorskip("faiss", reason="the extra `embeddings` is not installed")
        return lambda: SlotIndex(DIMENSIONS, **_SIZES[backend])
    pytest.importorskip("chromadb", reason="the extra `chroma` is not installed")
    from tokenomics_shared.adapters.chroma import ChromaIndex, chroma_at, chroma_in

    client = chroma_at("127.0.0.1", server()) if "server" in backend else chroma_in(folder)
    numbers = count()
    return lambda: ChromaIndex(
        client, DIMENSIONS, partition=f"{folder} {next(numbers)}", embedder="random"
    )


@contextmanager
def chroma_server(folder: Path) -> Iterator[int]:
    """Run a Chroma server; gives its port."""
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("chroma")), "run", "--path", str(folder)]
    environment = {**os.environ, "ANONYMIZED_TELEMETRY": "False"}
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)],
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        until = time.monotonic() + 60.0
        while not _listens(port):
            if server.poll() is not None or time.monotonic() > until:
                raise RuntimeError((folder / "log").read_text("utf-8", "replace"))
            time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        server.wait(30.0)


def _listens(port: int) -> bool:
    with socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def unit(many: int, seed: int = 0) -> NDArray[np.float32]:
    """Unit vectors; the first ones of a seed are the same however many are asked for."""
    rows = np.random.default_rng(seed).normal(size=(many, DIMENSIONS))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)
