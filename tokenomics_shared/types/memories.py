"""What memory keeps, and finds."""

from dataclasses import dataclass, field
from typing import Any, Literal

from tokenomics_shared.types.replies import Usage

CacheType = Literal["exact", "semantic_direct", "context", "none"]


@dataclass(frozen=True, slots=True)
class Memo:
    """What memory keeps of an answer: enough to give it again, and to say what it had cost.

    Attributes:
        payload: the framework's message as JSON text.
        usage: tokens of the call that made it.
        model: the model that made it, `tier` and `arm_id` its place then.
    """

    payload: str
    usage: Usage
    model: str
    tier: str
    arm_id: str


@dataclass(frozen=True, slots=True)
class Question:
    """What the semantic cache keeps of a request beside its answer.

    Attributes:
        key: the request's exact key, under which its answer is kept.
        partition: digest of everything but the question that decides what a right answer is.
        group: the answer group it is in; all its answers were found to agree.
        embedder: what made its vector.
        text: the question.
    """

    key: bytes
    partition: bytes
    group: int
    embedder: str
    text: str

    @property
    def entry(self) -> int:
        """Its number in indexes: 63 bits of its key."""
        return entry_of(self.key)


def entry_of(key: bytes) -> int:
    """The number of the entry under an exact key."""
    return int.from_bytes(key[:8], "big") >> 1


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A kept question near the one that is asked, with its answer.

    Attributes:
        question: the kept question.
        memo: its answer.
        reusable: the model may be asked whether the answer does as it is; otherwise it is context.
    """

    question: str
    memo: Memo
    reusable: bool


@dataclass(frozen=True, slots=True)
class Label:
    """Whether a kept answer was right for a question it was given, or might have been given, for.

    Attributes:
        partition: where.
        features: what was known of the match.
        right: whether a fresh answer agreed with it.
        weight: how many matches it stands for: 1, or more when it was sampled.
        audited: the answer had been given; otherwise it was only compared on a miss.
        at: when, in seconds since the epoch.
    """

    partition: bytes
    features: tuple[float, ...]
    right: bool
    weight: float
    audited: bool
    at: float


@dataclass(frozen=True, slots=True)
class Recall:
    """What memory found: a memo to answer with, or nothing.

    Attributes:
        memo: the kept answer; None on a miss.
        cache_type: which cache gave it.
        similarity: how near the kept question is, 1 when it is the same; of the nearest one that
            was refused on a miss.
        key: the request's exact key; None when it has none and can't be kept.
        entry: names the kept answer that was given, or refused; empty when there was none.
        refused: why a near answer was not given, in words.
        near: a near question whose answer was not given but may help; None without one.
        audit: this hit is in the sample that is compared with a fresh answer.
        note: how it was found, for the trace.
        finding: what the memory itself wants to know again when it learns of the outcome.
    """

    memo: Memo | None = None
    cache_type: CacheType = "none"
    similarity: float | None = None
    key: bytes | None = None
    entry: str = ""
    refused: str = ""
    near: NearMiss | None = None
    audit: bool = False
    note: str = ""
    finding: Any = field(default=None, compare=False, repr=False)
