"""`tokenomics replay`, as it is run."""

import json
from pathlib import Path

import pytest

from tests.integration.test_cli import tokenomics
from tests.logs import made_rows, written


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return written(tmp_path / "log.jsonl", made_rows(60))


def test_a_row_for_each_target_beside_the_simple_ways(log: Path) -> None:
    done = tokenomics("replay", log, "--quality-target", 0.95, "--quality-target", 0.9)
    assert (done.returncode, done.stderr) == (0, "")
    for words in ("target 95.0 %", "target 90.0 %", "always cheap", "always premium"):
        assert words in done.stdout
    assert done.stdout.count("random mix, same quality") == 2
    assert done.stdout.count("cheapest first, same quality") == 2
    assert "60 requests" in done.stdout
    assert "are the log's" in done.stdout


def test_figures_for_machines(log: Path) -> None:
    told = json.loads(tokenomics("replay", log, "--seeds", 2, "--json").stdout)
    assert told["tiers"] == ["cheap", "premium"]
    assert told["baselines"]["always_premium"] == {"quality_ratio": 1.0, "cost": 1.0}
    assert told["baselines"]["always_cheap"]["cost"] < 0.1
    (trial,) = told["targets"]
    assert trial["quality_target"] == 0.95
    assert len(trial["seeds"]) == 2
    for seed in trial["seeds"]:
        assert seed["requests"] == 60
        assert sum(seed["paths"].values()) == pytest.approx(1.0)
        assert set(seed["kinds"]) == {"easy", "hard"}
        assert [point["requests"] for point in seed["curve"]] == [60]


def test_a_seed_tells_the_same_again(log: Path) -> None:
    once, again = (tokenomics("replay", log, "--seed", 3, "--json") for _ in range(2))
    assert once.stdout == again.stdout


def test_texts_that_were_not_recorded_are_told(tmp_path: Path) -> None:
    log = written(tmp_path / "log.jsonl", made_rows(10, texts=False))
    assert "10 requests have answers without a text" in tokenomics("replay", log).stdout


def test_stated_prices_count_before_recorded_costs(log: Path) -> None:
    same = ("--price", "cheap=5/5", "--price", "premium=5/5", "--premium", "premium")
    told = json.loads(tokenomics("replay", log, *same, "--json").stdout)
    assert 0.5 < told["baselines"]["always_cheap"]["cost"] < 2.0


def test_nothing_but_the_state_folder_is_touched(log: Path, tmp_path: Path) -> None:
    folder = tmp_path / "learned"
    assert tokenomics("replay", log).returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["log.jsonl"]
    assert tokenomics("replay", log, "--state-dir", folder).returncode == 0
    assert any(folder.iterdir())


@pytest.mark.parametrize(
    ("content", "options", "reason"),
    [
        (None, (), "can't be read"),
        ("{}\n", (), "line 1: question: must be text"),
        (
            '{"question": "?", "answers": {"a": {"score": 1}}}',
            (),
            "answers.a: not all have a cost",
        ),
        ("", ("--price", "cheap"), "--price must be TIER=IN/OUT"),
        ("", ("--price", "cheap=-1/2"), "--price must be TIER=IN/OUT"),
        ("", ("--state-dir", "x", "--seeds", "2"), "give one of each"),
        ("", ("--seeds", "0"), "--seeds must be 1 or more, got 0"),
        ("", ("--feedback", "2"), "feedback's share must be from 0 to 1, got 2.0"),
    ],
)
def test_bad_input_is_one_line_and_code_2(
    tmp_path: Path, content: str | None, options: tuple[str, ...], reason: str
) -> None:
    path = tmp_path / "log.jsonl"
    if content is not None:
        path.write_text(content)
    done = tokenomics("replay", path, *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert reason in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("target", ["nan", "1.5", "0", "-1"])
def test_an_impossible_target_is_named(log: Path, target: str) -> None:
    done = tokenomics("replay", log, "--quality-target", target)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "quality_target" in done.stderr
