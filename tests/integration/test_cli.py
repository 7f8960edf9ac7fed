"""The command line, as it is run."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import tokenomics_shared
from tests.kit import GOOD, POOR, ROSTER, engine, prompt, reply
from tokenomics_shared.testing import ScriptedBackend, TextCodec

ROOT = Path(__file__).parents[2]


def tokenomics(*arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tokenomics_shared", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def looks(folder: Path) -> dict[str, tuple[int, int]]:
    stats = {path.name: path.stat() for path in folder.iterdir()}
    return {name: (stat.st_size, stat.st_mtime_ns) for name, stat in stats.items()}


@pytest.fixture
def state(tmp_path: Path) -> Path:
    made = engine(state_dir=tmp_path)
    backend = ScriptedBackend({"cheap": [reply(POOR)], "premium": [reply(GOOD)]})
    for _ in range(3):
        made.run(prompt(), ROSTER, TextCodec(), backend)
    made.close()
    return tmp_path


def test_a_report_of_a_ledger_or_its_folder(state: Path) -> None:
    by_folder, by_file = tokenomics("report", state), tokenomics("report", state / "ledger.db")
    assert by_folder.returncode == 0
    assert by_folder.stdout == by_file.stdout
    for words in ("exact hits", "large-1", "memory layer", "baseline"):
        assert words in by_folder.stdout


def test_a_report_for_machines(state: Path) -> None:
    told = json.loads(tokenomics("report", state, "--json").stdout)
    assert (told["requests"], told["exact_hits"], told["escalations"]) == (3, 2, 1)
    assert told["savings"]["memory_layer"] == "0.000300000000"
    assert [model["model"] for model in told["models"]] == ["small-1", "large-1"]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("nowhere.db", None, "nowhere.db does not exist"),
        ("notes.txt", "Dear diary", "notes.txt is not a Tokenomics ledger"),
        ("notes.txt", "", "notes.txt is not a Tokenomics ledger: it is empty"),
    ],
)
def test_what_is_no_ledger_is_named(
    tmp_path: Path, name: str, content: str | None, reason: str
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    done = tokenomics("report", tmp_path / name)
    assert done.returncode == 2
    assert done.stdout == ""
    assert reason in done.stderr
    assert "Traceback" not in done.stderr
    if content is not None:
        assert (tmp_path / name).read_text() == content


def test_a_report_changes_nothing(state: Path) -> None:
    before = looks(state)
    assert tokenomics("report", state).returncode == 0
    assert looks(state) == before


def test_a_damaged_ledger_is_named(state: Path) -> None:
    ledger = state / "ledger.db"
    ledger.write_bytes(ledger.read_bytes()[:100] + b"x" * 5000)
    done = tokenomics("report", state)
    assert done.returncode == 2
    assert "ledger.db can't be read" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_version_is_that_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert tokenomics_shared.__version__ == project["version"]
    done = tokenomics("--version")
    assert (done.returncode, done.stdout) == (0, f"tokenomics {project['version']}\n")


def test_help_and_nothing() -> None:
    assert "report" in tokenomics("--help").stdout
    assert "Look at what Tokenomics did" in tokenomics("--help").stdout
    assert tokenomics().returncode != 0
    assert tokenomics("no-such-command").returncode == 2
