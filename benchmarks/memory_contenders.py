"""Semantic caches that a stream of prompts is played to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from random import Random
from typing import Protocol

import numpy as np
from memory_stream import Order, Stream
from numpy.typing import NDArray

from tokenomics_shared.memory.bound import AuditedBound
from tokenomics_shared.memory.likeness import MOST_READ, Profile, likeness, profile
from tokenomics_shared.memory.verifier import Verifier
from tokenomics_shared.memory.vote import Ballot, elect

PARTITION = b"stream"

STRICT_COSINE = 0.95
"""A group of one witness is served from this cosine on, and only past every rule."""


UNKNOWN_WRONG = 0.5
"""Of answers whose truth nobody knows, how many a judge is taken to call wrong. Of 260 read by
hand, with cosines of .85 and more, it were four in ten.
"""


class Contender(Protocol):
    """A cache that decides alone what it stores, serves and audits."""

    def ask(self, asked: int) -> int | None:
        """Look a prompt up; gives the stored prompt whose answer is served, None on a miss."""

    def fresh(self, asked: int, served: int | None) -> bool:
        """What happens once the answer is out: on a miss the model's answer arrives.

        Returns:
            whether a hit was audited, which costs a call too.
        """


@dataclass(frozen=True, slots=True)
class Played:
    """What became of each prompt, by its place in the stream's file.

    Attributes:
        order: of arrival.
        right: 1 a right hit, 0 a wrong one, -1 a hit of which nobody knows, -2 a miss.
        audited: hits that cost a call nevertheless.
    """

    order: Order
    right: NDArray[np.int8]
    audited: NDArray[np.bool_]


def play(stream: Stream, contender: Contender, order: Order) -> Played:
    """Ask a cache every prompt in turn; each is stored or not before the next one is asked."""
    right = np.full(len(stream.prompts), -2, np.int8)
    audited = np.zeros(len(stream.prompts), np.bool_)
    for asked in order:
        served = contender.ask(asked)
        if served is not None:
            truth = stream.right(asked, served)
            right[asked] = -1 if truth is None else truth
        audited[asked] = contender.fresh(asked, served)
    return Played(order, right, audited)


class Verdict(Enum):
    """What a guard says of serving one prompt's answer to another."""

    CLEAR = "no rule speaks against it"
    MINOR = "a rule that counts when it speaks against half of the witnesses"
    CORE = "a rule that always counts"


Guard = Callable[[int, int], Verdict]
"""Takes the asked and the stored prompt."""


def no_guard(asked: int, stored: int) -> Verdict:  # noqa: ARG001 -- a guard
    """Let everything pass."""
    return Verdict.CLEAR


@dataclass(frozen=True)
class Words:
    """The prompts' profiles, read once."""

    stream: Stream

    @cached_property
    def profiles(self) -> Sequence[Profile]:
        """In the stream's order."""
        return [profile(prompt.text) for prompt in self.stream.prompts]

    def inputs(self, asked: int, ballot: Ballot) -> tuple[float, ...]:
        """What the verifier takes."""
        profiles = self.profiles
        witnesses = [profiles[member] for member in ballot.members[:MOST_READ]]
        return ballot.features + likeness(profiles[asked], witnesses)


@dataclass
class Links:
    """Answer groups, formed by a judge that compares answers on each miss.

    The judge knows the clusters. With noise, that share of its links are wrong: the answer joins
    the nearest group that it differs from, or, where there is none, none that it equals.
    """

    stream: Stream
    noise: float = 0.0
    seed: int = 0
    groups: NDArray[np.int64] = field(init=False)
    stored: int = field(init=False)

    def __post_init__(self) -> None:
        self.groups = np.full(len(self.stream.prompts), -1, np.int64)
        self._random = Random(self.seed)
        self._next = self.stored = 0

    def link(self, asked: int) -> int:
        """Store a prompt with its fresh answer; gives its group."""
        nearest: dict[int, int] = {}
        for neighbour in self.stream.neighbours(asked, self.groups):
            nearest.setdefault(neighbour.group, neighbour.entry)
        cluster, prompts = self.stream.prompts[asked].cluster, self.stream.prompts
        same = [group for group, at in nearest.items() if prompts[at].cluster == cluster]
        if self.noise and self._random.random() < self.noise:
            same = [group for group in nearest if group not in same]
        if same:
            group = same[0]
        else:
            group, self._next = self._next, self._next + 1
        self.groups[asked] = group
        self.stored += 1
        return group


@dataclass(frozen=True, slots=True)
class Election:
    """An elected answer.

    Attributes:
        asked: the prompt.
        entry: the stored prompt whose answer it is.
        features: as the verifier takes them.
        eligible: whether the rules would let it be served.
        likelihood: as the verifier gives it.
        stored: prompts in memory then.
    """

    asked: int
    entry: int
    features: tuple[float, ...]
    eligible: bool
    likelihood: float
    stored: int


@dataclass
class Nearest:
    """The nearest stored prompt's answer from a fixed cosine on."""

    stream: Stream
    threshold: float

    def __post_init__(self) -> None:
        self._stored = np.full(len(self.stream.prompts), -1, np.int64)

    def ask(self, asked: int) -> int | None:
        """Serve what is near enough."""
        near = self.stream.neighbours(asked, self._stored)
        return near[0].entry if near and near[0].similarity >= self.threshold else None

    def fresh(self, asked: int, served: int | None) -> bool:
        """Store on a miss."""
        if served is None:
            self._stored[asked] = asked
        return False


@dataclass
class Voted:
    """Vote, guard, verifier and bound.

    Attributes:
        verifier: the one for a prompt; by its cluster where weights are cross-fitted.
        bound: gives the threshold; None for a fixed one.
        fixed: the threshold without a bound.
        mislabel: rate at which the judge errs on what the bound learns.
        taught: whether the bound learns at all.
    """

    words: Words
    verifier: Callable[[int], Verifier]
    bound: AuditedBound | None
    links: Links
    guard: Guard = no_guard
    fixed: float = 1.0
    mislabel: float = 0.0
    taught: bool = True

    def __post_init__(self) -> None:
        self._stream = self.links.stream
        self._random = Random(self.links.seed + 1)
        self._last: Election | None = None
        self.elections: list[Election] = []

    def ask(self, asked: int) -> int | None:
        """Elect, check, estimate, compare with the threshold."""
        self._last = None
        ballot = elect(self._stream.neighbours(asked, self.links.groups))
        if ballot is None:
            return None
        features = self.words.inputs(asked, ballot)
        likelihood = self.verifier(asked).likelihood(features)
        eligible = self._eligible(asked, ballot)
        stored = self.links.stored
        self._last = Election(asked, ballot.entry, features, eligible, likelihood, stored)
        self.elections.append(self._last)
        threshold = self.fixed if self.bound is None else self.bound.threshold(PARTITION)
        return ballot.entry if eligible and likelihood >= threshold else None

    def _eligible(self, asked: int, ballot: Ballot) -> bool:
        lonely = ballot.witnesses == 1
        if lonely and ballot.similarity < STRICT_COSINE:
            return False
        verdict = self.guard(asked, ballot.entry)
        if verdict is not Verdict.MINOR:
            return verdict is Verdict.CLEAR
        heard = [self.guard(asked, member) for member in ballot.members[:MOST_READ]]
        return 2 * sum(said is not Verdict.CLEAR for said in heard) < len(heard)

    def fresh(self, asked: int, served: int | None) -> bool:
        """Teach the bound what is now known; store and link on a miss."""
        last = self._last
        audited = False
        if self.bound and last and served is not None:
            audited = self.bound.wants_audit(PARTITION, last.likelihood)
        if self.bound and last and last.eligible and (served is None or audited):
            self._teach(self.bound, last, audited=audited)
        if served is None:
            self.links.link(asked)
        return audited

    def _teach(self, bound: AuditedBound, last: Election, *, audited: bool) -> None:
        if not self.taught:
            return
        right = self._stream.right(last.asked, last.entry)
        if right is None:
            right = self._random.random() >= UNKNOWN_WRONG
        if self.mislabel and self._random.random() < self.mislabel:
            right = not right
        bound.learn(PARTITION, last.likelihood, right, audited=audited)
