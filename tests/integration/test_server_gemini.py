"""The loopback server, asked by Google's own client."""

from collections.abc import Iterator
from typing import Any

import pytest
from google import genai
from google.genai import errors, types
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from tests.conftest import gemini_model, openai_model
from tokenomics_shared.testing import Call, Fault, LoopbackServer, PromptCache, Turn

ADD = types.FunctionDeclaration(
    name="add_numbers",
    parameters=types.Schema(
        type=types.Type.OBJECT,
        properties={
            "a": types.Schema(type=types.Type.INTEGER),
            "why": types.Schema(type=types.Type.STRING),
        },
    ),
)
MULTIPLY = types.FunctionDeclaration(
    name="multiply", parameters_json_schema={"type": "object", "properties": {}}
)
TOOLS = [types.Tool(function_declarations=[ADD, MULTIPLY])]


def client(server: LoopbackServer, key: str = "any") -> genai.Client:
    options = types.HttpOptions(
        base_url=server.gemini_url, retry_options=types.HttpRetryOptions(attempts=1)
    )
    return genai.Client(api_key=key, http_options=options)


def ask(server: LoopbackServer, contents: Any = "Hello", key: str = "any", **fields: Any) -> Any:
    with client(server, key) as opened:
        return opened.models.generate_content(
            model="gem", contents=contents, config=types.GenerateContentConfig(**fields)
        )


def stream(server: LoopbackServer, contents: Any, **fields: Any) -> Iterator[Any]:
    with client(server) as opened:
        yield from opened.models.generate_content_stream(
            model="gem", contents=contents, config=types.GenerateContentConfig(**fields)
        )


def user(*parts: types.Part) -> types.Content:
    return types.Content(role="user", parts=list(parts))


def model(*parts: types.Part) -> types.Content:
    return types.Content(role="model", parts=list(parts))


def text(said: str) -> types.Part:
    return types.Part(text=said)


def call(name: str, given: str | None = None) -> types.Part:
    return types.Part(function_call=types.FunctionCall(name=name, args={"a": 1}, id=given))


def result(name: str, given: str | None = None, **response: Any) -> types.Part:
    told = types.FunctionResponse(name=name, id=given, response=response or {"output": "3"})
    return types.Part(function_response=told)


def forced(mode: str, *names: str) -> Any:
    config = types.FunctionCallingConfig(
        mode=types.FunctionCallingConfigMode(mode), allowed_function_names=list(names) or None
    )
    return types.ToolConfig(function_calling_config=config)


def test_it_echoes_counts_and_records(server: LoopbackServer) -> None:
    answer = ask(server, "How are you?", system_instruction="Be brief.")
    assert answer.text == "You asked gem: How are you?"
    assert answer.candidates[0].finish_reason == types.FinishReason.STOP
    usage = answer.usage_metadata
    assert usage.prompt_token_count == server.input_tokens["gem"] == (4 + 3) + (3 + 3)
    assert usage.candidates_token_count == server.output_tokens["gem"] == 8
    assert usage.total_token_count == 13 + 8
    assert server.requests[0]["model"] == "gem"
    assert server.requests[0]["contents"][0]["parts"] == [{"text": "How are you?"}]
    assert server.headers[0]["x-goog-api-key"] == "any"
    assert b'"model"' not in server.bodies[0]


def test_it_streams_with_the_usage_so_far(server: LoopbackServer) -> None:
    chunks = list(stream(server, "a b c"))
    assert [chunk.text for chunk in chunks] == ["You", " asked", " gem:", " a", " b", " c"]
    assert [bool(chunk.candidates[0].finish_reason) for chunk in chunks] == [False] * 5 + [True]
    written = [chunk.usage_metadata.candidates_token_count for chunk in chunks]
    assert written == [1, 2, 4, 5, 6, 7]
    assert server.output_tokens["gem"] == 7


def test_it_calls_tools(server: LoopbackServer) -> None:
    answer = ask(server, "Please add numbers: 'because' 41", tools=TOOLS)
    (made,) = answer.function_calls
    assert (made.name, made.args) == ("add_numbers", {"a": 41, "why": "because"})
    assert ask(server, "Hello", tools=TOOLS).function_calls is None
    assert ask(server, "Hello", tools=TOOLS, tool_config=forced("ANY")).function_calls
    named = ask(server, "Hello", tools=TOOLS, tool_config=forced("ANY", "multiply"))
    assert named.function_calls[0].name == "multiply"
    assert ask(server, "add", tools=TOOLS, tool_config=forced("NONE")).function_calls is None


def test_it_reads_what_tools_found(server: LoopbackServer) -> None:
    asked = [
        user(text("Please add and multiply")),
        model(call("add_numbers"), call("multiply"), call("multiply")),
        user(result("multiply"), result("add_numbers", x=1), result("multiply")),
    ]
    assert ask(server, asked, tools=TOOLS).text == "You asked gem: Please add and multiply"
    asked = [
        user(text("Please multiply")),
        model(text("I do."), call("multiply", "one"), call("multiply", "two")),
        user(result("multiply", "two"), result("multiply", "one"), text("So?")),
    ]
    assert ask(server, asked, tools=TOOLS).text == "You asked gem: So?"


SHAPE = types.Schema(
    type=types.Type.OBJECT,
    properties={
        "type": types.Schema(type=types.Type.NUMBER),
        "kind": types.Schema(type=types.Type.STRING, enum=["X", "y"]),
    },
)


@pytest.mark.parametrize(
    "shape",
    [
        {"response_schema": SHAPE},
        {
            "response_json_schema": {
                "type": "object",
                "properties": {"type": {"type": "number"}, "kind": {"enum": ["X", "y"]}},
            }
        },
    ],
)
def test_it_answers_in_json(server: LoopbackServer, shape: Any) -> None:
    answer = ask(server, "Use 5", response_mime_type="application/json", **shape)
    assert answer.text == '{"type": 5.0, "kind": "X"}'


def test_it_answers_in_loose_json(server: LoopbackServer) -> None:
    answer = ask(server, "Give 'a' and 'b'", response_mime_type="application/json")
    assert answer.text == '{"a": "some a", "b": "some b"}'


def test_it_stops_and_cuts(server: LoopbackServer) -> None:
    assert ask(server, "one two", stop_sequences=["two"]).text == "You asked gem: one "
    cut = ask(server, "one two", max_output_tokens=2)
    assert cut.text == "You asked"
    assert cut.candidates[0].finish_reason == types.FinishReason.MAX_TOKENS


def test_it_tells_how_sure_it_is() -> None:
    with LoopbackServer(sureness=lambda word: -1.0 if word == "asked" else -0.5) as server:
        candidate = ask(server, "x", response_logprobs=True).candidates[0]
        assert candidate.avg_logprobs == (-0.5 - 1.0 - 0.5 - 0.5) / 4
        chosen = candidate.logprobs_result.chosen_candidates
        assert [it.log_probability for it in chosen] == [-0.5, -1.0, -0.5, -0.5]
        streamed = [it.candidates[0] for it in stream(server, "x", response_logprobs=True)]
        assert [it.avg_logprobs for it in streamed] == [-0.5, -1.0, -0.5, -0.5]
        assert ask(server, "x").candidates[0].logprobs_result is None


@pytest.mark.parametrize("kind", ["image/png", "audio/wav", "application/pdf"])
def test_it_takes_media(server: LoopbackServer, kind: str) -> None:
    media = types.Part.from_bytes(data=b"\xff\xfe\xfd", mime_type=kind)
    assert ask(server, [user(text("What is it?"), media)]).text == "You asked gem: What is it?"
    there = types.Part.from_uri(file_uri="gs://a/b", mime_type=kind)
    assert ask(server, [user(there)]).text == "You asked gem: "


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"contents": []}, "contents is not specified"),
        ({"contents": [{"role": "user", "parts": []}]}, "must not be empty"),
        ({"contents": [{"role": "user", "parts": [{}]}]}, "oneof field"),
        ({"contents": [{"role": "user", "parts": [{"text": "a", "cache_control": {}}]}]}, "cache"),
        ({"contents": [{"role": "assistant", "parts": [{"text": "a"}]}]}, "valid role"),
        ({"messages": []}, 'Unknown name "messages"'),
        ({"generation_config": {"max_tokens": 5}}, "max_tokens.*generationConfig"),
        ({"tools": [{"type": "function", "function": {}}]}, r"type.*tools\[0\]"),
        (
            {"tools": [{"functionDeclarations": [{"name": "a", "parameters": {"$ref": "#"}}]}]},
            r"functionDeclarations\[0\].parameters",
        ),
        ({"tools": [{"functionDeclarations": [{"name": "a b"}]}]}, "Invalid function name"),
        ({"tools": [{"functionDeclarations": [{"name": "a"}] * 2}]}, "Duplicate"),
        ({"generationConfig": {"responseSchema": {"type": "STRING"}}}, "response mime type"),
        (
            {
                "generationConfig": {"responseMimeType": "application/json"},
                "tools": [{"functionDeclarations": [{"name": "a"}]}],
            },
            "Function calling with a response mime type",
        ),
        ({"generationConfig": {"stopSequences": list("abcdef")}}, "at most 5"),
        ({"generationConfig": {"candidateCount": 2}}, "Multiple candidates"),
        ({"generationConfig": {"temperature": 2.1}}, "temperature"),
        ({"generationConfig": {"maxOutputTokens": 0}}, "must be positive"),
        ({"generationConfig": {"logprobs": 2}}, "response_logprobs"),
        (
            {
                "toolConfig": {
                    "functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": "a"}
                }
            },
            "not all declared",
        ),
        ({"toolConfig": {"functionCallingConfig": {"allowedFunctionNames": "a"}}}, "mode ANY"),
        ({"systemInstruction": "Be brief."}, "systemInstruction"),
        (
            {"contents": [{"parts": [{"inlineData": {"data": "AAAA"}}]}]},
            "must have a mimeType",
        ),
        (
            {"contents": [{"parts": [{"inlineData": {"data": "A*", "mimeType": "a/b"}}]}]},
            "TYPE_BYTES",
        ),
    ],
)
def test_it_refuses_what_google_refuses(server: LoopbackServer, body: Any, why: str) -> None:
    whole = {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}], **body}
    with client(server) as opened, pytest.raises(errors.ClientError, match=why) as caught:
        opened._api_client.request("post", "models/gem:generateContent", whole)
    assert (caught.value.code, caught.value.status) == (400, "INVALID_ARGUMENT")
    assert not server.input_tokens


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ([user(result("multiply"))], "immediately after a function call turn"),
        ([model(call("multiply")), user(result("multiply"))], "immediately after a user turn"),
        ([user(text("a")), model(call("multiply"))], "number of function response parts"),
        (
            [user(text("a")), model(call("multiply")), user(text("b"))],
            "number of function response parts",
        ),
        (
            [user(text("a")), model(call("multiply")), user(text("b")), user(result("multiply"))],
            "number of function response parts",
        ),
        (
            [user(text("a")), model(call("multiply"), call("multiply")), user(result("multiply"))],
            "number of function response parts",
        ),
        (
            [user(text("a")), model(call("multiply")), user(result("add_numbers"))],
            "no function call for",
        ),
    ],
)
def test_it_refuses_results_without_their_calls(
    server: LoopbackServer, asked: Any, why: str
) -> None:
    with pytest.raises(errors.ClientError, match=why):
        ask(server, asked, tools=TOOLS)


def test_it_fails_on_request(server: LoopbackServer) -> None:
    server.faults["gem"] = Fault(status=503, retry_after_s=7.0, times=1)
    with pytest.raises(errors.ServerError) as caught:
        ask(server)
    assert caught.value.status == "UNAVAILABLE"
    assert caught.value.details["error"]["details"][0]["retryDelay"] == "7.0s"
    assert ask(server).text
    server.faults["gem"] = Fault(text="No.")
    assert ask(server, "Please add", tools=TOOLS).text == "No."
    server.faults["gem"] = Fault(text="")
    assert ask(server).text == ""
    assert [chunk.text for chunk in stream(server, "x")] == [""]
    server.faults["gem"] = Fault(cut_after=2)
    got: list[Any] = []
    with pytest.raises(Exception, match="incomplete|Connection|peer"):  # noqa: RUF043
        got.extend(stream(server, "one two three"))
    assert len(got) == 2


def test_it_lets_in_who_has_the_key() -> None:
    with LoopbackServer(api_key="right") as server:
        with pytest.raises(errors.ClientError, match="UNAUTHENTICATED"):
            ask(server, key="wrong")
        assert ask(server, key="right").text


def test_it_tells_of_models_and_counts(server: LoopbackServer) -> None:
    with client(server) as opened:
        assert opened.models.get(model="gem").output_token_limit == 65_536
        counted = opened.models.count_tokens(model="gem", contents="How are you?")
        assert counted.total_tokens == 4 + 3
        with pytest.raises(errors.ClientError, match="NOT_FOUND"):
            opened.models.embed_content(model="gem", contents="a")
    assert not server.input_tokens


def test_it_tells_of_the_prompt_cache() -> None:
    with LoopbackServer(prompt_cache=PromptCache()) as server:
        read = [ask(server, "a " * 1_500).usage_metadata for _ in range(2)]
        assert [it.cached_content_token_count for it in read] == [None, 1_408]


TWO = Turn((Call("add_numbers", {"a": 1}), Call("multiply")), text="I count.")


@pytest.mark.parametrize("made", [openai_model, gemini_model])
@pytest.mark.parametrize("streamed", [False, True])
def test_turns_come_as_given_whatever_is_asked_for(
    server: LoopbackServer, made: Any, streamed: Any
) -> None:
    model = made(server, "m").bind_tools([{"name": "add_numbers", "description": "Adds."}])
    server.turns = lambda request: TWO if request.messages[-1]["role"] == "user" else None
    said = ask_langchain(model, [HumanMessage("Hello")], streamed=streamed)
    assert said.text == "I count."
    calls = [(it["name"], it["args"]) for it in said.tool_calls]
    assert calls == [("add_numbers", {"a": 1}), ("multiply", {})]
    done = [ToolMessage("3", tool_call_id=it["id"]) for it in said.tool_calls]
    history = [HumanMessage("Hello"), said, *done]
    assert ask_langchain(model, history, streamed=streamed).text == "You asked m: Hello"
    with pytest.raises(Exception, match="400"):
        ask_langchain(model, history[:-1], streamed=streamed)


def ask_langchain(model: Any, messages: list[Any], *, streamed: bool) -> AIMessage:
    if not streamed:
        return model.invoke(messages)  # type: ignore[no-any-return]  # a real model
    chunks = list(model.stream(messages))
    return sum(chunks[1:], chunks[0])  # type: ignore[no-any-return]  # a real model


def test_what_isnt_json_is_no_call(server: LoopbackServer) -> None:
    server.turns = lambda request: Turn((Call("multiply", '{"a": '),))
    finish = ask(server, tools=TOOLS).candidates[0].finish_reason
    assert finish == types.FinishReason.MALFORMED_FUNCTION_CALL
    (only,) = stream(server, "x", tools=TOOLS)
    assert only.candidates[0].finish_reason == finish
    wrong = openai_model(server, "m").bind_tools([{"name": "multiply"}]).invoke("x")
    assert wrong.invalid_tool_calls[0]["args"] == '{"a": '


def test_vertex_is_served_too(server: LoopbackServer) -> None:
    from google.oauth2.credentials import Credentials

    model = gemini_model(
        server,
        "gem",
        api_key=None,
        vertexai=True,
        project="p",
        location="us-central1",
        credentials=Credentials("token"),  # type: ignore[no-untyped-call]  # Google's
    )
    assert model.invoke("Hello").text == "You asked gem: Hello"
    assert server.headers[0]["authorization"] == "Bearer token"


def test_llamaindex_is_served_too(server: LoopbackServer) -> None:
    from llama_index.llms.google_genai import GoogleGenAI

    model = GoogleGenAI(
        model="gem",
        api_key="any",
        http_options=types.HttpOptions(base_url=server.gemini_url),
        max_retries=0,
    )
    assert str(model.complete("Hello")) == "You asked gem: Hello"
    assert "".join(it.delta or "" for it in model.stream_complete("Hello")).endswith("Hello")
