"""The memory by itself: what it gives, refuses, learns, forgets."""

import asyncio
import copy
import pickle
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bag import AGAIN, ANSWER, ASKED, FIXED, OTHER, THIRD, Wayward, given, taught
from tokenomics_shared import Memory, PromptError
from tokenomics_shared.types import Message, Prompt

BAKING = "Which flour is best for baking rye bread?"


@pytest.fixture
def fixed() -> Iterator[Memory]:
    memory = Memory(**FIXED)
    yield memory
    memory.close()


@pytest.fixture(scope="module")
def bounded() -> Memory:
    """One for all: MiniLM takes a second to load."""
    return Memory(audit_rate=0.0)


@pytest.fixture
def meaning(bounded: Memory) -> Memory:
    bounded.clear()
    return bounded


def group_of(memory: Memory, question: str) -> int | None:
    return memory.explain(question).group


def test_the_same_and_a_near_question_are_answered(fixed: Memory) -> None:
    assert fixed.recall(ASKED) is None
    taught(fixed, ASKED)
    same, near = fixed.recall(ASKED), fixed.recall(AGAIN)
    assert same is not None
    assert near is not None
    assert (same.answer, same.cache_type, same.similarity) == (ANSWER, "exact", 1.0)
    assert (near.answer, near.cache_type, near.entry) == (ANSWER, "semantic_direct", same.entry)
    assert 0.85 <= near.similarity < 1.0
    assert fixed.recall(BAKING) is None


async def test_asking_without_blocking_finds_the_same(fixed: Memory) -> None:
    taught(fixed, ASKED)
    for question in (ASKED, AGAIN, BAKING):
        assert await fixed.arecall(question) == fixed.recall(question)


def test_another_wording_of_the_same_words_is_the_same(fixed: Memory) -> None:
    taught(fixed, ASKED)
    found = fixed.recall(f"  {ASKED.upper()}  ".replace(" ", "  ").lower())
    assert found is not None
    assert found.cache_type == "exact"


def test_empty_questions_are_refused(fixed: Memory) -> None:
    with pytest.raises(PromptError, match="empty"):
        fixed.recall("  ")
    with pytest.raises(PromptError, match="empty"):
        fixed.remember("", ANSWER)


def test_agreeing_answers_make_a_group_and_others_do_not(meaning: Memory) -> None:
    taught(meaning, "How do I reset my password?", "What is the way to reset my password?")
    found = meaning.explain("How could I reset my password?")
    assert found.given
    assert found.witnesses == 2
    assert len({near.group for near in found.near}) == 1
    taught(meaning, "How do I change my password by telephone?", answer=OTHER)
    found = meaning.explain("How can I reset my password?")
    assert len({near.group for near in found.near}) == 2


def test_one_witness_must_be_very_near(meaning: Memory) -> None:
    taught(meaning, "How do I reset my password?")
    found = meaning.explain("What should one do who wants to reset a password?")
    assert not found.given
    assert found.witnesses == 1
    assert meaning.recall("What should one do who wants to reset a password?") is None


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        ("How do I not reset my password in the settings?", "negation"),
        ("How do I reset my 2 password in the settings?", "number"),
    ],
)
def test_a_veto_names_its_rule(fixed: Memory, asked: str, rule: str) -> None:
    taught(fixed, ASKED)
    assert fixed.recall(asked) is None
    found = fixed.explain(asked)
    assert found.decision is not None
    assert found.decision.kind == "vetoed"
    assert rule in {veto.rule for veto in found.decision.vetoes}
    assert f"rule {rule}" in str(found)
    assert (fixed.stats().vetoes or {})[rule] == 1
    assert Memory(**FIXED, guard=False).explain(asked).refused == "nothing near is kept"


def test_explaining_counts_and_keeps_nothing(fixed: Memory) -> None:
    taught(fixed, ASKED)
    before = fixed.stats()
    assert fixed.explain(AGAIN).given
    assert fixed.explain(ASKED).exact
    assert fixed.stats() == before


def test_observing_gives_nothing_by_meaning_but_counts_and_learns() -> None:
    memory = Memory(**FIXED, observe=True)
    taught(memory, ASKED)
    assert given(memory, [ASKED, AGAIN]) == [ANSWER, None]
    stats = memory.stats()
    assert (stats.lookups, stats.hits, stats.would_hits) == (1, 0, 1)
    taught(memory, AGAIN)
    assert group_of(memory, THIRD) is not None
    assert memory.explain(THIRD).witnesses == 2
    memory.close()


def test_static_thresholds_are_the_ones_stated() -> None:
    similar = {}
    for least in (0.80, 0.95):
        memory = Memory(**FIXED, direct_return_threshold=least, similarity_threshold=0.5)
        taught(memory, ASKED)
        found = memory.explain(AGAIN)
        assert found.decision is not None
        assert found.given == (found.decision.score >= least)
        similar[least] = found.decision.kind
        memory.close()
    assert similar == {0.80: "given", 0.95: "not near enough"}


def told(found: Any) -> dict[str, Any]:
    return {"tokenomics": {"cache_entry": found.entry}}


@pytest.mark.parametrize("name_it", [lambda r: r, lambda r: r.entry, told])
def test_forgetting_evicts_and_quarantines(fixed: Memory, name_it: Any) -> None:
    taught(fixed, ASKED, AGAIN)
    found = fixed.recall(THIRD)
    assert found is not None
    assert fixed.forget(name_it(found))
    # Its twin is exact for who asked it, and answers nobody else.
    assert given(fixed, [THIRD]) == [None]
    assert sorted(map(str, given(fixed, [ASKED, AGAIN]))) == sorted(["None", ANSWER])
    assert not fixed.forget(name_it(found))


@pytest.mark.parametrize("answer", ["no such name", None, 3, {}, {"tokenomics": {}}, ANSWER])
def test_what_names_no_entry_can_not_be_forgotten(fixed: Memory, answer: Any) -> None:
    with pytest.raises(PromptError, match="names no entry"):
        fixed.forget(answer)


def test_a_forgotten_answer_is_gone_for_everybody_who_shares_the_file(tmp_path: Path) -> None:
    first, second = (Memory(tmp_path / "cache.db", **FIXED) for _ in range(2))
    taught(first, ASKED)
    assert given(second, [ASKED, THIRD]) == [ANSWER, ANSWER]
    found = second.recall(THIRD)
    assert found is not None
    assert first.forget(found)
    assert given(first, [ASKED, THIRD]) == [None, None]
    time.sleep(1.1)
    assert given(second, [ASKED, THIRD]) == [None, None]
    # What is answered anew by one is given by the other, to the same question at once.
    taught(second, ASKED, answer=OTHER)
    assert given(first, [ASKED]) == [OTHER]
    for memory in (first, second):
        memory.close()
    third = Memory(tmp_path / "cache.db", **FIXED)
    assert given(third, [ASKED]) == [OTHER]
    third.close()


def test_clearing_is_for_everybody_who_shares_the_file(tmp_path: Path) -> None:
    first, second = (Memory(tmp_path / "cache.db", **FIXED) for _ in range(2))
    taught(first, ASKED, AGAIN)
    assert given(second, [ASKED, THIRD]) == [ANSWER, ANSWER]
    first.clear()
    assert first.stats().size == 0
    assert given(first, [ASKED, THIRD]) == [None, None]
    time.sleep(1.1)
    assert given(second, [ASKED, AGAIN, THIRD]) == [None, None, None]
    taught(second, ASKED)
    assert given(first, [ASKED, THIRD]) == [ANSWER, ANSWER]
    first.close()
    second.close()


def test_an_expired_answer_that_another_process_renews_is_given_again(tmp_path: Path) -> None:
    now = [1e9]
    first, second = (
        Memory(tmp_path / "cache.db", clock=lambda: now[0], ttl_s=60.0, **FIXED) for _ in range(2)
    )
    taught(first, ASKED)
    assert given(first, [THIRD]) == [ANSWER]
    now[0] += 61.0
    assert given(first, [ASKED, THIRD]) == [None, None]
    taught(second, ASKED, answer=OTHER)
    assert given(first, [THIRD, ASKED]) == [OTHER, OTHER]
    first.close()
    second.close()


def test_a_request_may_pass_memory_by_or_leave_nothing(fixed: Memory) -> None:
    taught(fixed, ASKED, no_store=True)
    assert given(fixed, [ASKED, AGAIN]) == [None, None]
    taught(fixed, ASKED)
    assert given(fixed, [ASKED, AGAIN], no_cache=True) == [None, None]


def test_a_time_to_live_ends_an_answer_for_its_paraphrases_too() -> None:
    now = [1e9]
    memory = Memory(clock=lambda: now[0], **FIXED)
    taught(memory, ASKED, ttl_s=1000.0)
    now[0] += 999.0
    assert given(memory, [ASKED, THIRD]) == [ANSWER, ANSWER]
    now[0] += 2.0
    assert given(memory, [ASKED, THIRD]) == [None, None]
    memory.close()


def test_questions_about_the_present_are_kept_for_five_minutes_and_never_by_meaning() -> None:
    now, weather = [1e9], "What is the weather in Vienna today?"
    memory = Memory(clock=lambda: now[0], **FIXED)
    taught(memory, weather, answer="It is sunny in Vienna, at 21 degrees.")
    now[0] += 299.0
    assert given(memory, [weather])[0] is not None
    assert given(memory, ["What is the weather now in Vienna today?"]) == [None]
    assert any("time" in why for why in memory.stats().ineligible or {})
    now[0] += 2.0
    assert given(memory, [weather]) == [None]
    memory.close()


@pytest.mark.parametrize(
    "other", [{"corpus_version": "2"}, {"tenant": "you"}, {"system_prompt": "Answer in French."}]
)
def test_whatever_else_decides_what_is_right_keeps_answers_apart(
    fixed: Memory, other: dict[str, str]
) -> None:
    taught(fixed, ASKED)
    assert given(fixed, [ASKED, AGAIN], **other) == [None, None]
    taught(fixed, ASKED, answer=OTHER, **other)
    assert given(fixed, [ASKED, THIRD], **other) == [OTHER, OTHER]
    assert given(fixed, [ASKED, THIRD]) == [ANSWER, ANSWER]


def test_a_stuffed_prompt_is_cached_by_its_question(fixed: Memory) -> None:
    stuffed = f"Context: 12 pages of a handbook.\n\n{ASKED}"
    taught(fixed, stuffed, cache_text=ASKED)
    again = f"Context: 3 other pages.\n\n{AGAIN}"
    assert given(fixed, [again], cache_text=AGAIN) == [ANSWER]
    assert given(fixed, [again]) == [None]
    by_function = Memory(**FIXED, cache_text=lambda prompt: prompt.question.rsplit("\n", 1)[-1])
    taught(by_function, stuffed)
    assert given(by_function, [again]) == [ANSWER]
    by_function.close()


def test_personal_questions_are_answered_within_their_tenant_alone(fixed: Memory) -> None:
    mine = "When does my contract with you end?"
    taught(fixed, mine, answer="It ends with the month of May.", tenant="a")
    assert given(fixed, [mine], tenant="b") == [None]
    assert given(fixed, [mine], tenant="a") != [None]


def test_stats_add_up(fixed: Memory) -> None:
    taught(fixed, ASKED)
    given(fixed, [ASKED, AGAIN, BAKING, "How do I not reset my password in the settings?"])
    stats = fixed.stats()
    assert (stats.lookups, stats.hits, stats.size) == (3, 1, 1)
    assert stats.hit_rate == pytest.approx(1 / 3)
    assert (stats.audits, stats.false_hit_rate, stats.false_hit_rate_bound) == (0, None, 1.0)
    assert stats.to_dict()["hits"] == 1


def test_it_survives_a_restart(tmp_path: Path) -> None:
    first = Memory(tmp_path / "cache.db", **FIXED)
    taught(first, ASKED, AGAIN)
    first.prefer("me", tone="kind")
    first.close()
    second = Memory(tmp_path / "cache.db", **FIXED)
    assert given(second, [ASKED, AGAIN, THIRD]) == [ANSWER] * 3
    assert second.explain(THIRD).witnesses == 2
    assert second.stats().size == 2
    assert "kind" in str(second.as_configured(Prompt((Message("human", "a"),), tenant="me")))
    second.close()


def test_a_pickled_one_uses_the_same_file_and_a_copy_is_shared(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "cache.db", **FIXED)
    taught(memory, ASKED)
    assert copy.copy(memory) is memory
    assert copy.deepcopy({"memory": memory})["memory"] is memory
    again = pickle.loads(pickle.dumps(memory))  # noqa: S301 -- our own
    assert given(again, [ASKED, THIRD]) == [ANSWER, ANSWER]
    assert again.config == memory.config
    again.close()
    memory.close()


def test_preferences_part_answers_and_can_be_taken_back(fixed: Memory) -> None:
    taught(fixed, ASKED, tenant="me")
    fixed.prefer("me", tone="very formal", format="a list")
    assert given(fixed, [ASKED, AGAIN], tenant="me") == [None, None]
    taught(fixed, ASKED, answer=OTHER, tenant="me")
    assert given(fixed, [ASKED, AGAIN], tenant="me") == [OTHER, OTHER]
    fixed.prefer("me", tone=None, format=None)
    assert given(fixed, [ASKED], tenant="me") == [ANSWER]
    with pytest.raises(PromptError, match="no such preference"):
        fixed.prefer("me", colour="green")
    with pytest.raises(PromptError, match="1 to 30 words"):
        fixed.prefer("me", tone="very " * 31)


def test_a_file_of_a_fixed_threshold_serves_a_bounded_one(tmp_path: Path) -> None:
    fixed = Memory(tmp_path / "cache.db", **FIXED)
    taught(fixed, ASKED, AGAIN, THIRD)
    fixed.close()
    other = Memory(tmp_path / "cache.db", embedder=FIXED["embedder"])
    assert given(other, [ASKED, BAKING]) == [ANSWER, None]
    assert other.faults.counts() == {}
    other.close()


def test_a_hit_withheld_for_an_audit_is_compared_with_what_is_remembered_instead() -> None:
    memory = Memory(max_false_hit_rate=0.05)
    taught(memory, "How do I reset my password?", "How can I reset my password?")
    question = "How could I reset my password?"
    asked = Prompt((Message("human", question),))
    # One hit in twenty is drawn, so the chance of none is one in a thousand million.
    drawn = any(memory.find(asked).refused == "withheld for an audit" for _ in range(400))
    assert drawn
    taught(memory, question, answer=OTHER)
    stats = memory.stats()
    assert (stats.audits, stats.wrong, stats.false_hit_rate) == (1, 1, 1.0)
    # The group that was wrong is given to nobody, the fresh answer to who asked.
    assert given(memory, [question]) == [OTHER]
    assert given(memory, ["How might I reset my password?"]) != [ANSWER]
    memory.close()


async def test_a_slow_embedder_does_not_block_the_event_loop() -> None:
    slow = Wayward()
    memory = Memory(max_false_hit_rate=None, embedder=slow)
    taught(memory, ASKED)
    slow.wait_s = 0.2
    longest, done = 0.0, asyncio.Event()

    async def watch() -> None:
        nonlocal longest
        while not done.is_set():
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            longest = max(longest, time.perf_counter() - before)

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0.02)
    found = await asyncio.gather(*(memory.arecall(text) for text in (AGAIN, THIRD, BAKING)))
    done.set()
    await watching
    assert [each and each.answer for each in found] == [ANSWER, ANSWER, None]
    assert longest < 0.15
    memory.close()


def test_a_judge_of_answers_decides_what_agrees() -> None:
    asked: list[tuple[str, str, str]] = []

    def judge(question: str, fresh: str, kept: str) -> bool:
        asked.append((question, fresh, kept))
        return True

    memory = Memory(embedder=FIXED["embedder"], answers_agree=judge, audit_rate=0.0)
    memory.remember("How do I reset my own password?", "Press the button.")
    memory.flush()
    memory.remember("How do I reset my old password?", "Write to us instead.")
    memory.flush()
    assert asked == [
        ("How do I reset my old password?", "Write to us instead.", "Press the button.")
    ]
    groups = {near.group for near in memory.explain("How do I reset my password?").near}
    assert len(groups) == 1
    memory.close()
