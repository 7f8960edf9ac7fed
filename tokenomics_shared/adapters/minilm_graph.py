"""The graph of a BERT sentence embedder in ONNX, built from its weights without torch.

One text at a time, without padding: int8 scales are found per tensor at run time (Jacob et al.
2018, arXiv 1712.05877, section 3, with activations scaled as they come), so a text's vector
would depend on what it was batched with. Nothing is padded, so nothing has to be masked.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 20
"""The first with Gelu as one operator."""

IR_VERSION = 10

Weights = Mapping[str, NDArray[np.float32]]
Precision = Literal["fp32", "int8", "int7"]
"""`int7` leaves a bit unused: x86 processors without VNNI add products of two bytes in sixteen
bits, which whole bytes overflow."""

_LARGEST = {"int8": 127, "int7": 63}


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a BERT's shape its weights don't tell.

    Attributes:
        heads: attention heads of a layer.
        epsilon: added to a variance before its root is taken.
        window: tokens read at most.
    """

    heads: int = 12
    epsilon: float = 1e-12
    window: int = 256


def build(weights: Weights, shape: Shape, precision: Precision) -> onnx.ModelProto:
    """Build the graph: `ids` (tokens,) of int64 to `vector` (hidden,) of unit length.

    Weights are those of Hugging Face's BertModel, by its names. Matrices have a scale for each
    output, the token table one for each token.

    Raises:
        KeyError: a weight is missing.
    """
    graph = _Graph(weights, precision)
    state = _embedding(graph, shape)
    layer = 0
    while f"encoder.layer.{layer}.output.dense.weight" in weights:
        state = _layer(graph, state, f"encoder.layer.{layer}", shape)
        layer += 1
    mean = graph.add("ReduceMean", state, graph.constant(np.array([0])), keepdims=0)
    graph.add("LpNormalization", mean, axis=0, p=2, name="vector")
    hidden = weights["embeddings.LayerNorm.bias"].size
    return helper.make_model(
        helper.make_graph(
            graph.nodes,
            "sentence-embedder",
            [helper.make_tensor_value_info("ids", TensorProto.INT64, ["tokens"])],
            [helper.make_tensor_value_info("vector", TensorProto.FLOAT, [hidden])],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="tokenomics",
    )


class _Graph:
    """Nodes and constants as they come."""

    def __init__(self, weights: Weights, precision: Precision) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._precision = precision

    def add(self, op: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        """Add an operator with one output; gives the output's name."""
        return self.split(op, *inputs, names=(name or f"n{len(self.nodes)}",), **attributes)[0]

    def split(
        self, op: str, *inputs: str, names: tuple[str, ...], **attributes: Any
    ) -> tuple[str, ...]:
        """Add an operator with these outputs."""
        self.nodes.append(helper.make_node(op, list(inputs), list(names), **attributes))
        return names

    def constant(self, value: NDArray[np.generic]) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def linear(self, state: str, matrix: NDArray[np.float32], bias: NDArray[np.float32]) -> str:
        """`state @ matrix + bias`; the matrix is (inputs, outputs)."""
        if self._precision == "fp32":
            product = self.add("MatMul", state, self.constant(matrix))
        else:
            product = self._integer_product(state, matrix, _LARGEST[self._precision])
        return self.add("Add", product, self.constant(bias))

    def _integer_product(self, state: str, matrix: NDArray[np.float32], largest: int) -> str:
        # These operators in this order are what onnxruntime knows to fuse into one.
        levels, scale = _quantised(matrix, axis=0, largest=largest)
        at = len(self.nodes)
        whole, step, zero = self.split(
            "DynamicQuantizeLinear", state, names=(f"q{at}", f"s{at}", f"z{at}")
        )
        nothing = self.constant(np.zeros(matrix.shape[1], np.int8))
        product = self.add("MatMulInteger", whole, self.constant(levels), zero, nothing)
        steps = self.add("Mul", step, self.constant(scale))
        return self.add("Mul", self.cast(product), steps)

    def rows(self, table: NDArray[np.float32], ids: str) -> str:
        """The table's rows of these ids."""
        if self._precision == "fp32":
            return self.add("Gather", self.constant(table), ids)
        levels, scale = _quantised(table, axis=1, largest=127)
        found = self.add("Gather", self.constant(levels), ids)
        steps = self.add("Gather", self.constant(scale[:, None]), ids)
        return self.add("Mul", self.cast(found), steps)

    def cast(self, whole: str) -> str:
        """Whole numbers as float32."""
        return self.add("Cast", whole, to=TensorProto.FLOAT)

    def norm(self, state: str, name: str, epsilon: float) -> str:
        """Layer normalisation with the weights of this name."""
        scale, bias = (
            self.constant(self.weights[f"{name}.{part}"]) for part in ("weight", "bias")
        )
        return self.add("LayerNormalization", state, scale, bias, axis=-1, epsilon=epsilon)


def _embedding(graph: _Graph, shape: Shape) -> str:
    weights = graph.weights
    # Every token is of the first segment, so that its row is part of each place's.
    places = (
        weights["embeddings.position_embeddings.weight"][: shape.window]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )
    start, axis = graph.constant(np.array([0])), graph.constant(np.array([0]))
    length = graph.add("Shape", "ids")
    taken = graph.add("Slice", graph.constant(places), start, length, axis)
    words = graph.rows(weights["embeddings.word_embeddings.weight"], "ids")
    state = graph.add("Add", words, taken)
    return graph.norm(state, "embeddings.LayerNorm", shape.epsilon)


def _layer(graph: _Graph, state: str, name: str, shape: Shape) -> str:
    attended = _dense(graph, _attention(graph, state, name, shape), f"{name}.attention.output")
    state = graph.norm(
        graph.add("Add", attended, state), f"{name}.attention.output.LayerNorm", shape.epsilon
    )
    wide = graph.add("Gelu", _dense(graph, state, f"{name}.intermediate"))
    narrow = _dense(graph, wide, f"{name}.output")
    return graph.norm(graph.add("Add", narrow, state), f"{name}.output.LayerNorm", shape.epsilon)


def _attention(graph: _Graph, state: str, name: str, shape: Shape) -> str:
    """Scaled dot-product attention (Vaswani et al. 2017, section 3.2), all three maps at once."""
    query, key, value = (
        _weights(graph, f"{name}.attention.self.{part}") for part in ("query", "key", "value")
    )
    width = query[1].size // shape.heads
    root = np.float32(math.sqrt(width))
    maps = ((query[0] / root, query[1] / root), key, value)
    matrix, bias = (np.concatenate(parts, axis=-1) for parts in zip(*maps, strict=True))
    joined = graph.linear(state, matrix, bias)
    by_head = graph.constant(np.array([0, 3, shape.heads, width]))
    at = len(graph.nodes)
    split = graph.add("Reshape", joined, by_head)
    turned = graph.add("Transpose", split, perm=[1, 2, 0, 3])
    queries, keys, values = graph.split(
        "Split", turned, names=(f"query{at}", f"key{at}", f"value{at}"), axis=0, num_outputs=3
    )
    likeness = graph.add("MatMul", queries, graph.add("Transpose", keys, perm=[0, 1, 3, 2]))
    seen = graph.add("MatMul", graph.add("Softmax", likeness, axis=-1), values)
    back = graph.add("Transpose", seen, perm=[0, 2, 1, 3])
    return graph.add("Reshape", back, graph.constant(np.array([-1, shape.heads * width])))


def _dense(graph: _Graph, state: str, name: str) -> str:
    return graph.linear(state, *_weights(graph, f"{name}.dense"))


def _weights(graph: _Graph, name: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    # torch keeps a map as (outputs, inputs).
    return graph.weights[f"{name}.weight"].T, graph.weights[f"{name}.bias"]


def _quantised(
    values: NDArray[np.float32], axis: int, largest: int
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Symmetric whole numbers, and what one of them is worth, along an axis."""
    top = np.abs(values).max(axis=axis, keepdims=True)
    scale = np.maximum(top, np.finfo(np.float32).tiny) / np.float32(largest)
    levels = np.rint(values / scale).astype(np.int8)
    return levels, np.squeeze(scale, axis).astype(np.float32)
