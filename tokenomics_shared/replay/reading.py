"""Reads a log of recorded outcomes: JSON, one request a line."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from tokenomics_shared.orchestrator import estimate_tokens, prompt_tokens
from tokenomics_shared.ports import Prices
from tokenomics_shared.prediction import predict_output_tokens
from tokenomics_shared.replay.log import Log
from tokenomics_shared.replay.records import LogError, Recorded, RecordedAnswer, placeholder
from tokenomics_shared.telemetry import Price
from tokenomics_shared.types import Message

_KEYS = frozenset({"question", "messages", "answers", "kind", "session"})
_ANSWER_KEYS = frozenset({"text", "score", "input_tokens", "output_tokens", "latency_s", "cost"})
_ROLES = {"user": "human", "assistant": "ai"}


@dataclass(frozen=True, slots=True)
class _Field:
    """A place in a line, for messages."""

    line: int
    name: str = ""

    def __truediv__(self, name: object) -> "_Field":
        return replace(self, name=f"{self.name}.{name}" if self.name else str(name))

    def refuse(self, what: str) -> NoReturn:
        raise LogError(f"line {self.line}: {self.name + ': ' if self.name else ''}{what}")


def read_log(
    path: Path,
    *,
    prices: Mapping[str, Price] | None = None,
    table: Prices | None = None,
    premium: str | None = None,
) -> Log:
    """Read a log.

    Args:
        path: the file.
        prices: stated, by tier.
        table: looks up tiers that bear a model's name.
        premium: the tier that others are measured against; the dearest when None.

    Raises:
        LogError: the file can't be read; the message names the line and the field.
    """
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LogError(f"{path} can't be read: {error}") from error
    items = [
        _recorded(_Field(number), line)
        for number, line in enumerate(lines, start=1)
        if line.strip()
    ]
    return Log.of(items, prices=prices, table=table, premium=premium)


def _recorded(at: _Field, line: str) -> Recorded:
    try:
        row = json.loads(line)
    except ValueError as error:
        at.refuse(f"is not JSON: {error}")
    _known(at, row, _KEYS)
    messages = _messages(at / "messages", row["messages"]) if "messages" in row else ()
    question = messages[-1].text if messages else _text(at / "question", row.get("question"))
    item = Recorded(
        question,
        {},
        _text(at / "kind", row.get("kind", "")),
        _text(at / "session", row.get("session", "")),
        messages,
    )
    answers = row.get("answers")
    if not isinstance(answers, dict) or not answers:
        (at / "answers").refuse("must be an object of answers by tier")
    asked = prompt_tokens(item.prompt)
    read = {
        tier: _answer(at / "answers" / tier, given, placeholder(at.line, tier), asked)
        for tier, given in answers.items()
    }
    return replace(item, answers=read)


def _answer(at: _Field, given: Any, stand_in: str, asked: int) -> RecordedAnswer:
    _known(at, given, _ANSWER_KEYS)
    text = _text(at / "text", given.get("text") or stand_in)
    written = (
        estimate_tokens(text) if given.get("text") else predict_output_tokens("simple", asked)
    )
    score = _number(at / "score", given.get("score"))
    if score > 1.0:
        (at / "score").refuse(f"must be from 0 to 1, got {score}")
    cost = given.get("cost")
    return RecordedAnswer(
        text=text,
        score=score,
        input_tokens=_tokens(at / "input_tokens", given.get("input_tokens"), asked),
        output_tokens=_tokens(at / "output_tokens", given.get("output_tokens"), written),
        latency_s=_number(at / "latency_s", given.get("latency_s", 0.0)),
        cost=None if cost is None else Decimal(str(_number(at / "cost", cost))),
        told=bool(given.get("text")),
    )


def _messages(at: _Field, given: Any) -> tuple[Message, ...]:
    if not isinstance(given, list) or not given:
        at.refuse("must be a list of turns")
    turns = []
    for number, turn in enumerate(given):
        here = at / number
        _known(here, turn, frozenset({"role", "content"}))
        role = _text(here / "role", turn.get("role"))
        turns.append(Message(_ROLES.get(role, role), _text(here / "content", turn.get("content"))))
    return tuple(turns)


def _known(at: _Field, given: Any, keys: frozenset[str]) -> None:
    if not isinstance(given, dict):
        at.refuse(f"must be an object, got {_kind(given)}")
    for key in given:
        if key not in keys:
            (at / key).refuse(f"is unknown; known are {', '.join(sorted(keys))}")


def _text(at: _Field, given: Any) -> str:
    if not isinstance(given, str):
        at.refuse(f"must be text, got {_kind(given)}")
    return given


def _number(at: _Field, given: Any) -> float:
    if isinstance(given, bool):
        return float(given)
    if not isinstance(given, int | float) or not math.isfinite(given) or given < 0:
        at.refuse(f"must be a number, 0 or more, got {_kind(given)}")
    return float(given)


def _tokens(at: _Field, given: Any, otherwise: int) -> int:
    if given is None:
        return otherwise
    count = _number(at, given)
    if not count.is_integer():
        at.refuse(f"must be a whole number, got {given}")
    return int(count)


def _kind(given: Any) -> str:
    return "nothing" if given is None else json.dumps(given)[:40]
