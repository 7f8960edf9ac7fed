"""Rows stay with their header, and blocks of code with their fences."""

import pytest

from tokenomics_shared.compression import Extractive, unaltered
from tokenomics_shared.compression.frames import framed
from tokenomics_shared.compression.sentences import units
from tokenomics_shared.orchestrator import estimate_tokens
from tokenomics_shared.planning import TextKind

PLAIN = Extractive(estimate_tokens)

HEADER = "| model | months | void if |\n|---|:-:|---|\n"
TABLE = (
    f"{HEADER}| Halden | 27 months. Opened lamps 3. | x; or y |\n| Bodo | 12 | dropped |\n"
    "| Oslo | 36 | wet |\n"
)
ASKED = "How long is the warranty of the Oslo lamp?"

BLOCKS = [f'def f{at}(x):\n    """Adds."""\n\n    return x + {at * 7}' for at in range(60)]
CODE = "```python\nimport math\n\n" + "\n\n\n".join(BLOCKS) + "\n```"
TEXT = f"Here is the code:\n\n{CODE}\n\nIt computes areas."


def said(text: str) -> list[str]:
    return [text[unit.start : unit.end] for unit in units(text)]


def test_a_header_and_its_rule_are_one_unit_and_each_row_is() -> None:
    assert said(TABLE) == [HEADER, *TABLE[len(HEADER) :].splitlines(keepends=True)]


def test_a_table_ends_with_a_blank_line_and_with_what_is_no_row() -> None:
    text = f"Lamps.\n\n{TABLE}\n| stray |\n\nBrass. Old.\n| other |\n"
    found = framed(text, units(text), 1000)
    assert [unit.frame for unit in found] == [(), (1,), (1,), (1,), (1,), (), (), (), ()]


@pytest.mark.parametrize("budget", [1, 5, 15, 20, 25, 30])
def test_a_row_stays_with_its_header(budget: int) -> None:
    (found,) = PLAIN.compress([TABLE], ASKED, budget)
    assert found.startswith(HEADER)
    assert "| Oslo | 36 | wet |" in found
    assert unaltered(TABLE, found)
    assert PLAIN.compress([found], ASKED, budget) == [found]


def test_a_gap_between_rows_has_its_line() -> None:
    (found,) = PLAIN.compress([TABLE], ASKED, 22)
    assert found == f"{HEADER} … \n| Oslo | 36 | wet |\n"


def test_a_header_without_rows_goes() -> None:
    text = f"{TABLE}\nThe model of the lamp is old. Months passed by. Visitors are welcome."
    (found,) = PLAIN.compress([text], "model of the lamp, months", 9)
    assert found == "The model of the lamp is old."


@pytest.mark.parametrize("kind", ["context", "tool"])
@pytest.mark.parametrize("budget", [40, 100, 400])
def test_of_long_code_whole_blocks_stay_in_its_fences(kind: TextKind, budget: int) -> None:
    (found,) = PLAIN.compress([TEXT], "What does f37 return?", budget, kind)
    inside = found[found.index("```python\n") : found.index("\n```") + 4]
    parts = inside.removeprefix("```python").removesuffix("```").split("\n … \n")
    for part in parts:
        assert all(block.strip() in CODE for block in part.split("\n\n\n"))
    assert BLOCKS[37] in found
    assert unaltered(TEXT, found)
    assert estimate_tokens(found) <= budget


def test_code_of_a_question_stays_whole() -> None:
    (found,) = PLAIN.compress([TEXT], "", 100, "question")
    assert CODE in found


@pytest.mark.parametrize(
    "code",
    [
        "```\none\n\ntwo\n\nthree",
        "```\nall one block\nof code\n```",
        "~~~\none\n\n  part of it\n~~~",
    ],
)
def test_code_without_its_last_fence_or_of_one_block_is_one_unit(code: str) -> None:
    assert framed(code, units(code), 1) == units(code)


@pytest.mark.parametrize(
    "altered",
    [
        "```python\n … \ndef f37(x):\n    return 5\n … \n```",
        f"```python\n … \n{BLOCKS[9]}\n … \n{BLOCKS[8]}\n … \n```",
        f"```python\n … \n{BLOCKS[9]}",
    ],
    ids=["other code", "another order", "no last fence"],
)
def test_altered_code_is_told(altered: str) -> None:
    assert not unaltered(TEXT, altered)
