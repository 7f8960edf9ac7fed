"""What an answer shows of its being right: numbers read from a question and its answer.

The features are of three sorts. Those of form say whether the answer ends, repeats itself, hedges,
corrects itself or is the code, the JSON or the choice that was asked for. Those of the working
follow its numbers from the question through each calculation to the final one, as process
verification does (Cobbe et al., arXiv 2110.14168; Lightman et al., arXiv 2305.20050) but without
a model: what the question gave and nobody used, what was used and nobody gave, results that lead
nowhere, operations that the question's words ask for and the answer lacks. Those of the question
say how hard it looks.
"""

import ast
import json
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from math import log, log1p
from typing import Final

from tokenomics_shared.judge.working import Step, clip, close, numbers, steps

VERSION: Final = 1
"""Changes whenever a feature's meaning does."""

_WORD: Final = re.compile(r"[a-z]{3,}")
_MARKER: Final = re.compile(
    r"####|\\boxed\s*\{|\b(?:final )?answer(?: is|:)|\*\*answer", re.IGNORECASE
)
_LAST_NUMBER: Final = re.compile(r"-?\$?\d[\d,]*(?:\.\d+)?")
_HEDGE: Final = re.compile(
    r"\b(?:assum\w+|unclear|not sure|unknown|not (?:given|specified|provided|enough|possible)|"
    r"depends|maybe|perhaps|might|probably|approximately|about|roughly|likely)\b"
)
_TURN: Final = re.compile(
    r"\b(?:however|actually|wait|mistake|sorry|apologi\w+|incorrect|let'?s re\w*|correction|"
    r"but (?:since|we|this)|since you can'?t|round(?:ed|ing)?)\b"
)
_REFUSAL: Final = re.compile(
    r"\b(?:i can(?:no|')t|i'?m (?:unable|not able|sorry)|as an ai|cannot (?:be )?(?:answer|determin"
    r"|help|assist)\w*|i don'?t (?:know|have))\b"
)
_OPTION: Final = re.compile(r"(?m)^\s*\(?([A-H])[).:]\s")
_CHOICE: Final = re.compile(
    r"(?:^|boxed\s*\{\s*(?:\\text\s*\{)?\s*|answer(?: is|:)\s*\(?|option\s+\(?)([A-Ha-h])\b"
)
_FENCED: Final = re.compile(r"```(?:python|py)?[ \t]*\n(.*?)(?:```|\Z)", re.DOTALL)
_CODE: Final = re.compile(r"(?m)^\s*(?:def \w+\(|class \w+|import \w+|from \w+ import )")
_ASKS_CODE: Final = re.compile(
    r"\b(?:write|implement|complete|code)\b.{0,60}\b(?:function|program|code|script|method)\b"
    r"|\bassert \w+\(|```python"
)
_VARIABLE: Final = re.compile(r"(?<![a-z'])[xynt](?: ?[=+*/-]| ?<)|\blet \w\b|\d[xyn]\b")
_ASKED: Final = re.compile(r"\bhow (?:many|much) (?:more |total |of (?:the|her|his|their) )?(\w+)")
_CONNECTIVE: Final = re.compile(r"\b(?:so|then|therefore|thus|first|next|finally|in total)\b")
_DECIMAL: Final = re.compile(r"\d\.\d")

_CUES: Final = {
    "less": re.compile(
        r"\b(?:left|remain\w*|less|fewer|change|rest|than|discount|off|lost|gave|spent|sold"
        r"|younger|difference)\b"
    ),
    "each": re.compile(r"\b(?:each|every|per|a (?:day|week|month|hour|minute|year)|apiece)\b"),
    "share": re.compile(r"\b(?:half|third|quarter|fourth|fifth|split|divided?|average|equally)\b"),
    "times": re.compile(r"\b(?:twice|double|triple|thrice|times|dozen)\b"),
    "compare": re.compile(r"\b(?:more|less|fewer|older|younger|longer|taller|faster)\b.{0,20} than"),
    "if": re.compile(r"\bif\b"),
    "time": re.compile(r"\b(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|ago)\b"),
}
_QUESTION_CUES: Final = tuple(_CUES)

_SPELLED: Final = {
    "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "six": 6.0, "seven": 7.0, "eight": 8.0,
    "nine": 9.0, "ten": 10.0, "eleven": 11.0, "twelve": 12.0, "dozen": 12.0, "twenty": 20.0,
    "twice": 2.0, "double": 2.0, "half": 2.0, "triple": 3.0, "thrice": 3.0, "third": 3.0,
    "quarter": 4.0, "fourth": 4.0, "fifth": 5.0, "thirty": 30.0, "hundred": 100.0,
}  # fmt: skip
_CONSTANTS: Final = frozenset({0.5, 1.0, 2.0, 100.0})
_CONVERSIONS: Final = frozenset(
    {7.0, 12.0, 24.0, 30.0, 52.0, 60.0, 365.0, 1000.0, 16.0, 36.0, 0.25, 0.1, 0.05, 0.01, 4.0}
)
_COMMON: Final = frozenset(
    "about all and any are been but can could did does each for from had has have her his how "
    "into its many may more much not our out she should some than that the their them then there "
    "these they this was were what when where which who why will with would you your".split()
)

FEATURES: Final = (
    # form
    "log_chars", "log_lines", "longer", "marker", "ends_sentence", "ends_number", "breaks_off",
    "repeats", "hedges", "turns", "refuses", "overlap", "new_words", "names_asked", "connectives",
    "after_final",
    "code_missing", "code_broken", "choice_missing", "choices_differ", "json_broken",
    # working
    "no_final", "final_last", "final_any", "final_given", "final_fraction", "final_negative",
    "final_size", "final_over_given", "final_early", "final_disagrees",
    "given_unused", "given_used", "foreign", "conversions", "dangling", "steps", "steps_per_given",
    "wrong", "wrong_share", "negative_results", "fraction_results", "annotated", "variables",
    "percent_unhandled", "less_missing", "share_missing", "times_missing", "unsupported", "copies",
    # question
    "given", "question_chars", "question_sentences", "percents", "decimals", "largest_given",
    *(f"asks_{cue}" for cue in _QUESTION_CUES),
)  # fmt: skip
"""The features' names, in order."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question as read.

    Attributes:
        text: in lower case.
        words: three letters and more, the commonest left out.
        given: its numbers, spelled ones included, each once.
        cues: how often it has words of each sort, in the order of _CUES.
    """

    text: str
    words: frozenset[str]
    given: frozenset[float]
    digits: int
    cues: tuple[int, ...]


def answer_features(question: str, answer: str) -> tuple[float, ...]:
    """Read the features named by FEATURES; total, finite, the same for the same texts.

    Args:
        question: the last turn.
        answer: the answer's text.
    """
    question, answer = clip(question), clip(answer).strip()
    asked = _read(question)
    working = steps(answer)
    lower = answer.lower()
    return (
        *_form(question, asked, answer, lower),
        *_demanded(question, asked, answer),
        *_final(asked, answer, working),
        *_flow(asked, answer, lower, working),
        *_question(question, asked),
    )


def _read(question: str) -> _Asked:
    text = question.lower()
    words = _WORD.findall(text)
    written = numbers(text)
    spelled = {_SPELLED[word] for word in words if word in _SPELLED}
    cues = tuple(len(cue.findall(text)) for cue in _CUES.values())
    given = frozenset(written) | spelled
    return _Asked(text, frozenset(words) - _COMMON, given, len(written), cues)


def _form(question: str, asked: _Asked, answer: str, lower: str) -> list[float]:
    words = lower.split()
    used = frozenset(_WORD.findall(lower))
    marker = _MARKER.search(answer)
    last = answer[-1:]
    unit = _ASKED.findall(asked.text)
    triples = len(words) - 2
    distinct = len(set(zip(words, words[1:], words[2:], strict=False)))
    return [
        log1p(len(answer)),
        log1p(answer.count("\n")),
        log((len(words) + 1.0) / (len(question.split()) + 1.0)),
        float(marker is not None),
        float(last in {".", "!", "?", "`", "}", ")", '"'}),
        float(last.isdigit()),
        float(last in {"", ",", "+", "-", "*", "/", "=", "(", "<", "$", ":"} or last.isalpha()),
        1.0 - distinct / triples if triples > 0 else 0.0,
        min(5.0, len(_HEDGE.findall(lower))),
        min(5.0, len(_TURN.findall(lower))),
        float(_REFUSAL.search(lower) is not None),
        len(asked.words & used) / len(asked.words) if asked.words else 1.0,
        len(used - asked.words - _COMMON) / (len(used) + 1.0),
        float(not unit or unit[-1] in lower[-200:]),
        len(_CONNECTIVE.findall(lower)) / (len(words) + 10.0) * 10.0,
        log1p(len(answer) - marker.end()) if marker else 0.0,
    ]


def _demanded(question: str, asked: _Asked, answer: str) -> list[float]:
    """What is wrong with code, choices and JSON, where they were asked for."""
    code = _FENCED.findall(answer) or ([answer] if _CODE.search(answer) else [])
    wants_code = _ASKS_CODE.search(asked.text) is not None
    options = set(_OPTION.findall(question))
    choices = {choice.upper() for choice in _CHOICE.findall(answer)} if len(options) > 1 else set()
    wants_json = "json" in asked.text
    return [
        float(wants_code and not code),
        float(bool(code) and not _parses("\n".join(code))),
        float(len(options) > 1 and not choices & options),
        float(len(choices) > 1),
        float(wants_json and not _is_json(answer)),
    ]


def _final(asked: _Asked, answer: str, working: Sequence[Step]) -> list[float]:
    """The final number: where it comes from and what it looks like."""
    marker = _marked(answer)
    tail = _LAST_NUMBER.search(answer, marker) if marker >= 0 else None
    everything = numbers(answer)
    if tail is None and not everything:
        return [1.0] + [0.0] * 9
    final = numbers(tail[0])[0] if tail else everything[-1]
    negative = tail is not None and tail[0].startswith("-")
    results = [step.stated for step in working]
    size = log1p(min(final, 1e12))
    largest = max(asked.given, default=0.0)
    before = answer.find("\n")
    first = numbers(answer[: before if before > 0 else 80])[-1:]
    unmarked = everything[-2:-1] if tail else []
    return [
        0.0,
        float(bool(results) and close(results[-1], final)),
        float(any(close(result, final) for result in results)),
        float(final in asked.given),
        float(final != round(final)),
        float(negative),
        size,
        max(-5.0, min(5.0, size - log1p(min(largest, 1e12)))),
        float(len(working) > 1 and bool(first) and close(first[0], final)),
        float(bool(unmarked) and not close(unmarked[0], final)),
    ]


def _flow(asked: _Asked, answer: str, lower: str, working: Sequence[Step]) -> list[float]:
    """How the numbers get from the question through the calculations to the end."""
    known = set(asked.given)
    known.update(value / 100.0 for value in asked.given)
    foreign = conversions = unsupported = 0
    spent: set[float] = set()
    for step in working:
        new = [value for value in step.operands if value not in known and value not in _CONSTANTS]
        conversions += sum(value in _CONVERSIONS for value in new)
        foreign += sum(value not in _CONVERSIONS for value in new)
        unsupported += bool(new)
        spent.update(step.operands)
        known.add(step.stated)
    results = {step.stated for step in working}
    said = set(numbers(answer))
    unused = asked.given - said - spent
    wrong = sum(not step.holds for step in working)
    count = len(working)
    last = working[-1].stated if working else 0.0
    operations = "".join(step.signs for step in working)
    return [
        min(8.0, len(unused)),
        1.0 - len(unused) / len(asked.given) if asked.given else 1.0,
        min(8.0, foreign),
        min(8.0, conversions),
        min(8.0, len(results - spent - {last})),
        log1p(count),
        count / (len(asked.given) + 1.0),
        min(8.0, wrong),
        wrong / count if count else 0.0,
        float(any(step.stated < 0.0 for step in working)),
        sum(result != round(result) for result in results) / (count + 1.0),
        float("<<" in answer),
        min(5.0, len(_VARIABLE.findall(lower))),
        *_mismatches(asked, lower, operations, spent),
        unsupported / count if count else 0.0,
        min(8.0, len(said & asked.given)),
    ]


def _mismatches(asked: _Asked, lower: str, operations: str, spent: set[float]) -> list[float]:
    """Operations that the question's words ask for and the answer lacks."""
    cues = dict(zip(_CUES, asked.cues, strict=True))
    percents = "%" in asked.text or "percent" in asked.text
    hundredths = 100.0 in spent or any(0.0 < value < 1.0 for value in spent) or "%" in lower
    halves = "/" in operations or any(0.0 < value < 1.0 for value in spent)
    counted = bool(operations)
    return [
        float(counted and percents and not hundredths),
        float(counted and cues["less"] > 0 and "-" not in operations),
        float(counted and cues["share"] > 0 and not halves),
        float(counted and cues["times"] > 0 and "*" not in operations),
    ]


def _question(question: str, asked: _Asked) -> list[float]:
    return [
        min(20.0, len(asked.given)),
        log1p(len(question)),
        log1p(sum(map(question.count, ".?!"))),
        min(5.0, asked.text.count("%") + asked.text.count("percent")),
        min(5.0, len(_DECIMAL.findall(question))),
        log1p(min(1e12, max(asked.given, default=0.0))),
        *(float(min(5, cue)) for cue in asked.cues),
    ]


def _marked(answer: str) -> int:
    """Where the last marker of a final answer ends; -1 without one."""
    end = -1
    for marker in _MARKER.finditer(answer):
        end = marker.end()
    return end


def _parses(code: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _is_json(answer: str) -> bool:
    fenced = re.search(r"```(?:json)?\s*\n(.*?)```", answer, re.DOTALL)
    try:
        json.loads(fenced[1] if fenced else answer)
    except (ValueError, RecursionError):
        return False
    return True
