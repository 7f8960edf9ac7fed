"""What applications do with a model of LlamaIndex's, each as a function of the model.

A probe gives what it got, in plain values. None asks the same thing twice.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from llama_index.core import SummaryIndex, VectorStoreIndex
from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent, ReActAgent
from llama_index.core.base.llms.types import ImageBlock, TextBlock
from llama_index.core.chat_engine import SimpleChatEngine
from llama_index.core.embeddings import MockEmbedding
from llama_index.core.llms import LLM, ChatMessage
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.prompts import ChatPromptTemplate, PromptTemplate
from llama_index.core.query_engine import RouterQueryEngine, SubQuestionQueryEngine
from llama_index.core.question_gen import LLMQuestionGenerator
from llama_index.core.schema import TextNode
from llama_index.core.selectors import LLMSingleSelector, PydanticSingleSelector
from llama_index.core.tools import FunctionTool, QueryEngineTool
from pydantic import BaseModel

from tokenomics_shared.testing import ChatRequest

Probe = Callable[[Any], Any]
AsyncProbe = Callable[[Any], Awaitable[Any]]

ASK = [ChatMessage(role="user", content="How high is the tower?")]
PIXEL = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f"
    b"\x15\xc4\x89\x00\x00\x00\nIDATx\x9cc\x00\x01\x00\x00\x05\x00\x01\r\n-\xb4\x00\x00\x00\x00IEND"
    b"\xaeB`\x82"
)
_TEXTS = ["The tower is 324 m high. " * 12, "Paris is in France. " * 12]
_SUB_QUESTIONS = """```json
{"items": [{"sub_question": "How high is the tower?", "tool_name": "towers"}]}
```"""


class Song(BaseModel):
    """A song."""

    title: str
    year: int


def replying(request: ChatRequest) -> str:
    """Answers that each probe can go on with, the same whoever gives them."""
    whole = "\n".join(str(turn.get("content")) for turn in request.messages)
    last = str(request.messages[-1].get("content"))
    if "Action Input" in whole:
        if "Observation:" in last:
            return "Thought: I can answer without using any more tools.\nAnswer: 5"
        return 'Thought: I need a tool.\nAction: addition\nAction Input: {"a": 2, "b": 3}'
    if "sub questions" in whole or "sub_question" in whole:
        return _SUB_QUESTIONS
    if "Some choices are given below" in whole:
        return '[{"choice": 2, "reason": "it is about towers"}]'
    return f"The answer to what was asked at the end, {last[-30:]!r}, is forty two."


def addition(a: int, b: int) -> int:
    """Add two integers."""
    return a + b


ADD = FunctionTool.from_defaults(addition)
ADDED = "please do the addition of 2 and 3"
SONG = PromptTemplate("a song about {topic}")


def index(kind: Any = VectorStoreIndex) -> Any:
    nodes = [TextNode(text=text, id_=f"node {n}") for n, text in enumerate(_TEXTS)]
    return kind(nodes=nodes, embed_model=MockEmbedding(8))


def _deltas(chunks: Any) -> list[str]:
    return [chunk.delta for chunk in chunks if chunk.delta]


def _cumulative(chunks: Any, content: Callable[[Any], str]) -> tuple[str, str]:
    """The deltas joined, and the last text; every chunk has all of the text so far."""
    text = ""
    last = ""
    for chunk in chunks:
        text += chunk.delta or ""
        last = content(chunk) or ""
        assert last == text
    return text, last


async def all_of(chunks: Any) -> list[Any]:
    return [chunk async for chunk in chunks]


def _content(chunk: Any) -> str:
    return str(chunk.message.content or "")


def selections(llm: Any, response: Any) -> list[Any]:
    calls = llm.get_tool_calls_from_response(response)
    return [(call.tool_name, call.tool_kwargs) for call in calls]


def sources(response: Any) -> list[Any]:
    return [(found.node.node_id, found.score) for found in response.source_nodes]


def querying(mode: str, kind: Any = SummaryIndex, **settings: Any) -> Probe:
    def probe(llm: Any) -> Any:
        engine = index(kind).as_query_engine(llm=llm, response_mode=mode, **settings)
        response = engine.query("How high is the tower?")
        return str(response), sources(response)

    return probe


def _streaming_query(llm: Any) -> Any:
    response = index().as_query_engine(llm=llm, streaming=True).query("How high is the tower?")
    return "".join(response.response_gen), sources(response)


def _output_cls(llm: Any) -> Any:
    engine = index().as_query_engine(llm=llm, output_cls=Song)
    return engine.query("Which song is of 2001?").response


def _chat_engine(llm: Any) -> Any:
    engine = index().as_chat_engine(
        llm=llm, chat_mode="condense_plus_context", memory=memory_of(llm)
    )
    answers = [str(engine.chat(text)) for text in ("How high is it?", "And where is it?")]
    return answers, [turn.content for turn in engine.chat_history]


def _context_engine_stream(llm: Any) -> Any:
    engine = index().as_chat_engine(
        llm=llm, chat_mode="context", system_prompt="Be brief.", memory=memory_of(llm)
    )
    answer = engine.stream_chat("How high is it?")
    return "".join(answer.response_gen), [turn.content for turn in engine.chat_history]


def _simple_engine(llm: Any) -> Any:
    engine = SimpleChatEngine.from_defaults(
        llm=llm, system_prompt="Be brief.", memory=memory_of(llm)
    )
    return [str(engine.chat(text)) for text in ("Hello there", "How high is the tower?")]


def _tools_of(llm: Any) -> list[QueryEngineTool]:
    named = {"cities": "about cities", "towers": "about towers"}
    return [
        QueryEngineTool.from_defaults(
            index().as_query_engine(llm=llm), name=name, description=description
        )
        for name, description in named.items()
    ]


def _router(selector: Any) -> Probe:
    def probe(llm: Any) -> Any:
        engine = RouterQueryEngine.from_defaults(
            _tools_of(llm), llm=llm, selector=selector.from_defaults(llm=llm)
        )
        response = engine.query("How high is tower number 2")
        chosen = (response.metadata or {})["selector_result"].selections
        return str(response), [it.index for it in chosen]

    return probe


def _sub_questions(llm: Any) -> Any:
    engine = SubQuestionQueryEngine.from_defaults(
        _tools_of(llm),
        llm=llm,
        question_gen=LLMQuestionGenerator.from_defaults(llm=llm),
        use_async=False,
        verbose=False,
    )
    return str(engine.query("What is there to know of the tower?"))


def _history(llm: Any) -> Any:
    response = llm.chat_with_tools([ADD], user_msg=ADDED)
    call = llm.get_tool_calls_from_response(response)[0]
    result = ChatMessage(
        role="tool", content="5", additional_kwargs={"tool_call_id": call.tool_id}
    )
    asked = ChatMessage(role="user", content=ADDED)
    return str(llm.chat([asked, response.message, result]))


def _image(llm: Any) -> Any:
    blocks = [TextBlock(text="What is in this picture?"), ImageBlock(image=PIXEL)]
    return str(llm.chat([ChatMessage(role="user", blocks=blocks)]))


def _image_of_url(llm: Any) -> Any:
    blocks = [ImageBlock(url="https://example.org/a.png"), TextBlock(text="What is in it?")]
    return str(llm.chat([ChatMessage(role="user", blocks=blocks)]))


def _songs_so_far(found: Any) -> Any:
    return [it.model_dump() for it in found][-1]


def _templates(llm: Any) -> Any:
    system = ChatMessage(role="system", content="Answer in {tongue}.")
    template = ChatPromptTemplate([system, ChatMessage(role="user", content="Say {what}.")])
    return llm.predict(template, tongue="French", what="hello")


PROBES: dict[str, Probe] = {
    "metadata": lambda llm: llm.metadata.model_dump(exclude={"model_name"}),
    "complete": lambda llm: llm.complete("How high is the tower?").text,
    "stream_complete": lambda llm: _cumulative(
        llm.stream_complete("How high is the tower?"), lambda chunk: chunk.text
    ),
    "chat": lambda llm: llm.chat(ASK).message.model_dump(),
    "stream_chat": lambda llm: _cumulative(llm.stream_chat(ASK), _content),
    "deltas of a stream": lambda llm: _deltas(llm.stream_chat(ASK)),
    "parameters": lambda llm: str(llm.chat(ASK, temperature=0.3, seed=7, stop=["forty"])),
    "a limit": lambda llm: str(llm.chat(ASK, max_tokens=3)),
    "response_format": lambda llm: str(llm.chat(ASK, response_format={"type": "json_object"})),
    "predict": lambda llm: llm.predict(PromptTemplate("Say {x}."), x="hello"),
    "predict by a chat template": _templates,
    "stream": lambda llm: "".join(llm.stream(PromptTemplate("Say {x}."), x="hello")),
    "chat_with_tools": lambda llm: selections(llm, llm.chat_with_tools([ADD], user_msg=ADDED)),
    "chat_with_tools, required": lambda llm: selections(
        llm, llm.chat_with_tools([ADD], user_msg="2 and 3?", tool_required=True)
    ),
    "chat_with_tools, none called": lambda llm: (
        llm.chat_with_tools(
            [ADD], user_msg="How high is it?", allow_parallel_tool_calls=True
        ).message.content
    ),
    "stream_chat_with_tools": lambda llm: selections(
        llm,
        list(llm.stream_chat_with_tools([ADD], user_msg=ADDED))[-1],
    ),
    "predict_and_call": lambda llm: str(
        llm.predict_and_call([ADD], user_msg="please do the addition of 2, 3")
    ),
    "a tool's result": _history,
    "structured_predict": lambda llm: llm.structured_predict(Song, SONG, topic="1999"),
    "structured_predict by a text": lambda llm: llm.structured_predict(
        Song, SONG, llm_kwargs={"temperature": 0.4}, topic="1999"
    ),
    "stream_structured_predict": lambda llm: _songs_so_far(
        llm.stream_structured_predict(Song, SONG, topic="1999")
    ),
    "as_structured_llm": lambda llm: llm.as_structured_llm(Song).chat(ASK).raw,
    "as_structured_llm, complete": lambda llm: (
        llm.as_structured_llm(Song).complete("a song of 1984").raw
    ),
    "as_structured_llm, stream": lambda llm: list(llm.as_structured_llm(Song).stream_chat(ASK))[
        -1
    ].raw.model_dump(),
    "query, compact": querying("compact"),
    "query, refine": querying("refine"),
    "query, tree_summarize": querying("tree_summarize"),
    "query, accumulate": querying("accumulate"),
    "query, simple_summarize": querying("simple_summarize"),
    "query, vectors": querying("compact", VectorStoreIndex, similarity_top_k=2),
    "query, streaming": _streaming_query,
    "query, output_cls": _output_cls,
    "chat engine with memory": _chat_engine,
    "chat engine, streaming": _context_engine_stream,
    "simple chat engine": _simple_engine,
    "router": _router(PydanticSingleSelector),
    "router by text": _router(LLMSingleSelector),
    "sub-questions": _sub_questions,
    "image": _image,
    "image by address": _image_of_url,
}


async def _acumulative(llm: Any) -> Any:
    return _cumulative(await all_of(await llm.astream_chat(ASK)), _content)


async def _astream_complete(llm: Any) -> Any:
    chunks = await all_of(await llm.astream_complete("How high is the tower?"))
    return _cumulative(chunks, lambda chunk: chunk.text)


async def _astream_with_tools(llm: Any) -> Any:
    stream = await llm.astream_chat_with_tools([ADD], user_msg=ADDED)
    return selections(llm, (await all_of(stream))[-1])


def memory_of(llm: Any) -> ChatMemoryBuffer:
    return ChatMemoryBuffer.from_defaults(token_limit=3_000, llm=llm)


async def _agent(llm: Any, kind: Any, **settings: Any) -> Any:
    agent = kind(tools=[ADD], llm=llm, **settings)
    answer = await agent.run(ADDED, memory=memory_of(llm), max_iterations=4)
    return str(answer), [(it.tool_name, it.tool_output.content) for it in answer.tool_calls]


async def _workflow(llm: LLM) -> Any:
    agents: list[Any] = [
        FunctionAgent(
            name=name, description=f"it {name}s", tools=tools, llm=llm, can_handoff_to=[]
        )
        for name, tools in {"calculate": [ADD], "write": []}.items()
    ]
    workflow = AgentWorkflow(agents=agents, root_agent="calculate")
    answer: Any = await workflow.run(ADDED, memory=memory_of(llm), max_iterations=4)
    return str(answer), answer.current_agent_name


async def _aquery(llm: Any) -> Any:
    response = await index().as_query_engine(llm=llm).aquery("How high is the tower?")
    return str(response), sources(response)


async def _achat_engine(llm: Any) -> Any:
    engine = index().as_chat_engine(llm=llm, chat_mode="context", memory=memory_of(llm))
    answer = await engine.astream_chat("How high is it?")
    return "".join([token async for token in answer.async_response_gen()])


async def _achat_text(llm: Any) -> Any:
    return (await llm.achat(ASK)).message.model_dump()


async def _acomplete(llm: Any) -> Any:
    return (await llm.acomplete("How high is the tower?")).text


async def _achat_with_tools(llm: Any) -> Any:
    return selections(llm, await llm.achat_with_tools([ADD], user_msg=ADDED))


async def _astream(llm: Any) -> Any:
    return "".join(await all_of(await llm.astream(PromptTemplate("Say {x}."), x="hello")))


async def _astructured_stream(llm: Any) -> Any:
    found = await llm.astream_structured_predict(Song, SONG, topic="1999")
    return _songs_so_far(await all_of(found))


async def _astructured_llm(llm: Any) -> Any:
    return (await llm.as_structured_llm(Song).achat(ASK)).raw


async def _apredict_and_call(llm: Any) -> Any:
    return str(await llm.apredict_and_call([ADD], user_msg=ADDED))


ASYNC_PROBES: dict[str, AsyncProbe] = {
    "acomplete": _acomplete,
    "astream_complete": _astream_complete,
    "achat": _achat_text,
    "astream_chat": _acumulative,
    "apredict": lambda llm: llm.apredict(PromptTemplate("Say {x}."), x="hello"),
    "astream": _astream,
    "achat_with_tools": _achat_with_tools,
    "astream_chat_with_tools": _astream_with_tools,
    "apredict_and_call": _apredict_and_call,
    "astructured_predict": lambda llm: llm.astructured_predict(Song, SONG, topic="1999"),
    "astream_structured_predict": _astructured_stream,
    "as_structured_llm, async": _astructured_llm,
    "query, async": _aquery,
    "chat engine, async stream": _achat_engine,
    "FunctionAgent": lambda llm: _agent(llm, FunctionAgent),
    "FunctionAgent, not streaming": lambda llm: _agent(llm, FunctionAgent, streaming=False),
    "ReActAgent": lambda llm: _agent(llm, ReActAgent),
    "AgentWorkflow": _workflow,
}
