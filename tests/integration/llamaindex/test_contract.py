"""Whatever works with LlamaIndex's own model works with ours, and sends the same."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import Any

import pytest

from tests.integration.llamaindex.conftest import CHEAP, PREMIUM, STEADY, like
from tests.integration.llamaindex.probes import ASYNC_PROBES, PROBES, replying
from tokenomics_llamaindex import TokenomicsConfig, TokenomicsLLM
from tokenomics_shared.testing import LoopbackServer

# LlamaIndex's agents and structured streams use what is deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

ON: dict[str, Any] = {**STEADY, "judge": {"judges": ("checks",)}}
"""Memory, drafts and checks; every part that does not ask other things than it is asked."""


@pytest.fixture(params=["off", "on"])
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[Any, Any, Any, Any]]:
    """The plain model and ours, each with a server of its own."""
    with LoopbackServer(replying) as theirs, LoopbackServer(replying) as ours:
        settings = ON if request.param == "on" else {"config": TokenomicsConfig.off()}
        model = TokenomicsLLM(cheap=like(ours, CHEAP), premium=like(ours, PREMIUM), **settings)
        yield like(theirs, PREMIUM), theirs, model, ours


@pytest.mark.parametrize("name", PROBES)
def test_ours_does_as_the_plain_one(name: str, pair: Any) -> None:
    plain, theirs, model, ours = pair
    # Beside the event loop of the tests: LlamaIndex begins some of its own.
    with ThreadPoolExecutor(1) as thread:
        wanted = thread.submit(PROBES[name], plain).result()
        assert thread.submit(PROBES[name], model).result() == wanted
    _same_requests(theirs, ours)


@pytest.mark.parametrize("name", ASYNC_PROBES)
async def test_ours_does_as_the_plain_one_async(name: str, pair: Any) -> None:
    plain, theirs, model, ours = pair
    wanted = await ASYNC_PROBES[name](plain)
    assert await ASYNC_PROBES[name](model) == wanted
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
