"""Questions of fixed length, each asked once."""

from collections.abc import Callable, Iterator
from itertools import count

Asker = Callable[[int], list[str]]
"""Makes that many questions."""

FACT = "What is the capital of region number {:06d}? Please answer in a short sentence."
"""Opens with what routers by pattern know at once."""

PLAIN = "Please name one thing that is true of the number {:06d} in a short sentence."

LONG = (
    "Analyze case {:09d}: a payment service retries failed transfers while its database "
    "replicates asynchronously. Explain how duplicate transfers can arise, compare idempotency "
    "keys with distributed transactions and with an outbox table, evaluate the trade-offs in "
    "latency, consistency and operating cost, and derive which design keeps every balance right "
    "when a network partition lasts longer than the retry window. Justify each step of the "
    "argument with care."
)
"""460 characters that ask for reasoning; routers whose cost grows with length show it here."""


def asker(question: str) -> Asker:
    """Make questions from this one, each with a number of its own."""
    numbers = count()
    return lambda many: [question.format(next(numbers)) for _ in range(many)]


def again(*questions: str) -> Asker:
    """Ask the same questions over and over, in turn."""

    def turns() -> Iterator[str]:
        while True:
            yield from questions

    rest = turns()
    return lambda many: [next(rest) for _ in range(many)]
