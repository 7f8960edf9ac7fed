"""LLMLingua-2 by a token classifier: read by onnxruntime."""

import re
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests import keeping
from tokenomics_shared.adapters import token_pruning
from tokenomics_shared.adapters.llmlingua2 import LLMLingua2
from tokenomics_shared.adapters.llmlingua2_onnx import LLMLingua2Onnx
from tokenomics_shared.cli import app
from tokenomics_shared.errors import ConfigError, MissingExtra
from tokenomics_shared.planning import Compressor

TEXT = (
    "The mayor of Paris was very proud of the tower, which is 330 metres tall.\n"
    "It was built by their engineers, and they have called it the best of them."
)


def count(text: str) -> int:
    return len(re.findall(r"\w+|[^\w\s]", text))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return keeping.export(tmp_path_factory.mktemp("export"))


def test_fillers_go_and_content_stays(folder: Path) -> None:
    compressor = LLMLingua2Onnx(folder, count=count)
    assert compressor.compress([TEXT], "", 15) == [
        "mayor Paris proud tower, 330 metres tall.\nbuilt engineers, called best."
    ]


def test_it_is_a_compressor_that_may_take_long(folder: Path) -> None:
    compressor = LLMLingua2Onnx(folder, count=count)
    assert isinstance(compressor, Compressor)
    assert compressor.blocking


def test_within_the_budget_no_model_is_loaded(tmp_path: Path) -> None:
    compressor = LLMLingua2Onnx(tmp_path / "nowhere", count=count)
    assert compressor.compress([TEXT, ""], "", 999) == [TEXT, ""]
    assert compressor.compress([], "", 1) == []


def test_texts_share_the_budget_and_a_second_pass_changes_nothing(folder: Path) -> None:
    compressor = LLMLingua2Onnx(folder, count=count)
    once = compressor.compress([TEXT, "so it was as it is", TEXT.upper()], "any", 34)
    assert sum(map(count, once)) <= 34
    assert once[1] == ""
    assert compressor.compress(once, "another", 34) == once


def test_a_question_that_spans_alone_would_be_left_of_stays_whole(folder: Path) -> None:
    compressor = LLMLingua2Onnx(folder, count=count)
    asked = "How is it that 12 kg of this were sold to them for 30 EUR in 2019?"
    assert compressor.compress([asked], "", 3, "question") == [asked]
    assert compressor.compress([asked], "", 3) == ["that 12 kg of for 30 EUR in 2019?"]


def test_long_texts_are_read_in_windows_and_batches_alike(folder: Path) -> None:
    texts = [TEXT * 40, "", "one", TEXT * 3]
    many = LLMLingua2Onnx(folder, count=count, batch_size=16)
    single = LLMLingua2Onnx(folder, count=count, batch_size=1)
    assert many.compress(texts, "", 400) == single.compress(texts, "", 400)
    read = many.probabilities(texts)
    alone = [many.probabilities([text])[0] for text in texts]
    assert read == alone
    assert len(read[0][1]) > 2 * token_pruning.WINDOW
    assert all(chance > 0 for chance in read[0][1])


def test_a_small_window_of_the_settings_is_respected(folder: Path, tmp_path: Path) -> None:
    small = keeping.export(tmp_path)
    (small / "config.json").write_text('{"max_position_embeddings": 16, "pad_token_id": 0}')
    read = LLMLingua2Onnx(small, count=count).probabilities([TEXT])
    assert read == LLMLingua2Onnx(folder, count=count).probabilities([TEXT])


@pytest.mark.parametrize(
    ("settings", "window"),
    [
        ({}, 512),
        ({"max_position_embeddings": 8192}, 512),
        ({"max_position_embeddings": 128, "model_type": "bert"}, 128),
        ({"max_position_embeddings": 514, "model_type": "xlm-roberta", "pad_token_id": 1}, 512),
        ({"max_position_embeddings": 130, "model_type": "xlm-roberta", "pad_token_id": 1}, 128),
    ],
)
def test_a_window_is_what_the_checkpoint_reads(settings: dict[str, Any], window: int) -> None:
    assert token_pruning.window(settings) == window


def test_odd_texts_are_survived(folder: Path) -> None:
    compressor = LLMLingua2Onnx(folder, count=count)
    odd = ["\ud800 lone and so on as it is", "\x00\x01\x02" * 9, " \n\t ", "é" * 999, "東京 " * 50]
    found = compressor.compress(odd, "", 20)
    assert len(found) == len(odd)
    assert compressor.compress(found, "", 20) == found


def test_a_giant_text_is_left_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_pruning, "LONGEST", 100)
    compressor = LLMLingua2Onnx(folder, count=count)
    giant, small = TEXT, "so it was of the mayor"
    assert compressor.compress([giant, small], "", count(giant) + 1) == [giant, "mayor"]
    assert compressor.compress([giant, small], "", 9) == [giant, small]


def test_several_threads_may_use_one(folder: Path) -> None:
    compressor = LLMLingua2Onnx(folder, count=count)
    found: list[list[str]] = []
    threads = [
        threading.Thread(target=lambda: found.append(compressor.compress([TEXT] * 3, "", 30)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [found[0]] * 4


def test_a_folder_without_an_export_says_how_to_make_one(tmp_path: Path) -> None:
    compressor = LLMLingua2Onnx(tmp_path, count=count)
    with pytest.raises(ConfigError, match=r"no model\.onnx .* prepare-compressor"):
        compressor.compress([TEXT], "", 5)


def test_a_failure_is_remembered_until_loading_is_asked_for(tmp_path: Path) -> None:
    compressor = LLMLingua2Onnx(tmp_path, count=count)
    with pytest.raises(ConfigError):
        compressor.load()
    keeping.export(tmp_path)
    with pytest.raises(ConfigError):
        compressor.compress([TEXT], "", 5)
    compressor.load()
    assert compressor.compress([TEXT], "", 17) != [TEXT]


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "config.json"])
def test_files_that_are_none_are_told_apart(tmp_path: Path, name: str) -> None:
    keeping.export(tmp_path)
    (tmp_path / name).write_bytes(b"nothing")
    with pytest.raises(ConfigError, match="can't be loaded"):
        LLMLingua2Onnx(tmp_path, count=count).load()


def test_another_count_of_labels_is_refused(tmp_path: Path) -> None:
    keeping.export(tmp_path)
    (tmp_path / "model.onnx").write_bytes(keeping.graph(labels=3))
    with pytest.raises(ConfigError, match="two labels"):
        LLMLingua2Onnx(tmp_path, count=count).load()


@pytest.mark.parametrize("settings", [{"batch_size": 0}, {"threads": 0}])
def test_impossible_settings_are_refused(folder: Path, settings: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="must be 1 or more, got 0"):
        LLMLingua2Onnx(folder, count=count, **settings)


def test_without_torch_its_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tokenomics_shared.adapters.llmlingua2.find_spec", lambda _: None)
    with pytest.raises(MissingExtra, match=r"tokenomics-llm\[llmlingua2\]"):
        LLMLingua2(count=count)
    monkeypatch.setattr("tokenomics_shared.adapters.llmlingua.find_spec", lambda _: None)
    from tokenomics_shared.adapters.llmlingua import LLMLingua

    with pytest.raises(MissingExtra, match=r"tokenomics-llm\[llmlingua\]"):
        LLMLingua(count=count)


def test_the_command_names_its_extra_without_torch(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(
        sys.modules, "tokenomics_shared.adapters.prepare_llmlingua2", raising=False
    )
    said = CliRunner().invoke(app, ["prepare-compressor", "any", str(tmp_path)])
    assert said.exit_code == 2
    assert "llmlingua2" in said.output
