import csv
import gzip
import json
import math
import os
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tokenomics_shared.adapters.fitting_scorer import ENSEMBLE_LABELS, fit_scorer
from tokenomics_shared.errors import ConfigError
from tokenomics_shared.judge.answer_features import FEATURES, answer_features
from tokenomics_shared.judge.margin import margin
from tokenomics_shared.judge.scorer import SHIPPED, Scorer
from tokenomics_shared.types import Message, Prompt, Reply

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("TOKENOMICS_DATA") or ROOT.parent / "shared" / "data")

EGGS = "Ann has 16 eggs. She eats 3 and sells the rest for $2 each. How much does she make?"
RIGHT = "She sells 16 - 3 = 13 eggs.\nShe makes 13 * $2 = $26.\n#### 26"
WRONG = "She sells 16 + 3 = 18 eggs.\nShe makes 18 * 2.5 = 46"


def asked(question: str) -> Prompt:
    return Prompt((Message("user", question),))


SCORER = Scorer.load()


def test_a_sound_answer_is_likelier_than_an_unsound_one() -> None:
    assert SCORER.likelihood(EGGS, RIGHT) > 0.7
    assert SCORER.likelihood(EGGS, WRONG) < 0.4


def test_without_a_threshold_every_answer_is_left_to_the_decision_rule() -> None:
    verdict = SCORER.judge(asked(EGGS), Reply(WRONG))
    assert verdict.accepted
    assert not verdict.abstained
    assert verdict.score == verdict.likelihood == SCORER.likelihood(EGGS, WRONG)
    assert verdict.features == answer_features(EGGS, WRONG)


def test_an_answer_is_held_against_its_question_not_against_what_stands_around_it() -> None:
    stuffed = replace(asked(f"Read this.\n\n{WRONG} {RIGHT}\n\nQuery: {EGGS}"), cache_text=EGGS)
    assert SCORER.judge(stuffed, Reply(RIGHT)) == SCORER.judge(asked(EGGS), Reply(RIGHT))
    assert SCORER.judge(replace(stuffed, cache_text=None), Reply(RIGHT)) != SCORER.judge(
        stuffed, Reply(RIGHT)
    )


def test_a_threshold_rejects_with_a_reason() -> None:
    scorer = Scorer.load(threshold=0.6)
    assert scorer.judge(asked(EGGS), Reply(RIGHT)).accepted
    verdict = scorer.judge(asked(EGGS), Reply(WRONG))
    assert not verdict.accepted
    assert "under 0.60" in verdict.reason


@pytest.mark.parametrize("threshold", [-0.1, 1.1, math.nan])
def test_an_impossible_threshold_is_refused(threshold: float) -> None:
    with pytest.raises(ConfigError, match="threshold"):
        Scorer.load(threshold=threshold)


def test_the_shipped_weights_are_small_and_survive_being_written() -> None:
    assert SHIPPED.stat().st_size <= 200_000
    again = Scorer.from_json(SCORER.to_json())
    assert again.weights == SCORER.weights


@pytest.mark.parametrize(
    "change",
    [
        {"format": 99},
        {"features_version": 0},
        {"features": ["log_chars"]},
        {"models": {}},
        {"models": {"any": {}}},
        {"models": 3},
    ],
)
def test_other_weights_are_refused(change: dict[str, object]) -> None:
    found = json.loads(SCORER.to_json()) | change
    with pytest.raises(ConfigError, match="somewhere"):
        Scorer.from_json(json.dumps(found), "somewhere")


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "3"])
def test_what_is_no_file_of_weights_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="somewhere"):
        Scorer.from_json(text, "somewhere")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("linear", "intercept"), math.nan),
        (("linear", "terms", 0, 0), len(FEATURES)),
        (("linear", "terms", 0, 2), 0.0),
        (("trees", "nodes", 0, 0, 0), -1),
        (("trees", "leaves", 0), [0.0]),
        (("trees", "leaves"), []),
    ],
)
def test_weights_that_could_not_be_evaluated_are_refused(
    path: Sequence[str | int], value: object
) -> None:
    found = json.loads(SCORER.to_json())
    at = found["models"]["any"]
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    with pytest.raises(ConfigError, match="somewhere"):
        Scorer.from_json(json.dumps(found), "somewhere")


def test_a_missing_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="absent"):
        Scorer.load(tmp_path / "absent.json")


def graded(count: int, seed: int) -> tuple[list[tuple[float, ...]], list[float]]:
    """Sums of which three in ten are wrong, and look it three times in four."""
    draws = random.Random(seed)
    features, scores = [], []
    for _ in range(count):
        first, second = draws.randrange(10, 99), draws.randrange(10, 99)
        right = draws.random() < 0.7
        shown = first + second + (1 if not right and draws.random() < 0.75 else 0)
        question = f"Tom has {first} pens and buys {second}. How many has he?"
        features.append(answer_features(question, f"He has {first} + {second} = {shown} pens."))
        scores.append(float(right))
    return features, scores


def auc(likelihoods: Sequence[float], scores: Sequence[float]) -> float:
    right = [p for p, score in zip(likelihoods, scores, strict=True) if score]
    wrong = [p for p, score in zip(likelihoods, scores, strict=True) if not score]
    above = sum((r > w) + 0.5 * (r == w) for r in right for w in wrong)
    return above / (len(right) * len(wrong))


@pytest.mark.parametrize("count", [120, ENSEMBLE_LABELS])
def test_fitted_weights_rank_and_mean_what_they_say_on_new_answers(count: int) -> None:
    scorer = Scorer.from_json(fit_scorer(*graded(count, 1)))
    model = scorer.weights.models["any"]
    assert (model.trees is not None) == (count >= ENSEMBLE_LABELS)
    features, scores = graded(400, 2)
    likelihoods = list(map(scorer.weights.likelihood, features))
    assert auc(likelihoods, scores) > 0.8
    assert sum(likelihoods) / len(likelihoods) == pytest.approx(0.7, abs=0.08)


def test_fitting_is_the_same_each_time() -> None:
    assert fit_scorer(*graded(ENSEMBLE_LABELS, 1)) == fit_scorer(*graded(ENSEMBLE_LABELS, 1))


def test_a_score_in_between_counts_in_part() -> None:
    features, scores = graded(100, 3)
    half = [0.5] * len(scores)
    scorer = Scorer.from_json(fit_scorer(features, half))
    assert scorer.weights.likelihood(features[0]) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("scores", [[1.0] * 60, [1.0, 0.0] * 10, []])
def test_too_few_labels_are_refused(scores: list[float]) -> None:
    features = graded(len(scores), 4)[0]
    with pytest.raises(ValueError, match="at least 50"):
        fit_scorer(features, scores)


def test_a_margin_keeps_its_promise() -> None:
    """On likelihoods that are right about themselves the target is missed in few draws."""
    draws = random.Random(5)
    missed = found = 0
    for _ in range(100):
        scores = [draws.random() for _ in range(2000)]
        labels = [draws.random() < score for score in scores]
        threshold = margin(scores, labels, 0.85, 0.9)
        if threshold is None:
            continue
        found += 1
        # Uniform and calibrated: the mean of what lies above.
        missed += (1.0 + threshold) / 2.0 < 0.85
    assert found > 80
    assert missed <= 10


def test_more_labels_need_less_margin() -> None:
    def found(count: int) -> float:
        draws = random.Random(6)
        scores = [draws.random() for _ in range(count)]
        threshold = margin(scores, [draws.random() < score for score in scores], 0.8)
        assert threshold is not None
        return threshold

    assert 0.6 <= found(20_000) < found(1_000) < 1.0


def test_a_target_that_no_threshold_keeps_has_none() -> None:
    assert margin([0.5] * 100, [False] * 100, 0.9) is None
    assert margin([], [], 0.9) is None
    assert margin([0.9] * 10, [True] * 10, 0.9) is None


@pytest.mark.parametrize(("target", "confidence"), [(0.0, 0.9), (1.0, 0.9), (0.9, 1.0)])
def test_an_impossible_promise_is_refused(target: float, confidence: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        margin([0.5], [True], target, confidence)
    with pytest.raises(ValueError, match="labels"):
        margin([0.5], [], 0.9)


@pytest.mark.skipif(
    not (DATA / "routing_gsm8k_dev.csv.gz").exists(),
    reason="recorded outcomes are looked for in TOKENOMICS_DATA and ../shared/data",
)
def test_the_shipped_likelihoods_are_true_of_what_they_were_fitted_on() -> None:
    with gzip.open(DATA / "routing_gsm8k_dev.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["contaminated"] != "True"]
    pairs = sorted(
        (SCORER.likelihood(row["prompt"], row["weak_response"]), row["weak_regraded"] == "True")
        for row in rows
    )
    assert auc([p for p, _ in pairs], [float(right) for _, right in pairs]) > 0.8
    fifth = len(pairs) // 5
    for start in range(0, fifth * 5, fifth):
        part = pairs[start : start + fifth]
        said = sum(p for p, _ in part) / fifth
        assert said == pytest.approx(sum(right for _, right in part) / fifth, abs=0.15)


def test_weights_of_any_serve_a_sort_without_its_own() -> None:
    alone = replace(SCORER.weights, models={"any": SCORER.weights.models["any"]})
    assert 0.0 < Scorer(alone).likelihood(EGGS, RIGHT) < 1.0
