"""The exact cache: what is the same request, what is kept, for how long."""

import threading
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.kit import GOOD, ROSTER, THREE, TIERS, prompt, reply
from tokenomics_shared.adapters.sqlite_memos import SqliteMemos
from tokenomics_shared.memory import (
    ExactCache,
    Flights,
    Layers,
    NoCache,
    NoMeaning,
    exact_key,
    objection,
)
from tokenomics_shared.telemetry import Faults
from tokenomics_shared.testing import play
from tokenomics_shared.types import Memo, Message, Prompt, Recall, Roster, ToolCall, Usage

MEMO = Memo("an answer", Usage(3, 4, 1, 0, 2), "small-1", "cheap", "cheap")

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
MESSAGES = st.builds(
    Message,
    role=st.sampled_from(["system", "human", "ai", "tool"]),
    content=st.text() | st.lists(st.text() | st.dictionaries(st.text(), st.text())),
    tool_calls=st.lists(st.builds(ToolCall, st.text(), st.text(), st.text()), max_size=2).map(
        tuple
    ),
    extra=st.dictionaries(st.text(), PLAIN, max_size=2),
)
PROMPTS = st.builds(
    Prompt,
    messages=st.lists(MESSAGES, max_size=3).map(tuple),
    tools=st.lists(PLAIN, max_size=2).map(tuple),
    tool_choice=PLAIN,
    response_format=PLAIN,
    stop=st.lists(st.text(), max_size=2).map(tuple),
    params=st.dictionaries(st.text(), PLAIN, max_size=2),
    max_tokens=st.none() | st.integers(1, 9),
    tenant=st.text(max_size=3),
    pin=st.none() | st.sampled_from(["cheap", "premium"]),
)


def as_text(value: Any) -> str:
    """Everything of a value that JSON tells apart."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{k!r}:{as_text(value[k])}" for k in sorted(value)) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(as_text, value)) + "]"
    return repr(value)


def told(ask: Prompt) -> str:
    turns = [
        [
            m.role,
            m.content,
            m.extra,
            [list(map(str, (c.name, c.args, c.id))) for c in m.tool_calls],
        ]
        for m in ask.messages
    ]
    rest = [ask.tools, ask.tool_choice, ask.response_format, ask.stop, ask.params]
    return as_text([turns, rest, ask.max_tokens, ask.tenant, ask.pin])


@given(PROMPTS, PROMPTS)
def test_keys_are_the_same_exactly_when_requests_are(one: Prompt, other: Prompt) -> None:
    assert (exact_key(one, ROSTER) == exact_key(other, ROSTER)) == (told(one) == told(other))


@given(PROMPTS)
def test_order_of_keys_and_the_frameworks_objects_do_not_count(ask: Prompt) -> None:
    turned = replace(
        ask,
        params=dict(reversed(list(ask.params.items()))),
        messages=tuple(
            replace(m, extra=dict(reversed(list(m.extra.items()))), raw=object())
            for m in ask.messages
        ),
    )
    assert exact_key(turned, ROSTER) == exact_key(ask, ROSTER)


BASE = prompt("When was it built?", params={"temperature": 0.0})


@pytest.mark.parametrize(
    "other",
    [
        prompt("When was it built", params={"temperature": 0.0}),
        prompt("When was it built?", params={"temperature": 0.5}),
        prompt("When was it built?", params={}),
        replace(BASE, tools=({"name": "search"},)),
        replace(BASE, tool_choice="any"),
        replace(BASE, response_format={"type": "json_object"}),
        replace(BASE, stop=("\n",)),
        replace(BASE, max_tokens=5),
        replace(BASE, tenant="acme"),
        replace(BASE, corpus_version="2"),
        replace(BASE, pin="cheap"),
        replace(BASE, compress=True),
        replace(BASE, compress=False),
        replace(BASE, messages=(Message("system", "Be brief."), *BASE.messages)),
        replace(BASE, messages=(Message("ai", "When was it built?"),)),
        replace(BASE, messages=(Message("human", ["When was it built?"]),)),
    ],
)
def test_whatever_changes_a_right_answer_changes_the_key(other: Prompt) -> None:
    assert exact_key(other, ROSTER) != exact_key(BASE, ROSTER)


def test_another_set_of_models_is_another_key() -> None:
    warmer = replace(TIERS["premium"], identity="large-1 temperature 1")
    assert exact_key(BASE, THREE) != exact_key(BASE, ROSTER)
    other = Roster({**TIERS, "premium": warmer}, ROSTER.arms)
    assert exact_key(BASE, other) != exact_key(BASE, ROSTER)


@pytest.mark.parametrize("value", [object(), {1, 2}, float("nan"), b"bytes"])
def test_what_has_no_stable_text_is_not_cached(value: Any) -> None:
    ask = prompt(params={"odd": value})
    assert exact_key(ask, ROSTER) is None
    exact = ExactCache(lambda: 0.0)
    layers = Layers(exact, NoMeaning(), Flights(), partial(Faults().shield, "memory"))
    recall = play(layers.recall(ask, ROSTER), [])
    layers.remember(recall, ask, ROSTER, MEMO, None)
    assert play(layers.recall(ask, ROSTER), []) == Recall()
    assert len(exact) == 0


def test_lone_surrogates_have_a_key() -> None:
    assert exact_key(prompt("\ud800"), ROSTER) != exact_key(prompt("\ud801"), ROSTER)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (reply(GOOD), None),
        (reply(GOOD, finish_reason="end_turn"), None),
        (reply(GOOD, finish_reason="length"), "finish reason length"),
        (reply(GOOD, finish_reason="content_filter"), "finish reason content_filter"),
        (reply(GOOD, finish_reason="aborted"), "finish reason aborted"),
        (reply(GOOD, finish_reason=""), None),
        (reply(GOOD, finish_reason="unfinished"), "finish reason unfinished"),
        (reply("  "), "empty"),
        (reply(GOOD, faults=("refused",)), "refused"),
        (reply("", tool_calls=(ToolCall("add", "{}"),)), "calls tools"),
    ],
)
def test_only_whole_plain_answers_are_kept(answer: Any, reason: str | None) -> None:
    assert objection(prompt(), answer) == reason


def test_one_of_several_samples_is_not_kept() -> None:
    assert objection(prompt(params={"n": 2}), reply(GOOD)) == "several samples"


def test_no_cache_keeps_nothing() -> None:
    cache = NoCache()
    cache.remember(Recall(key=b"k"), prompt(), ROSTER, MEMO, None)
    cache.flush()
    assert play(cache.recall(prompt(), ROSTER), []) == Recall()
    cache.close()


def test_the_least_recently_used_leaves() -> None:
    cache = ExactCache(lambda: 0.0, max_entries=2)
    cache.put(b"a", MEMO)
    cache.put(b"b", MEMO)
    assert cache.get(b"a") == MEMO
    cache.put(b"c", MEMO)
    assert [cache.get(key) for key in (b"a", b"b", b"c")] == [MEMO, None, MEMO]


def test_the_store_outlives_the_process_and_keeps_to_its_times(tmp_path: Path) -> None:
    now = [1000.0]

    def opened() -> ExactCache:
        store = SqliteMemos(tmp_path / "cache.db", max_entries=10, on_fault=_fail)
        return ExactCache(lambda: now[0], store=store, ttl_s=60.0)

    first = opened()
    first.put(b"long", MEMO)
    first.put(b"short", MEMO, ttl_s=10.0)
    first.close()
    second = opened()
    now[0] = 1009.0
    assert second.get(b"short") == MEMO
    now[0] = 1059.0
    assert second.get(b"short") is None
    assert second.get(b"long") == MEMO
    now[0] = 1061.0
    assert second.get(b"long") is None
    second.close()


def test_what_is_removed_is_gone_for_every_process(tmp_path: Path) -> None:
    def opened() -> ExactCache:
        return ExactCache(
            lambda: 0.0, store=SqliteMemos(tmp_path / "c.db", max_entries=10, on_fault=_fail)
        )

    first, second = opened(), opened()
    first.put(b"k", MEMO)
    first.flush()
    second.remove(b"k")
    second.flush()
    third = opened()
    assert third.get(b"k") is None
    for cache in (first, second, third):
        cache.close()


def test_the_store_keeps_to_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokenomics_shared.adapters.sqlite_memos.TIDY_EVERY", 10)
    store = SqliteMemos(tmp_path / "cache.db", max_entries=5, on_fault=_fail)
    for number in range(20):
        store.put(bytes([number]), MEMO, 0.0, 10.0)
    store.flush()
    kept = [number for number in range(20) if store.get(bytes([number]), 1.0)]
    assert kept == [15, 16, 17, 18, 19]
    store.close()


def _fail(error: Exception) -> None:
    raise error


class CacheLikeADict(RuleBasedStateMachine):
    """An exact cache over a store does what a dict with times does."""

    keys = st.sampled_from([b"a", b"b", b"c", b"d", b"e"])

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.model: dict[bytes, tuple[str, float]] = {}
        self.store = SqliteMemos(None, max_entries=100, on_fault=_fail)
        self.cache = ExactCache(lambda: self.now, store=self.store, max_entries=3, ttl_s=10.0)

    @rule(key=keys, answer=st.text(max_size=3), ttl_s=st.none() | st.floats(1.0, 20.0))
    def put(self, key: bytes, answer: str, ttl_s: float | None) -> None:
        self.cache.put(key, replace(MEMO, payload=answer), ttl_s)
        self.cache.flush()
        self.model[key] = (answer, self.now + min(10.0, ttl_s or 10.0))

    @rule(key=keys)
    def remove(self, key: bytes) -> None:
        self.cache.remove(key)
        self.cache.flush()
        self.model.pop(key, None)

    @rule(key=keys)
    def get(self, key: bytes) -> None:
        answer, expires = self.model.get(key, ("", -1.0))
        memo = self.cache.get(key)
        assert (memo and memo.payload) == (answer if self.now < expires else None)

    @rule(seconds=st.floats(0.0, 15.0))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def bounded(self) -> None:
        assert len(self.cache) <= 3

    def teardown(self) -> None:
        self.cache.close()


TestCacheLikeADict = CacheLikeADict.TestCase


def test_threads_share_a_cache() -> None:
    cache = ExactCache(lambda: 0.0, max_entries=50)
    wrong: list[str] = []

    def work(seed: int) -> None:
        for number in range(300):
            text = str((number * seed) % 80)
            memo = cache.get(text.encode())
            if memo is None:
                cache.put(text.encode(), replace(MEMO, payload=text))
            elif memo.payload != text:
                wrong.append(text)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in (3, 7, 11, 13)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(cache) <= 50
