"""Pairs of requests, made by hand, that may or must not share an answer.

Each tells what has to keep the two apart: the partition, the words (refused for matching), the
admission of the first one's answer, the time between them, or their meaning alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from tests.kit import CHEAP, PREMIUM, ROSTER, THREE, TIERS, prompt, reply
from tests.unit.never_words import (
    CHOICES,
    CLOCK,
    CONTEXT,
    CUT_SHORT,
    FOLLOW_UPS,
    FORMATS,
    IMAGE,
    PERSONAL,
    QUESTIONS,
    REFUSALS,
    SAMPLING,
    SEARCH,
    SYSTEMS,
    TALKS,
    TIMELY,
    TOOLSETS,
)
from tokenomics_shared.types import Message, Prompt, Reply, Roster, ToolCall

By = Literal["partition", "words", "admission", "time", "meaning", "wording"]
DAY_S = 86_400.0
ANSWER = reply("Orders leave the warehouse within two working days.")


@dataclass(frozen=True, slots=True)
class Pair:
    """A request that is answered, and another that comes later.

    Attributes:
        a, b: the requests.
        why: what the pair shows.
        by: what keeps them apart; for those that may share, `wording` when they are the same
            once normalised and `meaning` when they are paraphrases.
        rosters: the models each may be answered by.
        answer: what the first is answered.
        later_s: seconds between them.
    """

    a: Prompt
    b: Prompt
    why: str
    by: By
    rosters: tuple[Roster, Roster] = (ROSTER, ROSTER)
    answer: Reply = ANSWER
    later_s: float = 0.0


def said(*texts: str, **fields: Any) -> Prompt:
    """A conversation of human and model turns, the human's first and last."""
    roles = ("human", "ai")
    turns = tuple(Message(roles[i % 2], text) for i, text in enumerate(texts))
    return Prompt(turns, **fields)


def instructed(system: str, text: str, **fields: Any) -> Prompt:
    turns = (Message("system", system), Message("human", text)) if system else None
    return Prompt(turns or (Message("human", text),), **fields)


def asked_with_result(question: str, result: str) -> Prompt:
    call = ToolCall("search", '{"q": "x"}', "call_1")
    return Prompt(
        (
            Message("human", question),
            Message("ai", "", (call,)),
            Message("tool", result, extra={"tool_call_id": "call_1"}),
        )
    )


def must_not_share() -> Iterator[Pair]:
    """Every pair of which one must never be answered with the other's answer."""
    for (question, other), (one, two) in zip(QUESTIONS, SYSTEMS, strict=True):
        for text in (question, other):
            yield Pair(
                instructed(one, question), instructed(two, text), "system prompt", "partition"
            )
    yield from _by_fields()
    yield from _by_scopes()
    yield from _by_histories()
    yield from _by_contents()
    yield from _by_answers()
    yield from _by_words()


def _by_fields() -> Iterator[Pair]:
    for (question, other), (had, has) in zip(QUESTIONS, TOOLSETS, strict=True):
        for text in (question, other):
            yield Pair(prompt(question, tools=had), prompt(text, tools=has), "tools", "partition")
    for (question, _), (must, may) in zip(QUESTIONS, CHOICES, strict=False):
        a = prompt(question, tools=(SEARCH, CLOCK), tool_choice=must)
        yield Pair(a, replace(a, tool_choice=may), "tool choice", "partition")
    for (question, _), (one, two) in zip(QUESTIONS, FORMATS, strict=True):
        a = prompt(question, response_format=one)
        yield Pair(a, replace(a, response_format=two), "response format", "partition")
    for i, (cold, warm) in enumerate(SAMPLING):
        question, other = QUESTIONS[i % len(QUESTIONS)]
        yield Pair(prompt(question, **cold), prompt(other, **warm), "sampling", "partition")


def _by_scopes() -> Iterator[Pair]:
    for question, other in QUESTIONS:
        a, b = prompt(question), prompt(other)
        acme, globex = replace(a, tenant="acme"), replace(b, tenant="globex")
        yield Pair(acme, globex, "another tenant", "partition")
        yield Pair(acme, b, "no tenant", "partition")
        old, new = replace(a, corpus_version="1"), replace(b, corpus_version="2")
        yield Pair(old, new, "another corpus", "partition")
        yield Pair(a, replace(b, pin="premium"), "pinned tier", "partition")
        yield Pair(a, b, "other models", "partition", (ROSTER, THREE))
        yield Pair(a, replace(a, cache_text=question), "the caller's own text", "partition")
    tiers = {**TIERS, "premium": replace(TIERS["premium"], identity="large-1 at 1.0")}
    rosters = (ROSTER, Roster(tiers, (CHEAP, PREMIUM)))
    yield Pair(prompt(), prompt(), "another setting of a model", "partition", rosters)


def _by_histories() -> Iterator[Pair]:
    for first, first_reply, second, second_reply in TALKS:
        for text in FOLLOW_UPS:
            a = said(first, first_reply, text)
            yield Pair(a, said(second, second_reply, text), "another history", "partition")
            yield Pair(a, said(text), "no history", "partition")
            yield Pair(a, said(first, "Something else.", text), "another reply", "partition")
    for (question, other), (first, first_reply, *_) in zip(QUESTIONS, TALKS, strict=False):
        yield Pair(said(question), said(first, first_reply, other), "history added", "partition")
    named = Prompt((Message("human", "Who am I to you?", extra={"name": "ana"}),))
    other_name = Prompt((Message("human", "Who am I to you?", extra={"name": "bo"}),))
    yield Pair(named, other_name, "named speakers", "partition")


def _by_contents() -> Iterator[Pair]:
    for question, other in QUESTIONS:
        image = Prompt((Message("human", [{"type": "text", "text": question}, IMAGE]),))
        cat = Prompt(
            (Message("human", [{"type": "text", "text": question}, {**IMAGE, "detail": "low"}]),)
        )
        yield Pair(image, cat, "an image", "partition")
        yield Pair(prompt(question), image, "an image added", "partition")
        yield Pair(
            asked_with_result(question, "12 of 40"),
            asked_with_result(question, "13 of 40"),
            "a tool's result",
            "partition",
        )
        yield Pair(said(question, "It is"), said(other, "It is"), "a begun answer", "partition")
        long = f"{CONTEXT}\n\n{question}"
        yield Pair(
            prompt(long), prompt(f"{CONTEXT}\n\n{other}"), "longer than embedders read", "words"
        )
        framed = "Use only the context.\n\nContext: {}\n\nQuestion: {}\nAnswer:"
        yield Pair(
            prompt(framed.format(CONTEXT + "It takes 14 days.", question)),
            prompt(framed.format(CONTEXT + "It takes 30 days.", question)),
            "another context",
            "partition",
        )
        unlike = "Who signs the annual report?"
        yield Pair(
            prompt(framed.format(CONTEXT, question)),
            prompt(framed.format(CONTEXT, unlike)),
            "same context, another question",
            "meaning",
        )


def _by_answers() -> Iterator[Pair]:
    for i, text in enumerate(REFUSALS):
        question, other = QUESTIONS[i % len(QUESTIONS)]
        yield Pair(prompt(question), prompt(other), "declined", "admission", answer=reply(text))
    for (question, _), answer in zip(QUESTIONS, CUT_SHORT, strict=True):
        a = prompt(question)
        yield Pair(a, a, "not a whole answer", "admission", answer=answer)
    several = prompt(params={"n": 3})
    yield Pair(several, several, "one of several samples", "admission")


def _by_words() -> Iterator[Pair]:
    for one, other in PERSONAL:
        yield Pair(prompt(one), prompt(other), "personal", "words")
        yield Pair(
            prompt(one, params={"user": "u1"}),
            prompt(one, params={"user": "u2"}),
            "personal, another user",
            "partition",
        )
    for text in TIMELY:
        yield Pair(prompt(text), prompt(text), "a day later", "time", later_s=DAY_S)
        yield Pair(prompt(text), prompt(f"So, {text}"), "depends on time", "words")
    for text in ("Tell me a joke.", "Roll a dice.", "Give me a random number."):
        yield Pair(prompt(text), prompt(f"Well, {text.lower()}"), "left to chance", "words")
    for question, other in QUESTIONS[:4]:
        hot = {"temperature": 1.7}
        yield Pair(
            prompt(question, params=hot), prompt(other, params=hot), "wants variety", "words"
        )


def may_share() -> Iterator[Pair]:
    """Pairs of which one may be answered with the other's answer."""
    for question, other in QUESTIONS:
        a = instructed("You serve Acme.\nBe kind.", question)
        yield Pair(a, instructed("You serve  Acme. \r\nBe kind.\n", question), "space", "wording")
        yield Pair(
            a, replace(a, messages=(*a.messages[:1], Message("human", other))), "", "meaning"
        )
        yield Pair(
            a, instructed("You serve Acme.\nBe kind.", f"Hi, {_low(question)}"), "", "wording"
        )
        polite = f"Please, {_low(question)[:-1]}, thanks in advance!"
        yield Pair(prompt(question), prompt(polite), "politeness", "wording")
    yield from _delivered()
    yield from _written()


def _low(text: str) -> str:
    return text[0].lower() + text[1:]


def _delivered() -> Iterator[Pair]:
    question = QUESTIONS[0][0]
    plain = prompt(question, params={"temperature": 0})
    for params in (
        {"temperature": 0.0},
        {"temperature": 0, "stream": True},
        {"temperature": 0, "metadata": {"run": "7 ", "trace": "x"}},
        {"temperature": 0, "request_id": "r-2", "timeout": 30},
        {"temperature": 0, "n": 1},
        {"temperature": 0, "seed": None},
        {"temperature": 0, "tags": ["night"], "max_retries": 5},
        {"temperature": 0, "service_tier": "flex", "prompt_cache_key": "k"},
    ):
        yield Pair(plain, replace(plain, params=params), "delivery only", "wording")
    both = prompt(question, tools=(SEARCH, CLOCK), params={"top_p": 1, "seed": 5})
    turned = ({k: SEARCH[k] for k in reversed(SEARCH)}, CLOCK)
    yield Pair(both, replace(both, tools=turned), "order of keys", "wording")
    yield Pair(both, replace(both, params={"seed": 5, "top_p": 1.0}), "order of keys", "wording")
    yield Pair(both, replace(both, tools=(CLOCK, SEARCH)), "order of tools", "wording")
    yield Pair(both, replace(both, tool_choice="auto"), "the default choice", "wording")
    yield Pair(plain, replace(plain, response_format={"type": "text"}), "the default", "wording")
    stopped = replace(plain, stop=("A", "B"))
    yield Pair(stopped, replace(stopped, stop=("B", "A")), "order of stops", "wording")


def _written() -> Iterator[Pair]:
    for first, answer, *_ in TALKS:
        for text in FOLLOW_UPS[:2]:
            a = said(first, answer, text)
            yield Pair(a, said(f"{first} ", f"{answer}\n", text), "space in history", "wording")
    question = QUESTIONS[2][0]
    blocks = Prompt((Message("human", [{"type": "text", "text": question}]),))
    yield Pair(prompt(question), blocks, "one block of text", "wording")
    user = Prompt((Message("user", question),))
    yield Pair(prompt(question), user, "another framework's role", "wording")
    yield Pair(_after_call("call_a"), _after_call("call_b"), "call ids", "wording")
    stuffed = f"Context: {CONTEXT}\nQuestion: {question}"
    cached = prompt(stuffed, cache_text=question, corpus_version="7")
    retrieved = prompt(f"Other pages.\n{question}", cache_text=question, corpus_version="7")
    yield Pair(cached, retrieved, "the caller's own text", "wording")


def _after_call(call_id: str) -> Prompt:
    call = ToolCall("search", '{"q": "x"}', call_id)
    result = Message("tool", "12", extra={"tool_call_id": call_id})
    turns = (Message("human", "How many?"), Message("ai", "", (call,)), result)
    return Prompt((*turns, Message("ai", "Twelve."), Message("human", QUESTIONS[2][0])))
