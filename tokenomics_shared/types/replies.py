"""What comes of a call."""

from dataclasses import dataclass, field
from typing import Any

from tokenomics_shared.types.requests import ToolCall


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call, as reported.

    Attributes:
        input: all tokens read, those of the provider's prompt cache included.
        output: all tokens written, reasoning included.
        cache_read: of `input`, those read from the provider's prompt cache.
        cache_write: of `input`, those written to it.
        reasoning: of `output`, those spent on reasoning.
        estimated: counted here because the provider reported none.
    """

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    reasoning: int = 0
    estimated: bool = False

    @property
    def total(self) -> int:
        """Tokens read and written."""
        return self.input + self.output

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input + other.input,
            self.output + other.output,
            self.cache_read + other.cache_read,
            self.cache_write + other.cache_write,
            self.reasoning + other.reasoning,
            self.estimated or other.estimated,
        )


NO_USAGE = Usage()
"""Nothing read and nothing written."""


_TRUNCATED = frozenset({"length", "max_tokens", "MAX_TOKENS", "incomplete"})
"""The providers' words for an answer that a limit ended."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's answer.

    Attributes:
        text: the answer's text.
        tool_calls: functions it asks for.
        usage: tokens as the provider reported them, or None when it reported none.
        finish_reason: `stop`, `length`, `tool_calls`, `content_filter`, `aborted` (stopped by
            our own gate), `unfinished` (streamed, and the reason that should have ended it never
            came) or the provider's word; empty when a whole answer came without one.
        model: the model's name as the provider reported it.
        logprobs: log-probabilities of its tokens, in order, where the provider gives them.
        faults: what is wrong with it already as a message (a tool call whose arguments are
            not JSON, a refusal), in words.
        raw: the framework's own object.
        shown: the caller has already seen some of it, so it can't be taken back.
    """

    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    usage: Usage | None = None
    finish_reason: str = "stop"
    model: str = ""
    logprobs: tuple[float, ...] = ()
    faults: tuple[str, ...] = ()
    raw: Any = field(default=None, compare=False, repr=False)
    shown: bool = field(default=False, compare=False)

    @property
    def truncated(self) -> bool:
        """A limit on its length ended it."""
        return self.finish_reason in _TRUNCATED


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judge's finding on one answer.

    Attributes:
        accepted: good enough.
        score: how good, 0 to 1.
        reason: why not, in words.
        likelihood: calibrated probability that the answer is right; None when the judge has none.
        abstained: the judge could not tell, which is not accepting.
        features: what the scorer read in the answer, to learn from later.
    """

    accepted: bool
    score: float
    reason: str = ""
    likelihood: float | None = None
    abstained: bool = False
    features: tuple[float, ...] | None = field(default=None, compare=False, repr=False)
