"""What a model made of others does beyond the plain one."""

import asyncio
import copy
import json
import pickle
import sys
from typing import Any

import openai
import pytest
from llama_index.core import Settings
from llama_index.core.base.llms.types import AudioBlock, DocumentBlock, ImageBlock, TextBlock
from llama_index.core.llms import ChatMessage, ChatResponse, MockLLM
from openai import APIStatusError, InternalServerError

from tests.integration.llamaindex.conftest import (
    CHEAP,
    KEY,
    PREMIUM,
    STEADY,
    Make,
    like,
    told,
)
from tests.integration.llamaindex.probes import ADD, ASK, PIXEL, Song
from tokenomics_llamaindex import Memory, Strategy, TokenomicsConfig, TokenomicsLLM, wishing
from tokenomics_llamaindex.convert import to_reply
from tokenomics_shared.errors import ConfigError, MissingExtra, PromptError
from tokenomics_shared.memory.subject import subject
from tokenomics_shared.testing import Fault, LoopbackServer

EASY = "What is the answer?"
HARD = "What is the hard answer?"
ANEW = {"no_cache": True}


def asked(text: str = EASY) -> list[ChatMessage]:
    return [ChatMessage(role="user", content=text)]


def models(server: LoopbackServer) -> list[str]:
    return [request["model"] for request in server.requests]


async def all_of(chunks: Any) -> list[Any]:
    return [chunk async for chunk in await chunks]


async def four_ways(llm: TokenomicsLLM, text: str) -> list[Any]:
    """The answers of the four ways to call it, the last chunk's for streams."""
    return [
        llm.chat(asked(text)),
        await llm.achat(asked(text)),
        list(llm.stream_chat(asked(text)))[-1],
        (await all_of(llm.astream_chat(asked(text))))[-1],
    ]


async def test_a_good_draft_answers_all_four_ways_alike(make: Make, server: Any) -> None:
    llm = make(memory={"use_exact_cache": False})
    responses = await four_ways(llm, EASY)
    assert models(server) == [CHEAP] * 4
    assert {it.message.content for it in responses} == {responses[0].message.content}
    assert [told(it)["trace"] for it in responses] == [told(responses[0])["trace"]] * 4
    assert all(told(it)["strategy"] == "cheap" for it in responses)
    billed = server.input_tokens[CHEAP] + server.output_tokens[CHEAP]
    assert sum(told(it)["tokens_used"] for it in responses) == billed


async def test_a_rejected_draft_is_never_seen(make: Make, server: Any) -> None:
    llm = make(memory={"use_exact_cache": False})
    responses = await four_ways(llm, HARD)
    assert models(server) == [CHEAP, PREMIUM] * 4
    assert all(told(it)["cascading_escalated"] for it in responses)
    sync = list(llm.stream_chat(asked(HARD)))
    later = await all_of(llm.astream_chat(asked(HARD)))
    for chunks in (sync, later):
        assert "".join(chunk.delta or "" for chunk in chunks) == responses[0].message.content
        assert not any("Not sure" in (chunk.message.content or "") for chunk in chunks)
        assert {chunk.additional_kwargs["tokenomics_tier"] for chunk in chunks} == {"premium"}


async def test_memory_answers_the_same_request_however_it_is_asked(
    make: Make, server: Any
) -> None:
    llm = make()
    first = llm.chat(asked())
    again = [*await four_ways(llm, EASY), await llm.acomplete(EASY), llm.complete(EASY)]
    assert len(server.requests) == 1
    for response in again:
        assert told(response)["cache_type"] == "exact"
        assert told(response)["cost"] == 0
        assert response.additional_kwargs["prompt_tokens"] == 0
        assert response.raw["usage"]["total_tokens"] == 0
    texts = {getattr(it, "text", None) or it.message.content for it in again}
    assert texts == {first.message.content}


def test_a_hit_streams_in_pieces_with_all_of_the_text_so_far(make: Make) -> None:
    llm = make()
    text = llm.chat(asked()).message.content
    chunks = list(llm.stream_chat(asked()))
    assert len(chunks) > 2
    so_far = ""
    for chunk in chunks:
        so_far += chunk.delta or ""
        assert chunk.message.content == so_far
    assert so_far == text
    assert "tokenomics" not in chunks[0].additional_kwargs
    assert told(chunks[-1])["cache_hit"]


def summed(chunks: list[Any]) -> int:
    """Tokens as who reads a stream sums them."""
    raws = [chunk.raw for chunk in chunks if chunk.raw]
    usages = [raw["usage"] if isinstance(raw, dict) else raw.usage for raw in raws]
    return sum(dict(usage)["total_tokens"] for usage in usages if usage)


@pytest.mark.parametrize("text", [EASY, HARD, "do the addition of 2 and 3"])
@pytest.mark.parametrize("tier", [None, "premium"])
async def test_who_sums_a_streams_tokens_finds_them_once(
    make: Make, server: Any, text: str, tier: str | None
) -> None:
    llm = make()
    pin: dict[str, Any] = {} if tier is None else {"model": tier}
    streams = [
        list(llm.stream_chat_with_tools([ADD], user_msg=text, **pin)),
        await all_of(llm.astream_chat_with_tools([ADD], user_msg=text, tokenomics=ANEW, **pin)),
    ]
    for chunks in streams:
        answered = told(chunks[-1])["model"]
        plain = list(like(server, answered).stream_chat_with_tools([ADD], user_msg=text))
        assert summed(chunks) == summed(plain) > 0
        assert len(chunks) == len(plain)
        assert sum(it.additional_kwargs.get("total_tokens", 0) for it in chunks) == summed(plain)


def test_a_streamed_hit_tells_no_tokens(make: Make) -> None:
    llm = make()
    llm.chat(asked())
    chunks = list(llm.stream_chat(asked()))
    assert summed(chunks) == 0
    assert [bool(chunk.raw) for chunk in chunks] == [False] * (len(chunks) - 1) + [True]


def test_what_callers_do_to_an_answer_never_reaches_memory(make: Make) -> None:
    llm = make()
    text = llm.chat(asked()).message.content
    for _ in range(3):
        response = llm.chat(asked())
        assert response.message.content == text
        assert response.message.additional_kwargs == {}
        response.message.additional_kwargs["tool_calls"] = ["mine"]
        response.message.blocks.append(TextBlock(text="more"))
        response.additional_kwargs.clear()


def test_nothing_of_ours_is_on_a_message_or_sent_with_the_next_turn(
    make: Make, server: Any
) -> None:
    llm = make()
    first = llm.chat_with_tools([ADD], user_msg="do the addition of 2 and 3")
    call = llm.get_tool_calls_from_response(first)[0]
    result = ChatMessage(
        role="tool", content="5", additional_kwargs={"tool_call_id": call.tool_id}
    )
    completed = llm.complete("And now?")
    assert completed.additional_kwargs["tokenomics"]["request_id"]
    llm.chat([*asked("do the addition of 2 and 3"), first.message, result])
    assert not any(b"tokenomics" in body for body in server.bodies)


async def test_a_failing_cheap_tier_falls_back_before_anything_is_shown(
    make: Make, server: Any
) -> None:
    server.faults[CHEAP] = Fault(status=503)
    responses = await four_ways(make(memory={"use_exact_cache": False}), EASY)
    assert all(told(it)["model"] == PREMIUM for it in responses)
    server.faults[CHEAP] = Fault(cut_after=3)
    llm = make(memory={"use_exact_cache": False})
    chunks = list(llm.stream_chat(asked()))
    assert "".join(chunk.delta or "" for chunk in chunks).startswith(f"The answer of {PREMIUM}")


async def test_what_premium_raises_is_raised_as_it_is(make: Make, server: Any) -> None:
    server.faults.update({CHEAP: Fault(status=503), PREMIUM: Fault(status=500)})
    llm = make()
    with pytest.raises(InternalServerError) as raised:
        llm.chat(asked())
    assert isinstance(raised.value, APIStatusError)
    assert KEY not in str(raised.value) + repr(raised.value)
    with pytest.raises(InternalServerError):
        await llm.achat(asked())
    with pytest.raises(InternalServerError):
        list(llm.stream_chat(asked()))
    with pytest.raises(InternalServerError):
        await all_of(llm.astream_chat(asked()))


def test_a_premium_that_breaks_off_raises_after_what_was_shown(off: Any, server: Any) -> None:
    server.faults[PREMIUM] = Fault(cut_after=4)
    seen: list[Any] = []
    with pytest.raises(Exception, match=r"peer closed|incomplete|[Cc]onnection"):
        seen.extend(chunk.delta for chunk in off.stream_chat(asked()))
    assert "".join(seen).startswith("The answer")


def test_premium_streams_live(off: TokenomicsLLM, server: Any) -> None:
    with_chunk = off.stream_chat(asked())
    next(with_chunk)
    assert len(server.requests) == 1
    with_chunk.close()
    off.engine.flush()
    assert off.engine.report().totals.abandoned == 1


def test_wishes_go_with_a_call_and_never_to_the_provider(make: Make, server: Any) -> None:
    llm = make()
    llm.chat(asked())
    llm.chat(asked(), tokenomics={"tenant": "acme"})
    assert len(server.requests) == 2
    with wishing(tenant="acme"):
        assert told(llm.chat(asked()))["cache_hit"]
        with wishing(no_cache=True):
            assert not told(llm.complete(EASY))["cache_hit"]
        assert told(llm.complete(EASY))["cache_hit"]
        assert not told(llm.chat(asked(), tokenomics={"tenant": "other"}))["cache_hit"]
    assert told(llm.chat(asked(), token_budget=900))["cache_hit"]
    assert llm.plan(asked("Another one?"), token_budget=900).token_budget == 900
    assert all(set(it) <= {"messages", "model", "stream", "temperature"} for it in server.requests)


async def test_wishes_reach_tasks_and_engines_begun_inside(make: Make, server: Any) -> None:
    llm = make()
    with wishing(tenant="acme"):
        task = asyncio.create_task(llm.achat(asked()))
        stream = llm.stream_chat(asked("Another question?"))
    await task
    list(stream)
    assert not told(llm.chat(asked()))["cache_hit"]
    again = llm.chat(asked("Another question?"), tokenomics={"tenant": "acme"})
    assert told(again)["cache_hit"]


@pytest.mark.parametrize("wishes", [{"tenent": "a"}, {"ttl": -1}, {"no_cache": "yes"}])
def test_an_impossible_wish_is_named(make: Make, wishes: Any) -> None:
    with pytest.raises(PromptError, match=next(iter(wishes))):
        make().chat(asked(), tokenomics=wishes)
    with pytest.raises(PromptError, match=next(iter(wishes))), wishing(**wishes):
        pass


def test_a_tier_can_be_asked_for_by_name(make: Make, server: Any) -> None:
    llm = make()
    llm.chat(asked(), model="premium")
    llm.chat(asked("Another?"), model=CHEAP)
    llm.chat(asked("A third?"), model="gpt-5-never-heard-of")
    assert models(server) == [PREMIUM, CHEAP, "gpt-5-never-heard-of"]


@pytest.mark.parametrize(
    "block",
    [
        ImageBlock(image=PIXEL),
        ImageBlock(url="https://example.org/a.png"),
        AudioBlock(audio=b"RIFF0000WAVEfmt ", format="wav"),
        DocumentBlock(data=b"%PDF-1.4 one", title="a.pdf"),
    ],
)
def test_media_go_as_they_are_and_only_the_very_same_hits(
    make: Make, server: Any, block: Any
) -> None:
    premium = like(server, PREMIUM)
    llm = make(premium=premium)
    conversation = [ChatMessage(role="user", blocks=[TextBlock(text="What is it?"), block])]
    premium.chat(conversation)
    llm.chat(conversation, model="premium")
    # Asked in words alone, it may be answered by meaning.
    assert subject(llm._request(conversation, {})[0]) is None
    assert subject(llm._request(asked(), {})[0]) == EASY
    assert server.bodies[-1] == server.bodies[0]
    assert told(llm.chat(conversation, model="premium"))["cache_hit"]
    other = block.model_copy(update={"title": "b"} if hasattr(block, "title") else {})
    blocks = [TextBlock(text="What is that?"), other]
    assert not told(llm.chat([ChatMessage(role="user", blocks=blocks)], model="premium"))[
        "cache_hit"
    ]


def test_a_file_that_has_changed_is_another_request(make: Make, tmp_path: Any) -> None:
    llm = make()
    path = tmp_path / "picture.png"
    path.write_bytes(PIXEL)
    blocks = [TextBlock(text="What is it?"), ImageBlock(path=path)]
    conversation = [ChatMessage(role="user", blocks=blocks)]
    llm.chat(conversation)
    assert told(llm.chat(conversation))["cache_hit"]
    path.write_bytes(PIXEL + b"more")
    assert not told(llm.chat(conversation))["cache_hit"]


def test_no_key_is_ever_shown(make: Make) -> None:
    llm = make(api_key="sk-another-key")
    shown = [repr(llm), str(llm), json.dumps(llm.to_dict()), llm.to_json(), repr(llm.roster)]
    shown += [str(llm.model_dump()), llm.roster.identity]
    if hasattr(llm, "to_payload"):  # newer cores have it
        shown.append(json.dumps(llm.to_payload()))
    shown.append(repr(llm.as_structured_llm(Song)) + str(llm.as_structured_llm(Song).to_dict()))
    shown.append(json.dumps(told(llm.chat(asked()))))
    for text in shown:
        assert KEY not in text
        assert "sk-another-key" not in text
    assert repr(llm) == "TokenomicsLLM(model='tokenomics/cheap+premium')"


def test_keys_and_settings_tell_answers_apart(server: Any) -> None:
    def identity(**settings: Any) -> str:
        premium = like(server, PREMIUM, **settings)
        return TokenomicsLLM(premium=premium, config=TokenomicsConfig.off()).roster.identity

    same = identity()
    assert identity() == same
    assert identity(max_retries=2, timeout=3.0) == same
    elsewhere = openai.OpenAI(api_key=KEY, base_url="http://127.0.0.1:1/v1")
    for other in (
        {"openai_client": elsewhere},
        {"temperature": 0.7},
        {"api_key": "sk-other"},
        {"max_tokens": 9},
        {"additional_kwargs": {"seed": 1}},
        {"default_headers": {"X-Tenant": "b"}},
        {"system_prompt": "Be brief."},
    ):
        assert identity(**other) != same, other


def test_the_identity_stays_when_a_client_is_made(make: Make) -> None:
    llm = make()
    before = llm.roster.identity
    llm.chat(asked())
    assert make(cheap=llm.cheap, premium=llm.premium).roster.identity == before


def test_a_changed_model_answers_anew(make: Make, server: Any) -> None:
    llm = make()
    llm.chat(asked())
    llm.cheap.temperature = 0.9
    assert not told(llm.chat(asked()))["cache_hit"]
    assert server.requests[-1]["temperature"] == 0.9


def test_two_models_share_a_memory(make: Make, server: Any) -> None:
    memory = Memory()
    cheap, premium = like(server, CHEAP), like(server, PREMIUM)
    first = make(memory=memory, cheap=cheap, premium=premium)
    first.chat(asked())
    assert told(make(memory=memory, cheap=cheap, premium=premium).chat(asked()))["cache_hit"]


def test_copies_and_pickles_answer_too(make: Make, server: Any) -> None:
    llm = make()
    deep = copy.deepcopy(llm)
    assert deep.engine is llm.engine
    llm.chat(asked())
    for other in (llm.model_copy(), deep):
        assert told(other.chat(asked()))["cache_hit"]
    for given in (make(), llm):
        other = pickle.loads(pickle.dumps(given))  # noqa: S301 -- our own
        assert other.chat(asked()).message.content
        assert KEY not in repr(other)


def test_it_works_as_the_default_model(make: Make) -> None:
    before = Settings._llm
    try:
        Settings.llm = llm = make()
        assert Settings.llm is llm
        assert Settings.llm.complete(EASY).text
    finally:
        Settings._llm = before


def test_prompts_are_made_as_premium_makes_them(make: Make, server: Any) -> None:
    from llama_index.core.prompts import PromptTemplate

    premium = like(server, PREMIUM, system_prompt="Be brief.")
    llm = make(premium=premium)
    llm.predict(PromptTemplate("Say {x}."), x="hello")
    assert server.requests[-1]["messages"][0] == {"role": "system", "content": "Be brief."}
    own = make(premium=premium, system_prompt="Be long.")
    own.predict(PromptTemplate("Say {x}."), x="hello")
    assert server.requests[-1]["messages"][0]["content"] == "Be long."
    assert premium.system_prompt == "Be brief."


def test_metadata_is_what_all_tiers_can_do(server: Any) -> None:
    cheap = like(server, CHEAP, context_window=4_000, is_function_calling_model=False)
    premium = like(server, PREMIUM, context_window=100_000, max_tokens=500)
    config = TokenomicsConfig.off()
    metadata = TokenomicsLLM(cheap=cheap, premium=premium, config=config).metadata
    assert (metadata.context_window, metadata.num_output) == (4_000, 500)
    assert not metadata.is_function_calling_model
    assert metadata.is_chat_model
    assert metadata.model_name == "tokenomics/cheap+premium"
    wide = TokenomicsLLM(
        cheap=cheap, premium=premium, config=config, context_window=50_000, num_output=99
    )
    assert (wide.metadata.context_window, wide.metadata.num_output) == (50_000, 99)
    assert TokenomicsLLM(premium=premium, config=config).metadata.is_function_calling_model


def test_tools_go_to_tiers_that_take_them(make: Make, server: Any) -> None:
    llm = make(cheap=like(server, CHEAP, is_function_calling_model=False))
    response = llm.chat_with_tools([ADD], user_msg="do the addition of 2 and 3")
    assert models(server) == [PREMIUM]
    assert llm.get_tool_calls_from_response(response)[0].tool_name == "addition"


def test_limits_of_ours_hold_over_a_models_own(make: Make, server: Any) -> None:
    arms = [Strategy("cheap", max_tokens=5), Strategy("premium", max_tokens=300)]
    premium = like(server, PREMIUM, max_tokens=100)
    llm = make(strategies=arms, premium=premium, memory={"use_exact_cache": False})
    llm.chat(asked(), model="cheap")
    llm.chat(asked(), model="premium")
    llm.chat(asked(), model="cheap", max_tokens=3)
    make(max_tokens=4, premium=premium).chat(asked("Other?"), model="premium")
    assert [it["max_tokens"] for it in server.requests] == [5, 100, 3, 4]
    assert premium.max_tokens == 100


def test_models_that_only_complete_are_asked_to(server: Any) -> None:
    llm = TokenomicsLLM(premium=MockLLM(max_tokens=3), config=TokenomicsConfig.off())
    assert not llm.metadata.is_chat_model
    plain = MockLLM(max_tokens=3)
    assert llm.complete("one two three four").text == plain.complete("one two three four").text
    assert str(llm.chat(ASK)) == str(plain.chat(ASK))
    streamed = "".join(it.delta or "" for it in llm.stream_complete("one two"))
    assert streamed == "".join(it.delta or "" for it in plain.stream_complete("one two"))


def test_query_tells_everything_in_one_mapping(make: Make, server: Any) -> None:
    llm = make()
    first = llm.query(EASY, system_prompt="Be brief.")
    assert first["response"].startswith(f"The answer of {CHEAP}")
    assert llm.query(EASY, system_prompt="Be brief.")["cache_hit"]
    assert not llm.query(EASY, system_prompt="Be brief.", use_cache=False)["cache_hit"]
    assert llm.query("Another?", use_bandit=False)["model"] == PREMIUM
    with pytest.raises(PromptError, match="text"):
        llm.query(7)  # type: ignore[arg-type]


async def test_aquery_and_comparisons(make: Make, server: Any) -> None:
    llm = make()
    assert (await llm.aquery(EASY))["strategy"] == "cheap"
    compared = llm.compare_with_baseline("Another?")
    assert compared.optimized.message.content.startswith(f"The answer of {CHEAP}")
    assert compared.baseline.message.content.startswith(f"The answer of {PREMIUM}")
    later = await llm.acompare_with_baseline(asked("A third?"))
    assert later.baseline.message.content.startswith(f"The answer of {PREMIUM}")
    assert llm.engine.report().totals.requests == 3


async def test_a_rate_limiter_of_ours_holds_every_tier(make: Make) -> None:
    class Counting:
        def __init__(self) -> None:
            self.taken: list[str] = []

        def acquire(self) -> None:
            self.taken.append("sync")

        async def async_acquire(self) -> None:
            self.taken.append("async")

    limiter = Counting()
    llm = make(rate_limiter=limiter)
    llm.chat(asked(HARD))
    await llm.achat(asked("Another?"))
    assert limiter.taken == ["sync", "sync", "async"]
    assert llm.cheap.rate_limiter is None


def test_a_judging_model_is_asked_without_the_callers_arguments(make: Make, server: Any) -> None:
    judge = {"judges": ("checks", "llm"), "model": f"openai:a-judge@{server.url}"}
    llm = make(judge=judge, callback_manager=None)
    llm.chat_with_tools([ADD], user_msg="How high is it?", temperature=0.2)
    asked_of_judge = next(it for it in server.requests if it["model"] == "a-judge")
    assert "tools" not in asked_of_judge
    assert "tokenomics" not in json.dumps(asked_of_judge)


def test_a_completion_is_not_a_conversation_to_models_that_complete() -> None:
    llm = TokenomicsLLM(premium=MockLLM(), audit={"enabled": False}, bandit={"enabled": False})
    text = "How high is the tower?"
    assert llm.complete(text).text == text
    assert llm.chat(asked(text)).message.content == MockLLM().chat(asked(text)).message.content
    assert told(llm.complete(text))["cache_hit"]


def test_usage_is_read_as_each_provider_reports_it() -> None:
    def usage(raw: Any) -> Any:
        message = ChatMessage(role="assistant", content="Yes.")
        read = to_reply(ChatResponse(message=message, raw=raw), "cheap").usage
        assert read is not None
        return read.input, read.output, read.cache_read, read.cache_write, read.reasoning

    chat = {
        "prompt_tokens": 9,
        "completion_tokens": 5,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 3},
    }
    assert usage({"usage": chat}) == (9, 5, 4, 0, 3)
    anthropic = {
        "input_tokens": 2,
        "output_tokens": 5,
        "cache_read_input_tokens": 30,
        "cache_creation_input_tokens": 8,
    }
    assert usage({"usage": anthropic, "stop_reason": "end_turn"}) == (40, 5, 30, 8, 0)
    google = {
        "prompt_token_count": 9,
        "candidates_token_count": 5,
        "cached_content_token_count": 4,
        "thoughts_token_count": 7,
    }
    assert usage({"usage_metadata": google}) == (9, 12, 4, 0, 7)
    responses = {
        "input_tokens": 9,
        "output_tokens": 5,
        "input_tokens_details": {"cached_tokens": 4},
        "output_tokens_details": {"reasoning_tokens": 3},
    }
    assert usage({"usage": responses, "status": "completed"}) == (9, 5, 4, 0, 3)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ({"choices": [{"finish_reason": "length"}]}, "length"),
        ({"choices": [{"finish_reason": None}]}, ""),
        ({"stop_reason": "max_tokens"}, "max_tokens"),
        ({"status": "incomplete"}, "incomplete"),
        ({}, "stop"),
        (None, "stop"),
    ],
)
def test_why_an_answer_ended_is_read_as_each_provider_says_it(raw: Any, reason: str) -> None:
    message = ChatMessage(role="assistant", content="Yes.")
    reply = to_reply(ChatResponse(message=message, raw=raw), "cheap")
    assert reply.finish_reason == reason


@pytest.mark.parametrize(
    ("model", "module", "extra"),
    [
        ("openai:gpt-4o", "llama_index.llms.openai", "llamaindex-openai"),
        ("openai:a@http://127.0.0.1:1/v1", "llama_index.llms.openai_like", "llamaindex-openai"),
        ("google_genai:gemini", "llama_index.llms.google_genai", "llamaindex-google-genai"),
    ],
)
def test_what_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, model: str, module: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra, match=rf"\[{extra}\]"):
        TokenomicsLLM(premium=model)


def test_a_key_for_an_address_is_never_the_providers(
    monkeypatch: pytest.MonkeyPatch, server: Any
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    llm = TokenomicsLLM(premium=f"openai:any@{server.url}", config=TokenomicsConfig.off())
    llm.chat(asked())
    assert server.headers[-1]["authorization"] == "Bearer none"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"premium": None}, "premium model is needed"),
        ({"premium": 7}, "LLM of LlamaIndex's or a string, got int"),
        ({"premium": "gpt-4o"}, "provider:name"),
        ({"premium": "nobody:gpt-4o"}, "providers are google_genai, openai"),
        ({"premium": "OpenAI:gpt-4o"}, "did you mean 'openai:gpt-4o'"),
        ({"quality": 0.9}, "quality"),
        ({"context_window": 0}, "context_window"),
        ({"temperature": 9}, "temperature"),
    ],
)
def test_what_is_impossible_is_named(make: Make, settings: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make(**settings)


def test_models_are_made_of_strings(server: Any) -> None:
    llm = TokenomicsLLM(
        cheap=f"openai:{CHEAP}@{server.url}",
        premium="openai:gpt-4o",
        api_key=None,
        timeout=5,
        max_retries=0,
        **STEADY,
    )
    assert llm.cheap.class_name() == "OpenAILike"
    assert llm.premium.class_name() == "openai_llm"
    list(llm.stream_chat(asked(), model="cheap"))
    assert server.requests[-1]["stream_options"] == {"include_usage": True}
    assert server.headers[-1]["authorization"] == "Bearer none"
    assert llm.premium.timeout == 5
