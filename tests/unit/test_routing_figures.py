"""Figures of routing by hand: what an order of questions recovers, and what it costs."""

import csv
import gzip
import importlib
from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def metrics(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("routing_metrics")


def outcomes(metrics: Any) -> Any:
    """Four questions: premium wins two, both are right on one, cheap wins one."""
    return metrics.Outcomes(
        cheap=np.array([0.0, 0.0, 1.0, 1.0]),
        premium=np.array([1.0, 1.0, 1.0, 0.0]),
        cheap_cost=np.array([1.0, 1.0, 1.0, 1.0]),
        premium_cost=np.array([10.0, 30.0, 20.0, 20.0]),
    )


def test_the_best_order_recovers_more_than_the_whole_gap(metrics: Any) -> None:
    found = metrics.curves(np.array([4.0, 3.0, 2.0, 1.0]), outcomes(metrics))
    assert found.share.tolist() == [[0, 0.25, 0.5, 0.75, 1]]
    assert found.quality.tolist() == [[0.5, 0.75, 1, 1, 0.75]]
    # Areas above .5: .125, .375, .5, .375, a quarter wide each; the gap is .25.
    assert found.apgr()[0] == pytest.approx((0.125 + 0.375 + 0.5 + 0.375) / 4 / 0.25)
    # Half of the gap is .625, half-way to the first call.
    assert found.cpt(0.5)[0] == pytest.approx(0.125)
    assert found.cpt(0.8)[0] == pytest.approx(0.2)


def test_cost_counts_what_both_models_are_paid(metrics: Any) -> None:
    found = metrics.curves(np.array([4.0, 3.0, 2.0, 1.0]), outcomes(metrics))
    assert found.cost[0] == pytest.approx(np.array([4, 13, 42, 61, 80]) / 80)
    # 95 % of .75 is .7125, 85 % of the way from .5 to .75.
    assert found.cost_at(0.95)[0] == pytest.approx((4 + 0.85 * 9) / 80)
    assert found.calls_at(0.95)[0] == pytest.approx(0.85 / 4)
    assert found.cost_at(1.0)[0] == pytest.approx(13 / 80)


def test_the_worst_order_recovers_less_than_nothing(metrics: Any) -> None:
    found = metrics.curves(np.array([1.0, 2.0, 3.0, 4.0]), outcomes(metrics))
    assert found.quality.tolist() == [[0.5, 0.25, 0.25, 0.5, 0.75]]
    assert found.apgr()[0] == pytest.approx((-0.125 - 0.25 - 0.125 + 0.125) / 4 / 0.25)
    assert found.cpt(0.8)[0] == pytest.approx(0.75 + 0.25 * 0.8)


def test_a_random_order_recovers_half(metrics: Any) -> None:
    draw = np.random.default_rng(0)
    many = metrics.Outcomes(*(draw.random(400) for _ in range(4)))
    many.premium[:] += 0.5
    found = [metrics.curves(draw.random(400), many).apgr()[0] for _ in range(50)]
    assert np.mean(found) == pytest.approx(0.5, abs=0.02)


def test_a_cheap_model_that_is_good_enough_needs_no_call(metrics: Any) -> None:
    same = metrics.Outcomes(np.ones(3), np.ones(3), np.ones(3), np.full(3, 4.0))
    found = metrics.curves(np.arange(3.0), same)
    assert (found.cost_at(0.95)[0], found.calls_at(0.95)[0]) == (0.25, 0.0)


def test_a_question_drawn_twice_counts_twice(metrics: Any) -> None:
    its, order = outcomes(metrics), np.array([4.0, 3.0, 2.0, 1.0])
    twice = metrics.curves(order, its, np.array([[2.0, 0.0, 1.0, 1.0]]))
    spelt = metrics.curves(order, its[np.array([0, 0, 2, 3])])
    assert twice.apgr() == pytest.approx(spelt.apgr())
    assert twice.cost_at(0.95) == pytest.approx(spelt.cost_at(0.95))


def test_an_interval_holds_its_figure(metrics: Any) -> None:
    draw = np.random.default_rng(1)
    cheap = (draw.random(300) < 0.6).astype(float)
    many = metrics.Outcomes(cheap, np.ones(300), np.ones(300), np.full(300, 20.0))
    found = metrics.figure(draw.random(300), many, metrics.Curves.apgr)
    assert found.interval[0] < found.value < found.interval[1]


def test_calibration_is_the_distance_from_what_was_found(metrics: Any) -> None:
    its = outcomes(metrics)
    assert metrics.calibration(np.array([1.0, 1.0, 0.0, -1.0]), its, bins=2) == pytest.approx(0.0)
    assert metrics.calibration(np.full(4, 0.75), its, bins=1) == pytest.approx(0.5)


def test_cascades_pay_for_every_draft(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    module: Any = importlib.import_module("routing_cascades")
    models = (module.CODER, *module.PAIR, module.PREMIUM)
    code = "Write a function that adds one."
    whole, broken = (f"```python\ndef f(x){end} return x + 1\n```" for end in (":\n   ", ""))
    rows = [
        _row("mbpp", code, models, [whole] * 4, [1, 0, 0, 1]),
        _row("mbpp", code, models, [broken] * 4, [0, 0, 0, 1]),
        _row("arc_challenge", "A) or B)?", models, ["A", "A", "A\n", "A"], [1, 1, 1, 1]),
        _row("arc_challenge", "A) or B)?", models, ["A", "A", "B", "B"], [0, 0, 1, 1]),
    ]
    with gzip.open(tmp_path / "multi_routerbench_tiny.csv.gz", "wt", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    figures, baselines = module.cascades(Namespace(data=tmp_path, split="tiny"))
    # Drafts cost 1 each, premium 10: one of two prompts escalates.
    assert figures["mbpp_quality"].value == 1.0
    assert figures["mbpp_cost"].value == pytest.approx((2 + 10) / 20)
    assert figures["arc_quality"].value == 1.0
    assert figures["arc_cost"].value == pytest.approx((4 + 10) / 20)
    assert baselines["mbpp_gpt_3_5_alone_quality"].value == 0.5
    assert baselines["arc_yi_alone_cost"].value == pytest.approx(0.1)


def _row(
    task: str, prompt: str, models: tuple[str, ...], answers: list[str], scores: list[int]
) -> dict[str, str]:
    row = {"id": prompt, "task": task, "prompt": prompt}
    for place, (model, answer, score) in enumerate(zip(models, answers, scores, strict=True)):
        row[f"score|{model}"] = str(float(score))
        row[f"cost_usd|{model}"] = "10" if place == len(models) - 1 else "1"
        row[f"resp|{model}"] = answer
    return row
