"""Drafts judged by how sure the model was of them; callers don't see its log-probabilities."""

from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.caches import InMemoryCache

from tests.conftest import openai_model
from tests.integration.langchain.conftest import CHEAP, PREMIUM, QUICK, answer
from tests.integration.langchain.test_binding import City, weather
from tests.integration.langchain.test_calls import WAYS, by, told
from tokenomics_langchain import ChatTokenomics
from tokenomics_shared.testing import ChatRequest, Fault, LoopbackServer
from tokenomics_shared.testing.completions import BadRequest

SURE, TORN = "What is easy?", "What is torn?"
PLAIN: dict[str, Any] = {
    "bandit": {"enabled": False},
    "audit": {"enabled": False},
    "judge": {"judges": ("checks", "confidence")},
}


def sureness(word: str) -> float:
    return -3.0 if word == "torn?" else -0.1


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(answer, sureness=sureness) as running:
        yield running


def make(server: LoopbackServer, **settings: Any) -> ChatTokenomics:
    models = {"cheap": openai_model(server, CHEAP), "premium": openai_model(server, PREMIUM)}
    return ChatTokenomics(**{**models, **PLAIN, **settings})


@pytest.mark.parametrize("way", WAYS)
async def test_a_draft_that_the_model_was_sure_of_is_taken_and_shown_without(
    way: str, server: LoopbackServer
) -> None:
    llm = make(server)
    message = await by(way, llm, SURE)
    assert told(message)["strategy"] == "cheap"
    assert server.requests[0]["logprobs"] is True
    assert not message.response_metadata.get("logprobs")
    assert "-0.1" not in repr(message)
    again = await by(way, llm, SURE)
    assert told(again)["cache_hit"]
    assert "-0.1" not in repr(again)


@pytest.mark.parametrize("way", WAYS)
async def test_one_that_it_was_not_sure_of_goes_up(way: str, server: LoopbackServer) -> None:
    # One token of ten is torn: the 10 % quantile is between the two.
    llm = make(server)
    message = await by(way, llm, f"{TORN} torn? torn?")
    assert told(message)["strategy"] == "premium"
    assert told(message)["trace"][-1].startswith("escalate:cheap:confidence 0.")
    assert [request.get("logprobs") for request in server.requests] == [True, None]


def test_the_answer_is_what_it_would_be_without(server: LoopbackServer) -> None:
    for way in ("invoke", "stream"):
        plain = make(server, judge=QUICK)
        one, other = (WAYS[way](llm, SURE) for llm in (make(server), plain))
        ours = dict(one.response_metadata), dict(other.response_metadata)
        for metadata in ours:
            for name in ("tokenomics", "id", "request_id"):
                metadata.pop(name, None)
        assert ours[0] == ours[1]
        assert one.additional_kwargs == other.additional_kwargs


async def test_who_asked_for_them_gets_them(server: LoopbackServer) -> None:
    llm = make(server)
    for way in ("invoke", "ainvoke", "stream", "astream"):
        message = await by(way, llm.bind(logprobs=True), f"{SURE} {way}")
        assert message.response_metadata["logprobs"]["content"][0]["logprob"] == -0.1
        assert told(message)["strategy"] == "cheap"


def test_who_asked_for_none_has_no_judge_of_them(server: LoopbackServer) -> None:
    message = make(server).bind(logprobs=False).invoke(SURE)
    assert server.requests[0]["logprobs"] is False
    assert told(message)["strategy"] == "premium"


def test_a_tiers_own_wish_stands(server: LoopbackServer) -> None:
    llm = make(server, cheap=openai_model(server, CHEAP, logprobs=True))
    message = llm.invoke(SURE)
    assert message.response_metadata["logprobs"]["content"]
    assert told(message)["strategy"] == "cheap"


def test_tools_are_called_and_formats_kept_under_this_judge(server: LoopbackServer) -> None:
    llm = make(server)
    called = llm.bind_tools([weather]).invoke("What is the weather in 'Graz'?")
    assert called.tool_calls[0]["args"] == {"city": "Graz"}
    assert told(called)["strategy"] == "cheap"
    assert llm.with_structured_output(City).invoke("'Graz' has people: 9") == City(
        name="Graz", people=9
    )
    assert "logprobs" not in server.requests[-1]


@pytest.mark.parametrize("way", WAYS)
async def test_a_model_that_refuses_them_is_asked_without_and_not_again(way: str) -> None:
    def refusing(request: ChatRequest) -> str:
        if request.body.get("logprobs"):
            raise BadRequest("'logprobs' is not supported with this model")
        return answer(request)

    with LoopbackServer(refusing) as server:
        llm = make(server, judge={"judges": ("checks", "confidence", "quick")})
        for number in range(3):
            message = await by(way, llm, f"{SURE} {number}")
            # Without log-probabilities the other judges decide.
            assert told(message)["strategy"] == "cheap"
        wishes = [request.get("logprobs") for request in server.requests]
        assert wishes == [True, None, None, None]
        assert llm.engine.report().totals.models[0].calls == 3


@pytest.mark.parametrize("way", WAYS)
async def test_other_failures_are_what_they_were(way: str, server: LoopbackServer) -> None:
    server.faults[CHEAP] = Fault(status=503)
    llm = make(server)
    message = await by(way, llm, SURE)
    assert told(message)["trace"][-1] == "fallback:cheap:OpenAIAPIError"


@pytest.mark.parametrize("way", ["stream", "astream"])
async def test_drafts_that_do_not_stream_are_judged_too(way: str, server: LoopbackServer) -> None:
    llm = make(server, cheap=openai_model(server, CHEAP, disable_streaming=True))
    message = await by(way, llm, SURE)
    assert told(message)["strategy"] == "cheap"
    assert "-0.1" not in repr(message)


def test_a_cache_on_the_tier_keeps_them(server: LoopbackServer) -> None:
    settings = {"memory": {"use_exact_cache": False}}
    llm = make(server, cheap=openai_model(server, CHEAP, cache=InMemoryCache()), **settings)
    for _ in range(2):
        assert told(llm.invoke(SURE))["strategy"] == "cheap"
    assert len(server.requests) == 1


def test_the_wish_is_no_part_of_the_request(server: LoopbackServer) -> None:
    entries = [
        told(make(server, judge={"judges": judges}).invoke(SURE))["cache_entry"]
        for judges in (("checks", "confidence"), ("checks", "confidence"))
    ]
    assert entries[0] == entries[1]
