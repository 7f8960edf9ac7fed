"""Which requests may be answered, or kept, by meaning at all."""

from dataclasses import dataclass
from typing import Any

from tokenomics_shared.memory.deixis import dangling
from tokenomics_shared.memory.subject import subject
from tokenomics_shared.memory.volatile import left_to_chance, personal, time_bound
from tokenomics_shared.types import Prompt


@dataclass(frozen=True, slots=True)
class Limits:
    """What an application lets memory answer by meaning.

    Attributes:
        max_temperature: the highest temperature a request may ask for, 0 to 2. The default is
            the providers' own default: who sets nothing, or that, asks for no variety; who
            goes above it does. Requests that name none pass.
        allow_tools: requests that offer tools may be answered. Their answers often depend on
            what the tools would have found.
        allow_structured: requests with a response format may be answered. They mostly extract
            from or classify the very text, where a small difference is the answer.
        allow_time_bound: questions about the present may be answered; only with a time to live
            so short that the answer still holds.
        scoped: the request belongs to one person's tenant, so that personal questions stay
            with who asked them.
        max_words: words of the longest text compared, at least 1; embeddings of longer ones
            blur the detail that decides, and embedders cut them off.
    """

    max_temperature: float = 1.0
    allow_tools: bool = False
    allow_structured: bool = False
    allow_time_bound: bool = False
    scoped: bool = False
    max_words: int = 150


def refusal_to_match(prompt: Prompt, text: str, limits: Limits) -> str | None:
    """Say why a request is never answered or kept by meaning, or None when it may be.

    The exact caches are not concerned: the same request deserves the same answer, except that
    what is `time_bound` deserves it for a short time only.

    Args:
        prompt: the request.
        text: what it asks, `subject(prompt)`.
        limits: what the application allows.
    """
    return _refused_form(prompt, limits) or _refused_words(text, limits)


def _refused_form(prompt: Prompt, limits: Limits) -> str | None:
    temperature = prompt.params.get("temperature")
    refusals = {
        "last turn isn't a human message of text alone": subject(prompt) is None,
        "several samples": prompt.params.get("n") not in (None, 1),
        f"temperature {temperature}": not _at_most(temperature, limits.max_temperature),
        "offers tools": bool(prompt.tools) and not limits.allow_tools,
        "asks for a format": not _free(prompt.response_format) and not limits.allow_structured,
    }
    return next((why for why, refused in refusals.items() if refused), None)


def _refused_words(text: str, limits: Limits) -> str | None:
    words = len(text.split())
    if words > limits.max_words:
        return f"{words} words, more than {limits.max_words}"
    hanging = dangling(text)
    if hanging:
        return hanging
    chance = left_to_chance(text)
    if chance:
        return f"left to chance: {chance}"
    own = None if limits.scoped else personal(text)
    if own:
        return f"personal: {own}"
    moment = None if limits.allow_time_bound else time_bound(text)
    return f"depends on time: {moment}" if moment else None


def _at_most(temperature: Any, limit: float) -> bool:
    return temperature is None or (isinstance(temperature, int | float) and temperature <= limit)


def _free(wanted: Any) -> bool:
    return wanted is None or wanted in ("text", {"type": "text"})
