"""Whatever works with LlamaIndex's own model works with ours, and sends the same."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import Any

import pytest

from tests.integration.llamaindex.applications import (
    APPLICATIONS,
    ASYNC_APPLICATIONS,
    answering,
    turns,
)
from tests.integration.llamaindex.conftest import CHEAP, PREMIUM, STEADY, like
from tests.integration.llamaindex.probes import ASYNC_PROBES, PROBES
from tokenomics_llamaindex import TokenomicsConfig, TokenomicsLLM
from tokenomics_shared.testing import ChatRequest, LoopbackServer

# LlamaIndex's agents and structured streams use what is deprecated, and can't write memories down.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Skipping serialization of known unserializable key"),
]

ON: dict[str, Any] = {**STEADY, "judge": {"judges": ("checks",)}}
"""Memory, drafts and checks; every part that does not ask other things than it is asked."""

WAYS: dict[str, dict[str, Any]] = {
    "off": {"config": TokenomicsConfig.off()},
    "on": ON,
    "rejecting": STEADY,
}
SYNC = PROBES | APPLICATIONS
ASYNC = ASYNC_PROBES | ASYNC_APPLICATIONS

DRAFT = "I don't know, not sure at all"


def drafting(request: ChatRequest) -> str:
    """As `answering`, but that no draft of the cheap model's is worth anything."""
    return DRAFT if request.model == CHEAP else answering(request)


@pytest.fixture(params=WAYS)
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[Any, Any, Any, Any]]:
    """The plain model and ours, each with a server of its own."""
    written = drafting if request.param == "rejecting" else answering
    with LoopbackServer(answering) as theirs, LoopbackServer(written) as ours:
        theirs.turns = ours.turns = turns
        tiers = {"cheap": like(ours, CHEAP), "premium": like(ours, PREMIUM)}
        model = TokenomicsLLM(**tiers, **WAYS[request.param])
        yield like(theirs, PREMIUM), theirs, model, ours


@pytest.mark.parametrize("name", SYNC)
def test_ours_does_as_the_plain_one(name: str, pair: Any) -> None:
    plain, theirs, model, ours = pair
    # Beside the event loop of the tests: LlamaIndex begins some of its own.
    with ThreadPoolExecutor(1) as thread:
        wanted = thread.submit(SYNC[name], plain).result()
        assert thread.submit(SYNC[name], model).result() == wanted
    _same_requests(theirs, ours)


@pytest.mark.parametrize("name", ASYNC)
async def test_ours_does_as_the_plain_one_async(name: str, pair: Any) -> None:
    plain, theirs, model, ours = pair
    wanted = await ASYNC[name](plain)
    assert await ASYNC[name](model) == wanted
    _same_requests(theirs, ours)


def _same_requests(theirs: LoopbackServer, ours: LoopbackServer) -> None:
    """Byte for byte, but for the model's name, and what was asked of two models in a row."""
    models = {request["model"] for request in ours.requests}
    assert models <= {CHEAP, PREMIUM}
    sent = [known for known, _ in groupby(_bodies(ours))]
    assert sent == [known for known, _ in groupby(_bodies(theirs))]
    if models == {PREMIUM}:
        assert len(ours.bodies) == len(theirs.bodies)


def _bodies(server: LoopbackServer) -> list[str]:
    """What was sent; the ids of tool calls, which the server counts, by order."""
    ids: dict[str, str] = {}
    bodies = []
    for body in server.bodies:
        text = body.decode().replace(f'"model":"{CHEAP}"', f'"model":"{PREMIUM}"')
        assert json.loads(text)["model"] == PREMIUM
        numbered = re.sub(r"call_\d+", lambda it: ids.setdefault(it[0], f"call {len(ids)}"), text)
        bodies.append(numbered)
    return bodies


FROM_MEMORY = {
    **{
        name: SYNC[name]
        for name in ("chat", "complete", "stream_chat", "predict", "router by text")
    },
    **{name: SYNC[name] for name in APPLICATIONS if name.startswith(("query", "chat engine"))},
    **{
        name: SYNC[name] for name in ("several steps", "citations", "reranking", "program by text")
    },
}
"""What asks in words alone."""


@pytest.mark.parametrize("name", FROM_MEMORY)
def test_what_is_done_again_is_answered_by_memory(name: str) -> None:
    with LoopbackServer(answering) as server, ThreadPoolExecutor(1) as thread:
        tiers = {"cheap": like(server, CHEAP), "premium": like(server, PREMIUM)}
        model = TokenomicsLLM(**tiers, **ON)
        first = thread.submit(FROM_MEMORY[name], model).result()
        asked = len(server.requests)
        assert thread.submit(FROM_MEMORY[name], model).result() == first
        assert len(server.requests) == asked
