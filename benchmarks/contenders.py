"""Who is timed for `overhead.py`: our chat model, plain ones, and LangChain's own ways."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import reduce
from operator import add
from tempfile import TemporaryDirectory
from typing import Any

from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import RunnableConfig
from langchain_openai import ChatOpenAI
from pydantic import SecretStr
from questions import FACT, LONG, Asker, again, asker
from rounds import TURNS, Background, Contender, Group, Run
from typing_extensions import override

from tokenomics_langchain import ChatTokenomics, TokenomicsConfig
from tokenomics_shared.adapters.sqlite_ledger import SqliteLedger
from tokenomics_shared.adapters.sqlite_samples import SqliteSamples
from tokenomics_shared.routing.router import Routing

CACHED = tuple(asker(FACT)(2))
"""What is asked again and again where answers are to come from a cache."""

HITS = 4
"""Times as many calls in a batch of hits, which are over in microseconds."""

ONE_CALL: Mapping[str, Any] = {
    "bandit": {"aim": None, "cost_lambda": 0.5},
    "audit": {"enabled": False},
}
"""What makes every miss one call: cost counts so much that drafts stand, judged or not. What is
asked beyond them, to be sure or to learn, is the provider's time and not ours."""

SAME_START: Mapping[str, Any] = {"bandit": {"enabled": False}, "audit": {"enabled": False}}
"""What a miss costs where nothing is learned: the cheap tier drafts, and the draft is judged."""

_ANSWER = AIMessage("constant")


class Floor(BaseChatModel):
    """The least that LangChain's `invoke` can cost: a model that does nothing."""

    @property
    @override
    def _llm_type(self) -> str:
        return "floor"

    @override
    def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=_ANSWER)])

    @override
    async def _agenerate(self, *args: Any, **kwargs: Any) -> ChatResult:
        # The base's way is by a thread, which would make the floor higher than it need be.
        return self._generate()


class Listener(BaseCallbackHandler):
    """Hears of runs and does nothing, so that LangChain keeps its record of them."""


class Bench:
    """Makes contenders that share a server, an event loop and a listener."""

    def __init__(self, url: str, calls: int, stack: ExitStack) -> None:
        """Make a bench.

        Args:
            url: the server's.
            calls: that miss in a round.
            stack: ends what is opened here.
        """
        self._calls = max(1, calls // TURNS)
        self._fact, self._long = asker(FACT), asker(LONG)
        self._stack = stack
        # The runner's own `run` writes out every answer, to compare signal handlers by.
        self._loop = stack.enter_context(asyncio.Runner()).get_loop()
        self._cheap, self._premium = (
            ChatOpenAI(model=name, base_url=url, api_key=SecretStr("any"), stream_usage=True)
            for name in ("gpt-4o-mini", "gpt-4o")
        )

    def misses(self) -> list[Group]:
        """Calls that reach the model, each by one request."""
        plain, ours = self._premium, self._tokenomics(**ONE_CALL)
        spare = plain.with_fallbacks([self._cheap])
        same = self._tokenomics(**SAME_START, judge={"judges": ("checks", "quick")})
        off = self._tokenomics(config=TokenomicsConfig.off())
        heard: RunnableConfig = {"callbacks": [Listener()]}
        return [
            {
                "plain": self._plain(_each(plain.invoke)),
                "miss": self._miss(ours, _each(ours.invoke)),
                "miss, same start": self._miss(same, _each(same.invoke)),
                "all parts off": self._miss(off, _each(off.invoke)),
                "with_fallbacks": self._plain(_each(spare.invoke)),
            },
            {
                "plain, long": self._plain(_each(plain.invoke), self._long),
                "miss, long": self._miss(ours, _each(ours.invoke), self._long),
            },
            {
                "plain, listened": self._plain(_each(lambda text: plain.invoke(text, heard))),
                "miss, listened": self._miss(ours, _each(lambda text: ours.invoke(text, heard))),
            },
            {
                "plain, async": self._plain(self._aeach(plain.ainvoke)),
                "miss, async": self._miss(ours, self._aeach(ours.ainvoke)),
            },
            {
                "plain, streamed": self._plain(_each(lambda text: _joined(plain, text))),
                "miss, streamed": self._miss(ours, _each(lambda text: _joined(ours, text))),
            },
        ]

    def hits(self) -> list[Group]:
        """Calls that are answered from a cache, and the floors below them."""
        floor, ours, disk = Floor(), self._tokenomics(), self._from_disk()
        cached = self._premium.model_copy(update={"cache": InMemoryCache()})
        heard: RunnableConfig = {"callbacks": [Listener()]}
        return [
            {
                "floor": self._again(_each(floor.invoke)),
                "exact hit": self._hit(ours, _each(ours.invoke)),
                "exact hit from disk": self._hit(disk, _each(disk.invoke)),
                "InMemoryCache hit": self._again(_each(cached.invoke)),
            },
            {
                "floor, listened": self._again(_each(lambda text: floor.invoke(text, heard))),
                "exact hit, listened": self._hit(
                    ours, _each(lambda text: ours.invoke(text, heard))
                ),
            },
            {
                "floor, async": self._again(self._aeach(floor.ainvoke)),
                "exact hit, async": self._hit(ours, self._aeach(ours.ainvoke)),
            },
        ]

    def _tokenomics(self, **settings: Any) -> ChatTokenomics:
        model = ChatTokenomics(cheap=self._cheap, premium=self._premium, **settings)
        self._stack.callback(model.engine.close)
        return model

    def _from_disk(self) -> ChatTokenomics:
        """A model whose file has the cached answers, and whose process holds one at a time."""
        folder = self._stack.enter_context(TemporaryDirectory())
        first = self._tokenomics(state_dir=folder)
        for question in CACHED:
            first.invoke(question)
        first.engine.close()
        return self._tokenomics(state_dir=folder, memory={"max_entries": 1})

    def _plain(self, run: Run, inputs: Asker | None = None) -> Contender:
        return Contender(run, inputs or self._fact, check_answered, self._calls)

    def _miss(self, model: ChatTokenomics, run: Run, inputs: Asker | None = None) -> Contender:
        asked = inputs or self._fact
        return Contender(run, asked, check_miss, self._calls, writing(model))

    def _again(self, run: Run) -> Contender:
        return Contender(run, again(*CACHED), check_answered, self._calls * HITS)

    def _hit(self, model: ChatTokenomics, run: Run) -> Contender:
        for question in CACHED:
            model.invoke(question)
        calls = self._calls * HITS
        return Contender(run, again(*CACHED), check_hit, calls, writing(model))

    def _aeach(self, call: Callable[[str], Awaitable[Any]]) -> Run:
        async def each(inputs: Sequence[str]) -> list[Any]:
            return [await call(text) for text in inputs]

        return lambda inputs: self._loop.run_until_complete(each(inputs))


def _each(call: Callable[[str], Any]) -> Run:
    return lambda inputs: [call(text) for text in inputs]


def _joined(model: BaseChatModel, text: str) -> Any:
    return reduce(add, model.stream(text))


def writing(model: Any) -> Background:
    """The model's ledger and samples, which threads write."""
    parts = model.engine.parts
    if not isinstance(parts.books.ledger, SqliteLedger):
        raise TypeError(f"expected an SQLite ledger, got {type(parts.books.ledger).__name__}")
    writers = [parts.books.ledger._database._writer]
    if isinstance(parts.router, Routing):
        samples = parts.router.evidence.samples
        writers += [samples._database._writer] if isinstance(samples, SqliteSamples) else []

    def cpu_s() -> float:
        # Where threads have no clocks of their own, its work counts as whoever's it falls among.
        if sys.platform != "linux":
            return 0.0
        threads = [writer._thread for writer in writers if writer._thread is not None]
        clocks = [time.pthread_getcpuclockid(thread.ident or 0) for thread in threads]
        return sum(map(time.clock_gettime, clocks))

    return Background(model.engine.flush, cpu_s)


def check_answered(answer: Any) -> None:
    """Check that there is an answer."""
    if not answer.content:
        raise RuntimeError("an empty answer")


def check_miss(answer: Any) -> None:
    """One request, whose price is known, and its answer."""
    told = answer.response_metadata["tokenomics"]
    one = [(call["status"], call["cost"] is not None) for call in told["calls"]] == [("ok", True)]
    if not one or told["cache_hit"] or told["cascading_escalated"] or not answer.content:
        raise RuntimeError(f"expected a miss that makes one call, got {told}")


def check_hit(answer: Any) -> None:
    """Check that memory gave it, and nobody was asked."""
    told = answer.response_metadata["tokenomics"]
    if told["cache_type"] != "exact" or told["calls"] or not answer.content:
        raise RuntimeError(f"expected an exact hit, got {told}")
