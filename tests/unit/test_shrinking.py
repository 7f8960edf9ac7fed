"""Requests shortened turn by turn: what goes, what stays, and that it stays the same bytes."""

import asyncio
import json
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kit import CHEAP, GOOD, PREMIUM, PRICES, ROSTER, PriceList, engine, reply
from tests.unit.routed import Models
from tokenomics_shared import Engine, Price
from tokenomics_shared.effects import Generate
from tokenomics_shared.errors import PromptError
from tokenomics_shared.planning import TextKind
from tokenomics_shared.prompts import prompt_of
from tokenomics_shared.shrinking.memo import Memo
from tokenomics_shared.shrinking.sections import sections
from tokenomics_shared.shrinking.shrinker import LONGEST
from tokenomics_shared.shrinking.worth import Beginnings
from tokenomics_shared.telemetry import as_metadata
from tokenomics_shared.testing import ScriptedBackend, TextCodec
from tokenomics_shared.types import Message, Outcome, Prompt, Reply, ToolCall, Usage

SYSTEM = Message("system", "You answer from what the tools say. " * 40)
ASKED = Message("human", "Which river flows through the city of Vienna?")


class Halves:
    """Keeps the first words of every text, up to the budget."""

    name, blocking = "halves", False

    def __init__(self) -> None:
        self.given: list[tuple[str, str, int, TextKind]] = []

    def compress(
        self, texts: Sequence[str], query: str, budget: int, kind: TextKind = "context"
    ) -> list[str]:
        self.given += [(text, query, budget, kind) for text in texts]
        return [text if len(text) // 4 <= budget else text[: 4 * budget] for text in texts]


class Picky(Halves):
    REFUSED = " It ends badly."

    def compress(self, texts: Sequence[str], *more: Any, **kinds: Any) -> list[str]:
        if texts[0].endswith(self.REFUSED):
            raise OSError("disk")
        return super().compress(texts, *more, **kinds)


class Broken(Halves):
    def compress(self, *_: Any, **__: Any) -> list[str]:
        raise OSError("disk")


def made(compressor: Any = None, **settings: Any) -> Engine:
    compression = {"compressor": compressor or Halves(), **settings.pop("compression", {})}
    settings.setdefault("cascading", {"enabled": False})
    return engine(compression=compression, **settings)


def asked(
    engine: Engine, prompt: Prompt, *, cheap: Any = (), **fields: Any
) -> tuple[Any, Outcome]:
    backend = ScriptedBackend({"premium": [reply(GOOD, **fields)], "cheap": list(cheap)})
    outcome = engine.run(prompt, ROSTER, TextCodec(), backend)
    return backend.asked, outcome


def tool_turns(number: int) -> list[Message]:
    call = ToolCall("search", json.dumps({"query": f"river {number}"}), f"c{number}")
    text = f"Result {number}. " + f"Page {number} says much about many a thing. " * 60
    return [
        Message("ai", "", (call,)),
        Message("tool", text, extra={"tool_call_id": f"c{number}"}),
    ]


def conversation(turns: int) -> list[Message]:
    messages = [SYSTEM, ASKED]
    for number in range(turns):
        messages += tool_turns(number)
    return messages


def texts(messages: Sequence[Message]) -> list[str]:
    return [message.text for message in messages]


def test_short_requests_are_sent_as_they_came() -> None:
    prompt = Prompt((SYSTEM, ASKED))
    (ask,), outcome = asked(made(), prompt)
    assert ask.prompt.messages[1] is prompt.messages[1]
    assert outcome.plan is not None
    assert outcome.plan.compression_ratio == 1.0
    assert not outcome.plan.unsent


def test_a_tools_result_is_shortened_for_its_question_and_call() -> None:
    halves = Halves()
    prompt = Prompt(tuple(conversation(1)))
    (ask,), outcome = asked(made(halves), prompt)
    assert len(ask.prompt.messages[3].text) < 0.35 * len(prompt.messages[3].text)
    ((_, query, _, kind),) = halves.given
    assert kind == "tool"
    assert "Vienna" in query
    assert "river 0" in query
    assert ask.prompt.messages[3].extra == prompt.messages[3].extra
    assert outcome.plan is not None
    assert outcome.plan.compression_ratio < 0.6


def test_system_prompts_and_the_models_own_turns_are_never_touched() -> None:
    long = "I said very much about that already. " * 60
    prompt = Prompt((SYSTEM, ASKED, Message("ai", long), ASKED))
    (ask,), _ = asked(made(), prompt)
    assert texts(ask.prompt.messages) == texts(prompt.messages)


def test_what_is_marked_to_be_cached_is_never_touched() -> None:
    block = {"type": "text", "text": "a b " * 800, "cache_control": {"type": "ephemeral"}}
    prompt = Prompt((Message("human", [block, {"type": "text", "text": "Why?"}]),))
    (ask,), _ = asked(made(), prompt)
    assert ask.prompt.messages[0].content is prompt.messages[0].content


def test_blocks_of_content_are_shortened_in_their_places() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:x"}}
    content = [image, {"type": "text", "text": "a thing said. " * 300}, "short"]
    prompt = Prompt((Message("human", content),))
    (ask,), _ = asked(made(), prompt)
    sent = ask.prompt.messages[0].content
    assert sent[0] is image
    assert len(sent[1]["text"]) < 0.5 * len(content[1]["text"])  # type: ignore[index]
    assert sent[2] == "short"


@pytest.mark.parametrize(
    "text",
    [
        "<context>\n{}\n</context>\n\nWhy?",
        "Use this.\nContext:\n{}\n\nQuestion: Why?",
        "Why?\n---\n{}\n---\n",
        "Why?\n\nContext: {}",
        "<documents><document>{}</document></documents>\nWhy?",
    ],
)
def test_retrieved_text_in_a_question_is_told_from_the_question(text: str) -> None:
    body = "The sea is deep. The sky is wide. " * 30
    found = sections(text.format(body))
    told = "".join(text.format(body)[it.start : it.end] for it in found)
    assert told == text.format(body)
    (context,) = (it for it in found if it.kind == "context")
    assert body.strip() in text.format(body)[context.start : context.end]
    assert "Why?" not in text.format(body)[context.start : context.end]


@given(st.text(alphabet="ab :\n<>/-\"'context", max_size=300))
def test_sections_are_the_text(text: str) -> None:
    found = sections(text)
    assert "".join(text[it.start : it.end] for it in found) == text
    assert all(one.end == other.start for one, other in pairwise(found))


def test_what_was_sent_is_sent_again_to_the_byte() -> None:
    engine = made()
    before: list[str] = []
    for turns in range(1, 21):
        (ask,), outcome = asked(engine, Prompt(tuple(conversation(turns))))
        sent = texts(ask.prompt.messages)
        assert sent[: len(before)] == before
        assert outcome.plan is not None
        assert outcome.plan.compression_ratio < 0.8
        before = sent


@settings(max_examples=20)
@given(st.lists(st.sampled_from(["short", "long", "tool", "context"]), min_size=1, max_size=8))
def test_another_process_sends_the_same_bytes(kinds: list[str]) -> None:
    messages = [SYSTEM]
    for number, kind in enumerate(kinds):
        if kind == "tool":
            messages += [ASKED, *tool_turns(number)]
        else:
            body = f"Thing {number} is said. " * (2 if kind == "short" else 90)
            text = f"<context>{body}</context>\nWhy {number}?" if kind == "context" else body
            messages.append(Message("human", text))
        messages.append(Message("ai", f"Answer {number}"))
    running, sent = made(), []
    for end in range(2, len(messages)):
        if messages[end - 1].role != "ai":
            (ask,), _ = asked(running, Prompt(tuple(messages[:end])))
            sent = texts(ask.prompt.messages)
            (again,), _ = asked(made(), Prompt(tuple(messages[:end])))
            assert texts(again.prompt.messages) == sent


def test_the_ledger_adds_up_with_what_was_not_sent() -> None:
    engine = made()
    _, outcome = asked(engine, Prompt(tuple(conversation(1))), usage=Usage(500, 20))
    assert outcome.plan is not None
    (unsent,) = outcome.plan.unsent
    assert unsent.part == "compression"
    assert unsent.cached == 0
    saved = PRICES.prices["premium"].cost(Usage(unsent.fresh))
    assert outcome.savings is not None
    assert outcome.savings.compression == saved
    assert outcome.baseline_cost == (outcome.cost or 0) + saved
    assert outcome.baseline_estimated
    assert outcome.savings.total == (outcome.baseline_cost or 0) - (outcome.cost or 0)
    totals = engine.report().totals
    assert totals.savings.compression == saved
    assert totals.baseline_cost - totals.compared_cost == totals.savings.total


def test_old_texts_would_have_come_from_the_providers_cache() -> None:
    _, outcome = asked(made(), Prompt(tuple(conversation(3))))
    assert outcome.plan is not None
    (unsent,) = outcome.plan.unsent
    assert unsent.cached == pytest.approx(2 * unsent.fresh, rel=0.05)
    price = PRICES.prices["premium"]
    worth = price.cost(Usage(unsent.fresh + unsent.cached, cache_read=unsent.cached))
    assert outcome.savings is not None
    assert outcome.savings.compression == worth
    assert worth < price.cost(Usage(unsent.fresh + unsent.cached))


def test_a_templates_beginning_is_left_to_the_providers_cache() -> None:
    template = "An example of how it is done. " * 400
    cached = Price(Decimal("0.15"), Decimal("0.60"), cache_read=Decimal("0.015"))
    prices = PriceList(cheap=cached, premium=PRICES.prices["premium"])
    engine = made(prices=prices)
    lengths = []
    for number in range(3):
        prompt = Prompt((Message("human", f"{template}\nWhat about case {number}?"),))
        (ask,), _ = asked(engine, prompt)
        lengths.append(len(ask.prompt.messages[0].text) / len(prompt.messages[0].text))
    assert lengths[0] < 0.5
    assert lengths[1:] == [1.0, 1.0]


def test_a_template_of_many_texts_is_recognised_as_a_whole() -> None:
    """Each of its texts is shorter than the least that providers keep."""
    told = "".join(f"<context>{number} is said of it. " * 90 + "</context>\n" for number in "abcd")
    cached = Price(Decimal("0.15"), Decimal("0.60"), cache_read=Decimal("0.015"))
    engine = made(prices=PriceList(cheap=cached, premium=PRICES.prices["premium"]))
    for content in (lambda text: text, lambda text: ["So:", {"type": "text", "text": text}]):
        lengths = []
        for number in range(3):
            prompt = Prompt((Message("human", content(f"{told}What of case {number}?")),))
            (ask,), _ = asked(engine, prompt)
            lengths.append(len(ask.prompt.messages[0].text) / len(prompt.messages[0].text))
        assert lengths[0] < 0.6
        assert min(lengths[1:]) > 0.9


def test_a_text_is_settled_once_and_structure_tells_texts_apart() -> None:
    halves = Halves()
    engine = made(halves)
    body = "a thing said. " * 100
    contents: list[Any] = [
        f"{body} {body}",
        [body, body],
        [{"type": "text", "text": body}, {"type": "text", "text": body}],
        [{"type": "text", "text": body, "cache_control": {}}, body],
    ]
    for _ in range(2):
        for content in contents:
            (ask,), _ = asked(engine, Prompt((Message("human", content),), no_cache=True))
            sent = ask.prompt.messages[0].content
            assert type(sent) is type(content)
            assert (sent == content) == (content is contents[3])
    given = len(halves.given)
    asked(engine, Prompt((Message("human", contents[0]), Message("ai", "Yes."), ASKED)))
    assert len(halves.given) == given


def test_a_compressor_that_costs_more_than_it_saves_is_not_used() -> None:
    prompt = Prompt(tuple(conversation(1)))
    dear = made(compression={"price": Decimal(10)})
    (ask,), outcome = asked(dear, prompt)
    assert ask.prompt.messages[3] is prompt.messages[3]
    assert outcome.plan is not None
    assert not outcome.plan.unsent


def test_a_fault_sends_the_request_as_it_came_and_is_counted() -> None:
    engine = made(Broken())
    prompt = Prompt(tuple(conversation(1)))
    (ask,), outcome = asked(engine, prompt)
    assert texts(ask.prompt.messages) == texts(prompt.messages)
    assert outcome.reply is not None
    assert engine.report().faults == {"compression:OSError": 1}


def test_a_fault_in_one_text_leaves_what_was_sent_before_as_it_was_sent() -> None:
    engine = made(Picky())
    talk = conversation(3)
    before, _ = asked(engine, Prompt(tuple(talk[:6])))
    talk[5] = replace(talk[5], content=talk[5].text + Picky.REFUSED)
    (ask,), outcome = asked(engine, Prompt(tuple(talk)))
    sent = texts(ask.prompt.messages)
    assert sent[:4] == texts(before[0].prompt.messages)[:4]
    assert sent[5] == talk[5].text
    assert len(sent[7]) < 0.5 * len(talk[7].text)
    assert engine.report().faults == {"compression:OSError": 1}
    assert "fault:compression:OSError" in outcome.trace
    (ask,), outcome = asked(engine, Prompt((*talk, *tool_turns(4))))
    assert texts(ask.prompt.messages)[:8] == sent
    assert engine.report().faults == {"compression:OSError": 1}


@pytest.mark.parametrize("given", [[None], [7], [], ["a", "b"]])
def test_what_is_no_text_is_not_sent(given: list[Any]) -> None:
    class Odd(Halves):
        def compress(self, *_: Any, **__: Any) -> list[str]:
            return given

    engine, prompt = made(Odd()), Prompt(tuple(conversation(1)))
    for _ in range(2):
        (ask,), _ = asked(engine, replace(prompt, no_cache=True))
        assert texts(ask.prompt.messages) == texts(prompt.messages)
    assert sum(engine.report().faults.values()) == 1


def test_a_text_that_would_take_too_long_to_read_is_left_alone_and_said_so() -> None:
    text = "x" * (LONGEST + 1)
    prompt = Prompt((Message("human", text),))
    engine = made()
    for _ in range(2):
        (ask,), outcome = asked(engine, replace(prompt, no_cache=True))
        assert ask.prompt.messages[0] is prompt.messages[0]
        assert outcome.plan is not None
        assert f"{LONGEST + 1} characters is sent as it is" in outcome.plan.note


def test_a_request_may_ask_not_to_be_shortened_and_to_be() -> None:
    prompt = conversation(1)
    (ask,), _ = asked(made(), Prompt(tuple(prompt), compress=False))
    assert texts(ask.prompt.messages) == texts(prompt)
    off = engine(cascading={"enabled": False})
    (ask,), _ = asked(off, Prompt(tuple(prompt)))
    assert texts(ask.prompt.messages) == texts(prompt)
    (ask,), _ = asked(off, Prompt(tuple(prompt), compress=True, no_cache=True))
    assert texts(ask.prompt.messages) != texts(prompt)


def test_drafts_and_premium_read_the_same_and_judges_the_whole() -> None:
    seen: list[str] = []

    def judge(question: str, answer: str) -> float:
        seen.append(question)
        return 0.0

    engine = Engine.build(made(cascading={"enabled": True}).config, judge=judge, prices=PRICES)
    prompt = Prompt((Message("human", "Look: " + "a thing. " * 400),))
    asks, outcome = asked(engine, prompt, cheap=[reply("No.")])
    assert [ask.strategy for ask in asks] == [CHEAP, PREMIUM]
    assert asks[0].prompt.messages == asks[1].prompt.messages
    assert seen == [prompt.question]
    assert outcome.savings is not None
    assert outcome.savings.compression > 0
    assert outcome.savings.total == (outcome.baseline_cost or 0) - (outcome.cost or 0)


def test_the_answers_metadata_tells_the_plan() -> None:
    _, outcome = asked(made(), Prompt(tuple(conversation(1)), token_budget=2_000))
    told = as_metadata(outcome)["plan"]
    assert told["token_budget"] == 2_000
    assert told["compression_ratio"] < 1
    assert 0 < told["context_quality_score"] < 1
    assert told["allocations"]["tool"]["tokens"] < told["allocations"]["tool"]["wanted"]
    assert told["tokens_not_sent"] > 0
    assert json.dumps(told)


def test_a_plan_asks_nobody_and_is_the_plan_of_the_answer() -> None:
    engine = made()
    prompt = Prompt(tuple(conversation(2)))
    plan = engine.plan(prompt, ROSTER)
    _, outcome = asked(engine, prompt)
    assert plan == outcome.plan
    assert engine.report().totals.requests == 1


def test_a_small_budget_gives_texts_less_and_never_nothing() -> None:
    prompt = conversation(1)
    sizes = []
    for budget in (100_000, 4_000, 700, 450):
        (ask,), outcome = asked(made(), Prompt(tuple(prompt), token_budget=budget))
        sizes.append(len(ask.prompt.messages[3].text))
        assert outcome.plan is not None
        assert bool(outcome.plan.note) == (budget <= 700)
    assert sizes[0] == sizes[1] > sizes[2] >= sizes[3] > 0


class Talkers(Models):
    """Every request has its answer, and a summary; many may ask at once."""

    def __init__(self) -> None:
        super().__init__(lambda *_: GOOD)

    async def agenerate(self, ask: Generate) -> Reply:
        return self.generate(ask)


def test_many_threads_may_share_an_engine() -> None:
    """Each conversation is sent as it would be alone, whatever the others do."""
    given: dict[str, Any] = {
        "orchestrator": {"history": "summary", "default_token_budget": 1_500},
        "memory": {"use_exact_cache": False},
        "compression": {"min_chars": 200},
    }
    shared, start = made(**given), threading.Barrier(32)

    def told(engine: Engine, name: int) -> list[list[str]]:
        sent = []
        for turns in range(1, 13):
            messages = [
                replace(it, content=f"{name}: {it.text}") if it.role == "tool" else it
                for it in conversation(turns)
            ]
            for place in range(len(messages) - 2, 2, -4):
                messages.insert(place, Message("human", f"And for {name}?"))
            backend = Talkers()
            engine.run(Prompt(tuple(messages)), ROSTER, TextCodec(), backend)
            sent.append(texts(backend.asked[-1].prompt.messages))
        return sent

    def together(name: int) -> list[list[str]]:
        start.wait(20)
        return told(shared, name % 8)

    with ThreadPoolExecutor(32) as pool:
        found = list(pool.map(together, range(32)))
    alone = [told(made(**given), name) for name in range(8)]
    assert all(each == alone[name % 8] for name, each in enumerate(found))
    assert shared.report().faults == {}
    totals = shared.report().totals
    assert totals.requests == 32 * 12
    assert totals.baseline_cost - totals.compared_cost == totals.savings.total


def test_compressors_do_not_run_on_the_event_loop() -> None:
    threads: list[int] = []

    class Where(Halves):
        def compress(self, *args: Any, **more: Any) -> list[str]:
            threads.append(threading.get_ident())
            return super().compress(*args, **more)

    async def asked() -> Outcome:
        backend = Talkers()
        return await made(Where()).arun(
            Prompt(tuple(conversation(1))), ROSTER, TextCodec(), backend
        )

    outcome = asyncio.run(asked())
    assert outcome.plan is not None
    assert outcome.plan.compression_ratio < 1.0
    assert threads
    assert threading.get_ident() not in threads


def test_what_is_remembered_does_not_grow_without_end() -> None:
    memo = Memo[str](len, 50_000)
    for number in range(5_000):
        memo.put(str(number).encode(), "" if number % 2 else "x" * 10)
    assert memo.get(b"4999") == ""
    kept = sum(memo.get(str(number).encode()) is not None for number in range(5_000))
    assert kept <= 250


def test_a_decision_on_a_text_is_the_first_ones() -> None:
    known = Beginnings()
    assert known.decide(b"a", shorten=True)
    assert known.decide(b"a", shorten=False)
    assert known.decided(b"a")
    assert known.stable(b"", "x" * 3_000, keep=False) == 0
    assert known.stable(b"", "x" * 3_000) == 0
    assert known.stable(b"", "x" * 3_000) == 2_048


@pytest.mark.parametrize(
    "turns",
    [
        [("system", "Be brief."), ("user", "Why?"), ("assistant", "So."), ("human", "And?")],
        [{"role": "user", "content": "Why?"}, {"type": "ai", "content": None}, "And?"],
    ],
)
def test_a_plan_takes_conversations_of_any_form(turns: Any) -> None:
    plan = made().plan(turns, ROSTER)
    assert plan.input_tokens > 0
    assert {it.name for it in plan.allocations} >= {"question", "history", "response"}


CALLING = {"role": "assistant", "content": None}


@pytest.mark.parametrize(
    "turns",
    [
        *(5, None, [5], [("a", "b", "c")], [{"content": "x"}], b"x", [b"x"], [("user", b"x")]),
        *([("user", [5])], [("user", {"a": 1})], [("user", [{"type": "text", "text": 5}])]),
        *([CALLING | {"tool_calls": it}] for it in (5, "ab", ["ab"], [{"id": "1"}], [None])),
    ],
)
def test_what_is_no_conversation_is_refused(turns: Any) -> None:
    with pytest.raises(PromptError, match=r"need|must be a list"):
        made().plan(turns, ROSTER)


def test_tool_calls_say_the_same_in_every_form() -> None:
    """What a result is wanted for is in the call's arguments."""
    args = {"query": "river", "page": 2}
    forms: list[Any] = [
        {"id": "c", "name": "search", "args": args},
        {"id": "c", "function": {"name": "search", "arguments": json.dumps(args, sort_keys=True)}},
        ToolCall("search", json.dumps(args, sort_keys=True), "c"),
    ]
    turns = [
        prompt_of([{"role": "assistant", "content": None, "tool_calls": [form]}]).messages[0]
        for form in forms
    ]
    assert all(turn.tool_calls == turns[0].tool_calls for turn in turns)
