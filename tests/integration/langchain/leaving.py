"""Callers that leave early, and what must be as before when they have."""

import asyncio
import functools
import gc
import ssl
from collections.abc import Awaitable
from typing import Any

import httpx
import pytest

from tests.conftest import openai_model
from tokenomics_langchain import ChatTokenomics
from tokenomics_shared.testing import LoopbackServer


@functools.cache
def _trust() -> ssl.SSLContext:
    """Whom clients trust, read once: it takes longer than any test."""
    return httpx.create_ssl_context()


def own_clients(server: LoopbackServer, name: str, **settings: Any) -> Any:
    """A model whose connections nobody else uses, and which hears of every cancellation."""
    trust = _trust()
    given: dict[str, Any] = {"http_client": httpx.Client(verify=trust)}
    given["http_async_client"] = httpx.AsyncClient(verify=trust)
    # On Python 3.11 a limit per chunk swallows some: https://github.com/python/cpython/issues/86296
    return openai_model(server, name, stream_chunk_timeout=None, **given | settings)


async def cancelled_after(steps: int, coroutine: Awaitable[Any]) -> bool:
    """Cancel after some steps of the event loop; whether it was still going on."""
    task = asyncio.ensure_future(coroutine)
    for _ in range(steps):
        await asyncio.sleep(0)
    going = not task.done()
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled() or task.exception() is None
    return going


async def settled(tasks: int = 1) -> None:
    """Return when no more tasks than these are left; fail when some never end."""
    # What is dropped is closed by the event loop, in tasks of its own, which come a step later.
    for _ in range(500):
        await asyncio.sleep(0.005)
        if len(asyncio.all_tasks()) <= tasks:
            return
    pytest.fail(f"tasks go on: {asyncio.all_tasks()}")


async def asked(server: LoopbackServer, model: str) -> None:
    """Return when a model has been asked something."""
    async with asyncio.timeout(30):
        # The server is in another thread.
        while not any(request["model"] == model for request in list(server.requests)):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def assert_calm(llm: ChatTokenomics, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is under way, nothing has failed of ours, and nobody complained."""
    gc.collect()
    layers: Any = llm.engine.memory.layers
    assert layers._flights._under_way == {}
    assert not llm.engine.report().faults
    told = [
        record for record in caplog.records if record.name in {"asyncio", "concurrent.futures"}
    ]
    assert [record.message for record in told if not record.message.startswith("Executing")] == []
