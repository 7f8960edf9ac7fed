"""Pairs of answers are read with care, compared in either order, and summed with intervals."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tokenomics_shared.errors import ConfigError
from tokenomics_shared.evaluation import Pair, evaluate, judge_model, read_pairs
from tokenomics_shared.evaluation.models import Asked
from tokenomics_shared.replay import LogError

SAME = Pair(1, "What is 2 + 2?", "4", "The answer is 4.")
LONG = "Vienna is the capital of Austria, and it lies on the Danube, east of the Alps."
BETTER = Pair(2, "Where is Vienna?", f"{LONG} Right.", f"{LONG} Wrong.")
WORSE = Pair(3, "Where is Vienna?", f"{LONG} Wrong.", f"{LONG} Right.")


def says(**given: Any) -> str:
    return json.dumps(
        {"explanation": "", "confidence": 0.8, "score_a": 0.9, "score_b": 0.2, **given}
    )


def fair(prompt: str) -> str:
    """Prefers whichever answer says that it is right."""
    return says(winner="A" if prompt.rindex("Right.") < prompt.rindex("Wrong.") else "B")


def test_wins_ties_and_losses_are_counted() -> None:
    found = evaluate([SAME, BETTER, WORSE], fair)
    assert found.counts == {"wins": 1, "ties": 1, "losses": 1, "undecided": 0}
    low, high = found.interval(1)
    assert 0.0 < low < 1 / 3 < high < 1.0
    told = found.to_dict()
    assert told["not_worse"]["share"] == pytest.approx(2 / 3)
    assert [each["line"] for each in told["comparisons"]] == [1, 2, 3]
    assert json.loads(json.dumps(told)) == json.loads(json.dumps(told))


def test_who_prefers_the_first_place_decides_nothing() -> None:
    found = evaluate([BETTER], lambda _: says(winner="A"))
    (only,) = found.comparisons
    assert only.winner == "equivalent"
    assert only.confidence < 0.5


def test_without_a_judge_what_differs_is_undecided() -> None:
    found = evaluate([SAME, BETTER])
    assert found.counts == {"wins": 0, "ties": 1, "losses": 0, "undecided": 1}
    assert not found.judged


def test_with_nothing_decided_nothing_is_claimed() -> None:
    found = evaluate([BETTER])
    assert found.quality_score is None
    assert found.to_dict()["not_worse"] is None
    assert found.to_dict()["shares"] == {}


def test_a_judge_that_raises_leaves_it_undecided_and_is_counted() -> None:
    def broken(_: str) -> str:
        raise ConnectionError

    found = evaluate([SAME, BETTER], broken)
    assert found.counts["undecided"] == 1
    assert any(remark.startswith("Fault: judge") for remark in found.remarks)


def test_steps_are_told_and_threads_keep_the_order() -> None:
    steps: list[int] = []
    found = evaluate([BETTER, WORSE] * 8, fair, workers=4, on_step=lambda: steps.append(1))
    assert len(steps) == 16
    assert [each.winner for each in found.comparisons] == ["optimized", "baseline"] * 8


def test_references_are_scored() -> None:
    pytest.importorskip("sacrebleu", reason="the extra `reference` is not installed")
    pytest.importorskip("rouge_score", reason="the extra `reference` is not installed")
    found = evaluate([SAME, Pair(2, "Where?", LONG, "Nowhere at all.", LONG)])
    assert set(found.metrics) == {"BLEU", "ROUGE-L"}
    for ours, theirs in found.metrics.values():
        assert ours == pytest.approx(1.0)
        assert theirs < 0.2


def test_without_the_extra_references_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tokenomics_shared.adapters.rouge", None)
    found = evaluate([Pair(1, "Where?", LONG, LONG, LONG)])
    assert found.metrics == {}
    assert "tokenomics-llm[reference]" in found.remarks[0]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "is empty"),
        ("{", "line 1: is not JSON"),
        ('{"question": "?"}', "line 1: optimized: must be text"),
        ('{"question": "?", "optimized": "", "baseline": "", "x": 1}', "line 1: x: is unknown"),
        ('{"question": "?", "optimized": "", "baseline": "", "reference": 1}', "reference: must"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text(line)
    with pytest.raises(LogError, match=reason):
        read_pairs(path)


def test_a_judge_is_imported_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "some_judges.py").write_text("def strict(prompt):\n    return prompt[::-1]\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert judge_model("some_judges:strict")("ab") == "ba"


@pytest.mark.parametrize("name", ["json", "json:", ":dumps", "json:nope", "nowhere_at_all:f"])
def test_what_is_no_judge_is_named(name: str) -> None:
    with pytest.raises(ConfigError, match="judge"):
        judge_model(name)


def test_what_can_not_be_called_is_no_judge() -> None:
    with pytest.raises(ConfigError, match="must be a function"):
        judge_model("json:__name__")


def test_a_judge_of_langchain_is_made_by_the_integration() -> None:
    pytest.importorskip("tokenomics_langchain.models", reason="LangChain is not installed")
    with pytest.raises(ConfigError, match="provider:name"):
        judge_model("langchain:gpt")


async def test_a_function_may_be_asked_in_every_way() -> None:
    from tests.unit.test_replay import ask

    backend = Asked(str.upper)
    (chunk,) = backend.stream(ask("judge"))
    (later,) = [each async for each in backend.astream(ask("judge"))]
    awaited = await backend.agenerate(ask("judge"))
    assert backend.merge(ask("judge"), [chunk]).text == later.text == awaited.text == "?"
    assert list(backend.replay(awaited)) == [awaited]
    assert backend.aside() is backend
