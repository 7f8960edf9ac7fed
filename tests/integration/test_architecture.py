"""The import contracts hold, and each fails when it is broken."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

VIOLATIONS = {
    "The engine's layers: imports point down": [
        ("tokenomics_shared/types/plans.py", "import tokenomics_shared.errors"),
        ("tokenomics_shared/memory/exact.py", "import tokenomics_shared.judge.checks"),
        ("tokenomics_shared/pipeline.py", "import tokenomics_shared.drivers"),
        ("tokenomics_shared/newcomer.py", ""),
    ],
    "Integrations stand on the engine": [
        ("tokenomics_shared/engine.py", "import tokenomics_langchain"),
        ("tokenomics_shared/condensing.py", "import tokenomics_llamaindex"),
        ("tokenomics_llamaindex/postprocessor.py", "import tokenomics_langchain"),
        ("tokenomics_langchain/documents.py", "import tokenomics_llamaindex"),
    ],
    "No package imports its own in a circle": [
        ("tokenomics_langchain/convert.py", "import tokenomics_langchain.backend"),
    ],
    "The engine knows no framework and no provider": [
        ("tokenomics_shared/adapters/sqlite.py", "import langchain_core"),
        ("tokenomics_shared/telemetry/report.py", "import openai"),
        ("tokenomics_shared/condensing.py", "import llama_index.core"),
    ],
    "Only adapters touch what is optional or slow to import": [
        ("tokenomics_shared/memory/exact.py", "import numpy"),
        ("tokenomics_shared/engine.py", "import sqlite3"),
        ("tokenomics_shared/condensing.py", "import numpy"),
    ],
}


def contracts(folder: Path) -> str:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [str(lint), "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for package in ("tokenomics_shared", "tokenomics_langchain", "tokenomics_llamaindex"):
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contracts_hold(copy: Path) -> None:
    assert f"Contracts: {len(VIOLATIONS)} kept, 0 broken." in contracts(copy)


@pytest.mark.parametrize(
    ("contract", "file", "line"),
    [(name, *planted) for name, all_planted in VIOLATIONS.items() for planted in all_planted],
)
def test_each_contract_fails_when_it_is_broken(
    copy: Path, contract: str, file: str, line: str
) -> None:
    path = copy / file
    path.write_text((path.read_text() if path.exists() else "") + f"\n{line}\n")
    told = contracts(copy)
    exhaustive = "is not listed as a layer" in told or "Unmatched" in told
    assert f"{contract} BROKEN" in told or (not line and exhaustive), told
