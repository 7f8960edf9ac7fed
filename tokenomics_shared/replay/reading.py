"""Reads a log of recorded outcomes: JSON, one request a line."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from tokenomics_shared.orchestrator import estimate_tokens, prompt_tokens
from tokenomics_shared.ports import Prices
from tokenomics_shared.prediction import predict_output_tokens
from tokenomics_shared.replay.fields import Field, json_lines, known, number, text, whole
from tokenomics_shared.replay.log import Log
from tokenomics_shared.replay.records import Recorded, RecordedAnswer, placeholder
from tokenomics_shared.telemetry import Price
from tokenomics_shared.types import Message

_KEYS = frozenset({"question", "messages", "answers", "kind", "session"})
_ANSWER_KEYS = frozenset({"text", "score", "input_tokens", "output_tokens", "latency_s", "cost"})
_ROLES = {"user": "human", "assistant": "ai"}


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
    items = [_recorded(at, row) for at, row in json_lines(path)]
    return Log.of(items, prices=prices, table=table, premium=premium)


def _recorded(at: Field, row: Any) -> Recorded:
    known(at, row, _KEYS)
    messages = _messages(at / "messages", row["messages"]) if "messages" in row else ()
    question = messages[-1].text if messages else text(at / "question", row.get("question"))
    item = Recorded(
        question,
        {},
        text(at / "kind", row.get("kind", "")),
        text(at / "session", row.get("session", "")),
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


def _answer(at: Field, given: Any, stand_in: str, asked: int) -> RecordedAnswer:
    known(at, given, _ANSWER_KEYS)
    told = text(at / "text", given.get("text") or stand_in)
    written = (
        estimate_tokens(told) if given.get("text") else predict_output_tokens("simple", asked)
    )
    score = number(at / "score", given.get("score"))
    if score > 1.0:
        (at / "score").refuse(f"must be from 0 to 1, got {score}")
    cost = given.get("cost")
    return RecordedAnswer(
        text=told,
        score=score,
        input_tokens=whole(at / "input_tokens", given.get("input_tokens"), asked),
        output_tokens=whole(at / "output_tokens", given.get("output_tokens"), written),
        latency_s=number(at / "latency_s", given.get("latency_s", 0.0)),
        cost=None if cost is None else Decimal(str(number(at / "cost", cost))),
        told=bool(given.get("text")),
    )


def _messages(at: Field, given: Any) -> tuple[Message, ...]:
    if not isinstance(given, list) or not given:
        at.refuse("must be a list of turns")
    turns = []
    for place, turn in enumerate(given):
        here = at / place
        known(here, turn, frozenset({"role", "content"}))
        role = text(here / "role", turn.get("role"))
        turns.append(Message(_ROLES.get(role, role), text(here / "content", turn.get("content"))))
    return tuple(turns)
