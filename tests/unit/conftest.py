"""Fixtures of the tests of embedders and encodings."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.minilm import small_weights
from tokenomics_shared.adapters import minilm_files
from tokenomics_shared.adapters import tiktoken as adapter
from tokenomics_shared.adapters import tiktoken_files as files


@pytest.fixture(scope="session")
def weights_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small weights beside a tokenizer of BERT's size."""
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    folder = tmp_path_factory.mktemp("weights")
    save_file(small_weights(), folder / "model.safetensors")
    words = {"[UNK]": 100, "[CLS]": 101, "[SEP]": 102, "how": 1, "are": 2, "you": 3}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))  # noqa: S106 -- no password
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 101), ("[SEP]", 102)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture(scope="session")
def made(weights_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the embedder's files."""
    from tokenomics_shared.adapters.prepare_minilm import prepare

    return prepare(tmp_path_factory.mktemp("made"), weights_folder)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user with nothing on this host."""
    for name in ("HF_HOME", "HF_HUB_CACHE", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".cache"))
    monkeypatch.setattr(minilm_files, "PACKAGE", "no_such_package")
    return tmp_path


@pytest.fixture(scope="module")
def packaged() -> Path:
    """The file of cl100k that an installed package has brought."""
    if find_spec("llama_index") is None:
        pytest.skip("llama-index-core, which brings cl100k, is not installed")
    found = files.find(files.source_of("cl100k_base"))
    assert found is not None
    return found


@pytest.fixture
def packaged_content(packaged: Path) -> bytes:
    return packaged.read_bytes()


@pytest.fixture
def nothing_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host without any encoding, and a process that has not looked for one; gives its cache."""
    monkeypatch.setattr(files, "_PACKAGES", ())
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("TIKTOKEN_CACHE_DIR", raising=False)
    monkeypatch.delenv("DATA_GYM_CACHE_DIR", raising=False)
    monkeypatch.setattr(adapter, "_encodings", adapter._Encodings())
    return files.encodings_folder()
