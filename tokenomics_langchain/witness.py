"""Which model calls were made inside a handler: what stands there may make none, or several."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage
from langchain_core.outputs import LLMResult
from langchain_core.tracers.context import register_configure_hook
from typing_extensions import override

from tokenomics_langchain.convert import to_usage
from tokenomics_shared.types import NO_USAGE, Reply, Usage


class Witness(BaseCallbackHandler):
    """Hears of every model call that ends well while it is in the context."""

    run_inline = True
    ignore_agent = True
    ignore_chain = True
    ignore_custom_event = True
    ignore_retriever = True
    ignore_retry = True

    def __init__(self) -> None:
        """Nothing was heard of yet."""
        self._calls: list[tuple[str, Usage | None]] = []

    @override
    def on_chat_model_start(self, *args: Any, **kwargs: Any) -> None:
        """Wait for the end."""

    @override
    def on_llm_end(self, response: LLMResult, **kwargs: Any) -> None:
        """Take in what a call was billed."""
        message = getattr(response.generations[0][0], "message", None)
        if isinstance(message, AIMessage):
            self._calls.append((_model(message), to_usage(message)))

    def completed(self, reply: Reply, message: AIMessage) -> Reply:
        """A reply with all that was billed for it: it may be a later try of the same model.

        One that no model has given is marked as broken: an error's text, say, in place of an
        answer.
        """
        if not self._calls:
            if message.id is not None or message.usage_metadata is not None:
                return reply
            faults = (*reply.faults, "no model gave this answer")
            return replace(reply, usage=NO_USAGE, faults=faults)
        # Written anew by others, an answer says no more who gave it.
        model = reply.model or self._calls[-1][0]
        return replace(reply, model=model, usage=self._billed(model))

    def unanswered(self) -> Reply | None:
        """What was billed although no answer came of it; None when nothing was."""
        if not self._calls:
            return None
        model, _ = self._calls[-1]
        return Reply("", model=model, usage=self._billed(model))

    def _billed(self, model: str) -> Usage | None:
        """The tokens of a model's calls; None when one reported none."""
        total = NO_USAGE
        for name, usage in self._calls:
            if name == model and usage is None:
                return None
            if name == model and usage is not None:
                total += usage
        return total


def _model(message: AIMessage) -> str:
    metadata = message.response_metadata
    return str(metadata.get("model_name") or metadata.get("model") or "")


_witness: ContextVar[Witness | None] = ContextVar("tokenomics_witness", default=None)
register_configure_hook(_witness, inheritable=True)


def is_witnessed() -> bool:
    """Whether a middleware of ours is already at work on this very model call."""
    return _witness.get() is not None


@contextmanager
def witnessed() -> Iterator[Witness]:
    """Hear of the model calls that are made in this context."""
    witness = Witness()
    token = _witness.set(witness)
    try:
        yield witness
    finally:
        _witness.reset(token)
