"""What LlamaIndex's instrumentation is told of our decisions."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from llama_index.core.instrumentation.events import BaseEvent
from llama_index.core.instrumentation.span import active_span_id
from llama_index_instrumentation import get_dispatcher
from typing_extensions import override

_dispatcher = get_dispatcher(__name__)


class TokenomicsDecisionEvent(BaseEvent):
    """A request was answered; by whom, at what cost, and why.

    Attributes:
        decision: what the response says in `additional_kwargs["tokenomics"]`.
    """

    decision: dict[str, Any]

    @classmethod
    @override
    def class_name(cls) -> str:
        """What LlamaIndex calls it where it is stored."""
        return "TokenomicsDecisionEvent"


def current_span() -> str | None:
    """The span of the call that is being made; None outside of all."""
    return active_span_id.get()


def tell(decision: dict[str, Any], span: str | None) -> None:
    """Tell of a decision, in this span."""
    _dispatcher.event(TokenomicsDecisionEvent(decision=decision, span_id=span))


@contextmanager
def inside(span: str | None) -> Iterator[None]:
    """Make this the span that whatever is begun inside belongs to.

    A stream is read when the call that gave it has returned, and its span with it.
    """
    token = active_span_id.set(span)
    try:
        yield
    finally:
        active_span_id.reset(token)
