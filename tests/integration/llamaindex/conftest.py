"""A model of ours over two real ones on the loopback server."""

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("llama_index.llms.openai_like", reason="LlamaIndex's OpenAI is not installed")

from llama_index.llms.openai_like import OpenAILike

from tokenomics_llamaindex import TokenomicsConfig, TokenomicsLLM
from tokenomics_shared.testing import ChatRequest, LoopbackServer

CHEAP, PREMIUM = "gpt-4o-mini", "gpt-4o"
KEY = "sk-a-key-that-nobody-may-see"
Make = Callable[..., TokenomicsLLM]

STEADY: dict[str, Any] = {
    "bandit": {"enabled": False},
    "judge": {"judges": ("checks", "quick")},
    "audit": {"enabled": False},
}
"""Drafts with the cheap tier every time, and judges by form alone."""


def answer(request: ChatRequest) -> str:
    """The cheap model answers in a way the quick check likes unless told to fail."""
    if request.model == CHEAP and "hard" in request.question:
        return "Not sure"
    return f"The answer of {request.model} to {request.question} is forty two."


def like(server: LoopbackServer, name: str, **settings: Any) -> OpenAILike:
    """A real `OpenAILike` on the loopback server."""
    given = {
        "api_key": KEY,
        "max_retries": 0,
        "is_chat_model": True,
        "is_function_calling_model": True,
        "context_window": 8_000,
        "additional_kwargs": {"stream_options": {"include_usage": True}},
        **settings,
    }
    return OpenAILike(model=name, api_base=server.url, **given)


def told(response: Any) -> dict[str, Any]:
    """What a response says of itself."""
    said: dict[str, Any] = response.additional_kwargs["tokenomics"]
    return said


@pytest.fixture
def server() -> Any:
    with LoopbackServer(answer) as running:
        yield running


@pytest.fixture
def make(server: LoopbackServer) -> Make:
    """Makes a model that drafts with the cheap tier every time and checks it quickly."""

    def made(**settings: Any) -> TokenomicsLLM:
        settings = STEADY | settings
        settings.setdefault("cheap", like(server, CHEAP))
        settings.setdefault("premium", like(server, PREMIUM))
        return TokenomicsLLM(**settings)

    return made


@pytest.fixture
def off(server: LoopbackServer) -> TokenomicsLLM:
    """Every part off."""
    return TokenomicsLLM(
        cheap=like(server, CHEAP), premium=like(server, PREMIUM), config=TokenomicsConfig.off()
    )
