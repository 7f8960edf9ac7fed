"""What the semantic cache keeps: questions by partition, their groups and answers, findings."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from tokenomics_shared.forks import ForkSafe
from tokenomics_shared.memory.exact import ExactCache
from tokenomics_shared.memory.shelves import Shelves
from tokenomics_shared.memory.vote import Neighbour
from tokenomics_shared.ports import PromptStore, Vector
from tokenomics_shared.types import Label, Memo, Question, entry_of

RECENT, RECENT_S = 512, 2.0
"""Questions that are held, for seconds, until they are surely in the store."""

GIVEN = 4_096
"""Kept answers whose latest hit is remembered, to learn from when it is found wrong."""

ALIASES = 10_000
"""Normal wordings held in the process."""

TEXTS = 4_096
"""Kept questions whose words are held in the process, for the votes they cast."""

NEWS_EVERY_S = 1.0
"""Seconds between two looks at what other processes have learned and forgotten."""


class Catalogue(ForkSafe):
    """The store, with what this process holds of it. Safe to share between threads."""

    def __init__(
        self,
        store: PromptStore,
        shelves: Shelves,
        memos: ExactCache,
        clock: Callable[[], float],
    ) -> None:
        """Make a catalogue.

        Args:
            store: the truth about questions.
            shelves: their vectors.
            memos: the answers, under exact keys.
            clock: seconds since the epoch.
        """
        self.now = clock
        self._store = store
        self._shelves = shelves
        self._memos = memos
        self._recent: OrderedDict[int, tuple[Question, float]] = OrderedDict()
        self._texts: OrderedDict[int, str] = OrderedDict()
        self._aliases: OrderedDict[bytes, bytes] = OrderedDict()
        self._given: OrderedDict[bytes, Any] = OrderedDict()
        self._quarantined: dict[int, float] = {}
        self._labels_seen = 0
        self._forgotten_seen = 0
        self._looked_at = float("-inf")
        super().__init__()

    def near(self, partition: bytes, vector: Vector, k: int) -> list[Neighbour]:
        """The nearest questions of a partition that may be given, best first."""
        found = self._shelves.near(partition, vector, k)
        if not self._quarantined:
            return found
        now = self.now()
        return [n for n in found if self._quarantined.get(n.group, 0.0) <= now]

    def question(self, entry: int) -> Question | None:
        """A kept question; None when it has left or its group is in quarantine."""
        question = self._store.get(entry, self.now())
        if question is not None:
            return question
        with self.lock:
            recent, added = self._recent.get(entry, (None, 0.0))
        return recent if self.now() - added < RECENT_S else None

    def text(self, entry: int) -> str | None:
        """What a kept question says; it may have left since it was last looked at."""
        with self.lock:
            text = self._texts.get(entry)
            if text is not None:
                self._texts.move_to_end(entry)
                return text
        question = self.question(entry)
        if question is None:
            return None
        with self.lock:
            self._texts[entry] = question.text
            if len(self._texts) > TEXTS:
                self._texts.popitem(last=False)
        return question.text

    def memo(self, question: Question) -> Memo | None:
        """A question's answer; None when it has expired or left."""
        return self._memos.get(question.key)

    def put_memo(self, key: bytes, memo: Memo, ttl_s: float | None) -> None:
        """Keep an answer."""
        self._memos.put(key, memo, ttl_s)

    def alias(self, wording: bytes, key: bytes) -> None:
        """Keep that a request in its normal wording is the one under this key."""
        with self.lock:
            self._aliases[wording] = key
            if len(self._aliases) > ALIASES:
                self._aliases.popitem(last=False)
        self._store.alias(wording, key)

    def by_wording(self, wording: bytes) -> tuple[bytes, Memo] | None:
        """The key and the answer of a request that is the same but for its wording."""
        key = self._aliases.get(wording) or self._store.key_of(wording)
        memo = None if key is None else self._memos.get(key)
        return None if key is None or memo is None else (key, memo)

    def add(self, question: Question, vector: Vector) -> None:
        """Keep a question."""
        entry = question.entry
        with self.lock:
            self._recent[entry] = (question, self.now())
            if len(self._recent) > RECENT:
                self._recent.popitem(last=False)
        self._store.put(question, vector)
        self._shelves.add(question.partition, entry, question.group, vector)

    def remove(self, question: Question) -> None:
        """Forget a question and its answer, here and in the store."""
        self._drop(question.key)
        self._memos.remove(question.key)
        self._shelves.remove(question.partition, question.entry)
        self._store.remove(question.entry)

    def miss(self, partition: bytes, entry: int) -> None:
        """Drop what the store no longer has."""
        self._shelves.remove(partition, entry)

    def quarantine(self, group: int, seconds: float) -> None:
        """Give no answer of this group by meaning for a while."""
        until = self.now() + seconds
        self._quarantined[group] = until
        self._store.quarantine(group, until)

    def give(self, question: Question, finding: Any) -> None:
        """Remember the latest hit of an answer."""
        with self.lock:
            self._given[question.key] = finding
            self._given.move_to_end(question.key)
            if len(self._given) > GIVEN:
                self._given.popitem(last=False)

    def given(self, key: bytes) -> Any:
        """The latest hit of an answer, once; None when it is not known."""
        with self.lock:
            return self._given.pop(key, None)

    def note(self, label: Label) -> None:
        """Keep a finding, for other processes and for fitting."""
        self._store.label(label)

    def news(self) -> Sequence[Label]:
        """What other processes have found since the last look; what they forgot is dropped."""
        now = self.now()
        if now - self._looked_at < NEWS_EVERY_S:
            return ()
        with self.lock:
            if now - self._looked_at < NEWS_EVERY_S:
                return ()
            self._looked_at = now
        self._forgotten_seen, keys = self._store.forgotten(self._forgotten_seen)
        for key in keys:
            self._drop(key)
        self._labels_seen, labels = self._store.labels(self._labels_seen)
        return labels

    def clear(self) -> None:
        """Let go of everything that is held here."""
        with self.lock:
            self._recent.clear()
            self._given.clear()
            self._aliases.clear()
            self._texts.clear()
        self._quarantined.clear()
        self._shelves.clear()

    def findings(self) -> tuple[int, Sequence[Label]]:
        """Everything that anybody has found, and the number of the latest."""
        return self._store.all_labels()

    def fitted(self, seen: int, verifier: str) -> None:
        """Keep weights that were fitted to the findings up to `seen`."""
        self._store.put_fitted(seen, verifier)

    def size(self) -> int:
        """Questions kept."""
        return self._store.size()

    def _drop(self, key: bytes) -> None:
        self._memos.drop(key)
        with self.lock:
            self._recent.pop(entry_of(key), None)
