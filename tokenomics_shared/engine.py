"""The engine: the parts put together, and the doors to them."""

import functools
import random
import weakref
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from dataclasses import replace
from typing import Any

from typing_extensions import override

from tokenomics_shared.adapters.background import AtOnce, Background
from tokenomics_shared.assembly import books as books_of
from tokenomics_shared.assembly import orchestrator, set_up_logging
from tokenomics_shared.auditing import audit, compare, compare_unsent
from tokenomics_shared.baseline import Beside, beside
from tokenomics_shared.config import TokenomicsConfig
from tokenomics_shared.drivers import alone, arun, astream, run, stream
from tokenomics_shared.effects import Steps
from tokenomics_shared.errors import FeedbackError
from tokenomics_shared.judge import Checks, Panel
from tokenomics_shared.lengths import predictor, train_now
from tokenomics_shared.pipeline import Parts, answer, shrunk
from tokenomics_shared.places import Places
from tokenomics_shared.ports import Backend, Codec, Judge, Prices
from tokenomics_shared.prediction import Lengths
from tokenomics_shared.prediction.refit import LengthsRefit
from tokenomics_shared.prompts import NOBODY, prompt_of
from tokenomics_shared.recollection import Memory
from tokenomics_shared.routing import (
    JUDGE,
    Given,
    JudgeFunction,
    graders,
    panel,
    routing,
    shortcuts,
    versus,
)
from tokenomics_shared.shrinking import shrinker
from tokenomics_shared.telemetry import Faults, Report, metadata_of
from tokenomics_shared.types import Outcome, Prompt, QueryPlan, Roster

MAX_AUDITS = 100
"""Audits that may wait to be made."""

WRONG = 0.5
"""The score below which an answer from memory is forgotten."""

Later = Background | AtOnce
"""Does what nobody waits for."""


class Engine:
    """Answers requests from the cheapest source that is good enough, and keeps the books.

    One engine may serve many models, threads and event loops at once. It is closed at the latest
    when the process ends; what is pending is written then.
    """

    def __init__(
        self, config: TokenomicsConfig, parts: Parts, memory: Memory, later: Later
    ) -> None:
        self.config = config
        self.parts = parts
        self.memory = memory
        self._auditor = later
        self._given: dict[str, Any] = {}
        self.roster: Roster | None = None
        """The models of the first that uses it, for which `plan` plans unless told otherwise."""
        own = (memory,) if memory.faults is parts.books.faults else ()
        self.close = weakref.finalize(self, _close, parts, self._auditor, own)

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        """A pickled engine is built again from what it was built from."""
        return _rebuilt, (self.config, self._given)

    def __copy__(self) -> "Engine":
        """Copies of what holds an engine share it."""
        return self

    def __deepcopy__(self, memo: Any) -> "Engine":
        return self

    @classmethod
    def build(
        cls,
        config: TokenomicsConfig | None = None,
        *,
        judge: Judge | JudgeFunction | None = None,
        prices: Prices | None = None,
        memory: Memory | None = None,
        at_once: bool = False,
    ) -> "Engine":
        """Put the parts together as the configuration says.

        Args:
            config: the configuration; read from file and environment when None.
            judge: judges drafts, after the checks, instead of those configured; may block.
            prices: looks up what the configuration states no price for; the bundled price table
                when None.
            memory: shared with others; made from the configuration when None.
            at_once: what is otherwise done in the background, when the caller has the answer, is
                done before: a replay then goes the same way every time.

        Raises:
            ConfigError: a setting is impossible.
            StoreError: a file is foreign, newer or unreadable.
        """
        config = config or TokenomicsConfig.load()
        places = Places.of(config)
        set_up_logging(config)
        faults = Faults()
        kept = memory or Memory(places.cache, config=config.memory, faults=faults)
        books = books_of(config, places.ledger, faults, prices)
        later = AtOnce(_on_fault(faults, "audits")) if at_once else _background(faults)
        comparing = versus(config)
        rng = random.Random(config.bandit.seed)  # noqa: S311 -- choices, not secrets
        audits = shortcuts(config, rng)
        given = Given(
            books.cost,
            None if kept.meaning is None else kept.meaning.reader,
            decides=comparing.decides,
            graders=graders(config, judge),
            submit=later.submit,
            on_fault=_on_fault(faults, "samples"),
            on_unread=_on_fault(faults, "features"),
            rng=rng,
            shortcuts=audits,
        )
        lengths = predictor(config, places.lengths, faults, later)
        parts = Parts(
            memory=kept.layers,
            orchestrator=orchestrator(config, lengths),
            shrinker=shrinker(config, books.cost, faults.shield),
            lengths=Lengths(lengths, capped=config.prediction.cap),
            router=routing(config, places, given),
            judge=panel(config, judge, places.folder),
            checks=Panel(Checks()),
            versus=comparing,
            audits=audits,
            books=books,
        )
        engine = cls(config, parts, kept, later)
        engine._given = {
            "judge": judge,
            "prices": prices,
            "memory": memory,
            "at_once": at_once,
        }
        return engine

    def answer(self, prompt: Prompt, roster: Roster, codec: Codec) -> Steps[Outcome]:
        """The request as a computation, for a driver to perform."""
        return answer(self.parts, prompt, roster, codec)

    def run(self, prompt: Prompt, roster: Roster, codec: Codec, backend: Backend) -> Outcome:
        """Answer and wait."""
        return run(self._steps(prompt, roster, codec, backend), backend)

    async def arun(
        self, prompt: Prompt, roster: Roster, codec: Codec, backend: Backend
    ) -> Outcome:
        """Answer without blocking the event loop."""
        return await arun(self._steps(prompt, roster, codec, backend), backend)

    def stream(
        self, prompt: Prompt, roster: Roster, codec: Codec, backend: Backend
    ) -> Generator[Any, None, None]:
        """Answer chunk by chunk; `Done` with the outcome comes last."""
        prompt = replace(prompt, paced=True)
        return stream(self._steps(prompt, roster, codec, backend), backend)

    def astream(
        self, prompt: Prompt, roster: Roster, codec: Codec, backend: Backend
    ) -> AsyncGenerator[Any, None]:
        """Answer chunk by chunk without blocking the event loop; `Done` comes last."""
        prompt = replace(prompt, paced=True)
        return astream(self._steps(prompt, roster, codec, backend), backend)

    def beside(
        self, prompt: Prompt, roster: Roster, codec: Codec, backend: Backend
    ) -> Steps[Beside]:
        """Answer, ask premium besides, and have the answers compared; for a driver to perform."""
        outcome = yield from self._steps(prompt, roster, codec, backend)
        return (yield from beside(self.parts, prompt, roster, outcome, JUDGE))

    def _steps(
        self, prompt: Prompt, roster: Roster, codec: Codec, backend: Backend
    ) -> Steps[Outcome]:
        """Answer; what is in the audited sample is asked anew when the caller has the answer."""
        prompt = self.memory.as_configured(prompt)
        outcome = yield from self.answer(prompt, roster, codec)
        if outcome.recall.audit:
            steps = audit(self.parts, prompt, roster, codec, outcome.recall)
            self._auditor.submit(functools.partial(run, steps, backend.aside()))
        if outcome.probe is not None:
            comparing = compare(self.parts, outcome.probe)
            self._auditor.submit(functools.partial(run, comparing, backend.aside()))
        if outcome.unsent is not None:
            unsent = compare_unsent(self.parts, outcome.unsent)
            self._auditor.submit(functools.partial(run, unsent, backend.aside()))
        return outcome

    def plan(self, request: Any, roster: Roster | None = None) -> QueryPlan:
        """Say how a request would be sent and how its budget is divided; nobody is asked.

        Args:
            request: a `Prompt`, a question, or a conversation: `Message`s, (role, text) pairs,
                mappings with `role` and `content`, or a framework's own messages.
            roster: the models that may answer it; those of the first that uses the engine when
                None.

        Raises:
            PromptError: it is empty, or no conversation.
        """
        prompt = prompt_of(request)
        roster = roster or self.roster or NOBODY
        self.parts.orchestrator.check(prompt)
        plan = self.parts.orchestrator.plan(prompt, roster)
        with self.parts.books.faults.shield("compression"):
            return alone(shrunk(self.parts, prompt, plan, roster, None))[1]
        return plan

    def feedback(self, answer: Any, score: float) -> None:
        """Say what an answer was worth, however late: thumbs, tests passed, edits made.

        Args:
            answer: the framework's message with our metadata, that metadata, or its
                `request_id`.
            score: from 0 for worthless to 1 for right.

        Raises:
            FeedbackError: the score is impossible, or the answer is not known, or no longer.
        """
        if not _is_share(score):
            raise FeedbackError(f"score must be a number from 0 to 1, got {score!r}")
        told = metadata_of(answer)
        if told.get("cache_hit"):
            if score < WRONG:
                self.memory.forget(told)
            return
        request_id = told.get("request_id")
        if not request_id or not self.parts.router.feedback(str(request_id), float(score)):
            raise FeedbackError(
                f"answer {request_id!r} is not known: memory gave it, it was pinned, or it is too "
                "long ago"
                if request_id
                else "the answer names no request: give the message"
            )

    def train_token_predictor(self) -> Sequence[LengthsRefit]:
        """Learn now how long each model's answers are, from those that were given.

        It also happens by itself, in the background, at 500 answers and whenever there are half
        as many more.

        Returns:
            For each model what came of it, with its pinball loss before and after.

        Raises:
            ConfigError: nothing is learned of lengths, as it is configured.
            MissingExtra: the extra `xgboost` is not installed.
        """
        return train_now(self.parts.lengths.predictor)

    def flush(self) -> None:
        """Return once everything that is pending is audited, learned and written."""
        self._auditor.flush()
        self.memory.flush()
        self.parts.router.flush()
        self.parts.lengths.predictor.flush()
        self.parts.books.ledger.flush()

    def report(self) -> Report:
        """What was asked, what it cost and what it would have cost, from the whole ledger."""
        books = self.parts.books
        return Report(books.ledger.totals(), books.faults.counts())


def _is_share(given: Any) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool) and 0 <= given <= 1


def _on_fault(faults: Faults, part: str) -> Callable[[Exception], object]:
    return lambda error: faults.record(part, error)


def _background(faults: Faults) -> Background:
    on_fault = _on_fault(faults, "audits")
    return Background("tokenomics-audits", on_fault, max_jobs=MAX_AUDITS)


def _rebuilt(config: TokenomicsConfig, given: dict[str, Any]) -> Engine:
    return Engine.build(config, **given)


def _close(parts: Parts, auditor: Later, own: tuple[Memory, ...]) -> None:
    """Close every part; one that can't be keeps no other open.

    A memory that others use too is theirs to close.
    """
    faults, ledger = parts.books.faults, parts.books.ledger
    closing: list[tuple[str, Callable[[], object]]] = [("audits", auditor.close)]
    closing += [("memory", memory.close) for memory in own]
    closing += [("prediction", parts.lengths.predictor.close), ("routing", parts.router.close)]
    for name, close in (*closing, ("ledger", ledger.close)):
        with faults.shield(name):
            close()
