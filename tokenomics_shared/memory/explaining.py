"""Showing how the semantic cache decides on a question."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from typing_extensions import override

from tokenomics_shared.memory.policy import Decision
from tokenomics_shared.memory.semantic import NOT_ASKED, Finding, SemanticCache
from tokenomics_shared.memory.vote import Neighbour
from tokenomics_shared.types import Prompt, Roster

SHOWN = 5
"""Neighbours in an explanation."""


@dataclass(frozen=True, slots=True)
class Near:
    """A kept question near the one that is asked: which, what it says, its group, how near."""

    entry: str
    text: str
    group: int
    similarity: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a question would be decided now.

    Attributes:
        text: the question, as it is read.
        refused: why nothing would be given; empty when an answer would be.
        key: the request's exact key.
        partition: digest of everything else that decides what a right answer is.
        exact: the same request is kept.
        near: the nearest kept questions, best first.
        group: the answer group that they elect, and by how many `witnesses`.
        decision: what was decided on its answer, with score, threshold and vetoes.
    """

    text: str
    refused: str
    key: str = ""
    partition: str = ""
    exact: bool = False
    near: Sequence[Near] = ()
    group: int | None = None
    witnesses: int = 0
    decision: Decision | None = None

    @property
    def given(self) -> bool:
        """Whether an answer would be given."""
        return not self.refused

    def to_dict(self) -> dict[str, Any]:
        """As JSON-able values."""
        return asdict(self)

    @override
    def __str__(self) -> str:
        lines = [f"{self.text!r}: {'given' if self.given else f'not given, {self.refused}'}"]
        if self.exact:
            lines.append("  the same request is kept, at least but for its wording")
        for near in self.near:
            elected = "*" if near.group == self.group else " "
            lines.append(f" {elected}{near.similarity:.3f}  {near.text!r}  (group {near.group:x})")
        if self.decision is not None:
            lines.append(
                f"  {self.witnesses} witnesses; {self.decision.kind}: {self.decision.reason}"
            )
            lines += [f"  rule {veto.rule}: {veto.reason}" for veto in self.decision.vetoes]
        return "\n".join(lines)


def explain(cache: SemanticCache, prompt: Prompt, roster: Roster, key: bytes) -> Explanation:
    """Decide on a request without counting, learning or keeping anything."""
    asked = cache.asked(prompt, roster, key)
    if asked is None:
        return Explanation(prompt.question, NOT_ASKED, key=key.hex())
    if cache.catalogue.by_wording(asked.wording) is not None:
        return Explanation(asked.text, "", key.hex(), asked.partition.hex(), exact=True)
    if asked.refused:
        return Explanation(asked.text, asked.refused, key.hex(), asked.partition.hex())
    finding = cache.find(replace(asked, vector=cache.embed(asked.text)))
    decision, ballot = finding.decision, finding.ballot
    refused = "nothing near is kept"
    if decision is not None:
        refused = "" if decision.served else decision.reason
    return Explanation(
        text=asked.text,
        refused=refused,
        key=key.hex(),
        partition=asked.partition.hex(),
        near=tuple(_near(cache, finding)),
        group=ballot.group if ballot else None,
        witnesses=ballot.witnesses if ballot else 0,
        decision=decision,
    )


def _near(cache: SemanticCache, finding: Finding) -> list[Near]:
    return [near for n in finding.neighbours[:SHOWN] if (near := _told(cache, n)) is not None]


def _told(cache: SemanticCache, neighbour: Neighbour) -> Near | None:
    question = cache.catalogue.question(neighbour.entry)
    if question is None:
        return None
    return Near(question.key.hex(), question.text, neighbour.group, neighbour.similarity)
