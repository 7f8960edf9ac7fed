"""Memory reads the question of a query engine, and knows which nodes were retrieved for it."""

import asyncio
import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from llama_index.core.chat_engine import CondenseQuestionChatEngine, ContextChatEngine
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.prompts import ChatPromptTemplate, PromptTemplate, RichPromptTemplate
from llama_index.core.prompts.default_prompts import DEFAULT_TEXT_QA_PROMPT
from llama_index.core.query_engine import RetrieverQueryEngine, RouterQueryEngine
from llama_index.core.response_synthesizers import get_response_synthesizer
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index.core.selectors import LLMSingleSelector
from llama_index.core.tools import QueryEngineTool
from pydantic import BaseModel

from tests.bag import bag_of_words
from tests.integration.llamaindex.conftest import CHEAP, PREMIUM, STEADY, Make, like
from tokenomics_llamaindex import TokenomicsLLM, wishing
from tokenomics_llamaindex.retrievals import remember
from tokenomics_shared.testing import ChatRequest, LoopbackServer
from tokenomics_shared.types import Prompt

TOWER = "The tower is 324 metres high.\n\nIt is made of iron."
BRIDGE = "The bridge is 1,280 metres long."
RIVER = "The river is 777 kilometres long."
ASKED = "How high is the tower?"
OTHERWISE = "How high is the tower then?"
WHOLE = ["compact", "tree_summarize", "simple_summarize", "accumulate", "compact_accumulate"]
BY_WORDS: dict[str, Any] = {
    "use_semantic_cache": True,
    "max_false_hit_rate": None,
    "direct_return_threshold": 0.85,
    "guard": False,
    "embedder": bag_of_words,
}
Synthesize = Callable[..., Any]


@pytest.fixture(autouse=True)
def _loop(request: pytest.FixtureRequest) -> Iterator[None]:
    """LlamaIndex begins an event loop to count the tokens of conversations, and leaves it open."""
    if inspect.iscoroutinefunction(request.function):
        yield
        return
    made = asyncio.new_event_loop()
    asyncio.set_event_loop(made)
    yield
    made.close()
    asyncio.set_event_loop(None)


def nodes(*texts: str) -> list[NodeWithScore]:
    return [NodeWithScore(node=TextNode(text=text), score=0.5) for text in texts]


class Given(BaseRetriever):
    """Finds what it is told to find."""

    def __init__(self, *texts: str) -> None:
        super().__init__()
        self.texts: Sequence[str] = texts

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return nodes(*self.texts)


class Height(BaseModel):
    """How high something is."""

    metres: int


def asking(llm: TokenomicsLLM, mode: Any = "compact", **settings: Any) -> Synthesize:
    """Puts an answer together from texts."""
    synthesizer = get_response_synthesizer(llm=llm, response_mode=mode, **settings)

    def ask(question: str, *texts: str) -> str:
        return str(synthesizer.synthesize(question, nodes(*texts)))

    return ask


@pytest.mark.parametrize("mode", WHOLE)
def test_the_order_of_nodes_costs_no_hit_and_their_texts_do(
    make: Make, server: LoopbackServer, mode: str
) -> None:
    ask = asking(make(), mode)
    first = ask(ASKED, TOWER, BRIDGE)
    calls = len(server.requests)
    again = ask(ASKED, BRIDGE, TOWER)
    assert len(server.requests) == calls
    assert sorted(again) == sorted(first)
    ask(ASKED, BRIDGE, TOWER.replace("324", "325"))
    assert len(server.requests) > calls
    now = len(server.requests)
    ask("How long is the bridge?", TOWER, BRIDGE)
    assert len(server.requests) > now


@pytest.mark.parametrize("mode", [*WHOLE, "refine"])
def test_what_is_sent_is_what_a_plain_model_would_send(
    make: Make, server: LoopbackServer, mode: str
) -> None:
    premium = like(server, PREMIUM)
    asking(premium, mode)(ASKED, TOWER, BRIDGE)
    plain = list(server.bodies)
    llm = make(cheap=None, premium=premium, cascading={"enabled": False})
    asking(llm, mode)(ASKED, TOWER, BRIDGE)
    assert list(server.bodies)[len(plain) :] == plain


def test_another_wording_hits_with_the_same_nodes_and_only_then(
    make: Make, server: LoopbackServer
) -> None:
    llm = make(memory=BY_WORDS)
    ask = asking(llm)
    ask(ASKED, TOWER, BRIDGE)
    llm.engine.flush()
    calls = len(server.requests)
    ask(OTHERWISE, BRIDGE, TOWER)
    assert len(server.requests) == calls
    ask(OTHERWISE, RIVER, TOWER)
    assert len(server.requests) == calls + 1


@pytest.mark.parametrize("mode", ["compact", "tree_summarize", "simple_summarize"])
def test_within_a_version_of_the_corpus_other_nodes_hit(
    make: Make, server: LoopbackServer, mode: str
) -> None:
    llm = make()
    ask = asking(llm, mode)
    with wishing(corpus_version="monday"):
        ask(ASKED, TOWER, BRIDGE)
        calls = len(server.requests)
        ask(ASKED, TOWER, RIVER)
        assert len(server.requests) == calls
    with wishing(corpus_version="tuesday"):
        ask(ASKED, TOWER, RIVER)
    assert len(server.requests) == calls + 1
    ask(ASKED, BRIDGE, RIVER)
    assert len(server.requests) == calls + 2


def test_the_model_itself_may_say_its_version(make: Make, server: LoopbackServer) -> None:
    llm = make(corpus_version=7)
    asking(llm)(ASKED, TOWER, BRIDGE)
    asking(llm)(ASKED, TOWER)
    assert len(server.requests) == 1
    with wishing(corpus_version=8):
        asking(llm)(ASKED, TOWER)
    assert len(server.requests) == 2
    with wishing(corpus_version=7):
        asking(make(memory=llm.engine.memory, cheap=llm.cheap, premium=llm.premium))(ASKED, RIVER)
    assert len(server.requests) == 2


@pytest.mark.parametrize("mode", ["refine", "accumulate"])
def test_parts_of_an_answer_are_never_shared_within_a_version(
    make: Make, server: LoopbackServer, mode: str
) -> None:
    """Their texts were each all that was retrieved once."""
    with wishing(corpus_version="monday"):
        ask = asking(make(), mode)
        for text in (TOWER, BRIDGE, RIVER):
            ask(ASKED + mode, text)
        calls = len(server.requests)
        ask(ASKED + mode, TOWER, BRIDGE, RIVER)
    asked = [str(request["messages"]) for request in list(server.requests)[calls:]]
    if mode == "refine":
        assert [BRIDGE in asked[-2], RIVER in asked[-1]] == [True, True]
    else:
        assert all(any(text[:20] in it for it in asked) for text in (TOWER, BRIDGE, RIVER))


def test_parts_of_a_long_text_are_never_shared_within_a_version(make: Make) -> None:
    long = [f"Town {number} has a harbour. " * 150 for number in range(8)]
    with LoopbackServer(lambda request: f"{len(request.question)} harbours are there.") as server:
        tiers = {"cheap": like(server, CHEAP), "premium": like(server, PREMIUM)}
        llm = make(**tiers, context_window=2_500, num_output=200)
        with wishing(corpus_version="monday"):
            asking(llm, "tree_summarize")(ASKED, *long)
        shown = " ".join(str(request["messages"]) for request in server.requests)
    assert len(server.requests) > 3
    assert all(f"Town {number} has" in shown for number in range(8))


def test_a_step_that_refines_counts_what_it_refines(make: Make, server: LoopbackServer) -> None:
    ask = asking(make(), "refine")
    ask(ASKED, TOWER, BRIDGE)
    assert len(server.requests) == 2
    ask(ASKED, TOWER, BRIDGE)
    assert len(server.requests) == 2
    ask(ASKED, RIVER, BRIDGE)
    assert len(server.requests) == 4


async def test_streams_and_async_share_with_all_others(make: Make, server: LoopbackServer) -> None:
    llm = make()
    first = asking(llm)(ASKED, TOWER, BRIDGE)
    streaming: Any = get_response_synthesizer(llm=llm, streaming=True)
    plain = get_response_synthesizer(llm=llm)
    turned = nodes(BRIDGE, TOWER)
    streamed = streaming.synthesize(ASKED, turned)
    assert "".join(streamed.response_gen) == first
    assert str(await plain.asynthesize(ASKED, turned)) == first
    later = await streaming.asynthesize(ASKED, turned)
    assert "".join([token async for token in later.async_response_gen()]) == first
    assert len(server.requests) == 1
    with wishing(corpus_version="monday"):
        for texts in ((TOWER, BRIDGE), (BRIDGE, RIVER)):
            "".join(streaming.synthesize(ASKED, nodes(*texts)).response_gen)
    assert len(server.requests) == 2


async def test_objects_are_shared_too(server: LoopbackServer) -> None:
    premium = like(server, PREMIUM, should_use_structured_outputs=True)
    llm = TokenomicsLLM(premium=premium, **STEADY)
    synthesizer: Any = get_response_synthesizer(llm=llm, output_cls=Height)
    first = (await synthesizer.asynthesize(ASKED, nodes(TOWER, BRIDGE))).response
    for texts in ((TOWER, BRIDGE), (BRIDGE, TOWER)):
        assert synthesizer.synthesize(ASKED, nodes(*texts)).response == first
        assert (await synthesizer.asynthesize(ASKED, nodes(*texts))).response == first
    assert len(server.requests) == 1
    synthesizer.synthesize(ASKED, nodes(TOWER, RIVER))
    assert len(server.requests) == 2


async def test_streamed_objects_are_shared_too(server: LoopbackServer) -> None:
    premium = like(server, PREMIUM, should_use_structured_outputs=True)
    llm = TokenomicsLLM(premium=premium, **STEADY)
    template = PromptTemplate("{context_str} {query_str}")
    made = []
    for one, two in ((TOWER, BRIDGE), (BRIDGE, TOWER)):
        remember([one, two])
        values = {"query_str": ASKED, "context_str": f"{one}\n\n{two}"}
        made.append(list(llm.stream_structured_predict(Height, template, **values))[-1])
        later = await llm.astream_structured_predict(Height, template, **values)
        made.append([it async for it in later][-1])
    assert len({it.model_dump_json() for it in made}) == 1
    assert len(server.requests) == 1


class TestChatEngines:
    def context(self, llm: TokenomicsLLM, *texts: str) -> ContextChatEngine:
        memory = ChatMemoryBuffer.from_defaults(llm=llm)
        return ContextChatEngine.from_defaults(Given(*texts), llm=llm, memory=memory)

    def test_the_question_is_the_last_message_and_the_system_prompt_may_be_turned(
        self, make: Make, server: LoopbackServer
    ) -> None:
        llm = make(memory=BY_WORDS)
        first = self.context(llm, TOWER, BRIDGE).chat(ASKED).response
        llm.engine.flush()
        assert self.context(llm, BRIDGE, TOWER).chat(ASKED).response == first
        assert self.context(llm, BRIDGE, TOWER).chat(OTHERWISE).response == first
        assert len(server.requests) == 1
        self.context(llm, BRIDGE, RIVER).chat(ASKED)
        assert len(server.requests) == 2

    def test_what_was_said_before_counts(self, make: Make, server: LoopbackServer) -> None:
        llm = make()
        for before in ("How wide is it?", "How old is it?"):
            engine = self.context(llm, TOWER)
            engine.chat(before)
            engine.chat("And what is it made of?")
        assert len(server.requests) == 4

    def test_a_condensed_question_is_one_of_its_history(
        self, make: Make, server: LoopbackServer
    ) -> None:
        llm = make()
        engine = RetrieverQueryEngine.from_args(Given(TOWER), llm=llm)

        def talk(*messages: str) -> int:
            """Has a conversation; tells how many calls its last message took."""
            memory = ChatMemoryBuffer.from_defaults(llm=llm)
            chat = CondenseQuestionChatEngine.from_defaults(engine, llm=llm, memory=memory)
            before = 0
            for message in messages:
                before = len(server.requests)
                chat.chat(message)
            return len(server.requests) - before

        assert talk(ASKED, "And what is it made of?") > 0
        assert talk(ASKED, "And what is it made of?") == 0
        assert talk("How wide is the tower?", "And what is it made of?") > 0


def test_a_router_selects_by_question_and_choices(make: Make) -> None:
    def reply(request: ChatRequest) -> str:
        if "choices" in request.question:
            return '[{"choice": 1, "reason": "it is about the tower and its height"}]'
        return "The tower is 324 metres high."

    with LoopbackServer(reply) as server:
        llm = make(cheap=like(server, CHEAP), premium=like(server, PREMIUM))

        def ask(*about: str) -> str:
            tools = [
                QueryEngineTool.from_defaults(
                    RetrieverQueryEngine.from_args(Given(TOWER), llm=llm), description=it
                )
                for it in about
            ]
            selector = LLMSingleSelector.from_defaults(llm=llm)
            return str(RouterQueryEngine(selector, tools, llm=llm).query(ASKED))

        assert ask("towers", "rivers") == ask("towers", "rivers")
        calls = len(server.requests)
        ask("rivers", "towers")
        new = [str(request["messages"]) for request in list(server.requests)[calls:]]
        assert new
        assert all("choices" in text for text in new)


@pytest.mark.parametrize(
    "template",
    [
        PromptTemplate(
            "Read {docs} and answer: {ask}",
            template_var_mappings={"context_str": "docs", "query_str": "ask"},
        ),
        ChatPromptTemplate.from_messages(
            [("system", "Know this: {context_str}"), ("user", "{query_str} Be brief.")]
        ),
        RichPromptTemplate("Know {{ context_str }}. {% if query_str %}{{ query_str }}{% endif %}"),
    ],
)
def test_templates_of_other_shapes_are_read(
    make: Make, server: LoopbackServer, template: Any
) -> None:
    ask = asking(make(), text_qa_template=template)
    ask(ASKED, TOWER, BRIDGE)
    ask(ASKED, BRIDGE, TOWER)
    assert len(server.requests) == 1
    ask(ASKED, BRIDGE, RIVER)
    assert len(server.requests) == 2


def shouted(context_str: str, **_: Any) -> str:
    return context_str.upper()


@pytest.mark.parametrize(
    "template",
    [
        PromptTemplate("{context_str} {query_str}", function_mappings={"context_str": shouted}),
        RichPromptTemplate("{{ context_str | upper }} {{ query_str }}"),
        PromptTemplate("What do you make of {context_str}?"),
    ],
)
def test_what_cant_be_taken_apart_hits_as_a_whole_only(
    make: Make, server: LoopbackServer, template: Any
) -> None:
    ask = asking(make(), text_qa_template=template)
    ask(ASKED, TOWER, BRIDGE)
    ask(ASKED, TOWER, BRIDGE)
    assert len(server.requests) == 1
    ask(ASKED, BRIDGE, TOWER)
    assert len(server.requests) == 2


def test_who_says_what_memory_shall_read_is_believed(make: Make, server: LoopbackServer) -> None:
    read: list[str] = []

    def by_config(prompt: Prompt) -> str:
        read.append(prompt.question)
        return "always the same"

    asking(make(memory={"cache_text": by_config}))(ASKED, TOWER)
    assert read
    assert TOWER in read[0]
    llm = make()
    with wishing(cache_text="mine"):
        prompt, *_ = llm._request(llm._get_messages(DEFAULT_TEXT_QA_PROMPT, query_str="a"), {})
    assert (prompt.cache_text, prompt.remembered_as) == ("mine", None)


def test_preferences_of_a_tenant_count(make: Make, server: LoopbackServer) -> None:
    llm = make()
    llm.engine.memory.prefer("acme", tone="formal")
    with wishing(tenant="acme"):
        asking(llm)(ASKED, TOWER, BRIDGE)
        llm.engine.memory.prefer("acme", tone="loose")
        asking(llm)(ASKED, BRIDGE, TOWER)
    assert len(server.requests) == 2
