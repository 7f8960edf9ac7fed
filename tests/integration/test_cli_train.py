"""`tokenomics train`, as it is run."""

import json
from pathlib import Path

import pytest

from tests.integration.test_cli import tokenomics
from tests.lengths import made as lengths_made
from tests.logs import made_rows, written
from tests.unit.test_training import made
from tokenomics_shared.adapters.sqlite_lengths import SqliteLengths
from tokenomics_shared.adapters.sqlite_samples import SqliteSamples
from tokenomics_shared.prediction import Quantiles

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


def test_lengths_are_learned_and_how_good_they_are_is_said(tmp_path: Path) -> None:
    pytest.importorskip("xgboost", reason="the extra `xgboost` is not installed")
    with_lengths(learned(tmp_path, 20))
    done = tokenomics("train", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "pinball loss before" in done.stdout
    assert "The lengths of rare stay as they are: 9 answers are too few" in done.stdout
    again = json.loads(tokenomics("train", tmp_path, "--json").stdout)
    lengths = {each["model"]: each for each in again if each["part"] == "lengths"}
    assert lengths["gpt"]["reason"] == "0 answers since it was last trained, 50 are needed"
    store = SqliteLengths(tmp_path / "lengths.db", on_fault=lambda _: None)
    assert Quantiles.from_json(store.model("gpt") or "").samples == 90
    store.close()


def test_the_lengths_of_a_log_are_learned_too(tmp_path: Path) -> None:
    pytest.importorskip("xgboost", reason="the extra `xgboost` is not installed")
    log = written(tmp_path / "log.jsonl", made_rows(60))
    told = json.loads(tokenomics("train", tmp_path, "--log", log, "--json").stdout)
    lengths = [each for each in told if each["part"] == "lengths"]
    assert [(each["model"], each["findings"], each["kept"]) for each in lengths] == [
        ("cheap", 60, True),
        ("premium", 60, True),
    ]
    assert all(each["after"] < each["before"] for each in map(losses, lengths))


def test_a_foreign_file_of_lengths_is_named_and_left(tmp_path: Path) -> None:
    (tmp_path / "lengths.db").write_text("Dear diary")
    done = tokenomics("train", tmp_path)
    assert done.returncode == 2
    assert "lengths.db" in done.stderr
    assert (tmp_path / "lengths.db").read_text() == "Dear diary"


def with_lengths(folder: Path) -> None:
    store = SqliteLengths(folder / "lengths.db", on_fault=lambda _: None)
    for sample in [*lengths_made(90, model="gpt"), *lengths_made(9, model="rare")]:
        store.put(sample)
    store.close()


def losses(told: dict[str, dict[str, float]]) -> dict[str, float]:
    return {name: told[name]["pinball_loss"] for name in ("before", "after")}
