"""Our own limits on answers: when they are sent, and what becomes of an answer that they cut."""

import math
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.kit import CHEAP, GOOD, POOR, PREMIUM, PRICES, ROSTER, engine, prompt
from tests.unit.routed import Models
from tokenomics_shared import Engine
from tokenomics_shared.adapters.sqlite_lengths import SqliteLengths
from tokenomics_shared.drivers import Done
from tokenomics_shared.effects import Generate
from tokenomics_shared.prediction import length_features
from tokenomics_shared.prediction.quantiles import Line, Quantiles, Step
from tokenomics_shared.telemetry import as_metadata
from tokenomics_shared.testing import TextCodec
from tokenomics_shared.types import Abilities, Outcome, Prompt, Reply, Usage

LIKELY, CAP = 200, 450
"""Median of the forecast, and its p99, which is the limit that follows."""

WIDTH = length_features.WIDTH
ALIKE = Quantiles(
    Line((0.0,) * WIDTH, (0.0,) * WIDTH, (1.0,) * WIDTH, math.log(LIKELY - 0.1)),
    (Step(0.0, ()), Step(math.log(1.5), ()), Step(math.log(1.5), ())),
    samples=1_000,
    until=0.0,
)
"""All answers are about as long."""


class Down(Exception):
    """The provider is down."""


class Writers(Models):
    """Would write so many tokens, and stop where they must; fail the tries that are named."""

    def __init__(self, tokens: int, text: str = GOOD, *, failing: Sequence[int] = ()) -> None:
        super().__init__(lambda *_: text)
        self.tokens, self.text, self.failing = tokens, text, failing

    def generate(self, ask: Generate) -> Reply:
        self.asked.append(ask)
        if len(self.asked) in self.failing:
            raise Down
        limits = (ask.strategy.max_tokens, ask.prompt.max_tokens)
        limit = min((it for it in limits if it is not None), default=self.tokens)
        if limit < self.tokens:
            cut = " ".join(self.text.split()[:3])
            return Reply(cut, usage=Usage(20, limit), finish_reason="length")
        return Reply(self.text, usage=Usage(20, self.tokens))

    async def agenerate(self, ask: Generate) -> Reply:
        return self.generate(ask)

    async def astream(self, ask: Generate) -> Any:
        for chunk in self.stream(ask):
            yield chunk

    @property
    def limits(self) -> list[int | None]:
        return [ask.strategy.max_tokens for ask in self.asked]


@pytest.fixture
def trained(tmp_path: Path) -> Any:
    """Makes engines that know how long answers are."""
    store = SqliteLengths(tmp_path / "lengths.db", on_fault=print)
    for model in ("small-1", "large-1"):
        store.put_model(model, ALIKE.to_json())
    store.flush()
    store.close()
    engines = []

    def make(**given: Any) -> Engine:
        given.setdefault("cascading", {"enabled": False})
        one = engine(state_dir=tmp_path, **given)
        engines.append(one)
        return one

    yield make
    for one in engines:
        one.close()


def ask(one: Engine, backend: Writers, text: str = "What is it?", **fields: Any) -> Outcome:
    asked = prompt(text, no_cache=fields.pop("no_cache", True), **fields)
    return one.run(asked, ROSTER, TextCodec(), backend)


def test_the_forecast_limits_the_answer(trained: Any) -> None:
    one, backend = trained(), Writers(100)
    outcome = ask(one, backend)
    assert backend.limits == [CAP]
    assert outcome.plan is not None
    assert outcome.plan.forecasts["large-1"].p99 == CAP
    assert outcome.reply == Reply(GOOD, usage=Usage(20, 100))
    assert outcome.strategy == "premium"


@pytest.mark.parametrize(
    ("callers", "sent"), [(10, None), (CAP, None), (CAP + 1, CAP), (10_000, CAP)]
)
def test_it_is_never_above_the_callers(trained: Any, callers: int, sent: int | None) -> None:
    backend = Writers(5)
    ask(trained(), backend, max_tokens=callers)
    assert backend.limits == [sent]
    assert backend.asked[0].prompt.max_tokens == callers


def test_a_limit_of_the_arm_or_of_the_model_itself_counts_as_the_callers(trained: Any) -> None:
    one, backend = trained(), Writers(5)
    short = replace(PREMIUM, max_tokens=100)
    one.run(prompt(), replace(ROSTER, arms=(CHEAP, short)), TextCodec(), backend)
    tiers = dict(ROSTER.tiers)
    tiers["premium"] = replace(tiers["premium"], abilities=Abilities(output_tokens=300))
    one.run(prompt(no_cache=True), replace(ROSTER, tiers=tiers), TextCodec(), backend)
    assert backend.limits == [100, None]


def test_before_anything_is_learned_there_is_none() -> None:
    backend = Writers(100_000)
    for number in range(5):
        ask(engine(), backend, f"What is item {number}?")
    assert set(backend.limits) == {None}


@pytest.mark.parametrize("off", [{"cap": False}, {"enabled": False}])
def test_it_can_be_switched_off(trained: Any, off: Any) -> None:
    backend = Writers(100_000)
    outcome = ask(trained(prediction=off), backend)
    assert backend.limits == [None]
    assert outcome.plan is not None
    assert outcome.plan.forecasts["large-1"].trained == ("cap" in off)


def test_what_is_read_as_it_comes_has_none(trained: Any) -> None:
    backend = Writers(100_000)
    *words, done = trained().stream(prompt(), ROSTER, TextCodec(), backend)
    assert backend.limits == [None]
    assert "".join(word for word, _ in words) == done.result.reply.text == GOOD


@pytest.mark.parametrize(
    ("tokens", "limits"),
    [(CAP, [CAP]), (CAP + 1, [CAP, 4 * CAP]), (4 * CAP + 1, [CAP, 4 * CAP, None])],
)
def test_a_cut_answer_is_asked_for_again(trained: Any, tokens: int, limits: Any) -> None:
    one, backend = trained(), Writers(tokens)
    outcome = ask(one, backend)
    assert backend.limits == limits
    assert outcome.reply is not None
    assert outcome.reply.text == GOOD
    purposes = [charge.purpose for charge in outcome.charges]
    assert purposes == ["cut"] * (len(limits) - 1) + ["answer"]
    assert len([it for it in outcome.trace if it.startswith("cut:premium:")]) == len(limits) - 1
    told = as_metadata(outcome)
    assert [call["purpose"] for call in told["calls"]] == purposes
    assert told["output_tokens"] == sum(limit or tokens for limit in limits[:-1]) + tokens


def test_what_was_cut_costs_and_is_no_baseline(trained: Any) -> None:
    one = trained()
    outcome = ask(one, Writers(500))
    price = PRICES.prices["premium"]
    cut, whole = price.cost(Usage(20, CAP)), price.cost(Usage(20, 500))
    assert outcome.cost == cut + whole
    assert outcome.baseline_cost == whole
    assert not outcome.baseline_estimated
    assert outcome.savings is not None
    assert outcome.savings.orchestrator == -cut
    assert outcome.savings.total == -cut
    totals = one.report().totals
    assert totals.baseline_cost - totals.compared_cost == totals.savings.total == -cut
    assert sum(model.calls for model in totals.models) == 2


def test_a_cut_draft_is_judged_whole(trained: Any) -> None:
    one, backend = trained(cascading={"enabled": True}), Writers(500)
    outcome = ask(one, backend, "Which river flows through the city of Vienna?")
    assert [(it.strategy.tier, it.strategy.max_tokens) for it in backend.asked] == [
        ("cheap", CAP),
        ("cheap", 4 * CAP),
    ]
    assert outcome.accepted_draft
    assert [charge.purpose for charge in outcome.charges] == ["cut", "draft"]
    assert outcome.savings is not None
    assert outcome.baseline_cost == PRICES.prices["premium"].cost(Usage(20, 500))
    assert outcome.savings.total == (outcome.baseline_cost or 0) - (outcome.cost or 0)
    assert outcome.savings.orchestrator == -(outcome.charges[0].cost or Decimal(0))


def test_whole_answers_are_kept_and_cut_ones_are_not(trained: Any) -> None:
    one, backend = trained(), Writers(500)
    first = ask(one, backend, no_cache=False)
    again = ask(one, backend, no_cache=False)
    assert len(backend.asked) == 2
    assert again.recall.memo is not None
    assert again.reply is not None
    assert first.reply is not None
    assert again.reply.text == first.reply.text == GOOD
    # What premium alone would have cost is the whole answer.
    assert again.baseline_cost == PRICES.prices["premium"].cost(Usage(20, 500))


def test_the_callers_own_limit_is_the_callers_business(trained: Any) -> None:
    one, backend = trained(), Writers(5_000)
    outcome = ask(one, backend, max_tokens=100, no_cache=False)
    assert backend.limits == [None]
    assert outcome.reply is not None
    assert outcome.reply.truncated
    assert [charge.purpose for charge in outcome.charges] == ["answer"]
    again = ask(one, backend, max_tokens=100, no_cache=False)
    assert again.recall.memo is None


def test_a_second_limit_above_the_callers_is_left_out(trained: Any) -> None:
    backend = Writers(5_000)
    outcome = ask(trained(), backend, max_tokens=2 * CAP)
    assert backend.limits == [CAP, None]
    assert outcome.reply is not None
    assert outcome.reply.truncated


def samples(one: Engine) -> list[tuple[str, int, bool]]:
    one.flush()
    found = one.parts.lengths.predictor._store.samples()  # type: ignore[attr-defined]
    return [(it.model, it.output_tokens, it.censored) for it in found]


def test_answers_are_learned_whole_and_the_callers_cut_as_cut() -> None:
    one = engine(cascading={"enabled": False})
    ask(one, Writers(500))
    ask(one, Writers(500), max_tokens=100)
    assert samples(one) == [("large-1", 500, False), ("large-1", 100, True)]


def test_an_answer_that_was_cut_by_us_is_learned_once(trained: Any) -> None:
    one = trained(bandit={"enabled": False, "seed": 3})
    for number in range(40):
        ask(one, Writers(500), f"What is item {number}?")
    found = samples(one)
    assert found == [("large-1", 500, False)] * 40


def test_lengths_are_learned_by_what_they_are_predicted_by() -> None:
    """A shortened request is the same request."""
    seen: list[tuple[str, int]] = []

    class Watching:
        def __init__(self, inner: Any) -> None:
            self.inner = inner

        def forecast(self, question: str, hard: Any, tokens: int, model: str) -> Any:
            seen.append(("forecast", tokens))
            return self.inner.forecast(question, hard, tokens, model)

        def learn(self, question: str, hard: Any, tokens: int, *rest: Any, **more: Any) -> None:
            seen.append(("learn", tokens))

        def flush(self) -> None:
            self.inner.flush()

        def close(self) -> None:
            self.inner.close()

    one = engine(cascading={"enabled": False}, compression={"method": "extractive"})
    watching = Watching(one.parts.lengths.predictor)
    one.parts.orchestrator._lengths = watching  # type: ignore[attr-defined]
    lengths = replace(one.parts.lengths, predictor=watching)  # type: ignore[arg-type]
    one.parts = replace(one.parts, lengths=lengths)
    text = "<context>" + "The sea is deep and wide. The sky is blue. " * 80 + "</context>\nWhy?"
    outcome = ask(one, Writers(20), text)
    assert outcome.plan is not None
    assert outcome.plan.compression_ratio < 0.9
    assert len({tokens for _, tokens in seen}) == 1
    assert {what for what, _ in seen} == {"forecast", "learn"}


def test_a_second_try_that_fails_is_a_failure(trained: Any) -> None:
    one = trained()
    with pytest.raises(Down):
        ask(one, Writers(500, failing=[2]))
    totals = one.report().totals
    assert totals.failed == 1
    assert totals.cost == PRICES.prices["premium"].cost(Usage(20, CAP))


def test_a_second_try_of_a_draft_that_fails_falls_back(trained: Any) -> None:
    one, backend = trained(cascading={"enabled": True}), Writers(500, failing=[2])
    outcome = ask(one, backend)
    assert [it.strategy.tier for it in backend.asked] == ["cheap", "cheap", "premium", "premium"]
    assert outcome.reply is not None
    assert outcome.reply.text == GOOD
    assert [(it.purpose, it.status) for it in outcome.charges] == [
        ("cut", "ok"),
        ("draft", "failed"),
        ("cut", "ok"),
        ("answer", "ok"),
    ]
    assert outcome.baseline_cost == PRICES.prices["premium"].cost(Usage(20, 500))
    assert outcome.savings is not None
    assert outcome.savings.total == (outcome.baseline_cost or 0) - (outcome.cost or 0)


SCENES: dict[str, tuple[Any, Any, Any]] = {
    "whole": (100, GOOD, {}),
    "cut once": (500, GOOD, {}),
    "cut twice": (5_000, GOOD, {}),
    "cut, then rejected": (500, POOR, {}),
    "the caller's limit": (5_000, GOOD, {"max_tokens": 60}),
}


@pytest.mark.parametrize("scene", SCENES)
async def test_every_driver_tells_the_same_story(trained: Any, scene: str) -> None:
    tokens, text, fields = SCENES[scene]
    told: dict[str, Any] = {}
    for driver in ("run", "arun", "stream", "astream"):
        one, backend = trained(cascading={"enabled": True}), Writers(tokens, text)
        asked = prompt(no_cache=True, no_store=True, **fields)
        request = (asked, ROSTER, TextCodec(), backend)
        seen: list[Any] = []
        match driver:
            case "run":
                outcome = one.run(*request)
            case "arun":
                outcome = await one.arun(*request)
            case "stream":
                *seen, done = one.stream(*request)
                outcome = done.result
            case _:
                *seen, done = [chunk async for chunk in one.astream(*request)]
                assert isinstance(done, Done)
                outcome = done.result
        assert outcome.reply is not None
        if seen:
            assert "".join(word for word, _ in seen) == outcome.reply.text
        drafts = [it for it in backend.asked if it.strategy.tier == "cheap"]
        told[driver] = (outcome.reply, drafts, outcome.strategy, outcome.baseline_cost)
        if driver in ("stream", "astream") and outcome.strategy == "premium":
            assert backend.limits[-1] is None
    assert told["run"] == told["arun"] == told["stream"] == told["astream"]


def test_pinned_requests_are_limited_too(trained: Any) -> None:
    backend = Writers(500)
    outcome = ask(trained(), backend, pin="cheap")
    assert backend.limits == [CAP, 4 * CAP]
    assert outcome.reply is not None
    assert outcome.reply.text == GOOD


def test_a_request_that_keeps_nothing_teaches_nothing() -> None:
    one = engine(cascading={"enabled": False})
    ask(one, Writers(100), no_store=True)
    assert samples(one) == []


def test_500_answers_teach_it(tmp_path: Path) -> None:
    pytest.importorskip("xgboost")
    one, backend = engine(cascading={"enabled": False}, state_dir=tmp_path), Writers(100)
    for number in range(499):
        backend.tokens = 80 + number % 40
        ask(one, backend, f"What is known of item {number}?")
    one.flush()
    assert set(backend.limits) == {None}
    for number in range(499, 501):
        ask(one, backend, f"What is known of item {number}?")
        one.flush()
    assert backend.limits[-2:] == [None, 256]
    one.close()


def test_a_kept_forecast_is_there_after_a_restart(trained: Any) -> None:
    trained().close()
    backend = Writers(5)
    ask(trained(), backend)
    assert backend.limits == [CAP]


def test_a_reused_answer_says_nothing_of_lengths() -> None:
    """A model that says that a kept answer does has written one word."""
    from tokenomics_shared.cascade import Drafting, climb

    learned: list[Reply] = []

    class Watching:
        def tried(self, *_: Any) -> Sequence[int | None]:
            return (None,)

        def answered(self, _: Any, reply: Reply) -> None:
            learned.append(reply)

    reuse, kept = Reply("REUSE", usage=Usage(20, 1)), Reply(GOOD)
    one = engine()
    asked: Prompt = prompt()
    drafting = Drafting(asked, asked, lambda _: kept, Watching())
    with one.parts.books.open(ROSTER) as account:
        steps = climb((CHEAP, PREMIUM), drafting, lambda *_: None, account, bool)  # type: ignore[arg-type]
        next(steps)
        steps.send(reuse)
        with pytest.raises(StopIteration) as stop:
            steps.send(None)
        assert stop.value.value.adopted
    assert learned == []


def test_an_answer_that_another_limit_cut_is_not_asked_for_again(trained: Any) -> None:
    """It would be cut there each time, and paid for."""

    class Narrow(Writers):
        def generate(self, ask: Generate) -> Reply:
            self.asked.append(ask)
            return Reply(GOOD, usage=Usage(20, CAP // 3), finish_reason="length")

    one, backend = trained(), Narrow(0)
    outcome = ask(one, backend)
    assert backend.limits == [CAP]
    assert [charge.purpose for charge in outcome.charges] == ["answer"]
    assert samples(one)[-1] == ("large-1", CAP // 3, True)
