"""What LlamaIndex's instrumentation is told of our decisions."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import iscoroutinefunction, signature
from typing import Any, TypeVar

from llama_index.core.instrumentation.events import BaseEvent
from llama_index.core.instrumentation.span import active_span_id
from llama_index_instrumentation import get_dispatcher
from llama_index_instrumentation.dispatcher import Dispatcher
from llama_index_instrumentation.event_handlers import NullEventHandler
from llama_index_instrumentation.span_handlers import NullSpanHandler
from typing_extensions import override

Method = TypeVar("Method", bound=Callable[..., Any])

_dispatcher = get_dispatcher(__name__)

_DEAF = (NullEventHandler, NullSpanHandler)
"""Handlers that are always there and do nothing."""


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
    if not is_heard(_dispatcher):
        return
    _dispatcher.event(TokenomicsDecisionEvent(decision=decision, span_id=span))


def is_heard(dispatcher: Dispatcher) -> bool:
    """Whether anybody hears what this dispatcher tells, itself or by way of those above it."""
    while True:
        for handler in (*dispatcher.event_handlers, *dispatcher.span_handlers):
            if type(handler) not in _DEAF:
                return True
        if not dispatcher.propagate:
            return False
        dispatcher = dispatcher.parent


def spanned(method: Method) -> Method:
    """Give calls of a method a span of LlamaIndex's, while anybody hears of spans or events.

    As its own decorator does, which every method that answers would get otherwise. That makes an
    id and binds the arguments with every call, which takes half as long as an answer from memory.
    """
    dispatcher = get_dispatcher(method.__module__)
    told: Any = dispatcher.span(method)
    # Read once; the decorator would read it with every call.
    method.__signature__ = signature(method)  # type: ignore[attr-defined]

    def chosen(model: Any) -> Callable[..., Any]:
        return (told if is_heard(dispatcher) else method).__get__(model)  # type: ignore[no-any-return]

    if iscoroutinefunction(method):

        @wraps(method)
        async def acall(model: Any, /, *args: Any, **kwargs: Any) -> Any:
            return await chosen(model)(*args, **kwargs)

        return acall  # type: ignore[return-value]  # it takes and gives what the method does

    @wraps(method)
    def call(model: Any, /, *args: Any, **kwargs: Any) -> Any:
        return chosen(model)(*args, **kwargs)

    return call  # type: ignore[return-value]  # it takes and gives what the method does


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
