"""The engine: what is put together, shared, closed."""

import asyncio
import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

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
        backend = ScriptedBackend({"cheap": [reply(GOOD)]})
        outcome = made.run(prompt(), ROSTER, TextCodec(), backend)
        assert (outcome.recall.memo is not None) == bool(hits)
        assert made.report().totals.exact_hits == hits
        made.close()
    assert {path.name for path in tmp_path.iterdir()} == {
        "bandit_state.json",
        "cache.db",
        "ledger.db",
    }


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
    assert made.parts.books.faults.counts() == {"bandit:FileExistsError": 1}
    assert "bandit failed with FileExistsError" in caplog.text
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
