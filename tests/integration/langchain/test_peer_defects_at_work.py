"""What wrappers like ours get wrong, one by one: in what they read, and how they run."""

import asyncio
import sys
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from tests.bag import FIXED
from tests.conftest import openai_model
from tests.integration.langchain.conftest import CHEAP, PREMIUM, STEADY, Make
from tests.integration.langchain.matrix import IMAGE
from tests.integration.langchain.test_calls import WAYS, by, told
from tokenomics_langchain import ChatTokenomics
from tokenomics_shared.orchestrator import complexity_of
from tokenomics_shared.orchestrator.complexity import LOOK_AT
from tokenomics_shared.testing import Fault, LoopbackServer

EASY, HARD = "What is easy?", "What is hard?"


class InBlocks(GenericFakeChatModel):
    """A model whose content is a list of blocks, whole and in chunks."""

    def _stream(self, *args: Any, **kwargs: Any) -> Any:
        for chunk in super()._stream(*args, **kwargs):
            blocks: Any = [{"type": "text", "text": str(chunk.text), "index": 0}]
            chunk.message.content = blocks
            yield chunk


@pytest.mark.parametrize("way", WAYS)
async def test_content_in_blocks_counts_as_none(way: str, make: Make) -> None:
    """Answers whose content is a list are taken for empty, and always escalate."""
    text = "An easy thing is one that takes no time."
    message = AIMessage([{"type": "text", "text": text}])
    if "stream" in way:
        message = AIMessage(text)
    answer = await by(way, make(cheap=InBlocks(messages=iter([message]))), EASY)
    assert (told(answer)["strategy"], answer.text) == ("cheap", text)


def test_a_question_in_blocks_is_read_as_nothing(make: Make, server: LoopbackServer) -> None:
    """Whoever sends an image has an empty question, and is routed by it."""
    asked = [HumanMessage([{"type": "text", "text": HARD}, IMAGE])]
    assert told(make().invoke(asked))["trace"][1].startswith("escalate:cheap:")
    blind = openai_model(server, CHEAP, profile={"image_inputs": False})
    decision = told(make(cheap=blind).invoke(asked))
    assert (decision["strategy"], decision["calls"][0]["tier"]) == ("premium", "premium")


@pytest.mark.parametrize(
    "fault",
    [Fault(status=429), Fault(status=500), Fault(delay_s=1.0), Fault(cut_after=1)],
    ids=["rate limit", "server error", "timeout", "broken connection"],
)
@pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
async def test_a_draft_that_fails_fails_the_request(
    way: str, fault: Fault, make: Make, server: LoopbackServer
) -> None:
    """Rate limits and timeouts of the cheap tier are the caller's problem."""
    server.faults[CHEAP] = fault
    llm = make(cheap=openai_model(server, CHEAP, timeout=0.2))
    message = await by(way, llm, EASY)
    assert message.text == f"The answer of {PREMIUM} to {EASY} is forty two."
    assert len(server.requests) == 2


def _is_routed(llm: ChatTokenomics, ask: Callable[[], Any]) -> bool:
    return any(note.startswith("arm:") for note in told(ask())["trace"])


def test_a_call_that_blocks_makes_a_loop_of_its_own(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sync calls pay for an event loop each."""

    def refused(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError("a loop for a call that blocks")

    monkeypatch.setattr(asyncio, "run", refused)
    monkeypatch.setattr(asyncio, "new_event_loop", refused)
    llm = make()
    assert _is_routed(llm, lambda: llm.invoke(EASY))
    assert _is_routed(llm, lambda: list(llm.stream(HARD))[-1])


async def test_a_call_that_blocks_inside_a_running_loop_is_half_done(make: Make) -> None:
    """In notebooks and servers sync calls skip routing, and coroutines are never awaited."""
    llm = make()
    assert asyncio.get_running_loop().is_running()
    assert _is_routed(llm, lambda: llm.invoke(EASY))
    assert _is_routed(llm, lambda: list(llm.stream(HARD))[-1])
    assert _is_routed(llm, lambda: llm.batch([EASY + " Or not?"])[0])


class Read(str):
    """A text that counts how much of it is read."""

    characters: int

    def __new__(cls, text: str) -> "Read":
        made = super().__new__(cls, text)
        made.characters = 0
        return made

    def __getitem__(self, at: Any) -> str:
        part = super().__getitem__(at)
        self.characters += len(part)
        return part

    def _whole(self, *args: Any) -> Any:
        raise AssertionError("read from end to end")

    lower = split = translate = __iter__ = count = strip = _whole  # type: ignore[assignment]


def calls_in(ask: Callable[[], Any]) -> int:
    """How many functions are entered, in Python and in C, while something is done."""
    entered = 0

    def enter(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal entered
        entered += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(enter)
    try:
        ask()
    finally:
        sys.setprofile(before)
    return entered


def test_the_longer_a_prompt_the_longer_it_is_looked_at() -> None:
    """Telling how hard a question is takes seconds where it is long."""
    for length in (10_000, 1_000_000):
        text = Read("Why is the sky blue? " * (length // 21))
        assert complexity_of(text) == complexity_of(text[:LOOK_AT])
        assert text.characters <= 2 * LOOK_AT


@pytest.mark.parametrize("system", ["", "You are terse. " * 2_000], ids=["bare", "instructed"])
@pytest.mark.parametrize(
    "memory", [{}, {"use_semantic_cache": True, **FIXED}], ids=["exact", "meaning"]
)
def test_work_grows_with_the_prompt(
    system: str, memory: dict[str, Any], make: Make, server: LoopbackServer
) -> None:
    """A prompt of ten times the size takes ten times the steps, or more."""
    server.answer = lambda request: "An easy thing about a river is that it takes no time."
    llm = make(memory=memory)
    llm.invoke(EASY)
    steps = []
    for times in (1_000, 10_000, 100_000):
        turns: list[BaseMessage] = [SystemMessage(system)] if system else []
        turns.append(HumanMessage(f"What is easy about {'an old river ' * times}?"))
        steps.append(calls_in(partial(llm.invoke, turns)))
    assert max(steps) < 1.2 * min(steps)


def test_thanks_is_as_hard_as_all_that_was_said_before(make: Make) -> None:
    """Routing reads instructions and history as if they were the question."""
    hard = "Analyze the trade-offs, prove each, compare them and design a scheme. Why? How?"
    turns = [SystemMessage(hard), HumanMessage(hard), AIMessage(hard), HumanMessage("Thanks!")]
    assert make().plan(hard).complexity != "simple"
    assert make().plan(turns).complexity == "simple"


@pytest.mark.parametrize("way", ["batch", "abatch"])
async def test_a_batch_tells_each_of_another(way: str, make: Make) -> None:
    """What happened is kept on the instance, where requests that run at once overwrite it."""
    llm = make()
    questions: list[Any] = [f"What is {kind} {n}?" for n in range(30) for kind in ("easy", "hard")]
    answers = llm.batch(questions) if way == "batch" else await llm.abatch(questions)
    for question, message in zip(questions, answers, strict=True):
        decision = told(message)
        is_hard = "hard" in question
        assert question in message.text
        assert decision["cascading_escalated"] == is_hard
        assert [c["tier"] for c in decision["calls"]] == ["cheap", *["premium"] * is_hard]
        assert decision["model"] in message.text
    assert len({told(message)["request_id"] for message in answers}) == len(questions)


def test_the_library_prints(
    make: Make, server: LoopbackServer, capfd: pytest.CaptureFixture[str]
) -> None:
    """Prices that are not known and models that fail are told on the terminal."""
    llm = make(premium=openai_model(server, "mystery-model-9000"), cascading={"enabled": True})
    server.faults[CHEAP] = Fault(status=500)
    llm.invoke(EASY)
    list(llm.stream(HARD))
    assert llm.engine.report().totals.unpriced > 0
    assert capfd.readouterr() == ("", "")


def test_settings_are_named_as_a_chat_models_are(server: LoopbackServer) -> None:
    """Tracing finds no name of a model, and old forms of settings warn."""
    llm = ChatTokenomics(premium=openai_model(server, PREMIUM), **STEADY)
    assert llm._get_ls_params()["ls_model_name"] == "tokenomics/premium"
    assert llm._get_ls_params(model="other")["ls_model_name"] == "other"
