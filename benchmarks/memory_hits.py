"""Hits of the whole memory: filled with recorded prompts, asked for them in other words."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np
from langchain_core.caches import InMemoryCache
from langchain_core.outputs import Generation
from memory_stream import Prompt as Row
from numpy.typing import NDArray
from rounds import Contender, Group
from sentences import JITTER

from tokenomics_shared import Memory
from tokenomics_shared.memory import exact_key
from tokenomics_shared.memory.partition import partition_key
from tokenomics_shared.memory.vote import Ballot, elect
from tokenomics_shared.types import NO_USAGE, Memo, Message, Prompt, Question, Roster, entry_of

NOBODY = Roster({}, ())
OTHER_WORDS = "Kindly "
"""Put before a kept prompt, it makes another text of the same meaning."""

_ANSWER = Memo(json.dumps("The answer, in a sentence or two."), NO_USAGE, "", "", "")
_ASKED = 200
"""Prompts that are asked for, each again and again in texts that were never seen."""
_LLM = "a model"


@dataclass
class Known:
    """An embedder that has all vectors at hand, so that only the rest is timed.

    Attributes:
        vectors: by text; blanks at the end and the other words at the start don't count.
    """

    vectors: dict[str, NDArray[np.float32]]
    name: str = "all-MiniLM-L6-v2, at hand"
    dimensions: int = 384
    local: bool = True

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Look texts up."""
        plain = (text.rstrip().removeprefix(OTHER_WORDS) for text in texts)
        return np.stack([self.vectors[text] for text in plain])

    def reads(self, text: str) -> bool:  # noqa: ARG002 -- port
        """All of it."""
        return True


@dataclass
class Filled:
    """A memory with that many prompts, and what to ask it.

    Attributes:
        memory: filled.
        asked: prompts in other words that it answers by meaning.
    """

    memory: Memory
    asked: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, rows: Sequence[Row], vectors: NDArray[np.float32], many: int) -> "Filled":
        """Fill one: recorded prompts first, then copies whose vectors have noise."""
        known = Known({row.text: v for row, v in zip(rows, vectors, strict=True)})
        filled = cls(Memory(embedder=known, audit_rate=0.0))
        keep = _keeper(filled.memory, known.name)
        noise = np.random.default_rng(0)
        for number in range(many):
            row, vector = rows[number % len(rows)], vectors[number % len(rows)]
            if number >= len(rows):
                vector = vector + noise.normal(0, JITTER, vector.shape).astype(np.float32)
                vector /= np.linalg.norm(vector)
            keep(f"{row.text}{' again' * (number // len(rows))}", row.cluster, vector)
        filled.memory.flush()
        step = max(1, min(many, len(rows)) // _ASKED)
        texts = (f"{OTHER_WORDS}{row.text}" for row in rows[: min(many, len(rows)) : step])
        filled.asked = [text for text in texts if filled.find(text).cache_type != "none"]
        return filled

    def find(self, text: str) -> Any:
        """Look a text up."""
        return self.memory.find(Prompt((Message("human", text),)), NOBODY)

    def fresh(self) -> Iterator[str]:
        """Texts that were never asked before: blanks at the end make them others."""
        for number in count():
            turn, place = divmod(number, len(self.asked))
            yield self.asked[place] + " " * (turn + 1)


def group(name: str, filled: Filled) -> Group:
    """A hit of the memory, the decision alone, and a hit of LangChain's exact cache."""
    texts = filled.fresh()
    return {
        f"semantic hit, {name}": Contender(
            lambda asked: [filled.find(text) for text in asked],
            lambda many: [next(texts) for _ in range(many)],
            _given,
            20,
        ),
        f"decision, {name}": _decisions(filled),
        f"InMemoryCache hit, {name}": _in_memory(filled.asked),
    }


def _decisions(filled: Filled) -> Contender:
    meaning = filled.memory.meaning
    if meaning is None:
        raise RuntimeError("the semantic cache is off")
    found = []
    for text in filled.asked:
        prompt = Prompt((Message("human", text),))
        asked = meaning.asked(prompt, NOBODY, exact_key(prompt, NOBODY) or b"")
        vector = meaning.embed(text)
        near = meaning.catalogue.near(asked.partition, vector, 20) if asked else []
        ballot = elect(near)
        if ballot is not None and asked is not None:
            members = (meaning.catalogue.question(entry) for entry in ballot.members[:5])
            witnesses = [member.text for member in members if member is not None]
            found.append((asked.partition, text, near, witnesses))
    numbers = count()

    def decide(keys: Sequence[str]) -> Sequence[Ballot | None]:
        ballots = []
        for key in keys:
            partition, text, near, witnesses = found[int(key) % len(found)]
            ballot = elect(near)
            if ballot is not None:
                meaning.policy.decide(
                    partition, f"{text}{' ' * (int(key) // len(found))}", witnesses, ballot
                )
            ballots.append(ballot)
        return ballots

    return Contender(decide, lambda many: [str(next(numbers)) for _ in range(many)], _given, 20)


def _in_memory(texts: Sequence[str]) -> Contender:
    cache = InMemoryCache()
    for text in texts:
        cache.update(text, _LLM, [Generation(text="The answer, in a sentence or two.")])
    numbers = count()
    return Contender(
        lambda asked: [cache.lookup(text, _LLM) for text in asked],
        lambda many: [texts[next(numbers) % len(texts)] for _ in range(many)],
        _given,
        200,
    )


def _keeper(memory: Memory, embedder: str) -> Any:
    meaning = memory.meaning
    if meaning is None:
        raise RuntimeError("the semantic cache is off")
    groups: dict[str, int] = {}
    partition = partition_key(Prompt((Message("human", "any"),)), NOBODY) or b""

    def keep(text: str, cluster: str, vector: NDArray[np.float32]) -> None:
        key = exact_key(Prompt((Message("human", text),)), NOBODY) or b""
        meaning.catalogue.put_memo(key, _ANSWER, None)
        grouped = groups.setdefault(cluster, entry_of(key))
        meaning.catalogue.add(Question(key, partition, grouped, embedder, text), vector)

    return keep


def _given(found: Any) -> None:
    if found is None or getattr(found, "cache_type", "") == "none":
        raise RuntimeError("a miss, where a hit was to be timed")
