"""Async calls leave the event loop free, whatever they wait for."""

import asyncio
import gc
import sqlite3
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.llms import ChatMessage

from tests.integration.llamaindex.applications import answering
from tests.integration.llamaindex.conftest import CHEAP, PREMIUM, STEADY, like, told
from tests.integration.llamaindex.probes import ADD, ADDED, SONG, Song, all_of, index, memory_of
from tokenomics_llamaindex import TokenomicsLLM
from tokenomics_shared.testing import ChatRequest, LoopbackServer

# LlamaIndex's agents and structured streams use what is deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

PATIENCE_S = 10.0
LONG = "The harbour has three piers, and ships call there in summer. " * 200


class Heart:
    """Beats as long as the loop goes round."""

    def __init__(self) -> None:
        self.waits: list[bool] = []
        self._beats = 0
        self._beaten = threading.Condition()

    @asynccontextmanager
    async def beating(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            task.cancel()

    def wait(self) -> None:
        """Wait, in another thread, until the loop has gone round meanwhile."""
        with self._beaten:
            wanted = self._beats + 2
            went_on = self._beaten.wait_for(lambda: self._beats >= wanted, PATIENCE_S)
        self.waits.append(went_on)

    async def _beat(self) -> None:
        while True:
            with self._beaten:
                self._beats += 1
                self._beaten.notify_all()
            await asyncio.sleep(0.001)


class Watch:
    """Names the functions called in this thread that may wait for a disk or a clock.

    A look into the exact cache is an indexed read of a page that is in memory, and cheaper than
    another thread: it is no wait.
    """

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def __enter__(self) -> "Watch":
        # What earlier tests left is closed now, not by chance in the middle of this one.
        gc.collect()
        gc.disable()
        sys.setprofile(self)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        gc.enable()

    def __call__(self, frame: FrameType, event: str, arg: Any) -> None:
        if event != "c_call":
            return
        store = type(getattr(arg, "__self__", None)) in {sqlite3.Connection, sqlite3.Cursor}
        if arg is time.sleep or (store and frame.f_code.co_name != "_read"):
            self.seen.add(f"{arg.__name__} in {frame.f_code.co_qualname}")


def asked(text: str) -> list[ChatMessage]:
    return [ChatMessage(role="user", content=text)]


async def _stream(llm: Any, text: str) -> Any:
    return await all_of(await llm.astream_chat(asked(text)))


async def _structured_stream(llm: Any, text: str) -> Any:
    return await all_of(await llm.astream_structured_predict(Song, SONG, topic=text))


async def _agent(llm: Any, text: str) -> Any:
    agent = FunctionAgent(tools=[ADD], llm=llm)
    return await agent.run(f"{ADDED} {text}", memory=memory_of(llm), max_iterations=4)


async def _agent_in_words(llm: Any, text: str) -> Any:
    agent = FunctionAgent(tools=[ADD], llm=llm, streaming=False)
    return await agent.run(text, memory=memory_of(llm), max_iterations=4)


WAYS: dict[str, Callable[[Any, str], Awaitable[Any]]] = {
    "achat": lambda llm, text: llm.achat(asked(text)),
    "achat, compressed": lambda llm, text: llm.achat(asked(f"<context>{LONG}</context>\n{text}")),
    "astream_chat": _stream,
    "acomplete": lambda llm, text: llm.acomplete(text),
    "aquery of ours": lambda llm, text: llm.aquery(text),
    "a comparison": lambda llm, text: llm.acompare_with_baseline(text),
    "structured": lambda llm, text: llm.astructured_predict(Song, SONG, topic=text),
    "structured stream": _structured_stream,
    "query engine": lambda llm, text: index().as_query_engine(llm=llm).aquery(text),
    "agent": _agent,
    "agent in words": _agent_in_words,
}


@pytest.mark.parametrize("way", WAYS)
async def test_async_calls_never_block_the_loop(way: str, tmp_path: Path) -> None:
    """Provider, embedder and judge answer only when the loop has gone on meanwhile."""
    heart = Heart()

    def turns(_: ChatRequest) -> None:
        heart.wait()

    def embed(texts: list[str]) -> list[list[float]]:
        heart.wait()
        return [[float(len(text)), 1.0, float(sum(map(ord, text)) % 97)] for text in texts]

    def judge(_: str, answer: str) -> float:
        heart.wait()
        return 0.0 if "draft" in answer else 1.0

    with LoopbackServer(answering) as server:
        llm = TokenomicsLLM(
            **{**STEADY, "judge": judge},
            cheap=like(server, CHEAP),
            premium=like(server, PREMIUM),
            state_dir=tmp_path,
            compression=True,
            history="window",
            memory={"use_semantic_cache": True, "embedder": embed},
        )
        async with heart.beating():
            # What is loaded and opened once is so before: clients do it in the loop.
            await WAYS[way](llm, "How deep is the sea?")
            heart.waits.clear()
            server.turns = turns
            with Watch() as watch:
                await WAYS[way](llm, "How high is the tower?")
                await WAYS[way](llm, "How high is the tower?")
                await WAYS[way](llm, "How wide is the bridge?")
            # What is learned afterwards asks the embedder too.
            await asyncio.to_thread(llm.engine.close)
    assert len(heart.waits) >= 2
    assert all(heart.waits)
    assert not watch.seen


async def test_a_loop_that_is_blocked_is_noticed() -> None:
    heart = Heart()
    async with heart.beating():
        with Watch() as watch:
            time.sleep(0)  # noqa: ASYNC251 -- what is looked for
            sqlite3.connect(":memory:").close()
        await asyncio.to_thread(heart.wait)
    assert {it.partition(" ")[0] for it in watch.seen} == {"sleep", "close"}
    assert heart.waits == [True]


async def test_many_at_once_keep_to_themselves() -> None:
    with LoopbackServer(lambda request: f"The answer to {request.question} is 42.") as server:
        llm = TokenomicsLLM(cheap=like(server, CHEAP), premium=like(server, PREMIUM), **STEADY)
        texts = [f"What is answer number {n}?" for n in range(500)]
        responses = await asyncio.gather(
            *(llm.achat(asked(text), tokenomics={"tenant": text}) for text in texts)
        )
    for text, response in zip(texts, responses, strict=True):
        assert text in str(response.message.content)
    assert len({told(it)["request_id"] for it in responses}) == len(texts)
