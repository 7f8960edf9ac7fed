"""Recorded outcomes: what each model answered to a request, and what that was worth."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from tokenomics_shared.errors import TokenomicsError
from tokenomics_shared.types import Message, Prompt


class LogError(TokenomicsError, ValueError):
    """A log that can't be played; the message names the place and what is wrong there."""


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """What a model answered once.

    Attributes:
        text: the answer; a placeholder that tells nothing where none was recorded.
        score: what it was worth, 0 to 1.
        input_tokens: tokens the model read.
        output_tokens: tokens it wrote.
        latency_s: seconds it took; 0 where that was not recorded.
        cost: US dollars it was billed; None to reckon it from the tokens.
        told: the text is the model's own, and no placeholder.
    """

    text: str
    score: float
    input_tokens: int
    output_tokens: int
    latency_s: float = 0.0
    cost: Decimal | None = None
    told: bool = True


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request with every tier's answer.

    Attributes:
        question: the text of its last turn.
        answers: by tier.
        kind: what sort of request it is, in the log's own words; figures are told by it.
        session: requests of one session stay together and in order, however the log is shuffled.
        messages: the whole conversation; the question alone when empty.
    """

    question: str
    answers: Mapping[str, RecordedAnswer]
    kind: str = ""
    session: str = ""
    messages: tuple[Message, ...] = ()

    @property
    def prompt(self) -> Prompt:
        """The request as the engine is asked it."""
        return Prompt(self.messages or (Message("human", self.question),))

    @property
    def told(self) -> bool:
        """Whether all its answers have the text that the model gave."""
        return all(answer.told for answer in self.answers.values())


def placeholder(number: int, tier: str) -> str:
    """What stands for an answer whose text was not recorded: unique, and blind to its score.

    Args:
        number: of the request in its log.
        tier: who answered.
    """
    return f"The text of answer {number} by {tier} was not recorded."
