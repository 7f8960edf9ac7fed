"""Whole applications of LlamaIndex's, each as a function of the model, as in `probes`."""

import asyncio
from typing import Any

from llama_index.core import SummaryIndex
from llama_index.core.agent.workflow import (
    AgentStream,
    AgentWorkflow,
    FunctionAgent,
    ToolCall,
    ToolCallResult,
)
from llama_index.core.evaluation import (
    CorrectnessEvaluator,
    FaithfulnessEvaluator,
    PairwiseComparisonEvaluator,
    RelevancyEvaluator,
)
from llama_index.core.extractors import (
    KeywordExtractor,
    QuestionsAnsweredExtractor,
    SummaryExtractor,
    TitleExtractor,
)
from llama_index.core.indices.query.query_transform import HyDEQueryTransform
from llama_index.core.indices.query.query_transform.base import StepDecomposeQueryTransform
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.llms import ChatMessage
from llama_index.core.memory import ChatSummaryMemoryBuffer
from llama_index.core.output_parsers import PydanticOutputParser
from llama_index.core.postprocessor import LLMRerank, StructuredLLMRerank
from llama_index.core.program import FunctionCallingProgram, LLMTextCompletionProgram
from llama_index.core.prompts import PromptTemplate
from llama_index.core.query_engine import (
    CitationQueryEngine,
    MultiStepQueryEngine,
    TransformQueryEngine,
)
from llama_index.core.response_synthesizers import get_response_synthesizer
from llama_index.core.schema import TextNode
from llama_index.core.tools import FunctionTool
from llama_index.core.workflow import (
    Context,
    Event,
    HumanResponseEvent,
    InputRequiredEvent,
    StartEvent,
    StopEvent,
    Workflow,
    step,
)
from pydantic import BaseModel, Field

from tests.integration.llamaindex.probes import (
    ADD,
    ADDED,
    SONG,
    AsyncProbe,
    Probe,
    Song,
    all_of,
    index,
    memory_of,
    querying,
    replying,
    selections,
    sources,
)
from tokenomics_shared.testing import Call, ChatRequest, Turn

QUESTION = "How high is the tower?"


class Album(BaseModel):
    """Songs, some of which may lack a year."""

    name: str = Field(description="what it is called")
    songs: list[Song]


def turns(request: ChatRequest) -> Turn | None:
    """Calls several tools at once, hands over to the other agent, and asks a human."""
    names = {tool["name"] for tool in request.tools}
    last = request.messages[-1]
    said = str(last.get("content"))
    if last["role"] == "tool":
        return None
    if "both at once" in said and {"addition", "product"} <= names:
        return Turn((Call("addition", {"a": 2, "b": 3}), Call("product", {"a": 2, "b": 3})))
    if "hand it over" in said and "handoff" in names:
        return Turn((Call("handoff", {"to_agent": "writer", "reason": "it writes"}),))
    if "ask a human" in said and "dangerous" in names:
        return Turn((Call("dangerous", {}),), text="Let me see.")
    return None


_ANSWERS = {
    "Please answer with YES or NO": "YES",
    "Answer YES": "YES",
    "Answer: \n": "YES",
    "A list of documents is shown below": "Doc: 2, Relevance: 8\nDoc: 1, Relevance: 3",
    "[[A]]": "The first is better.\n[[A]]",
    "evaluation system": "4.0\nIt is nearly the same.",
    "Here's a JSON schema to follow": '{"title": "a song of forty two", "year": 1999}',
}


def answering(request: ChatRequest) -> str:
    """What each application can go on with."""
    whole = "\n".join(str(turn.get("content")) for turn in request.messages)
    known = (text for words, text in _ANSWERS.items() if words in whole)
    return next(known, None) or replying(request)


def product(a: int, b: int) -> int:
    """Multiply two integers."""
    return a * b


async def late(a: int) -> int:
    """Wait, and give it back."""
    await asyncio.sleep(0)
    return a


TIMES = FunctionTool.from_defaults(product)


def _response(found: Any) -> Any:
    return str(found), sources(found)


def _chat_engine(mode: str, **settings: Any) -> Probe:
    def probe(llm: Any) -> Any:
        engine = index().as_chat_engine(llm=llm, chat_mode=mode, memory=memory_of(llm), **settings)
        first = str(engine.chat(QUESTION))
        second = "".join(engine.stream_chat("And the other one?").response_gen)
        texts = [turn.content for turn in engine.chat_history]
        engine.reset()
        return first, second, texts, engine.chat_history

    return probe


def _achat_engine(mode: str) -> AsyncProbe:
    async def probe(llm: Any) -> Any:
        engine = index().as_chat_engine(llm=llm, chat_mode=mode, memory=memory_of(llm))
        first = await engine.achat(QUESTION)
        second = await engine.astream_chat("And the other one?")
        pieces = [token async for token in second.async_response_gen()]
        return str(first), "".join(pieces), [turn.content for turn in engine.chat_history]

    return probe


def _aquery(mode: str, **settings: Any) -> AsyncProbe:
    async def probe(llm: Any) -> Any:
        engine = index(SummaryIndex).as_query_engine(llm=llm, response_mode=mode, **settings)
        found = await engine.aquery(QUESTION)
        if settings.get("streaming"):
            return "".join([piece async for piece in found.async_response_gen()])
        return _response(found)

    return probe


def _multi_step(llm: Any) -> Any:
    engine = MultiStepQueryEngine(
        query_engine=index().as_query_engine(llm=llm),
        query_transform=StepDecomposeQueryTransform(llm=llm),
        response_synthesizer=get_response_synthesizer(llm=llm),
        index_summary="about towers",
        num_steps=2,
    )
    found: Any = engine.query(QUESTION)
    return str(found), [asked for asked, _ in found.metadata["sub_qa"]]


def _hyde(llm: Any) -> Any:
    engine = index().as_query_engine(llm=llm)
    return _response(TransformQueryEngine(engine, HyDEQueryTransform(llm=llm)).query(QUESTION))


def _citations(llm: Any) -> Any:
    return str(CitationQueryEngine.from_args(index(), llm=llm).query(QUESTION))


async def _extractors(llm: Any) -> Any:
    pipeline = IngestionPipeline(
        transformations=[
            TitleExtractor(llm=llm, nodes=2, num_workers=1),
            QuestionsAnsweredExtractor(llm=llm, questions=2, num_workers=1),
            KeywordExtractor(llm=llm, keywords=2, num_workers=1),
            SummaryExtractor(llm=llm, summaries=["self"], num_workers=1),
        ],
    )
    texts = ("The tower is 324 m high.",)
    nodes = await pipeline.arun(nodes=[TextNode(text=text, id_=text) for text in texts])
    return [(node.get_content(), node.metadata) for node in nodes]


async def _evaluators(llm: Any) -> Any:
    found = await index().as_query_engine(llm=llm).aquery(QUESTION)
    kinds: list[Any] = [FaithfulnessEvaluator, RelevancyEvaluator]
    told = [
        await kind(llm=llm).aevaluate_response(query=QUESTION, response=found) for kind in kinds
    ]
    graded = await CorrectnessEvaluator(llm=llm).aevaluate(
        QUESTION, "It is high.", reference="324 m"
    )
    compared = await PairwiseComparisonEvaluator(llm=llm, enforce_consensus=False).aevaluate(
        QUESTION, "It is high.", second_response="It is low."
    )
    return [(it.passing, it.score, it.feedback) for it in (*told, graded, compared)]


def _rerank(llm: Any) -> Any:
    engine = index().as_query_engine(
        llm=llm, similarity_top_k=2, node_postprocessors=[LLMRerank(llm=llm, top_n=1)]
    )
    return _response(engine.query(QUESTION))


def _structured_rerank(llm: Any) -> Any:
    reranker = StructuredLLMRerank(llm=llm, top_n=1, raise_on_structured_prediction_failure=False)
    engine = index().as_query_engine(llm=llm, similarity_top_k=2, node_postprocessors=[reranker])
    return _response(engine.query(QUESTION))


def _text_program(llm: Any) -> Any:
    program: Any = LLMTextCompletionProgram.from_defaults(
        output_parser=PydanticOutputParser(Song), prompt_template_str="A song {x}", llm=llm
    )
    return program(x="of 1999")


def _function_program(llm: Any) -> Any:
    program: Any = FunctionCallingProgram.from_defaults(
        output_cls=Song, prompt_template_str="A song of {x}", llm=llm
    )
    return program(x="1999"), list(program.stream_call(x="2003"))[-1]


async def _afunction_program(llm: Any) -> Any:
    program: Any = FunctionCallingProgram.from_defaults(
        output_cls=Song,
        prompt_template_str="A song of {x}",
        llm=llm,
        allow_parallel_tool_calls=True,
    )
    return await program.acall(x="1999")


def _parallel_calls(llm: Any) -> Any:
    response = llm.chat_with_tools(
        [ADD, TIMES], user_msg="do both at once", allow_parallel_tool_calls=True
    )
    answer = llm.predict_and_call(
        [ADD, TIMES], user_msg="please, both at once", allow_parallel_tool_calls=True
    )
    return selections(llm, response), str(answer), [it.content for it in answer.sources]


def _no_call(llm: Any) -> Any:
    try:
        return str(llm.predict_and_call([ADD], user_msg="How high?", error_on_no_tool_call=True))
    except ValueError as error:
        return str(error)


def _history_and_message(llm: Any) -> Any:
    history = [ChatMessage(role="system", content="Be brief.")]
    asked = ChatMessage(role="user", content=ADDED)
    response = llm.chat_with_tools([ADD], asked, history)
    return selections(llm, response)


def _forced_tool(llm: Any) -> Any:
    response = llm.chat_with_tools([ADD, TIMES], user_msg="2 and 3?", tool_choice="product")
    return selections(llm, response)


def _structured_list(llm: Any) -> Any:
    made = llm.structured_predict(Album, PromptTemplate("an album of {x}"), x="1999")
    streamed = list(llm.stream_structured_predict(Album, PromptTemplate("album {x}"), x="2001"))
    return made, streamed[-1].model_dump()


def _structured_llm_engine(llm: Any) -> Any:
    engine = index().as_query_engine(llm=llm.as_structured_llm(Song))
    found = engine.query("Which song is of 2001?")
    return found.response, sources(found)


def _summary_memory(llm: Any) -> Any:
    memory = ChatSummaryMemoryBuffer.from_defaults(llm=llm, token_limit=60)
    for number in range(6):
        memory.put(ChatMessage(role="user", content=f"Say what number {number} stands for."))
        memory.put(ChatMessage(role="assistant", content=f"It stands for the {number} towers."))
    return [turn.content for turn in memory.get()]


async def _streamed_agent(llm: Any) -> Any:
    agent = FunctionAgent(tools=[ADD, TIMES], llm=llm, allow_parallel_tool_calls=True)
    handler = agent.run("do both at once", memory=memory_of(llm), max_iterations=4)
    deltas, calls, results = "", [], []
    async for event in handler.stream_events():
        if isinstance(event, AgentStream):
            deltas += event.delta
        elif isinstance(event, ToolCallResult):
            results.append(str(event.tool_output))
        elif isinstance(event, ToolCall):
            calls.append((event.tool_name, event.tool_kwargs))
    answer = await handler
    return str(answer), deltas, calls, sorted(results)


def _crew(llm: Any) -> AgentWorkflow:
    agents: list[Any] = [
        FunctionAgent(name=name, description=f"a {name}", system_prompt=name, tools=tools, llm=llm)
        for name, tools in {"planner": [ADD], "writer": [TIMES]}.items()
    ]
    return AgentWorkflow(agents=agents, root_agent="planner", initial_state={"steps": 0})


async def _handoff(llm: Any) -> Any:
    answer: Any = await _crew(llm).run("hand it over", memory=memory_of(llm), max_iterations=6)
    return str(answer), answer.current_agent_name, [it.tool_name for it in answer.tool_calls]


async def _context(llm: Any) -> Any:
    """A conversation that is written down, and goes on elsewhere."""
    agent = FunctionAgent(tools=[ADD], llm=llm)
    context = Context(agent)
    first = await agent.run(QUESTION, ctx=context, max_iterations=4)
    kept = context.to_dict()
    other = Context.from_dict(agent, kept)
    second = await agent.run("And what was that?", ctx=other, max_iterations=4)
    return str(first), str(second), "sk-" in str(kept)


async def _human(llm: Any) -> Any:
    async def dangerous(ctx: Context) -> str:
        """Do what a human has to allow."""
        told = await ctx.wait_for_event(
            HumanResponseEvent, waiter_event=InputRequiredEvent(prefix="May I?")
        )
        return f"allowed: {told.response}"

    agent = FunctionAgent(tools=[dangerous], llm=llm)
    handler = agent.run("ask a human", memory=memory_of(llm), max_iterations=4)
    async for event in handler.stream_events():
        if isinstance(event, InputRequiredEvent):
            handler.ctx.send_event(HumanResponseEvent(response="yes"))
    answer: Any = await handler
    return str(answer), [str(it.tool_output) for it in answer.tool_calls]


async def _structured_agent(llm: Any) -> Any:
    agent = FunctionAgent(tools=[ADD], llm=llm, output_cls=Song)
    answer: Any = await agent.run("a song of 1999", memory=memory_of(llm), max_iterations=4)
    return answer.structured_response


class _Asked(Event):
    text: str


class _Answered(Event):
    text: str


class _Many(Workflow):
    """Asks four things at once, streams a fifth."""

    llm: Any = None

    @step
    async def begin(self, ctx: Context, event: StartEvent) -> _Asked | None:
        for number in range(4):
            ctx.send_event(_Asked(text=f"Say number {number}."))
        return None

    @step(num_workers=1)
    async def ask(self, ctx: Context, event: _Asked) -> _Answered:
        return _Answered(text=(await self.llm.acomplete(event.text)).text)

    @step
    async def end(self, ctx: Context, event: _Answered) -> StopEvent | None:
        found = ctx.collect_events(event, [_Answered] * 4)
        if found is None:
            return None
        stream = await self.llm.astream_complete("Say all of it.")
        text = "".join([chunk.delta or "" async for chunk in stream])
        return StopEvent(result=(sorted(it.text for it in found), text))


async def _own_workflow(llm: Any) -> Any:
    workflow = _Many(timeout=20)
    workflow.llm = llm
    return await workflow.run()


async def _astructured_list(llm: Any) -> Any:
    template = PromptTemplate("an album of {x}")
    made = await llm.astructured_predict(Album, template, x="1999")
    stream = await llm.astream_structured_predict(Album, template, x="2001")
    return made, (await all_of(stream))[-1].model_dump()


async def _structured_llm_stream(llm: Any) -> Any:
    chunks = await llm.as_structured_llm(Song).astream_chat([ChatMessage(SONG.template)])
    return (await all_of(chunks))[-1].raw.model_dump()


APPLICATIONS: dict[str, Probe] = {
    "query, compact_accumulate": querying("compact_accumulate"),
    "query, generation": querying("generation"),
    "query, streaming tree": lambda llm: "".join(
        index(SummaryIndex)
        .as_query_engine(llm=llm, response_mode="tree_summarize", streaming=True)
        .query(QUESTION)
        .response_gen
    ),
    "chat engine, condense_question": _chat_engine("condense_question"),
    "chat engine, context": _chat_engine("context", system_prompt="Be brief."),
    "chat engine, condense_plus_context": _chat_engine("condense_plus_context"),
    "chat engine, simple": _chat_engine("simple"),
    "several steps": _multi_step,
    "hypothetical documents": _hyde,
    "citations": _citations,
    "reranking": _rerank,
    "reranking by objects": _structured_rerank,
    "program by text": _text_program,
    "program by function": _function_program,
    "several tools at once": _parallel_calls,
    "no tool called": _no_call,
    "tools after a history": _history_and_message,
    "a tool by name": _forced_tool,
    "lists of objects": _structured_list,
    "engine of objects": _structured_llm_engine,
    "memory of summaries": _summary_memory,
}

ASYNC_APPLICATIONS: dict[str, AsyncProbe] = {
    "query, async refine": _aquery("refine"),
    "query, async tree_summarize": _aquery("tree_summarize", use_async=False),
    "query, async streaming": _aquery("compact", streaming=True),
    "chat engine, async context": _achat_engine("context"),
    "chat engine, async condense_question": _achat_engine("condense_question"),
    "chat engine, async simple": _achat_engine("simple"),
    "evaluators": _evaluators,
    "extractors": _extractors,
    "program by function, async": _afunction_program,
    "agent, streamed with two tools at once": _streamed_agent,
    "agents that hand over": _handoff,
    "agent whose context is written down": _context,
    "agent that asks a human": _human,
    "agent of objects": _structured_agent,
    "workflow": _own_workflow,
    "lists of objects, async": _astructured_list,
    "objects, async stream": _structured_llm_stream,
}
