"""Every way to call, by every kind of request, by every path to an answer: what comes of it."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk

from tests.bag import FIXED
from tests.conftest import openai_model
from tests.integration.langchain.conftest import CHEAP, PREMIUM, STEADY
from tests.integration.langchain.matrix import (
    KINDS,
    METADATA,
    PATHS,
    QUESTIONS,
    SENSELESS,
    STREAMED,
    TAGS,
    WAYS,
    Answer,
    Expected,
    Kind,
    Listener,
    Path,
    expected,
    pinned,
    says,
    to_answer,
)
from tokenomics_langchain import ChatTokenomics
from tokenomics_shared.testing import LoopbackServer

pytestmark = pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning")

NOTHING = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0, "total_cost": 0}
RUN = re.compile(r"lc_run--([0-9a-f-]{36})(-0)?")


@dataclass
class Bench:
    """A server, real models on it, and what they say to those who ask them plainly."""

    server: LoopbackServer
    plain: dict[str, Any] = field(default_factory=dict)
    known: dict[tuple[str, ...], tuple[Answer, bytes]] = field(default_factory=dict)

    def ours(self, path: Path) -> ChatTokenomics:
        settings = {**STEADY, **path.settings}
        if "memory" in settings:
            settings["memory"] = {**FIXED, **settings["memory"]}
        cheap = self.plain["small" if path.small else CHEAP]
        return ChatTokenomics(cheap=cheap, premium=self.plain[PREMIUM], **settings)

    async def reference(self, way: str, kind: str, model: str, question: str) -> Any:
        """The plain model's answer, and the bytes that were sent for it."""
        key = (way, kind, model, question)
        if key not in self.known:
            self.forget()
            chain = KINDS[kind].bind(self.plain[model])
            (pieces,) = await WAYS[way](chain, [KINDS[kind].input(question)])
            (body,) = self.server.bodies
            self.known[key] = to_answer(pieces), body
        return self.known[key]

    def forget(self) -> None:
        """Forget what came so far and what it cost."""
        for kept in (self.server.requests, self.server.bodies, self.server.headers):
            kept.clear()
        self.server.input_tokens.clear()
        self.server.output_tokens.clear()
        self.server.faults.clear()


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with LoopbackServer(says) as server:
        made = {name: openai_model(server, name) for name in (CHEAP, PREMIUM)}
        made["small"] = openai_model(server, CHEAP, profile={"max_input_tokens": 1})
        yield Bench(server, made)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", WAYS)
async def test_what_comes_of_it(way: str, kind: str, path: str, bench: Bench) -> None:
    request, route, wanted = KINDS[kind], PATHS[path], expected(kind, path)
    questions: Sequence[str] = QUESTIONS if "batch" in way else QUESTIONS[:1]
    plain = {
        (model, question): await bench.reference(way, kind, model, question)
        for model in (CHEAP, PREMIUM)
        for question in questions
    }
    llm, listener = bench.ours(route), Listener()
    chain = chain_of(kind, route, llm, listener)
    bench.forget()
    earlier = await asked(way, chain, request, route.primed)
    llm.engine.flush()
    bench.server.bodies.clear()
    listener.forget()
    bench.server.faults[CHEAP] = route.fault(request.poor)

    answers = await asked(way, chain, request, questions)

    sent = [plain[model, question][1] for question in questions for model in wanted.asked]
    # Those of a batch are asked at the same time.
    assert sorted(bench.server.bodies) == sorted(sent)
    assert list(bench.server.bodies) == sent or "batch" in way
    if wanted.cache_type != "none":
        answers += await asked(way, chain, request, questions)
        questions = [*questions, *questions]
        assert not bench.server.bodies
    meant = [plain[wanted.answered_by, question][0] for question in questions]
    for answer, theirs in zip(answers, meant, strict=True):
        assert_content(answer, theirs, request)
        assert_usage_and_metadata(answer.message, theirs.message, wanted)
        assert_chunks(answer.chunks, theirs.chunks, wanted, streamed=way in STREAMED)
    assert_ids([*earlier, *answers], meant[0])
    if kind == "config metadata":
        assert_heard(listener, answers, streamed=way in STREAMED)
    assert_books(llm, bench.server)
    llm.engine.close()


def chain_of(kind: str, route: Path, llm: ChatTokenomics, listener: Listener) -> Any:
    chain = KINDS[kind].bind(llm)
    if route.pinned:
        chain = pinned(chain)
    return chain.with_config(callbacks=[listener]) if kind == "config metadata" else chain


async def asked(way: str, chain: Any, kind: Kind, questions: Sequence[str]) -> list[Answer]:
    return [to_answer(each) for each in await WAYS[way](chain, list(map(kind.input, questions)))]


def assert_content(ours: Answer, theirs: Answer, kind: Kind) -> None:
    """What the caller reads is what the answering model said, and nothing else."""
    assert ours.message.content == theirs.message.content
    assert (ours.parsed, ours.parsed is not None) == (theirs.parsed, kind.parses)
    assert said(ours.message.additional_kwargs) == said(theirs.message.additional_kwargs)
    assert ours.message.invalid_tool_calls == []
    calls, meant = ours.message.tool_calls, theirs.message.tool_calls
    assert [(c["name"], c["args"]) for c in calls] == [(c["name"], c["args"]) for c in meant]
    assert len(calls) == kind.calls


def said(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: it for name, it in fields.items() if it is not None}


def assert_usage_and_metadata(ours: AIMessage, theirs: AIMessage, wanted: Expected) -> None:
    """Usage is the answering call's; our own metadata tells of all; the rest is the model's."""
    is_hit = wanted.cache_type != "none"
    metadata, plain = dict(ours.response_metadata), dict(theirs.response_metadata)
    decision = metadata.pop("tokenomics")
    # A model's answers have ids of their own; those from memory are of no call.
    assert ("id" in metadata) == ("id" in plain and not is_hit)
    plain |= {"id": metadata["id"]} if "id" in metadata else {}
    for name in ("id", "token_usage") if is_hit else ():
        plain.pop(name, None)
    assert metadata == plain
    assert metadata["model_name"] == wanted.answered_by
    assert metadata["finish_reason"] == ("tool_calls" if ours.tool_calls else "stop")
    assert ours.usage_metadata == (NOTHING if is_hit else theirs.usage_metadata)
    calls = decision["calls"]
    assert [(c["tier"], c["purpose"], c["status"]) for c in calls] == list(wanted.calls)
    assert [call["model"] for call in calls] == wanted.asked
    assert (decision["cache_hit"], decision["cache_type"]) == (is_hit, wanted.cache_type)
    assert (decision["strategy"], decision["model"]) == (wanted.strategy, wanted.answered_by)
    assert decision["cascading_escalated"] == wanted.escalated
    assert any(note.startswith(wanted.note) for note in decision["trace"]), decision["trace"]
    spent = Counter({name: decision[name] for name in ("input_tokens", "output_tokens")})
    assert spent == Counter({n: sum(call[n] for call in calls) for n in spent})
    assert decision["cost"] == pytest.approx(sum(call["cost"] for call in calls))
    assert json.loads(json.dumps(decision)) == decision


def assert_chunks(
    ours: Sequence[AIMessageChunk],
    theirs: Sequence[AIMessageChunk],
    wanted: Expected,
    *,
    streamed: bool,
) -> None:
    """A stream is as a plain one: as many chunks, each thing told once, and one end."""
    assert bool(ours) == bool(theirs) == streamed
    if not streamed:
        return
    assert [chunk.chunk_position for chunk in ours[:-1]] == [None] * (len(ours) - 1)
    assert ours[-1].chunk_position == "last"
    assert [bool(chunk.usage_metadata) for chunk in ours].count(True) == 1
    for name in ("model_name", "finish_reason", "tokenomics"):
        assert [name in chunk.response_metadata for chunk in ours].count(True) == 1
    texts = [chunk.text for chunk in ours if chunk.text]
    if wanted.cache_type == "none":
        assert [chunk.content for chunk in ours] == [chunk.content for chunk in theirs]
        assert list(map(pieces_of_calls, ours)) == list(map(pieces_of_calls, theirs))
    elif len(theirs) > 1:
        assert len(texts) == len(ours) - 1 > 0
        assert all(len(text.split()) <= 8 for text in texts)
    else:
        # LangChain's parser of raw answers waits for all of them.
        assert len(ours) == 1


def pieces_of_calls(chunk: AIMessageChunk) -> list[Any]:
    return [(c["name"], c["args"], c["index"]) for c in chunk.tool_call_chunks]


def assert_ids(answers: Sequence[Answer], theirs: Answer) -> None:
    """An id is made of its run as a plain answer's is, and is never seen again."""
    ids = [answer.message.id or "" for answer in answers]
    assert len(set(ids)) == len(ids)
    forms = {found[2] for found in map(RUN.fullmatch, [*ids, theirs.message.id or ""]) if found}
    assert len(forms) == 1
    assert all(map(RUN.fullmatch, ids))
    for answer in answers:
        assert {chunk.id for chunk in answer.chunks} <= {answer.message.id}
    calls = [call["id"] for answer in answers for call in answer.message.tool_calls]
    assert len(set(calls)) == len(calls)


def assert_heard(listener: Listener, answers: Sequence[Answer], *, streamed: bool) -> None:
    """Who listens hears of one run an answer, with the caller's own tags and metadata."""
    assert len(listener.started) == len(listener.ended) == len(answers)
    for start in listener.started:
        assert set(start["tags"]) >= set(TAGS)
        assert start["metadata"].items() >= METADATA.items()
    heard = {str(run): message for run, message in listener.ended.items()}
    for answer in answers:
        found = RUN.fullmatch(answer.message.id or "")
        assert found
        assert heard[found[1]].content == answer.message.content
        assert heard[found[1]].usage_metadata == answer.message.usage_metadata
    texts = [answer.message.text for answer in answers if streamed]
    assert list(listener.tokens.values()) == texts


def assert_books(llm: ChatTokenomics, server: LoopbackServer) -> None:
    """The ledger is what the server billed."""
    models = llm.engine.report().totals.models
    assert Counter({m.model: m.usage.input for m in models}) == server.input_tokens
    assert Counter({m.model: m.usage.output for m in models}) == server.output_tokens


def test_combinations_that_make_no_sense_say_so() -> None:
    for (kind, path), wanted in SENSELESS.items():
        assert kind in KINDS
        assert path in PATHS
        assert len(wanted.why.split()) > 5
        assert wanted.calls, "the model is asked"
