"""What an agent is answered from memory, and what is never mixed up."""

from typing import Any

import pytest
from langchain.agents.middleware import AgentMiddleware, ModelRequest, dynamic_prompt

from tests.bag import AGAIN, ANSWER, ASKED, FIXED
from tests.integration.langchain.middleware_kit import (
    EASY,
    City,
    agent,
    asked,
    last,
    middleware,
    told,
    weather,
)
from tokenomics_shared.testing import LoopbackServer


def test_another_wording_gets_the_kept_answer(server: LoopbackServer) -> None:
    server.answer = lambda request: ANSWER
    ours = middleware(server, memory={"use_semantic_cache": True, "audit_rate": 0.0, **FIXED})
    made = agent(server, ours, system_prompt="Be brief.")
    first = last(made.invoke(asked(ASKED)))
    ours.engine.flush()
    near = last(made.invoke(asked(AGAIN)))
    assert told(near)["cache_type"].startswith("semantic")
    assert near.text == first.text
    assert near.id != first.id
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"system_prompt": "Be long."},
        {"tools": [weather]},
        {"response_format": City},
        {"context_schema": dict},
        {"name": "other"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_what_decides_an_answer_is_part_of_its_key(
    other: dict[str, Any], server: LoopbackServer
) -> None:
    ours = middleware(server)
    plain = agent(server, ours, system_prompt="Be brief.")
    plain.invoke(asked(EASY))
    tools = other.pop("tools", ())
    context = {"user": "ada"} if "context_schema" in other else None
    changed = agent(server, ours, tools, **{"system_prompt": "Be brief.", **other})
    assert not told(last(changed.invoke(asked(EASY), context=context)))["cache_hit"]
    assert told(last(plain.invoke(asked(EASY))))["cache_hit"]


def test_answers_never_cross_contexts_that_others_put_into_prompts(
    server: LoopbackServer,
) -> None:
    @dynamic_prompt
    def to_user(request: ModelRequest[Any]) -> str:
        return f"Talk to {request.runtime.context['user']}."

    made = agent(server, middleware(server), after=[to_user], context_schema=dict)
    for user in ("ada", "bob", "ada"):
        made.invoke(asked(EASY), context={"user": user})
    systems = [body["messages"][0]["content"] for body in server.requests]
    assert systems == ["Talk to ada.", "Talk to bob."]


@pytest.mark.parametrize("where", ["configurable", "metadata"])
def test_wishes_come_with_the_run(where: str, server: LoopbackServer) -> None:
    made = agent(server, middleware(server))
    hits = [
        told(last(made.invoke(asked(EASY), {where: wishes})))["cache_hit"]
        for wishes in (
            {"tenant": "a"},
            {"tenant": "b"},
            {"tenant": "a"},
            {"tenant": "a", "no_cache": True},
        )
    ]
    assert hits == [False, False, True, False]


def test_those_before_us_see_an_answer_from_memory_under_an_id(server: LoopbackServer) -> None:
    class Reads(AgentMiddleware):
        def wrap_model_call(self, request: Any, handler: Any) -> Any:
            response = handler(request)
            ids.add(response.result[0].id)
            return response

    ids: set[str | None] = set()
    made = agent(server, middleware(server), before=[Reads()])
    for _ in range(3):
        made.invoke(asked(EASY))
    assert len(server.requests) == 1
    assert len(ids - {None}) == 3
