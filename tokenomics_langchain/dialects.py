"""What each provider's models take that others don't: names, and nothing else.

Read off the providers' API references and LangChain's clients for them. A name that several of
them take stands with each. What all of them take (`temperature`, `stop`, `tools`, …) stands
nowhere.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Literal

_NOTHING: Final = frozenset[str]()


@dataclass(frozen=True, slots=True, eq=False)
class Dialect:
    """What one provider's models take.

    Attributes:
        name: the provider's name in warnings.
        providers: what its models and their answers call their provider.
        tools: the types of its built-in tools.
        tool_keys: the keys by which those without a type are told.
        arguments: of a call.
        renamed: arguments of others by what they are called here.
        marks: keys that mark content or tools for its prompt cache.
        blocks: types of content that its answers hold and others can't read.
        extras: keys of a message's `additional_kwargs` that its answers hold.
        files: forms of its own for files: blocks with a `source`, blocks of the type `media`.
        choices: whose form of its own of `tool_choice` it takes.
        shows: its own turns may hold pictures and sound.
        any_role: turns of a role that LangChain doesn't know may be sent.
    """

    name: str
    providers: frozenset[str] = _NOTHING
    tools: re.Pattern[str] = re.compile(r"(?!)")
    tool_keys: frozenset[str] = _NOTHING
    arguments: frozenset[str] = _NOTHING
    renamed: Mapping[str, str] = field(default_factory=dict)
    marks: frozenset[str] = _NOTHING
    blocks: frozenset[str] = _NOTHING
    extras: frozenset[str] = _NOTHING
    files: frozenset[str] = _NOTHING
    choices: Literal["", "openai", "anthropic", "google", "bedrock"] = ""
    shows: bool = False
    any_role: bool = True

    @property
    def known(self) -> bool:
        """Whether anything is known of it; a provider of which nothing is may take all."""
        return bool(self.providers)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CHAT: Final = _words(
    "extra_body extra_headers extra_query frequency_penalty function_call functions logit_bias "
    "logprobs max_completion_tokens metadata n parallel_tool_calls presence_penalty "
    "reasoning_effort response_format seed service_tier stream_options stream_usage strict "
    "top_logprobs user"
)
"""Arguments of OpenAI's chat protocol that most who speak it take."""

OPENAI: Final = Dialect(
    "OpenAI",
    _words("openai azure azure_openai openai-codex"),
    tools=re.compile(
        r"web_search(_preview)?(_\d{4}_\d\d_\d\d)?|file_search|computer(_use_preview)?|"
        r"code_interpreter|mcp|image_generation|local_shell|shell|apply_patch|tool_search|"
        r"namespace|custom"
    ),
    arguments=_CHAT
    | _words(
        "audio background context_management conversation disabled_params include "
        "include_response_headers max_tool_calls modalities moderation prediction "
        "previous_response_id prompt prompt_cache_key prompt_cache_options "
        "prompt_cache_retention reasoning safety_identifier store text truncation "
        "use_responses_api verbosity web_search_options"
    ),
    renamed={"candidate_count": "n"},
    marks=_words("prompt_cache_breakpoint"),
    blocks=_words(
        "apply_patch_call apply_patch_call_output code_interpreter_call compaction "
        "computer_call computer_call_output custom_tool_call file_search_call function_call "
        "image_generation_call local_shell_call mcp_approval_request mcp_approval_response "
        "mcp_call mcp_list_tools output_text reasoning refusal tool_search_call "
        "tool_search_output web_search_call"
    ),
    extras=_words("__openai_function_call_ids__ audio reasoning tool_outputs"),
    choices="openai",
)

ANTHROPIC: Final = Dialect(
    "Anthropic",
    _words("anthropic anthropic-bedrock anthropic_vertex google_vertexai_anthropic"),
    tools=re.compile(r"\w+_\d{8}|mcp_toolset"),
    arguments=_words(
        "betas cache_control container context_management effort extra_body extra_headers "
        "extra_query inference_geo mcp_servers metadata output_config parallel_tool_calls "
        "response_format service_tier speed stop_sequences stream_usage strict thinking top_k"
    ),
    marks=_words("cache_control"),
    blocks=_words(
        "bash_code_execution_tool_result code_execution_tool_result container_upload "
        "mcp_tool_result mcp_tool_use redacted_thinking server_tool_use "
        "text_editor_code_execution_tool_result thinking tool_search_tool_result tool_use "
        "web_fetch_tool_result web_search_tool_result"
    ),
    files=_words("source"),
    choices="anthropic",
)

GOOGLE: Final = Dialect(
    "Google",
    _words("google_genai google_vertexai google-genai google-vertexai google"),
    tool_keys=_words(
        "code_execution computer_use enterprise_web_search file_search function_declarations "
        "google_maps google_search google_search_retrieval retrieval url_context"
    ),
    arguments=_words(
        "audio_timestamp cached_content candidate_count frequency_penalty functions "
        "generation_config http_options image_config include_thoughts labels "
        "max_output_tokens media_resolution presence_penalty reasoning_effort "
        "response_format response_json_schema response_logprobs response_mime_type "
        "response_modalities response_schema safety_settings seed speech_config "
        "stop_sequences store strict thinking_budget thinking_config thinking_level "
        "tool_config top_k"
    ),
    renamed={"n": "candidate_count"},
    blocks=_words("code_execution_result executable_code function_call_signature thinking"),
    extras=_words("__gemini_function_call_thought_signatures__"),
    files=_words("media"),
    shows=True,
    any_role=False,
    choices="google",
)

BEDROCK: Final = Dialect(
    "Bedrock",
    _words("amazon_bedrock bedrock bedrock_converse aws"),
    tool_keys=_words("systemTool"),
    arguments=_words(
        "additional_model_request_fields additional_model_response_field_paths "
        "guardrail_config guardrails output_config performance_config request_metadata "
        "service_tier strict top_k"
    ),
    marks=_words("cachePoint cache_control"),
    blocks=_words("guard_content reasoning_content"),
    files=_words("source"),
    choices="bedrock",
)

OLLAMA: Final = Dialect(
    "Ollama",
    _words("ollama"),
    arguments=_words(
        "format keep_alive logprobs mirostat num_ctx num_predict options reasoning repeat_penalty "
        "seed tfs_z top_k top_logprobs"
    ),
    extras=_words("reasoning_content"),
)

COMPATIBLE: Final = Dialect(
    "OpenAI-compatible servers",
    _words(
        "baseten cerebras deepseek fireworks groq mistral mistralai moonshot nvidia perplexity "
        "sambanova together upstage xai"
    ),
    arguments=_CHAT | _words("top_k"),
    extras=_words("reasoning_content reasoning_details"),
    choices="openai",
)

PROXIES: Final = Dialect(
    "proxies",
    _words("litellm openrouter portkey vercel"),
    arguments=_CHAT | ANTHROPIC.arguments | _words("models provider reasoning route top_k"),
    marks=ANTHROPIC.marks,
    extras=_words("reasoning_content reasoning_details"),
    files=ANTHROPIC.files,
    choices="openai",
)
"""Servers behind which any model may be."""

DIALECTS: Final = (OPENAI, ANTHROPIC, GOOGLE, BEDROCK, OLLAMA, COMPATIBLE, PROXIES)

_HOLDERS: Final = ("file", "source", "file_data")
_IDS: Final = ("file_id", "file_uri", "id")
_KEEPERS: Final = (
    ("file-", OPENAI),
    ("file_", ANTHROPIC),
    ("files/", GOOGLE),
    ("gs://", GOOGLE),
    ("https://generativelanguage.googleapis.com/", GOOGLE),
)
"""How ids of uploaded files begin."""

_BY_PROVIDER: Final = {name: each for each in DIALECTS for name in each.providers}


@lru_cache(maxsize=256)
def dialect_of(provider: str) -> Dialect:
    """The dialect of a provider; of one that isn't listed, one of its own."""
    return _BY_PROVIDER.get(provider) or Dialect(provider)


def union(dialects: Iterable[Dialect], field: str) -> frozenset[str]:
    """All that these dialects have under a field."""
    return frozenset[str]().union(*(getattr(each, field) for each in dialects))


def keeper_of(block: Mapping[str, Any]) -> Dialect | None:
    """Who keeps the file that a block names by its id; None where it names none."""
    holders: tuple[Any, ...] = (block, *(block.get(name) for name in _HOLDERS))
    for holder in holders:
        for name in _IDS if isinstance(holder, Mapping) else ():
            said = holder.get(name)
            if isinstance(said, str):
                return next((of for start, of in _KEEPERS if said.startswith(start)), None)
    return None


def owner_of(tool: Any) -> Dialect | None:
    """Whose built-in tool this is; None for functions, and for what nobody listed knows."""
    if not isinstance(tool, Mapping):
        if type(tool).__module__.startswith("google."):
            return GOOGLE
        metadata = getattr(tool, "metadata", None)
        custom = isinstance(metadata, Mapping) and metadata.get("type") == "custom_tool"
        return OPENAI if custom else None
    kind = tool.get("type")
    if isinstance(kind, str):
        if "function" in tool or "input_schema" in tool or "parameters" in tool:
            return None
        return next((each for each in DIALECTS if each.tools.fullmatch(kind)), None)
    return next((each for each in DIALECTS if not each.tool_keys.isdisjoint(tool)), None)
