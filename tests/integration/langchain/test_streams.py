"""Streams that end too early, and those that say nothing of their end."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.outputs import ChatGenerationChunk
from langchain_openai import ChatOpenAI

from tests.integration.langchain.conftest import CHEAP
from tests.integration.langchain.test_calls import by, told
from tokenomics_langchain import ChatTokenomics
from tokenomics_shared.testing import LoopbackServer

EASY = "What is easy?"


class Dropped(ChatOpenAI):
    """Loses the end of every stream, as a proxy may that closes a connection in good order."""

    def _stream(self, *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        for chunk in super()._stream(*args, **kwargs):
            if (chunk.generation_info or {}).get("finish_reason"):
                return
            yield chunk

    async def _astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[ChatGenerationChunk]:
        async for chunk in super()._astream(*args, **kwargs):
            if not (chunk.generation_info or {}).get("finish_reason"):
                yield chunk


@pytest.mark.parametrize("way", ["stream", "astream"])
async def test_a_stream_that_lost_its_end_is_not_kept(way: str, server: LoopbackServer) -> None:
    model = Dropped(model=CHEAP, base_url=server.url, api_key="any")
    llm = ChatTokenomics(premium=model)
    first = await by(way, llm, EASY)
    assert "not kept:finish reason unfinished" in told(first)["trace"]
    assert not told(await by("invoke", llm, EASY))["cache_hit"]
    assert told(await by(way, llm, EASY))["cache_hit"]


@pytest.mark.parametrize("way", ["stream", "astream", "invoke"])
async def test_a_model_that_never_tells_a_reason_is_kept(way: str) -> None:
    llm = ChatTokenomics(premium=FakeListChatModel(responses=["An easy answer."]))
    await by(way, llm, EASY)
    assert told(await by(way, llm, EASY))["cache_hit"]
