"""Shortened requests on the wire: what changes, and that the caller's own objects don't."""

import copy
import json
from typing import Any

from llama_index.core.base.llms.types import ImageBlock, TextBlock, ToolCallBlock
from llama_index.core.llms import ChatMessage

from tests.integration.llamaindex.conftest import CHEAP, PREMIUM, Make, like, told
from tests.integration.llamaindex.probes import PIXEL
from tokenomics_shared.testing import LoopbackServer

PLAIN: dict[str, Any] = {"cascading": {"enabled": False}, "memory": {"use_exact_cache": False}}
PROSE = "\n\n".join(
    f"The harbour of town {number} has {number + 3} piers, and ships call there in summer. "
    "Nobody remembers who built its walls, but the fishermen have a song about them."
    for number in range(60)
)
ROWS = [
    {"id": f"order-{number}", "status": "shipped", "total": 10.5 + number, "region": "north"}
    for number in range(80)
]
ROWS[41]["status"] = "failed: card declined"


def agentic() -> list[ChatMessage]:
    call = ToolCallBlock(tool_call_id="call_7", tool_name="orders", tool_kwargs={"of": "north"})
    return [
        ChatMessage(role="system", content="You look after orders. " * 60),
        ChatMessage(role="user", content="Which order failed?"),
        ChatMessage(role="assistant", blocks=[call]),
        ChatMessage(
            role="tool",
            content=json.dumps(ROWS),
            additional_kwargs={"tool_call_id": "call_7", "name": "orders"},
        ),
    ]


def sent(server: LoopbackServer) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = server.requests[-1]["messages"]
    return messages


def test_a_tools_result_is_shortened_and_nothing_else(make: Make, server: Any) -> None:
    messages = agentic()
    before = copy.deepcopy(messages)
    like(server, PREMIUM).chat(messages)
    plain = sent(server)
    response = make(compression=True, **PLAIN).chat(messages)
    ours = sent(server)
    assert ours[:3] == plain[:3]
    assert {**ours[3], "content": ""} == {**plain[3], "content": ""}
    assert len(ours[3]["content"]) < len(plain[3]["content"]) / 2
    assert "card declined" in ours[3]["content"]
    assert messages == before
    assert told(response)["plan"]["compression_ratio"] < 1


def test_only_the_text_among_other_blocks_is_shortened(make: Make, server: Any) -> None:
    blocks = [
        TextBlock(text=f"<context>{PROSE}</context>\nHow many piers has the harbour of town 17?"),
        ImageBlock(image=PIXEL),
        TextBlock(text="Look at the picture too."),
    ]
    messages = [ChatMessage(role="user", blocks=blocks)]
    before = copy.deepcopy(messages)
    like(server, PREMIUM).chat(messages)
    plain = sent(server)[0]["content"]
    make(compression=True, **PLAIN).chat(messages)
    ours = sent(server)[0]["content"]
    assert ours[1:] == plain[1:]
    assert len(ours[0]["text"]) < len(plain[0]["text"])
    assert "town 17 has 20 piers" in ours[0]["text"]
    assert messages == before


def test_completions_are_shortened_too(make: Make, server: Any) -> None:
    llm = make(compression=True, **PLAIN)
    llm.complete(f"<context>{PROSE}</context>\nHow many piers has the harbour of town 17?")
    (turn,) = sent(server)
    assert len(turn["content"]) < len(PROSE)
    assert "town 17 has 20 piers" in turn["content"]


def test_old_turns_are_left_out_where_that_is_wished(make: Make, server: Any) -> None:
    turns = [
        ChatMessage(role=role, content=f"{role} says number {number}. " * 40)
        for number in range(12)
        for role in ("user", "assistant")
    ]
    last = ChatMessage(role="user", content="What was said?")
    llm = make(history="window", token_budget=1_500, **PLAIN)
    llm.chat([*turns, last])
    assert sent(server)[-1]["content"] == "What was said?"
    assert 1 < len(sent(server)) < len(turns)


def test_a_summary_of_old_turns_is_a_message_of_its_own(make: Make, server: Any) -> None:
    turns = [
        ChatMessage(role=role, content=f"{role} says number {number}. " * 40)
        for number in range(12)
        for role in ("user", "assistant")
    ]
    llm = make(history="summary", token_budget=1_500, **PLAIN)
    response = llm.chat([*turns, ChatMessage(role="user", content="What was said?")])
    assert [call["purpose"] for call in told(response)["calls"]] == ["summary", "answer"]
    assert server.requests[0]["model"] in {CHEAP, PREMIUM}
    assert len(sent(server)) < len(turns)
