"""All of the middleware off: the agent without it."""

from typing import Any

import openai
import pytest
from langchain.agents.middleware import AgentMiddleware

from tests.conftest import openai_model
from tests.integration.langchain.conftest import CHEAP, PREMIUM
from tests.integration.langchain.middleware_kit import (
    EASY,
    WAYS,
    City,
    agent,
    by,
    weather,
)
from tests.integration.langchain.test_transparent import wire
from tokenomics_langchain import TokenomicsConfig, TokenomicsMiddleware
from tokenomics_shared.testing import Fault, LoopbackServer


def off(server: LoopbackServer) -> TokenomicsMiddleware:
    return TokenomicsMiddleware(cheap=openai_model(server, CHEAP), config=TokenomicsConfig.off())


class Sets(AgentMiddleware):
    """Sends settings of its own."""

    def wrap_model_call(self, request: Any, handler: Any) -> Any:
        return handler(request.override(model_settings={"top_p": 0.5, "seed": 3}))

    async def awrap_model_call(self, request: Any, handler: Any) -> Any:
        return await handler(request.override(model_settings={"top_p": 0.5, "seed": 3}))


AGENTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "system prompt": {"system_prompt": "Be brief."},
    "tools": {"tools": [weather]},
    "form": {"response_format": City},
    "form and tools": {"response_format": City, "tools": [weather]},
    "settings": {"before": [Sets()], "tools": [weather], "name": "ada"},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", AGENTS)
async def test_all_of_it_off_is_the_same_to_the_byte(
    kind: str, way: str, server: LoopbackServer
) -> None:
    question = "The weather of 'Graz' for 9"
    sent: list[Any] = []
    states: list[Any] = []
    for ours in (None, off(server)):
        state = await by(way, agent(server, ours, **AGENTS[kind]), question)
        states.append([(m.type, m.content, m.name) for m in state["messages"]])
        states[-1].append(state.get("structured_response"))
        texts = [body.decode() for body in server.bodies]
        for number, id_ in enumerate(
            m.tool_call_id for m in state["messages"] if m.type == "tool"
        ):
            texts = [text.replace(id_, f"call {number}") for text in texts]
        sent.append(list(zip(texts, map(wire, server.headers), strict=True)))
        server.bodies.clear()
        server.headers.clear()
    assert sent[0] == sent[1]
    assert states[0] == states[1]


@pytest.mark.parametrize("status", [400, 401, 429, 500])
async def test_errors_are_the_same(status: int, server: LoopbackServer) -> None:
    server.faults[PREMIUM] = Fault(status=status)
    for way in WAYS:
        errors = []
        for ours in (None, off(server)):
            with pytest.raises(openai.APIStatusError) as caught:
                await by(way, agent(server, ours), EASY)
            errors.append(caught.value)
        plain, with_ours = errors
        assert type(with_ours) is type(plain)
        assert str(with_ours) == str(plain)
