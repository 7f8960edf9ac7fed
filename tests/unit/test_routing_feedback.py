"""Feedback: from the answer, its metadata or its id, now or days later, here or elsewhere."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.kit import ROSTER, prompt
from tests.unit.routed import Models, ask, good, hopeless, lived, routed
from tokenomics_shared import Engine
from tokenomics_shared.errors import FeedbackError
from tokenomics_shared.telemetry import as_metadata
from tokenomics_shared.testing import TextCodec


@pytest.fixture
def made() -> Iterator[Engine]:
    engine = routed()
    yield engine
    engine.close()


def believed(engine: Engine, tier: str = "cheap") -> float:
    """What is held of a tier's answers to a plain question, with everything else the same."""
    outcome = ask(engine, good, "What is held of it?")
    probe = engine.parts.router.evidence.samples.get(outcome.request_id)  # type: ignore[attr-defined]
    learner = engine.parts.router.chooser.learners["quality"]  # type: ignore[attr-defined]
    models = {"cheap": "cheap|small-1", "premium": "premium|large-1"}
    (belief,) = learner.beliefs(probe.context, {models[tier]: float(tier == "premium")})
    mean: float = belief.mean
    return mean


@pytest.mark.parametrize(
    "score", [math.nan, math.inf, -math.inf, -0.01, 1.01, 7, True, False, None, "good", 1j]
)
def test_an_impossible_score_is_refused_and_learned_by_nobody(made: Engine, score: Any) -> None:
    outcome = ask(made, good)
    with pytest.raises(FeedbackError, match="score must be a number from 0 to 1, got"):
        made.feedback(outcome.request_id, score)
    samples = made.parts.router.evidence.samples  # type: ignore[attr-defined]
    assert list(samples.graded()) == []


@pytest.mark.parametrize("name", ["", "nobody's", "a-1'; DROP TABLE samples"])
def test_an_answer_that_is_not_known_is_refused(made: Engine, name: str) -> None:
    ask(made, good)
    with pytest.raises(FeedbackError, match=r"not known|names no request"):
        made.feedback(name, 1.0)


@pytest.mark.parametrize("answer", [None, 7, {}, {"tokenomics": 5}, object(), {"request_id": ""}])
def test_what_is_no_answer_of_ours_is_refused(made: Engine, answer: Any) -> None:
    with pytest.raises(FeedbackError, match="names no request: give the message"):
        made.feedback(answer, 1.0)


def test_a_pinned_answer_teaches_nothing(made: Engine) -> None:
    outcome = ask(made, good, prompt(pin="cheap"))
    with pytest.raises(FeedbackError, match="it was pinned"):
        made.feedback(outcome.request_id, 1.0)


@pytest.mark.parametrize("way", ["id", "metadata", "message", "kept metadata", "LlamaIndex's"])
def test_an_answer_is_named_in_many_ways(made: Engine, way: str) -> None:
    outcome = ask(made, good)
    told = as_metadata(outcome)
    answers = {
        "id": outcome.request_id,
        "metadata": told,
        "message": SimpleNamespace(response_metadata={"tokenomics": told}),
        "kept metadata": {"tokenomics": json.loads(json.dumps(told))},
        "LlamaIndex's": SimpleNamespace(additional_kwargs={"tokenomics": told}),
    }
    made.feedback(answers[way], 1)
    samples = made.parts.router.evidence.samples  # type: ignore[attr-defined]
    (graded,) = samples.graded()
    assert (graded.sample.request_id, graded.score) == (outcome.request_id, 1.0)
    assert graded.source == "feedback"


@pytest.mark.parametrize("tier", ["cheap", "premium"])
def test_an_answer_is_learned_of_as_whoever_gave_it(tier: str) -> None:
    weight = {"cheap": 3.0, "premium": 0.0}[tier]
    bandit = {"aim": None, "cost_lambda": weight}
    engine = routed(bandit=bandit, judge={"judges": ("checks",)}, audit={"enabled": False})
    before = believed(engine, tier)
    asked = [ask(engine, good, f"What is item {number}?") for number in range(20)]
    by_tier = [outcome for outcome in asked if outcome.strategy == tier]
    assert len(by_tier) >= 5
    for outcome in by_tier:
        engine.feedback(outcome.request_id, 0.0)
    assert believed(engine, tier) < before - 0.1
    engine.close()


def test_the_second_word_on_an_answer_is_kept_and_not_learned() -> None:
    made = routed(audit={"enabled": False, "compare": lambda *_: None})
    outcome = ask(made, good)
    made.feedback(outcome.request_id, 1.0)
    once = believed(made)
    for _ in range(20):
        made.feedback(outcome.request_id, 0.0)
    assert believed(made) == once
    samples = made.parts.router.evidence.samples  # type: ignore[attr-defined]
    assert [each.score for each in samples.graded()] == [0.0]
    made.close()


@pytest.mark.parametrize(("score", "kept"), [(0.0, False), (0.4, False), (0.5, True), (1.0, True)])
def test_a_bad_answer_from_memory_is_forgotten(*, score: float, kept: bool) -> None:
    made = routed(memory={"use_exact_cache": True})
    ask(made, good, "Again?")
    hit = ask(made, good, "Again?")
    assert hit.recall.memo is not None
    made.feedback(as_metadata(hit), score)
    assert (ask(made, good, "Again?").recall.memo is not None) == kept
    made.close()


def test_feedback_comes_days_later_to_another_process(tmp_path: Path) -> None:
    first = routed(state_dir=tmp_path)
    asked = [ask(first, good, f"What is item {n}?") for n in range(20)]
    first.close()
    second = routed(state_dir=tmp_path)
    before = believed(second)
    for outcome in asked:
        second.feedback(outcome.request_id, 0.0)
    after = believed(second)
    assert after < before
    with pytest.raises(FeedbackError):
        second.feedback("0123456789ab-1", 0.0)
    second.close()
    third = routed(state_dir=tmp_path)
    assert believed(third) == pytest.approx(after, abs=0.02)
    # The word is known to have been said, whoever said it.
    third.feedback(asked[0].request_id, 1.0)
    assert believed(third) == pytest.approx(after, abs=0.02)
    assert third.report().faults == {}
    third.close()


def test_what_was_learned_survives_a_restart(tmp_path: Path) -> None:
    first = routed(state_dir=tmp_path)
    lived(first, hopeless, 150)
    first.close()
    late, early = Models(hopeless), Models(hopeless)
    second, fresh = routed(state_dir=tmp_path), routed()
    lived(second, late, 30, start=1000)
    lived(fresh, early, 30, start=1000)
    assert late.tiers.count("cheap") < early.tiers.count("cheap") / 2
    second.close()
    fresh.close()


BROKEN = {
    "no JSON": "{",
    "another's": '{"format": "something else"}',
    "newer": '{"format": "tokenomics-bandit", "version": 99, "rows": {}}',
    "older": '{"format": "tokenomics-bandit", "version": 1, "rows": {}}',
    "impossible": '{"format": "tokenomics-bandit", "version": 2, "rows": {"quality/a": [1e999]}}',
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_state_that_cannot_be_read_is_kept_and_learning_starts_beside_it(
    tmp_path: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "bandit_state.json"
    path.write_text(BROKEN[kind])
    for _ in range(2):
        made = routed(state_dir=tmp_path)
        lived(made, good, 5)
        assert made.report().faults == {}
        made.close()
    assert "is kept but not used" in caplog.text
    assert path.read_text() == BROKEN[kind]
    rows = json.loads((tmp_path / "bandit_state.fresh.json").read_text())["rows"]
    assert any(name.startswith("quality/") for name in rows)


ODD = {
    "rows of another length": {"quality/cheap|small-1": [1.0], "audits/cheap": [1.0, 2.0]},
    "rows of nobody": {"strangers/x": [1.0, 2.0], "quality": [1.0]},
    "rows of another algorithm": {"quality/cheap|": [3.0, 1.0, 0.0]},
}


@pytest.mark.parametrize("kind", ODD)
def test_rows_that_are_not_ours_do_no_harm(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "bandit_state.json"
    path.write_text(json.dumps({"format": "tokenomics-bandit", "version": 2, "rows": ODD[kind]}))
    made = routed(state_dir=tmp_path)
    lived(made, good, 5)
    made.close()
    assert made.parts.books.faults.counts() == {}


def test_another_algorithm_goes_on_from_the_same_folder(tmp_path: Path) -> None:
    for algorithm in ("linear_thompson", "ucb", "thompson", "linucb", "epsilon_greedy"):
        for features in ("surface", "embedding"):
            given = {"algorithm": algorithm, "features": features}
            made = routed(state_dir=tmp_path, bandit=given)
            lived(made, good, 3)
            made.close()
            assert made.parts.books.faults.counts() == {}


def test_two_engines_on_one_folder_learn_from_each_other(tmp_path: Path) -> None:
    one, other = routed(state_dir=tmp_path), routed(state_dir=tmp_path)
    before = believed(one)
    for number in range(60):
        outcome = ask(other, hopeless, f"What is item {number}?")
        other.feedback(outcome.request_id, 0.0 if outcome.strategy == "cheap" else 1.0)
    assert believed(other) < before - 0.05
    other.parts.router.evidence.state.save()  # type: ignore[attr-defined]
    lived(one, hopeless, 1, start=500)
    one.parts.router.evidence.state.save()  # type: ignore[attr-defined]
    assert believed(one) == pytest.approx(believed(other), abs=0.05)
    # An answer that one gave is known to the other once it is written.
    outcome = ask(one, good, "Whose is this?")
    one.flush()
    other.feedback(outcome.request_id, 1.0)
    one.close()
    other.close()


def test_feedback_while_the_answer_is_under_way_elsewhere_does_no_harm(made: Engine) -> None:
    backend = Models(good)
    stream = made.stream(prompt(), ROSTER, TextCodec(), backend)
    next(stream)
    with pytest.raises(FeedbackError):
        made.feedback("not yet told", 1.0)
    list(stream)
    assert made.report().faults == {}


def test_of_a_request_that_may_not_be_stored_no_sample_is_kept(made: Engine) -> None:
    asked = prompt("What may nobody know?", no_store=True)
    outcome = made.run(asked, ROSTER, TextCodec(), Models(good))
    with pytest.raises(FeedbackError, match="not known"):
        made.feedback(outcome.request_id, 1.0)
