"""Any sentence-transformers model as an embedder; the heavy way, for who has it already."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tokenomics_shared.adapters.minilm_files import (
    MODEL,
    REPOSITORY,
    digest,
    hub_snapshots,
    packaged_weights,
)
from tokenomics_shared.errors import ConfigError, MissingExtra

EXTRA = "sentence-transformers"

_CONFIG = "config.json"
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")


class SentenceTransformers:
    """Embeds texts with a sentence-transformers model in this process.

    Importing the library takes seconds and half a gigabyte, so that is left to the first use.
    """

    local = True

    def __init__(self, model: str = REPOSITORY, *, download: bool = False) -> None:
        """Say which model; it is loaded when it is first used.

        Args:
            model: a name on the hub, with or without its owner, or a folder.
            download: let the library fetch a model that is not on this host.
        """
        self._model = model
        self._download = download
        self._lock = RLock()

    @classmethod
    def find(cls, model: str) -> "SentenceTransformers":
        """Those of a model that is there to be loaded.

        Raises:
            ConfigError: it is not on this host.
            MissingExtra: the library is not installed.
        """
        found = cls(model)
        _ = found._folder
        if find_spec("sentence_transformers") is None:
            raise MissingExtra(f"the embedder {model!r}", EXTRA)
        return found

    @cached_property
    def name(self) -> str:
        """The model's name and the digest of its weights."""
        with self._lock:
            folder = self._folder
            # A folder of several modules keeps its weights one level down.
            weights = [found for name in _WEIGHTS for found in sorted(folder.rglob(name))]
            if not weights:
                raise ConfigError(f"{folder} holds no weights of a sentence-transformers model")
            model = Path(self._model).name or self._model
            return f"{model}/sentence-transformers/{digest(weights[0])[:12]}"

    @cached_property
    def dimensions(self) -> int:
        """Numbers in a vector."""
        return int(self.embed(["dimensions"]).shape[1])

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, a row a text."""
        if not texts:
            return np.empty((0, self.dimensions), np.float32)
        # Its tokenizer may not be used by two threads at once.
        with self._lock:
            return np.asarray(
                self._loaded.encode(
                    list(texts), normalize_embeddings=True, show_progress_bar=False
                ),
                np.float32,
            )

    def reads(self, text: str) -> bool:
        """Whether the whole text fits the model's window."""
        with self._lock:
            window = self._loaded.max_seq_length
            found = self._loaded.tokenizer(text, truncation=False, verbose=False)["input_ids"]
            return window is None or len(found) <= window

    @cached_property
    def _loaded(self) -> Any:
        folder = self._folder
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise MissingExtra(f"the embedder {self._model!r}", EXTRA) from error
        return SentenceTransformer(str(folder), local_files_only=True)

    @cached_property
    def _folder(self) -> Path:
        for folder in self._places():
            if (folder / _CONFIG).is_file() or (folder / "modules.json").is_file():
                return folder
        if not self._download:
            raise ConfigError(
                f"the embedder {self._model!r} is not on this host, and nothing is downloaded "
                "unless asked for: SentenceTransformers(name, download=True)"
            )
        try:
            from huggingface_hub import snapshot_download
        except ImportError as error:
            raise MissingExtra(f"fetching the embedder {self._model!r}", EXTRA) from error
        return Path(snapshot_download(self._repository, ignore_patterns=["onnx/*", "openvino/*"]))

    def _places(self) -> Iterator[Path]:
        yield Path(self._model)
        packaged = packaged_weights()
        if packaged is not None and self._repository == REPOSITORY:
            yield packaged
        yield from hub_snapshots(self._repository)

    @property
    def _repository(self) -> str:
        """The name on the hub; the library's own models go without their owner."""
        return (
            self._model if "/" in self._model else f"{REPOSITORY.removesuffix(MODEL)}{self._model}"
        )
