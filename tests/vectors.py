"""Vector indexes to test: every implementation, and the embedded one in every size."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tokenomics_shared.adapters.slots import SlotIndex

DIMENSIONS = 16

EXACT = ("slots", "graph at once", "graph and tail", "graph often rebuilt")
"""The embedded index: an array alone, a graph of nearly all, one of half, one short-lived."""

BACKENDS = EXACT
"""All of them."""

_SIZES: dict[str, dict[str, Any]] = {
    "slots": {"graph_rows": 1 << 30},
    "graph at once": {"graph_rows": 1, "tail_rows": 1},
    "graph and tail": {"graph_rows": 10, "tail_rows": 10},
    "graph often rebuilt": {"graph_rows": 4, "tail_rows": 4, "dead_share": 0.01},
}


def opened(backend: str, folder: Path) -> Callable[[], Any]:
    """What makes an empty index of this kind."""
    sizes = _SIZES[backend]
    if backend != "slots":
        pytest.importorskip("faiss")
    return lambda: SlotIndex(DIMENSIONS, **sizes)


def unit(many: int, seed: int = 0) -> NDArray[np.float32]:
    """Unit vectors; the first ones of a seed are the same however many are asked for."""
    rows = np.random.default_rng(seed).normal(size=(many, DIMENSIONS))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)
