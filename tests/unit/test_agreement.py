"""Answers link only when they say the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenomics_shared.memory.agreement import agreement

SAME = [
    ("Paris", "paris."),
    ("**Paris**", "Paris"),
    ("42", "42.0"),
    ("1,000", "1000"),
    ("yes", "Yes."),
    ('{"a": 1, "b": [true, null]}', '{"b": [true, null], "a": 1.0}'),
    ('```json\n{"a": 1}\n```', '{"a":1}'),
    (
        "```python\nx = 1  # one\n\nprint(x)\n```",
        "```python\nx = 1\nprint( x )\n```",
    ),
    ("```js\nlet a = 1 // one\n\nlet b\n```", "```js\nlet a = 1\nlet b\n```"),
]
DIFFERENT = [
    ("Yes", "No"),
    ("Paris", "Rome"),
    ("42", "43"),
    ("42 km", "42 miles"),
    ("positive", "negative"),
    ('{"a": 1}', '{"a": true}'),
    ('{"a": "1"}', '{"a": 1}'),
    ("[1, 2]", "[2, 1]"),
    ('{"a": 1}', "a is 1"),
    ("```python\nx = 1\n```", "```python\nx = 2\n```"),
    ("```python\nprint(1)\n```", "```ruby\nprint(1)\n```"),
    ("Use this:\n```sh\nls\n```", "Use the list command of your shell to see them."),
]
PROSE_DIFFERENT = [
    (
        "Yes, you can return the item within 30 days of the purchase.",
        "No, you can not return the item within 30 days of the purchase.",
    ),
    (
        "You can pay for the membership with a credit card at the desk.",
        "You cannot pay for the membership with a credit card at the desk.",
    ),
    (
        "The warranty of this product covers repairs for 12 months in all.",
        "The warranty of this product covers repairs for 24 months in all.",
    ),
    (
        "The shop in the old town opens at nine in the morning on weekdays.",
        "The shop in the old town closes at nine in the morning on weekdays.",
    ),
    (
        "She has 3 apples and buys 4 more, which makes 7.\n#### 7",
        "She has 3 apples and buys 4 more, which makes 8.\n#### 8",
    ),
    (
        "The forces cancel out, so nothing moves at all.\n\\boxed{A}",
        "The forces cancel out, so nothing moves at all.\n\\boxed{B}",
    ),
    (
        "I'm sorry, but I can't help with that request of yours today.",
        "I am sorry, but I cannot help with that request of yours, today.",
    ),
]


@pytest.mark.parametrize(("first", "second"), SAME)
def test_equal_content_agrees_without_an_embedder(first: str, second: str) -> None:
    verdict = agreement(first, second, None)
    assert verdict.agree, verdict.reason


@pytest.mark.parametrize(("first", "second"), DIFFERENT + PROSE_DIFFERENT)
def test_different_content_disagrees_however_near(first: str, second: str) -> None:
    verdict = agreement(first, second, 0.99)
    assert not verdict.agree, verdict.reason


def test_prose_with_one_conclusion_agrees_when_near() -> None:
    first = "She sells 9 eggs at $2 each, so she makes 9 * 2 = 18 dollars.\n#### 18"
    second = "There are 9 eggs left. At $2 an egg that is $18 every day at the market."
    assert agreement(first, second, 0.85).agree
    assert not agreement(first, second, 0.6).agree
    assert not agreement(first, second, None).agree


def test_prose_without_a_conclusion_needs_to_be_nearer() -> None:
    first = "Photosynthesis turns light, water and carbon dioxide into sugar and oxygen."
    second = "In photosynthesis plants make sugar and oxygen from light, water, carbon dioxide."
    assert agreement(first, second, 0.95).agree
    assert not agreement(first, second, 0.85).agree


def test_very_long_answers_are_compared_for_equality_only() -> None:
    text = "A sentence about nothing at all. " * 2_000
    assert agreement(text, text, None).agree
    assert not agreement(text, text + "More.", 1.0).agree


answers = st.one_of(
    st.text(max_size=200),
    st.sampled_from([text for pair in SAME + DIFFERENT + PROSE_DIFFERENT for text in pair]),
)


@given(answers, answers, st.one_of(st.none(), st.floats(-1, 1)))
def test_agreement_is_symmetric(first: str, second: str, similarity: float | None) -> None:
    one, other = agreement(first, second, similarity), agreement(second, first, similarity)
    assert one.agree == other.agree
    assert one.likelihood == other.likelihood
    assert 0 <= one.likelihood <= 1


@given(answers)
def test_an_answer_agrees_with_itself(text: str) -> None:
    assert agreement(text, text, None).agree
