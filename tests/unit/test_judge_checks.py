"""Hard checks of what an answer says: code, schemas, form, loops, citations."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kit import prompt, reply
from tokenomics_shared.judge import Checks
from tokenomics_shared.judge.code import code_fault
from tokenomics_shared.judge.schema import schema_fault
from tokenomics_shared.types import Message, Prompt

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.floats(allow_nan=False)
    | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
ORDER = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "minimum": 1},
        "state": {"enum": ["open", "done"]},
        "lines": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Line"}},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    },
    "required": ["id", "lines"],
    "additionalProperties": False,
    "$defs": {
        "Line": {
            "type": "object",
            "properties": {"name": {"type": "STRING"}, "count": {"type": ["integer", "null"]}},
            "required": ["name"],
        }
    },
}
LINE = {"name": "tea", "count": 2}


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ({"id": 1, "lines": [LINE]}, None),
        ({"id": 1.0, "lines": [{"name": "tea", "count": None}], "note": None}, None),
        ({"id": "1", "lines": [LINE]}, "id of it is no integer"),
        ({"id": True, "lines": [LINE]}, "id of it is no integer"),
        ({"id": 0, "lines": [LINE]}, "id of it breaks its minimum"),
        ({"id": 1}, "it lacks lines"),
        ({"id": 1, "lines": []}, "lines of it breaks its minItems"),
        ({"id": 1, "lines": [LINE, {"count": 1}]}, "item 2 of lines of it lacks name"),
        ({"id": 1, "lines": [{"name": 3}]}, "name of item 1 of lines of it is no string"),
        ({"id": 1, "lines": [LINE], "state": "gone"}, "state of it is none of its choices"),
        ({"id": 1, "lines": [LINE], "note": 3}, "note of it is none of what it may be"),
        ({"id": 1, "lines": [LINE], "tip": 3}, "it has the unknown tip"),
        ([], "it is no object"),
    ],
)
def test_json_is_checked_to_its_depth(value: Any, fault: str | None) -> None:
    assert schema_fault(ORDER, value, "it") == fault


@given(JSON, JSON)
def test_any_schema_and_value_can_be_checked(schema: Any, value: Any) -> None:
    schema_fault(schema if isinstance(schema, dict) else {"items": schema}, value, "it")


def test_a_schema_that_refers_to_itself_ends() -> None:
    tree: dict[str, Any] = {
        "properties": {"next": {"$ref": "#"}},
        "$defs": {"a": {"$ref": "#/$defs/a"}},
    }
    value: dict[str, Any] = {}
    for _ in range(200):
        value = {"next": value}
    assert schema_fault(tree, value, "it") is None
    assert schema_fault({**tree, "$ref": "#/$defs/a"}, value, "it") is None


@pytest.mark.parametrize(
    ("question", "answer", "rejected"),
    [
        ("Write a function to add.", "```python\ndef add(a, b):\n    return a + b\n```", False),
        ("Write a function to add.", "```python\ndef add(a, b)\n    return a + b\n```", True),
        ("Write a function to add.", "```\ndef add(a, b)\n    return a + b\n```", True),
        ("Write a function to add.", "def add(a, b):\n    return a + b\n", False),
        ("Write a function to add.", "def add(a, b)\n    return a + b\nadd(1, 2)", True),
        ("Write a function to add.", "def add(a, b):\n    return a + b\n\nIt adds two.", False),
        ("Write a function to add.", "```js\nfunction add(a, b) { return a + b }\n```", False),
        (
            "Write a Java method to add.",
            "```\nint add(int a, int b) { return a + b; }\n```",
            False,
        ),
        ("What is this?", "```python\n>>> add(1, 2)\n3\n```", False),
        ("What is this?", "```python\ndef add(a, b):\n    ...\n```", False),
        ("What is this?", "- so\n  ```python\n  def f():\n      return 1\n  ```", False),
        ("Write a function to add.", "It can be done with the plus sign.", False),
    ],
)
def test_python_must_parse(question: str, answer: str, *, rejected: bool) -> None:
    assert bool(code_fault(question, answer)) == rejected


def test_where_python_is_required_another_language_is_a_fault() -> None:
    asked, js = "Write a function to add.", "```js\nfunction add(a, b) { return a + b }\n```"
    assert code_fault(asked, js, python=True) == "code is js, not Python"
    assert code_fault("What is JavaScript?", js, python=True) is None
    assert code_fault(asked, "```bash\npip install add\n```", python=True) is None
    verdict = Checks(python=True).judge(prompt(asked), reply(js))
    assert not verdict.accepted


@given(st.text(), st.text())
def test_any_question_and_answer_can_be_checked(question: str, answer: str) -> None:
    verdict = Checks(python=True).judge(prompt(question), reply(answer))
    assert 0.0 <= verdict.score <= 1.0
    assert bool(verdict.reason) != verdict.accepted


LONG = (
    "The committee looked at the plans for the bridge over the river and found them wanting. " * 2
)


@pytest.mark.parametrize(
    ("question", "answer", "reason"),
    [
        ("Is it? Answer yes or no.", "Yes, it is.", ""),
        ("Is it? Answer yes or no.", "It depends.", "neither yes nor no"),
        ("Which? Answer in one word.", "Paris", ""),
        ("Which? Answer in one word.", "It is the city of Paris.", "more than one word"),
        ("Who? Respond in JSON.", 'Here: {"name": "Ada"}', ""),
        ("Who? Respond in JSON.", "Ada", "no JSON"),
        ("Write a function that returns JSON.", "Use a library.", ""),
        ("Why? In three bullet points.", "- a\n- b\n- c", ""),
        ("Why? In three bullet points.", "- a\n  - x\n- b\n- c", ""),
        ("Why? In 3 bullet points.", "- a\n- b", "2 bullet points, not 3"),
        ("Why? In at most 10 words.", "Because.", ""),
        ("Why? In at most 10 words.", LONG, "32 words"),
        ('Print only a single choice from "A" or "B".', "B", ""),
        ('Print only a single choice from "A" or "B".', "Palms", "none of the choices"),
        ("Why?", "Because of the rain.", ""),
        ("Why?", "I'm sorry, but I cannot help with that.", "gives up"),
        ("Why? If unsure, say you don't know.", "I'm sorry, I don't know that.", ""),
        (
            "Why?",
            "Sorry, I can't say for all. " + "".join(f"Case {n} is open. " for n in range(30)),
            "",
        ),
        ("Why?", LONG + "It follows that the", "breaks off"),
        ("Why?", LONG + "It follows.\n```python\nx = 1\n", "code block without an end"),
        ("Why?", "Because it is so.\n" * 8, "repeats itself"),
        ("Why?", "Well. " + "and then it went on and on, " * 9 + "and then", "repeats itself"),
        ("Repeat after me.", "Because it is so.\n" * 8, ""),
        ("Why?", "| - | - |\n" * 8 + "Done.", ""),
        ("How many?", "There are 5 + 3 = 9 of them.", "an equation does not hold"),
        ("How many?", "There are 5 + 3 = 8 of them.", ""),
    ],
)
def test_what_a_question_asks_for_and_what_breaks_a_text(
    question: str, answer: str, reason: str
) -> None:
    verdict = Checks().judge(prompt(question), reply(answer))
    assert (verdict.accepted, verdict.reason) == (not reason, reason)


CONTEXT = (
    "Answer from the context below alone.\n[1] The Danube rises in the Black Forest and flows "
    "through ten countries.\n[2] It is 2,850 km long and ends in the Black Sea near Sulina.\n"
    "Where does it end?"
)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("In the Black Sea [2].", ""),
        ("In the Black Sea [1, 2].", ""),
        ("In the Black Sea [4].", "cites [4], which is not there"),
        ('As it says, "it is 2,850 km long and ends in the Black Sea".', ""),
        ('As it says, "the Danube ... flows through ten countries".', ""),
        ('As it says, "it ends in the sea after a long journey".', "quotes what is not there"),
        ('It is called "the river".', ""),
        ("The first item is a[7], see [this](http://example.com).", ""),
    ],
)
def test_what_is_cited_must_be_there(answer: str, reason: str) -> None:
    assert Checks().judge(prompt(CONTEXT), reply(answer)).reason == reason


def test_without_sources_nothing_is_cited_wrongly() -> None:
    asked = prompt("Who said it? [1] is a footnote.")
    assert Checks().judge(asked, reply('He said "to be or not to be, that is it" [9].')).accepted


def test_names_and_numbers_from_elsewhere_lower_the_score() -> None:
    request = Prompt((Message("system", CONTEXT), Message("human", "Where does it end?")))
    there = Checks().judge(request, reply("It ends near Sulina after 2,850 km."))
    made_up = Checks().judge(request, reply("It ends near Odessa after 1,234 km."))
    assert there.accepted
    assert made_up.accepted
    assert (there.score, made_up.score) == (1.0, 0.5)
