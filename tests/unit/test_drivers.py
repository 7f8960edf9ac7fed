"""Drivers: what they do with effects, failures, gates and callers that leave."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.kit import CHEAP, PREMIUM, prompt, reply
from tokenomics_shared.drivers import Done, arun, astream, run, stream
from tokenomics_shared.effects import Call, Flush, Generate, Steps
from tokenomics_shared.errors import Abandoned, CallFailed
from tokenomics_shared.testing import Cut, ScriptedBackend
from tokenomics_shared.types import Reply

ASK = prompt()
LONG = reply("one two three four five six")


def one_call(show: Any = "live", *, flush: bool = False) -> Steps[Reply]:
    answer = yield from Generate(CHEAP, ASK, show)
    if flush:
        yield from Flush(answer)
    return answer


def text(chunks: list[Any]) -> str:
    return "".join(word for word, _ in (chunk for chunk in chunks if not isinstance(chunk, Done)))


def drain(steps: Steps[Any], backend: ScriptedBackend) -> tuple[str, Any]:
    chunks = list(stream(steps, backend))
    return text(chunks), chunks[-1].result


async def adrain(steps: Steps[Any], backend: ScriptedBackend) -> tuple[str, Any]:
    chunks = [chunk async for chunk in astream(steps, backend)]
    return text(chunks), chunks[-1].result


async def test_every_driver_returns_the_result() -> None:
    plan = {"cheap": [LONG] * 4}
    backend = ScriptedBackend(plan)
    assert run(one_call(), backend) == LONG
    assert await arun(one_call(), backend) == LONG
    assert drain(one_call(), backend) == (LONG.text, LONG)
    assert await adrain(one_call(), backend) == (LONG.text, LONG)
    assert backend.asked == [Generate(CHEAP, ASK, "live")] * 4


async def test_held_chunks_stay_until_flushed() -> None:
    assert drain(one_call("hold"), ScriptedBackend({"cheap": [LONG]}))[0] == ""
    assert drain(one_call("hold", flush=True), ScriptedBackend({"cheap": [LONG]}))[0] == LONG.text
    shown, _ = await adrain(one_call("hold", flush=True), ScriptedBackend({"cheap": [LONG]}))
    assert shown == LONG.text


def test_what_was_seen_live_is_not_flushed_again() -> None:
    shown, result = drain(one_call("live", flush=True), ScriptedBackend({"cheap": [LONG]}))
    assert shown == LONG.text
    assert result.shown


async def test_a_stream_that_ends_without_a_reason_may_not_have_ended() -> None:
    plain = reply(LONG.text, finish_reason="")
    backend = ScriptedBackend({"cheap": [plain] * 3})
    assert run(one_call(), backend).finish_reason == ""
    assert drain(one_call(), backend)[1].finish_reason == "unfinished"
    assert (await adrain(one_call(), backend))[1].finish_reason == "unfinished"


def test_a_reply_from_elsewhere_is_replayed() -> None:
    def remembered() -> Steps[str]:
        yield from Flush(LONG)
        return "done"

    assert drain(remembered(), ScriptedBackend({})) == (LONG.text, "done")
    assert run(remembered(), ScriptedBackend({})) == "done"


def test_a_gate_releases_what_it_held() -> None:
    seen: list[str] = []

    def gate(so_far: str, logprobs: Any) -> Any:
        seen.append(so_far)
        return "release" if "three" in so_far else "hold"

    shown, result = drain(one_call(gate), ScriptedBackend({"cheap": [LONG]}))
    assert shown == LONG.text
    assert result.shown
    assert seen[-1] == "one two three"


@pytest.mark.parametrize("driver", ["stream", "astream"])
async def test_a_gate_cuts_a_reply_off(driver: str) -> None:
    def gate(so_far: str, logprobs: Any) -> Any:
        return "abort" if "two" in so_far else "hold"

    backend = ScriptedBackend({"cheap": [LONG]})
    steps = one_call(gate)
    shown, result = drain(steps, backend) if driver == "stream" else await adrain(steps, backend)
    assert shown == ""
    assert (result.text, result.finish_reason, result.usage) == ("one two", "aborted", None)


class Down(Exception):
    pass


def falling_back() -> Steps[tuple[str, str]]:
    try:
        yield from Generate(CHEAP, ASK, "hold")
    except CallFailed as failed:
        partial = failed.partial.text if failed.partial else ""
        answer = yield from Generate(PREMIUM, ASK, "live")
        return answer.text, partial
    return "", ""


async def test_a_failure_is_thrown_in_with_what_had_arrived() -> None:
    backend = ScriptedBackend({"cheap": [Cut(LONG, 2, Down())] * 4, "premium": [LONG] * 4})
    assert run(falling_back(), backend) == (LONG.text, "")
    assert await arun(falling_back(), backend) == (LONG.text, "")
    assert drain(falling_back(), backend) == (LONG.text, (LONG.text, "one two"))
    assert await adrain(falling_back(), backend) == (LONG.text, (LONG.text, "one two"))


async def test_the_providers_own_error_leaves_a_driver_with_its_own_cause() -> None:
    def fail() -> Exception:
        error = Down("no")
        error.__cause__ = OSError("line")
        return error

    async def by(driver: str, backend: ScriptedBackend) -> None:
        match driver:
            case "run":
                run(one_call(), backend)
            case "arun":
                await arun(one_call(), backend)
            case "stream":
                drain(one_call(), backend)
            case "astream":
                await adrain(one_call(), backend)

    for driver in ("run", "arun", "stream", "astream"):
        with pytest.raises(Down) as caught:
            await by(driver, ScriptedBackend({"cheap": [fail()]}))
        assert isinstance(caught.value.__cause__, OSError)
        assert not isinstance(caught.value.__context__, CallFailed)


def test_an_error_after_the_first_word_says_it_was_seen() -> None:
    seen: list[bool] = []

    def steps() -> Steps[None]:
        try:
            yield from Generate(CHEAP, ASK, "live")
        except CallFailed as failed:
            seen.append(failed.shown)
            raise

    chunks = stream(steps(), ScriptedBackend({"cheap": [Cut(LONG, 2, Down())]}))
    assert [next(chunks)[0], next(chunks)[0]] == ["one", " two"]
    with pytest.raises(Down):
        next(chunks)
    assert seen == [True]


def test_an_empty_stream_is_a_failure() -> None:
    class Silent(ScriptedBackend):
        def stream(self, ask: Generate) -> Any:
            yield from ()

    with pytest.raises(ValueError, match="no chunks"):
        drain(one_call(), Silent({}))


def watched(left: list[Any]) -> Steps[None]:
    try:
        yield from Generate(CHEAP, ASK, "live")
    except Abandoned as abandoned:
        left.append(abandoned.partial and abandoned.partial.text)
        raise


def test_a_caller_that_leaves_a_stream_is_told_of() -> None:
    left: list[Any] = []
    chunks = stream(watched(left), ScriptedBackend({"cheap": [LONG]}))
    next(chunks)
    next(chunks)
    chunks.close()
    assert left == ["one two"]


async def test_a_caller_that_leaves_an_async_stream_is_told_of() -> None:
    left: list[Any] = []
    chunks = astream(watched(left), ScriptedBackend({"cheap": [LONG]}))
    await anext(chunks)
    await chunks.aclose()
    assert left == ["one"]


async def test_a_cancelled_call_is_told_of() -> None:
    left: list[Any] = []

    class Slow(ScriptedBackend):
        async def agenerate(self, ask: Generate) -> Reply:
            await asyncio.sleep(60)
            return LONG

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(arun(watched(left), Slow({})), 0.05)
    assert left == [None]


def test_an_interrupt_is_told_of_and_goes_on() -> None:
    left: list[Any] = []

    class Interrupted(ScriptedBackend):
        def generate(self, ask: Generate) -> Reply:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(watched(left), Interrupted({}))
    assert left == [None]


async def test_calls_that_may_block_run_in_a_thread_for_async_callers() -> None:
    import threading

    def steps() -> Steps[int]:
        return (yield from Call(threading.get_ident))

    here = threading.get_ident()
    backend = ScriptedBackend({})
    assert run(steps(), backend) == here
    assert drain(steps(), backend)[1] == here
    assert await arun(steps(), backend) != here
    assert (await adrain(steps(), backend))[1] != here


async def test_the_failure_of_another_effect_is_thrown_in_as_it_is() -> None:
    def steps() -> Steps[str]:
        try:
            yield from Call(lambda: 1 // 0)
        except ZeroDivisionError:
            return "seen"
        return "missed"

    backend = ScriptedBackend({})
    assert run(steps(), backend) == "seen"
    assert await arun(steps(), backend) == "seen"
    assert drain(steps(), backend)[1] == "seen"
    assert (await adrain(steps(), backend))[1] == "seen"


@pytest.mark.parametrize("last", ["run", "stream"])
def test_the_computation_is_closed_whatever_happens(last: str) -> None:
    closed: list[str] = []

    def steps() -> Steps[None]:
        try:
            yield from Generate(CHEAP, ASK, "live")
        finally:
            closed.append("closed")

    call: Callable[[], Any] = {
        "run": lambda: run(steps(), ScriptedBackend({"cheap": [Down()]})),
        "stream": lambda: drain(steps(), ScriptedBackend({"cheap": [Down()]})),
    }[last]
    with pytest.raises(Down):
        call()
    assert closed == ["closed"]
