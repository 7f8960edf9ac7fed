"""What users of caches, routers and wrappers complain of: each has a test here or in ELSEWHERE."""

import inspect
import typing
from collections.abc import Mapping, Sequence
from typing import Any

import openai
import pytest
from langchain_core.embeddings import Embeddings
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool

from tests.bag import AGAIN, ASKED, FIXED, bag_of_words
from tests.conftest import openai_model
from tests.integration.langchain.conftest import CHEAP, PREMIUM, Make
from tests.integration.langchain.covered import is_there
from tests.integration.langchain.test_calls import WAYS, by, told
from tokenomics_langchain import ChatTokenomics, Strategy
from tokenomics_shared.testing import ChatRequest, Fault, LoopbackServer

EASY, HARD = "What is easy?", "What is hard?"
MEANING: Any = {"use_semantic_cache": True, **FIXED}
_L, _U = "tests.integration.langchain", "tests.unit"

ELSEWHERE: Mapping[str, Sequence[str]] = {
    "streams are never cached": (
        f"{_L}.test_matrix::test_what_comes_of_it",
        f"{_L}.test_streams::test_a_stream_that_lost_its_end_is_not_kept",
        f"{_L}.test_calls::test_an_abandoned_stream_is_charged_and_not_cached",
    ),
    "a question hits its opposite": (
        f"{_U}.test_guard::test_another_question_is_vetoed",
        "tests.integration.test_never::test_no_pair_that_must_not_share_does",
    ),
    "nobody can see what would have been hit": (
        f"{_U}.test_semantic::test_observing_gives_nothing_by_meaning_but_counts_and_learns",
    ),
    "async has another threshold, and blocks": (
        f"{_U}.test_semantic_engine::test_every_driver_tells_the_same_story",
        f"{_U}.test_semantic::test_a_slow_embedder_does_not_block_the_event_loop",
    ),
    "answers leak to other users": (
        f"{_U}.test_partition::test_what_must_not_share_is_kept_apart",
    ),
    "tools, choices and formats are no part of the key": (
        f"{_L}.test_keys::test_requests_that_differ_share_no_answer",
        f"{_L}.test_binding::test_the_same_question_with_other_tools_is_another_one",
        f"{_L}.test_binding::test_a_changed_schema_meets_no_old_answer",
        f"{_U}.test_partition::test_no_field_of_a_request_is_forgotten",
    ),
    "a bad hit can't be taken back": (
        f"{_L}.test_forgetting::test_what_is_forgotten_is_asked_again_at_once",
    ),
    "the stuffed prompt is cached instead of its question": (
        f"{_U}.test_semantic::test_a_stuffed_prompt_is_cached_by_its_question",
    ),
    "fallbacks are no models to agents": (
        f"{_L}.test_agents::test_an_agent_goes_as_over_the_plain_model",
        f"{_L}.test_agent_streams::test_every_token_comes_once_and_of_the_answer_alone",
    ),
    "one provider's built-in tools, marks and thoughts break the other": (
        f"{_L}.test_foreign::test_a_built_in_tool_goes_to_its_own_provider_alone",
        f"{_L}.test_foreign::test_marks_for_anothers_cache_are_left_out",
        f"{_L}.test_foreign_tiers::test_thoughts_and_ids_of_one_never_reach_the_other",
    ),
    "a broken stream has no fallback": (
        f"{_L}.test_calls::test_a_stream_that_breaks_before_it_is_shown_falls_back",
        f"{_L}.test_calls::test_a_stream_that_breaks_after_it_was_shown_raises_and_never_splices",
    ),
    "compression spoils the provider's prompt cache": (
        f"{_L}.test_prefix_stability::"
        "test_a_conversation_keeps_the_prompt_caches_hits_and_costs_less",
        f"{_U}.test_shrinking::test_old_texts_would_have_come_from_the_providers_cache",
    ),
    "routing each turn anew spoils the provider's prompt cache": (
        f"{_U}.test_sessions::test_the_next_turn_knows_who_read_the_last",
    ),
    "savings can't be believed": (
        f"{_L}.test_usage::test_the_ledger_is_what_the_server_billed",
        f"{_L}.test_comparison::test_the_ledger_has_the_request_and_an_audit_beside_it",
        f"{_U}.test_audited_ledger::test_an_audit_costs_the_part_whose_answer_it_is_about",
    ),
    "compression needs another's model, a GPU, and an old library": (
        f"{_U}.test_llmlingua2::test_fillers_go_and_content_stays",
        f"{_U}.test_llmlingua2::test_within_the_budget_no_model_is_loaded",
    ),
    "tokens are 0 through wrappers, and hits are billed": (
        f"{_L}.test_calls::test_usage_is_the_answering_calls_and_nothing_on_a_hit",
        f"{_L}.test_usage::test_a_stream_without_usage_is_estimated_and_says_so",
    ),
    "an import takes seconds, installs things, or goes online": (
        "tests.integration.test_packaging::test_importing_the_engine_loads_nothing_else",
        "tests.integration.test_packaging::"
        "test_the_langchain_package_loads_langchain_core_and_no_provider",
    ),
}


@pytest.mark.parametrize("complaint", ELSEWHERE)
def test_what_is_tested_elsewhere_is(complaint: str) -> None:
    assert all(map(is_there, ELSEWHERE[complaint]))


def test_switching_on_hits_switching_off(make: Make, server: LoopbackServer) -> None:
    """Embeddings hold opposites for near: one word decides."""
    llm = make(memory=MEANING)
    question = "How do I {} two-factor authentication in the settings of my account?"
    llm.invoke(question.format("enable"))
    llm.engine.flush()
    decision = told(llm.invoke(question.format("disable")))
    assert decision["near_miss"] == "disable against enable"
    assert len(server.requests) == 2


TEMPLATE = SystemMessage("You are a helpful assistant of a shop that sells garden tools. " * 40)


def test_a_long_template_makes_all_questions_alike(make: Make, server: LoopbackServer) -> None:
    """What is embedded is mostly the template, so completely different questions are near."""
    llm = make(memory=MEANING)
    llm.invoke([TEMPLATE, HumanMessage(ASKED)])
    llm.engine.flush()
    other = told(llm.invoke([TEMPLATE, HumanMessage("Which spade is best for heavy soil?")]))
    again = told(llm.invoke([TEMPLATE, HumanMessage(AGAIN)]))
    assert (other["cache_type"], again["cache_type"]) == ("none", "semantic_direct")


@pytest.mark.parametrize("way", WAYS)
async def test_one_users_answer_reaches_another(way: str, make: Make) -> None:
    """Similarity finds what belongs to others."""
    llm = make(memory=MEANING)
    ann, bob = (llm.with_config(configurable={"tenant": name}) for name in ("ann", "bob"))
    await by(way, ann, ASKED)
    llm.engine.flush()
    assert told(await by(way, bob, ASKED))["cache_type"] == "none"
    assert told(await by(way, ann, AGAIN))["cache_type"] == "semantic_direct"
    third = llm.with_config(configurable={"tenant": "eve"})
    assert told(await by(way, third, AGAIN))["cache_type"] == "none"


@tool
def draw_circle(radius: int) -> str:
    """Draw a circle."""
    return str(radius)


def test_a_tool_call_is_replayed_where_none_is_allowed(make: Make, server: LoopbackServer) -> None:
    """A kept tool call answers a request that forbids tools, or asks for none."""
    llm, question = make(), "Draw a circle of 3"
    assert llm.bind_tools([draw_circle]).invoke(question).tool_calls
    for choice in ("none", "auto"):
        answer = llm.bind_tools([draw_circle], tool_choice=choice).invoke(question)
        assert bool(answer.tool_calls) == (choice == "auto")
    assert not llm.invoke(question).tool_calls
    assert len(server.requests) == 4


def test_a_second_turn_gets_the_first_turns_answer(make: Make, server: LoopbackServer) -> None:
    """The last question is the same, the conversation before it is another."""
    llm = make(memory=MEANING)
    histories: list[list[Any]] = [
        [],
        [HumanMessage("I use the app."), AIMessage("All right.")],
        [HumanMessage("I use the web site."), AIMessage("All right.")],
    ]
    for history in histories:
        assert not told(llm.invoke([*history, HumanMessage(ASKED)]))["cache_hit"]
        llm.engine.flush()
    assert told(llm.invoke([*histories[1], HumanMessage(ASKED)]))["cache_hit"]
    call: Any = {"name": "draw_circle", "args": {"radius": 3}, "id": "c1"}
    for result in ("done", "failed"):
        turns = [HumanMessage(ASKED), AIMessage("", tool_calls=[call])]
        turns_after = [*turns, ToolMessage(result, tool_call_id="c1")]
        assert not told(llm.bind_tools([draw_circle]).invoke(turns_after))["cache_hit"]


def test_what_was_retrieved_decides_whether_a_question_hits(
    make: Make, server: LoopbackServer
) -> None:
    """Cached with its passages a question misses over others, and hits over stale ones."""
    llm = make(memory=MEANING)

    def asked(question: str, passages: str, corpus: str) -> str:
        wishes = {"cache_text": question, "corpus_version": corpus}
        config: Any = {"configurable": wishes}
        stuffed = f"Context: {passages}\n\n{question}"
        kind = told(llm.invoke(stuffed, config=config))["cache_type"]
        llm.engine.flush()
        return str(kind)

    assert asked(ASKED, "twelve pages of a handbook", "may") == "none"
    assert asked(AGAIN, "three other pages", "may") == "semantic_direct"
    assert asked(AGAIN, "three other pages", "june") == "none"


def test_a_model_with_fallbacks_can_not_bind_tools(server: LoopbackServer) -> None:
    """Annotations that can't be resolved break whatever LangChain makes of a model."""
    server.faults["broken"] = Fault(status=500)
    llm = ChatTokenomics(premium=openai_model(server, PREMIUM))
    for chain in (
        openai_model(server, "broken").with_fallbacks([llm]),
        llm.with_fallbacks([openai_model(server, CHEAP)]),
    ):
        message = chain.bind_tools([draw_circle]).invoke("Draw a circle of 3")
        assert message.tool_calls[0]["args"] == {"radius": 3}


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, method in inspect.getmembers(ChatTokenomics, inspect.isfunction)
        if method.__module__.startswith("tokenomics_langchain") and not name.startswith("__")
    ],
)
def test_annotations_can_not_be_resolved(name: str) -> None:
    """What only type checkers import is not there when LangChain asks."""
    assert "return" in typing.get_type_hints(getattr(ChatTokenomics, name))


@pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
async def test_a_request_that_is_wrong_is_sent_to_everybody(
    way: str, make: Make, server: LoopbackServer
) -> None:
    """Each model is asked, some of them several times, until the last refuses too."""
    for status, error in ((400, openai.BadRequestError), (401, openai.AuthenticationError)):
        server.requests.clear()
        server.faults[CHEAP] = Fault(status=status)
        with pytest.raises(error):
            await by(way, make(), EASY)
        assert len(server.requests) == 1


def test_a_long_conversation_overflows_the_cheap_tier(make: Make, server: LoopbackServer) -> None:
    """A tier is chosen before anybody asks what it can read."""
    small = openai_model(server, CHEAP, profile={"max_input_tokens": 1_000})
    llm = make(cheap=small)
    assert told(llm.invoke(EASY))["strategy"] == "cheap"
    turns = [HumanMessage("An old river. " * 800), AIMessage("I see."), HumanMessage(EASY)]
    decision = told(llm.invoke(turns))
    assert [call["tier"] for call in decision["calls"]] == ["premium"]


class Words(Embeddings):
    """Embeddings of the user's own."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        found: list[list[float]] = bag_of_words(texts).tolist()
        return found

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


def test_there_are_two_models_and_one_companys_embedder(
    make: Make, server: LoopbackServer
) -> None:
    """Routing needs a key of one provider, and knows weak and strong alone."""

    def answer(request: ChatRequest) -> str:
        poor = request.model != "dearest" and "hard" in request.question
        return "Not sure" if poor else f"The password of {request.model} is in the settings."

    server.answer = answer
    names = ("cheapest", "better", "good", "dearest")
    arms = [Strategy(name, model=openai_model(server, name)) for name in names]
    llm = make(cheap=None, premium=None, strategies=arms, memory={**MEANING, "embedder": Words()})
    assert told(llm.invoke(ASKED))["strategy"] == "cheapest"
    llm.engine.flush()
    assert told(llm.invoke(AGAIN))["cache_type"] == "semantic_direct"
    decision = told(llm.invoke(HARD))
    assert (decision["strategy"], decision["model"]) == ("dearest", "dearest")
    assert {request["model"] for request in server.requests} <= set(names)


def test_savings_are_of_something_that_was_never_asked(make: Make, server: LoopbackServer) -> None:
    """What is saved is reckoned against a baseline nobody states, and a guess looks measured."""
    llm = make()
    drafted, hit = told(llm.invoke(EASY)), told(llm.invoke(EASY))
    for decision in (drafted, hit):
        saved = decision["component_savings"]["total_savings"]
        assert saved == pytest.approx(decision["baseline_cost"] - decision["cost"])
        assert decision["baseline_estimated"]
    escalated = told(llm.invoke(HARD))
    assert not escalated["baseline_estimated"]
    assert escalated["component_savings"]["total_savings"] < 0
    assert "estimated" in str(llm.engine.report())
