"""Whether a user's text is to be worked on from end to end, so that all of it is needed."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from tokenomics_shared.types import SYSTEM_ROLES, USER_ROLES, Message

_EDGE: Final = 1_000
"""Characters of a message, at either end, in which a user says what is to be done."""

_SYSTEM: Final = 20_000
"""Characters of a system's turn that are looked at."""

_ERRANDS: Final = re.compile(
    r"\b(?:translat\w+|transliterat\w+|transcri\w+|proof-?read\w*|copy-?edit\w*|spell-?check\w*"
    r"|rewrit\w+|rephras\w+|reword\w*|paraphras\w+|anonymi[sz]\w+|redact\w*|verbatim"
    r"|(?:word|line|sentence)[- ](?:for|by)[- ](?:word|line|sentence)"
    r"|(?:check|correct|fix|improve|polish)\w*(?: \w+){0,3} "
    r"(?:grammar|spelling|punctuation|typos?|wording|style)"
    r"|(?:count|how many|(?:total )?number of)(?: \w+){0,2} (?:words|characters|letters|sentences|"
    r"lines|paragraphs|times|occurrences)"
    r"|\u00fcbersetz\w*|tradu(?:c|i|z|r)\w*|vertaal\w*|\u043f\u0435\u0440\u0435\u0432(?:\u0435\u0434|\u043e\u0434)\w*)\b"
    r"|\u7ffb[\u8bd1\u8b6f\u8a33]|\ubc88\uc5ed",
    re.IGNORECASE,
)
"""Words for such errands; that of translating in the languages that it is most asked for in."""


def wants_all(messages: Sequence[Message], places: Iterable[int]) -> bool:
    """Whether all of what a user says here is wanted: to translate it, correct it, count in it.

    Args:
        messages: the conversation.
        places: of the messages that came together, in order.
    """
    own = list(places)
    said = [messages[at].text for at in own if messages[at].role in USER_ROLES]
    if not said:
        return False
    before = (it for it in messages[: own[-1]] if it.role in SYSTEM_ROLES)
    told = [it.text[:_SYSTEM] for it in before]
    told += [part for text in said for part in _edges(text)]
    return any(_ERRANDS.search(text) for text in told)


def _edges(text: str) -> tuple[str, ...]:
    return (text,) if len(text) <= 2 * _EDGE else (text[:_EDGE], text[-_EDGE:])
