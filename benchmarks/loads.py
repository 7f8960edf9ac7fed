"""Many requests at once: over which connections, from how many tasks or threads.

A peer's own environment can run it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import httpx
import openai
from rounds import Run

AT_ONCE = 1_000
"""Tasks on one event loop; each makes a call, all at the same time."""

THREADS = 32

TURNS = 2
"""Batches of each contender in a round of AT_ONCE requests a batch."""

THREAD_TURNS = 8
"""The same for threads, whose batches are smaller."""

WARM = 1
"""Batches of each that are not counted: connections are opened, and lengths are learned."""

Connect = Callable[[], httpx.AsyncClient | None]
"""Makes the client that a model's async calls go through; None for the one it has of its own."""


def capped(connections: int) -> httpx.AsyncClient:
    """The OpenAI package's own kind of client, with no more connections than these."""
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    return openai.DefaultAsyncHttpxClient(limits=limits)


TRANSPORTS: Mapping[str, Connect] = {
    "aiohttp": openai.DefaultAioHttpClient,
    "httpx, 16 connections": lambda: capped(16),
    "httpx, 100 connections": lambda: capped(100),
    "httpx as it comes": lambda: None,
}


class Crowd:
    """The tasks and the threads that ask; both last from batch to batch, as connections do."""

    def __init__(self, stack: ExitStack) -> None:
        """Make them.

        Args:
            stack: ends what is opened here.
        """
        self._stack = stack
        self._loop = stack.enter_context(asyncio.Runner()).get_loop()
        self._threads = stack.enter_context(ThreadPoolExecutor(THREADS))

    def client(self, connect: Connect) -> httpx.AsyncClient | None:
        """Make a client for the event loop, closed at the end."""
        client = connect()
        if client is not None:
            self._stack.callback(lambda: self._loop.run_until_complete(client.aclose()))
        return client

    def tasks(self, call: Callable[[str], Awaitable[Any]]) -> Run:
        """Ask everything at the same time, on one event loop."""

        async def together(inputs: Sequence[str]) -> list[Any]:
            return await asyncio.gather(*map(call, inputs))

        return lambda inputs: self._loop.run_until_complete(together(inputs))

    def threads(self, call: Callable[[str], Any]) -> Run:
        """Ask from THREADS threads, each one question after another."""
        return lambda inputs: list(self._threads.map(call, inputs))
