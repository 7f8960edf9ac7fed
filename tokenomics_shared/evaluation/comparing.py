"""Compares pairs of answers."""

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tokenomics_shared.drivers import run
from tokenomics_shared.errors import MissingExtra
from tokenomics_shared.evaluation.models import Asked, JudgeModel, Tab
from tokenomics_shared.evaluation.pairs import Pair
from tokenomics_shared.evaluation.result import Evaluation
from tokenomics_shared.judge import Comparison, compare, same_conclusion
from tokenomics_shared.telemetry import Faults
from tokenomics_shared.types import Strategy

Metric = Callable[[str, str], float]
"""`(answer, reference) -> likeness` in [0, 1]."""

_JUDGE = Strategy("judge")


def evaluate(
    pairs: Sequence[Pair],
    judge: JudgeModel | None = None,
    *,
    workers: int = 4,
    on_step: Callable[[], object] | None = None,
) -> Evaluation:
    """Compare every pair.

    Args:
        pairs: what is compared.
        judge: is asked where the answers alone don't tell, twice, in either order; None to leave
            those undecided.
        workers: threads that ask it.
        on_step: called after each pair.
    """
    faults = Faults()
    comparisons = []
    with ThreadPoolExecutor(workers) as pool:
        for found in pool.map(partial(_compared, judge=judge, faults=faults), pairs):
            comparisons.append(found)
            if on_step is not None:
                on_step()
    metrics, remarks = _likeness(pairs)
    remarks += [f"Fault: {name} x {count:,}" for name, count in faults.counts().items()]
    return Evaluation(tuple(pairs), tuple(comparisons), metrics, judge is not None, tuple(remarks))


def _compared(pair: Pair, judge: JudgeModel | None, faults: Faults) -> Comparison:
    if judge is None:
        if same_conclusion(pair.optimized, pair.baseline):
            return Comparison("equivalent", 1.0, "The answers come to the same.", 1.0)
        return Comparison("equivalent", 0.0, "No judge, and the answers differ.", 0.5)
    steps = compare(pair.question, pair.optimized, pair.baseline, _JUDGE, Tab(faults))
    return run(steps, Asked(judge))


def _likeness(pairs: Sequence[Pair]) -> tuple[dict[str, tuple[float, float]], list[str]]:
    """Mean likeness to the references, by metric, and what is missing for it."""
    known_good = [(pair, pair.reference) for pair in pairs if pair.reference is not None]
    if not known_good:
        return {}, []
    try:
        metrics = _metrics()
    except MissingExtra as error:
        return {}, [f"References are left out ({len(known_good):,}): {error}"]
    many = len(known_good)
    found = {
        name: (
            math.fsum(metric(pair.optimized, reference) for pair, reference in known_good) / many,
            math.fsum(metric(pair.baseline, reference) for pair, reference in known_good) / many,
        )
        for name, metric in metrics.items()
    }
    return found, [f"Pairs with a reference, over which BLEU and ROUGE-L are means: {many:,}."]


def _metrics() -> dict[str, Metric]:
    try:
        from tokenomics_shared.adapters.rouge import RougeF
        from tokenomics_shared.adapters.sacrebleu import SentenceBleu
    except ImportError as error:
        raise MissingExtra("comparing with a reference", "reference") from error
    return {"BLEU": SentenceBleu(), "ROUGE-L": RougeF()}
