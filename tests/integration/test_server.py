"""The loopback server, asked by OpenAI's own client."""

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tokenomics_shared.testing import (
    Call,
    ChatRequest,
    Fault,
    LoopbackServer,
    PromptCache,
    Turn,
    recorded,
    scripted,
)

ADD = {
    "type": "function",
    "function": {
        "name": "add_numbers",
        "parameters": {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "why": {"type": "string"}},
        },
    },
}


def client(server: LoopbackServer, key: str = "any") -> openai.OpenAI:
    return openai.OpenAI(base_url=server.url, api_key=key, max_retries=0)


def ask(server: LoopbackServer, text: str = "Hello", **fields: Any) -> Any:
    with client(server) as opened:
        return opened.chat.completions.create(
            model="m", messages=[{"role": "user", "content": text}], **fields
        )


def test_it_echoes_counts_and_records(server: LoopbackServer) -> None:
    completion = ask(server, "How are you?")
    assert completion.choices[0].message.content == "You asked m: How are you?"
    assert completion.usage.prompt_tokens == server.input_tokens["m"] == 4 + 3
    assert completion.usage.completion_tokens == server.output_tokens["m"] == 8
    assert server.requests[0]["messages"] == [{"role": "user", "content": "How are you?"}]
    assert server.headers[0]["authorization"] == "Bearer any"


def stream(server: LoopbackServer, text: str, **fields: Any) -> Iterator[Any]:
    turn: Any = {"role": "user", "content": text}
    with client(server) as opened:
        yield from opened.chat.completions.create(
            model="m", messages=[turn], stream=True, **fields
        )


@pytest.mark.parametrize("usage", [True, False])
def test_it_streams(server: LoopbackServer, usage: Any) -> None:
    options = {"stream_options": {"include_usage": True}} if usage else {}
    chunks = list(stream(server, "a b c", logprobs=True, **options))
    deltas = [chunk.choices[0] for chunk in chunks if chunk.choices]
    assert "".join(d.delta.content or "" for d in deltas) == "You asked m: a b c"
    assert deltas[-1].finish_reason == "stop"
    assert deltas[1].logprobs.content[0].logprob == -0.1
    assert bool(chunks[-1].usage) == usage


def test_it_calls_tools(server: LoopbackServer) -> None:
    completion = ask(server, "Please add numbers: 'because' 41", tools=[ADD])
    (call,) = completion.choices[0].message.tool_calls
    assert call.function.name == "add_numbers"
    assert call.function.arguments == '{"a": 41, "why": "because"}'
    assert completion.choices[0].finish_reason == "tool_calls"
    assert ask(server, "Hello", tools=[ADD]).choices[0].message.tool_calls is None
    assert ask(server, "Hello", tools=[ADD], tool_choice="required").choices[0].message.tool_calls
    named = {"type": "function", "function": {"name": "add_numbers"}}
    assert ask(server, "Hello", tools=[ADD], tool_choice=named).choices[0].message.tool_calls
    assert not ask(server, "add", tools=[ADD], tool_choice="none").choices[0].message.tool_calls


def test_it_answers_in_json(server: LoopbackServer) -> None:
    schema = {
        "type": "object",
        "properties": {
            "kind": {"enum": ["x", "y"]},
            "part": {"$ref": "#/$defs/Part"},
            "maybe": {"anyOf": [{"type": "null"}, {"type": "number"}]},
            "flags": {"type": "array", "items": {"type": "boolean"}},
            "fixed": {"const": 3},
        },
        "$defs": {"Part": {"properties": {"name": {"type": "string"}}}},
    }
    wanted = {"type": "json_schema", "json_schema": {"name": "s", "schema": schema}}
    text = ask(server, "Use 'tin' and 5", response_format=wanted).choices[0].message.content
    assert text == (
        '{"kind": "x", "part": {"name": "tin"}, "maybe": 5.0, "flags": [true], "fixed": 3}'
    )
    loose = ask(server, "Give 'a' and 'b'", response_format={"type": "json_object"})
    assert loose.choices[0].message.content == '{"a": "some a", "b": "some b"}'


def test_it_stops_and_cuts(server: LoopbackServer) -> None:
    assert ask(server, "one two", stop="two").choices[0].message.content == "You asked m: one "
    assert ask(server, "one two", stop=["one"]).choices[0].message.content == "You asked m: "
    cut = ask(server, "one two", max_tokens=2).choices[0]
    assert (cut.message.content, cut.finish_reason) == ("You asked", "length")


def test_it_refuses_what_breaks_the_protocol(server: LoopbackServer) -> None:
    orphan: Any = [{"role": "tool", "tool_call_id": "call_9", "content": "3"}]
    with client(server) as opened, pytest.raises(openai.BadRequestError, match="tool message"):
        opened.chat.completions.create(model="m", messages=orphan)
    assert not server.input_tokens
    with client(server) as opened, pytest.raises(openai.NotFoundError):
        opened.embeddings.create(model="m", input="a")


CALLING: Any = {
    "role": "assistant",
    "tool_calls": [
        {"id": f"call_{n}", "type": "function", "function": {"name": "f", "arguments": "{}"}}
        for n in "ab"
    ],
}
SOUND: Any = {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}}


def user(content: Any) -> Any:
    return {"role": "user", "content": content}


def answered(name: str, content: Any = "3") -> Any:
    return {"role": "tool", "tool_call_id": f"call_{name}", "content": content}


@pytest.mark.parametrize(
    ("messages", "why"),
    [
        ([], "too short"),
        ([user([{"type": "thinking", "thinking": "Hm."}])], "'thinking' at messages.0..content.0"),
        ([{"role": "assistant", "content": [{"type": "tool_use"}]}], "tool_use"),
        ([{"role": "system", "content": [SOUND]}], "input_audio"),
        ([{"role": "human", "content": "Hello"}], "'human' at messages"),
        ([user("a"), CALLING], "call_a, call_b"),
        ([user("a"), CALLING, answered("a")], "without a tool message: call_b"),
        ([user("a"), CALLING, answered("a"), user("b"), answered("b")], "call_b"),
        ([user("a"), CALLING, answered("a"), answered("b"), answered("a")], "must follow"),
        ([CALLING, answered("a", [SOUND]), answered("b")], "input_audio"),
    ],
)
def test_it_refuses_messages_that_openai_refuses(
    server: LoopbackServer, messages: Any, why: str
) -> None:
    with client(server) as opened, pytest.raises(openai.BadRequestError, match=why):
        opened.chat.completions.create(model="m", messages=messages)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"extra_body": {"max_output_tokens": 5}}, "max_output_tokens"),
        ({"max_tokens": 5, "max_completion_tokens": 5}, "exclude"),
        ({"stop": list("abcde")}, "at most 4"),
        ({"tool_choice": "auto"}, "only allowed when"),
        ({"tools": [{"type": "web_search_preview"}]}, "web_search_preview"),
        ({"tools": [{"google_search": {}}]}, "None"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "'a b'"),
    ],
)
def test_it_refuses_fields_that_openai_refuses(
    server: LoopbackServer, fields: Any, why: str
) -> None:
    with pytest.raises(openai.BadRequestError, match=why):
        ask(server, **fields)
    assert not server.input_tokens


def test_it_takes_media_and_marks_inside_of_parts(server: LoopbackServer) -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    marked = {"type": "text", "text": "Look", "cache_control": {"type": "ephemeral"}}
    turn = user([marked, picture, SOUND, {"type": "file", "file": {"file_id": "f"}}])
    with client(server) as opened:
        made = opened.chat.completions.create(
            model="m", messages=[turn, CALLING, answered("b"), answered("a")]
        )
    assert made.choices[0].message.content == "You asked m: Look"


def test_one_call_is_left_where_parallel_ones_are_not_allowed(server: LoopbackServer) -> None:
    server.turns = lambda request: Turn((Call("add_numbers"), Call("add_numbers")))
    both = ask(server, tools=[ADD]).choices[0]
    assert (len(both.message.tool_calls), both.finish_reason) == (2, "tool_calls")
    one = ask(server, tools=[ADD], parallel_tool_calls=False).choices[0]
    assert len(one.message.tool_calls) == 1


def test_it_answers_from_a_record_or_a_script() -> None:
    with LoopbackServer(recorded({"m": {"Hello": "Recorded."}})) as server:
        assert ask(server).choices[0].message.content == "Recorded."
        with pytest.raises(openai.BadRequestError, match="no record of what m answered"):
            ask(server, "Something else")
    with LoopbackServer(recorded({}, otherwise=lambda request: "Else.")) as server:
        assert ask(server).choices[0].message.content == "Else."
    with LoopbackServer(scripted(["one", "two"])) as server:
        assert [ask(server).choices[0].message.content for _ in range(2)] == ["one", "two"]
        with pytest.raises(openai.BadRequestError, match="used up"):
            ask(server)


def test_it_fails_on_request(server: LoopbackServer) -> None:
    server.faults["m"] = Fault(status=503, retry_after_s=7.0, times=1)
    with pytest.raises(openai.InternalServerError) as caught:
        ask(server)
    assert caught.value.response.headers["retry-after"] == "7.0"
    assert ask(server).choices[0].message.content
    billed = server.output_tokens["m"]
    server.faults["m"] = Fault(text="")
    assert ask(server).choices[0].message.content == ""
    server.faults["m"] = Fault(delay_s=0.05)
    start = time.monotonic()
    ask(server)
    assert time.monotonic() - start >= 0.05
    server.faults["m"] = Fault(cut_after=0)
    with pytest.raises(openai.APIConnectionError):
        ask(server)
    assert server.output_tokens["m"] > billed


def test_it_breaks_streams_on_request(server: LoopbackServer) -> None:
    server.faults["m"] = Fault(cut_after=3)
    got: list[Any] = []
    with pytest.raises(Exception, match="incomplete|Connection|peer"):  # noqa: RUF043
        got.extend(stream(server, "one two three"))
    assert len(got) == 3


def test_it_lets_in_who_has_the_key() -> None:
    with LoopbackServer(api_key="right") as server:
        with client(server, "wrong") as opened, pytest.raises(openai.AuthenticationError):
            opened.chat.completions.create(model="m", messages=[])
        with client(server, "right") as opened:
            turn: Any = {"role": "user", "content": "Hello"}
            assert opened.chat.completions.create(model="m", messages=[turn])
            assert [model.id for model in opened.models.list()] == ["m"]


def cached(server: LoopbackServer, *texts: str, model: str = "m", **fields: Any) -> int:
    """What of a conversation of these turns came from the prompt cache."""
    turns: Any = [{"role": "user", "content": text} for text in texts]
    with client(server) as opened:
        made = opened.chat.completions.create(model=model, messages=turns, **fields)
    assert made.usage is not None
    assert made.usage.prompt_tokens_details is not None
    return made.usage.prompt_tokens_details.cached_tokens or 0


def test_it_has_no_prompt_cache_unless_told(server: LoopbackServer) -> None:
    assert [cached(server, "a " * 2_000) for _ in range(2)] == [0, 0]
    assert server.cached_tokens["m"] == 0


def test_its_prompt_cache_keeps_beginnings_in_steps_from_a_length_on() -> None:
    with LoopbackServer(prompt_cache=PromptCache()) as server:
        assert cached(server, "a " * 1_020) == 0
        assert cached(server, "a " * 1_020) == 0, "it has 1,023 tokens with those of its turn"
        assert cached(server, "b " * 1_500, "Why?") == 0
        assert cached(server, "b " * 1_500, "How?") == 1_408
        assert cached(server, "b " * 1_500, "How?", "c " * 200) == 1_408
        assert cached(server, "b " * 1_500, "How?", "c " * 201) == 1_664
        assert cached(server, "b " * 1_100 + "c " * 1_000) == 1_024
        assert cached(server, "c " + "b " * 1_500) == 0
        assert cached(server, "b " * 1_500, "Why?", model="n") == 0
        assert server.cached_tokens == {"m": 2 * 1_408 + 1_664 + 1_024, "n": 0}


def test_its_prompt_cache_reads_all_that_a_model_does() -> None:
    long = "a " * 1_500
    with LoopbackServer(prompt_cache=PromptCache()) as server:
        assert cached(server, long, tools=[ADD], tool_choice="none") == 0
        assert cached(server, long) == 0
        assert cached(server, long, tools=[ADD], tool_choice="none") > 1_408
        turn: Any = {"role": "user", "name": "ann", "content": long}
        with client(server) as opened:
            named = opened.chat.completions.create(model="m", messages=[turn])
        assert named.usage.prompt_tokens_details.cached_tokens == 0  # type: ignore[union-attr]
        parts: Any = [{"type": "text", "text": long}]
        assert [cached(server, parts), cached(server, parts)] == [0, 1_408]


def test_streams_tell_of_the_prompt_cache() -> None:
    with LoopbackServer(prompt_cache=PromptCache()) as server:
        read = []
        for _ in range(2):
            chunks = list(stream(server, "a " * 1_500, stream_options={"include_usage": True}))
            read.append(chunks[-1].usage.prompt_tokens_details.cached_tokens)
        assert read == [0, 1_408]
        assert server.input_tokens["m"] == 2 * 1_503


def test_its_prompt_cache_forgets_what_is_old_or_too_much() -> None:
    now = [0.0]
    with LoopbackServer(prompt_cache=PromptCache(ttl_s=60, clock=lambda: now[0])) as server:
        read = []
        for now[0] in (0.0, 50.0, 100.0, 161.0):
            read.append(cached(server, "a " * 1_500))
        assert read == [0, 1_408, 1_408, 0]
    with LoopbackServer(prompt_cache=PromptCache(most=12)) as server:
        assert [cached(server, f"{word} " * 1_500) for word in "aba"] == [0, 0, 0]
        assert cached(server, "a " * 1_500) == 1_408


@pytest.fixture
def alone() -> Iterator[str]:
    command = [sys.executable, "-m", "tokenomics_shared.testing"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


def test_it_runs_alone(alone: str) -> None:
    assert alone.startswith("http://127.0.0.1:")
    with urllib.request.urlopen(f"{alone}/models") as answer:  # noqa: S310 -- loopback
        assert answer.status == 200


def test_an_answerer_that_raises_is_told() -> None:
    def raising(request: ChatRequest) -> str:
        raise KeyError(request.question)

    with LoopbackServer(raising) as server, pytest.raises(openai.InternalServerError) as caught:
        ask(server, "unknown")
    assert "no answer: KeyError: 'unknown'" in str(caught.value)
