"""One instance, many threads, tasks and event loops: every answer is its own request's.

`TOKENOMICS_TEST_LOAD=full` makes as many requests as a busy service does in a while.
"""

import asyncio
import os
import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatResult
from langchain_core.tools import tool
from langchain_core.tracers.run_collector import RunCollectorCallbackHandler
from langchain_openai import ChatOpenAI

from tests.integration.langchain.conftest import CHEAP, PREMIUM, Make
from tests.integration.langchain.leaving import own_clients
from tests.integration.langchain.test_calls import joined, told
from tests.integration.langchain.test_usage import assert_books_match
from tokenomics_langchain import ChatTokenomics
from tokenomics_shared.testing import ChatRequest, LoopbackServer

FULL = os.environ.get("TOKENOMICS_TEST_LOAD") == "full"
THREADS, EACH, TASKS = (32, 200, 1000) if FULL else (32, 12, 300)
"""Threads, requests of each, and tasks at once."""

CONNECTIONS = httpx.Limits(max_connections=16, max_keepalive_connections=16)
"""An httpx pool looks at all its connections at every request: fewer are faster."""

LEARNING: dict[str, Any] = {"bandit": {"enabled": True, "seed": 3}}
SCHEMA: dict[str, Any] = {
    "title": "City",
    "description": "A city",
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "required": ["name"],
}


@tool
def weather(city: str) -> str:
    """Tell the weather."""
    return city


def shared(make: Make, server: LoopbackServer, **settings: Any) -> ChatTokenomics:
    """A model with small pools of connections, which wait as long as they must."""
    client = httpx.AsyncClient(limits=CONNECTIONS, timeout=httpx.Timeout(120))
    models = {
        tier: own_clients(server, name, http_async_client=client)
        for tier, name in (("cheap", CHEAP), ("premium", PREMIUM))
    }
    return make(**models, **settings)


def asked(chance: random.Random) -> str:
    """A question that others ask, too, so that some answers are known and some under way."""
    kind = chance.choice(["easy", "hard"])
    return f"What is {kind} {chance.randrange(THREADS * EACH // 3)}?"


class Caller:
    """One thread's requests, each looked at when its answer comes."""

    def __init__(self, llm: ChatTokenomics, number: int) -> None:
        self.llm = llm
        self.number = number
        self.chance = random.Random(number)
        self.told: list[dict[str, Any]] = []

    def run(self) -> list[dict[str, Any]]:
        """Make them all."""
        for _ in range(EACH):
            self.chance.choice([self.plain, self.plain, self.streamed, self.several, self.form])()
        return self.told

    def see(self, message: AIMessage, question: str) -> None:
        """The answer is to this question, and says so in every part."""
        known = told(message)
        assert f"to {question} is" in message.text, (question, message.text)
        assert known["model"] in message.text
        if not known["cache_hit"]:
            tokens = sum(call["output_tokens"] for call in known["calls"])
            assert known["output_tokens"] == tokens
            assert message.usage_metadata is not None
            assert message.usage_metadata["output_tokens"] <= tokens
        self.told.append(known)

    def plain(self) -> None:
        question, heard = asked(self.chance), RunCollectorCallbackHandler()
        tenant = f"tenant {self.number % 4}"
        config: Any = {"callbacks": [heard], "metadata": {"caller": self.number, "tenant": tenant}}
        message = self.llm.invoke(question, config)
        self.see(message, question)
        (run,) = heard.traced_runs
        known = told(message)
        assert run.metadata["caller"] == self.number
        assert run.metadata["tokenomics_request_id"] == known["request_id"]
        assert len(run.child_runs) == len(known["calls"])
        assert all(child.metadata["caller"] == self.number for child in run.child_runs)

    def streamed(self) -> None:
        question = asked(self.chance)
        self.see(joined(list(self.llm.stream(question))), question)

    def several(self) -> None:
        questions = [asked(self.chance) for _ in range(2)]
        for message, question in zip(self.llm.batch([*questions]), questions, strict=True):
            self.see(message, question)

    def form(self) -> None:
        city = f"City{self.chance.randrange(EACH)}"
        if self.chance.random() < 0.5:
            given = self.llm.with_structured_output(SCHEMA, include_raw=True).invoke(f"'{city}'")
            assert given["parsed"] == {"name": city}
            self.told.append(told(given["raw"]))
            return
        message = self.llm.bind_tools([weather]).invoke(f"weather in '{city}'")
        assert [call["args"] for call in message.tool_calls] == [{"city": city}]
        self.told.append(told(message))


def assert_counts_match(llm: ChatTokenomics, known: list[dict[str, Any]]) -> None:
    """The ledger has each request once, and sums what each was told."""
    totals = llm.engine.report().totals
    assert len({each["request_id"] for each in known}) == len(known) == totals.requests
    assert totals.exact_hits == sum(each["cache_hit"] for each in known)
    assert totals.escalations == sum(each["cascading_escalated"] for each in known)
    assert (totals.failed, totals.abandoned) == (0, 0)
    calls = Counter(call["model"] for each in known for call in each["calls"])
    assert {model.model: model.calls for model in totals.models} == dict(calls)
    assert float(totals.cost) == pytest.approx(sum(each["cost"] for each in known))
    assert not llm.engine.report().faults


@pytest.mark.parametrize("routing", [{}, LEARNING], ids=["always drafting", "learning"])
def test_many_threads(routing: dict[str, Any], make: Make, server: LoopbackServer) -> None:
    llm = shared(make, server, nested="trace", **routing)
    callers = [Caller(llm, number) for number in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as pool:
        known = [each for every in pool.map(Caller.run, callers) for each in every]
    assert len(known) >= THREADS * EACH
    assert_counts_match(llm, known)
    assert_books_match(llm, server)
    totals = llm.engine.report().totals
    assert min(totals.exact_hits, totals.accepted_drafts) > THREADS
    assert totals.escalations > (0 if routing else THREADS)


async def test_many_tasks(make: Make, server: LoopbackServer) -> None:
    llm = shared(make, server)
    chance = random.Random(7)
    questions = [f"What is {chance.choice(['easy', 'hard'])} {n % 250}?" for n in range(TASKS)]
    answers = await asyncio.gather(*map(llm.ainvoke, questions))
    for question, message in zip(questions, answers, strict=True):
        assert f"to {question} is" in message.text
    assert_counts_match(llm, [told(message) for message in answers])
    assert_books_match(llm, server)
    layers: Any = llm.engine.memory.layers
    assert layers._flights._under_way == {}
    if TASKS > 250:
        assert len(server.requests) < 2 * 2 * 250


class InThreads(ChatOpenAI):
    """A client for any event loop: an httpx pool serves but one at a time."""

    async def _agenerate(self, *args: Any, **kwargs: Any) -> ChatResult:
        return await asyncio.to_thread(self._generate, *args, **kwargs)


def test_event_loops_in_threads_and_one_after_the_other(
    make: Make, server: LoopbackServer
) -> None:
    given: Any = {"base_url": server.url, "api_key": "any", "max_retries": 0}
    llm = make(cheap=InThreads(model=CHEAP, **given), premium=InThreads(model=PREMIUM, **given))

    async def ask(name: str) -> list[AIMessage]:
        return await asyncio.gather(*(llm.ainvoke(f"{kind} {name}?") for kind in ("easy", "hard")))

    def in_a_loop(number: int) -> list[AIMessage]:
        # Half of them ask the same: who is first may be in another loop.
        name = "shared" if number % 2 else f"own {number}"
        return [*asyncio.run(ask(name)), *asyncio.run(ask(name))]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(in_a_loop, range(16)))
    for number, every in enumerate(answers):
        name = "shared" if number % 2 else f"own {number}"
        for message, kind in zip(every, ("easy", "hard") * 2, strict=True):
            assert f"to {kind} {name}? is" in message.text
    assert_counts_match(llm, [told(message) for every in answers for message in every])
    assert_books_match(llm, server)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_a_forked_process_answers_while_threads_of_its_parent_do(
    make: Make, server: LoopbackServer
) -> None:
    llm = shared(make, server)
    busy, stop = threading.Event(), threading.Event()

    def ask() -> None:
        for number in range(200):
            llm.invoke(f"What is easy {number}?")
            busy.set()
            if stop.is_set():
                return

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask) for _ in range(4)]
        assert busy.wait(30)
        child = os.fork()
        if child == 0:
            # New clients: what the parent's connections bring is the parent's.
            own = llm.model_copy(
                update={
                    "cheap": own_clients(server, CHEAP),
                    "premium": own_clients(server, PREMIUM),
                }
            )
            right = "hard in the child" in own.invoke("What is hard in the child?").text
            os._exit(0 if right else 1)
        _, status = os.waitpid(child, 0)
        stop.set()
        for each in asking:
            each.result()
    assert os.waitstatus_to_exitcode(status) == 0


def test_what_the_server_is_asked_is_one_requests_own(make: Make, server: LoopbackServer) -> None:
    """Arguments of one call never reach another's."""
    llm = shared(make, server, memory={"use_exact_cache": False})
    seen: list[ChatRequest] = []

    def answer(request: ChatRequest) -> str:
        seen.append(request)
        return f"The answer to {request.question}"

    server.answer = answer

    def ask(number: int) -> str:
        bound = llm.bind(temperature=number / 100, stop=[f"stop {number}"], user=f"user {number}")
        return bound.invoke(f"What is {number}?").text

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(ask, range(64)))
    assert len(seen) >= 64
    for request in seen:
        number = int(request.question.removeprefix("What is ").removesuffix("?"))
        assert request.body["temperature"] == number / 100
        assert request.body["stop"] == [f"stop {number}"]
        assert request.body["user"] == f"user {number}"
