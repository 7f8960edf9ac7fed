"""Whether anybody would hear of a run."""

from typing import Any, TypeGuard

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.globals import get_debug, get_llm_cache
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tracers import BaseTracer
from langchain_core.tracers._streaming import _StreamingCallbackHandler
from langchain_core.tracers.context import _configure_hooks, _tracing_v2_is_enabled
from langchain_core.utils.env import env_var_is_set
from langchain_core.utils.utils import LC_ID_PREFIX
from langchain_core.utils.uuid import uuid7

_FOR_RUNS = ("ls_structured_output_format", "structured_output_format")
"""Arguments that are meant for the run's record alone."""


def needs_no_run(model: BaseChatModel, config: RunnableConfig) -> bool:
    """Whether LangChain's record of a run would tell nobody anything and change nothing.

    True when no handler is configured, in the call, on the model, in the context or by the
    environment, and nothing is wanted that LangChain does around a call: caching, rate
    limiting, streaming inside, conversion of content.
    """
    callbacks = config.get("callbacks")
    if (
        getattr(callbacks, "handlers", callbacks)
        or model.callbacks
        or model.verbose
        or model.cache is not None
        or model.rate_limiter is not None
        or model.output_version is not None
        or getattr(model, "streaming", None)
        or get_llm_cache() is not None
    ):
        return False
    return not _somebody_always_listens()


def _somebody_always_listens() -> bool:
    """Whether `CallbackManager.configure` would bring handlers of its own, at a third of its cost.

    They come with debugging, with tracing by environment or context, and with hooks in the
    context, such as `get_usage_metadata_callback` sets. Of tracing of the first kind, which is
    gone, LangChain itself shall tell.
    """
    return bool(
        get_debug()
        or env_var_is_set("LANGCHAIN_TRACING")
        or env_var_is_set("LANGCHAIN_HANDLER")
        or _tracing_v2_is_enabled()
        or any(
            variable.get() is not None or (handler and name and env_var_is_set(name))
            for variable, _, handler, name in _configure_hooks
        )
    )


def without_run(kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a call that no run records."""
    return {name: value for name, value in kwargs.items() if name not in _FOR_RUNS}


def with_id(message: AIMessage, config: RunnableConfig) -> AIMessage:
    """The answer under an id such as a run would have given it."""
    if message.id is None:
        message.id = f"{LC_ID_PREFIX}-{config.get('run_id') or uuid7()}-0"
    return message


def is_tracer(handler: BaseCallbackHandler) -> TypeGuard[BaseTracer]:
    """Whether it records runs, and for somebody other than a stream's reader."""
    return isinstance(handler, BaseTracer) and not isinstance(handler, _StreamingCallbackHandler)
