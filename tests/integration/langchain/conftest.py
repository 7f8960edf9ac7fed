"""A chat model of ours over two real ones on the loopback server."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conftest import openai_model
from tokenomics_langchain import ChatTokenomics, TokenomicsConfig
from tokenomics_shared.testing import ChatRequest, LoopbackServer

CHEAP, PREMIUM = "gpt-4o-mini", "gpt-4o"
QUICK = {"judges": ("checks", "quick")}
UCB1 = {"algorithm": "ucb", "reward": "blended"}
"""Every arm is tried once before any other choice is made."""
Make = Callable[..., ChatTokenomics]

STEADY: dict[str, Any] = {
    "bandit": {"enabled": False},
    "judge": QUICK,
    "audit": {"enabled": False},
}
"""Drafts with the cheap tier every time, and judges by form alone."""


def answer(request: ChatRequest) -> str:
    """The cheap model answers in a way the quick check likes unless told to fail."""
    if request.model == CHEAP and "hard" in request.question:
        return "Not sure"
    return f"The answer of {request.model} to {request.question} is forty two."


@pytest.fixture
def server() -> Any:
    with LoopbackServer(answer) as running:
        yield running


@pytest.fixture(scope="module")
def served() -> Iterator[LoopbackServer]:
    """One server for all tests of a module; `fresh` of the agents' helpers makes it as new."""
    with LoopbackServer() as running:
        yield running


@pytest.fixture
def make(server: LoopbackServer) -> Make:
    """Makes a chat model that drafts with the cheap tier every time and checks it quickly.

    Nothing is audited, so that no request comes but those that a test makes; all of it unless
    told otherwise.
    """

    def made(**settings: Any) -> ChatTokenomics:
        settings = STEADY | settings
        settings.setdefault("cheap", openai_model(server, CHEAP))
        settings.setdefault("premium", openai_model(server, PREMIUM))
        return ChatTokenomics(**settings)

    return made


@pytest.fixture
def off(server: LoopbackServer) -> ChatTokenomics:
    """Every part off."""
    return ChatTokenomics(
        cheap=openai_model(server, CHEAP),
        premium=openai_model(server, PREMIUM),
        config=TokenomicsConfig.off(),
    )
