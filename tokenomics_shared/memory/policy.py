"""Deciding whether the answer that near questions elected is given."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from tokenomics_shared.memory.bound import AuditedBound
from tokenomics_shared.memory.guard import Veto, vetoes
from tokenomics_shared.memory.reading import Reading
from tokenomics_shared.memory.verifier import Verifier
from tokenomics_shared.memory.vote import Ballot
from tokenomics_shared.types import Label

Kind = Literal["given", "vetoed", "not near enough", "not sure enough", "one witness"]

FEW_WITNESSES = 3
"""Below as many questions that agree on an answer, every rule of the guard holds, not the core
ones alone."""

STRICT_SIMILARITY = 0.95
"""Cosine that a question must reach when it alone stands for its answer."""

Read = Callable[[str], Reading]


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


class Policy(Protocol):
    """Decides what is given, and learns from how it turned out."""

    def decide(self, partition: bytes, asked: str, kept: str, ballot: Ballot) -> Decision:
        """Decide on the answer of the kept question that stands for the elected group."""
        ...

    def wants_audit(self, partition: bytes, decision: Decision) -> bool:
        """Whether this hit is to be compared with a fresh answer."""
        ...

    def learn(self, label: Label) -> None:
        """Take in whether an answer was, or would have been, right."""
        ...


class Bounded:
    """Gives what is likely right, by a threshold that audits hold to a false-hit rate.

    Many witnesses have the core rules of the guard against them, few have all rules, and a single
    one must be very near besides (the design of MEMORY.md §9 in words: witnesses before nearness).
    """

    def __init__(self, verifier: Verifier, bound: AuditedBound, read: Read) -> None:
        """Make the policy.

        Args:
            verifier: gives the likelihood that an elected answer is right.
            bound: gives the threshold on it.
            read: reads a question for the guard; may remember what it has read.
        """
        self.verifier = verifier
        self.bound = bound
        self._read = read

    def decide(self, partition: bytes, asked: str, kept: str, ballot: Ballot) -> Decision:
        """Decide on the answer of the kept question that stands for the elected group."""
        threshold = self.bound.threshold(partition)
        score = self.verifier.likelihood(ballot.features)
        few = ballot.witnesses < FEW_WITNESSES
        against = _objections(self._read(asked), self._read(kept), core_only=not few)
        kind: Kind = "given"
        reason = f"likelihood {score:.3f} ≥ {threshold:.3f}, {ballot.witnesses} witnesses"
        if against:
            kind, reason = "vetoed", "; ".join(veto.reason for veto in against)
        elif ballot.witnesses == 1 and ballot.similarity < STRICT_SIMILARITY:
            kind = "one witness"
            reason = f"one witness, similarity {ballot.similarity:.3f} < {STRICT_SIMILARITY}"
        elif score < threshold:
            kind, reason = "not sure enough", f"likelihood {score:.3f} < {threshold:.3f}"
        return Decision(kind, reason, score, threshold, against, ballot.features)

    def wants_audit(self, partition: bytes, decision: Decision) -> bool:
        """Whether this hit is in the audited sample."""
        return self.bound.wants_audit(partition, decision.score)

    def learn(self, label: Label) -> None:
        """Move the threshold."""
        score = self.verifier.likelihood(label.features)
        self.bound.learn(label.partition, score, label.right, audited=label.audited)


class Static:
    """Gives what is nearer than a fixed threshold, and no rule of the guard objects to."""

    def __init__(self, threshold: float, read: Read | None) -> None:
        """Make the policy.

        Args:
            threshold: cosine similarity from which an answer is given.
            read: reads a question for the guard; None for no guard.
        """
        self._threshold = threshold
        self._read = read

    def decide(self, partition: bytes, asked: str, kept: str, ballot: Ballot) -> Decision:  # noqa: ARG002 -- port
        """Decide on the answer of the kept question that stands for the elected group."""
        score = ballot.similarity
        against: tuple[Veto, ...] = ()
        if self._read is not None:
            against = _objections(self._read(asked), self._read(kept), core_only=False)
        kind: Kind = "given"
        reason = f"similarity {score:.3f} ≥ {self._threshold:.3f}"
        if score < self._threshold:
            kind, reason = "not near enough", f"similarity {score:.3f} < {self._threshold:.3f}"
        elif against:
            kind, reason = "vetoed", "; ".join(veto.reason for veto in against)
        return Decision(kind, reason, score, self._threshold, against, ballot.features)

    def wants_audit(self, partition: bytes, decision: Decision) -> bool:  # noqa: ARG002 -- port
        """Never: a fixed threshold doesn't learn."""
        return False

    def learn(self, label: Label) -> None:
        """Do nothing."""


def _objections(asked: Reading, kept: Reading, *, core_only: bool) -> tuple[Veto, ...]:
    return tuple(veto for veto in vetoes(asked, kept) if veto.core or not core_only)
