"""Lengths are predicted by rule until there is enough to learn from, and learned without harm."""

import itertools
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.lengths import question
from tokenomics_shared.adapters.background import AtOnce, Background
from tokenomics_shared.adapters.sqlite_lengths import SqliteLengths
from tokenomics_shared.errors import MissingExtra
from tokenomics_shared.planning import LengthPredictor, LengthSample, LengthStore
from tokenomics_shared.prediction import Learning, NoLengths, Predictor, Quantiles
from tokenomics_shared.prediction.length_features import WIDTH
from tokenomics_shared.prediction.predictor import (
    LEAST,
    LONG,
    REMEMBERED,
    REMEMBERED_LONG,
    Train,
)
from tokenomics_shared.prediction.quantiles import Line, Step
from tokenomics_shared.types import Forecast

RULE = Forecast(202, 404, 808)
"""Of a simple question of ten tokens."""

FLAT = Line((0.0,) * WIDTH, (0.0,) * WIDTH, (1.0,) * WIDTH, 0.0)


def constant(p50: float, p90: float, p99: float, samples: int, until: float = 0.0) -> str:
    steps = tuple(Step(0.0, (), tokens) for tokens in (p50, p90, p99))
    return Quantiles(FLAT, steps, samples, until).to_json()


def told(model: str, samples: Sequence[LengthSample], before: str | None) -> str:
    """Learns the quantiles of the samples alone."""
    lengths = sorted(each.output_tokens for each in samples)
    p50, p90, p99 = (float(lengths[int(q * len(lengths))]) for q in (0.5, 0.9, 0.99))
    return constant(p50, p90, p99, len(samples), samples[-1].at)


def fail(error: Exception) -> None:
    raise error


class World:
    """A predictor with everything around it."""

    def __init__(self, train: Train = told, store: LengthStore | None = None) -> None:
        self.faults: list[Exception] = []
        self.trained: list[int] = []
        self.now = 0.0
        self.store = store or SqliteLengths(None, on_fault=self.faults.append)

        def counted(model: str, samples: Sequence[LengthSample], old: str | None) -> str | None:
            self.trained.append(len(samples))
            return train(model, samples, old)

        jobs = AtOnce(self.faults.append)
        draw = random.Random(1).random
        learning = Learning(counted, jobs, draw, self._clock, self.faults.append)
        self.predictor = Predictor(self.store, learning)

    def _clock(self) -> float:
        self.now += 1.0
        return self.now

    def learn(self, lengths: Sequence[int], *, model: str = "m", censored: bool = False) -> None:
        for tokens in lengths:
            self.predictor.learn("What?", "simple", 10, model, tokens, censored=censored)

    def forecast(self, model: str = "m") -> Forecast:
        return self.predictor.forecast("What?", "simple", 10, model)


def drawn(many: int, *, middle: float = 100.0, seed: int = 0) -> list[int]:
    draws = random.Random(seed)
    return [max(1, round(middle * draws.lognormvariate(0.0, 0.4))) for _ in range(many)]


def test_the_rule_of_thumb_holds_until_there_are_500_answers_of_a_model() -> None:
    world = World()
    world.learn(drawn(LEAST - 1))
    world.learn(drawn(10, seed=1), model="other")
    assert world.forecast() == RULE
    assert world.trained == []
    world.learn([100])
    assert world.trained == [500]
    found = world.forecast()
    assert found.trained
    assert 90 < found.p50 < 110 < found.p90 < found.p99
    assert world.forecast("other") == RULE
    assert world.forecast("never heard of") == RULE
    assert world.faults == []


def test_beyond_500_answers_one_in_four_is_kept_and_trained_on_when_half_as_many_more() -> None:
    world = World()
    world.learn(drawn(LEAST + 1_200))
    assert world.trained == [500, 750]
    assert 750 <= world.store.counts()["m"] <= 860


def test_answers_without_tokens_are_no_answers() -> None:
    world = World()
    world.learn([0, -1])
    assert world.store.counts() == {}


def test_a_trainer_that_fails_is_told_of_once_and_asked_again_later() -> None:
    def fails(model: str, samples: Sequence[LengthSample], before: str | None) -> str:
        raise ValueError("no luck")

    world = World(fails)
    world.learn(drawn(800))
    assert world.trained == [500, 750]
    assert [str(fault) for fault in world.faults] == ["no luck"]
    assert world.forecast() == RULE


def test_a_trainer_that_is_not_installed_is_not_asked_again() -> None:
    def missing(model: str, samples: Sequence[LengthSample], before: str | None) -> str:
        raise MissingExtra("learning lengths", "xgboost")

    world = World(missing)
    world.learn(drawn(1_200))
    assert world.trained == [500]
    (fault,) = world.faults
    assert "tokenomics-llm[xgboost]" in str(fault)
    assert world.forecast() == RULE


def test_a_change_that_can_not_be_learned_is_not_tried_for_ever() -> None:
    world = World()
    world.store.put_model("m", constant(100, 170, 250, 500))
    world = World(lambda model, samples, before: None, world.store)
    world.learn(drawn(2_000, middle=250.0))
    assert len(world.trained) <= 3
    assert world.forecast().p50 > 200


def test_a_job_that_is_dropped_is_brought_again_when_there_are_half_as_many_more() -> None:
    store = SqliteLengths(None, on_fault=fail)
    dropped: list[Callable[[], object]] = []

    class Full(AtOnce):
        def submit(self, job: Callable[[], object]) -> None:
            dropped.append(job)

    learning = Learning(told, Full(fail), lambda: 0.0, lambda: 1.0, fail)
    predictor = Predictor(store, learning)
    for tokens in drawn(751):
        predictor.learn("What?", "simple", 10, "m", tokens)
    assert len(dropped) == 2
    dropped[-1]()
    assert predictor.forecast("What?", "simple", 10, "m").trained


def test_answers_that_come_while_it_is_trained_are_not_learned_from_at_once() -> None:
    world = World()
    waiting: list[Callable[[], object]] = []

    class Later:
        def submit(self, job: Callable[[], object]) -> None:
            waiting.append(job)

        def flush(self) -> None:
            pass

    learning = Learning(
        world.predictor._by.train, Later(), random.Random(1).random, world._clock, fail
    )
    world.predictor = Predictor(world.store, learning)
    world.learn(drawn(1_000))
    assert len(waiting) == 2
    for job in waiting:
        job()
    assert world.trained == [1_000]


def test_what_is_no_better_is_not_taken() -> None:
    world = World(lambda model, samples, before: None)
    world.learn(drawn(800))
    assert world.trained == [500, 750]
    assert world.forecast() == RULE
    assert world.store.model("m") is None


def test_another_process_goes_on_from_what_was_learned(tmp_path: Path) -> None:
    path = tmp_path / "lengths.db"
    first = World(store=SqliteLengths(path, on_fault=fail))
    first.learn(drawn(600))
    first.predictor.flush()
    told_first = first.forecast()
    first.predictor.close()
    second = World(store=SqliteLengths(path, on_fault=fail))
    found = second.forecast()
    assert found.trained
    # What was corrected since it was trained begins anew.
    assert found.p50 == pytest.approx(told_first.p50, rel=0.15)
    second.learn(drawn(100, seed=3))
    assert second.trained == []
    second.predictor.close()


def test_what_another_process_trained_meanwhile_is_taken_over_instead() -> None:
    store = SqliteLengths(None, on_fault=fail)
    world = World(store=store)
    world.learn(drawn(LEAST - 1))
    store.put_model("m", constant(7, 8, 9, 600))
    world.learn([100])
    assert world.trained == []
    assert world.forecast() == Forecast(7, 8, 9, trained=True)


def test_what_is_trained_on_request_is_taken_up_and_until_500_all_answers_are_kept() -> None:
    store = SqliteLengths(None, on_fault=fail)
    world = World(store=store)
    world.learn(drawn(60))
    store.put_model("m", constant(70, 80, 90, 60))
    store.put_model("other", constant(7, 8, 9, 60))
    assert world.forecast() == RULE
    world.predictor.refresh()
    assert world.forecast() == Forecast(70, 80, 90, trained=True)
    assert world.forecast("other") == Forecast(7, 8, 9, trained=True)
    world.learn([60, 80] * 20)
    assert store.counts()["m"] == 100
    assert world.trained == []


def test_what_can_not_be_read_is_told_of_and_trained_anew() -> None:
    store = SqliteLengths(None, on_fault=fail)
    store.put_model("m", "Dear diary")
    world = World(store=store)
    assert world.forecast() == RULE
    (fault,) = world.faults
    assert "no length quantiles can be read" in str(fault)
    world.learn(drawn(LEAST))
    assert world.forecast().trained


def test_quantiles_follow_answers_that_grow_longer() -> None:
    world = World()
    world.learn(drawn(LEAST))
    before = world.forecast()
    world.learn(drawn(120, middle=200.0, seed=4))
    after = world.forecast()
    assert after.p99 > 1.25 * before.p99
    assert after.p50 > 1.25 * before.p50
    beyond = 0
    for tokens in drawn(300, middle=200.0, seed=5):
        beyond += tokens > world.forecast().p90
        world.learn([tokens])
    assert beyond / 300 < 0.16


def test_a_model_that_changed_is_learned_anew_from_what_came_since() -> None:
    world = World()
    world.learn(drawn(LEAST))
    world.learn(drawn(900, middle=250.0, seed=4))
    assert world.trained[:2] == [500, 500]
    assert 230 < world.forecast().p50 < 270


def test_steady_answers_need_no_new_training_and_hold_their_quantiles() -> None:
    world = World()
    world.learn(drawn(LEAST))
    lengths = drawn(1_000, seed=6)
    beyond = [0, 0, 0]
    for tokens in lengths:
        now = world.forecast()
        for at, limit in enumerate((now.p50, now.p90, now.p99)):
            beyond[at] += tokens > limit
        world.learn([tokens])
    assert world.trained in ([500], [500, 750])
    assert beyond[0] / 1_000 == pytest.approx(0.5, abs=0.06)
    assert beyond[1] / 1_000 == pytest.approx(0.1, abs=0.03)
    assert beyond[2] / 1_000 < 0.025


@pytest.mark.parametrize("p90", [20.0, 20.0 - 1e-9, 20.0 + 1e-9])
def test_answers_of_one_length_are_no_change_however_their_quantile_is_rounded(
    p90: float,
) -> None:
    world = World()
    world.store.put_model("m", constant(20.0, p90, p90, LEAST))
    world = World(told, world.store)
    world.learn([20] * 1_000)
    assert world.trained == []


def test_labels_of_one_or_two_tokens_are_no_change_and_longer_ones_are() -> None:
    world = World()
    world.store.put_model("m", constant(1.0, 2.0, 2.0, LEAST))
    world = World(told, world.store)
    world.learn([1, 2] * 400)
    assert world.trained == []
    world.learn([1, 2, 3] * 400)
    assert world.trained != []


def test_answers_that_all_became_shorter_are_a_change() -> None:
    world = World()
    world.store.put_model("m", constant(20.0, 20.0, 20.0, LEAST))
    world = World(told, world.store)
    world.learn([12] * 1_000)
    assert world.trained != []
    assert world.forecast().p90 == 12


def test_answers_that_were_cut_raise_the_quantiles_unless_cut_before_the_median() -> None:
    world = World()
    world.learn(drawn(LEAST))
    before = world.forecast()
    world.learn([3] * 50, censored=True)
    assert world.forecast() == before
    world.learn([before.p99] * 20, censored=True)
    assert world.forecast().p99 > before.p99
    assert any(each.censored for each in world.store.samples("m"))


def test_threads_learn_and_ask_while_it_is_trained() -> None:
    faults: list[Exception] = []
    store = SqliteLengths(None, on_fault=faults.append)
    jobs = Background("training", faults.append, max_jobs=10)
    draw, clock = random.Random(1).random, itertools.count(1.0).__next__
    predictor = Predictor(store, Learning(told, jobs, draw, clock, faults.append))

    def use(seed: int) -> None:
        for tokens in drawn(400, seed=seed):
            predictor.learn("What?", "simple", 10, "m", tokens)
            found = predictor.forecast("What?", "simple", 10, "m")
            assert found.p50 <= found.p90 <= found.p99

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(use, range(4)))
    predictor.flush()
    assert predictor.forecast("What?", "simple", 10, "m").trained
    assert faults == []
    predictor.close()
    jobs.close()
    predictor.learn("What?", "simple", 10, "m", 5)
    assert [str(fault) for fault in faults] in ([], ["the store is closed"])


def test_no_lengths_is_the_rule_of_thumb_for_ever() -> None:
    nothing: LengthPredictor = NoLengths()
    for _ in range(LEAST + 1):
        nothing.learn("What?", "simple", 10, "m", 3)
    assert nothing.forecast("What?", "simple", 10, "m") == RULE
    nothing.refresh()
    nothing.flush()
    nothing.close()


def test_questions_are_told_apart_once_trained() -> None:
    pytest.importorskip("xgboost", reason="the extra `xgboost` is not installed")
    from tokenomics_shared.adapters.fitting_lengths import refit_lengths

    def train(model: str, samples: Sequence[LengthSample], before: str | None) -> str | None:
        return refit_lengths(model, samples, before).trained

    world, draws = World(train), random.Random(2)
    for _ in range(LEAST):
        text, complexity, likely = question(draws)
        tokens = round(likely * draws.lognormvariate(0.0, 0.3)) or 1
        world.predictor.learn(text, complexity, len(text) // 4, "m", tokens)
    assert world.faults == []
    forecast: Callable[..., Forecast] = world.predictor.forecast
    short = forecast("Name the capital of region 7.", "simple", 7, "m")
    long = forecast("Explain in detail, step by step, 8 ways to prune a tree.", "medium", 14, "m")
    assert 8 < short.p50 < 18
    assert 150 < long.p50 < 650
    assert short.p99 < long.p50


@pytest.mark.parametrize(("characters", "many"), [(20, REMEMBERED), (LONG + 20, REMEMBERED_LONG)])
def test_a_question_that_waits_among_many_is_not_read_again_for_its_answer(
    characters: int, many: int
) -> None:
    read: list[int] = []

    class Counted(Line):
        def __call__(self, features: Sequence[float]) -> float:
            read.append(1)
            return super().__call__(features)

    world = World()
    world.learn([100] * LEAST)
    trained = world.predictor._known["m"].trained
    assert trained is not None
    line = Counted(*(getattr(trained.line, name) for name in Line.__slots__))
    world.predictor._known["m"].trained = replace(trained, line=line)
    asked = [f"What is {number}?".ljust(characters, "?") for number in range(many)]
    for text in asked:
        world.predictor.forecast(text, "simple", 10, "m")
    assert len(read) == many
    for text in asked:
        world.predictor.learn(text, "simple", 10, "m", 100)
    assert len(read) == many
