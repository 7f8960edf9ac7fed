"""Arithmetic computed again: what is wrong, what only looks it, what can't be told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenomics_shared.judge.arithmetic import checked
from tokenomics_shared.judge.sums import value

SMALL = st.integers(0, 10_000)
OPERATORS = st.sampled_from(["+", "-", "*", "/", "×", "÷", "x"])  # noqa: RUF001 -- as models write


@pytest.mark.parametrize(
    "text",
    [
        "20 x 4 = 80",
        "Seattle has 20 x 4 = <<20*4=80>>80 sheep.",
        "$3 + $3.50 = $6.50",
        "1,200 * 2 = 2,400",
        "10 / 3 = 3.33",
        "10 / 3 = 3",
        "20 / 3 = 7",
        "20 / 3 = 6",
        "10 / 3 ≈ 3.3",
        "20% of 50 = 10",
        "3 / 4 = 75%",
        "3 / 4 * 100 = 75%",
        "2 * (3 + 4) = 14",
        "2^3 + 1 = 9",
        "2 + 3 * 4 = 2 + 12 = 14",
        "- 5 + 3 = 8",
        "* 5 + 3 = 8",
        "20 sheep + 80 sheep = 100 sheep",
        r"\(5 \times 3 = 15\)",
        r"\frac{10}{2} + 1 = 6",
        "33.33 * 3 = 100",
        "-5 + 3 = -2",
    ],
)
def test_what_holds_is_found_and_not_wrong(text: str) -> None:
    found, wrong = checked(text)
    assert found >= 1
    assert wrong == 0


@pytest.mark.parametrize(
    "text",
    [
        "4 + 20 + 7 + 8 = 49",
        "So 2100 x 52 = 110,400 in all.",
        "She pays $3 + $3 + $4 = $12.",
        "6 * 6000 = 36",
        "(5 + 3) * 2 = 11",
        "<<110/2+15-5=60>>",
        r"Thus \(5 \times 3 = 16\).",
        "3 * $1.15 = $3.46",
        "2 + 2 ≈ 5",
    ],
)
def test_what_does_not_hold_is_wrong(text: str) -> None:
    assert checked(text)[1] == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x + 5 + 3 = 8",
        "2x + 3 * 2 = 10",
        "f(3) = 4 + 1",
        "2 hours + 30 minutes = 150",
        "4 * 50 cents = $2",
        "5 dozen + 3 = 63",
        "17 / 5 = 3 remainder 2",
        "1 1/2 * 4 = 6",
        "100 - 20% = 80",
        "twice 5 + 3 = 13",
        "5 times 3 + 2 = 17",
        "5 + 3 == 9",
        "a[1] + 2 = 7",
        "```python\nx = 1 + 1 = 3\n```",
        "3! + 1 = 7",
        "10:30 + 2 = 12:30",
        "2/5/2020 = a date",
        "1 + 1 = two",
    ],
)
def test_what_can_be_read_in_another_way_is_not_wrong(text: str) -> None:
    assert checked(text)[1] == 0


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    found, wrong = checked(text)
    assert 0 <= wrong <= found


@given(st.text("0123456789+-*/x=()%$., ^\n<>", max_size=120))
def test_any_line_of_signs_is_read(text: str) -> None:
    found, wrong = checked(text)
    assert 0 <= wrong <= found


@given(SMALL, SMALL, OPERATORS, st.integers(0, 3))
def test_a_result_rounded_as_it_is_shown_holds(a: int, b: int, sign: str, digits: int) -> None:
    plain = {"×": "*", "x": "*", "÷": "/"}.get(sign, sign)  # noqa: RUF001 -- as models write
    exact = value((str(a), plain, str(b)), hundredths=True)
    if exact is not None:
        assert checked(f"They get {a} {sign} {b} = {exact:.{digits}f} in all.") == (1, 0)


@given(SMALL, SMALL, st.integers(1, 1000))
def test_a_sum_that_is_off_is_wrong(a: int, b: int, off: int) -> None:
    assert checked(f"They get {a} + {b} = {a + b + off}.") == (1, 1)


@given(st.lists(SMALL, min_size=1, max_size=30))
def test_sums_are_computed_in_order(numbers: list[int]) -> None:
    terms = " + ".join(map(str, numbers)).split()
    assert value(terms, hundredths=True) == sum(numbers)


@pytest.mark.parametrize(
    "terms",
    [
        (),
        ("+",),
        ("1", "+"),
        ("(", "1"),
        ("1", "/", "0"),
        ("9", "^", "999"),
        ("1", "1"),
        ("a",),
        ("(",) * 5000,
        ("-8", "^", "0.5"),
        ("9" * 400,),
    ],
)
def test_what_is_no_expression_has_no_value(terms: tuple[str, ...]) -> None:
    assert value(terms, hundredths=True) is None
