"""Long conversations: what is left out, what is summed up, and what that costs and saves."""

import asyncio
import hashlib
import itertools
import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kit import CHEAP, GOOD, PREMIUM, PRICES, ROSTER, engine, reply
from tests.unit.routed import Models
from tests.unit.test_shrinking import Halves
from tokenomics_shared import Engine
from tokenomics_shared.drivers import Done
from tokenomics_shared.effects import Generate
from tokenomics_shared.orchestrator.allocation import RESPONSE_SHARE
from tokenomics_shared.planning import COMPRESSION
from tokenomics_shared.shrinking.histories import HEADING
from tokenomics_shared.telemetry import as_metadata
from tokenomics_shared.testing import TextCodec
from tokenomics_shared.types import Message, Outcome, Prompt, Reply, ToolCall, Usage

SYSTEM = Message("system", "You plan journeys and know the timetables.")
BUDGET = 1_000
ROOM = round((1 - RESPONSE_SHARE) * BUDGET)
NOTES = "The user wants to go to Graz."


def exchange(number: int, *, tool: bool = False) -> list[Message]:
    asked = Message("human", f"Question {number}: " + "where does this train stop then? " * 8)
    said = Message("ai", f"Answer {number}: " + "it stops here and there. " * 8)
    if not tool:
        return [asked, said]
    call = ToolCall("timetable", json.dumps({"train": number}), f"c{number}")
    result = Message("tool", f"Train {number} stops.", extra={"tool_call_id": call.id})
    return [asked, Message("ai", "", (call,)), result, said]


def conversation(turns: int, *, tools: bool = False) -> tuple[Message, ...]:
    """So many exchanges; the last one's answer is due."""
    told = [
        it for number in range(turns) for it in exchange(number, tool=tools and number % 3 == 1)
    ]
    return (SYSTEM, *told[:-1])


class Talkers(Models):
    """Answer everything alike; what sums up says something else, and counts how often."""

    def __init__(self, notes: Any = NOTES) -> None:
        super().__init__(lambda *_: GOOD)
        self.notes = notes

    def generate(self, ask: Generate) -> Reply:
        if not ask.own:
            return super().generate(ask)
        self.asked.append(ask)
        if isinstance(self.notes, Exception):
            raise self.notes
        notes = self.notes(ask) if callable(self.notes) else self.notes
        return reply(notes, usage=Usage(400, 30))

    async def agenerate(self, ask: Generate) -> Reply:
        return self.generate(ask)

    async def astream(self, ask: Generate) -> Any:
        for chunk in self.stream(ask):
            yield chunk

    @property
    def summed(self) -> list[Generate]:
        return [ask for ask in self.asked if ask.own]

    @property
    def sent(self) -> Prompt:
        """What was asked last for an answer."""
        return [ask for ask in self.asked if not ask.own][-1].prompt


def made(history: str = "window", **given: Any) -> Engine:
    plan = {"history": history, "default_token_budget": BUDGET, "summary_tokens": 100}
    plan |= given.pop("orchestrator", {})
    given.setdefault("cascading", {"enabled": False})
    given.setdefault("memory", {"use_exact_cache": False})
    return engine(orchestrator=plan, **given)


def ask(one: Engine, messages: Sequence[Message], backend: Any = None, **fields: Any) -> Outcome:
    prompt = Prompt(tuple(messages), **fields)
    return one.run(prompt, ROSTER, TextCodec(), backend or Talkers())


def texts(prompt: Prompt) -> list[str]:
    return [message.text for message in prompt.messages]


def test_short_conversations_are_sent_whole() -> None:
    backend, messages = Talkers(), conversation(2)
    ask(made(), messages, backend)
    assert backend.sent.messages == messages


@pytest.mark.parametrize("history", ["window", "summary"])
@pytest.mark.parametrize("tools", [False, True])
def test_the_system_and_the_last_exchanges_stay_and_the_budget_is_held(
    history: str, tools: Any
) -> None:
    one, backend = made(history), Talkers()
    for turns in range(1, 31):
        messages = conversation(turns, tools=tools)
        outcome = ask(one, messages, backend)
        sent = backend.sent.messages
        assert sent[0] is SYSTEM
        asked = [it.text for it in sent if it.role == "human"]
        assert asked[-2:] == [it.text for it in messages if it.role == "human"][-2:]
        assert sent[-1] is messages[-1]
        assert outcome.plan is not None
        assert outcome.plan.input_tokens <= ROOM
        assert not outcome.plan.note
        made_calls = {call.id for it in sent for call in it.tool_calls}
        answered = {it.extra["tool_call_id"] for it in sent if it.role == "tool"}
        assert made_calls == answered


@settings(max_examples=60, deadline=None)
@given(kinds=st.lists(st.sampled_from(["short", "long", "tool", "two"]), min_size=1, max_size=25))
def test_no_tool_call_is_ever_parted_from_its_result(kinds: list[str]) -> None:
    one, backend = made(orchestrator={"default_token_budget": 400}), Talkers()
    messages = [SYSTEM]
    for number, kind in enumerate(kinds):
        messages += exchange(number, tool=kind in ("tool", "two"))[
            : 1 if kind == "short" else None
        ]
        if kind == "two":
            messages += exchange(number + 100, tool=True)[1:3]
        if messages[-1].role == "ai":
            continue
        ask(one, messages, backend)
        sent = backend.sent.messages
        ids = [call.id for it in sent for call in it.tool_calls]
        results = [it.extra["tool_call_id"] for it in sent if it.role == "tool"]
        assert ids == results
        assert sent[0] is SYSTEM
        assert sent[-1] is messages[-1]


def common(one: Sequence[str], other: Sequence[str]) -> int:
    pairs = itertools.takewhile(lambda it: it[0] == it[1], zip(one, other, strict=False))
    return len(list(pairs))


@pytest.mark.parametrize("history", ["window", "summary"])
def test_what_was_sent_is_sent_again_but_for_few_cuts(history: str) -> None:
    one, backend, before, cuts = made(history), Talkers(), ["", ""], 0
    for turns in range(1, 61):
        ask(one, conversation(turns), backend)
        sent = texts(backend.sent)
        cuts += common(before, sent) < len(before) and turns > 1
        before = sent
    assert 3 <= cuts <= 60 / 2.5


SCRIPT = """
import hashlib
from tests.unit.test_histories import Talkers, ask, conversation, made, texts
backend, one, told = Talkers(), made(), hashlib.sha256()
for turns in range({start}, 61):
    ask(one, conversation(turns, tools=True), backend)
    told.update(repr(texts(backend.sent)).encode())
print(told.hexdigest())
"""


def test_another_process_sends_the_same_bytes() -> None:
    backend, one, told = Talkers(), made(), hashlib.sha256()
    for turns in range(1, 61):
        ask(one, conversation(turns, tools=True), backend)
        if turns >= 40:
            told.update(repr(texts(backend.sent)).encode())
    run = [sys.executable, "-c", SCRIPT.format(start=40)]
    found = subprocess.run(run, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == told.hexdigest()


def test_what_is_left_out_is_the_orchestrators_saving_at_the_price_of_cached_tokens() -> None:
    one = made()
    outcome = ask(one, conversation(30))
    assert outcome.plan is not None
    (unsent,) = outcome.plan.unsent
    assert (unsent.part, unsent.fresh) == ("orchestrator", 0)
    assert unsent.cached > 2_000
    worth = PRICES.prices["premium"].cost(Usage(unsent.cached, cache_read=unsent.cached))
    assert outcome.savings is not None
    assert outcome.savings.orchestrator == worth
    assert_adds_up(outcome)
    totals = one.report().totals
    assert totals.savings.orchestrator == worth
    assert totals.baseline_cost - totals.compared_cost == totals.savings.total


def assert_adds_up(outcome: Outcome) -> None:
    assert outcome.savings is not None
    assert outcome.cost is not None
    assert outcome.baseline_cost is not None
    assert outcome.savings.total == outcome.baseline_cost - outcome.cost
    assert outcome.cost == sum((charge.cost or 0 for charge in outcome.charges), Decimal(0))


def test_a_budget_that_the_last_turns_do_not_fit_is_told_of() -> None:
    backend, messages = Talkers(), conversation(6)
    outcome = ask(made(), messages, backend, token_budget=100)
    assert texts(backend.sent) == [SYSTEM.text, *texts(Prompt(messages[-3:]))]
    assert outcome.plan is not None
    assert "over the 70 that the budget of 100 leaves them" in outcome.plan.note
    assert outcome.plan.note in outcome.trace


def test_a_summary_stands_in_for_what_is_left_out() -> None:
    one, backend = made("summary"), Talkers()
    outcome = ask(one, conversation(10), backend)
    (summed,) = backend.summed
    assert summed.strategy.tier == "cheap"
    assert "Question 0" in summed.prompt.messages[1].text
    first, second, *_ = backend.sent.messages
    assert first is SYSTEM
    assert (second.role, second.text) == ("human", HEADING + NOTES)
    assert [charge.purpose for charge in outcome.charges] == ["summary", "answer"]


def test_a_summary_is_made_once() -> None:
    one, backend = made("summary"), Talkers()
    for _ in range(3):
        ask(one, conversation(10), backend)
        assert texts(backend.sent)[1] == HEADING + NOTES
    assert len(backend.summed) == 1


def test_a_summary_is_no_answer() -> None:
    given: dict[str, Any] = {"cascading": {"use_lightweight_check": False}}
    one, plain = made("summary", **given), made("off", **given)
    messages = conversation(30)
    outcome, other = ask(one, messages), ask(plain, messages)
    assert outcome.reply is not None
    assert outcome.reply.text == GOOD
    assert (outcome.model, outcome.strategy) == (other.model, other.strategy)
    assert outcome.accepted_draft
    told = as_metadata(outcome)
    assert [call["purpose"] for call in told["calls"]] == ["summary", "draft"]
    (summary, draft) = outcome.charges
    assert outcome.cost == (summary.cost or 0) + (draft.cost or 0)
    assert_adds_up(outcome)
    # Premium's answer would have had the draft's length, not the summary's.
    assert outcome.plan is not None
    (unsent,) = outcome.plan.unsent
    more = Usage(unsent.cached, cache_read=unsent.cached)
    assert outcome.baseline_cost == PRICES.prices["premium"].cost(draft.usage + more)


def test_the_books_add_up_with_a_summary() -> None:
    one = made("summary")
    outcome = ask(one, conversation(10))
    assert_adds_up(outcome)
    assert outcome.savings is not None
    assert outcome.plan is not None
    (unsent,) = outcome.plan.unsent
    worth = PRICES.prices["premium"].cost(Usage(unsent.cached, cache_read=unsent.cached))
    assert outcome.savings.orchestrator == worth - (outcome.charges[0].cost or 0)
    totals = one.report().totals
    assert totals.baseline_cost - totals.compared_cost == totals.savings.total
    assert totals.savings.orchestrator == outcome.savings.orchestrator


def test_a_summary_takes_its_place_in_the_plan() -> None:
    long = "The user wants to go to Graz by way of Bruck. " * 10
    without, with_it = (
        ask(made(), conversation(30)),
        ask(made("summary"), conversation(30), Talkers(long)),
    )
    assert without.plan is not None
    assert with_it.plan is not None
    spared = (
        sum(it.cached for it in without.plan.unsent),
        sum(it.cached for it in with_it.plan.unsent),
    )
    whole = [
        sum(it.cached for it in o.unsent) + o.input_tokens for o in (without.plan, with_it.plan)
    ]
    assert whole[0] == whole[1]
    assert spared != (0, 0)
    history = {it.name: it.tokens for it in with_it.plan.allocations}
    assert sum(history.values()) - history["response"] == with_it.plan.input_tokens


def test_cuts_roll_their_summaries_on() -> None:
    numbered = itertools.count(1)
    backend = Talkers(lambda _: f"The user asks on, for the {'more ' * next(numbered)}time.")
    one = made("summary")
    seen: list[str] = []
    for turns in range(1, 31):
        ask(one, conversation(turns), backend)
        seen.append(texts(backend.sent)[1])
    assert len(backend.summed) >= 3
    for earlier, later in itertools.pairwise(backend.summed):
        assert later.prompt.messages[1].text.startswith("[notes so far]\nThe user asks on")
        assert earlier.prompt != later.prompt
    summaries = list(dict.fromkeys(text for text in seen if text.startswith(HEADING)))
    assert len(summaries) == len(backend.summed)


@pytest.mark.parametrize("notes", ["The user pays 4711 euros.", "See https://example.org/x.", ""])
def test_a_summary_that_makes_things_up_is_refused_once_and_for_all(notes: str) -> None:
    one, backend = made("summary"), Talkers(notes)
    outcomes = [ask(one, conversation(10), backend) for _ in range(3)]
    assert len(backend.summed) == 1
    assert HEADING not in "".join(texts(backend.sent))
    assert any("summary refused" in note for note in outcomes[0].trace)
    for outcome in outcomes:
        assert outcome.reply is not None
        assert_adds_up(outcome)


@pytest.mark.parametrize("error", [TimeoutError("late"), ConnectionError(), ValueError("odd")])
def test_a_summary_that_fails_leaves_the_window(error: Exception) -> None:
    one, backend = made("summary"), Talkers(error)
    outcome = ask(one, conversation(10), backend)
    assert outcome.reply is not None
    assert HEADING not in "".join(texts(backend.sent))
    assert len(backend.sent.messages) < 19
    assert outcome.charges[0].status == "failed"
    assert f"no summary:{type(error).__name__}" in outcome.trace
    assert_adds_up(outcome)
    assert one.report().faults == {}


def test_a_later_summary_that_fails_leaves_the_earlier_one() -> None:
    one, backend = made("summary"), Talkers()
    turns = next(
        n for n in range(1, 60) if not ask(one, conversation(n), backend) or backend.summed
    )
    backend.notes = ConnectionError()
    while len(backend.summed) < 2:
        turns += 1
        ask(one, conversation(turns), backend)
    assert texts(backend.sent)[1] == HEADING + NOTES
    backend.notes = NOTES
    for _ in range(2):
        ask(one, conversation(turns), backend)
    assert len(backend.summed) == 3


def test_few_requests_wait_for_summaries_that_fail() -> None:
    one, backend = made("summary"), Talkers(ConnectionError())
    for _ in range(40):
        outcome = ask(one, conversation(10), backend)
        assert outcome.reply is not None
    # At the 1st, 3rd, 7th, 15th and 31st.
    assert len(backend.summed) == 5
    backend.notes = NOTES
    for _ in range(32):
        ask(one, conversation(10), backend)
    assert len(backend.summed) == 6
    assert texts(backend.sent)[1] == HEADING + NOTES


def test_a_plan_makes_no_summary() -> None:
    one, backend = made("summary"), Talkers()
    prompt = Prompt(conversation(10))
    plan = one.plan(prompt, ROSTER)
    assert 0 < plan.input_tokens <= ROOM
    assert not backend.asked
    outcome = ask(one, prompt.messages, backend)
    assert one.plan(prompt, ROSTER) == outcome.plan
    assert len(backend.summed) == 1


def test_parallel_requests_get_the_same_summary() -> None:
    one, start = made("summary"), threading.Barrier(8)
    numbered = itertools.count()
    backend = Talkers(lambda _: "The user asks " + "on and " * next(numbered) + "on.")

    def again(_: int) -> None:
        start.wait(5)
        ask(one, conversation(10), backend)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(again, range(8)))
    sent = {texts(it.prompt)[1] for it in backend.asked if not it.own}
    ask(one, conversation(10), backend)
    assert sent == {texts(backend.sent)[1]}


@pytest.mark.parametrize("history", ["window", "summary"])
async def test_every_driver_tells_the_same_story(history: str) -> None:
    request = (Prompt(conversation(12)), ROSTER, TextCodec())
    told = []
    for driver in ("run", "arun", "stream", "astream"):
        one, backend, text = made(history), Talkers(), GOOD
        match driver:
            case "run":
                outcome = one.run(*request, backend)
            case "arun":
                outcome = await one.arun(*request, backend)
            case "stream":
                *seen, done = one.stream(*request, backend)
                text = "".join(word for word, _ in seen)
                outcome = done.result
            case _:
                *seen, done = [chunk async for chunk in one.astream(*request, backend)]
                assert isinstance(done, Done)
                text = "".join(word for word, _ in seen)
                outcome = done.result
        assert text == GOOD
        charges = [(it.purpose, it.tier, it.cost) for it in outcome.charges]
        told.append((backend.asked, charges, outcome.plan, outcome.savings, outcome.trace))
    assert all(it == told[0] for it in told[1:])


def test_nothing_that_sums_up_is_learned_as_an_answers_length() -> None:
    one = made("summary", bandit={"enabled": True})
    backend = Talkers("The user asks on. " * 30)
    ask(one, conversation(10), backend)
    lengths = one.parts.lengths.predictor._store.counts()  # type: ignore[attr-defined]
    assert list(lengths.values()) == [1]


def test_premium_and_drafts_read_the_same_window() -> None:
    one = made(cascading={"enabled": True})
    backend = Models(lambda tier, _: GOOD if tier == "premium" else "Not sure")
    outcome = ask(one, conversation(30), backend)
    draft, last = backend.asked
    assert (draft.strategy, last.strategy) == (CHEAP, PREMIUM)
    assert draft.prompt.messages == last.prompt.messages
    assert_adds_up(outcome)


def test_a_conversation_that_comes_long_is_summed_up_in_one_call() -> None:
    one, backend = made("summary"), Talkers()
    ask(one, conversation(60), backend)
    (summed,) = backend.summed
    assert "Question 0" in summed.prompt.messages[1].text
    assert "Question 50" in summed.prompt.messages[1].text
    ask(one, conversation(61), backend)
    assert len(backend.summed) <= 2


def test_a_summary_sends_none_of_what_an_arm_sets_for_answers() -> None:
    """Some models refuse every temperature."""
    arms = (replace(CHEAP, temperature=0.7, max_tokens=9), PREMIUM)
    one, backend = made("summary"), Talkers()
    one.run(Prompt(conversation(10)), replace(ROSTER, arms=arms), TextCodec(), backend)
    (summed,) = backend.summed
    assert (summed.strategy.temperature, summed.strategy.max_tokens) == (None, None)
    assert summed.prompt.max_tokens == 100


async def test_a_caller_that_leaves_during_a_summary_leaves_it_charged() -> None:
    class Slow(Talkers):
        async def agenerate(self, ask: Generate) -> Reply:
            await asyncio.sleep(10)
            return self.generate(ask)

    one = made("summary")
    request = one.arun(Prompt(conversation(10)), ROSTER, TextCodec(), Slow())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(request, 0.2)
    totals = one.report().totals
    assert (totals.requests, totals.abandoned) == (1, 1)
    assert totals.cost > 0
    assert one.report().faults == {}


def test_while_compression_is_closed_no_summary_is_bought_twice() -> None:
    given = {"compression": {"compressor": Halves()}, "audit": {"enabled": True}}
    one, backend = made("summary", **given), Talkers()
    shortcuts = one.parts.audits
    for _ in range(100):
        shortcuts.learn(COMPRESSION, 1.0)
    assert not shortcuts.is_open(COMPRESSION)
    pasted = Message("human", "<context>" + "It rains in Graz. " * 60 + "</context>\nAnd there?")
    turns = list(conversation(12))
    turns[-1] = pasted
    outcome = ask(one, turns, backend)
    assert [charge.purpose for charge in outcome.charges].count("summary") == 1
    assert "compression is closed" in outcome.trace
    assert backend.asked[-1].prompt.messages[-1] is pasted
