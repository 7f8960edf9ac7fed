"""Tiers of different providers: each gets what its client takes, nobody's objects change."""

import copy
import json
import logging
from typing import Any

import pytest
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.tools import tool
from langchain_google_genai.chat_models import _parse_chat_history
from langchain_openai.chat_models._compat import _convert_from_v1_to_chat_completions
from langchain_openai.chat_models.base import (
    _construct_responses_api_input,
    _convert_message_to_dict,
)

from tokenomics_langchain import foreign
from tokenomics_langchain.binding import ToolList
from tokenomics_langchain.dialects import owner_of
from tokenomics_langchain.foreign import Form, forms_of
from tokenomics_shared.types import Tier

MODELS = {
    "openai": "gpt-4o",
    "google_genai": "gemini-2.5-pro",
    "anthropic": "claude-sonnet-4-5",
    "bedrock": "nova",
    "acme": "large-1",
}
CALL = {"name": "add", "args": {"a": 1}, "id": "call_1", "type": "tool_call"}
HUMAN = HumanMessage("add 1 and 2")
RESULT = ToolMessage("3", tool_call_id="call_1")


@pytest.fixture(autouse=True)
def _warn_anew() -> None:
    foreign._warn.cache_clear()


def pair(cheap: str, premium: str, **helpers: str) -> dict[str, Form]:
    named = {"cheap": cheap, "premium": premium, **helpers}
    tiers = {name: Tier(name, MODELS[of], of) for name, of in named.items()}
    return forms_of(tiers, "premium", tuple(helpers))


def form(own: str, other: str) -> Form:
    """What a draft by one provider can be given, in front of another's."""
    return pair(own, other)["cheap"]


def to_openai(turns: list[BaseMessage]) -> list[dict[str, Any]]:
    return [
        _convert_message_to_dict(
            _convert_from_v1_to_chat_completions(turn) if isinstance(turn, AIMessage) else turn
        )
        for turn in turns
    ]


def to_google(turns: list[BaseMessage]) -> list[dict[str, Any]]:
    _, contents = _parse_chat_history(turns, model="gemini-2.5-pro")
    return [content.model_dump(exclude_none=True) for content in contents]


BY_GOOGLE = AIMessage(
    [
        {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
        {"type": "text", "text": "Adding.", "extras": {"signature": "c2ln"}},
        {"type": "executable_code", "executable_code": "1", "language": "PYTHON"},
        {"type": "code_execution_result", "code_execution_result": "1", "outcome": 1},
    ],
    tool_calls=[CALL],
    additional_kwargs={
        "function_call": {"name": "add", "arguments": '{"a": 1}'},
        "__gemini_function_call_thought_signatures__": {"call_1": "c2ln"},
    },
    response_metadata={"model_provider": "google_genai", "model_name": "gemini-2.5-pro"},
)
BY_OPENAI = AIMessage(
    [
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "Hm."}],
            "encrypted_content": "c2VjcmV0",
        },
        {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {}},
        {"type": "text", "text": "Adding.", "annotations": [], "id": "msg_1"},
        {
            "type": "function_call",
            "name": "add",
            "arguments": '{"a": 1}',
            "call_id": "call_1",
            "id": "fc_1",
        },
    ],
    id="resp_1",
    tool_calls=[CALL],
    response_metadata={"model_provider": "openai", "id": "resp_1"},
)
BY_ANTHROPIC = AIMessage(
    [
        {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "c2VjcmV0"},
        {"type": "text", "text": "Adding.", "cache_control": {"type": "ephemeral"}},
        {"type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {}},
        {"type": "web_search_tool_result", "tool_use_id": "srv_1", "content": []},
        {"type": "tool_use", "id": "call_1", "name": "add", "input": {"a": 1}},
    ],
    tool_calls=[CALL],
)
PRIVATE = ("Hm.", "c2ln", "c2VjcmV0", "_1/", "rs_1", "msg_1", "ws_1", "fc_1", "srv_1", "PYTHON")


@pytest.mark.parametrize("turn", [BY_GOOGLE, BY_OPENAI, BY_ANTHROPIC], ids=["g", "o", "a"])
@pytest.mark.parametrize("own", ["openai", "google_genai"])
def test_of_anothers_turn_its_text_and_its_calls_are_read(own: str, turn: AIMessage) -> None:
    if turn.response_metadata.get("model_provider") == own:
        return
    before = copy.deepcopy(turn)
    turns = [HUMAN, turn, RESULT]
    sent = form(own, "anthropic").messages(turns)
    assert (sent[0], sent[2]) == (HUMAN, RESULT)
    assert sent[0] is HUMAN
    assert sent[2] is RESULT
    assert sent[1].content == [{"type": "text", "text": "Adding."}]
    assert turn == before
    if own == "openai":
        wires: list[Any] = [to_openai(sent), _construct_responses_api_input(sent)]
    else:
        wires = [to_google(sent)]
    for wire in wires:
        text = str(wire)
        assert "Adding." in text
        assert "add" in text
        assert not [word for word in PRIVATE if word in text]


@pytest.mark.parametrize("turn", [BY_GOOGLE, BY_OPENAI], ids=["google", "openai"])
def test_its_own_turn_is_handed_on_as_the_very_object(turn: AIMessage) -> None:
    own = turn.response_metadata["model_provider"]
    other = {"openai": "google_genai", "google_genai": "openai"}[own]
    turns = [HUMAN, turn, RESULT]
    assert form(own, other).messages(turns) is turns


def test_turns_of_an_unlisted_provider_are_cleaned_for_others_and_kept_for_itself() -> None:
    blocks: Any = [{"type": "musing", "musing": "Hm."}, {"type": "text", "text": "Yes."}]
    turn = AIMessage(blocks, response_metadata={"model_provider": "acme"})
    assert form("acme", "openai").messages([turn])[0] is turn
    assert form("openai", "acme").messages([turn])[0].content == blocks[1:]
    assert pair("acme", "openai")["premium"].messages([turn])[0].content == blocks[1:]
    # Nobody here wrote it: what premium makes of it is the caller's business.
    assert pair("google_genai", "openai")["premium"].messages([turn])[0] is turn


def test_pictures_that_a_model_made_go_where_they_may_stand() -> None:
    image = {"type": "image", "base64": "AAAA", "mime_type": "image/png", "id": "ig_1"}
    text = {"type": "text", "text": "Look."}
    turn = AIMessage([image, text], response_metadata={"model_provider": "openai"})
    (sent,) = form("google_genai", "openai").messages([turn])
    assert sent.content == [{k: v for k, v in image.items() if k != "id"}, text]
    other = turn.model_copy(update={"response_metadata": {"model_provider": "google_genai"}})
    (sent,) = form("openai", "google_genai").messages([other])
    assert sent.content == [text]


def test_a_turn_of_nothing_that_others_read_is_an_empty_one() -> None:
    turn = AIMessage(
        [{"type": "thinking", "thinking": "Hm."}],
        response_metadata={"model_provider": "anthropic"},
    )
    (sent,) = form("openai", "anthropic").messages([turn])
    assert sent.content == ""


MARKED: dict[str, tuple[Any, Any]] = {
    "a block": (
        [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}],
        [{"type": "text", "text": "a"}],
    ),
    "a standard block": (
        [{"type": "text", "text": "a", "extras": {"cache_control": {}, "other": 1}}],
        [{"type": "text", "text": "a", "extras": {"other": 1}}],
    ),
    "a block of its own": (
        [{"type": "text", "text": "a"}, {"cachePoint": {"type": "default"}}],
        [{"type": "text", "text": "a"}],
    ),
}


@pytest.mark.parametrize("kind", [SystemMessage, HumanMessage, ToolMessage, AIMessage])
@pytest.mark.parametrize("marked", MARKED)
@pytest.mark.parametrize("own", ["openai", "google_genai"])
def test_marks_for_anothers_cache_are_left_out(own: str, marked: str, kind: Any) -> None:
    content, expected = MARKED[marked]
    extra = {"tool_call_id": "call_1"} if kind is ToolMessage else {}
    turn = kind(copy.deepcopy(content), **extra)
    (sent,) = form(own, "anthropic").messages([turn])
    assert sent.content == expected
    assert turn.content == content


def test_marks_stay_where_they_are_understood() -> None:
    content: Any = [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}]
    turn = HumanMessage(content)
    for own in ("anthropic", "bedrock", "acme"):
        assert form(own, "openai").messages([turn])[0] is turn
    openai: Any = [{"type": "text", "text": "a", "prompt_cache_breakpoint": {}}]
    assert form("openai", "anthropic").messages([one := HumanMessage(openai)])[0] is one
    assert form("anthropic", "openai").messages([one])[0].content == [
        {"type": "text", "text": "a"}
    ]


FILES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "anthropic",
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
        {"type": "image", "base64": "AAAA", "mime_type": "image/png"},
    ),
    (
        "anthropic",
        {"type": "document", "source": {"type": "url", "url": "https://example.org/a.pdf"}},
        {"type": "file", "url": "https://example.org/a.pdf"},
    ),
    (
        "anthropic",
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a"}},
        {"type": "text", "text": "a"},
    ),
    (
        "google_genai",
        {"type": "media", "mime_type": "application/pdf", "data": "AAAA"},
        {"type": "file", "base64": "AAAA", "mime_type": "application/pdf"},
    ),
    (
        "google_genai",
        {"type": "media", "mime_type": "image/png", "data": "AAAA"},
        {"type": "image", "base64": "AAAA", "mime_type": "image/png"},
    ),
]


@pytest.mark.parametrize(("of", "block", "expected"), FILES)
def test_files_in_one_providers_form_are_given_to_others_in_langchains(
    of: str, block: dict[str, Any], expected: dict[str, Any]
) -> None:
    turn = HumanMessage([{"type": "text", "text": "What is it?"}, block])
    assert form(of, "openai").messages([turn])[0] is turn
    for own in ("openai", "google_genai", "anthropic"):
        if own != of:
            (sent,) = form(own, of).messages([turn])
            assert sent.content == [{"type": "text", "text": "What is it?"}, expected]


def test_files_in_forms_that_all_read_go_as_they_are() -> None:
    blocks: Any = [
        {"type": "image", "base64": "AAAA", "mime_type": "image/png"},
        {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
        {"type": "file", "base64": "AAAA", "mime_type": "application/pdf", "filename": "a.pdf"},
    ]
    turns: list[BaseMessage] = [HumanMessage(blocks)]
    for own, other in (("openai", "google_genai"), ("google_genai", "openai")):
        assert form(own, other).messages(turns) is turns


@pytest.mark.parametrize(
    ("role", "kind"),
    [("user", HumanMessage), ("developer", SystemMessage), ("assistant", AIMessage)],
)
def test_roles_that_google_does_not_know_are_told_in_its_words(role: str, kind: type) -> None:
    turn = ChatMessage(content="a", role=role)
    (sent,) = form("google_genai", "openai").messages([turn])
    assert type(sent) is kind
    assert form("openai", "google_genai").messages([turn])[0] is turn
    odd = ChatMessage(content="a", role="critic")
    assert form("google_genai", "openai").messages([odd])[0] is odd


@tool(extras={"cache_control": {"type": "ephemeral"}})
def add(a: int) -> int:
    """Add."""
    return a


FUNCTION = {
    "type": "function",
    "function": {"name": "sub", "parameters": {"type": "object", "properties": {}}},
}
OWN_TOOLS: dict[str, list[Any]] = {
    "openai": [
        {"type": "web_search_preview"},
        {"type": "web_search"},
        {"type": "web_search_2025_08_26"},
        {"type": "code_interpreter", "container": {"type": "auto"}},
        {"type": "file_search", "vector_store_ids": ["vs_1"]},
        {"type": "mcp", "server_label": "a", "server_url": "https://example.org"},
        {"type": "image_generation"},
        {"type": "computer_use_preview", "display_width": 1},
        {"type": "custom", "name": "free", "description": "Any text."},
    ],
    "anthropic": [
        {"type": "web_search_20250305", "name": "web_search", "max_uses": 3},
        {"type": "bash_20250124", "name": "bash"},
        {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"},
        {"type": "tool_search_tool_regex_20251119", "name": "tool_search_tool_regex"},
        {"type": "mcp_toolset", "mcp_server_name": "a"},
    ],
    "google_genai": [
        {"google_search": {}},
        {"google_search_retrieval": {}},
        {"code_execution": {}},
        {"url_context": {}},
        {"function_declarations": [{"name": "f"}]},
    ],
    "bedrock": [{"systemTool": {"name": "nova_grounding"}}],
}
ALL_OWN = [(of, each) for of, tools in OWN_TOOLS.items() for each in tools]


@pytest.mark.parametrize(("of", "built_in"), ALL_OWN, ids=lambda it: str(it)[:40])
def test_a_built_in_tool_goes_to_its_own_provider_alone(of: str, built_in: Any) -> None:
    given = [add, FUNCTION, built_in]
    owner = owner_of(built_in)
    assert owner is not None
    assert of in owner.providers
    for own in ("openai", "google_genai", "anthropic", "bedrock"):
        kept = form(own, of if own != of else "acme").tools(given, None)
        assert kept == (given if own == of else [add, FUNCTION])
        assert form(own, of if own != of else "acme").can_answer([built_in], None) == (own == of)
    assert given == [add, FUNCTION, built_in]


@pytest.mark.parametrize(
    "function",
    [
        add,
        FUNCTION,
        {"name": "f", "description": "F.", "parameters": {"type": "object"}},
        {"name": "f", "input_schema": {"type": "object"}},
        {"type": "custom", "name": "f", "input_schema": {"type": "object"}},
        {"type": "function", "name": "f", "parameters": {"type": "object"}},
        {"title": "f", "type": "object", "properties": {}},
        {"toolSpec": {"name": "f", "inputSchema": {"json": {}}}},
    ],
    ids=str,
)
def test_functions_in_any_form_are_for_everybody(function: Any) -> None:
    assert owner_of(function) is None


def test_tools_of_google_as_objects_are_googles() -> None:
    from google.genai.types import GoogleSearch, Tool

    built_in = Tool(google_search=GoogleSearch())
    assert form("openai", "google_genai").tools([add, built_in], None) == [add]
    assert form("google_genai", "openai").tools([add, built_in], None) == [add, built_in]


def test_what_a_client_does_to_a_tool_nobody_else_sees() -> None:
    given = copy.deepcopy([{**FUNCTION, "cache_control": {"type": "ephemeral"}}])
    before = copy.deepcopy(given)
    (kept,) = form("google_genai", "anthropic").tools(given, None)
    assert kept == FUNCTION
    kept["function"]["parameters"]["spoilt"] = True
    assert given == before


CHOICES: list[tuple[Any, dict[str, Any]]] = [
    ("any", {"openai": "any", "google_genai": "any", "anthropic": "any"}),
    ("auto", {"openai": "auto", "google_genai": "auto", "anthropic": "auto"}),
    ("add", {"openai": "add", "google_genai": "add", "anthropic": "add"}),
    ("required", {"openai": "required", "google_genai": "any", "anthropic": "any"}),
    ("none", {"openai": "none", "google_genai": "none", "anthropic": {"type": "none"}}),
    (True, {"openai": True, "google_genai": True, "anthropic": True}),
    (
        {"type": "function", "function": {"name": "add"}},
        {"google_genai": "add", "anthropic": "add", "bedrock": "add", "acme": None},
    ),
    ({"type": "tool", "name": "add"}, {"openai": "add", "google_genai": "add", "anthropic": None}),
    ({"type": "any"}, {"openai": "any", "google_genai": "any", "anthropic": None}),
    ({"type": "auto"}, {"openai": "auto", "bedrock": "auto"}),
    ({"tool": {"name": "add"}}, {"openai": "add", "anthropic": "add", "bedrock": None}),
    ({"any": {}}, {"openai": "any", "anthropic": "any", "bedrock": None}),
    (["add"], {"openai": "add", "anthropic": "add", "google_genai": None}),
    (["add", "sub"], {"openai": "any", "anthropic": "any", "google_genai": None}),
    (
        {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "add"}]},
        {"google_genai": "add", "openai": None},
    ),
]


@pytest.mark.parametrize(("choice", "forms"), CHOICES, ids=str)
def test_which_tool_to_call_is_told_in_each_ones_words(choice: Any, forms: dict[str, Any]) -> None:
    for own, expected in forms.items():
        other = "openai" if own != "openai" else "google_genai"
        kept = form(own, other).arguments({"tool_choice": choice})
        assert kept["tool_choice"] == (choice if expected is None else expected)


SEARCH = {"type": "web_search"}


@pytest.mark.parametrize(
    ("given", "choice", "answering"),
    [
        ([SEARCH], None, False),
        ([SEARCH, add], None, True),
        ([SEARCH, add], "any", True),
        ([SEARCH, add], "add", True),
        ([SEARCH, add], "web_search", False),
        ([SEARCH, add], SEARCH, False),
        ([SEARCH, add], {"type": "function", "function": {"name": "add"}}, True),
        ([SEARCH, add], "unheard of", True),
    ],
    ids=str,
)
def test_a_tier_without_the_tool_that_is_wanted_cannot_answer(
    given: list[Any], choice: Any, *, answering: bool
) -> None:
    assert form("google_genai", "openai").can_answer(given, choice) == answering
    assert form("openai", "google_genai").can_answer(given, choice)
    if not answering:
        assert form("google_genai", "openai").tools(given, choice) is given


ARGUMENTS: list[tuple[str, Any, set[str]]] = [
    ("logprobs", True, {"openai"}),
    ("top_logprobs", 2, {"openai"}),
    ("seed", 1, {"openai", "google_genai"}),
    ("service_tier", "auto", {"openai", "anthropic", "bedrock"}),
    ("reasoning_effort", "low", {"openai", "google_genai"}),
    ("reasoning", {"effort": "low"}, {"openai"}),
    ("safety_settings", {}, {"google_genai"}),
    ("cached_content", "a", {"google_genai"}),
    ("thinking_budget", 1, {"google_genai"}),
    ("thinking", {"type": "enabled"}, {"anthropic"}),
    ("cache_control", {"type": "ephemeral"}, {"anthropic"}),
    ("prompt_cache_key", "a", {"openai"}),
    ("stream_options", {}, {"openai"}),
    ("parallel_tool_calls", False, {"openai", "anthropic"}),
    ("strict", True, {"openai", "google_genai", "anthropic", "bedrock"}),
    ("top_k", 3, {"google_genai", "anthropic", "bedrock"}),
    ("temperature", 0.2, {"openai", "google_genai", "anthropic", "bedrock"}),
    ("invented", 1, {"openai", "google_genai", "anthropic", "bedrock"}),
]


@pytest.mark.parametrize(("name", "value", "takers"), ARGUMENTS, ids=lambda it: str(it)[:20])
def test_arguments_go_to_whom_they_belong(name: str, value: Any, takers: set[str]) -> None:
    given = {name: value}
    for own in ("openai", "google_genai", "anthropic", "bedrock"):
        kept = form(own, "acme").arguments(given)
        assert kept == (given if own in takers else {})
        assert kept is not given
    assert form("acme", "openai").arguments(given) == given


def test_arguments_of_many_names_get_the_tiers_own() -> None:
    google, openai = form("google_genai", "openai"), form("openai", "google_genai")
    assert google.arguments({"n": 2}) == {"candidate_count": 2}
    assert openai.arguments({"candidate_count": 2}) == {"n": 2}
    assert google.arguments({"max_completion_tokens": 9}) == {"max_tokens": 9}
    assert google.arguments({"max_output_tokens": 9}) == {"max_output_tokens": 9}
    assert openai.arguments({"max_output_tokens": 9}) == {"max_tokens": 9}


def test_premium_is_spared_only_what_belongs_to_a_tier_beside_it() -> None:
    given = {"thinking": {}, "safety_settings": {}, "logprobs": True}
    forms = pair("google_genai", "openai")
    assert forms["premium"].arguments(given) == {"thinking": {}, "logprobs": True}
    assert forms["cheap"].arguments(given) == {"safety_settings": {}}
    bash = OWN_TOOLS["anthropic"][1]
    assert forms["premium"].can_answer([bash], None)
    assert not forms["cheap"].can_answer([bash], None)


@pytest.mark.parametrize(
    ("cheap", "premium"),
    [("openai", "openai"), ("acme", "acme"), ("google_genai", "google_genai")],
)
def test_with_tiers_of_one_provider_nothing_is_ever_taken_out(cheap: str, premium: str) -> None:
    assert pair(cheap, premium) == {}
    assert pair(cheap, premium, judge=cheap) == {}


def test_a_judge_of_another_provider_changes_nothing_for_the_others() -> None:
    assert set(pair("openai", "openai", judge="google_genai")) == {"judge"}


def test_clouds_of_the_same_provider_are_one() -> None:
    azure = Tier("cheap", "gpt-4o-mini", "azure")
    tiers = {"cheap": azure, "premium": Tier("premium", "gpt-4o", "openai")}
    assert forms_of(tiers, "premium", ()) == {}


def test_each_thing_is_warned_about_once_for_each_tier(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING, logger="tokenomics")
    private = "something private"
    odd: Any = [{"type": private, private: private}, {"type": "text", "text": private}]
    turns = [
        HumanMessage([{"type": "text", "text": private, "cache_control": {}}]),
        BY_GOOGLE,
        AIMessage(odd, response_metadata={"model_provider": "google_genai"}),
    ]
    given = [add, {"google_search": {}}, {"type": "bash_20250124", "name": private}]
    for _ in range(2):
        for own in (form("openai", "google_genai"), pair("openai", "google_genai")["cheap"]):
            own.messages(turns)
            own.arguments({"safety_settings": {private: private}, "thinking": private})
            own.tools(given, None)
    told = [record.getMessage() for record in caplog.records]
    assert private not in json.dumps(told)
    assert all(line.startswith("cheap (gpt-4o): left out ") for line in told)
    assert len(told) == len(set(told))
    for what in (
        "cache_control",
        "thinking",
        "executable_code",
        "code_execution_result",
        "__gemini_function_call_thought_signatures__",
        "the argument safety_settings",
        "the argument thinking",
        "the tool google_search",
        "the tool bash_20250124",
        "a block of another provider's",
    ):
        assert [line for line in told if f"left out {what}, " in line], what
    assert len(told) == 10


def test_settings_of_built_in_tools_are_part_of_what_is_asked() -> None:
    three, five = ({**OWN_TOOLS["anthropic"][0], "max_uses": uses} for uses in (3, 5))
    assert list(ToolList([three])) == [three]
    assert ToolList([three]) != ToolList([five])


KEPT: list[tuple[str, dict[str, Any]]] = [
    ("openai", {"type": "file", "file_id": "file-1"}),
    ("openai", {"type": "file", "file": {"file_id": "file-1"}}),
    ("openai", {"type": "file", "source_type": "id", "id": "file-1"}),
    ("anthropic", {"type": "document", "source": {"type": "file", "file_id": "file_1"}}),
    ("google_genai", {"type": "media", "mime_type": "video/mp4", "file_uri": "gs://a/b"}),
    ("google_genai", {"type": "file", "file_id": "files/1", "mime_type": "application/pdf"}),
]


@pytest.mark.parametrize(("of", "block"), KEPT, ids=str)
def test_a_file_that_one_provider_keeps_only_its_models_can_read(
    of: str, block: dict[str, Any]
) -> None:
    turns = [HumanMessage([{"type": "text", "text": "What is it?"}, block])]
    for own in ("openai", "google_genai", "anthropic"):
        other = of if own != of else "acme"
        assert form(own, other).messages.can_be_read(turns) == (own == of)
    assert form("openai", "google_genai").messages.can_be_read([HUMAN, BY_GOOGLE, RESULT])
