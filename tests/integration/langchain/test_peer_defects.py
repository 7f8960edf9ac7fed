"""What wrappers like ours get wrong, one by one: in what comes back, and who is asked."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.globals import set_llm_cache
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.rate_limiters import InMemoryRateLimiter
from langchain_core.runnables import RunnableBinding
from langchain_core.tools import tool

from tests.conftest import gemini_model, openai_model
from tests.integration.langchain.conftest import CHEAP, PREMIUM, STEADY, Make
from tests.integration.langchain.covered import is_there
from tests.integration.langchain.matrix import Listener
from tests.integration.langchain.test_calls import WAYS, by, told
from tokenomics_langchain import ChatTokenomics
from tokenomics_shared.testing import Fault, LoopbackServer

EASY, HARD = "What is easy?", "What is hard?"
_L = "tests.integration.langchain"

ELSEWHERE: Mapping[str, Sequence[str]] = {
    "a structured answer raises at the first call": (
        f"{_L}.test_binding::test_structured_answers",
        f"{_L}.test_structured::test_every_way_to_ask_gives_what_a_plain_model_gives",
    ),
    "a stream holds a rejected draft and the answer, one after the other": (
        f"{_L}.test_matrix::test_what_comes_of_it",
        f"{_L}.test_calls::test_a_stream_that_breaks_after_it_was_shown_raises_and_never_splices",
    ),
    "runs of tiers have no parent": (f"{_L}.test_usage::test_a_trace_shows_each_call_as_a_child",),
    "a model without a price costs nothing": (
        f"{_L}.test_usage::test_a_model_of_the_callers_own_has_a_price_of_its_own",
    ),
    "usage is told twice": (f"{_L}.test_usage::test_listeners_are_told_of_usage_once",),
    "answers of one instance are kept under the name of another": (
        f"{_L}.test_making::test_identifying_parameters_tell_models_apart",
        f"{_L}.test_tiers::test_a_cache_for_all_of_langchain",
    ),
    "stop sequences are lost on the way": (
        f"{_L}.test_calls::test_stop_sequences_reach_the_model",
        f"{_L}.test_transparent::test_requests_are_the_same_to_the_byte",
    ),
    "a failing draft fails the request": (
        f"{_L}.test_calls::test_a_failing_draft_falls_back_and_a_failing_premium_raises_its_own_"
        "error",
    ),
    "a long prompt is read from end to end more than once": (
        "tests.unit.test_tokens::test_a_long_request_is_estimated_by_a_sample",
    ),
    "threads and tasks see each other's state": (
        f"{_L}.test_usage::test_it_is_so_from_many_threads",
        f"{_L}.test_usage::test_it_is_so_from_many_tasks",
    ),
    "streamed tokens are counted one by one and then again": (
        f"{_L}.test_usage::test_tokens_of_a_stream_are_told_once",
    ),
    "LangChain's own suites do not pass": (
        "tests.integration.conformance.test_langchain::test_what_premium_alone_passes_ours_passes",
    ),
}


@pytest.mark.parametrize("defect", ELSEWHERE)
def test_what_is_tested_elsewhere_is(defect: str) -> None:
    assert all(map(is_there, ELSEWHERE[defect]))
    assert not is_there(f"{_L}.test_calls::test_that_nobody_wrote")


def judged(server: LoopbackServer, question: str, draft: str) -> dict[str, Any]:
    """What becomes of a draft where the judges are as shipped."""
    server.faults[CHEAP] = Fault(text=draft)
    cheap, premium = openai_model(server, CHEAP), openai_model(server, PREMIUM)
    steady: Any = {name: STEADY[name] for name in ("bandit", "audit")}
    return told(ChatTokenomics(cheap=cheap, premium=premium, **steady).invoke(question))


def test_answers_are_judged_by_their_length(server: LoopbackServer) -> None:
    """Short right answers never pass, and wrong ones do that say it again and again."""
    question = "What is the capital of France?"
    assert judged(server, question, "Paris.")["strategy"] == "cheap"
    again_and_again = judged(server, question, "The capital of France is Lyon. " * 9)
    assert again_and_again["strategy"] == "premium"


def test_answers_are_judged_without_their_question(server: LoopbackServer) -> None:
    """The same text is as good an answer to any question."""
    answer = "The capital of Austria is Vienna."
    questions = ("What is the capital of Austria?", "How do I sort a list in Python?")
    own, another = (judged(server, question, answer)["quality"] for question in questions)
    assert own > another + 0.03


@pytest.mark.parametrize("way", ["stream", "astream", "astream_events"])
@pytest.mark.parametrize(("question", "strategy"), [(EASY, "cheap"), (HARD, "premium")])
async def test_streams_cost_nothing(way: str, question: str, strategy: str, make: Make) -> None:
    """What a stream cost is 0 when its draft was accepted, and of the last request otherwise."""
    llm = make()
    decision = told(await by(way, llm, question))
    assert decision["strategy"] == strategy
    assert decision["cost"] == pytest.approx(float(llm.engine.report().totals.cost))
    assert decision["cost"] > 0


@pytest.mark.parametrize("way", WAYS)
async def test_a_calls_config_never_arrives(way: str, make: Make, server: LoopbackServer) -> None:
    """Wishes in metadata, tags and handlers of a call are read where LangChain never puts them."""
    llm, heard = make(), Listener()
    await by(way, llm, EASY)
    wish = {"tenant": "acme", "trip": 7}
    asked: Any = llm.with_config(metadata=wish, tags=["mine"], callbacks=[heard])
    assert not told(await by(way, asked, EASY))["cache_hit"]
    assert told(await by(way, asked, EASY))["cache_hit"]
    assert [start["metadata"]["trip"] for start in heard.started] == [7, 7]
    assert all("mine" in start["tags"] for start in heard.started)


class Claude(GenericFakeChatModel):
    """A model of another provider, that tells usage on its messages and nowhere else."""

    def _get_ls_params(self, *args: Any, **kwargs: Any) -> Any:
        return {"ls_provider": "anthropic", "ls_model_name": "claude-3-5-haiku-20241022"}


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
async def test_what_is_not_of_one_provider_costs_nothing(way: str, make: Make) -> None:
    """Usage is read where one provider's client puts it, and its prices alone are known."""
    usage: Any = {"input_tokens": 1_000, "output_tokens": 100, "total_tokens": 1_100}
    text = "An easy thing is one that takes no time."
    message = AIMessage(text, usage_metadata=usage)
    decision = told(await by(way, make(cheap=Claude(messages=iter([message]))), EASY))
    assert (decision["strategy"], decision["model"]) == ("cheap", "claude-3-5-haiku-20241022")
    assert decision["cost"] == pytest.approx(1_000 * 0.8e-6 + 100 * 4e-6)


@pytest.fixture
def outer_cache() -> Iterator[None]:
    set_llm_cache(InMemoryCache())
    yield
    set_llm_cache(None)


@tool
def draw_circle(radius: int) -> str:
    """Draw a circle."""
    return str(radius)


@pytest.mark.usefixtures("outer_cache")
def test_every_instance_has_the_same_key(make: Make, server: LoopbackServer) -> None:
    """In a cache of LangChain's, two models meet, and one with tools and the same without."""
    no_memory = {"memory": {"use_exact_cache": False}}
    llm = make(**no_memory)
    other = make(premium=openai_model(server, "gpt-4.1"), **no_memory)
    asked = [llm, llm.bind_tools([draw_circle]), llm.bind(stop=["zzz"]), other]
    for number, each in enumerate(asked, 1):
        decision = told(each.invoke(EASY))
        # The tiers are in front of the cache as well, and those of one kind do share.
        assert decision["trace"] != ["hit:outer cache"], number
        assert told(each.invoke(EASY))["trace"] == ["hit:outer cache"]


@pytest.mark.parametrize("order", [(CHEAP, "gemini-2.5-pro"), ("gemini-2.5-flash", PREMIUM)])
def test_tools_come_in_the_form_of_another_provider(
    order: tuple[str, str], server: LoopbackServer
) -> None:
    """What is bound to all tiers is made for one of them."""
    tiers = [
        gemini_model(server, name) if "gemini" in name else openai_model(server, name)
        for name in order
    ]
    llm = ChatTokenomics(cheap=tiers[0], premium=tiers[1], **STEADY)
    server.faults[order[0]] = Fault(text="")
    message = llm.bind_tools([draw_circle]).invoke("Draw a circle of 3")
    assert [call["args"] for call in message.tool_calls] == [{"radius": 3}]
    forms = {
        "gemini" if "functionDeclarations" in str(body["tools"]) else "openai"
        for body in server.requests
    }
    assert (len(server.requests), forms) == (2, {"gemini", "openai"})


def test_binding_makes_another_model_and_forgets_half_of_it(make: Make) -> None:
    """Cache, callbacks, tags, name and rate limiter are gone once something is bound."""
    limiter = InMemoryRateLimiter(requests_per_second=1e6)
    own: dict[str, Any] = {"tags": ["mine"], "name": "ours", "rate_limiter": limiter}
    llm = make(cache=InMemoryCache(), callbacks=[Listener()], **own)
    for bound in (llm.bind_tools([draw_circle]), llm.bind(stop=["a"])):
        assert isinstance(bound, RunnableBinding)
        assert bound.bound is llm
