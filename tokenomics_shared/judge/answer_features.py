"""What an answer shows of its being right: numbers read from a question and its answer.

Features of form say whether the answer ends, repeats itself, hedges, corrects itself, and is the
code, the JSON or the choice that was asked for. Features of the working follow its numbers from
the question through each calculation to the final one: what was given and not used, what was used
and not given, results that lead nowhere, calculations that don't hold, operations that the
question's words call for and the answer lacks. That each step shows whether the whole is right is
what process supervision found with models (Lightman et al., arXiv 2305.20050); here rules read
the steps. Features of the question say how hard it looks.
"""

import ast
import json
import re
import warnings
from collections.abc import Sequence, Set
from math import log, log1p
from typing import Final

from tokenomics_shared.judge.asked import COMMON, CUES, WORD, Asked, read
from tokenomics_shared.judge.working import Step, clip, close, numbers, steps

VERSION: Final = 1
"""Changes whenever a feature's meaning does."""

_FORM: Final = (
    "log_chars", "log_lines", "longer", "marker", "unfinished", "ends_sentence", "breaks_off",
    "repeats", "hedges", "turns", "refuses", "overlap", "new_words",
)  # fmt: skip
_DEMANDED: Final = (
    "asks_code", "code_missing", "code_broken", "asks_choice", "choice_missing", "choices_differ",
    "json_broken",
)  # fmt: skip
_FINAL: Final = (
    "no_final", "final_last", "final_any", "final_fraction", "final_over_given",
    "final_disagrees", "after_final",
)  # fmt: skip
_FLOW: Final = (
    "given_unused", "given_idle", "foreign", "unsupported", "dangling", "steps",
    "steps_per_given", "wrong", "wrong_share", "fraction_results", "times_missing", "variables",
)  # fmt: skip
_QUESTION: Final = ("given", "question_chars", *(f"asks_{cue}" for cue in CUES))
FEATURES: Final = (*_FORM, *_DEMANDED, *_FINAL, *_FLOW, *_QUESTION)
"""The features' names, in order."""

_MARKER: Final = re.compile(r"####|\\boxed *\{|[Aa]nswer(?: is|:)")
_HEDGES: Final = frozenset(
    "assume assuming assumes unclear unknown depends maybe perhaps might probably approximately "
    "about roughly likely".split()
)
_TURNS: Final = frozenset(
    "however actually wait mistake sorry apologize apologies incorrect correction rounded "
    "rounding round".split()
)
_REFUSALS: Final = (
    "i cannot", "i can't", "i'm unable", "i am unable", "i'm sorry", "as an ai", "i don't know",
    "cannot be determined", "not enough information", "not possible to",
)  # fmt: skip
_CHOICE: Final = re.compile(
    r"(?:^|boxed *\{ *(?:\\text *\{)?|answer(?: is|:)[ (]*|option[ (]+)\(?([A-Ha-h])\b"
)
_FENCED: Final = re.compile(r"```(?:python|py)?[ \t]*\n(.*?)(?:```|\Z)", re.DOTALL)
_CODE: Final = re.compile(r"(?:^|\n)[ \t]*(?:def \w+\(|class \w+|import \w+|from \w+ import )")
_FENCED_JSON: Final = re.compile(r"```(?:json)?\s*\n(.*?)```", re.DOTALL)
_VARIABLE: Final = re.compile(r"[ (\d][xyn] ?[=+*/<-]")
_STOPS: Final = frozenset('.!?`})"')
_OPEN: Final = frozenset(",+-*/=(<$:")
_TIMES: Final = CUES.index("times")
_CONSTANTS: Final = frozenset({0.5, 1.0, 2.0, 100.0})
_CONVERSIONS: Final = frozenset(
    {0.01, 0.05, 0.1, 0.25, 4.0, 7.0, 12.0, 16.0, 24.0, 30.0, 36.0, 52.0, 60.0, 365.0, 1000.0}
)
"""Numbers that a calculation may bring in itself: of time, money, weight and length."""

_LARGEST: Final = 1e12
_MOST: Final = 8


def answer_features(question: str, answer: str) -> tuple[float, ...]:
    """Read the features named by FEATURES; finite for any text, the same for the same texts.

    Args:
        question: the last turn.
        answer: the answer's text.
    """
    question, answer = clip(question), clip(answer).strip()
    asked = read(question)
    said = numbers(answer)
    working = steps(answer)
    return (
        *_form(asked, answer),
        *_demanded(asked, answer),
        *_final(asked, answer, said, working),
        *_flow(asked, answer, said, working),
        float(min(20, len(asked.given))),
        log1p(len(question)),
        *(_few(cue) for cue in asked.cues),
    )


def _form(asked: Asked, answer: str) -> Sequence[float]:
    lower = answer.lower()
    words = WORD.findall(lower)
    distinct = set(words)
    marker = _MARKER.search(answer) is not None
    last = answer[-1:]
    return (
        log1p(len(answer)),
        log1p(answer.count("\n")),
        log((len(words) + 1.0) / (asked.size + 1.0)),
        float(marker),
        float("<<" in answer and not marker),
        float(last in _STOPS),
        float(not last or last in _OPEN or last.isalpha()),
        _repeats(lower.split()),
        _counted(words, distinct & _HEDGES),
        _counted(words, distinct & _TURNS),
        float(any(phrase in lower for phrase in _REFUSALS)),
        len(asked.words & distinct) / len(asked.words) if asked.words else 1.0,
        len(distinct - asked.words - COMMON) / (len(distinct) + 1.0),
    )


def _repeats(pieces: Sequence[str]) -> float:
    """The share of runs of three words that were there before."""
    runs = len(pieces) - 2
    if runs <= 0:
        return 0.0
    return 1.0 - len(set(zip(pieces, pieces[1:], pieces[2:], strict=False))) / runs


def _counted(words: Sequence[str], which: Set[str]) -> float:
    return _few(sum(map(words.count, which)))


def _demanded(asked: Asked, answer: str) -> Sequence[float]:
    """What is wrong with code, choices and JSON, where they were asked for."""
    code = _FENCED.findall(answer) if asked.code and "```" in answer else []
    if not code and asked.code and _CODE.search(answer):
        code = [answer]
    choices = {choice.upper() for choice in _CHOICE.findall(answer)} if asked.options else set()
    return (
        float(asked.code),
        float(asked.code and not code),
        float(bool(code) and not _parses("\n".join(code))),
        float(bool(asked.options)),
        float(bool(asked.options) and not choices & asked.options),
        float(len(choices) > 1),
        float("json" in asked.text and not _is_json(answer)),
    )


def _final(
    asked: Asked, answer: str, said: Sequence[float], working: Sequence[Step]
) -> Sequence[float]:
    """The final number: where it comes from and what it looks like."""
    if not said:
        return (1.0, *[0.0] * (len(_FINAL) - 1))
    ends = [marker.end() for marker in _MARKER.finditer(answer)]
    tail = answer[ends[-1] :] if ends else ""
    marked = numbers(tail)
    final = marked[0] if marked else said[-1]
    before = said[-len(marked) - 1] if 0 < len(marked) < len(said) else final
    largest = max(asked.given, default=0.0)
    return (
        0.0,
        float(bool(working) and close(working[-1].stated, final)),
        float(any(close(step.stated, final) for step in working)),
        float(final != round(final)),
        max(-5.0, min(5.0, log1p(min(final, _LARGEST)) - log1p(min(largest, _LARGEST)))),
        float(not close(before, final)),
        log1p(len(tail)),
    )


def _flow(
    asked: Asked, answer: str, said: Sequence[float], working: Sequence[Step]
) -> Sequence[float]:
    """How the numbers get from the question through the calculations to the end."""
    given, count = asked.given, len(working)
    known = {*given, *(value / 100.0 for value in given), *_CONSTANTS}
    foreign = unsupported = 0
    spent: set[float] = set()
    for step in working:
        new = [value for value in step.operands if value not in known]
        foreign += sum(value not in _CONVERSIONS for value in new)
        unsupported += bool(new)
        spent.update(step.operands)
        known.add(step.stated)
    results = {step.stated for step in working}
    leading = results - spent - {working[-1].stated if working else 0.0}
    idle = [value for value in given if value not in spent and value / 100.0 not in spent]
    wrong = sum(not step.holds for step in working)
    fractions = sum(result != round(result) for result in results)
    multiplied = any("*" in step.signs for step in working)
    return (
        _few(len(given - spent - set(said))),
        _few(len(idle) if working else 0),
        _few(foreign),
        unsupported / count if count else 0.0,
        _few(len(leading)),
        log1p(count),
        count / (len(given) + 1.0),
        _few(wrong),
        wrong / count if count else 0.0,
        fractions / (count + 1.0),
        float(count > 0 and asked.cues[_TIMES] > 0 and not multiplied),
        _few(len(_VARIABLE.findall(answer))),
    )


def _few(count: int) -> float:
    """A count, of which more than a few say no more."""
    return float(min(_MOST, count))


def _parses(code: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _is_json(answer: str) -> bool:
    fenced = _FENCED_JSON.search(answer)
    try:
        json.loads(fenced[1] if fenced else answer)
    except (ValueError, RecursionError):
        return False
    return True
