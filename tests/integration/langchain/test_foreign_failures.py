"""What one provider refuses, another may take."""

from typing import Any

import openai
import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from tests.conftest import gemini_model, openai_model
from tests.integration.langchain.conftest import CHEAP, PREMIUM, Make
from tokenomics_shared.testing import Fault, LoopbackServer

GEMINI = "gemini-2.5-pro"
PICTURE = {"type": "image", "base64": "iVBORw0KGgo=", "mime_type": "image/png"}
SEEN: list[Any] = [
    HumanMessage("Draw a diagram"),
    AIMessage("", tool_calls=[{"name": "draw", "args": {}, "id": "one"}]),
    ToolMessage([PICTURE], tool_call_id="one"),
]


def test_pictures_that_tools_found_reach_the_provider_that_reads_them(
    make: Make, server: LoopbackServer
) -> None:
    llm = make(premium=gemini_model(server, GEMINI))
    assert GEMINI in llm.invoke(SEEN).text
    with pytest.raises(openai.BadRequestError):
        openai_model(server, PREMIUM).invoke(SEEN)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_what_a_provider_refuses_the_next_one_is_asked(
    make: Make, server: LoopbackServer, status: int
) -> None:
    server.faults[CHEAP] = Fault(status=status)
    llm = make(premium=gemini_model(server, GEMINI))
    assert GEMINI in llm.invoke("Why is the sky blue?").text
    assert GEMINI in (await llm.ainvoke("Why is the sea blue?")).text
    assert GEMINI in "".join(chunk.text for chunk in llm.stream("Why is ice blue?"))
    assert [body["model"] for body in server.requests] == [CHEAP, GEMINI] * 3


def test_what_both_refuse_fails_as_with_the_last_alone(make: Make, server: LoopbackServer) -> None:
    server.faults = dict.fromkeys((CHEAP, GEMINI, PREMIUM), Fault(status=400))
    alone = gemini_model(server, GEMINI)
    with pytest.raises(Exception, match="fault 400") as expected:
        alone.invoke("Why?")
    with pytest.raises(type(expected.value), match="fault 400"):
        make(premium=alone).invoke("Why?")
    server.requests.clear()
    with pytest.raises(openai.BadRequestError):
        make(cheap=openai_model(server, CHEAP)).invoke("Why?")
    assert [body["model"] for body in server.requests] == [CHEAP]
