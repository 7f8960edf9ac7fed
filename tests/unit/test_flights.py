"""Single flight: the same request under way is asked once, and nobody waits for ever."""

import asyncio
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from tests.kit import GOOD, POOR, ROSTER, engine, prompt, reply
from tokenomics_shared.drivers import arun
from tokenomics_shared.effects import Await, Steps
from tokenomics_shared.memory import Flights
from tokenomics_shared.testing import ScriptedBackend, TextCodec
from tokenomics_shared.types import Memo, Reply, Usage

MEMO = Memo(GOOD, Usage(1, 1), "small-1", "cheap", "cheap")
SINGLE = {"cascading": {"enabled": False}}


class SlowBackend(ScriptedBackend):
    """Answers when it is let; says when it was asked."""

    def __init__(self, *answers: Reply | Exception) -> None:
        super().__init__({"cheap": answers, "premium": answers})
        self.reached = threading.Event()
        self.gate = threading.Event()

    def generate(self, ask: Any) -> Reply:
        self.reached.set()
        assert self.gate.wait(10)
        return super().generate(ask)

    async def agenerate(self, ask: Any) -> Reply:
        self.reached.set()
        assert await asyncio.to_thread(self.gate.wait, 10)
        return super().generate(ask)


def test_the_first_leads_and_the_others_wait_for_what_it_brings() -> None:
    flights = Flights()
    assert flights.join(b"k", may_lead=True) is None
    waiting = flights.join(b"k", may_lead=True)
    assert isinstance(waiting, Await)
    assert flights.join(b"other", may_lead=True) is None
    flights.land(b"k", MEMO)
    assert waiting.future.result(0) == MEMO
    assert flights.join(b"k", may_lead=False) is None


def test_nobody_waits_for_one_that_may_not_lead() -> None:
    flights = Flights()
    assert flights.join(b"k", may_lead=False) is None
    assert flights.join(b"k", may_lead=True) is None


def test_threads_share_one_call() -> None:
    shared = engine(**SINGLE)
    backend = SlowBackend(reply(GOOD))
    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(shared.run, prompt(), ROSTER, TextCodec(), backend) for _ in range(8)]
        assert backend.reached.wait(10)
        time.sleep(0.05)
        backend.gate.set()
        outcomes = [each.result() for each in done]
    assert len(backend.asked) == 1
    assert {outcome.reply.text for outcome in outcomes if outcome.reply} == {GOOD}
    assert sorted(outcome.recall.cache_type for outcome in outcomes) == ["exact"] * 7 + ["none"]
    shared.close()


async def test_tasks_share_one_call() -> None:
    shared = engine(**SINGLE)
    backend = SlowBackend(reply(GOOD))
    asking = [
        asyncio.create_task(shared.arun(prompt(), ROSTER, TextCodec(), backend)) for _ in range(50)
    ]
    await asyncio.sleep(0.05)
    backend.gate.set()
    outcomes = await asyncio.gather(*asking)
    assert len(backend.asked) == 1
    assert all(outcome.reply and outcome.reply.text == GOOD for outcome in outcomes)
    shared.close()


async def test_when_the_first_fails_the_others_ask_for_themselves() -> None:
    shared = engine(**SINGLE)
    backend = SlowBackend(ValueError("no"), reply(GOOD))
    asking = [
        asyncio.create_task(shared.arun(prompt(), ROSTER, TextCodec(), backend)) for _ in range(2)
    ]
    await asyncio.sleep(0.02)
    backend.gate.set()
    first, second = await asyncio.gather(*asking, return_exceptions=True)
    assert isinstance(first, ValueError)
    assert not isinstance(second, BaseException)
    assert second.reply is not None
    assert second.reply.text == GOOD
    shared.close()


async def test_when_the_first_is_cancelled_the_others_ask_for_themselves() -> None:
    shared = engine(**SINGLE)
    backend = SlowBackend(reply(GOOD))
    first = asyncio.create_task(shared.arun(prompt(), ROSTER, TextCodec(), backend))
    await asyncio.sleep(0.02)
    second = asyncio.create_task(shared.arun(prompt(), ROSTER, TextCodec(), backend))
    await asyncio.sleep(0.02)
    first.cancel()
    backend.gate.set()
    outcome = await asyncio.wait_for(second, 10)
    assert outcome.reply is not None
    assert outcome.reply.text == GOOD
    shared.close()


async def test_one_that_stops_waiting_takes_the_answer_from_nobody() -> None:
    shared = engine(**SINGLE)
    backend = SlowBackend(reply(GOOD))
    asking = [
        asyncio.create_task(shared.arun(prompt(), ROSTER, TextCodec(), backend)) for _ in range(3)
    ]
    await asyncio.sleep(0.02)
    asking[1].cancel()
    await asyncio.sleep(0.02)
    backend.gate.set()
    outcomes = await asyncio.gather(asking[0], asking[2])
    assert [outcome.reply.text for outcome in outcomes if outcome.reply] == [GOOD, GOOD]
    assert len(backend.asked) == 1
    shared.close()


async def test_a_blocking_call_on_the_loop_does_not_wait_for_a_task_of_that_loop() -> None:
    shared = engine(**SINGLE)
    backend = SlowBackend(reply(GOOD), reply(POOR))
    first = asyncio.create_task(shared.arun(prompt(), ROSTER, TextCodec(), backend))
    await asyncio.sleep(0.02)
    backend.gate.set()
    outcome = shared.run(prompt(), ROSTER, TextCodec(), backend)
    assert outcome.reply is not None
    assert (await first).reply is not None
    assert len(backend.asked) == 2
    shared.close()


def test_who_waits_too_long_asks_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokenomics_shared.memory.flights.WAIT_S", 0.05)
    shared = engine(**SINGLE)
    slow, quick = SlowBackend(reply(GOOD)), ScriptedBackend({"premium": [reply(POOR)]})
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(shared.run, prompt(), ROSTER, TextCodec(), slow)
        assert slow.reached.wait(10)
        second = shared.run(prompt(), ROSTER, TextCodec(), quick)
        slow.gate.set()
        assert first.result().reply is not None
    assert second.reply is not None
    assert second.reply.text == POOR
    shared.close()


def test_nobody_waits_for_a_stream_that_is_read_slowly() -> None:
    shared = engine(**SINGLE)
    backend = ScriptedBackend({"premium": [reply(GOOD), reply(GOOD)]})
    chunks = shared.stream(prompt(paced=True), ROSTER, TextCodec(), backend)
    next(chunks)
    outcome = shared.run(prompt(), ROSTER, TextCodec(), backend)
    assert outcome.recall.cache_type == "none"
    chunks.close()
    shared.close()


@pytest.mark.parametrize("turns", range(6))
async def test_a_cancellation_that_comes_with_the_answer_is_heard(turns: int) -> None:
    brought: Future[str | None] = Future()

    def steps() -> Steps[str | None]:
        return (yield from Await(brought, 0, 5.0))

    nobody: Any = None
    waiting = asyncio.create_task(arun(steps(), nobody))
    await asyncio.sleep(0.01)
    brought.set_result("an answer")
    for _ in range(turns):
        await asyncio.sleep(0)
    if waiting.done():
        assert waiting.result() == "an answer"
        return
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
