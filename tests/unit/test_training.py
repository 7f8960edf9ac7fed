"""Scorer and prior are refitted to an application's findings, and kept only when better."""

import math
import random
from pathlib import Path

import pytest

from tests.logs import made_rows, written
from tokenomics_shared.adapters.sqlite_samples import SqliteSamples
from tokenomics_shared.bandit.contexts import Contexts
from tokenomics_shared.bandit.prior import TrainedPrior
from tokenomics_shared.judge.answer_features import answer_features
from tokenomics_shared.judge.scorer import Scorer
from tokenomics_shared.learning import Graded, Sample
from tokenomics_shared.replay import read_log
from tokenomics_shared.training import Refit, figures, findings_in, findings_of, refit

pytest.importorskip("sklearn", reason="the extra `train` is not installed")

CONTEXTS = Contexts()


def made(many: int, *, told: bool, seed: int = 0) -> list[Graded]:
    """Findings where long answers are wrong, if the answers tell anything; else coins."""
    draws = random.Random(seed)
    shipped = Scorer.load()
    found = []
    for number in range(many):
        right = draws.random() < 0.6
        question = f"Name {'two' if right and told else 'nine'} rivers of region {number}."
        answer = "The Inn. " if right and told else "The Inn, and perhaps others. " * 5
        read = answer_features(question, answer)
        context = CONTEXTS.context(question, "simple")
        likelihood = shipped.weights.likelihood(read)
        sample = Sample(f"r{number}", float(number), "cheap", 0.0, context, read, likelihood)
        found.append(Graded(sample, float(right), "feedback"))
    return found


def test_figures_of_a_sure_and_right_prediction_are_the_best() -> None:
    best = figures([1.0, 0.0], [1.0, 0.0], [1.0, 1.0])
    assert best.auc == 1.0
    assert best.log_loss < 1e-5


def test_guessing_has_the_figures_of_guessing() -> None:
    coin = figures([0.5] * 4, [1.0, 0.0, 1.0, 0.0], [1.0] * 4)
    assert coin.auc == 0.5
    assert coin.log_loss == pytest.approx(math.log(2.0))
    assert figures([0.5, 0.7], [1.0, 1.0], [1.0, 1.0]).auc is None


def test_the_auc_is_that_of_all_weighted_pairs() -> None:
    draws = random.Random(1)
    rows = [
        (round(draws.random(), 1), float(draws.random() < 0.5), draws.uniform(0.5, 2.0))
        for _ in range(60)
    ]
    pairs = total = 0.0
    for guess, score, weight in rows:
        for other, worse, counted in rows:
            if score > worse:
                total += weight * counted
                pairs += (
                    weight * counted * (1.0 if guess > other else 0.5 if guess == other else 0)
                )
    assert figures(*zip(*rows, strict=True)).auc == pytest.approx(pairs / total)


def test_weights_that_are_better_are_kept(tmp_path: Path) -> None:
    steps: list[int] = []
    scorer, prior = refit(made(200, told=True), on_step=lambda: steps.append(1))
    assert len(steps) == 12
    for found in (scorer, prior):
        assert found.before is not None
        assert found.after is not None
        assert found.after.log_loss < found.before.log_loss
        assert found.reason == ""
        found.keep(tmp_path)
    Scorer.from_json((tmp_path / "scorer.json").read_text())
    TrainedPrior.from_json((tmp_path / "prior.json").read_text())


def test_what_was_there_is_kept_beside(tmp_path: Path) -> None:
    (tmp_path / "prior.json").write_text("old")
    Refit("prior", 60, weights="new").keep(tmp_path)
    assert (tmp_path / "prior.json").read_text() == "new"
    assert (tmp_path / "prior.json.before").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 2


def test_weights_that_are_no_better_are_not_kept(tmp_path: Path) -> None:
    perfect = [
        Graded(
            Sample(
                **{
                    name: getattr(found.sample, name)
                    for name in ("request_id", "at", "arm", "place", "context", "answer_features")
                },
                likelihood=found.score,
            ),
            found.score,
            "feedback",
        )
        for found in made(100, told=False)
    ]
    scorer, _ = refit(perfect)
    assert scorer.weights is None
    assert scorer.reason == "no better than what there is"
    with pytest.raises(ValueError, match="no better"):
        scorer.keep(tmp_path)


def test_too_few_findings_are_said_to_be() -> None:
    for found in refit(made(49, told=True)):
        assert (found.weights, found.findings) == (None, 49)
        assert found.reason == "49 findings are too few, 50 are needed"


def test_findings_of_one_sort_are_too_little_to_fit() -> None:
    right = [found for found in made(200, told=True) if found.score == 1.0]
    scorer, _ = refit(right)
    assert scorer.weights is None
    assert scorer.reason.startswith("too little to fit")


def test_the_users_word_counts_before_the_audits_and_theirs_before_a_judges(
    tmp_path: Path,
) -> None:
    samples = SqliteSamples(tmp_path / "samples.db", on_fault=lambda _: None)
    for number, found in enumerate(made(4, told=True)):
        samples.put(found.sample)
        samples.grade(found.sample.request_id, 0.1, "judge", 1.0)
        if number < 3:
            samples.grade(found.sample.request_id, 0.2, "feedback", 2.0)
        samples.grade(found.sample.request_id, 0.3, "audit", 3.0)
    samples.close()
    assert sorted(found.score for found in findings_in(tmp_path)) == [0.2, 0.2, 0.2, 0.3]


def test_a_folder_without_samples_has_no_findings(tmp_path: Path) -> None:
    assert findings_in(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_log_is_findings_of_every_tier(tmp_path: Path) -> None:
    log = read_log(written(tmp_path / "log.jsonl", made_rows(5)))
    found = list(findings_of(log))
    assert len(found) == 10
    assert {each.sample.place for each in found} == {0.0, 1.0}
    assert all(each.sample.answer_features is not None for each in found)
    bare = read_log(written(tmp_path / "bare.jsonl", made_rows(5, texts=False)))
    assert all(each.sample.answer_features is None for each in findings_of(bare))
