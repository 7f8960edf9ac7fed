import math
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenomics_shared.judge.answer_features import FEATURES, answer_features
from tokenomics_shared.judge.scorer import Scorer, sort_of
from tokenomics_shared.judge.working import LONGEST, evaluate, numbers, steps

EGGS = "Ann has 16 eggs. She eats 3 and sells the rest for $2 each. How much does she make?"
RIGHT = "She sells 16 - 3 = 13 eggs.\nShe makes 13 * $2 = $26.\n#### 26"
WRONG = "She sells 16 + 3 = 18 eggs.\nShe makes 18 * 2.5 = 46"

PIECES = (
    *("16 ", "3", " eggs", " + ", "-", " x ", "*", "/", "(", ")", " = ", "<<", ">>", "####", "$"),
    *("\n", ". ", "A) ", "B) ", "```", "json", "def f(:", "{", "]", "%", "1e400", "9" * 400, "٣"),
    *("half of", "than", "\\boxed{", "however", " ", "=", "0", "/0", "1,000", "½", "\x00"),
)
TEXTS = st.one_of(
    st.text(max_size=200), st.lists(st.sampled_from(PIECES), max_size=60).map("".join)
)


SCORER = Scorer.load()


def feature(name: str, question: str, answer: str) -> float:
    return answer_features(question, answer)[FEATURES.index(name)]


@given(TEXTS, TEXTS)
def test_features_are_finite_and_the_same_whatever_the_text(question: str, answer: str) -> None:
    found = answer_features(question, answer)
    assert len(found) == len(FEATURES) == len(set(FEATURES))
    assert all(map(math.isfinite, found))
    assert found == answer_features(question, answer)


@given(TEXTS, TEXTS)
def test_a_likelihood_is_a_chance_whatever_the_text(question: str, answer: str) -> None:
    likelihood = SCORER.likelihood(question, answer)
    assert 0.0 < likelihood < 1.0
    assert likelihood == SCORER.likelihood(question, answer)


@pytest.mark.parametrize("piece", ["1+", "1 + 1 = 2 ", "(", "1 a b c ", "<<1+1=", "A) ", "- 1 * "])
def test_long_texts_take_no_longer_than_they_must(piece: str) -> None:
    text = piece * LONGEST
    start = process_time()
    answer_features(text, text)
    assert process_time() - start < 1.0


def test_steps_are_read_from_annotations_and_equations_each_once() -> None:
    found = steps("9 eggs x $2 = $<<9*2=18>>18. Then 18 - 4 = 14 and (1,000 + 200) / 4 = $300.")
    assert [(step.operands, step.signs, step.stated) for step in found] == [
        ((9.0, 2.0), "*", 18.0),
        ((18.0, 4.0), "-", 14.0),
        ((1000.0, 200.0, 4.0), "+/", 300.0),
    ]
    assert all(step.holds for step in found)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("7 * 8 = 56", True),
        ("7 * 8 = 54", False),
        ("10 / 3 = 3.33", True),
        ("10 / 3 = 3.4", False),
        ("12 / 20 = 60%", True),
        ("20% * 50 = 10", True),
        ("80 / 120 = <<80/120=2/3>>2/3", True),
        ("100 - 40 - 20 = 40", True),
        ("5 hours * $12/hour = $60", True),
    ],
)
def test_a_calculation_holds_or_not(text: str, *, holds: bool) -> None:
    assert [step.holds for step in steps(text)] == [holds]


@pytest.mark.parametrize(
    "text", ["2x + 8 = 22", "x / 2 + 20 = 140", "f(3) = 9", "5 / 0 = 0", "3 = 3"]
)
def test_what_is_no_plain_calculation_is_left_out(text: str) -> None:
    assert steps(text) == []


@given(st.integers(1, 999), st.sampled_from("+-*"), st.integers(1, 999))
def test_the_right_result_of_any_calculation_holds(first: int, sign: str, second: int) -> None:
    value = {"+": first + second, "-": first - second, "*": first * second}[sign]
    assert [step.holds for step in steps(f"So {first} {sign} {second} = {value}.")] == [True]
    assert [step.holds for step in steps(f"So {first} {sign} {second} = {value * 2 + 9}.")] == [
        value * 2 + 9 == value
    ]


@pytest.mark.parametrize(
    ("written", "value"),
    [("2 + 3 * 4", 14.0), ("(2 + 3) * 4", 20.0), ("-2 * 3", -6.0), ("50% * 8", 4.0)],
)
def test_expressions_have_their_value(written: str, value: float) -> None:
    assert evaluate(written) == value


@pytest.mark.parametrize("written", ["", "2 +", "(2", "2 3", "1 / 0", "words"])
def test_what_is_no_expression_has_none(written: str) -> None:
    assert evaluate(written) is None


def test_numbers_are_read_without_commas_and_money() -> None:
    assert numbers("$1,200.50, then 3 and .5") == [1200.5, 3.0, 5.0]


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("wrong", 0.0, 2.0),
        ("wrong_share", 0.0, 1.0),
        ("marker", 1.0, 0.0),
        ("final_last", 1.0, 1.0),
        ("foreign", 0.0, 1.0),
        ("final_fraction", 0.0, 0.0),
    ],
)
def test_features_of_the_working(name: str, right: float, wrong: float) -> None:
    assert feature(name, EGGS, RIGHT) == right
    assert feature(name, EGGS, WRONG) == wrong


def test_a_number_that_was_given_and_not_used_is_counted() -> None:
    assert feature("given_idle", EGGS, "16 * 2 = 32\n#### 32") == 1.0
    assert feature("given_unused", EGGS, "16 * 2 = 32\n#### 32") == 1.0
    assert feature("given_unused", EGGS, RIGHT) == 0.0


def test_code_is_asked_for_missing_or_broken() -> None:
    question = "Write a Python function that adds two numbers."
    assert feature("asks_code", question, "No.") == 1.0
    assert feature("code_missing", question, "I would rather not.") == 1.0
    assert feature("code_broken", question, "```python\ndef add(a, b:\n```") == 1.0
    fine = "```python\ndef add(a, b):\n    return a + b\n```"
    assert feature("code_missing", question, fine) == feature("code_broken", question, fine) == 0.0


def test_a_choice_is_there_or_missing() -> None:
    question = "Which is a fruit?\nA) stone\nB) apple\nC) table"
    assert feature("choice_missing", question, "B") == 0.0
    assert feature("choice_missing", question, "I can't tell.") == 1.0
    assert feature("choices_differ", question, "A\nNo, the answer is B") == 1.0


def test_json_is_checked_where_it_was_asked_for() -> None:
    question = "Give me the name as JSON."
    assert feature("json_broken", question, '{"name": "Ann"}') == 0.0
    assert feature("json_broken", question, '```json\n{"name": "Ann"}\n```') == 0.0
    assert feature("json_broken", question, "{name: Ann") == 1.0


def test_each_sort_of_question_is_known_by_its_features() -> None:
    def sort(question: str) -> str:
        return sort_of(answer_features(question, ""))

    assert sort(EGGS) == "maths"
    assert sort("Write a function that sorts.") == "code"
    assert sort("Which?\nA) 1\nB) 2\nC) 3") == "choice"
    assert sort("Who wrote Hamlet?") == "any"
