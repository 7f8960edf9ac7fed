"""Where findings come from: an application's state, or a log of recorded outcomes."""

from collections.abc import Iterator
from pathlib import Path

from tokenomics_shared.adapters.sqlite_samples import SqliteSamples
from tokenomics_shared.bandit.contexts import Contexts
from tokenomics_shared.judge.answer_features import answer_features
from tokenomics_shared.judge.scorer import Scorer
from tokenomics_shared.learning import Graded, Sample, Source
from tokenomics_shared.orchestrator import complexity_of
from tokenomics_shared.replay import Log

SAMPLES_NAME = "samples.db"
"""The file of samples in a folder of state."""

_WORTH: dict[Source, int] = {"feedback": 2, "audit": 1, "judge": 0}
"""Whom to believe where several graded one answer: users, then comparisons, then judges."""


def findings_in(folder: Path) -> list[Graded]:
    """What an application found its answers to be worth, one finding an answer, oldest first.

    Raises:
        StoreError: the file is foreign, newer or unreadable.
    """
    path = folder / SAMPLES_NAME
    if not path.exists():
        return []
    samples = SqliteSamples(path, on_fault=lambda _: None)
    try:
        best: dict[str, Graded] = {}
        for found in samples.graded():
            known = best.get(found.sample.request_id)
            if known is None or _WORTH[found.source] >= _WORTH[known.source]:
                best[found.sample.request_id] = found
    finally:
        samples.close()
    return list(best.values())


def findings_of(log: Log) -> Iterator[Graded]:
    """What a log says: every tier's answer to every request, read without an embedding."""
    contexts, scorer = Contexts(), Scorer.load()
    for number, item in enumerate(log.items):
        context = contexts.context(item.question, complexity_of(item.question))
        for place, tier in enumerate(log.tiers):
            answer = item.answers[tier]
            read = answer_features(item.question, answer.text) if answer.told else None
            sample = Sample(
                # Answers to one question share a name, so that no fold sees one of them only.
                request_id=f"log {number}",
                at=float(number),
                arm=tier,
                place=place / (len(log.tiers) - 1),
                context=context,
                answer_features=read,
                likelihood=None if read is None else scorer.weights.likelihood(read),
            )
            yield Graded(sample, answer.score, "feedback")


def widest(findings: list[Graded]) -> int:
    """Features that most of the findings' contexts have; the rest can't be learned from with them.

    An application that turned its embedder on or off has findings of two widths.
    """
    widths = [len(found.sample.context.features) for found in findings]
    return max(set(widths), key=lambda width: (widths.count(width), width), default=0)
