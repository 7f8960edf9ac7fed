"""Comparing an answer with the baseline's: which is better?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tokenomics_shared.effects import Steps
from tokenomics_shared.judge.asking import ask_json, unit
from tokenomics_shared.judge.conclusion import same_conclusion
from tokenomics_shared.judge.quoting import AS_DATA, quoted
from tokenomics_shared.ports import Account
from tokenomics_shared.types import Message, Prompt, Strategy

Winner = Literal["optimized", "baseline", "equivalent"]

_MAX_TOKENS = 400
_MAX_WHY = 400
_SHORT = 80
"""Characters up to which two answers that conclude the same are the same."""
_TORN = 0.2
_LEANING = 0.5
"""What is left of the confidence when the order of the answers, or a tie, made the difference."""

_TASK = f"""\
You compare two answers to a question. Work the question out for yourself first. What counts, in \
this order: right, complete, in the form that was asked for, clear. Length, tone and the order of \
the answers do not count. Say "tie" when both serve whoever asked equally well.
{AS_DATA}
Reply with one JSON object and nothing else: {{"explanation": "<one or two sentences>", "winner": \
"A" or "B" or "tie", "confidence": <0 to 1>, "score_a": <0 to 1>, "score_b": <0 to 1>}}"""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How an answer compares with the baseline's.

    Attributes:
        winner: whose answer is better.
        confidence: how sure that is, 0 to 1; 0 when nothing could be told.
        explanation: why, in words.
        quality_score: how good the optimized answer is, 0 to 1; 0.5 when nothing could be told.
    """

    winner: Winner
    confidence: float
    explanation: str
    quality_score: float


@dataclass(frozen=True, slots=True)
class _Finding:
    """What the judge said of one order of the answers."""

    winner: Winner
    confidence: float
    explanation: str
    quality: float


def compare(
    question: str, optimized: str, baseline: str, judge_strategy: Strategy, account: Account
) -> Steps[Comparison]:
    """Compare two answers by asking a model twice, with the answers in either order.

    Judges favour the answer they read first (Zheng et al., Judging LLM-as-a-Judge, arXiv
    2306.05685, section 3.3): a winner must win from both places. Equal answers, and short ones
    that conclude the same, are compared without asking.

    Args:
        question: what was asked.
        optimized: the answer that was given.
        baseline: the answer that the baseline gives.
        judge_strategy: the arm that judges.
        account: where the calls are charged.
    """
    if _equal(optimized, baseline):
        return Comparison("equivalent", 1.0, "The answers are the same.", 1.0)
    first = yield from _ordered(question, (optimized, baseline), judge_strategy, account)
    second = None
    if first is not None:
        second = yield from _ordered(
            question, (baseline, optimized), judge_strategy, account, swapped=True
        )
    if first is None or second is None:
        return Comparison("equivalent", 0.0, "The judge could not tell.", 0.5)
    return _together(first, second)


def _equal(optimized: str, baseline: str) -> bool:
    one, other = optimized.strip(), baseline.strip()
    if one == other:
        return True
    return max(len(one), len(other)) <= _SHORT and same_conclusion(one, other)


def _ordered(
    question: str,
    answers: tuple[str, str],
    strategy: Strategy,
    account: Account,
    *,
    swapped: bool = False,
) -> Steps[_Finding | None]:
    """The judge's finding on the answers in this order; None when it gives none."""
    names: tuple[Winner, Winner] = ("optimized", "baseline")
    first, second = reversed(names) if swapped else names
    shown = "\n\n".join(
        quoted(title, text)
        for title, text in zip(
            ("question", "answer A", "answer B"), (question, *answers), strict=True
        )
    )
    prompt = Prompt((Message("system", _TASK), Message("human", shown)), max_tokens=_MAX_TOKENS)

    def read(given: Mapping[str, Any]) -> _Finding | None:
        return _read(given, {"a": first, "b": second, "tie": "equivalent"}, swapped=swapped)

    finding: _Finding | None = None
    with account.shield("judge"):
        finding = yield from ask_json(strategy, prompt, read, account)
    return finding


def _read(
    given: Mapping[str, Any], winners: Mapping[str, Winner], *, swapped: bool
) -> _Finding | None:
    winner = winners.get(str(given.get("winner")).strip().lower())
    confidence = unit(given.get("confidence"))
    quality = unit(given.get("score_b" if swapped else "score_a"))
    if winner is None or confidence is None or quality is None:
        return None
    explanation = given.get("explanation")
    told = explanation[:_MAX_WHY] if isinstance(explanation, str) else ""
    return _Finding(winner, confidence, told, quality)


def _together(first: _Finding, second: _Finding) -> Comparison:
    """One comparison of two orders."""
    quality = (first.quality + second.quality) / 2
    if first.winner == second.winner:
        sure = (first.confidence + second.confidence) / 2
        return Comparison(first.winner, sure, first.explanation or second.explanation, quality)
    sure = min(first.confidence, second.confidence)
    if "equivalent" in {first.winner, second.winner}:
        why = "In one order of the answers the judge saw no difference."
        return Comparison("equivalent", _LEANING * sure, why, quality)
    why = "The judge preferred the answer by its place, not by what it says."
    return Comparison("equivalent", _TORN * sure, why, quality)
