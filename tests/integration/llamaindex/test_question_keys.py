"""What makes two requests of a query engine the same one."""

from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from llama_index.core.prompts import ChatPromptTemplate, PromptTemplate

from tests.integration.llamaindex.conftest import PREMIUM, STEADY, like
from tests.integration.llamaindex.test_questions import ASKED, OTHERWISE
from tokenomics_llamaindex import TokenomicsLLM
from tokenomics_llamaindex.retrievals import remember
from tokenomics_shared.memory import exact_key
from tokenomics_shared.memory.partition import partition_key
from tokenomics_shared.memory.subject import subject
from tokenomics_shared.testing import LoopbackServer
from tokenomics_shared.types import Prompt

SHAPES = [
    PromptTemplate("{context_str} Be {tone}. Query: {query_str}"),
    PromptTemplate("{context_str} Be {tone}. Question: {query_str}"),
    PromptTemplate("{query_str} {tone} {context_str} {query_str}"),
    ChatPromptTemplate.from_messages(
        [("system", "{context_str} {tone}"), ("user", "{query_str}")]
    ),
]
Made = tuple[str, int, tuple[str, ...], str]
MADE = st.tuples(
    st.sampled_from([ASKED, OTHERWISE, "x", "{context_str}", "a\n\nb", "\ue000query_str\ue001"]),
    st.integers(0, len(SHAPES) - 1),
    st.lists(st.sampled_from(["a", "b", "c d", "a\n\nb", "{query_str}", ASKED]), max_size=4).map(
        tuple
    ),
    st.sampled_from(["brief", "formal", "a"]),
)


@pytest.fixture(scope="module")
def quiet() -> Iterator[TokenomicsLLM]:
    with LoopbackServer() as server:
        yield TokenomicsLLM(premium=like(server, PREMIUM), **STEADY)


def request_of(llm: TokenomicsLLM, made: Made) -> Prompt:
    question, shape, texts, tone = made
    remember(texts)
    values = {"query_str": question, "context_str": "\n\n".join(texts), "tone": tone}
    return llm._request(llm._get_messages(SHAPES[shape], **values), {})[0]


def sent(prompt: Prompt) -> list[tuple[str, str]]:
    return [(turn.role, turn.text) for turn in prompt.messages]


@given(MADE, MADE)
@example((ASKED, 0, ("a", "b"), "a"), (ASKED, 0, ("b", "a"), "a"))
@example((ASKED, 0, ("a", "b"), "a"), (ASKED, 0, ("b", "c d"), "a"))
@example((ASKED, 0, ("a\n\nb", "c d"), "a"), (ASKED, 0, ("a", "c d", "b"), "a"))
def test_keys_are_equal_if_and_only_if_question_template_nodes_and_all_else_are(
    quiet: TokenomicsLLM, one: Made, two: Made
) -> None:
    first, second = request_of(quiet, one), request_of(quiet, two)
    keys = [exact_key(it, quiet.roster) for it in (first, second)]
    marked = all("\ue000" not in made[0] for made in (one, two))
    same = (one[0], one[1], sorted(one[2]), one[3]) == (two[0], two[1], sorted(two[2]), two[3])
    if marked:
        assert (keys[0] == keys[1]) == (same or sent(first) == sent(second))
    else:
        assert (keys[0] == keys[1]) == (sent(first) == sent(second))


@given(MADE, MADE)
def test_by_meaning_requests_share_that_differ_in_the_question_alone(
    quiet: TokenomicsLLM, one: Made, two: Made
) -> None:
    first, second = request_of(quiet, one), request_of(quiet, two)
    parts = [partition_key(it, quiet.roster) for it in (first, second)]
    if any("\ue000" in made[0] for made in (one, two)):
        return
    assert subject(first) == one[0]
    same = (one[1], sorted(one[2]), one[3]) == (two[1], sorted(two[2]), two[3])
    rest = [sent(request_of(quiet, ("?", *made[1:]))) for made in (one, two)]
    assert (parts[0] == parts[1]) == (same or rest[0] == rest[1])
