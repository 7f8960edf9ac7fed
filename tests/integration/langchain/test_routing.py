"""A quality target, audits, feedback and the comparison with premium, over real connections."""

import copy
import pickle
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from pydantic import BaseModel

from tests.conftest import openai_model
from tests.integration.langchain.conftest import CHEAP, PREMIUM
from tests.integration.langchain.spiders import (
    ALL,
    DEPENDS,
    DRAFTS,
    EVEN,
    JUDGE,
    LONGER,
    MANY,
    QUESTION,
    RIGHT,
    WRONG,
    Models,
    asked,
    finding,
    make,
    preferring,
)
from tests.integration.langchain.test_binding import weather
from tests.integration.langchain.test_calls import WAYS, by, told
from tokenomics_langchain import ChatTokenomics
from tokenomics_shared import ConfigError, FeedbackError
from tokenomics_shared.testing import LoopbackServer


@pytest.fixture
def models() -> Models:
    return Models()


@pytest.fixture
def server(models: Models) -> Iterator[LoopbackServer]:
    with LoopbackServer(models) as running:
        yield running


# Targets


@pytest.mark.parametrize(
    ("settings", "target"),
    [
        ({}, 0.95),
        ({"quality_target": 0.9}, 0.9),
        ({"quality_target": 1}, 1.0),
        ({"quality_target": 0.2}, 0.2),
        ({"aim": "save"}, 0.90),
        ({"aim": "quality"}, 0.98),
        ({"aim": "save", "quality_target": 0.97}, 0.97),
        ({"bandit": {"aim": None}}, None),
        ({"bandit": {"quality_target": 0.8}}, 0.8),
    ],
)
def test_targets(settings: dict[str, Any], target: float | None, server: LoopbackServer) -> None:
    llm = make(server, **settings)
    assert llm.engine.config.bandit.target == target
    assert llm.invoke(QUESTION).text in {RIGHT, LONGER}


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"quality_target": 0}, r"bandit\.quality_target = 0.*greater than 0"),
        ({"quality_target": 1.2}, r"bandit\.quality_target = 1\.2.*less than or equal to 1"),
        ({"quality_target": 95}, r"bandit\.quality_target = 95"),
        ({"quality_target": float("nan")}, r"bandit\.quality_target = nan"),
        ({"quality_target": "most"}, r"bandit\.quality_target = 'most'"),
        ({"aim": "cheap"}, r"bandit\.aim = 'cheap'.*'save', 'balanced' or 'quality'"),
        ({"bandit": {"algorithm": "ucb2"}}, r"bandit\.algorithm = 'ucb2'"),
        ({"bandit": "ucb", "aim": "save"}, "bandit must be a mapping of settings, got str"),
        ({"audit": {"rate": 0.5, "max_rate": 0.1}}, r"audit: .*rate 0\.5 is above max_rate 0\.1"),
    ],
)
def test_targets_that_cannot_be(settings: Any, reason: str, server: LoopbackServer) -> None:
    with pytest.raises(ConfigError, match=reason):
        make(server, **settings)


@pytest.mark.parametrize(
    "algorithm", ["linear_thompson", "thompson", "ucb", "epsilon_greedy", "linucb"]
)
@pytest.mark.parametrize("reward", ["quality", "blended"])
def test_every_algorithm(algorithm: str, reward: str, server: LoopbackServer) -> None:
    llm = make(server, bandit={"algorithm": algorithm, "reward": reward, "seed": 1}, audit=ALL)
    for number in range(6):
        llm.invoke(f"{QUESTION} {number}")
    llm.engine.flush()
    report = llm.engine.report()
    assert report.totals.requests == 6
    assert not report.faults


@pytest.mark.parametrize("way", WAYS)
async def test_default_settings_in_every_way(way: str, server: LoopbackServer) -> None:
    llm = make(server, bandit={"seed": 3})
    message = await by(way, llm, QUESTION)
    assert message.text in {RIGHT, LONGER}
    assert told(message)["trace"][0].startswith("arm:")
    assert told(await by(way, llm, QUESTION))["cache_hit"]


# Audits


@pytest.mark.parametrize("way", WAYS)
async def test_audits_tell_the_quality_kept(
    way: str, server: LoopbackServer, models: Models
) -> None:
    models.says[PREMIUM] = lambda _: "Together 16."
    llm = make(server, bandit=DRAFTS, judge=lambda *_: 1.0, audit=ALL, prices=EVEN)
    for number in range(4):
        assert told(await by(way, llm, f"{QUESTION} {number}"))["audited"]
    llm.engine.flush()
    totals = llm.engine.report().totals
    (cheap,) = totals.audited
    assert (cheap.shortcut, cheap.uses, cheap.audits, cheap.loss) == ("cheap", 4, 4, 0.0)
    assert cheap.low <= 0.0 < cheap.high < 1.0
    assert totals.requests == totals.audits == 4
    assert totals.audit_cost > 0
    assert "Quality kept overall: 100.0 %" in str(llm.engine.report())
    assert asked(server).count(PREMIUM) == 4


def test_audits_find_what_was_lost(server: LoopbackServer, models: Models) -> None:
    all_answered = Event()
    models.says[CHEAP] = lambda _: WRONG
    # Nothing is found before all is answered, or else the shortcut closes in between.
    models.says[PREMIUM] = lambda _: RIGHT if all_answered.wait(30) else ""
    llm = make(server, bandit=DRAFTS, judge=lambda *_: 1.0, audit=ALL)
    llm.batch([f"{QUESTION} {number}" for number in range(4)])
    all_answered.set()
    llm.engine.flush()
    (cheap,) = llm.engine.report().totals.audited
    assert cheap.loss == 1.0
    assert cheap.low > 0.2
    told = llm.engine.report().to_dict()
    assert told["audited"][0]["interval"] == [cheap.low, cheap.high]
    assert told["quality_kept"]["mean"] == 0.0


def test_audits_by_a_function_of_ones_own(server: LoopbackServer) -> None:
    seen: list[tuple[str, str, str]] = []

    def lost(question: str, given: str, best: str) -> float:
        seen.append((question, given, best))
        return 0.25

    llm = make(server, bandit=DRAFTS, judge=lambda *_: 1.0, audit={**ALL, "compare": lost})
    llm.invoke(QUESTION)
    llm.engine.flush()
    assert seen == [(QUESTION, RIGHT, LONGER)]
    assert llm.engine.report().totals.audited[0].loss == 0.25


def test_audits_by_a_model_send_nothing_of_the_callers(
    server: LoopbackServer, models: Models
) -> None:
    models.says[CHEAP] = lambda _: MANY
    models.says[PREMIUM] = lambda _: DEPENDS
    models.says[JUDGE] = preferring(DEPENDS)
    judge = {"judges": ("checks",), "model": openai_model(server, JUDGE)}
    llm = make(server, bandit=DRAFTS, judge=judge, audit=ALL)
    llm.bind_tools([weather]).invoke(QUESTION, stop=["</end>"], seed=7)
    llm.engine.flush()
    assert asked(server) == [CHEAP, PREMIUM, JUDGE, JUDGE]
    assert server.requests[1]["tools"]
    for judged in list(server.requests)[2:]:
        assert set(judged) <= {"messages", "model", "stream", "max_completion_tokens"}
        assert judged["max_completion_tokens"] == 400
    assert llm.engine.report().totals.audited[0].loss == 1.0


# Feedback


def test_feedback_days_later_by_the_message_that_was_kept(
    server: LoopbackServer, tmp_path: Path
) -> None:
    llm = make(server, state_dir=tmp_path, audit={"enabled": False})
    kept = llm.invoke(QUESTION).model_dump_json()
    llm.engine.close()
    later = make(server, state_dir=tmp_path, audit={"enabled": False})
    message = AIMessage.model_validate_json(kept)
    later.engine.feedback(message, 0.0)
    later.engine.feedback(told(message)["request_id"], 1)
    later.engine.close()


def test_feedback_teaches(server: LoopbackServer) -> None:
    starts = {}
    for score in (0.0, 1.0):
        llm = make(
            server, bandit={"seed": 1}, judge={"judges": ("checks",)}, audit={"enabled": False}
        )
        for number in range(60):
            message = llm.invoke(f"{QUESTION} {number}")
            llm.engine.feedback(message, score if told(message)["strategy"] == "cheap" else 1.0)
        starts[score] = sum(
            told(llm.invoke(f"{QUESTION} {number}"))["strategy"] == "cheap"
            for number in range(60, 100)
        )
    assert starts[0.0] <= 4
    assert starts[1.0] >= 30


@pytest.mark.parametrize("score", [-0.1, 1.1, float("nan"), "good", None, True])
def test_feedback_that_is_no_score(score: Any, server: LoopbackServer) -> None:
    llm = make(server)
    with pytest.raises(FeedbackError, match="score must be a number from 0 to 1"):
        llm.engine.feedback(llm.invoke(QUESTION), score)


@pytest.mark.parametrize("answer", ["nobody", AIMessage("Hello"), {}])
def test_feedback_on_what_is_not_known(answer: Any, server: LoopbackServer) -> None:
    with pytest.raises(FeedbackError, match=r"is not known|names no request"):
        make(server).engine.feedback(answer, 1.0)


# What a chat model is besides


def test_tenants_are_apart(server: LoopbackServer) -> None:
    llm = make(server, bandit=DRAFTS, judge=lambda *_: 1.0, audit={"enabled": False})
    for tenant in ("a", "b", "a"):
        llm.invoke(QUESTION, config={"configurable": {"tenant": tenant}})
    assert asked(server) == [CHEAP, CHEAP]


class City(BaseModel):
    """A city."""

    name: str
    people: int


def test_tools_and_formats_with_default_settings(server: LoopbackServer) -> None:
    llm = make(server, audit=ALL)
    for number in range(3):
        called = llm.bind_tools([weather]).invoke(f"What is the weather in 'Graz' {number}?")
        assert called.tool_calls[0]["args"] == {"city": "Graz"}
        city = llm.with_structured_output(City).invoke(f"'Graz' has people: {number}")
        assert city == City(name="Graz", people=number)
    llm.engine.flush()
    assert not llm.engine.report().faults


def test_a_loop_with_tools_by_default_settings(server: LoopbackServer) -> None:
    llm = make(server).bind_tools([weather])
    turns: list[Any] = [SystemMessage("Use tools."), HumanMessage("The weather in 'Graz'?")]
    called = llm.invoke(turns)
    (call,) = called.tool_calls
    turns += [called, ToolMessage(weather.invoke(call["args"]), tool_call_id=call["id"])]
    answer = llm.invoke(turns)
    assert not answer.tool_calls
    assert answer.text in {RIGHT, LONGER}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_an_agent_by_default_settings(server: LoopbackServer) -> None:
    agents = pytest.importorskip("langchain.agents")
    agent = agents.create_agent(make(server), [weather])
    for ask in ("invoke", "ainvoke"):
        given = {"messages": [HumanMessage(f"The weather in 'Graz', {ask}?")]}
        done = agent.invoke(given) if ask == "invoke" else await agent.ainvoke(given)
        kinds = [message.type for message in done["messages"]]
        assert kinds == ["human", "ai", "tool", "ai"]


async def test_batches_learn_from_each_answer(server: LoopbackServer) -> None:
    llm = make(server, audit=ALL, bandit={"seed": 2})
    questions: list[Any] = [f"{QUESTION} {number}" for number in range(20)]
    answers = llm.batch(questions) + await llm.abatch([f"{q}!" for q in questions])
    assert len({told(answer)["request_id"] for answer in answers}) == 40
    llm.engine.flush()
    assert llm.engine.report().totals.requests == 40
    assert not llm.engine.report().faults


def test_copies_share_what_is_learned_and_pickles_are_made_anew(server: LoopbackServer) -> None:
    from langchain_core.language_models.fake_chat_models import FakeListChatModel

    llm = ChatTokenomics(
        cheap=FakeListChatModel(responses=[RIGHT]),
        premium=FakeListChatModel(responses=[LONGER]),
        judge={"judges": ("llm",), "model": FakeListChatModel(responses=[finding("A")])},
        quality_target=0.97,
    )
    assert copy.deepcopy(llm).engine is llm.engine
    again = pickle.loads(pickle.dumps(llm))  # noqa: S301 -- our own
    assert again.engine.config.bandit.target == 0.97
    assert again.engine.config.judge.model.responses == [finding("A")]
    assert again.invoke(QUESTION).text in {RIGHT, LONGER}
