"""What a user gives to be worked on from end to end is sent whole."""

import json

import pytest

from tests.kit import engine
from tests.unit.test_shrinking import asked, made, texts, tool_turns
from tokenomics_shared.types import Message, Prompt

LONG = "The old harbour was quiet, and nobody saw the clouds over the hills. " * 30


@pytest.mark.parametrize(
    "turns",
    [
        [Message("human", f"Translate this into German:\n\n{LONG}")],
        [Message("human", f"<text>\n{LONG}</text>\nHow many words does the text have?")],
        [Message("human", "Please correct the spelling of:"), Message("human", LONG)],
        [Message("system", "You are a translator."), Message("human", LONG)],
        [Message("human", f"Text:\n{LONG}\n\nTask: \u00dcbersetze den Text.")],
    ],
)
def test_a_text_to_be_worked_on_from_end_to_end_is_sent_whole(turns: list[Message]) -> None:
    (ask,), _ = asked(made(), Prompt((*turns, *tool_turns(1))))
    sent = texts(ask.prompt.messages)
    assert sent[: len(turns)] == texts(turns)
    assert len(sent[-1]) < 0.5 * len(tool_turns(1)[1].text)


@pytest.mark.parametrize("compressor", ["auto", "structured"])
@pytest.mark.parametrize("form", ["{}", "```json\n{}\n```", "{}\n\nGive the sum as well."])
def test_rows_that_a_user_pastes_all_stay(form: str, compressor: str) -> None:
    rows = json.dumps([{"id": n, "age": 20 + n} for n in range(200)])
    message = Message("human", "Make a CSV of this:\n" + form.format(rows))
    one = engine(compression={"method": compressor}, cascading={"enabled": False})
    (ask,), _ = asked(one, Prompt((message,)))
    assert rows in ask.prompt.messages[0].text


@pytest.mark.parametrize(
    "question",
    [
        "When was the harbour built?",
        "What do the papers say of the clouds?",
        "Summarise this in a sentence.",
    ],
)
def test_a_text_to_be_read_for_a_question_is_shortened(question: str) -> None:
    turns = (Message("human", f"<text>\n{LONG}</text>\n{question}"),)
    (ask,), _ = asked(made(), Prompt(turns))
    assert len(ask.prompt.messages[0].text) < 0.5 * len(LONG)
