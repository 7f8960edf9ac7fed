"""Judges: hard checks of form, the quick check as its definition says, functions."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kit import GOOD, prompt, reply
from tokenomics_shared.judge import Checks, FunctionJudge, QuickCheck
from tokenomics_shared.types import Reply, ToolCall, Verdict

ADD = {
    "type": "function",
    "function": {
        "name": "add",
        "parameters": {"type": "object", "properties": {"a": {}}, "required": ["a"]},
    },
}
PERSON = {"name": "Person", "parameters": {"properties": {"name": {}}, "required": ["name"]}}
STRICT = {"type": "json_schema", "json_schema": {"name": "P", "schema": PERSON["parameters"]}}


@pytest.mark.parametrize(
    ("answer", "asked", "reason"),
    [
        (reply(GOOD), {}, ""),
        (reply(" \n"), {}, "empty"),
        (reply(GOOD, finish_reason="length"), {}, "finish reason length"),
        (reply(GOOD, finish_reason="content_filter"), {}, "finish reason content_filter"),
        (reply(GOOD, faults=("refused",)), {}, "refused"),
        (reply("", tool_calls=(ToolCall("add", '{"a": 1}'),)), {"tools": (ADD,)}, ""),
        (
            reply("", tool_calls=(ToolCall("sub", "{}"),)),
            {"tools": (ADD,)},
            "calls the unknown tool sub",
        ),
        (
            reply("", tool_calls=(ToolCall("add", "{}"),)),
            {"tools": (ADD,)},
            "arguments of add lacks a",
        ),
        (
            reply("", tool_calls=(ToolCall("add", "{a"),)),
            {"tools": (ADD,)},
            "arguments of add are not JSON",
        ),
        (
            reply("", tool_calls=(ToolCall("add", "[1]"),)),
            {"tools": (ADD,)},
            "arguments of add is no object",
        ),
        (reply("", tool_calls=(ToolCall("any", "{}"),)), {}, ""),
        (reply('{"name": "Ada"}'), {"response_format": PERSON}, ""),
        (reply('```json\n{"name": "Ada"}\n```'), {"response_format": PERSON}, ""),
        (reply('{"nom": "Ada"}'), {"response_format": PERSON}, "the JSON lacks name"),
        (reply('{"nom": "Ada"}'), {"response_format": STRICT}, "the JSON lacks name"),
        (reply("Ada"), {"response_format": STRICT}, "not the JSON asked for"),
        (reply("{}"), {"response_format": {"type": "json_object"}}, ""),
        (reply("Ada"), {"response_format": {"type": "json_object"}}, "not the JSON asked for"),
        (reply("Ada"), {"response_format": {"type": "text"}}, ""),
        (
            reply("", tool_calls=(ToolCall("Person", "{}"),)),
            {"response_format": PERSON},
            "arguments of Person lacks name",
        ),
    ],
)
def test_hard_checks(answer: Reply, asked: dict[str, Any], reason: str) -> None:
    verdict = Checks().judge(prompt(**asked), answer)
    assert (verdict.accepted, verdict.reason) == (not reason, reason)


@pytest.mark.parametrize(
    ("question", "answer", "score"),
    [
        ("Which river flows through Vienna?", "The river Danube flows through Vienna.", 1.0),
        ("Which river flows through Vienna?", "Danube.", 0.4),
        ("Which river flows through Vienna?", "It is the Danube, as everybody knows.", 0.7),
        ("Which river flows through Vienna?", "The river that flows through", 0.3 + 0.3 * 3 / 4),
        ("Which river flows through Vienna?", "I cannot say which river that is.", 0.3 + 0.3 / 4),
        ("Why?", "Because of the weather in the mountains.", 1.0),
        ("Why?", "", 0.3),
    ],
)
def test_the_quick_check_adds_length_completeness_and_overlap(
    question: str, answer: str, score: float
) -> None:
    assert QuickCheck(0.85).score(question, answer) == pytest.approx(score)


@given(st.text(), st.text(), st.floats(0.0, 1.0))
def test_the_quick_check_accepts_from_its_threshold_on(
    question: str, answer: str, threshold: float
) -> None:
    check = QuickCheck(threshold)
    verdict = check.judge(prompt(question), reply(answer))
    assert 0.0 <= verdict.score <= 1.0
    assert verdict.accepted == (verdict.score >= threshold)
    assert bool(verdict.reason) != verdict.accepted


def test_the_length_that_counts_can_be_set() -> None:
    assert QuickCheck(0.5, min_length=3).score("Why?", "Rain.") > QuickCheck(0.5).score(
        "Why?", "Rain."
    )


@pytest.mark.parametrize("given_score", [-0.1, 1.1, float("nan")])
def test_a_function_must_score_from_0_to_1(given_score: float) -> None:
    judge = FunctionJudge(lambda question, answer: given_score, 0.5)
    with pytest.raises(ValueError, match="score from 0 to 1"):
        judge.judge(prompt(), reply())


def test_a_function_sees_question_and_answer() -> None:
    seen: list[tuple[str, str]] = []

    def look(question: str, answer: str) -> bool:
        seen.append((question, answer))
        return True

    verdict = FunctionJudge(look, 0.9).judge(prompt("Why?"), reply("So."))
    assert verdict == Verdict(accepted=True, score=1.0)
    assert seen == [("Why?", "So.")]
