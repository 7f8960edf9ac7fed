"""LLMLingua-2 without torch: an ONNX export of a token-classification checkpoint."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer
from typing_extensions import override

from tokenomics_shared.adapters.token_pruning import (
    GRAPH,
    LABELS,
    SETTINGS,
    TOKENIZER,
    Classifier,
    TokenPruning,
    padded,
    window,
)
from tokenomics_shared.errors import ConfigError
from tokenomics_shared.planning import Count


class LLMLingua2Onnx(TokenPruning):
    """Keeps the words that a checkpoint of LLMLingua-2 finds needed, run by onnxruntime."""

    name = "llmlingua2-onnx"

    def __init__(
        self, folder: str | Path, *, count: Count, batch_size: int = 8, threads: int = 1
    ) -> None:
        """Say which model; it is loaded when it is first used.

        Args:
            folder: what `tokenomics prepare-compressor` made: `model.onnx`, `tokenizer.json`
                and, unless the model's window is 512 tokens, `config.json`.
            count: counts the tokens of budgets.
            batch_size: runs of at most 512 tokens that are read at once.
            threads: processors that one forward pass may use.
        """
        if threads < 1:
            raise ConfigError(f"threads must be 1 or more, got {threads}")
        self._folder = Path(folder)
        self._threads = threads
        super().__init__(str(folder), count, batch_size)

    @override
    def _opened(self) -> Classifier:
        return OnnxClassifier(self._folder, self._threads)


class OnnxClassifier:
    """A checkpoint's ONNX export, on the processor."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        """Load it.

        Raises:
            ConfigError: the folder doesn't hold a token classifier of two labels.
        """
        missing = [name for name in (GRAPH, TOKENIZER) if not (folder / name).is_file()]
        if missing:
            raise ConfigError(
                f"{folder} holds no {' and no '.join(missing)}: "
                "`tokenomics prepare-compressor MODEL FOLDER` makes them of a checkpoint"
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            settings = _settings(folder / SETTINGS)
            self.tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
            self._session = onnxruntime.InferenceSession(
                folder / GRAPH, options, providers=["CPUExecutionProvider"]
            )
        # Both libraries raise kinds of errors of their own, straight under Exception.
        except Exception as error:
            raise ConfigError(f"the compressor in {folder} can't be loaded: {error}") from error
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self._inputs = [one.name for one in self._session.get_inputs()]
        shape = self._session.get_outputs()[0].shape
        if shape[2:] != [LABELS]:
            raise ConfigError(f"{folder} holds no token classifier of two labels: {shape}")
        self.window = window(settings)
        self._pad = settings.get("pad_token_id") or 0

    def margins(self, batch: Sequence[Sequence[int]]) -> list[list[float]]:
        """As `Classifier` says."""
        ids, mask = (np.array(rows, np.int64) for rows in padded(batch, self._pad))
        known = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        logits = self._session.run(None, {name: known[name] for name in self._inputs})[0]
        found: list[list[float]] = (logits[..., 1] - logits[..., 0]).tolist()
        return found


def _settings(path: Path) -> dict[str, int | None]:
    found: dict[str, int | None] = json.loads(path.read_bytes()) if path.is_file() else {}
    return found
