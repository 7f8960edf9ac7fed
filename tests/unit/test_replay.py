"""Recorded outcomes are read with care and played through the engine as if they came live."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.kit import engine, prompt
from tests.logs import made_rows, written
from tokenomics_shared import Engine, Price
from tokenomics_shared.effects import Generate
from tokenomics_shared.orchestrator import estimate_tokens, prompt_tokens
from tokenomics_shared.replay import (
    Feedback,
    Log,
    LogError,
    Recorded,
    RecordedAnswer,
    ReplayBackend,
    ReplayCodec,
    read_log,
    replay,
)
from tokenomics_shared.types import Message, Prompt, Strategy

CHEAP_ANSWER = {"text": "Perhaps 4.", "score": 0.0, "cost": 1e-6}
PREMIUM_ANSWER = {"text": "It is 5.", "score": 1.0, "cost": 3e-5}
ROW: dict[str, Any] = {
    "question": "What is 2 + 3?",
    "answers": {"small": CHEAP_ANSWER, "large": PREMIUM_ANSWER},
}


class Learning:
    """An engine, and what it was told of its answers."""

    def __init__(self, inner: Engine) -> None:
        self.inner = inner
        self.run, self.flush, self.close = inner.run, inner.flush, inner.close
        self.told: list[tuple[str, float]] = []

    def feedback(self, answer: str, score: float, /) -> None:
        self.told.append((answer, score))


def log_of(folder: Path, *rows: dict[str, Any], **options: Any) -> Log:
    return read_log(written(folder / "log.jsonl", list(rows)), **options)


def learning(log: Log, **settings: Any) -> Learning:
    settings.setdefault("memory", {"use_exact_cache": False})
    judge = settings.pop("judge", log.score)
    return Learning(engine(judge=judge, prices=log.prices, **settings))


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return log_of(tmp_path, *made_rows())


def test_a_log_orders_its_tiers_by_what_they_cost(tmp_path: Path) -> None:
    log = log_of(tmp_path, ROW)
    assert log.tiers == ("small", "large")
    assert log.premium == "large"
    assert [arm.arm_id for arm in log.roster.arms] == ["small", "large"]


def test_another_tier_may_be_premium(tmp_path: Path) -> None:
    assert log_of(tmp_path, ROW, premium="small").tiers == ("large", "small")
    with pytest.raises(LogError, match="premium is to be 'huge'"):
        log_of(tmp_path, ROW, premium="huge")


def test_what_is_not_recorded_is_estimated(tmp_path: Path) -> None:
    bare = {
        "question": "x" * 400,
        "answers": {"a": {"score": 1}, "b": {"score": 0, "text": "y" * 40}},
    }
    prices = {"a": Price(Decimal(1), Decimal(1)), "b": Price(Decimal(9), Decimal(9))}
    answers = log_of(tmp_path, bare, prices=prices).items[0].answers
    asked = prompt_tokens(prompt("x" * 400))
    assert answers["a"].input_tokens == answers["b"].input_tokens == asked
    assert answers["b"].output_tokens == estimate_tokens("y" * 40)
    assert answers["a"].output_tokens > 0


def test_a_text_that_is_not_recorded_says_nothing_of_its_score(tmp_path: Path) -> None:
    rows = made_rows(texts=False)
    texts = [item.answers["cheap"].text for item in log_of(tmp_path, *rows).items]
    flipped = json.loads(json.dumps(rows))
    for row in flipped:
        row["answers"]["cheap"]["score"] = 1.0 - row["answers"]["cheap"]["score"]
    assert texts == [item.answers["cheap"].text for item in log_of(tmp_path, *flipped).items]
    assert len(set(texts)) == len(texts)


def test_a_conversation_is_asked_whole(tmp_path: Path) -> None:
    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hm?"}]
    item = log_of(tmp_path, {"messages": turns, "answers": ROW["answers"]}).items[0]
    assert item.question == "Hm?"
    assert item.prompt == Prompt((Message("system", "Be brief."), Message("human", "Hm?")))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda row: row.pop("question"), r"line 2: question: must be text, got nothing"),
        (lambda row: row.pop("answers"), r"line 2: answers: must be an object"),
        (lambda row: row.update(extra=1), r"line 2: extra: is unknown; known are"),
        (lambda row: row.update(messages=[]), r"line 2: messages: must be a list of turns"),
        (
            lambda row: row.update(messages=[{"role": 1}]),
            r"line 2: messages\.0\.role: must be text",
        ),
        (lambda row: row["answers"]["small"].pop("score"), r"line 2: answers\.small\.score: must"),
        (lambda row: row["answers"]["small"].update(score=1.5), r"score: must be from 0 to 1"),
        (
            lambda row: row["answers"]["small"].update(cost="free"),
            r"small\.cost: must be a number",
        ),
        (lambda row: row["answers"]["small"].update(input_tokens=1.5), r"must be a whole number"),
        (lambda row: row["answers"].pop("large"), r"request 2: answers: none of 'large'"),
        (lambda row: row["answers"].update(small=3), r"line 2: answers\.small: must be an object"),
    ],
)
def test_a_bad_line_is_named_with_its_field(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], reason: str
) -> None:
    bad = json.loads(json.dumps(ROW))
    change(bad)
    with pytest.raises(LogError, match=reason):
        log_of(tmp_path, ROW, bad)


@pytest.mark.parametrize(
    ("content", "reason"),
    [("", "is empty"), ("{", "line 1: is not JSON"), ("[1]", "line 1: must be an object")],
)
def test_what_is_no_log_is_named(tmp_path: Path, content: str, reason: str) -> None:
    path = tmp_path / "log.jsonl"
    with pytest.raises(LogError, match="can't be read"):
        read_log(path)
    path.write_text(content)
    with pytest.raises(LogError, match=reason):
        read_log(path)


def test_a_tier_without_a_price_is_named(tmp_path: Path) -> None:
    row = json.loads(json.dumps(ROW))
    del row["answers"]["small"]["cost"]
    with pytest.raises(LogError, match=r"answers\.small: not all have a cost"):
        log_of(tmp_path, row)
    with pytest.raises(LogError, match=r"stated for \['tiny'\]"):
        log_of(tmp_path, ROW, prices={"tiny": Price(Decimal(1), Decimal(1))})


def test_fitted_prices_add_up_to_the_recorded_costs(log: Log) -> None:
    for tier in log.tiers:
        billed = sum(log.prices.billed(tier, item.answers[tier]) for item in log.items)
        per_token = sum(
            log.prices.cost(log.roster.tiers[tier], tier, usage) or 0
            for item in log.items
            if (usage := ReplayBackend(item).generate(ask(tier)).usage)
        )
        assert float(per_token) == pytest.approx(float(billed))


def ask(tier: str, *, own: bool = False) -> Generate:
    return Generate(Strategy(tier), Prompt((Message("human", "?"),)), own=own)


def test_the_backend_gives_the_record_and_nothing_else(log: Log) -> None:
    item = log.items[0]
    backend = ReplayBackend(item)
    assert backend.generate(ask("cheap")).text == item.answers["cheap"].text
    aside = backend.aside()
    assert backend.audited
    chunks = list(aside.stream(ask("premium")))
    assert aside.merge(ask("premium"), chunks).text == item.answers["premium"].text
    assert [(call.tier, call.audit) for call in backend.calls] == [
        ("cheap", False),
        ("premium", True),
    ]
    with pytest.raises(LogError, match="engine's own"):
        backend.generate(ask("cheap", own=True))


def test_the_judge_of_a_log_knows_every_answer(log: Log) -> None:
    item = log.items[3]
    cheap, premium = item.answers["cheap"], item.answers["premium"]
    assert log.score(item.question, cheap.text) == cheap.score
    assert log.loss(item.question, cheap.text, premium.text) == premium.score - cheap.score
    with pytest.raises(LogError, match="doesn't hold this answer"):
        log.score(item.question, "made up")


def test_a_perfect_judge_escalates_what_is_wrong_and_every_call_is_paid(log: Log) -> None:
    player = learning(log)
    tally = replay(log, lambda: player)
    wrong = sum(item.answers["cheap"].score < 1.0 for item in log.items)
    assert tally.requests == len(log.items)
    assert tally.paths["escalated"] == pytest.approx(wrong / len(log.items))
    assert tally.paths["cheap"] == pytest.approx(1.0 - wrong / len(log.items))
    paid = sum(
        step.cheap_cost + (step.premium_cost if step.path == "escalated" else 0.0)
        for step in tally.steps
    )
    assert sum(step.cost for step in tally.steps) == pytest.approx(paid)
    assert tally.quality_ratio > 1.0
    low, high = tally.interval
    assert low < tally.quality_ratio < high
    assert [score for _, score in player.told] == [step.score for step in tally.steps]


def test_feedback_may_be_a_share_and_may_err(log: Log) -> None:
    def told(feedback: Feedback) -> list[float]:
        player = learning(log)
        replay(log, lambda: player, feedback=feedback, seed=4)
        return [score for _, score in player.told]

    right = told(Feedback())
    assert told(Feedback(error=1.0)) == [1.0 - score for score in right]
    assert 5 < len(told(Feedback(share=0.1))) < 25
    assert told(Feedback(share=0.0)) == []
    with pytest.raises(LogError, match="share must be from 0 to 1"):
        Feedback(share=2.0)


def test_a_seed_decides_the_order_and_sessions_stay_together() -> None:
    answers = {
        tier: RecordedAnswer(tier, 1.0, 10, 10, cost=Decimal(cost))
        for tier, cost in (("cheap", 1), ("premium", 9))
    }
    items = [Recorded(f"{n}", answers, session=f"s{n // 2}" if n < 10 else "") for n in range(30)]
    log = Log.of(items)

    def asked(seed: int) -> list[str]:
        player = learning(log)
        seen: list[str] = []
        run = player.run

        def noting(prompt: Prompt, *rest: Any) -> Any:
            seen.append(prompt.question)
            return run(prompt, *rest)

        player.run = noting  # type: ignore[assignment,method-assign,unused-ignore]
        replay(log, lambda: player, order="shuffled", seed=seed)
        return seen

    first = asked(1)
    assert first == asked(1) != asked(2)
    assert sorted(first, key=int) == [item.question for item in items]
    for number in range(0, 10, 2):
        place = first.index(str(number))
        assert first[place + 1] == str(number + 1)


def test_an_answer_again_from_memory_costs_nothing(tmp_path: Path) -> None:
    log = log_of(tmp_path, ROW, ROW)
    tally = replay(log, lambda: learning(log, memory={}))
    assert [step.path for step in tally.steps] == ["escalated", "memory"]
    assert [step.score for step in tally.steps] == [1.0, 1.0]
    assert tally.steps[1].cost == 0.0


def test_the_simple_ways_are_reckoned_from_the_log(log: Log) -> None:
    tally = replay(log, lambda: learning(log))
    cheap, premium = tally.always_cheap(), tally.always_premium()
    assert (premium.quality, premium.cost) == (1.0, 1.0)
    assert cheap.quality < 1.0
    assert cheap.cost == pytest.approx(0.05, rel=0.3)
    half = (cheap.quality + 1.0) / 2
    mix = tally.random_mix(half)
    assert mix.quality == pytest.approx(half)
    assert mix.cost == pytest.approx((cheap.cost + 1.0) / 2)
    ranked = tally.cheapest_first(half)
    assert ranked.quality >= half - 1e-9
    assert tally.random_mix(0.0) == cheap
    assert tally.random_mix(2.0).cost == pytest.approx(1.0)


def test_the_curve_and_the_kinds_are_parts_of_the_whole(log: Log) -> None:
    tally = replay(log, lambda: learning(log))
    blocks = list(tally.curve(50))
    assert [block.requests for block in blocks] == [50, 50, 20]
    assert sum(block.spent for block in blocks) == pytest.approx(tally.spent)
    assert sum(part.requests for part in tally.kinds.values()) == tally.requests
    assert set(tally.kinds) == {"easy", "hard"}


def test_texts_are_kept_by_the_codec(log: Log) -> None:
    reply = ReplayBackend(log.items[0]).generate(ask("cheap"))
    frozen = ReplayCodec().freeze(reply)
    assert frozen is not None
    assert ReplayCodec().thaw(frozen).text == reply.text
