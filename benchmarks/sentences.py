"""Recorded prompts and their vectors, as many as are wanted: real ones, then copies with noise."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
from harness import HERE
from numpy.typing import NDArray
from rich.progress import track

from tokenomics_shared.adapters.onnx_minilm import OnnxMiniLM

KEPT = HERE / ".peers" / "vectors"
"""Vectors of earlier runs, by what they are of."""

JITTER = 0.02
"""Standard deviation of the noise on each number of a copy: its cosine to the real one is 0.93."""

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Sentences:
    """What is stored and what is asked.

    Attributes:
        stored: unit vectors; the real ones come first.
        asked: unit vectors of prompts that are not stored.
        real: how many of the stored are real.
    """

    stored: NDArray[np.float32]
    asked: NDArray[np.float32]
    real: int


def prompts(data: Path, split: str) -> list[str]:
    """The stream's prompts, each once, in order."""
    lines = (data / f"semcache_stream_{split}.jsonl").read_text("utf-8").splitlines()
    return list(dict.fromkeys(json.loads(line)["prompt"] for line in lines))


def sentences(embedder: OnnxMiniLM, texts: Sequence[str], stored: int, asked: int) -> Sentences:
    """Embed texts, the last ones to ask with, and pad the others up to what is to be stored."""
    vectors = embedded(embedder, texts)
    real, questions = vectors[:-asked], vectors[-asked:]
    noise = np.random.default_rng(0)
    rows = [real[:stored]]
    while (missing := stored - sum(map(len, rows))) > 0:
        copies = real[:missing] + noise.normal(0, JITTER, real[:missing].shape)
        rows.append(np.asarray(copies / np.linalg.norm(copies, axis=1, keepdims=True), np.float32))
    return Sentences(np.concatenate(rows), questions, min(stored, len(real)))


def embedded(embedder: OnnxMiniLM, texts: Sequence[str]) -> NDArray[np.float32]:
    """The texts' vectors, one row a text; kept for later runs."""
    told_apart = "\0".join([embedder.name, *texts]).encode()
    file = KEPT / f"{blake2b(told_apart, digest_size=12).hexdigest()}.npy"
    if not file.exists():
        starts = track(range(0, len(texts), _CHUNK), "embedding the prompts")
        rows = [embedder.embed(texts[start : start + _CHUNK]) for start in starts]
        file.parent.mkdir(parents=True, exist_ok=True)
        np.save(file, np.concatenate(rows))
    vectors: NDArray[np.float32] = np.load(file)
    return vectors
