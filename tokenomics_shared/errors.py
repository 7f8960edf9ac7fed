"""What can go wrong, split by what the caller can do about it.

TokenomicsError
├── BudgetError      give a larger token budget or less text (also a ValueError)
├── ConfigError      change the configuration (also a ValueError)
│   └── MissingExtra install the extra it names (also an ImportError)
├── EmbedderError    mend or change the embedder: what it gave can't be compared
│   └── EmbedderTimeout  it took too long (also a TimeoutError)
├── FeedbackError    give another score or another answer (also a ValueError)
├── JudgeError       mend the judge's function: what it gave is no score (also a ValueError)
├── PromptError      change the request (also a ValueError)
└── StoreError       give another file: this one is foreign, newer, unreadable

Two more carry news between drivers and the pipeline and never reach the caller: CallFailed,
whose `cause` the caller gets instead, and Abandoned.
"""

from tokenomics_shared.types import Reply


class TokenomicsError(Exception):
    """Base of every error this package raises on its own account."""


class BudgetError(TokenomicsError, ValueError):
    """A token budget that what must be kept does not fit into; both are named."""


class ConfigError(TokenomicsError, ValueError):
    """A setting that is unknown or impossible; the message names it, its value and the limit."""


class MissingExtra(ConfigError, ImportError):
    """A dependency that is not installed; the message holds the command that installs it."""

    def __init__(self, wanted: str, extra: str) -> None:
        super().__init__(
            f"{wanted} needs an optional dependency: pip install 'tokenomics-llm[{extra}]'"
        )


class EmbedderError(TokenomicsError):
    """An embedder gave what can't be compared: no vectors, too few, zero, not finite."""


class EmbedderTimeout(EmbedderError, TimeoutError):
    """An embedder took longer than it may, or still hangs in earlier calls."""


class FeedbackError(TokenomicsError, ValueError):
    """A score that is none, or an answer that is not known; nothing was learned."""


class JudgeError(TokenomicsError, ValueError):
    """A judge's function gave no score; the message names it, and quotes no prompt or answer."""


class PromptError(TokenomicsError, ValueError):
    """A request that no model can answer; raised before any model is asked."""


class StoreError(TokenomicsError):
    """A file that is not ours to write: foreign, newer, or unreadable. It is left as it is."""


class CallFailed(Exception):
    """Thrown into the pipeline when a model call fails.

    Attributes:
        cause: the provider's exception.
        shown: the caller has already seen part of the answer.
        partial: what had arrived, if anything.
    """

    def __init__(self, cause: Exception, *, shown: bool = False, partial: Reply | None = None):
        super().__init__(str(cause))
        self.cause = cause
        self.shown = shown
        self.partial = partial


class Abandoned(BaseException):
    """Thrown into the pipeline when the caller leaves in the middle of a model call.

    Derives from BaseException, as GeneratorExit and CancelledError do, so that no fallback
    mistakes it for a failure.
    """

    def __init__(self, partial: Reply | None = None) -> None:
        super().__init__()
        self.partial = partial
