"""What answers are found again by: nobody ever gets the answer to another request."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatResult
from langchain_core.tools import tool
from pydantic import BaseModel, SecretStr

from tests.conftest import openai_model
from tests.integration.langchain.conftest import CHEAP, PREMIUM, Make
from tests.integration.langchain.test_calls import told
from tokenomics_langchain import ChatTokenomics
from tokenomics_langchain.identity import identity_of
from tokenomics_shared.testing import ChatRequest, LoopbackServer

EASY = "What is easy?"


class Answer(BaseModel):
    """An answer."""

    answer: str


@tool
def weather(city: str) -> str:
    """Tell the weather."""
    return f"fine in {city}"


def test_two_servers_share_no_answers(tmp_path: Path) -> None:
    def ask(name: str) -> Any:
        def answer(_: ChatRequest) -> str:
            return f"The answer of server {name} to this question is forty two."

        with LoopbackServer(answer) as server:
            llm = ChatTokenomics(
                cheap=f"openai:small@{server.url}",
                premium=f"openai:large@{server.url}",
                state_dir=tmp_path,
            )
            message = llm.invoke(EASY)
            llm.engine.close()
        return message

    assert "server A" in ask("A").text
    assert "server B" in ask("B").text


SETTINGS: list[dict[str, Any]] = [
    {"default_headers": {"X-Tenant": "b"}},
    {"default_query": {"tenant": "b"}},
    {"organization": "other"},
    {"api_key": "other"},
    {"api_key": lambda: "other"},
    {"disabled_params": {"parallel_tool_calls": None}},
    {"use_responses_api": True},
    {"output_version": "v1"},
    {"extra_body": {"a": 1}},
    {"logit_bias": {1: 2}},
    {"model_kwargs": {"user": "b"}},
    {"temperature": 0.3},
    {"stop": ["x"]},
    {"n": 2},
]
HARMLESS: list[dict[str, Any]] = [
    {},
    {"request_timeout": 5.0},
    {"max_retries": 3},
    {"metadata": {"a": "b"}},
    {"tags": ["a"]},
    {"verbose": True},
    {"streaming": True},
    {"stream_usage": False},
    {"callbacks": []},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_any_setting_of_a_tier_makes_it_another(
    settings: dict[str, Any], server: LoopbackServer
) -> None:
    before = identity_of(openai_model(server, CHEAP))
    assert identity_of(openai_model(server, CHEAP, **settings)) != before


@pytest.mark.parametrize("settings", HARMLESS, ids=str)
def test_how_a_tier_is_run_and_watched_does_not(
    settings: dict[str, Any], server: LoopbackServer
) -> None:
    before = identity_of(openai_model(server, CHEAP))
    assert identity_of(openai_model(server, CHEAP, **settings)) == before


def test_what_is_bound_and_what_a_client_has_of_its_own_count(
    server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from openai import DefaultHttpxClient

    plain = openai_model(server, CHEAP)
    identities = [identity_of(plain), identity_of(plain.bind(extra_headers={"X": "b"}))]
    for headers in ({"X-Tenant": "a"}, {"X-Tenant": "b"}):
        with DefaultHttpxClient(headers=headers) as client:
            identities.append(identity_of(openai_model(server, CHEAP, http_client=client)))
    # The SDK reads these from the environment; no field of the model tells of them.
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj_b")
    identities.append(identity_of(openai_model(server, CHEAP)))
    assert len(set(identities)) == 5
    assert identity_of(plain.bind(timeout=3, stream_usage=True)) == identities[0]


def test_things_only_their_maker_understands_are_never_confused() -> None:
    class Odd(FakeListChatModel):
        part: Any = None

    def made(part: Any) -> str:
        return identity_of(Odd(responses=["a"], part=part))

    parts = [object(), object(), lambda: 1, lambda: 1, len, Path, Path("a"), "a", b"a", {1}, {2}]
    parts += [SecretStr("a"), Answer, Answer(answer="a"), Answer(answer="b"), {1: 2}, {"1": 2}]
    identities = [made(part) for part in parts]
    assert len(set(identities)) == len(parts)
    assert [made(part) for part in parts] == identities


def test_the_same_settings_are_the_same_in_every_process() -> None:
    code = """
from langchain_openai import ChatOpenAI
from tokenomics_langchain.identity import identity_of
model = ChatOpenAI(model="m", api_key="k", base_url="http://h/v1", openai_proxy="http://p:1",
                   default_headers={"a": "b", "c": "d"}, disabled_params={"x": None})
print(identity_of(model.bind(stop=["a"], logit_bias={3: 4}, parts={"a", "b", "c", "d"})))
"""
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1


def test_no_key_can_be_read_from_an_identity(server: LoopbackServer) -> None:
    key = "sk-very-secret"
    tier = openai_model(server, PREMIUM, api_key=key, default_headers={"Authorization": key})
    llm = ChatTokenomics(premium=tier.bind(extra_headers={"X-Key": key}))
    shown = repr(llm.roster) + llm.roster.identity + json.dumps(llm._identifying_params)
    assert key not in shown


def test_settings_that_change_inside_a_tier_change_the_key(
    make: Make, server: LoopbackServer
) -> None:
    extra, headers = {"metadata": {"b": [1]}}, {"X-Tenant": "a"}
    llm = make(cheap=openai_model(server, CHEAP, extra_body=extra).bind(extra_headers=headers))
    cheap: Any = llm.cheap

    def deeper() -> None:
        cheap.bound.extra_body["metadata"]["b"].append(2)

    def bound() -> None:
        cheap.kwargs["extra_headers"]["X-Tenant"] = "b"

    for change in (deeper, bound):
        llm.invoke(EASY)
        assert told(llm.invoke(EASY))["cache_hit"]
        change()
        assert not told(llm.invoke(EASY))["cache_hit"]


def test_a_tier_inside_a_tier_counts_too(make: Make, server: LoopbackServer) -> None:
    inner = openai_model(server, CHEAP)
    llm = make(cheap=make(cheap=inner))
    before = llm.roster.identity
    inner.temperature = 0.5
    assert llm.roster.identity != before


Ask = Callable[[Any], Any]


def asks(*pair: Ask) -> tuple[Ask, ...]:
    return pair


def bad_call(args: str) -> list[Any]:
    call = {"name": "f", "args": args, "id": "c1", "error": "e", "type": "invalid_tool_call"}
    return [
        HumanMessage("do it"),
        AIMessage("", invalid_tool_calls=[call]),
        ToolMessage("bad", tool_call_id="c1"),
        HumanMessage("so?"),
    ]


def structured(**options: Any) -> Ask:
    return lambda llm: llm.with_structured_output(Answer, include_raw=True, **options).invoke(
        "Give JSON with the key 'answer'"
    )


DIFFERENT: dict[str, tuple[Ask, ...]] = {
    "stop": asks(
        lambda llm: llm.invoke(EASY, stop="ab"),
        lambda llm: llm.invoke(EASY, stop=["a", "b"]),
        lambda llm: llm.invoke(EASY, stop=[]),
        lambda llm: llm.invoke(EASY),
    ),
    "limit": asks(lambda llm: llm.invoke(EASY), lambda llm: llm.invoke(EASY, max_tokens=None)),
    "invalid calls": asks(
        lambda llm: llm.invoke(bad_call("{a")), lambda llm: llm.invoke(bad_call("{bb"))
    ),
    "headers": asks(
        lambda llm: llm.invoke(EASY), lambda llm: llm.invoke(EASY, extra_headers={"X": "b"})
    ),
    "structured": asks(
        structured(),
        structured(method="json_mode"),
        structured(method="function_calling"),
        structured(strict=True),
        structured(strict=False),
        structured(strict=True, tools=[weather]),
    ),
}


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning")
@pytest.mark.parametrize("case", DIFFERENT)
def test_requests_that_differ_share_no_answer(
    case: str, make: Make, server: LoopbackServer
) -> None:
    llm = make(cheap=openai_model(server, CHEAP, stop=["zzz"]))
    for ask in DIFFERENT[case]:
        asked = len(server.bodies)
        ask(llm)
        assert len(server.bodies) > asked


def test_how_long_to_wait_is_not_part_of_a_request(make: Make, server: LoopbackServer) -> None:
    llm = make()
    llm.invoke(EASY)
    assert told(llm.invoke(EASY, timeout=4))["cache_hit"]


def test_one_of_several_samples_is_not_kept() -> None:
    class Twice(FakeListChatModel):
        def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
            result = super()._generate(*args, **kwargs)
            return ChatResult(generations=result.generations * 2)

    llm = ChatTokenomics(premium=Twice(responses=["An answer."]))
    for _ in range(2):
        (samples,) = llm.generate([[HumanMessage(EASY)]]).generations
        assert len(samples) == 2
