"""Which requests may share an answer: the partition, the constructed pairs, the recorded ones."""

import json
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.kit import ROSTER, prompt
from tests.unit.never_pairs import Pair, may_share, must_not_share
from tests.unit.test_memory import PROMPTS
from tokenomics_shared.memory.admission import objection, objection_to_matching
from tokenomics_shared.memory.deixis import standalone
from tokenomics_shared.memory.eligibility import Limits, refusal_to_match
from tokenomics_shared.memory.partition import normal_key, partition_key
from tokenomics_shared.memory.subject import subject
from tokenomics_shared.memory.volatile import time_bound
from tokenomics_shared.types import Message, Prompt

LIMITS = Limits()
OPEN = Limits(allow_tools=True, allow_structured=True)
NEVER = list(must_not_share())
MAY = list(may_share())
ASKED = PROMPTS.map(
    lambda ask: replace(ask, messages=(*ask.messages, Message("human", "How big is Oslo?")))
)


def same_partition(pair: Pair) -> bool:
    one, two = (
        partition_key(ask, roster)
        for ask, roster in zip((pair.a, pair.b), pair.rosters, strict=True)
    )
    return one is not None and one == two


def same_wording(pair: Pair) -> bool:
    one, two = subject(pair.a), subject(pair.b)
    assert one is not None
    assert two is not None
    return normal_key(b"", one) == normal_key(b"", two)


def refused(ask: Prompt, limits: Limits = LIMITS) -> str | None:
    text = subject(ask)
    return "no subject" if text is None else refusal_to_match(ask, text, limits)


def kept_apart(pair: Pair) -> bool:
    """Whether what is named for the pair alone keeps it apart, however near it is."""
    if pair.by == "partition":
        return not same_partition(pair)
    if pair.by == "words":
        return refused(pair.a) is not None and not same_wording(pair)
    if pair.by == "admission":
        same = pair.a == pair.b
        return (objection if same else objection_to_matching)(pair.a, pair.answer) is not None
    if pair.by == "time":
        return time_bound(subject(pair.a) or "") is not None and refused(pair.a) is not None
    return not same_wording(pair)


@pytest.mark.parametrize("pair", NEVER, ids=lambda pair: f"{pair.why}")
def test_what_must_not_share_is_kept_apart(pair: Pair) -> None:
    assert kept_apart(pair)


@pytest.mark.parametrize("pair", MAY, ids=lambda pair: f"{pair.why}")
def test_what_may_share_is_kept_together(pair: Pair) -> None:
    assert same_partition(pair)
    assert same_wording(pair) == (pair.by == "wording")
    if pair.by == "meaning":
        assert refused(pair.a, OPEN) is None
        assert refused(pair.b, OPEN) is None


def test_there_are_enough_pairs_of_every_kind() -> None:
    assert len(NEVER) >= 200
    assert len(MAY) >= 40
    assert len(Counter(pair.why for pair in NEVER)) >= 30
    assert sum(pair.by == "meaning" for pair in NEVER) < 10


@given(PROMPTS)
def test_a_partition_has_a_subject(ask: Prompt) -> None:
    assert (partition_key(ask, ROSTER) is None) >= (subject(ask) is None)


@given(ASKED, st.text().filter(str.strip))
def test_the_last_user_text_does_not_count(ask: Prompt, text: str) -> None:
    plain = replace(ask, cache_text=None)
    asked = replace(plain, messages=(*plain.messages[:-1], Message("human", f"{text} x")))
    if subject(asked) == f"{text} x":
        assert partition_key(asked, ROSTER) == partition_key(plain, ROSTER)


FIELDS: dict[str, Any] = {
    "messages": (Message("system", "Be brief, 7 words."), Message("human", "How big is Oslo?")),
    "tools": ({"name": "a tool that nobody has"},),
    "tool_choice": {"type": "tool", "name": "one that nobody has"},
    "response_format": {"type": "a format that nobody asks for"},
    "stop": ("a stop that nobody sets", "another"),
    "params": {"a parameter": "that nobody sets"},
    "max_tokens": 12_345,
    "tenant": "somebody else",
    "pin": "a tier that nobody has",
    "corpus_version": "next year's",
    "cache_text": "How big is Oslo?",
    "remembered_as": (Message("human", "How big is Oslo?", extra={"texts": "others"}),),
    "compress": False,
}


@given(ASKED, st.sampled_from(sorted(FIELDS)))
def test_every_field_that_changes_the_answer_changes_the_partition(ask: Prompt, name: str) -> None:
    before = partition_key(ask, ROSTER)
    # A request without a stable text, such as one with an infinite number, shares with no other.
    assume(before is not None)
    assert partition_key(replace(ask, **{name: FIELDS[name]}), ROSTER) != before


def test_no_field_of_a_request_is_forgotten() -> None:
    only_of_keeping = {"no_cache", "no_store", "ttl_s", "paced"}
    only_of_sending = {"beyond", "token_budget"}
    assert set(FIELDS) | only_of_keeping | only_of_sending == set(Prompt.__slots__)


@given(ASKED, st.sampled_from([" ", "\n", "\t", " \r\n"]), st.randoms(use_true_random=False))
def test_space_at_the_ends_order_and_delivery_do_not_count(
    ask: Prompt, space: str, random: Any
) -> None:
    def padded(message: Message) -> Message:
        content = message.content
        return replace(
            message, content=f"{content}{space}" if isinstance(content, str) else content
        )

    tools, stop = list(ask.tools), list(ask.stop)
    random.shuffle(tools)
    random.shuffle(stop)
    same = replace(
        ask,
        messages=(*map(padded, ask.messages[:-1]), ask.messages[-1]),
        tools=tuple(tools),
        stop=tuple(stop),
        params={**dict(reversed(list(ask.params.items()))), "stream": True, "timeout": 5},
    )
    assert partition_key(same, ROSTER) == partition_key(
        replace(
            ask, params={k: v for k, v in ask.params.items() if k not in ("stream", "timeout")}
        ),
        ROSTER,
    )


@pytest.mark.parametrize("value", [object(), {1, 2}, float("nan"), b"bytes"])
def test_what_has_no_stable_text_has_no_partition(value: Any) -> None:
    assert partition_key(prompt(params={"odd": value}), ROSTER) is None


def test_history_is_left_out_only_when_asked_and_never_the_instructions() -> None:
    question = Message("human", "Which gases make up the air of planet Mars?")
    alone = Prompt((question,))
    talked = Prompt((Message("human", "Hi"), Message("ai", "Hello!"), question))
    told = Prompt((Message("system", "Be brief."), question))
    assert partition_key(talked, ROSTER) != partition_key(alone, ROSTER)
    across = [partition_key(p, ROSTER, across_histories=True) for p in (alone, talked, told)]
    assert across[0] == across[1] != across[2]


def test_a_templates_question_is_asked_and_its_rest_is_the_frame() -> None:
    one = prompt("Answer from the context.\n\nContext: A is 5.\n\nQuestion: What is A?\nAnswer:")
    two = prompt("Answer from the context.\n\nContext: A is 6.\n\nQuestion: What is A?\nAnswer:")
    three = prompt(
        "Answer from the context.\n\nContext: A is 5.\n\nQuestion: What's A, 5?\nAnswer:"
    )
    tagged = prompt("<context>A is 5.</context>\n<question>What is A?</question>")
    assert subject(one) == subject(two) == subject(tagged) == "What is A?"
    keys = [partition_key(ask, ROSTER) for ask in (one, two, three, tagged)]
    assert keys[0] == keys[2]
    assert len(set(keys)) == 3


ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("TOKENOMICS_DATA") or ROOT.parent / "shared" / "data")
RECORDED = DATA / "semcache_multiturn_dev.jsonl"


def read(request: dict[str, Any]) -> Prompt:
    """A recorded request; the user is a parameter, request ids and streaming are none."""
    turns = tuple(Message(m["role"], m["content"]) for m in request["messages"])
    params: dict[str, Any] = {
        k: request[k] for k in ("temperature", "n", "user", "stream") if k in request
    }
    return Prompt(
        turns,
        tools=tuple({"name": name} for name in request.get("tools", ())),
        response_format=request.get("response_format"),
        params=params,
        max_tokens=request.get("max_tokens"),
        tenant=request["tenant"],
        pin=request["model"],
    )


def served(row: dict[str, Any]) -> bool:
    """Whether one may answer the other when every paraphrase is taken as near.

    Questions that ask something else of one context are not near (their cosine is .54).
    """
    a, b = read(row["a"]), read(row["b"])
    pair = Pair(a, b, row["why"], "meaning")
    if not same_partition(pair):
        return False
    if same_wording(pair):
        return row["a"].get("at") == row["b"].get("at") or time_bound(subject(a) or "") is None
    scoped = replace(LIMITS, scoped=True)
    near = "other question" not in row["why"]
    return near and refused(a, scoped) is None and refused(b, scoped) is None


@pytest.mark.skipif(
    not RECORDED.is_file(),
    reason="recorded pairs are looked for in TOKENOMICS_DATA and ../shared/data",
)
def test_recorded_pairs_share_exactly_where_they_may() -> None:
    rows = [json.loads(line) for line in RECORDED.read_text().splitlines()]
    found = Counter((row["may_share"], served(row)) for row in rows)
    assert found == {(0, False): 54, (1, True): 30}
    follow_ups = {row["a"]["messages"][-1]["content"] for row in rows if "history" in row["why"]}
    assert not any(standalone(text) for text in follow_ups)
