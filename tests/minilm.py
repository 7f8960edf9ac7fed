"""A model of MiniLM's shape in small, with random weights."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tokenomics_shared.adapters.minilm_files import REPOSITORY

WIDTH, WIDE, WORDS, LAYERS = 24, 48, 30_522, 2


def small_weights(words: int = WORDS) -> dict[str, NDArray[np.float32]]:
    rng = np.random.default_rng(0)

    def some(*shape: int, scale: float = 1.0) -> NDArray[np.float32]:
        return rng.normal(0, scale, shape).astype(np.float32)

    weights = {
        "embeddings.word_embeddings.weight": some(words, WIDTH),
        "embeddings.position_embeddings.weight": some(512, WIDTH, scale=0.1),
        "embeddings.token_type_embeddings.weight": some(2, WIDTH, scale=0.1),
    }
    norms = ["embeddings.LayerNorm"]
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        for part in ("query", "key", "value"):
            weights |= dense(some, f"{name}.attention.self.{part}", WIDTH, WIDTH)
        weights |= dense(some, f"{name}.attention.output.dense", WIDTH, WIDTH)
        weights |= dense(some, f"{name}.intermediate.dense", WIDTH, WIDE)
        weights |= dense(some, f"{name}.output.dense", WIDE, WIDTH)
        norms += [f"{name}.attention.output.LayerNorm", f"{name}.output.LayerNorm"]
    for norm in norms:
        weights |= {f"{norm}.weight": 1 + some(WIDTH, scale=0.1), f"{norm}.bias": some(WIDTH)}
    return weights


def dense(some: Any, name: str, inputs: int, outputs: int) -> dict[str, NDArray[np.float32]]:
    return {
        f"{name}.weight": some(outputs, inputs, scale=inputs**-0.5),
        f"{name}.bias": some(outputs, scale=0.1),
    }


def words() -> str:
    from tokenizers import Tokenizer, models, pre_tokenizers

    known = {"[UNK]": 0, "how": 1, "are": 2, "you": 3}
    tokenizer = Tokenizer(models.WordLevel(known, unk_token="[UNK]"))  # noqa: S106 -- no password
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return str(tokenizer.to_str())


def export() -> bytes:
    """A graph with the inputs and the output of an export, that looks ids up in a table."""
    from onnx import TensorProto, helper, numpy_helper

    names = ("input_ids", "attention_mask", "token_type_ids")
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
        for name in names
    ]
    output = helper.make_tensor_value_info(
        "last_hidden_state", TensorProto.FLOAT, ["batch", "tokens", 3]
    )
    table = numpy_helper.from_array(np.arange(12, dtype=np.float32).reshape(4, 3), "table")
    node = helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])
    graph = helper.make_graph([node], "export", inputs, [output], [table])
    opset = [helper.make_opsetid("", 17)]
    exported: bytes = helper.make_model(
        graph, opset_imports=opset, ir_version=9
    ).SerializeToString()
    return exported


def hub_snapshot(hub: Path) -> Path:
    """Where a user's hub cache has the model; its folder is made, it is not."""
    snapshots = hub / f"models--{REPOSITORY.replace('/', '--')}" / "snapshots"
    snapshots.mkdir(parents=True)
    return snapshots / "abc"
