"""Token counts: which encoding a model has, and estimates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kit import prompt
from tests.texts import SAMPLES
from tokenomics_shared.adapters.counting import counter_for
from tokenomics_shared.orchestrator import Estimate, encoding_of, estimate_tokens, prompt_tokens
from tokenomics_shared.planning import TokenCounter
from tokenomics_shared.types import Message, Prompt


@pytest.mark.parametrize(
    ("model", "encoding"),
    [
        ("gpt-4o", "o200k_base"),
        ("gpt-4o-mini-2024-07-18", "o200k_base"),
        ("openai/gpt-4o", "o200k_base"),
        ("openai:gpt-4.1-nano", "o200k_base"),
        ("GPT-5.1", "o200k_base"),
        ("chatgpt-4o-latest", "o200k_base"),
        ("o1", "o200k_base"),
        ("o3-mini", "o200k_base"),
        ("ft:gpt-4o-mini-2024-07-18:acme::x", "o200k_base"),
        ("openrouter/openai/gpt-oss-20b", "o200k_base"),
        ("gpt-4", "cl100k_base"),
        ("gpt-4-turbo", "cl100k_base"),
        ("azure/gpt-35-turbo", "cl100k_base"),
        ("gpt-3.5-turbo-0125", "cl100k_base"),
        ("text-embedding-3-small", "cl100k_base"),
        ("claude-sonnet-4-5", None),
        ("gemini-2.5-flash", None),
        ("o1000", None),
        ("gpt-40", None),
        ("llama-3.1-70b", None),
        ("", None),
    ],
)
def test_a_model_s_own_encoding(model: str, encoding: str | None) -> None:
    assert encoding_of(model) == encoding


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4", "claude-sonnet-4-5", ""])
def test_every_model_has_a_counter(model: str) -> None:
    counter = counter_for(model)
    assert isinstance(counter, TokenCounter)
    assert counter.count("") == 0
    assert counter.count("Hello, world!") in (3, 4, 5)


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4"])
@pytest.mark.parametrize("kind", SAMPLES)
@pytest.mark.usefixtures("packaged")
def test_estimates_are_close_to_the_encoding(model: str, kind: str) -> None:
    counter = counter_for(model)
    assert counter.exact
    text = SAMPLES[kind]
    assert Estimate(model).count(text) == pytest.approx(counter.count(text), rel=0.15, abs=2)


@pytest.mark.usefixtures("packaged")
def test_estimates_are_within_a_tenth_on_the_whole() -> None:
    counter = counter_for("gpt-4o")
    assert counter.exact
    errors = [abs(estimate_tokens(text) / counter.count(text) - 1) for text in SAMPLES.values()]
    assert sum(errors) / len(errors) < 0.08


@given(st.text(), st.text())
def test_estimates_are_counts(text: str, more: str) -> None:
    for counter in (Estimate("gpt-4"), Estimate("gpt-4o"), Estimate("qwen-2.5")):
        assert bool(text) <= counter.count(text) <= 3 + 4 * len(text)
        assert counter.count(text + " " + more) >= counter.count(text) - 2


def test_models_of_cl100k_s_family_are_estimated_by_it() -> None:
    text = SAMPLES["chinese"]
    for model in ("meta-llama/Llama-3.1-8B", "qwen2.5-72b-instruct"):
        assert Estimate(model).count(text) == Estimate("gpt-4").count(text)
    assert Estimate("claude-opus-4").count(text) == estimate_tokens(text)


def test_a_request_counts_its_turns_and_tools() -> None:
    text = SAMPLES["prose"]
    alone = prompt_tokens(prompt(text))
    assert alone > estimate_tokens(text)
    assert prompt_tokens(prompt(text, tools=({"name": "search" * 9},))) > alone
    two = Prompt((Message("human", text), Message("ai", text)))
    assert prompt_tokens(two) == pytest.approx(2 * alone, rel=0.1)


def test_a_long_request_is_estimated_by_a_sample() -> None:
    whole = "\n".join(SAMPLES.values()) * 40
    assert prompt_tokens(prompt(whole)) == pytest.approx(estimate_tokens(whole), rel=0.25)
