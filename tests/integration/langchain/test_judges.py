"""Judges over real connections: whom they ask, what they send, what comes of it."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.tracers import BaseTracer
from pydantic import BaseModel

from tests.conftest import openai_model
from tests.integration.langchain.conftest import CHEAP, PREMIUM, Make
from tests.integration.langchain.test_binding import weather
from tests.integration.langchain.test_calls import WAYS, by, told
from tokenomics_shared.testing import ChatRequest, Fault, LoopbackServer

JUDGE, SECOND = "judge-1", "second-1"
QUESTION = "How many legs do two spiders have?"
RIGHT = "Each of them has eight, so two have 16 legs."
WRONG = "Each of them has six, so two have 12 legs."


class Models:
    """Answers of four models; tests say what each of them answers."""

    def __init__(self) -> None:
        self.says: dict[str, Callable[[ChatRequest], str]] = {
            CHEAP: lambda _: RIGHT,
            PREMIUM: lambda _: f"Let me count. {RIGHT}",
            SECOND: lambda _: "There are eight for each: 16.",
            JUDGE: lambda _: verdict(0.9),
        }

    def __call__(self, request: ChatRequest) -> str:
        return self.says[request.model](request)


def verdict(score: float, reason: str = "counted") -> str:
    return f"Here you are:\n{json.dumps({'reason': reason, 'score': score})}"


@pytest.fixture
def models() -> Models:
    return Models()


@pytest.fixture
def server(models: Models) -> Iterator[LoopbackServer]:
    with LoopbackServer(models) as running:
        yield running


def by_model(server: LoopbackServer, **settings: Any) -> dict[str, Any]:
    """Settings of the judge that is a model."""
    model = openai_model(server, JUDGE, **settings)
    return {"judges": ("checks", "llm"), "model": model}


def asked(server: LoopbackServer) -> list[str]:
    return [request["model"] for request in server.requests]


@pytest.mark.parametrize("way", WAYS)
async def test_a_model_accepts_a_draft(way: str, make: Make, server: LoopbackServer) -> None:
    message = await by(way, make(judge=by_model(server)), QUESTION)
    assert message.text == RIGHT
    assert (told(message)["strategy"], told(message)["quality"]) == ("cheap", 0.9)
    assert asked(server) == [CHEAP, JUDGE]
    assert [call["purpose"] for call in told(message)["calls"]] == ["draft", "judge"]
    # What judging costs is in the cost of the answer, and no part of what premium would cost.
    assert message.usage_metadata is not None
    assert told(message)["input_tokens"] > message.usage_metadata["input_tokens"]


@pytest.mark.parametrize("way", WAYS)
async def test_a_model_rejects_a_draft_and_nobody_sees_what_it_wrote(
    way: str, make: Make, server: LoopbackServer, models: Models
) -> None:
    models.says[CHEAP] = lambda _: WRONG
    models.says[JUDGE] = lambda _: verdict(0.2, "spiders have eight")
    message = await by(way, make(judge=by_model(server)), QUESTION)
    assert message.text == f"Let me count. {RIGHT}"
    assert told(message)["strategy"] == "premium"
    assert asked(server) == [CHEAP, JUDGE, PREMIUM]
    assert any("judged 0.20 under 0.70: spiders have" in step for step in told(message)["trace"])


@pytest.mark.parametrize("way", ["invoke", "astream"])
@pytest.mark.parametrize("broken", ["It is fine.", '{"score": "high"}', '{"score": 9}', "", "{"])
async def test_one_that_writes_no_verdict_is_asked_once_more_and_then_abstains(
    way: str, broken: str, make: Make, server: LoopbackServer, models: Models
) -> None:
    models.says[JUDGE] = lambda _: broken
    message = await by(way, make(judge=by_model(server)), QUESTION)
    assert asked(server) == [CHEAP, JUDGE, JUDGE, PREMIUM]
    assert told(message)["trace"][-1] == "escalate:cheap:the judge's reply can't be read"


def test_one_that_writes_it_at_the_second_time_has_judged(
    make: Make, server: LoopbackServer, models: Models
) -> None:
    replies = iter(["Well...", verdict(0.8)])
    models.says[JUDGE] = lambda _: next(replies)
    assert told(make(judge=by_model(server)).invoke(QUESTION))["strategy"] == "cheap"
    assert asked(server) == [CHEAP, JUDGE, JUDGE]


@pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
async def test_one_that_is_away_has_not_accepted(
    way: str, make: Make, server: LoopbackServer
) -> None:
    server.faults[JUDGE] = Fault(status=503)
    llm = make(judge=by_model(server))
    message = await by(way, llm, QUESTION)
    assert told(message)["strategy"] == "premium"
    assert told(message)["trace"][-1] == "escalate:cheap:judge failed"
    assert llm.engine.report().faults == {"judge:OpenAIAPIError": 1}


CALLERS = {
    "temperature": 0.77,
    "max_tokens": 555,
    "seed": 7,
    "user": "somebody",
    "logit_bias": {"50256": -100},
    "extra_headers": {"X-Caller": "somebody"},
    "metadata": {"ours": "no"},
}
OWN = {"messages", "model", "stream", "max_completion_tokens"}


@pytest.mark.parametrize("way", WAYS)
async def test_a_judge_gets_nothing_of_the_callers(
    way: str, make: Make, server: LoopbackServer
) -> None:
    llm = make(judge=by_model(server), temperature=0.66, stop=["never"])
    await by(way, llm.bind_tools([weather]).bind(stop=["</end>"], **CALLERS), QUESTION)
    draft, judged = server.requests
    assert draft["tools"]
    assert draft["stop"] == ["</end>"]
    assert set(judged) <= OWN
    assert judged["max_completion_tokens"] == 300
    assert not judged.get("stream")
    assert [turn["role"] for turn in judged["messages"]] == ["system", "user"]
    assert "judge whether an answer is good enough" in judged["messages"][0]["content"]
    assert QUESTION in judged["messages"][1]["content"]
    assert RIGHT in judged["messages"][1]["content"]
    assert "x-caller" not in server.headers[1]


def test_a_judge_keeps_what_is_its_own(make: Make, server: LoopbackServer) -> None:
    model = openai_model(server, JUDGE, temperature=0.0).bind(
        response_format={"type": "json_object"}, seed=11, max_tokens=120
    )
    server.faults[JUDGE] = Fault(text=verdict(0.9))
    llm = make(judge={"judges": ("llm",), "model": model})
    assert told(llm.invoke(QUESTION, temperature=1.5))["strategy"] == "cheap"
    (judged,) = (r for r in server.requests if r["model"] == JUDGE)
    assert judged["response_format"] == {"type": "json_object"}
    assert (judged["temperature"], judged["seed"]) == (0.0, 11)
    assert judged["max_completion_tokens"] == 120


def test_a_judge_may_be_named(
    make: Make, server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    llm = make(judge={"judges": ("llm",), "model": f"openai:{JUDGE}@{server.url}"})
    assert told(llm.invoke(QUESTION))["strategy"] == "cheap"
    assert asked(server) == [CHEAP, JUDGE]


def test_a_judge_is_nobody_to_be_asked_for_an_answer(make: Make, server: LoopbackServer) -> None:
    llm = make(judge=by_model(server))
    assert [arm.arm_id for arm in llm.roster.arms] == ["cheap", "premium"]
    # Its name is one for premium's provider, as any other that no tier has.
    llm.bind(model=JUDGE).invoke(QUESTION)
    assert asked(server) == [JUDGE]
    assert llm.engine.report().totals.models[0].tier == "premium"


def test_a_rubric_of_ones_own(make: Make, server: LoopbackServer) -> None:
    judge = {**by_model(server), "rubric": "1.0: it is about spiders."}
    make(judge=judge).invoke(QUESTION)
    assert "it is about spiders" in server.requests[1]["messages"][0]["content"]


class Told(BaseCallbackHandler):
    """Counts runs and tokens."""

    def __init__(self) -> None:
        self.starts: list[str] = []
        self.tokens: list[str] = []

    def on_chat_model_start(self, serialized: Any, messages: Any, **kwargs: Any) -> None:
        self.starts.append(kwargs.get("name") or "")

    def on_llm_new_token(self, token: Any, **kwargs: Any) -> None:
        self.tokens.append(token)


class Tracer(BaseTracer):
    """Keeps whole runs."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Any] = []

    def _persist_run(self, run: Any) -> None:
        self.seen.append(run)


def test_callbacks_hear_of_the_answer_alone_and_tracers_of_each_call(
    make: Make, server: LoopbackServer
) -> None:
    handler, tracer = Told(), Tracer()
    llm = make(judge=by_model(server), nested="trace")
    list(llm.stream(QUESTION, config={"callbacks": [handler, tracer]}))
    assert len(handler.starts) == 1
    assert "".join(handler.tokens) == RIGHT
    (root,) = tracer.seen
    assert [child.name for child in root.child_runs] == ["tier:cheap", "tier:judge"]


@pytest.mark.parametrize("way", WAYS)
async def test_a_second_model_that_agrees(way: str, make: Make, server: LoopbackServer) -> None:
    second = openai_model(server, SECOND)
    llm = make(judge={"judges": ("checks", "agreement"), "second_model": second})
    message = await by(way, llm, QUESTION)
    assert message.text == RIGHT
    assert asked(server) == [CHEAP, SECOND]


def test_a_second_model_that_answers_otherwise_is_asked_as_the_first_was(
    make: Make, server: LoopbackServer, models: Models
) -> None:
    models.says[SECOND] = lambda _: WRONG
    second = openai_model(server, SECOND)
    llm = make(judge={"judges": ("checks", "agreement"), "second_model": second})
    message = llm.invoke(QUESTION, stop=["</end>"], temperature=0.3)
    assert told(message)["trace"][-1] == "escalate:cheap:second answers otherwise"
    draft, other, _ = server.requests
    assert {**draft, "model": SECOND} == other


def test_reference_answers(make: Make, server: LoopbackServer) -> None:
    pytest.importorskip("rouge_score")
    known = {QUESTION: RIGHT, "How many legs has a bird?": "A bird stands on two of them."}
    judge = {
        "judges": ("checks", "reference"),
        "reference": lambda prompt: known.get(prompt.question),
    }
    llm = make(judge=judge)
    assert told(llm.invoke(QUESTION))["quality"] == pytest.approx(1.0)
    assert told(llm.invoke("How many legs has a bird?"))["strategy"] == "premium"
    # Where no answer is known nobody has judged, and nobody has accepted.
    assert told(llm.invoke("How many legs has a fish?"))["strategy"] == "premium"


@pytest.mark.parametrize("way", WAYS)
async def test_a_function(way: str, make: Make, server: LoopbackServer, models: Models) -> None:
    llm = make(judge=lambda question, answer: 1.0 if "16" in answer else 0.0)
    assert told(await by(way, llm, QUESTION))["strategy"] == "cheap"
    models.says[CHEAP] = lambda _: WRONG
    assert told(await by(way, llm, f"{QUESTION} Say."))["strategy"] == "premium"


def test_judges_are_asked_in_order_of_price(
    make: Make, server: LoopbackServer, models: Models
) -> None:
    models.says[CHEAP] = lambda _: "Not sure"
    judge = {**by_model(server), "judges": ("llm", "quick", "checks")}
    assert told(make(judge=judge).invoke(QUESTION))["strategy"] == "premium"
    assert asked(server) == [CHEAP, PREMIUM]


class Legs(BaseModel):
    """Legs."""

    count: int


def test_tool_calls_and_formats_are_no_business_of_a_model(
    make: Make, server: LoopbackServer
) -> None:
    llm = make(judge=by_model(server))
    assert llm.bind_tools([weather]).invoke("What is the weather in 'Graz'?").tool_calls
    assert llm.with_structured_output(Legs).invoke("There are 16") == Legs(count=16)
    assert asked(server) == [CHEAP, CHEAP]


@pytest.mark.parametrize(
    ("judge", "reason"),
    [
        ({"judges": ("llm",)}, r"judges has 'llm', which needs judge\.model"),
        ({"judges": ("agreement",)}, r"which needs judge\.second_model"),
        ({"judges": ("reference",)}, r"which needs judge\.reference"),
        ({"judges": ("oracle",)}, r"judge\.judges\.0 = 'oracle'"),
        ({"judges": ("llm",), "model": 5}, "must be a LangChain chat model or a string, got int"),
        ({"judges": ("llm",), "model": "judge"}, "not of the form 'provider:name'"),
    ],
)
def test_what_a_judge_cannot_be_is_said(judge: Any, reason: str, make: Make) -> None:
    from tokenomics_shared import ConfigError

    with pytest.raises(ConfigError, match=reason):
        make(judge=judge)
