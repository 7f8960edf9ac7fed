"""What differs from most of the witnesses of an answer is no matter of wording."""

import pytest

from tokenomics_shared import Memory

ANSWER = "Open Settings, choose Security, and follow what is said there, step by step."
KEPT = [
    ("How do I enable two-factor authentication?", "How can I enable 2FA?"),
    ("When does the shop in Berlin open?", "What time does the Berlin shop open?"),
    ("How do I delete my account?", "How can I delete my account permanently?"),
    ("Is aspirin safe for cats?", "Can I give aspirin to my cat?"),
]


@pytest.fixture(scope="module")
def memory() -> Memory:
    """Several questions to each answer."""
    made = Memory(audit_rate=0.0)
    for number, questions in enumerate(KEPT):
        for question in questions:
            made.remember(question, f"{ANSWER} See page {number}.")
            made.flush()
    return made


@pytest.mark.parametrize(
    "other",
    [
        "How do I disable two-factor authentication?",
        "How can I disable 2FA?",
        "What time does the Hamburg shop open?",
        "When does the shop in Berlin close?",
        "How can I not delete my account?",
        "Is aspirin unsafe for cats?",
    ],
)
def test_other_questions_near_several_witnesses_are_asked(memory: Memory, other: str) -> None:
    explained = memory.explain(other)
    assert explained.witnesses > 1
    assert not explained.given, str(explained)


@pytest.mark.parametrize(
    "same",
    [
        "How would I delete my account?",
        "What is the way to delete my account?",
    ],
)
def test_the_same_question_is_answered(memory: Memory, same: str) -> None:
    assert memory.explain(same).given
