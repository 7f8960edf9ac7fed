"""The matrix's axes: ways to call, kinds of request, paths to an answer, and what each brings."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import add
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage
from langchain_core.runnables import RunnableMap, RunnableSequence
from langchain_core.tools import tool

from tests.bag import AGAIN, ASKED, THIRD
from tests.integration.langchain.conftest import CHEAP, PREMIUM
from tokenomics_shared.testing import ChatRequest, Fault

Pieces = list[Any]
"""What came of one question: chunks in their order, or the answer alone."""

Way = Callable[[Any, Sequence[Any]], Awaitable[list[Pieces]]]


async def _invoke(chain: Any, asked: Sequence[Any]) -> list[Pieces]:
    return [[chain.invoke(each)] for each in asked]


async def _ainvoke(chain: Any, asked: Sequence[Any]) -> list[Pieces]:
    return [[await chain.ainvoke(each)] for each in asked]


async def _stream(chain: Any, asked: Sequence[Any]) -> list[Pieces]:
    return [list(chain.stream(each)) for each in asked]


async def _astream(chain: Any, asked: Sequence[Any]) -> list[Pieces]:
    return [[piece async for piece in chain.astream(each)] for each in asked]


async def _batch(chain: Any, asked: Sequence[Any]) -> list[Pieces]:
    return [[answer] for answer in chain.batch(list(asked))]


async def _abatch(chain: Any, asked: Sequence[Any]) -> list[Pieces]:
    return [[answer] for answer in await chain.abatch(list(asked))]


async def _astream_events(chain: Any, asked: Sequence[Any]) -> list[Pieces]:
    return [await _of_events(chain, each) for each in asked]


async def _of_events(chain: Any, asked: Any) -> Pieces:
    events = [event async for event in chain.astream_events(asked, version="v2")]
    kinds = [event["event"] for event in events]
    assert (kinds.count("on_chat_model_start"), kinds.count("on_chat_model_end")) == (1, 1)
    pieces = [e["data"]["chunk"] for e in events if e["event"] == "on_chat_model_stream"]
    whole = events[-1]["data"]["output"]
    return pieces if isinstance(whole, AIMessage) else [*pieces, {"parsed": whole["parsed"]}]


WAYS: Mapping[str, Way] = {
    "invoke": _invoke,
    "ainvoke": _ainvoke,
    "stream": _stream,
    "astream": _astream,
    "batch": _batch,
    "abatch": _abatch,
    "astream_events": _astream_events,
}
STREAMED = ("stream", "astream", "astream_events")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a caller has of one question; chunks only where it was streamed."""

    message: AIMessage
    chunks: Sequence[AIMessageChunk] = ()
    parsed: Any = None


def to_answer(pieces: Pieces) -> Answer:
    told = [piece for piece in pieces if isinstance(piece, dict)]
    parsed = next((each["parsed"] for each in reversed(told) if each.get("parsed")), None)
    messages = [each["raw"] for each in told if "raw" in each]
    messages += [piece for piece in pieces if not isinstance(piece, dict)]
    if not isinstance(messages[0], AIMessageChunk):
        (message,) = messages
        return Answer(message, parsed=parsed)
    return Answer(reduce(add, messages), messages, parsed)


class Listener(BaseCallbackHandler):
    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self.started: list[Mapping[str, Any]] = []
        self.ended: dict[UUID, AIMessage] = {}
        self.tokens: dict[UUID, str] = {}

    def on_chat_model_start(self, serialized: Any, messages: Any, **told: Any) -> None:
        self.started.append(told)

    def on_llm_new_token(self, token: Any, *, run_id: UUID, **told: Any) -> None:
        self.tokens[run_id] = self.tokens.get(run_id, "") + token

    def on_llm_end(self, response: Any, *, run_id: UUID, **told: Any) -> None:
        self.ended[run_id] = response.generations[0][0].message


@tool
def reset_password(place: str) -> str:
    """Tell where to go."""
    return place


@tool
def draw_circle(radius: int) -> str:
    """Draw a circle."""
    return str(radius)


STEPS: Mapping[str, Any] = {
    "title": "Steps",
    "description": "What to do.",
    "type": "object",
    "properties": {"place": {"type": "string"}, "many": {"type": "integer"}},
    "required": ["place", "many"],
}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
CUT = "Further"
TAGS, METADATA = ["mine"], {"trip": 7, "tenant": "acme"}


def says(request: ChatRequest) -> str:
    """An answer that the quick check likes to every wording of the question."""
    return (
        f"To reset the password in the settings, {request.model} says: open Security and press "
        f"Reset. {CUT} help is in the manual."
    )


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of request.

    Attributes:
        bind: makes of a model, plain or ours, what is asked.
        input: makes the input of a question.
        poor: an answer of this kind that no check lets pass.
        calls: the answer calls a tool.
        parses: the answer is an object.
    """

    bind: Callable[[Any], Any] = lambda model: model
    input: Callable[[str], Any] = lambda question: question
    poor: str = "Not sure"
    calls: bool = False
    parses: bool = False


KINDS: Mapping[str, Kind] = {
    "plain": Kind(),
    "tools": Kind(lambda m: m.bind_tools([reset_password, draw_circle]), poor="", calls=True),
    "tools, none called": Kind(lambda m: m.bind_tools([draw_circle])),
    "structured output": Kind(
        lambda m: m.with_structured_output(STEPS, include_raw=True),
        poor='{"other": 1}',
        parses=True,
    ),
    "multimodal": Kind(
        input=lambda question: [HumanMessage([{"type": "text", "text": question}, IMAGE])]
    ),
    "stop": Kind(lambda model: model.bind(stop=[CUT])),
    "config metadata": Kind(lambda m: m.with_config(tags=TAGS, metadata=METADATA)),
}


def pinned(chain: Any) -> Any:
    """The same chain, asking premium by name."""
    if isinstance(chain, RunnableSequence):
        # LangChain's map that adds the raw answer lets no arguments pass.
        mapped: Any = chain.first
        (model,) = mapped.steps__.values()
        return RunnableMap(raw=model.bind(model="premium")) | chain.last
    return chain.bind(model="premium")


@dataclass(frozen=True, slots=True)
class Expected:
    """What a path brings.

    Attributes:
        calls: tier, purpose and status of each call that was made.
        note: what the decision's trace holds.
        strategy: the arm that answered.
        cache_type: the cache that answered.
        escalated: a draft was rejected.
        why: in words, why the combination makes no sense and the model is asked anew.
    """

    calls: Sequence[tuple[str, str, str]]
    note: str
    strategy: str = "premium"
    cache_type: str = "none"
    escalated: bool = False
    why: str = ""

    @property
    def asked(self) -> list[str]:
        models = {"cheap": CHEAP, "premium": PREMIUM}
        return [models[tier] for tier, *_ in self.calls]

    @property
    def answered_by(self) -> str:
        return CHEAP if self.strategy == "cheap" else PREMIUM


@dataclass(frozen=True, slots=True)
class Path:
    """A way that a request takes through the engine.

    Attributes:
        expected: what it brings.
        settings: of the model.
        primed: a question asked before, or none.
        fault: what goes wrong with the cheap tier, given a poor answer.
        small: the cheap tier reads less than any question.
        pinned: the caller names the tier.
    """

    expected: Expected
    settings: Mapping[str, Any] = field(default_factory=dict)
    primed: Sequence[str] = ()
    fault: Callable[[str], Fault] = lambda poor: Fault()
    small: bool = False
    pinned: bool = False


QUESTIONS = (AGAIN, THIRD)
"""What is asked; the second one in batches alone."""

_DRAFT = Expected([("cheap", "draft", "ok")], "arm:cheap", strategy="cheap")
_FINAL = ("premium", "answer", "ok")

PATHS: Mapping[str, Path] = {
    "exact hit": Path(
        Expected([], "hit:exact", strategy="cheap", cache_type="exact"), primed=QUESTIONS
    ),
    "semantic hit": Path(
        Expected([], "hit:semantic_direct", strategy="cheap", cache_type="semantic_direct"),
        settings={"memory": {"use_semantic_cache": True}},
        primed=[ASKED],
    ),
    "accepted draft": Path(_DRAFT),
    "escalated": Path(
        Expected([("cheap", "draft", "ok"), _FINAL], "escalate:cheap:", escalated=True),
        fault=lambda poor: Fault(text=poor),
    ),
    "fallback": Path(
        Expected([("cheap", "draft", "failed"), _FINAL], "fallback:cheap:"),
        fault=lambda poor: Fault(status=503),
    ),
    "premium at once, routed": Path(Expected([_FINAL], "arm:premium"), small=True),
    "premium at once, pinned": Path(Expected([_FINAL], "pinned:premium"), pinned=True),
}

SENSELESS: Mapping[tuple[str, str], Expected] = {
    ("tools", "exact hit"): replace(
        _DRAFT,
        note="not kept:calls tools",
        why="the ids of its calls would come back in another conversation, so an answer that "
        "calls tools is never kept",
    ),
    ("tools", "semantic hit"): replace(
        _DRAFT, note="offers tools", why="which tool to call hangs on the very words"
    ),
    ("tools, none called", "semantic hit"): replace(
        _DRAFT, note="offers tools", why="whether a tool is called hangs on the very words"
    ),
    ("structured output", "semantic hit"): replace(
        _DRAFT,
        note="asks for a format",
        why="fields are mostly taken from the very text, where a small difference is the answer",
    ),
    ("multimodal", "semantic hit"): replace(
        _DRAFT,
        note="the last turn is not plain text of a human",
        why="words near to each other say nothing of what two images show",
    ),
}
"""Combinations in which the path does not exist: the model is asked anew, as said here."""


def expected(kind: str, path: str) -> Expected:
    """What a kind of request brings on a path."""
    return SENSELESS.get((kind, path)) or PATHS[path].expected
