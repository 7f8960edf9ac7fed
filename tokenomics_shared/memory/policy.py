"""Deciding whether the answer that near questions elected is given."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Protocol

from tokenomics_shared.forks import ForkSafe
from tokenomics_shared.memory.bound import AuditedBound
from tokenomics_shared.memory.guard import Veto, vetoes
from tokenomics_shared.memory.likeness import likeness, profile
from tokenomics_shared.memory.reading import read
from tokenomics_shared.memory.verifier import Verifier
from tokenomics_shared.memory.vote import Ballot
from tokenomics_shared.types import Label

LIKELY_TO_HELP = 0.35
"""Likelihood of being right from which showing an answer pays: break-even is the input price over
the output price, about 0.25 with today's models."""

Kind = Literal["given", "vetoed", "not near enough", "not sure enough", "one witness"]

FEW_WITNESSES = 2
"""From as many questions that agree on an answer on, a rule of the guard that is not core holds
only when it objects to half of them or more."""

STRICT_SIMILARITY = 0.95
"""Cosine that a question must reach when it alone stands for its answer."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether an answer is given, and why.

    Attributes:
        kind: how it was decided.
        reason: the same in words, with the figures.
        score: what was compared with the threshold: likelihood that the answer is right, or the
            similarity.
        threshold: from which it is given.
        vetoes: the guard's objections that count here.
        features: what the score was made of.
    """

    kind: Kind
    reason: str
    score: float
    threshold: float
    vetoes: tuple[Veto, ...] = ()
    features: tuple[float, ...] = ()

    @property
    def served(self) -> bool:
        """Whether the answer is given."""
        return self.kind == "given"

    @property
    def eligible(self) -> bool:
        """Whether it had been given, were it likely enough; the threshold learns of these."""
        return self.kind in {"given", "not sure enough"}


class Policy(Protocol):
    """Decides what is given, and learns from how it turned out."""

    def decide(
        self, partition: bytes, asked: str, witnesses: Sequence[str], ballot: Ballot
    ) -> Decision:
        """Decide on the answer that kept questions, nearest first, stand for."""
        ...

    def may_help(self, similarity: float, decision: Decision) -> bool:
        """Whether a refused answer is near enough to be worth showing to a model."""
        ...

    def wants_audit(self, partition: bytes, decision: Decision) -> bool:
        """Whether this hit is to be compared with a fresh answer."""
        ...

    def learn(self, label: Label) -> None:
        """Take in whether an answer was, or would have been, right."""
        ...

    def contest(self, partition: bytes, decision: Decision) -> None:
        """Take in that somebody says a hit was wrong."""
        ...


class Reader:
    """Reads questions, and remembers those it read last. Safe to share between threads."""

    def __init__(self, size: int = 4_096) -> None:
        """Remember as many questions."""
        self.profile = lru_cache(maxsize=size)(profile)
        self._read = lru_cache(maxsize=size)(read)

    def objections(self, asked: str, kept: str, *, core_only: bool) -> tuple[Veto, ...]:
        """The guard's objections to giving one question's answer to another."""
        found = vetoes(self._read(asked), self._read(kept))
        return tuple(veto for veto in found if veto.core or not core_only)


class Bounded(ForkSafe):
    """Gives what is likely right, by a threshold that audits hold to a false-hit rate.

    A single witness has all rules of the guard against it, and must be very near besides. Of
    several, the nearest has the core rules against it, and the others only where they object to
    half of the witnesses or more: an opposite or a name that differs from that many is no matter
    of wording. Safe to share between threads.
    """

    def __init__(
        self,
        verifier: Verifier,
        make_bound: Callable[[Verifier], AuditedBound],
        reader: Reader,
    ) -> None:
        """Make the policy.

        Args:
            verifier: gives the likelihood that an elected answer is right.
            make_bound: makes what gives the threshold on it.
            reader: reads questions; may remember what it has read.
        """
        self.verifier = verifier
        self._make_bound = make_bound
        self._bound = make_bound(verifier)
        self._reader = reader
        super().__init__()

    def decide(
        self, partition: bytes, asked: str, witnesses: Sequence[str], ballot: Ballot
    ) -> Decision:
        """Decide on the answer that kept questions, nearest first, stand for."""
        reader = self._reader
        alike = likeness(reader.profile(asked), [reader.profile(text) for text in witnesses])
        features = (*ballot.features, *alike)
        score = self.verifier.likelihood(features)
        with self.lock:
            threshold = self._bound.threshold(partition)
        few = ballot.witnesses < FEW_WITNESSES
        against = self._objections(asked, witnesses, few=few)
        kind: Kind = "given"
        reason = f"likelihood {score:.3f} ≥ {threshold:.3f}, {ballot.witnesses} witnesses"
        if against:
            kind, reason = "vetoed", "; ".join(veto.reason for veto in against)
        elif ballot.witnesses == 1 and ballot.similarity < STRICT_SIMILARITY:
            kind = "one witness"
            reason = f"one witness, similarity {ballot.similarity:.3f} < {STRICT_SIMILARITY}"
        elif score < threshold:
            kind, reason = "not sure enough", f"likelihood {score:.3f} < {threshold:.3f}"
        return Decision(kind, reason, score, threshold, against, features)

    def _objections(self, asked: str, witnesses: Sequence[str], *, few: bool) -> tuple[Veto, ...]:
        """The guard's objections that count against the nearest of so many witnesses."""
        reader = self._reader
        found = reader.objections(asked, witnesses[0], core_only=False)
        core = tuple(veto for veto in found if veto.core)
        if few or core or not found:
            return found if few else core
        others = (reader.objections(asked, text, core_only=False) for text in witnesses[1:])
        against = 1 + sum(map(bool, others))
        return found if 2 * against >= len(witnesses) else ()

    def may_help(self, similarity: float, decision: Decision) -> bool:  # noqa: ARG002 -- port
        """Whether it is likely enough to be right that showing it pays for its tokens."""
        return decision.score >= LIKELY_TO_HELP

    def wants_audit(self, partition: bytes, decision: Decision) -> bool:
        """Whether this hit is in the audited sample."""
        with self.lock:
            return self._bound.wants_audit(partition, decision.score)

    def learn(self, label: Label) -> None:
        """Move the threshold."""
        score = self.verifier.likelihood(label.features)
        with self.lock:
            self._bound.learn(label.partition, score, label.right, audited=label.audited)

    def adopt(self, verifier: Verifier) -> None:
        """Go by other weights from now on, and by the evidence that comes with them."""
        with self.lock:
            self.verifier = verifier
            self._bound = self._make_bound(verifier)

    def contest(self, partition: bytes, decision: Decision) -> None:
        """Raise the threshold."""
        with self.lock:
            self._bound.contest(partition, decision.score)


class Static:
    """Gives what is nearer than a fixed threshold, and no rule of the guard objects to."""

    def __init__(self, threshold: float, near: float, reader: Reader | None) -> None:
        """Make the policy.

        Args:
            threshold: cosine similarity from which an answer is given.
            near: cosine similarity from which one that isn't is worth showing to a model.
            reader: reads questions for the guard; None for no guard.
        """
        self._threshold = threshold
        self._near = near
        self._reader = reader

    def decide(
        self,
        partition: bytes,  # noqa: ARG002 -- port
        asked: str,
        witnesses: Sequence[str],
        ballot: Ballot,
    ) -> Decision:
        """Decide on the answer that kept questions, nearest first, stand for."""
        score = ballot.similarity
        if score < self._threshold:
            reason = f"similarity {score:.3f} < {self._threshold:.3f}"
            return Decision("not near enough", reason, score, self._threshold)
        against: Sequence[Veto] = ()
        if self._reader is not None:
            against = self._reader.objections(asked, witnesses[0], core_only=False)
        if against:
            reason = "; ".join(veto.reason for veto in against)
            return Decision("vetoed", reason, score, self._threshold, tuple(against))
        reason = f"similarity {score:.3f} ≥ {self._threshold:.3f}"
        return Decision("given", reason, score, self._threshold)

    def may_help(self, similarity: float, decision: Decision) -> bool:  # noqa: ARG002 -- port
        """Whether it is nearer than the threshold for that."""
        return similarity >= self._near

    def wants_audit(self, partition: bytes, decision: Decision) -> bool:  # noqa: ARG002 -- port
        """Never: a fixed threshold doesn't learn."""
        return False

    def learn(self, label: Label) -> None:
        """Do nothing."""

    def contest(self, partition: bytes, decision: Decision) -> None:
        """Do nothing."""
