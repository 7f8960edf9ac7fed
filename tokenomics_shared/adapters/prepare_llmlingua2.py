"""Makes the ONNX export of a token-classification checkpoint, once; needs torch."""

import io
import warnings
from pathlib import Path
from typing import Any

# torch's exporter needs it, and says so late.
import onnx  # noqa: F401
import torch

from tokenomics_shared.adapters.llmlingua2 import checkpoint
from tokenomics_shared.adapters.minilm_files import put
from tokenomics_shared.adapters.token_pruning import GRAPH, SETTINGS, TOKENIZER
from tokenomics_shared.errors import ConfigError

OPSET = 17

MOST_BYTES = 2_000_000_000
"""Of weights; a protocol buffer, which an ONNX file is, can't be larger than 2 GiB."""


def export_onnx(model: str | Path, folder: Path) -> Path:
    """Make a folder that `LLMLingua2Onnx` reads without torch.

    Args:
        model: a checkpoint's folder, or its name on the hub.
        folder: where to; made if need be.

    Returns:
        The folder.

    Raises:
        ConfigError: the model can't be loaded, is no token classifier of two labels, or is too
            large.
        OSError: the folder can't be written.
    """
    tokenizer, network = checkpoint(str(model))
    size = sum(each.numel() * each.element_size() for each in network.parameters())
    if size > MOST_BYTES:
        raise ConfigError(f"{model!s} has {size / 1e9:.1f} GB of weights; one ONNX file holds 2")
    folder.mkdir(parents=True, exist_ok=True)
    put(folder / TOKENIZER, tokenizer.to_str().encode())
    put(folder / SETTINGS, network.config.to_json_string().encode())
    put(folder / GRAPH, _graph(network))
    return folder


def _graph(network: Any) -> bytes:
    written = io.BytesIO()
    axes = {0: "batch", 1: "tokens"}
    # Two rows of several tokens: a row of one would be taken for a constant.
    ids = torch.ones((2, 8), dtype=torch.long)
    with warnings.catch_warnings():
        # What the exporter says of its own future helps nobody here.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            ({"input_ids": ids, "attention_mask": torch.ones_like(ids)},),
            written,
            input_names=["input_ids", "attention_mask"],
            output_names=["logits"],
            dynamic_axes=dict.fromkeys(("input_ids", "attention_mask", "logits"), axes),
            opset_version=OPSET,
            dynamo=False,
        )
    return written.getvalue()
