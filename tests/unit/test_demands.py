"""What callers demand of tool calls is what drafts are held to."""

from collections.abc import Mapping
from typing import Any

import pytest

from tokenomics_shared.judge import Checks
from tokenomics_shared.types import Message, Prompt, Reply, ToolCall

TEXT = "The weather in Graz is fine today."
LOOK: Any = {"type": "function", "function": {"name": "look", "parameters": {}}}
FIND: Any = {"name": "find", "input_schema": {}}
SEARCH: Any = {"type": "web_search_20250305", "name": "web_search"}
NAMED: Any = {"type": "function", "function": {"name": "look"}}
FEW: Any = {
    "type": "allowed_tools",
    "mode": "auto",
    "tools": [{"type": "function", "name": "look"}],
}
ONE: Any = {"type": "auto", "disable_parallel_tool_use": True}


def verdict_on(
    called: tuple[str, ...], choice: Any, tools: tuple[Any, ...], params: Mapping[str, Any]
) -> str:
    """Why the checks reject it; nothing when they don't."""
    prompt = Prompt(
        (Message("human", "How is it in Graz?"),), tools=tools, tool_choice=choice, params=params
    )
    calls = tuple(ToolCall(name, "{}") for name in called)
    return Checks().judge(prompt, Reply("" if calls else TEXT, tool_calls=calls)).reason


@pytest.mark.parametrize(
    ("called", "choice", "tools", "params", "reason"),
    [
        ((), None, (LOOK,), {}, ""),
        ((), "auto", (LOOK,), {}, ""),
        ((), False, (LOOK,), {}, ""),
        ((), "any", (), {}, ""),
        ((), "any", (LOOK, FIND), {}, "calls no tool"),
        ((), "required", (LOOK,), {}, "calls no tool"),
        ((), True, (LOOK,), {}, "calls no tool"),
        ((), {"type": "any"}, (FIND,), {}, "calls no tool"),
        ((), {"any": {}}, (FIND,), {}, "calls no tool"),
        ((), "any", (LOOK, SEARCH), {}, ""),
        ((), "web_search", (LOOK, SEARCH), {}, ""),
        ((), "look", (LOOK, FIND), {}, "calls no tool"),
        ((), NAMED, (LOOK, FIND), {}, "calls no tool"),
        ((), ["look", "find"], (LOOK, FIND), {}, "calls no tool"),
        ((), FEW, (LOOK, FIND), {}, ""),
        (("find",), FEW, (LOOK, FIND), {}, "calls the tool find, which was not to be called"),
        (("find",), "look", (LOOK, FIND), {}, "calls the tool find, which was not to be called"),
        (("look",), "look", (LOOK, FIND), {}, ""),
        (("look",), NAMED, (LOOK,), {}, ""),
        (("look", "find"), "any", (LOOK, FIND), {}, ""),
        (("look",), "none", (LOOK,), {}, "calls a tool"),
        ((), "none", (LOOK,), {}, ""),
        (("look", "look"), None, (LOOK,), {}, ""),
        (("look", "look"), None, (LOOK,), {"parallel_tool_calls": True}, ""),
        (
            ("look", "look"),
            None,
            (LOOK,),
            {"parallel_tool_calls": False},
            "calls several tools at once",
        ),
        (("look", "look"), ONE, (LOOK,), {}, "calls several tools at once"),
    ],
)
def test_a_draft_must_call_what_is_demanded(
    called: tuple[str, ...],
    choice: Any,
    tools: tuple[Any, ...],
    params: Mapping[str, Any],
    reason: str,
) -> None:
    assert verdict_on(called, choice, tools, params) == reason
