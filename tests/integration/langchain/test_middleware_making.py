"""How the middleware is made, and whose models it asks."""

from typing import Any

import pytest
from langchain.agents.middleware import AgentMiddleware

from tests.conftest import openai_model
from tests.integration.langchain.conftest import CHEAP, STEADY
from tests.integration.langchain.middleware_kit import (
    EASY,
    HARD,
    agent,
    asked,
    last,
    middleware,
    told,
)
from tokenomics_langchain import Strategy, TokenomicsMiddleware
from tokenomics_shared import ConfigError, PromptError
from tokenomics_shared.testing import LoopbackServer


def test_an_empty_question_is_refused_before_any_money_is_spent(server: LoopbackServer) -> None:
    with pytest.raises(PromptError, match="empty prompt"):
        agent(server, middleware(server)).invoke(asked(" "))
    assert not server.requests


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"chaep": "openai:gpt-4o-mini"}, "chaep: there is no such setting"),
        ({"cheap": "openai:a", "balanced": "openai:a"}, "are the same model"),
        ({"quality_target": 7}, "quality_target"),
        ({"temperature": "warm"}, "temperature"),
        ({"cheap": 3}, "must be a LangChain chat model"),
        ({"strategies": [Strategy("x", tier="nobody")]}, "unknown tier 'nobody'"),
    ],
)
def test_what_is_wrong_is_said_when_it_is_made(settings: Any, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        TokenomicsMiddleware(**settings)


def test_strings_name_models_and_premium_may_be_given(server: LoopbackServer) -> None:
    given: Any = {**STEADY, "premium": f"openai:gpt-4.1@{server.url}", "api_key": "any"}
    ours = TokenomicsMiddleware(cheap=f"openai:{CHEAP}@{server.url}", **given)
    agent(server, ours).invoke(asked(HARD))
    assert [body["model"] for body in server.requests] == [CHEAP, "gpt-4.1"]
    assert [model.model for model in ours.report().totals.models] == [CHEAP, "gpt-4.1"]


def test_the_model_that_another_puts_there_is_premium(server: LoopbackServer) -> None:
    other, cheap = openai_model(server, "gpt-4.1"), openai_model(server, CHEAP)

    class Chosen(AgentMiddleware):
        def wrap_model_call(self, request: Any, handler: Any) -> Any:
            chosen = cheap if "cheaply" in request.messages[-1].text else other
            return handler(request.override(model=chosen))

    ours = middleware(server)
    made = agent(server, ours, before=[Chosen()])
    made.invoke(asked(HARD))
    assert [body["model"] for body in server.requests] == [CHEAP, "gpt-4.1"]
    server.requests.clear()
    message = last(made.invoke(asked("What is hard, cheaply?")))
    assert [body["model"] for body in server.requests] == [CHEAP]
    assert (message.text, told(message)["strategy"]) == ("Not sure", "premium")


def test_a_changed_setting_of_a_model_counts_from_then_on(server: LoopbackServer) -> None:
    cheap = openai_model(server, CHEAP)
    made = agent(server, middleware(server, cheap=cheap))
    made.invoke(asked(EASY))
    cheap.temperature = 0.3
    message = last(made.invoke(asked(EASY)))
    assert not told(message)["cache_hit"]
    assert [body.get("temperature") for body in server.requests] == [None, 0.3]
