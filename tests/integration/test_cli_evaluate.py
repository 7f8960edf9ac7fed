"""`tokenomics evaluate`, as it is run."""

import json
from pathlib import Path

import pytest

from tests.integration.test_cli import tokenomics

LONG = "Vienna is the capital of Austria, and it lies on the Danube, east of the Alps."
PAIRS = [
    {"question": "2 + 2?", "optimized": "4", "baseline": "4"},
    {"question": "Where?", "optimized": LONG, "baseline": f"{LONG} Perhaps."},
]


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.jsonl"
    path.write_text("".join(json.dumps(pair) + "\n" for pair in PAIRS))
    return path


def test_without_a_judge_it_says_what_it_can_not_tell(pairs: Path) -> None:
    done = tokenomics("evaluate", pairs)
    assert (done.returncode, done.stderr) == (0, "")
    for words in ("2 pairs of answers, 1 decided", "undecided", "No judge was asked"):
        assert words in done.stdout


def test_a_judge_from_the_folder_one_stands_in(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdict = '{"explanation": "", "winner": "tie", "confidence": 1, "score_a": 1, "score_b": 1}'
    (tmp_path / "judges.py").write_text(f"def fair(prompt):\n    return {verdict!r}\n")
    monkeypatch.chdir(tmp_path)
    done = tokenomics("evaluate", pairs, "--judge", "judges:fair", "--json")
    told = json.loads(done.stdout)
    assert (told["wins"], told["ties"], told["losses"], told["undecided"]) == (0, 2, 0, 0)
    assert told["judged"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--judge", "nobody"), "MODULE:ATTRIBUTE"),
        (("--judge", "json:nope"), "has no attribute 'nope'"),
        (("--workers", "0"), "--workers must be 1 or more"),
    ],
)
def test_bad_options_are_one_line_and_code_2(
    pairs: Path, options: tuple[str, ...], reason: str
) -> None:
    done = tokenomics("evaluate", pairs, *options)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert reason in done.stderr


def test_a_bad_file_is_named(tmp_path: Path) -> None:
    done = tokenomics("evaluate", tmp_path / "none.jsonl")
    assert done.returncode == 2
    assert "can't be read" in done.stderr
