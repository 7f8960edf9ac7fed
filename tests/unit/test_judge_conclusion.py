"""Whether two answers come to the same, by their text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenomics_shared.judge import same_conclusion

ALIKE = [
    ("C\n", "C"),
    ("(C)", "**C)** palms covered with oil"),
    ("Answer: C", "The correct answer is C."),
    ("The answer is (B).", "B. because of the rain"),
    ("Option D", "D"),
    ("Yes.", "yes, it does"),
    ("42", "42.0"),
    ("$1,000", "1000 dollars"),
    ("#### 18", "So she makes 9 * 2 = 18.\nThe answer is 18."),
    (r"Thus \boxed{7}.", "The final answer is 7"),
    ('{"a": 1, "b": [true]}', '```json\n{"b": [true], "a": 1.0}\n```'),
    ("Paris", "**paris.**"),
    ("```python\nx = 1 # one\n```", "```py\nx=1\n```"),
]
UNLIKE = [
    ("C", "D"),
    ("A", "A dog"),
    ("Yes", "No"),
    ("42", "43"),
    ("42 of 50", "42 of 60"),
    ("", ""),
    ("Paris", "Lyon"),
    ('{"a": 1}', '{"a": true}'),
    ("The answer is B", "The answer is D"),
    (
        "It rains because warm air rises and cools until the water falls out of it.",
        "Because of heat.",
    ),
    ("```python\nx = 1\n```", "```python\nx = 2\n```"),
    ("#### 18", "#### 19"),
]


@pytest.mark.parametrize(("first", "second"), ALIKE)
def test_answers_that_come_to_the_same(first: str, second: str) -> None:
    assert same_conclusion(first, second)
    assert same_conclusion(second, first)


@pytest.mark.parametrize(("first", "second"), UNLIKE)
def test_answers_that_do_not_or_can_not_be_compared(first: str, second: str) -> None:
    assert not same_conclusion(first, second)
    assert not same_conclusion(second, first)


@given(st.text(max_size=80), st.text(max_size=80))
def test_it_is_symmetric_and_reads_anything(first: str, second: str) -> None:
    assert same_conclusion(first, second) == same_conclusion(second, first)
    assert same_conclusion(first, first) == bool(first.strip())
