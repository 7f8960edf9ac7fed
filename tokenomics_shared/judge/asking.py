"""Asking a model for JSON, and reading whatever it writes."""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from tokenomics_shared.effects import Generate, Steps
from tokenomics_shared.ports import Account
from tokenomics_shared.types import Message, Prompt, Strategy

T = TypeVar("T")

_THOUGHTS = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_MAX = 20_000
"""Characters of a model's reply that are read."""
_MAX_TRIES = 50
"""Places where an object might begin that are tried."""

_decoder = json.JSONDecoder()


def ask_json(
    strategy: Strategy,
    prompt: Prompt,
    read: Callable[[Mapping[str, Any]], T | None],
    account: Account,
) -> Steps[T | None]:
    """Ask for a JSON object; once more when none comes that can be read, and then no more.

    Args:
        strategy: the arm that is asked; nothing of the caller's own request goes along.
        prompt: a system message and one human turn that say what is wanted.
        read: what an object means; None when it is not what was asked for.
        account: where the calls are charged, as judging.

    Raises:
        CallFailed: the model did not answer.
    """
    for attempt in (prompt, _reminded(prompt)):
        with account.leg(strategy, attempt, "judge") as leg:
            reply = yield from Generate(strategy, attempt, "hold", own=True)
            leg.settle(reply)
        found = [value for each in objects(reply.text) if (value := read(each)) is not None]
        # Objects that say different things are no answer: one of them may only be quoted.
        if found and all(value == found[0] for value in found):
            return found[0]
    return None


def _reminded(prompt: Prompt) -> Prompt:
    """The same question, with a word on the form; one turn, as some providers want them."""
    *before, last = prompt.messages
    text = f"{last.text}\n\nReply with that one JSON object and nothing else."
    return Prompt((*before, Message(last.role, text)), max_tokens=prompt.max_tokens)


def objects(text: str) -> Iterator[Mapping[str, Any]]:
    """The JSON objects in a text, whatever is around them; those inside others left out."""
    text = _THOUGHTS.sub("", text[:_MAX])
    at = text.find("{")
    for _ in range(_MAX_TRIES):
        if at < 0:
            return
        try:
            value, end = _decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            yield value
        at = text.find("{", end)


def unit(value: Any) -> float | None:
    """A number from 0 to 1, perhaps written as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and 0.0 <= number <= 1.0 else None
