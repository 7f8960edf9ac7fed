"""What cases of tool results are, and what they are made of.

All are made from a seed. Where the answer is, how it stands out and how it is asked for vary, and
there is much beside it that looks like one: near-duplicate ids, benign warnings, counts of no
errors.
"""

import json
from dataclasses import dataclass
from random import Random
from typing import Any

FIRST = "Ana Ben Chloe Dev Elif Femi Goran Hana Ivan Jia Kofi Lena Mateo Nadia Omar Priya".split()
LAST = (
    "Adler Brandt Costa Diaz Egede Fischer Gupta Haddad Ito Jansen Khan Lopez Meyer Novak".split()
)
CITIES = "Lisbon Osaka Nairobi Lyon Austin Bergen Quito Perth Leeds Izmir Porto Hanoi".split()
SERVICES = (
    "checkout billing catalog search-api auth gateway ledger mailer inventory pricing recommender"
    " sessions uploads webhooks notifier scheduler exporter ingest profile cart"
).split()
REGIONS = ("eu-west-1", "us-east-1", "us-west-2", "ap-south-1")


@dataclass(frozen=True)
class Case:
    """A tool's result, a question to it, and what must still be there to answer it.

    Attributes:
        kind: what the text is.
        asked: how the answer is asked for: by its `id`, by what is `described`, or `open`, in
            words that the answer has none of.
        text: the result.
        query: the question.
        answer: texts that are all in what answers it.
    """

    kind: str
    asked: str
    text: str
    query: str
    answer: tuple[str, ...]


def hexes(random: Random, digits: int) -> str:
    """Random hexadecimal digits."""
    return f"{random.getrandbits(4 * digits):0{digits}x}"


def stamp(random: Random, minute: int) -> str:
    """A time of 2025, so many minutes after its first day of May began."""
    hours, left = divmod(minute, 60)
    days, hour = divmod(hours, 24)
    return f"2025-05-{1 + days % 30:02}T{hour:02}:{left:02}:{random.randrange(60):02}Z"


def middle(random: Random, count: int) -> int:
    """A place that is neither among the first nor among the last."""
    return random.randrange(max(4, count // 8), count - max(4, count // 8))


def as_json(random: Random, value: Any) -> str:
    """JSON as tools write it: compact, with spaces, or indented."""
    style = random.choice(("compact", "spaced", "indented"))
    if style == "compact":
        return json.dumps(value, separators=(",", ":"), ensure_ascii=random.random() < 0.5)
    return json.dumps(value, indent=2 if style == "indented" else None)


def field(value: Any, *keys: str) -> tuple[str, ...]:
    """What a record's fields look like in JSON without spaces."""
    return tuple(f'"{key}":{json.dumps(value[key], separators=(",", ":"))}' for key in keys)
