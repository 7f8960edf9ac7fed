"""Memory put together: for the engine, for a framework's cache, and for use without either."""

import asyncio
import functools
import json
import logging
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from pydantic import ValidationError
from typing_extensions import override

from tokenomics_shared.adapters.background import Background
from tokenomics_shared.adapters.sqlite_memos import SqliteMemos
from tokenomics_shared.adapters.sqlite_preferences import SqlitePreferences
from tokenomics_shared.config import MemoryConfig
from tokenomics_shared.config_errors import in_words
from tokenomics_shared.drivers import arun, run
from tokenomics_shared.effects import Steps
from tokenomics_shared.errors import ConfigError, MissingExtra, PromptError
from tokenomics_shared.memory import (
    ExactCache,
    Flights,
    Layers,
    NoCache,
    NoExact,
    NoFlights,
    NoMeaning,
    exact_key,
    objection,
    objection_to_matching,
)
from tokenomics_shared.memory.preferences import checked, with_preferences
from tokenomics_shared.memory.stats import MemoryStats, Recalled, upper_bound
from tokenomics_shared.ports import Read
from tokenomics_shared.telemetry import Faults
from tokenomics_shared.types import (
    NO_USAGE,
    Memo,
    Message,
    Prompt,
    Recall,
    Reply,
    Roster,
)

if TYPE_CHECKING:
    from tokenomics_shared.memory.explaining import Explanation
    from tokenomics_shared.memory.semantic import SemanticCache

_log = logging.getLogger("tokenomics")

NOBODY = Roster({}, ())
"""The roster of a memory that no model answers beside."""

MAX_LEARNING = 10_000
"""Answers that may wait to be taken in; the caller has them already."""


class Memory:
    """Answers given before, given again, to the same question and to one that means the same.

    ```python
    memory = Memory("answers.db", max_false_hit_rate=0.02)
    if (found := memory.recall("How do I reset my password?")) is None:
        memory.remember("How do I reset my password?", ask_a_model())
    ```

    Safe to share between threads; several processes on one host may share one file. A sample of
    the questions that could be answered by meaning is not, so that the answer which
    `remember` brings instead can be compared: that is how the false-hit rate is known and kept.
    """

    def __init__(
        self,
        path: str | Path | None = None,
        *,
        config: MemoryConfig | None = None,
        faults: Faults | None = None,
        clock: Callable[[], float] = time.time,
        **settings: Any,
    ) -> None:
        """Put memory together.

        Args:
            path: file that keeps answers beyond the process.
            config: the settings, instead of `settings`.
            faults: where faults inside it are counted.
            clock: seconds since the epoch.
            **settings: those of `MemoryConfig`; `use_semantic_cache` is on unless told otherwise.

        Raises:
            ConfigError: a setting is unknown or impossible.
            StoreError: the file is foreign, newer or unreadable.
        """
        self.config = config or _settings(settings)
        self.faults = faults or Faults()
        path = path or self.config.persistent_cache_path
        self.path = Path(path).expanduser() if path else None
        self._background = Background("tokenomics-memory", self._fault, max_jobs=MAX_LEARNING)
        self._withheld: dict[bytes, Recall] = {}
        self._memos = self._open_store()
        self._clock = clock
        self._answers = ExactCache(
            clock,
            store=self._memos,
            max_entries=self.config.max_entries,
            ttl_s=self.config.ttl_s,
        )
        self._kept_preferences = (
            None if self._memos is None else SqlitePreferences(self._memos.database)
        )
        self._preferences = self._kept_preferences.all() if self._kept_preferences else {}
        self.meaning = self._open_meaning()
        self.layers = self._put_together()
        self.close = weakref.finalize(self, _close, self._background, self._answers)

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        """A pickled memory is put together again from what it was made of."""
        return _rebuilt, (self.path, self.config)

    def __copy__(self) -> "Memory":
        """Copies of what holds a memory share it."""
        return self

    def __deepcopy__(self, memo: Any) -> "Memory":
        return self

    def recall(self, text: str, **request: Any) -> Recalled | None:
        """Look for an answer to a question.

        Args:
            text: the question.
            **request: what else decides what a right answer is: `system_prompt`, `tenant`,
                `corpus_version`; and `no_cache`.

        Raises:
            PromptError: the question is empty.
        """
        return self._given(self.find(_prompt(text, **request)))

    async def arecall(self, text: str, **request: Any) -> Recalled | None:
        """As `recall`, without blocking the event loop."""
        return self._given(await self.afind(_prompt(text, **request)))

    def remember(self, text: str, answer: str, **request: Any) -> None:
        """Keep an answer to a question; returns at once.

        Args:
            text: the question.
            answer: its answer.
            **request: as to `recall`; and `no_store`, `ttl_s`.

        Raises:
            PromptError: the question is empty.
        """
        self.take_in_reply(_prompt(text, **request), Reply(answer), json.dumps(answer), _answer)

    def find(self, prompt: Prompt, roster: Roster = NOBODY) -> Recall:
        """As `recall`, for a whole request."""
        return run(self.look_up(prompt, roster), _NO_MODEL)

    async def afind(self, prompt: Prompt, roster: Roster = NOBODY) -> Recall:
        """As `find`, without blocking the event loop."""
        return await arun(self.look_up(prompt, roster), _NO_MODEL)

    def look_up(self, prompt: Prompt, roster: Roster = NOBODY) -> Steps[Recall]:
        """Look for an answer where no model is at hand for audits: their hits are withheld."""
        # Nobody waits for who only looks: whether an answer comes of it is not known here.
        prompt = replace(self.as_configured(prompt), paced=True)
        recall = yield from self.layers.recall(prompt, roster)
        if recall.audit and recall.key is not None:
            self._withheld[recall.key] = recall
            return Recall(key=recall.key, refused="withheld for an audit", entry=recall.entry)
        return recall

    def take_in(
        self,
        prompt: Prompt,
        memo: Memo,
        read: Read | None,
        roster: Roster = NOBODY,
    ) -> None:
        """Keep an answer, and compare it with the one that was withheld, if one was.

        Args:
            prompt: the request.
            memo: its answer.
            read: reads kept answers; None when this one is for the same request alone.
            roster: the models that could answer.
        """
        prompt = self.as_configured(prompt)
        key = exact_key(prompt, roster)
        if key is None or prompt.no_store:
            return
        withheld = self._withheld.pop(key, None)
        if withheld is None or read is None:
            self.layers.remember(Recall(key=key), prompt, roster, memo, read)
            return
        self._answers.put(key, memo, prompt.ttl_s)
        self._background.submit(lambda: self.layers.compare(withheld, memo, read))

    def take_in_reply(
        self, prompt: Prompt, reply: Reply, payload: str, read: Read, roster: Roster = NOBODY
    ) -> None:
        """Keep a reply as this payload, unless it is one that must not be kept."""
        if objection(prompt, reply) is not None:
            return
        widely = objection_to_matching(prompt, reply) is None
        memo = Memo(payload, NO_USAGE, "", "", "")
        self.take_in(prompt, memo, read if widely else None, roster)

    def stats(self) -> MemoryStats:
        """What memory did, and how right it was."""
        if self.meaning is None:
            return MemoryStats(size=0)
        tally = self.meaning.counts
        rate = tally.wrong / tally.audits if tally.audits else None
        return MemoryStats(
            lookups=tally.lookups,
            hits=tally.hits,
            would_hits=tally.would_hits,
            hit_rate=tally.hits / tally.lookups if tally.lookups else 0.0,
            audits=tally.audits,
            wrong=tally.wrong,
            false_hit_rate=rate,
            false_hit_rate_bound=upper_bound(tally.wrong, tally.audits),
            vetoes=dict(tally.vetoes),
            refusals=dict(tally.refusals),
            ineligible=dict(tally.ineligible),
            size=self.meaning.catalogue.size(),
        )

    def forget(self, answer: Any) -> bool:
        """Evict a bad answer, and learn from it.

        Its answer group is given to nobody by meaning for a day, and where it had answered another
        question, the threshold learns that it was wrong.

        Args:
            answer: an answer that memory gave or an answer that it kept: the framework's message
                with our metadata, that metadata, a `Recalled`, or an entry's name.

        Returns:
            Whether it was there.

        Raises:
            PromptError: the answer names no entry.
        """
        return self.layers.forget(_key_of(answer))

    def fit(self) -> int:
        """Fit the weights of the semantic cache to what this application's answers have shown.

        They are kept with the answers, and used from now on; other processes take them when they
        open the file. The false-hit rate is bounded as before.

        Returns:
            How many comparisons of answers they were fitted to.

        Raises:
            ConfigError: the semantic cache is off or has a fixed threshold, or there were too
                few comparisons so far.
        """
        from tokenomics_shared.adapters.fitting import fit
        from tokenomics_shared.memory.policy import Bounded
        from tokenomics_shared.memory.verifier import Verifier

        self.flush()
        policy = None if self.meaning is None else self.meaning.policy
        if self.meaning is None or not isinstance(policy, Bounded):
            raise ConfigError("there is nothing to fit: the semantic cache is off, or static")
        seen, labels = self.meaning.catalogue.findings()
        shipped = replace(Verifier.load(), embedder=self.meaning.embedder)
        try:
            verifier = fit(shipped, labels, f"own/{seen}")
        except ValueError as error:
            raise ConfigError(str(error)) from error
        self.meaning.catalogue.fitted(seen, verifier.to_json())
        policy.adopt(verifier)
        return len(labels)

    def explain(self, text: str, roster: Roster = NOBODY, **request: Any) -> "Explanation":
        """Show how a question would be decided now; nothing is counted, learned or kept.

        Args:
            text: the question.
            roster: the models that could answer it.
            **request: as to `recall`.
        """
        return self.explain_request(_prompt(text, **request), roster)

    def explain_request(self, prompt: Prompt, roster: Roster = NOBODY) -> "Explanation":
        """As `explain`, for a whole request."""
        from tokenomics_shared.memory.explaining import Explanation, explain

        prompt = self.as_configured(prompt)
        key = exact_key(prompt, roster)
        if key is None:
            return Explanation(prompt.question, "part of the request has no stable text")
        if self._answers.get(key) is not None:
            return Explanation(prompt.question, "", key=key.hex(), exact=True)
        if self.meaning is None:
            return Explanation(prompt.question, "the semantic cache is off", key=key.hex())
        return explain(self.meaning, prompt, roster, key)

    def as_configured(self, prompt: Prompt) -> Prompt:
        """The request with its tenant's preferences, and the question that is to be cached."""
        wanted = self._preferences.get(prompt.tenant)
        if wanted:
            prompt = with_preferences(prompt, wanted)
        if self.config.cache_text is None or prompt.cache_text is not None:
            return prompt
        return replace(prompt, cache_text=self.config.cache_text(prompt))

    def prefer(self, tenant: str = "", **preferences: str | None) -> None:
        """Keep how a tenant likes its answers; its requests say so in one short instruction.

        Args:
            tenant: whose; everybody's who has no tenant when empty.
            **preferences: `tone`, `format`, `language` and `length` in a few words; None takes
                one back.

        Raises:
            PromptError: there is no such preference, or it is too long.
        """
        kept = dict(self._preferences.get(tenant, {}))
        for kind, wanted in checked(preferences).items():
            kept.pop(kind, None)
            if wanted is not None:
                kept[kind] = wanted
            if self._kept_preferences is not None:
                self._kept_preferences.put(tenant, kind, wanted)
        self._preferences[tenant] = kept

    def flush(self) -> None:
        """Return once everything that is pending is learned and written."""
        self._background.flush()
        self.layers.flush()

    def clear(self) -> None:
        """Forget everything."""
        self._background.flush()
        self._answers.clear()
        if self.meaning is not None:
            self.meaning.catalogue.clear()

    def _put_together(self) -> Layers | NoCache:
        if not self.config.use_exact_cache and self.meaning is None:
            return NoCache()
        # The answers are kept where they are given by meaning alone, too.
        exact = self._answers if self.config.use_exact_cache else NoExact(self._answers)
        flights = Flights() if self.config.single_flight else NoFlights()
        shield = functools.partial(self.faults.shield, "memory")
        return Layers(exact, self.meaning or NoMeaning(), flights, shield)

    async def aclear(self) -> None:
        """As `clear`, without blocking the event loop."""
        await asyncio.to_thread(self.clear)

    def _given(self, recall: Recall) -> Recalled | None:
        memo = recall.memo
        if memo is None:
            return None
        return Recalled(_answer(memo), recall.cache_type, recall.similarity or 0.0, recall.entry)

    def _open_store(self) -> SqliteMemos | None:
        if self.path is None and not self.config.use_semantic_cache:
            return None
        most = self.config.max_entries * 100
        return SqliteMemos(self.path, max_entries=most, on_fault=self._fault)

    def _open_meaning(self) -> "SemanticCache | None":
        if not self.config.use_semantic_cache or self._memos is None:
            return None
        # What it takes is loaded by those who use it.
        from tokenomics_shared.meaning import semantic_cache

        try:
            return semantic_cache(
                self.config,
                self._memos.database,
                self._answers,
                clock=self._clock,
                submit=self._background.submit,
            )
        except MissingExtra as error:
            _say_once(f"the semantic cache is off, the same requests are remembered: {error}")
            return None

    def _fault(self, error: Exception) -> None:
        self.faults.record("memory", error)


def _settings(given: Mapping[str, Any]) -> MemoryConfig:
    try:
        return MemoryConfig(**{"use_semantic_cache": True, **given})
    except ValidationError as error:
        raise ConfigError(in_words(error)) from None


def _prompt(text: str, *, system_prompt: str = "", **request: Any) -> Prompt:
    if not text.strip():
        raise PromptError("the question is empty")
    turns = [Message("system", system_prompt)] if system_prompt else []
    return Prompt((*turns, Message("human", text)), **request)


def _answer(memo: Memo) -> str:
    return str(json.loads(memo.payload))


def _key_of(answer: Any) -> bytes:
    """The exact key of the entry that an answer came from or was kept under."""
    told = answer
    for name in ("response_metadata", "additional_kwargs"):
        told = getattr(told, name, told)
    if isinstance(told, Mapping):
        told = told.get("tokenomics", told)
        told = told.get("cache_entry", told) if isinstance(told, Mapping) else told
    name = getattr(told, "entry", told)
    try:
        return bytes.fromhex(name)
    except (TypeError, ValueError):
        raise PromptError("the answer names no entry of memory's: nothing to forget") from None


@functools.cache
def _say_once(message: str) -> None:
    _log.warning(message)


def _rebuilt(path: Path | None, config: MemoryConfig) -> Memory:
    return Memory(path, config=config)


def _close(background: Background, exact: ExactCache) -> None:
    background.close()
    exact.close()


class _NoModel:
    """Looking up asks no model."""

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"no model is asked here: {name}")


_NO_MODEL: Any = _NoModel()
