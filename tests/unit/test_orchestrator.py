"""The orchestrator: complexity, token estimates, the query plan."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kit import prompt
from tokenomics_shared.orchestrator import (
    NoPlan,
    Orchestrator,
    complexity_of,
    estimate_tokens,
)
from tokenomics_shared.prediction import predict_output_tokens
from tokenomics_shared.types import Message, Prompt, ToolCall


@pytest.mark.parametrize(
    ("text", "complexity"),
    [
        ("What is machine learning?", "simple"),
        ("Hello", "simple"),
        ("", "simple"),
        ("Why does ice float?", "medium"),
        ("Explain quantum computing in detail", "medium"),
        ("Compare TCP and UDP, explain when to use which, and evaluate QUIC.", "medium"),
        (
            "Analyze the trade-offs between eventual and strong consistency, explain how a quorum "
            "works, and design a replication scheme for a store in three regions. What fails?",
            "complex",
        ),
        ("Why is this slow? How do I fix it?\n```python\nfor x in y: pass\n```", "complex"),
    ],
)
def test_complexity(text: str, complexity: str) -> None:
    assert complexity_of(text) == complexity


def test_a_long_text_is_judged_by_its_beginning() -> None:
    assert complexity_of("word " * 100_000) == complexity_of("word " * 1000)


@given(st.text())
def test_every_text_has_a_complexity_and_a_length(text: str) -> None:
    assert complexity_of(text) in ("simple", "medium", "complex")
    assert bool(text) <= estimate_tokens(text) <= 2 + 3 * len(text)


@pytest.mark.parametrize(
    ("complexity", "read", "predicted"),
    [("simple", 0, 200), ("medium", 100, 550), ("complex", 1000, 1600)],
)
def test_the_rule_of_thumb_for_answers(complexity: str, read: int, predicted: int) -> None:
    assert predict_output_tokens(complexity, read) == predicted  # type: ignore[arg-type]


def test_a_plan_says_what_is_known_beforehand() -> None:
    plan = Orchestrator(4000, predict_output_tokens).plan(prompt("What is machine learning?"))
    assert (plan.complexity, plan.token_budget, plan.input_tokens) == ("simple", 4000, 9)
    assert plan.predicted_output_tokens == 202


@pytest.mark.parametrize(
    "full",
    [
        prompt("a"),
        Prompt((Message("system", "Be brief."), Message("human", ""))),
        Prompt((Message("human", [{"type": "image_url", "image_url": {"url": "x"}}]),)),
        Prompt((Message("ai", "", (ToolCall("add", "{}"),)),)),
    ],
)
def test_a_prompt_with_anything_in_it_is_let_through(full: Prompt) -> None:
    Orchestrator(1, predict_output_tokens).check(full)


def test_switched_off_it_refuses_nothing_and_knows_nothing() -> None:
    NoPlan().check(prompt(""))
    assert NoPlan().plan(prompt("a")) == NoPlan().plan(prompt("b"))


def test_text_of_content_blocks_is_joined() -> None:
    blocks = ["one", {"type": "text", "text": "two"}, {"type": "image"}, {"text": "three"}]
    assert Message("human", blocks).text == "one two three"
    assert Prompt(()).question == ""
