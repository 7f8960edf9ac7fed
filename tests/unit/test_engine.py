"""The engine: what is put together, shared, closed."""

import asyncio
import gc
import json
import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.kit import GOOD, ROSTER, engine, prompt, reply
from tokenomics_shared import ConfigError, Engine
from tokenomics_shared.adapters.sqlite_ledger import SqliteLedger
from tokenomics_shared.effects import Generate
from tokenomics_shared.testing import ScriptedBackend, TextCodec
from tokenomics_shared.types import Reply, Usage


class Echo(ScriptedBackend):
    """Answers every question with itself, in every tier."""

    def __init__(self) -> None:
        super().__init__({})

    def generate(self, ask: Generate) -> Reply:
        return reply(f"The answer to {ask.prompt.question} is known.", usage=Usage(10, 5))

    async def agenerate(self, ask: Generate) -> Reply:
        await asyncio.sleep(0)
        return self.generate(ask)


def test_state_survives_the_engine(tmp_path: Path) -> None:
    for hits in (0, 1):
        made = engine(state_dir=tmp_path, bandit={"enabled": True})
        backend = ScriptedBackend({"cheap": [reply(GOOD)], "premium": [reply(GOOD)]})
        outcome = made.run(prompt(), ROSTER, TextCodec(), backend)
        assert (outcome.recall.memo is not None) == bool(hits)
        assert made.report().totals.exact_hits == hits
        made.close()
    assert {path.name for path in tmp_path.iterdir()} == {
        "bandit_state.json",
        "bandit_state.json.lock",
        "cache.db",
        "ledger.db",
        "lengths.db",
        "samples.db",
    }


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_state_is_its_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    made = engine(state_dir=folder, bandit={"enabled": True})
    made.run(prompt(), ROSTER, TextCodec(), Echo())
    made.close()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}
    assert "samples.db" in modes
    assert modes.pop("state") == 0o700
    assert set(modes.values()) == {0o600}


def test_a_state_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_text("Dear diary")
    with pytest.raises(ConfigError, match=r"state_dir .*/state is a file; a folder is needed"):
        engine(state_dir=path)
    assert path.read_text() == "Dear diary"


@pytest.mark.parametrize("ledger", ["kept.db", "sub/../kept.db"])
def test_two_parts_do_not_share_a_file(tmp_path: Path, ledger: str) -> None:
    with pytest.raises(
        ConfigError,
        match=r"memory\.persistent_cache_path and telemetry\.ledger_path are the same file",
    ):
        engine(
            memory={"persistent_cache_path": tmp_path / "kept.db"},
            telemetry={"ledger_path": tmp_path / ledger},
        )
    with pytest.raises(ConfigError, match=r"bandit\.state_file and telemetry\.ledger_path"):
        engine(state_dir=tmp_path, bandit={"state_file": tmp_path / "ledger.db"})
    assert not list(tmp_path.iterdir())


def judged_by(judge: Any, caplog: pytest.LogCaptureFixture) -> str:
    made = engine(judge=judge)
    backend = ScriptedBackend({"cheap": [reply(GOOD)], "premium": [reply(GOOD)]})
    assert made.run(prompt("private"), ROSTER, TextCodec(), backend).escalated
    made.close()
    assert "private" not in caplog.text
    assert GOOD not in caplog.text
    return caplog.text


def test_where_a_judge_raised_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def judge(question: str, answer: str) -> float:
        return float(json.loads(question + answer))

    told = judged_by(judge, caplog)
    line = judge.__code__.co_firstlineno + 1
    assert f"judge failed with JSONDecodeError at {__file__}:{line} (raised at " in told


@pytest.mark.parametrize(
    ("given", "reason"), [(None, "gave NoneType"), ("private", "gave str"), (7, "gave 7.0")]
)
def test_a_judge_that_gives_no_score_is_named(
    given: Any, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    def judge(question: str, answer: str) -> Any:
        return given

    place = f"({__file__}:{judge.__code__.co_firstlineno})"
    assert f"{place} must give a score from 0 to 1, {reason}" in judged_by(judge, caplog)


async def _later(question: str, answer: str) -> float:
    return 1.0


@pytest.mark.parametrize(
    ("judge", "reason"),
    [
        (lambda answer: 1.0, r"judge .*test_engine\.py:\d+\) must take \(question, answer\)"),
        (lambda question, answer, context: 1.0, "missing a required argument: 'context'"),
        (_later, "_later .* is async"),
    ],
)
def test_a_judge_that_cannot_be_called_is_refused(judge: Any, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        engine(judge=judge)


@pytest.mark.parametrize("judge", [max, lambda *texts: 1.0, lambda q, a, k=3: 1.0])
def test_a_judge_that_can_be_called_is_taken(judge: Any) -> None:
    engine(judge=judge).close()


def test_an_engine_that_nobody_holds_any_more_writes_what_is_pending(tmp_path: Path) -> None:
    made = engine(state_dir=tmp_path)
    made.run(prompt(), ROSTER, TextCodec(), ScriptedBackend({"cheap": [reply(GOOD)]}))
    del made
    gc.collect()
    again = engine(state_dir=tmp_path)
    assert again.report().totals.requests == 1
    again.close()


def test_threads_share_an_engine() -> None:
    made = engine(bandit={"enabled": True})
    lines = [f"number {number}" for number in range(40)]

    def work(seed: int) -> list[str]:
        wrong = []
        for step in range(50):
            text = lines[(step * seed) % 40]
            outcome = made.run(prompt(text), ROSTER, TextCodec(), Echo())
            assert outcome.reply is not None
            if text not in outcome.reply.text:
                wrong.append(text)
        return wrong

    with ThreadPoolExecutor(8) as pool:
        assert [wrong for wrong in pool.map(work, (3, 7, 9, 11, 13, 17, 19, 21)) if wrong] == []
    totals = made.report().totals
    assert totals.requests == 400
    assert totals.exact_hits + sum(model.calls for model in totals.models) == 400
    assert {model.usage.input for model in totals.models} == {10 * m.calls for m in totals.models}


async def test_tasks_share_an_engine() -> None:
    made = engine(bandit={"enabled": True})
    outcomes = await asyncio.gather(
        *(made.arun(prompt(f"q {n % 50}"), ROSTER, TextCodec(), Echo()) for n in range(500))
    )
    assert all(o.reply and f"q {n % 50} " in o.reply.text for n, o in enumerate(outcomes))
    assert made.report().totals.requests == 500
    assert len({outcome.request_id for outcome in outcomes}) == 500


def test_a_judge_must_be_one() -> None:
    with pytest.raises(ConfigError, match="judge must be a judge or a function, got int"):
        Engine.build(judge=5)  # type: ignore[arg-type]


def test_a_judge_of_ones_own_replaces_the_quick_check() -> None:
    made = engine(judge=lambda question, answer: 0.9)
    backend = ScriptedBackend({"cheap": [reply("No.")]})
    assert made.run(prompt(), ROSTER, TextCodec(), backend).quality == 0.9


def test_only_broken_drafts_are_rejected_without_the_quick_check() -> None:
    made = engine(cascading={"use_lightweight_check": False})
    backend = ScriptedBackend({"cheap": [reply("No."), reply("")], "premium": [reply(GOOD)]})
    assert made.run(prompt("a"), ROSTER, TextCodec(), backend).accepted_draft
    assert made.run(prompt("b"), ROSTER, TextCodec(), backend).escalated


def test_a_part_that_cannot_be_closed_keeps_no_other_open(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    state = tmp_path / "bandit"
    made = engine(state_dir=tmp_path, bandit={"enabled": True, "state_file": state / "s.json"})
    made.run(prompt(), ROSTER, TextCodec(), Echo())
    state.write_text("in the way")
    made.close()
    made.close()
    assert made.parts.books.faults.counts() == {"routing:FileExistsError": 1}
    assert "routing failed with FileExistsError" in caplog.text
    ledger = SqliteLedger(tmp_path / "ledger.db", on_fault=print)
    assert ledger.totals().requests == 1
    ledger.close()


def test_closing_ends_the_writers_and_may_be_done_twice() -> None:
    before = threading.active_count()
    made = engine()
    made.run(prompt(), ROSTER, TextCodec(), Echo())
    assert threading.active_count() > before
    made.close()
    made.close()
    assert threading.active_count() == before
