"""A bad answer is forgotten by the message that brought it."""

from tests.integration.langchain.conftest import Make
from tokenomics_langchain import ChatTokenomics

ENABLE = "How do I enable two-factor authentication?"
DISABLE = "How do I disable two-factor authentication?"


def cache_type(llm: ChatTokenomics, question: str) -> str:
    told = llm.invoke(question).response_metadata["tokenomics"]
    return str(told["cache_type"])


def test_a_fresh_answer_names_its_own_entry_not_the_near_one(make: Make) -> None:
    llm = make(memory={"use_semantic_cache": True, "audit_rate": 0.0})
    llm.invoke(ENABLE)
    llm.engine.flush()
    near = llm.invoke(DISABLE).response_metadata["tokenomics"]
    assert near["near_miss"] == "disable against enable"
    kept = llm.invoke(ENABLE).response_metadata["tokenomics"]
    assert kept["cache_hit"]
    assert near["cache_entry"] not in {"", kept["cache_entry"]}


def test_what_is_forgotten_is_asked_again_at_once(make: Make) -> None:
    llm = make(memory={"use_semantic_cache": True, "audit_rate": 0.0})
    llm.invoke(ENABLE)
    llm.engine.flush()
    bad = llm.invoke(DISABLE)
    llm.engine.flush()
    assert llm.engine.memory.forget(bad)
    assert cache_type(llm, DISABLE) == "none"
    assert cache_type(llm, ENABLE) == "exact"
