"""The semantic cache: answers to questions that mean the same, when that can be relied on.

A look-up asks whether the nearest kept questions agree on one answer, not whether one of them is
near. Every decision can be explained; nothing is given at random.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from tokenomics_shared.effects import Call, Steps
from tokenomics_shared.memory.agreement import Agreement
from tokenomics_shared.memory.catalogue import Catalogue
from tokenomics_shared.memory.counts import Counts
from tokenomics_shared.memory.deixis import standalone
from tokenomics_shared.memory.eligibility import Limits, refusal_to_match
from tokenomics_shared.memory.layers import BRIEF_S, ttl_of
from tokenomics_shared.memory.partition import normal_key, partition_key
from tokenomics_shared.memory.policy import Decision, Policy
from tokenomics_shared.memory.subject import subject
from tokenomics_shared.memory.vote import Ballot, Neighbour, elect
from tokenomics_shared.ports import Embedder, Read, Vector
from tokenomics_shared.types import (
    Label,
    Memo,
    NearMiss,
    Prompt,
    Question,
    Recall,
    Roster,
    entry_of,
)

NEIGHBOURS = 20
"""Kept questions that a look-up hears."""

HEARD = 5
"""Witnesses whose words are read."""

NOT_ASKED = "the last turn is not plain text of a human, or something has no stable text"
"""Why a request has no question to look for."""

COMPARED_GROUPS = 4
"""Answer groups near a missed question whose answers are compared with the fresh one."""

QUARANTINE_S = 86_400.0
"""Seconds an answer group isn't given by meaning after one of its hits was found wrong."""

Compare = Callable[[str, str, str], Agreement]
"""Whether two answers to a question say the same: `(question, fresh, kept)`."""


NearMissUse = Literal["off", "reuse_check", "context"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that may be answered by meaning.

    Attributes:
        key: its exact key.
        partition: digest of everything but the question.
        text: the question.
        wording: its normalised exact key.
        refused: why it is never answered by meaning; empty when it may be.
        ttl_s: seconds its answer may be kept; None for the configured time.
        vector: its embedding.
    """

    key: bytes
    partition: bytes
    text: str
    wording: bytes
    refused: str = ""
    ttl_s: float | None = None
    vector: Vector = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look-up found, and how it was decided.

    Attributes:
        asked: the request.
        neighbours: the nearest kept questions, best first.
        ballot: what they elected; None when none was near enough.
        kept: the question that stands for the elected answer; None without one.
        memo: its answer; None without one.
        decision: on giving it; None without one.
    """

    asked: Asked
    neighbours: Sequence[Neighbour] = ()
    ballot: Ballot | None = None
    kept: Question | None = None
    memo: Memo | None = None
    decision: Decision | None = None


class SemanticCache:
    """Answers by meaning. Safe to share between threads; a read writes nothing.

    What is to be learned of a fresh answer is learned in the background, when the caller has it.
    """

    def __init__(  # noqa: PLR0913 -- what it is put together of
        self,
        embedder: Embedder,
        catalogue: Catalogue,
        policy: Policy,
        *,
        compare: Compare,
        limits: Limits,
        across_histories: bool = False,
        ttl_s: float | None = None,
        submit: Callable[[Callable[[], None]], None],
        near_miss: NearMissUse = "off",
        observe: bool = False,
    ) -> None:
        """Put the cache together.

        Args:
            embedder: reads questions.
            catalogue: what is kept.
            policy: decides what is given.
            compare: whether two answers say the same.
            limits: which requests may be answered by meaning.
            across_histories: questions that stand alone share answers over conversations.
            ttl_s: seconds an answer lives; None for as long as there is room.
            submit: runs something in the background.
            near_miss: what near questions whose answer isn't given are used for.
            observe: decide and learn, but give nothing.
        """
        self.catalogue = catalogue
        self.policy = policy
        self.counts = Counts()
        self._embedder = embedder
        self._compare = compare
        self._limits = limits
        self._across_histories = across_histories
        self._ttl_s = ttl_s
        self._submit = submit
        self._near_miss = near_miss
        self._observe = observe

    def recall(self, prompt: Prompt, roster: Roster, key: bytes) -> Steps[Recall]:
        """Look for an answer to a request that the exact cache missed."""
        asked = self.asked(prompt, roster, key)
        if asked is None:
            self.counts.passed_over(NOT_ASKED)
            return Recall(key=key, refused=NOT_ASKED)
        same = self.catalogue.by_wording(asked.wording)
        if same is not None:
            entry, memo = same
            return Recall(memo, "exact", 1.0, key, entry.hex(), note="the same but for wording")
        if asked.refused:
            self.counts.passed_over(asked.refused)
            return Recall(key=key, refused=asked.refused, finding=asked)
        vector = yield from Call(lambda: self.embed(asked.text))
        return self._told(key, self.find(replace(asked, vector=vector)))

    def _told(self, key: bytes, finding: Finding) -> Recall:
        """What a finding gives, or offers, counted."""
        decision, kept, ballot = finding.decision, finding.kept, finding.ballot
        if decision is None or kept is None or ballot is None:
            self.counts.looked_up(None, given=False)
            return Recall(key=key, finding=finding)
        given = decision.served and not self._observe
        self.counts.looked_up(decision, given=given)
        recall = Recall(
            key=key,
            similarity=ballot.similarity,
            entry=kept.key.hex(),
            refused="" if given else f"{'observing: ' * decision.served}{decision.reason}",
            near=None if given else self._offered(finding),
            finding=finding,
        )
        if not given:
            return recall
        self.catalogue.give(kept, finding)
        audit = self.policy.wants_audit(finding.asked.partition, decision)
        return replace(recall, memo=finding.memo, cache_type="semantic_direct", audit=audit)

    @property
    def reader(self) -> Embedder:
        """What reads questions."""
        return self._embedder

    @property
    def embedder(self) -> str:
        """The name of what reads questions."""
        return self._embedder.name

    def embed(self, text: str) -> Vector:
        """A question's vector; may take as long as the embedder does."""
        return self._embedder.embed([text])[0]

    def asked(self, prompt: Prompt, roster: Roster, key: bytes) -> Asked | None:
        """Read a request; None for one that asks nothing in words, or has no stable text."""
        text = subject(prompt)
        if text is None:
            return None
        apart = not (self._across_histories and standalone(text))
        partition = partition_key(prompt, roster, across_histories=not apart)
        if partition is None:
            return None
        refused = refusal_to_match(prompt, text, self._limits_of(prompt))
        if refused is None and not self._embedder.reads(text):
            refused = "longer than the embedder reads"
        wording = normal_key(partition, text)
        return Asked(key, partition, text, wording, refused or "", ttl_of(prompt))

    def _limits_of(self, prompt: Prompt) -> Limits:
        """What is allowed for this request: its tenant and its time to live decide, too."""
        ttl_s = prompt.ttl_s or self._ttl_s
        brief = ttl_s is not None and ttl_s <= BRIEF_S
        if not prompt.tenant and not brief:
            return self._limits
        return replace(self._limits, scoped=bool(prompt.tenant), allow_time_bound=brief)

    def find(self, asked: Asked) -> Finding:
        """Look around a question and decide on giving what is there."""
        catalogue = self.catalogue
        for label in catalogue.news():
            self.policy.learn(label)
        near = catalogue.near(asked.partition, asked.vector, NEIGHBOURS + 1)
        own = entry_of(asked.key)
        neighbours = [neighbour for neighbour in near if neighbour.entry != own][:NEIGHBOURS]
        while (ballot := elect(neighbours)) is not None:
            kept = catalogue.question(ballot.entry)
            memo = None if kept is None else catalogue.memo(kept)
            if kept is not None and memo is not None:
                witnesses = self._witnesses(kept, ballot)
                decision = self.policy.decide(asked.partition, asked.text, witnesses, ballot)
                return Finding(asked, neighbours, ballot, kept, memo, decision)
            # Gone from the store: the others are asked again.
            catalogue.miss(asked.partition, ballot.entry)
            neighbours = [n for n in neighbours if n.entry != ballot.entry]
        return Finding(asked, neighbours)

    def _offered(self, finding: Finding) -> NearMiss | None:
        """A near question that a model may be shown: near enough, and not of something else."""
        decision, kept, memo = finding.decision, finding.kept, finding.memo
        if self._near_miss == "off" or decision is None or finding.ballot is None:
            return None
        if (
            kept is None
            or memo is None
            or decision.vetoes
            or not self.policy.may_help(finding.ballot.similarity, decision)
        ):
            return None
        return NearMiss(kept.text, memo, reusable=self._near_miss == "reuse_check")

    def _witnesses(self, kept: Question, ballot: Ballot) -> list[str]:
        """The questions that stand for the elected answer, the nearest first."""
        others = (self.catalogue.text(entry) for entry in ballot.members[1:HEARD])
        return [kept.text, *(text for text in others if text is not None)]

    def learn(
        self, recall: Recall, prompt: Prompt, roster: Roster, memo: Memo, read: Read
    ) -> None:
        """Take in the answer to a request that missed, in the background."""
        key, finding = recall.key, recall.finding
        if key is None:
            return
        if isinstance(finding, Finding):
            self.catalogue.alias(finding.asked.wording, key)
            self._submit(lambda: self.take_in(finding, memo, read))
            return
        asked = finding if isinstance(finding, Asked) else self.asked(prompt, roster, key)
        if asked is None:
            return
        self.catalogue.alias(asked.wording, key)
        if not asked.refused:
            self._submit(lambda: self._take_in_unseen(asked, memo, read))

    def compare(self, recall: Recall, memo: Memo, read: Read) -> None:
        """Take in a fresh answer to a request that was given a kept one."""
        finding = recall.finding
        if isinstance(finding, Finding):
            self.catalogue.put_memo(finding.asked.key, memo, finding.asked.ttl_s)
            self.take_in(finding, memo, read, audited=True)

    def take_in(self, finding: Finding, memo: Memo, read: Read, *, audited: bool = False) -> None:
        """Compare a fresh answer with what is kept near it, and keep its question.

        It joins the first group whose answer it agrees with, or starts one. Whether it agrees
        with the elected one is what the policy learns.
        """
        asked, ballot = finding.asked, finding.ballot
        answer = read(memo)
        agreeing = self._agreeing(finding, answer, read)
        if ballot is not None and finding.decision is not None and ballot.group in agreeing:
            right = agreeing[ballot.group]
            self.teach(finding, right=right, audited=audited or self._observe)
            if audited:
                self.counts.audited(right=right)
                if not right:
                    self.catalogue.quarantine(ballot.group, QUARANTINE_S)
        group = next((group for group, agrees in agreeing.items() if agrees), None)
        entry = entry_of(asked.key)
        name = self._embedder.name
        question = Question(
            asked.key, asked.partition, entry if group is None else group, name, asked.text
        )
        self.catalogue.add(question, asked.vector)

    def teach(self, finding: Finding, *, right: bool, audited: bool) -> None:
        """Let the policy, here and in other processes, know how a match turned out."""
        if finding.decision is None or not finding.decision.eligible:
            return
        if not finding.decision.features:
            # A fixed threshold learns nothing.
            return
        features = finding.decision.features
        label = Label(finding.asked.partition, features, right, 1.0, audited, self.catalogue.now())
        self.policy.learn(label)
        self.catalogue.note(label)

    def forget(self, key: bytes) -> bool:
        """Evict an answer, quarantine its group, and learn that its last hit was wrong."""
        question = self.catalogue.question(entry_of(key))
        finding = self.catalogue.given(key)
        if isinstance(finding, Finding) and finding.decision is not None:
            self.policy.contest(finding.asked.partition, finding.decision)
        if question is None:
            return False
        self.catalogue.remove(question)
        self.catalogue.quarantine(question.group, QUARANTINE_S)
        return True

    def _take_in_unseen(self, asked: Asked, memo: Memo, read: Read) -> None:
        finding = self.find(replace(asked, vector=self.embed(asked.text)))
        self.take_in(finding, memo, read)

    def _agreeing(self, finding: Finding, answer: str, read: Read) -> dict[int, bool]:
        """Whether a fresh answer agrees with those of near groups, the elected one first."""
        found: dict[int, bool] = {}
        near = list(finding.neighbours[: NEIGHBOURS // 2])
        ballot = finding.ballot
        if ballot is not None:
            near.insert(0, Neighbour(ballot.entry, ballot.group, ballot.similarity))
        for neighbour in near:
            if neighbour.group in found or len(found) == COMPARED_GROUPS:
                continue
            question = self.catalogue.question(neighbour.entry)
            memo = None if question is None else self.catalogue.memo(question)
            if memo is None:
                continue
            kept = _readable(memo, read)
            if kept is None:
                continue
            agreement = self._compare(finding.asked.text, answer, kept)
            found[neighbour.group] = agreement.agree
            if agreement.agree:
                break
        return found


def _readable(memo: Memo, read: Read) -> str | None:
    """A kept answer's text; None when it is broken: the others are compared all the same."""
    try:
        return read(memo)
    except Exception:  # noqa: BLE001 -- a framework's reader, on what may be a broken row
        return None
