"""`tokenomics train`, as it is run."""

import json
from pathlib import Path

import pytest

from tests.integration.test_cli import tokenomics
from tests.logs import made_rows, written
from tests.unit.test_training import made
from tokenomics_shared.adapters.sqlite_samples import SqliteSamples

pytest.importorskip("sklearn", reason="the extra `train` is not installed")


def learned(folder: Path, many: int) -> Path:
    samples = SqliteSamples(folder / "samples.db", on_fault=lambda _: None)
    for found in made(many, told=True):
        samples.put(found.sample)
        samples.grade(found.sample.request_id, found.score, "feedback", 1.0)
    samples.close()
    return folder


def test_new_weights_are_written_where_engines_look(tmp_path: Path) -> None:
    done = tokenomics("train", learned(tmp_path, 120))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Engines read the new weights when they start." in done.stdout
    assert {"scorer.json", "prior.json"} <= {path.name for path in tmp_path.iterdir()}


def test_too_little_is_said_and_nothing_written(tmp_path: Path) -> None:
    done = tokenomics("train", learned(tmp_path, 20), "--json")
    assert [(each["kept"], each["findings"]) for each in json.loads(done.stdout)] == [
        (False, 20),
        (False, 20),
    ]
    assert not list(tmp_path.glob("*.json"))


def test_a_log_is_learned_from_too(tmp_path: Path) -> None:
    log = written(tmp_path / "log.jsonl", made_rows(40))
    told = json.loads(tokenomics("train", learned(tmp_path, 20), "--log", log, "--json").stdout)
    assert [each["findings"] for each in told] == [100, 100]


def test_what_is_no_folder_is_named(tmp_path: Path) -> None:
    done = tokenomics("train", tmp_path / "none")
    assert (done.returncode, done.stdout) == (2, "")
    assert "none is no folder" in done.stderr


def test_a_foreign_file_is_named_and_left(tmp_path: Path) -> None:
    (tmp_path / "samples.db").write_text("Dear diary")
    done = tokenomics("train", tmp_path)
    assert done.returncode == 2
    assert "samples.db" in done.stderr
    assert (tmp_path / "samples.db").read_text() == "Dear diary"
