"""Dividing a request's token budget between its parts and the answer."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenomics_shared.adapters.cp_sat import CpSat
from tokenomics_shared.errors import BudgetError
from tokenomics_shared.orchestrator import Division, Greedy, Wanted, divide

SYSTEM = Wanted("system", "system", 100)
QUESTION = Wanted("question", "question", 50)


def documents(*relevances: float, tokens: int = 400) -> list[Wanted]:
    return [
        Wanted(f"context {number}", "context", tokens, relevance=relevance)
        for number, relevance in enumerate(relevances)
    ]


def tokens_of(division: Division) -> dict[str, int]:
    return {each.name: each.tokens for each in division.allocations}


parts_of = st.lists(
    st.builds(
        Wanted,
        name=st.just("part"),
        kind=st.sampled_from(["system", "tools", "question", "context", "tool", "history"]),
        tokens=st.integers(0, 500),
        least=st.none() | st.integers(0, 500),
        relevance=st.floats(0, 1),
    ),
    max_size=8,
)


@given(parts_of, st.integers(1, 3000), st.integers(0, 2000))
@settings(deadline=None)
def test_every_division_is_within_the_budget_or_says_so(
    parts: list[Wanted], budget: int, predicted: int
) -> None:
    division = divide(parts, budget, predicted, Greedy())
    *given_, answer = division.allocations
    assert answer is division.response
    assert len(given_) == len(parts)
    assert all(0 <= each.tokens <= each.wanted for each in given_)
    assert 0 <= division.context_quality_score <= 1
    if division.note:
        assert str(budget) in division.note
        with pytest.raises(BudgetError, match=str(budget)):
            divide(parts, budget, predicted, Greedy(), strict=True)
    else:
        assert sum(each.tokens for each in division.allocations) == budget
        assert answer.tokens >= 0.3 * budget


def test_what_fits_is_kept_whole_and_the_answer_has_the_rest() -> None:
    division = divide([SYSTEM, *documents(0.9, 0.2), QUESTION], 4000, 500, Greedy())
    assert tokens_of(division) == {
        "system": 100,
        "context 0": 400,
        "context 1": 400,
        "question": 50,
        "response": 3050,
    }
    assert division.context_quality_score == 1.0
    assert division.note == ""


def test_what_is_more_relevant_keeps_more() -> None:
    division = divide([SYSTEM, *documents(0.9, 0.5, 0.1), QUESTION], 1000, 200, Greedy())
    kept = tokens_of(division)
    assert kept["context 0"] > kept["context 1"] > kept["context 2"]
    assert (kept["system"], kept["question"]) == (100, 50)
    assert kept["response"] >= 300
    assert 0.5 < division.context_quality_score < 1


def test_an_answer_that_will_be_long_takes_from_the_context() -> None:
    parts = [*documents(0.3, 0.3), QUESTION]
    short = divide(parts, 1000, 100, Greedy())
    long = divide(parts, 1000, 900, Greedy())
    assert long.response.tokens > short.response.tokens >= 300
    assert long.context_quality_score < short.context_quality_score
    assert long.response.wanted == 900


def test_what_must_be_kept_is_sent_even_over_the_budget() -> None:
    parts = [SYSTEM, *documents(0.9), QUESTION]
    division = divide(parts, 180, 100, Greedy())
    assert tokens_of(division) == {"system": 100, "context 0": 0, "question": 50, "response": 30}
    assert division.note == (
        "the token budget is 180, but at least 204 tokens are needed: 150 for what must be kept "
        "and 54 (30% of the budget) for the answer"
    )
    assert divide(parts, 100, 100, Greedy()).response.tokens == 0


def test_a_part_that_was_sent_already_keeps_what_was_sent_of_it() -> None:
    sent = Wanted("sent", "history", 900, least=700)
    division = divide([sent, *documents(1.0), QUESTION], 1500, 0, Greedy())
    assert 700 <= tokens_of(division)["sent"] <= 900
    fixed = Wanted("sent", "history", 700, least=700)
    assert tokens_of(divide([fixed, *documents(1.0)], 1200, 0, Greedy()))["sent"] == 700


def test_a_question_may_be_shortened_down_to_its_least() -> None:
    question = Wanted("question", "question", 1000, least=200)
    kept = tokens_of(divide([question], 1000, 0, Greedy()))
    assert kept["question"] == 700
    assert kept["response"] == 300


def test_nothing_to_divide_leaves_all_to_the_answer() -> None:
    division = divide([], 500, 0, Greedy())
    assert tokens_of(division) == {"response": 500}
    assert division.context_quality_score == 1.0


def test_the_exact_division_is_worth_no_less() -> None:
    parts = [SYSTEM, *documents(0.9, 0.8, 0.35, 0.3, tokens=333), QUESTION]
    worth = [
        sum(each.utility for each in divide(parts, 1000, 400, allocator).allocations)
        for allocator in (Greedy(), CpSat())
    ]
    assert worth[0] <= worth[1]
