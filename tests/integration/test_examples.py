"""The examples run, without a key, and print what they promise."""

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("TOKENOMICS_DATA") or ROOT.parent / "shared" / "data").absolute()
NEEDS_DATA = pytest.mark.skipif(
    not (DATA / "routing_gsm8k_dev.csv.gz").exists(),
    reason="recorded outcomes are looked for in TOKENOMICS_DATA and ../shared/data",
)


NEEDS_LLAMAINDEX = pytest.mark.skipif(
    find_spec("llama_index.llms") is None or find_spec("llama_index.llms.openai_like") is None,
    reason="LlamaIndex's OpenAI is not installed",
)


SMALL = {"TOKENOMICS_DATA": "nowhere"}
"""The questions written for this project, wherever the tests run."""


def run(script: str, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, ROOT / "examples" / script, *arguments],
        env={**kept, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_demo_on_its_own_questions(tmp_path: Path) -> None:
    done = run("demo.py", "--requests", "50", "--state-dir", str(tmp_path), **SMALL)
    assert done.returncode == 0, done.stderr
    for words in (
        "50 requests over a small question set",
        "exact hits",
        "drafts accepted",
        "escalations",
        "gpt-4o-mini",
        "memory layer",
        "baseline",
        "always premium",
        f"python -m tokenomics_shared report {tmp_path}",
    ):
        assert words in done.stdout
    assert (tmp_path / "ledger.db").exists()


@NEEDS_DATA
def test_the_demo_on_recorded_outcomes() -> None:
    done = run("demo.py", "--requests", "40", TOKENOMICS_DATA=str(DATA))
    assert done.returncode == 0, done.stderr
    assert "40 requests over GSM8K, recorded" in done.stdout
    assert "mixtral-8x7b-instruct" in done.stdout


def test_the_demo_is_the_same_every_time() -> None:
    first, second = (
        run("demo.py", "--requests", "30", PYTHONHASHSEED=seed, **SMALL).stdout for seed in "12"
    )
    cost = [line for line in first.splitlines() if "this run" in line]
    assert cost
    assert cost == [line for line in second.splitlines() if "this run" in line]


def test_the_demo_over_several_seeds_tells_mean_and_range_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    arguments = ("--requests", "20", "--seed", "3")
    done = run("demo.py", *arguments, "--seeds", "2", TMPDIR=str(tmp_path), **SMALL)
    assert done.returncode == 0, done.stderr
    assert "20 requests over a small question set, seed 3, 4" in done.stdout
    row = next(line for line in done.stdout.splitlines() if "always premium" in line)
    mean, low, high = map(float, re.findall(r"([\d.]+) %", row))
    assert low <= mean <= high
    assert len(re.findall(r"\$[\d.]+", row)) == 3
    assert re.search(r"Kept: [\d.]+ % of premium's right answers, 95 % were", done.stdout)
    assert re.search(r"baseline of the report is within \d+\.\d+ %", done.stdout)
    assert "Look again" not in done.stdout
    assert not list(tmp_path.iterdir())


def test_the_demo_without_a_connection_says_so_in_a_line(tmp_path: Path) -> None:
    done = run(
        "demo.py",
        "--live",
        OPENAI_API_KEY="any",
        OPENAI_BASE_URL="http://127.0.0.1:9/v1",
        TOKENOMICS_LLM__MAX_RETRIES="0",
        TMPDIR=str(tmp_path),
        **SMALL,
    )
    assert done.returncode == 1
    assert re.fullmatch(r"demo: \w+ConnectionError: Connection error\.\n", done.stderr)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--requests", "0"], "--requests must be at least 1, got 0"),
        (["--seeds", "0"], "--seeds must be at least 1, got 0"),
        (["--seeds", "2", "--state-dir", "x"], "--state-dir keeps one run"),
        (["--live"], "OPENAI_API_KEY"),
    ],
)
def test_the_demo_says_what_is_wrong(arguments: list[str], reason: str) -> None:
    done = run("demo.py", *arguments)
    assert done.returncode == 2
    assert reason in done.stderr


def test_the_quick_start() -> None:
    done = run("langchain_quickstart.py")
    assert done.returncode == 0, done.stderr
    assert "Danube" in done.stdout
    assert "exact hits" in done.stdout


def test_a_quality_target() -> None:
    done = run("quality_target.py")
    assert done.returncode == 0, done.stderr
    assert "Against premium: equivalent." in done.stdout
    for words in ("Audited quality", "Quality kept overall", "drafts accepted"):
        assert words in done.stdout
    assert "Fault" not in done.stdout


def test_the_semantic_cache() -> None:
    done = run("answers_by_meaning.py")
    assert done.returncode == 0, done.stderr
    for words in (
        "memory  how do i reset my password\n        exact, similarity 1.000",
        "memory  What is the way to reset my password?\n        semantic_direct",
        "refused: disable against enable",
        "not given, personal: what did i order",
        "vetoes: {'antonym': 1}",
    ):
        assert words in done.stdout


def test_a_query_engine_of_llamaindex() -> None:
    done = run("llamaindex_query.py")
    assert done.returncode == 0, done.stderr
    shown, whole = map(
        int, re.findall(r"shown (\d+) characters in place of (\d+)", done.stdout)[0]
    )
    assert shown < whole / 3
    assert "warranty lasts 27 months" in done.stdout
    for name in ("brightfold.md", "returns.md", "delivery.md", "about.md", "stock.json"):
        assert re.search(rf"^  {name} +(\d+ tokens cut to \d+|whole)$", done.stdout, re.MULTILINE)


def test_a_retrieval_chain_of_langchain() -> None:
    done = run("langchain_retrieval.py")
    assert done.returncode == 0, done.stderr
    whole, cut = map(int, re.findall(r"5 documents, +(\d+) tokens in", done.stdout))
    assert cut < whole / 3
    assert done.stdout.count("27 months from delivery.") == 2


def test_a_chain_with_retrieval_caches_the_question() -> None:
    done = run("langchain_rag.py")
    assert done.returncode == 0, done.stderr
    sources = re.findall(
        r"^corpus (\d), from (a model|memory) *: It lasts 27 months\.$", done.stdout, re.MULTILINE
    )
    assert sources == [("1", "a model"), ("1", "memory"), ("2", "a model")]


def test_chains_in_parallel_share_calls() -> None:
    done = run("langchain_parallel.py")
    assert done.returncode == 0, done.stderr
    assert "3 calls for 4 answers" in done.stdout
    assert "3 calls for 16 answers" in done.stdout


def test_a_chat_with_a_history() -> None:
    done = run("langchain_history.py")
    assert done.returncode == 0, done.stderr
    turns = re.findall(r"\((\d+) turns kept, (\d+) turns sent\)", done.stdout)
    assert turns == [("2", "2"), ("4", "4"), ("6", "6"), ("8", "6")] * 2


def test_an_application_behind_http() -> None:
    done = run("langchain_app.py")
    assert done.returncode == 0, done.stderr
    kinds = re.findall(r"^(\w+): +(none|exact) ", done.stdout, re.MULTILINE)
    assert kinds == [("acme", "none"), ("acme", "exact"), ("other", "none")]
    assert "batch: ['exact', 'exact', 'exact']" in done.stdout
    assert re.search(r"stream: \d+ chunks, then end", done.stdout)
    assert "requests in the ledger: 7" in done.stdout


def test_an_agent_over_a_database() -> None:
    done = run("langchain_sql_agent.py")
    assert done.returncode == 0, done.stderr
    kinds = re.findall(r"^(human|ai|tool) ", done.stdout, re.MULTILINE)
    assert kinds == ["human", "ai", "tool", "ai", "tool", "ai"]
    assert "There are 883 of them on hand." in done.stdout
    whole, sent = map(int, re.findall(r"Of (\d+) characters .* was sent (\d+)\.", done.stdout)[0])
    assert sent < whole / 2
    assert "3 calls" in done.stdout


def test_an_agent_made_of_middleware() -> None:
    done = run("langchain_middleware.py")
    assert done.returncode == 0, done.stderr
    for line in (
        "| Parcel 17 is in Vienna now, where it came by way of Graz.",
        "| The |  parcel |  was |  handed |",
        "| The parcel was handed to the wrong driver, so it went to Graz",
    ):
        assert line in done.stdout
    assert "Not sure" not in done.stdout
    assert "drafts accepted" in done.stdout


@NEEDS_LLAMAINDEX
def test_retrieval_with_llamaindex() -> None:
    done = run("llamaindex_rag.py")
    assert done.returncode == 0, done.stderr
    tokens = re.findall(r"^  (\d+) tokens in: .* 27 months", done.stdout, re.MULTILINE)
    whole, short, again = map(int, tokens)
    assert 0 < short < whole * 0.75
    assert again == 0
    assert re.findall(r"memory: (\w+)", done.stdout) == ["none", "exact"]
    sources = re.findall(r"^  (\w+\.\w+(?:, \w+\.\w+){3})$", done.stdout, re.MULTILINE)
    assert len(sources) == 3
    assert len(set(sources)) == 1
    assert "exact hits" in done.stdout


@NEEDS_LLAMAINDEX
def test_a_chat_engine_of_llamaindex() -> None:
    done = run("llamaindex_chat.py")
    assert done.returncode == 0, done.stderr
    turns = re.findall(r"\((\d+) turns kept, (\d+) turns sent\)", done.stdout)
    assert turns == [("2", "2"), ("4", "4"), ("6", "6"), ("8", "6")] * 2


@NEEDS_LLAMAINDEX
def test_agents_of_llamaindex_that_hand_over() -> None:
    done = run("llamaindex_agents.py")
    assert done.returncode == 0, done.stderr
    for line in (
        "stock_of  There are 12 of Brightfold.",
        "price_of  Brightfold costs 89 EUR.",
        "writer    We have 12 Brightfold lamps for you, at 89 EUR each.",
    ):
        assert line in done.stdout
    assert "drafts accepted" in done.stdout
