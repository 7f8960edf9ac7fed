"""Callers that leave: what was spent is charged, nothing half-made is kept, nothing goes on."""

import asyncio
import gc
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest

from tests.integration.langchain.conftest import CHEAP, PREMIUM, Make
from tests.integration.langchain.leaving import (
    asked,
    assert_calm,
    cancelled_after,
    own_clients,
    settled,
)
from tests.integration.langchain.test_calls import EASY, HARD, told
from tokenomics_langchain import ChatTokenomics
from tokenomics_shared.testing import Fault, LoopbackServer

STEPS = [*range(1, 24), *range(24, 120, 12)]
"""Steps of the event loop after which a request is cancelled; it has ended by the last of them."""


@pytest.fixture
def llm(make: Make, server: LoopbackServer) -> ChatTokenomics:
    return make(cheap=own_clients(server, CHEAP), premium=own_clients(server, PREMIUM))


async def read(llm: ChatTokenomics, question: str) -> str:
    return "".join([chunk.text async for chunk in llm.astream(question)])


def right(question: str) -> str:
    return f"The answer of {PREMIUM} to {question} is forty two."


@pytest.mark.parametrize("nested", ["none", "trace"])
@pytest.mark.parametrize("way", ["ainvoke", "astream"])
async def test_cancelled_at_any_step(
    way: str,
    nested: Any,
    llm: ChatTokenomics,
    caplog: pytest.LogCaptureFixture,
) -> None:
    llm.nested = nested
    going = []
    async with asyncio.timeout(60):
        for steps in STEPS:
            question = f"{HARD} {way} {steps}"
            call: Any = llm.ainvoke(question) if way == "ainvoke" else read(llm, question)
            going.append(await cancelled_after(steps, call))
            await settled()
    assert going[0]
    totals = llm.engine.report().totals
    # What is cancelled before its first step asks nothing.
    assert totals.requests in {len(STEPS), len(STEPS) - 1}
    assert totals.failed == 0
    assert totals.abandoned >= 5
    assert any(model.estimated for model in totals.models)
    assert_calm(llm, caplog)
    for steps in STEPS:
        question = f"{HARD} {way} {steps}"
        assert (await llm.ainvoke(question)).text == right(question)


async def _wait_for(llm: ChatTokenomics, question: str) -> None:
    await asyncio.wait_for(llm.ainvoke(question), 0.1)


async def _timeout(llm: ChatTokenomics, question: str) -> None:
    async with asyncio.timeout(0.1):
        await read(llm, question)


async def _fail_after(llm: ChatTokenomics, question: str) -> None:
    with anyio.fail_after(0.1):
        await llm.ainvoke(question)


async def _scope(llm: ChatTokenomics, question: str) -> None:
    with anyio.move_on_after(0.1) as scope:
        await read(llm, question)
    assert scope.cancelled_caught
    raise TimeoutError


@pytest.mark.parametrize("slow", [CHEAP, PREMIUM])
@pytest.mark.parametrize("leave", [_wait_for, _timeout, _fail_after, _scope])
async def test_timed_out_during_a_draft_or_an_answer(
    leave: Any,
    slow: str,
    llm: ChatTokenomics,
    server: LoopbackServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    server.faults[slow] = Fault(delay_s=0.5)
    with pytest.raises(TimeoutError):
        await leave(llm, HARD)
    await settled()
    totals = llm.engine.report().totals
    assert (totals.requests, totals.abandoned, totals.exact_hits) == (1, 1, 0)
    calls = {model.model: model.calls for model in totals.models}
    assert calls == ({CHEAP: 1} if slow == CHEAP else {CHEAP: 1, PREMIUM: 1})
    (left,) = (model for model in totals.models if model.model == slow)
    assert left.estimated == 1
    assert left.usage.input > 0
    assert totals.cost > 0
    assert_calm(llm, caplog)
    server.faults.clear()
    again = await llm.ainvoke(HARD)
    assert (again.text, told(again)["cache_hit"]) == (right(HARD), False)


@pytest.mark.parametrize("purpose", ["judge", "summary"])
async def test_cancelled_during_a_call_of_our_own(
    purpose: str, make: Make, server: LoopbackServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.faults["helper"] = Fault(delay_s=0.5)
    helper = own_clients(server, "helper")
    settings: dict[str, Any] = {"premium": own_clients(server, PREMIUM)}
    question: Any = EASY
    if purpose == "judge":
        settings["cheap"] = own_clients(server, CHEAP)
        settings["judge"] = {"judges": ["checks", "llm"], "model": helper}
    else:
        settings |= {"cheap": helper, "history": "summary", "token_budget": 600}
        said = [(f"Say it {n} times. " * 9, "Well, well. " * 9) for n in range(20)]
        turns = [turn for ask, answer in said for turn in (("human", ask), ("ai", answer))]
        question = [*turns, ("human", EASY)]
    llm = make(**settings)
    task = asyncio.create_task(llm.ainvoke(question))
    await asked(server, "helper")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await settled()
    totals = llm.engine.report().totals
    assert (totals.requests, totals.abandoned) == (1, 1)
    (left,) = (model for model in totals.models if model.model == "helper")
    assert (left.calls, left.estimated) == (1, 1)
    assert_calm(llm, caplog)


class Left(Exception):
    """The consumer's own."""


def _broken_off(llm: ChatTokenomics) -> None:
    for _ in llm.stream(EASY):
        break


def _closed(llm: ChatTokenomics) -> None:
    chunks: Any = llm.stream(EASY)
    next(chunks)
    chunks.close()


def _dropped(llm: ChatTokenomics) -> None:
    next(iter(llm.stream(EASY)))


def _failed(llm: ChatTokenomics) -> None:
    for chunk in llm.stream(EASY):
        raise Left(chunk.text)


def _nested(llm: ChatTokenomics) -> None:
    def outer() -> Any:
        yield from llm.stream(EASY)

    inner = outer()
    next(inner)
    inner.close()


async def _abroken_off(llm: ChatTokenomics) -> None:
    async for _ in llm.astream(EASY):
        break


async def _aclosed(llm: ChatTokenomics) -> None:
    chunks: Any = llm.astream(EASY)
    await anext(chunks)
    await chunks.aclose()


async def _afailed(llm: ChatTokenomics) -> None:
    async for chunk in llm.astream(EASY):
        raise Left(chunk.text)


LEAVE = [_broken_off, _closed, _dropped, _failed, _nested, _abroken_off, _aclosed, _afailed]


@pytest.mark.parametrize("nested", ["none", "trace"])
@pytest.mark.parametrize("leave", LEAVE)
async def test_a_stream_left_half_way(
    leave: Callable[[ChatTokenomics], Any],
    nested: Any,
    llm: ChatTokenomics,
    caplog: pytest.LogCaptureFixture,
) -> None:
    llm = llm.model_copy(update={"nested": nested})
    pinned: Any = llm.bind(model="premium")
    try:
        left = leave(pinned)
        if left is not None:
            await left
    except Left:
        pass
    gc.collect()
    await settled()
    totals = llm.engine.report().totals
    assert (totals.requests, totals.abandoned) == (1, 1)
    assert totals.models[0].estimated == 1
    assert totals.cost > 0
    assert_calm(llm, caplog)
    assert not told(await pinned.ainvoke(EASY))["cache_hit"]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("way", ["invoke", "stream"])
def test_interrupted(
    way: str,
    kind: type[BaseException],
    make: Make,
    server: LoopbackServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def interrupt(response: httpx.Response) -> None:
        raise kind

    client = httpx.Client(event_hooks={"response": [interrupt]})
    premium = own_clients(server, PREMIUM, http_client=client)
    llm = make(cheap=own_clients(server, CHEAP), premium=premium)
    with pytest.raises(kind):
        list(getattr(llm, way)(HARD))
    totals = llm.engine.report().totals
    assert (totals.requests, totals.abandoned, totals.failed) == (1, 1, 0)
    assert {model.model: model.estimated for model in totals.models} == {CHEAP: 0, PREMIUM: 1}
    assert_calm(llm, caplog)


async def test_a_cancelled_batch(
    llm: ChatTokenomics, server: LoopbackServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.faults[CHEAP] = Fault(delay_s=0.5)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(llm.abatch([f"{EASY} {n}" for n in range(8)]), 0.2)
    await settled()
    totals = llm.engine.report().totals
    assert (totals.requests, totals.abandoned) == (8, 8)
    assert_calm(llm, caplog)


@pytest.mark.parametrize("who", ["leader", "follower"])
async def test_who_shares_an_answer_may_leave(
    who: str, llm: ChatTokenomics, server: LoopbackServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.faults[CHEAP] = Fault(delay_s=0.3, times=1)
    tasks = [asyncio.create_task(llm.ainvoke(HARD)) for _ in range(4)]
    await asked(server, CHEAP)
    gone = tasks.pop(0 if who == "leader" else 2)
    gone.cancel()
    answers = await asyncio.gather(*tasks)
    assert [answer.text for answer in answers] == [right(HARD)] * 3
    assert gone.cancelled()
    await settled()
    totals = llm.engine.report().totals
    assert (totals.requests, totals.abandoned) == (4, 1)
    assert totals.exact_hits == 2 if who == "follower" else True
    assert_calm(llm, caplog)


async def test_a_follower_may_end_with_its_event_loop(
    llm: ChatTokenomics, server: LoopbackServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.faults[CHEAP] = Fault(delay_s=0.6, times=1)
    leader = asyncio.create_task(llm.ainvoke(HARD))
    await asyncio.sleep(0.1)

    async def follow() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(llm.ainvoke(HARD), 0.05)

    await asyncio.to_thread(asyncio.run, follow())
    assert not leader.done()
    assert (await leader).text == right(HARD)
    assert_calm(llm, caplog)
