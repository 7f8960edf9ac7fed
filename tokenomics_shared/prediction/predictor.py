"""Predicts how long answers will be, and learns from how long they were."""

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from tokenomics_shared.errors import StoreError
from tokenomics_shared.forks import ForkSafe
from tokenomics_shared.planning import LengthSample, LengthStore
from tokenomics_shared.prediction.coverage import Coverage
from tokenomics_shared.prediction.length_features import length_features
from tokenomics_shared.prediction.quantiles import Quantiles
from tokenomics_shared.prediction.rule import rule_of_thumb
from tokenomics_shared.types import Complexity, Forecast

T = TypeVar("T")

LEAST = 500
"""Answers of a model from which its lengths are learned."""

GROWTH = 1.5
"""How many times the samples it was trained on a model's samples are when it is trained anew."""

KEEP = 0.25
"""Share of the answers that are kept once there are enough and a trained model."""

REMEMBERED = 1_024
"""Questions that are remembered between forecast and learning; so many may wait for an answer."""

LONG, TOO_LONG = 8_000, 20_000
"""Characters from which few questions are remembered, and none: each is kept as a whole."""

REMEMBERED_LONG = 64
"""Long questions that are remembered."""

Train = Callable[[str, Sequence[LengthSample], str | None], str | None]
"""Fits a model's lengths: from its name, its samples oldest first, and what was trained before.

Gives the new one as text; None where it is no better.
"""


class Jobs(Protocol):
    """What trains in the background."""

    def submit(self, job: Callable[[], object]) -> None:
        """Queue a job; returns at once."""
        ...

    def flush(self) -> None:
        """Return once everything queued before is done."""
        ...


@dataclass(frozen=True, slots=True)
class Learning:
    """What a predictor learns by.

    Attributes:
        train: fits a model's lengths.
        jobs: trains in the background.
        draw: gives numbers in [0, 1), to choose the answers that are kept.
        clock: gives seconds since the epoch.
        on_fault: told once of each kind of fault.
    """

    train: Train
    jobs: Jobs
    draw: Callable[[], float]
    clock: Callable[[], float]
    on_fault: Callable[[Exception], object]


class _Read:
    """A question as it is read, and what was learned of a model says of it."""

    __slots__ = ("_found", "features")

    def __init__(self, question: str, complexity: Complexity, input_tokens: int) -> None:
        self.features = length_features(question, complexity, input_tokens)
        self._found: dict[str, tuple[Quantiles, Sequence[float]]] = {}

    def by(self, model: str, trained: Quantiles) -> Sequence[float]:
        """Its quantiles, before they are corrected; an answer comes after its forecast."""
        found = self._found.get(model)
        if found is None or found[0] is not trained:
            found = self._found[model] = trained, trained(self.features)
        return found[1]


@dataclass(slots=True)
class _Known:
    """What is known of one model.

    Attributes:
        kept: samples of it in the store.
        due: samples at which it is trained next.
        trained: what was learned.
        coverage: how that does.
        since: from when on samples tell how it answers now.
    """

    kept: int = 0
    due: int = LEAST
    trained: Quantiles | None = None
    coverage: Coverage = field(default_factory=Coverage)
    since: float = -math.inf

    def adopt(self, trained: Quantiles) -> None:
        self.trained = trained
        self.coverage = Coverage()


class Predictor(ForkSafe):
    """Predicts by what was learned of each model; by the rule of thumb until then.

    Every answer corrects the quantiles a little, so that they hold what they say between two
    trainings; an answer kept is a row of numbers, never text. When a model answers otherwise than
    it did, it is learned anew from what came since.
    """

    def __init__(self, store: LengthStore, learning: Learning) -> None:
        """Go on from what the store holds.

        Args:
            store: keeps samples and what was trained.
            learning: what to learn by.
        """
        self._store = store
        self._by = learning
        self._told: set[str] = set()
        self._hopeless = False
        self._reads = functools.lru_cache(maxsize=REMEMBERED)(_Read)
        self._long_reads = functools.lru_cache(maxsize=REMEMBERED_LONG)(_Read)
        self._known: dict[str, _Known] = {}
        for model, many in store.counts().items():
            self._known[model] = _Known(kept=many)
        super().__init__()
        for model in sorted(self._known):
            self._take_up(model, self._known[model])

    def forecast(
        self, question: str, complexity: Complexity, input_tokens: int, model: str
    ) -> Forecast:
        """Quantiles of the tokens of a model's answer."""
        known = self._known.get(model)
        trained = None if known is None else known.trained
        if known is None or trained is None:
            return rule_of_thumb(complexity, input_tokens, question)
        plain = self._read(question, complexity, input_tokens).by(model, trained)
        p50, p90, p99 = map(math.ceil, known.coverage.corrected(plain))
        return Forecast(p50, p90, p99, trained=True)

    def learn(
        self,
        question: str,
        complexity: Complexity,
        input_tokens: int,
        model: str,
        output_tokens: int,
        *,
        censored: bool = False,
    ) -> None:
        """Take in how long an answer was; returns at once.

        Args:
            question: as in `forecast`, like what follows.
            complexity: how hard it looks.
            input_tokens: of the whole prompt.
            model: that answered.
            output_tokens: the answer's; one without any is no answer.
            censored: it was cut short, so it would have been longer.
        """
        if output_tokens <= 0:
            return
        read = self._read(question, complexity, input_tokens)
        with self.lock:
            known = self._known.get(model)
            if known is None:
                known = self._known[model] = _Known()
            trained = known.trained
            plain = None if trained is None else read.by(model, trained)
            kept = self._follow(known, plain, output_tokens, censored=censored)
            due = kept and known.kept >= known.due and not self._hopeless
            if due:
                # Whether or not that job will be done.
                known.due = math.ceil(GROWTH * known.kept)
        if kept:
            now, features = self._by.clock(), read.features
            self._put(LengthSample(now, model, features, output_tokens, censored))
        if due:
            self._by.jobs.submit(lambda: self.train(model, trained))

    def train(self, model: str, before: Quantiles | None) -> None:
        """Learn a model's lengths from what the store holds, and keep it where it is better.

        Args:
            model: its name.
            before: what had been learned of it when this was asked for. Where answers come faster
                than they are learned from, it is asked for again before it is done.
        """
        known = self._known[model]
        if known.trained is not before and known.kept < known.due:
            return
        try:
            self._store.flush()
            if not self._take_up(model, known, newer=True):
                self._learn_anew(model, known)
        except Exception as error:  # noqa: BLE001 -- a trainer that fails must not end the thread
            self._tell(error)
            self._hopeless = self._hopeless or isinstance(error, ImportError)

    def refit(self, train: Callable[[LengthStore], Sequence[T]]) -> Sequence[T]:
        """Have all that is stored learned from now, and go on from what came of it.

        Args:
            train: learns from a store and keeps there what is better.
        """
        self.flush()
        found = train(self._store)
        self.refresh()
        return found

    def refresh(self) -> None:
        """Go on from what somebody else trained and stored meanwhile."""
        for model in sorted(self._store.counts()):
            with self.lock:
                known = self._known.setdefault(model, _Known())
            self._take_up(model, known, newer=True)

    def flush(self) -> None:
        """Return once what is pending is trained and written."""
        self._by.jobs.flush()
        self._store.flush()

    def close(self) -> None:
        """Write what is pending."""
        self._store.close()

    def _read(self, question: str, complexity: Complexity, input_tokens: int) -> _Read:
        if len(question) > TOO_LONG:
            return _Read(question, complexity, input_tokens)
        read = self._long_reads if len(question) > LONG else self._reads
        return read(question, complexity, input_tokens)

    def _follow(
        self, known: _Known, plain: Sequence[float] | None, tokens: int, *, censored: bool
    ) -> bool:
        """See how the forecast did, and whether to keep the answer; the lock is held."""
        kept = True
        if plain is not None:
            known.coverage.observe(plain, tokens, censored=censored)
            if known.coverage.drifted and known.since <= 0.0:
                known.since = self._by.clock()
                known.due = known.kept + LEAST
            wanted = known.kept < LEAST or known.since > 0.0
            kept = wanted or self._by.draw() < KEEP
        known.kept += kept
        return kept

    def _take_up(self, model: str, known: _Known, *, newer: bool = False) -> bool:
        """Go on from what the store holds of a model; with `newer`, only from what is news."""
        text = self._store.model(model)
        if text is None:
            return False
        try:
            found = Quantiles.from_json(text)
        except StoreError as error:
            self._tell(error)
            return False
        if newer and known.trained is not None and found == known.trained:
            return False
        with self.lock:
            known.adopt(found)
            known.due = max(LEAST, math.ceil(GROWTH * found.samples))
        return True

    def _learn_anew(self, model: str, known: _Known) -> None:
        since = known.since
        samples = [each for each in self._store.samples(model) if each.at >= since]
        text = self._by.train(model, samples, self._store.model(model))
        found = None if text is None else Quantiles.from_json(text)
        if text is not None:
            self._store.put_model(model, text)
        with self.lock:
            known.since = -math.inf
            known.coverage.look_again()
            if found is not None:
                known.adopt(found)

    def _put(self, sample: LengthSample) -> None:
        try:
            self._store.put(sample)
        except Exception as error:  # noqa: BLE001 -- learning must not fail a request
            self._tell(error)

    def _tell(self, error: Exception) -> None:
        """Tell of a fault, once for each kind."""
        kind = f"{type(error).__name__}: {error}"
        with self.lock:
            told = kind in self._told
            self._told.add(kind)
        if not told:
            self._by.on_fault(error)
