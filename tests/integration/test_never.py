"""What must never share an answer doesn't, through the whole memory with real embeddings."""

import json
from typing import Any

import pytest

from tests.unit.never_pairs import Pair, may_share, must_not_share
from tokenomics_shared import Memory
from tokenomics_shared.types import Memo

MUST_NOT, MAY = list(must_not_share()), list(may_share())
SETTINGS: dict[str, dict[str, Any]] = {
    "fixed threshold": {"max_false_hit_rate": None},
    "bounded": {"max_false_hit_rate": 0.05, "audit_rate": 0.0},
}


def shared(pair: Pair, memory: Memory, now: list[float]) -> bool:
    """Whether the second request is given the first one's answer."""
    first, second = pair.rosters
    payload = json.dumps(pair.answer.text)
    memory.take_in_reply(pair.a, pair.answer, payload, _text, first)
    memory.flush()
    now[0] += pair.later_s
    return memory.find(pair.b, second).memo is not None


def _text(memo: Memo) -> str:
    return str(json.loads(memo.payload))


@pytest.fixture(params=SETTINGS)
def empty(request: pytest.FixtureRequest) -> tuple[Memory, list[float]]:
    now = [1e9]
    return Memory(clock=lambda: now[0], **SETTINGS[request.param]), now


def test_there_are_enough_pairs() -> None:
    assert len(MUST_NOT) >= 200


def test_no_pair_that_must_not_share_does(empty: tuple[Memory, list[float]]) -> None:
    memory, now = empty
    wrong = []
    for pair in MUST_NOT:
        if shared(pair, memory, now):
            wrong.append(f"{pair.why}: {pair.a.question!r} for {pair.b.question!r}")
        memory.clear()
    memory.close()
    assert wrong == []


def test_pairs_that_say_the_same_share(empty: tuple[Memory, list[float]]) -> None:
    memory, now = empty
    apart = []
    for pair in MAY:
        if pair.by == "wording" and not shared(pair, memory, now):
            apart.append(f"{pair.why}: {pair.a.question!r} for {pair.b.question!r}")
        memory.clear()
    memory.close()
    assert apart == []
