"""`TokenomicsMiddleware`: what `ChatTokenomics` does, inside agents made of middleware."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import BaseCallbackManager
from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import ensure_config
from langchain_core.tracers._streaming import _StreamingCallbackHandler
from pydantic import SecretStr
from typing_extensions import TypedDict, Unpack, override

from tokenomics_shared.crew import take_pin
from tokenomics_shared.errors import MissingExtra

try:
    from langchain.agents.middleware import AgentMiddleware, AgentState, ModelRequest
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] != "langchain":
        raise
    raise MissingExtra("TokenomicsMiddleware", "agents") from error

from tokenomics_langchain.agent_crews import AgentCrews
from tokenomics_langchain.agent_forms import form_of, tools_of
from tokenomics_langchain.binding import flatten
from tokenomics_langchain.chat_models import ChatTokenomics
from tokenomics_langchain.confidence import ConfidentBackend
from tokenomics_langchain.foreign import beyond
from tokenomics_langchain.handling import (
    HandlerBackend,
    Response,
    ResponseCodec,
    to_response,
)
from tokenomics_langchain.identity import digest_of
from tokenomics_langchain.models import ChatModelLike, resolve
from tokenomics_langchain.requests import to_prompt
from tokenomics_langchain.tracing import LegRuns
from tokenomics_langchain.wishes import wishes_of
from tokenomics_langchain.witness import is_witnessed
from tokenomics_shared.errors import ConfigError
from tokenomics_shared.ports import Backend
from tokenomics_shared.settings import read_settings
from tokenomics_shared.types import Prompt, Roster, Strategy

if TYPE_CHECKING:
    from tokenomics_shared.config import TokenomicsConfig
    from tokenomics_shared.engine import Engine
    from tokenomics_shared.telemetry import Report

_log = logging.getLogger("tokenomics")

_SENT = ("temperature", "max_tokens", "stop")
"""Settings that go with every call that sets none."""

_SURROUNDINGS = "agent"
"""The parameter that tells apart requests by what they don't say of themselves."""


class Settings(TypedDict, total=False):
    """The settings of `TokenomicsMiddleware`, as `ChatTokenomics` explains them."""

    cheap: ChatModelLike | None
    balanced: ChatModelLike | None
    premium: ChatModelLike | None
    strategies: Sequence[Strategy] | None
    config: "TokenomicsConfig | Mapping[str, Any] | str | Path | None"
    llm: Any
    memory: Any
    orchestrator: Any
    compression: Any
    prediction: Any
    bandit: Any
    judge: Any
    cascading: Any
    audit: Any
    telemetry: Any
    prices: Any
    quality_target: Any
    aim: Any
    token_budget: Any
    history: Any
    state_dir: str | Path | None
    engine: "Engine | None"
    temperature: float | None
    max_tokens: int | None
    stop: list[str] | None
    timeout: float | None
    max_retries: int | None
    api_key: SecretStr | str | None


@dataclass(frozen=True, slots=True)
class _Call:
    """A model call as the engine is asked to answer it."""

    prompt: Prompt
    roster: Roster
    codec: ResponseCodec
    backend: Backend


class TokenomicsMiddleware(AgentMiddleware[AgentState[Any], Any, Any]):
    """Answers an agent's model calls from memory, by a cheap model, or by its own.

    ```python
    middleware = TokenomicsMiddleware(cheap="openai:gpt-4o-mini")
    agent = create_agent("openai:gpt-4o", tools, middleware=[middleware])
    print(middleware.report())
    ```

    Every answer says what happened in `response_metadata["tokenomics"]`. Stand it last in the
    list: what stands after it changes requests that it has read, and answers are kept under what
    it has read.

    Attributes:
        engine: answers, and keeps the books; may be shared with other models and middleware.
    """

    engine: "Engine"

    def __init__(self, **settings: Unpack[Settings]) -> None:
        """Make it, with the settings of `ChatTokenomics` but for `nested` and `streaming`.

        Args:
            **settings: as `ChatTokenomics` explains them. Without `premium`, that is the model
                that the agent comes with, and savings are measured against it.

        Raises:
            ConfigError: a setting is unknown or impossible; it is named.
            StoreError: a file is foreign, newer or unreadable; it is left as it is.
        """
        super().__init__()
        unknown = settings.keys() - Settings.__annotations__.keys()
        if unknown:
            named = "; ".join(f"{name}: there is no such setting" for name in sorted(unknown))
            raise ConfigError(named)
        values = read_settings(settings, resolve)
        self.engine = values["engine"]
        self._crews = AgentCrews(values, self.engine.config, self._look_at)
        self._sent = {name: values[name] for name in _SENT if name in values}
        self._confident = "confidence" in self.engine.config.judge.judges
        self._warned: set[str] = set()

    def report(self) -> "Report":
        """What was asked, what it cost and what it would have cost, from the whole ledger."""
        return self.engine.report()

    @override
    def wrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Response],
    ) -> Response:
        """Answer a model call."""
        call = self._call(request, handler)
        if call is None:
            return handler(request)
        asked = call.prompt, call.roster, call.codec, call.backend
        return to_response(self.engine.run(*asked))

    @override
    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[Response]],
    ) -> Response:
        """Answer a model call without blocking the event loop."""
        call = self._call(request, handler)
        if call is None:
            return await handler(request)
        asked = call.prompt, call.roster, call.codec, call.backend
        return to_response(await self.engine.arun(*asked))

    def _call(self, request: ModelRequest[Any], handler: Callable[..., Any]) -> _Call | None:
        """The call for the engine; None when it is not ours to answer."""
        if self._stands_aside(request.model):
            return None
        of_agent = self._crews.of(request.model)
        crew, form = of_agent.crew, form_of(request)
        system = request.system_message
        before = () if system is None else (system,)
        settings = {**self._sent, **request.model_settings}
        roster = crew.roster()
        forms = crew.forms(roster)
        pin = take_pin(settings, crew)
        plain = HandlerBackend(
            crew.tiers,
            [*before, *request.messages],
            None,
            settings,
            LegRuns(None, "none"),
            request=request,
            handler=handler,
            crew=of_agent,
            form=form,
            forms=forms,
        )
        backend: Backend = plain
        if self._confident:
            backend = ConfidentBackend(plain, crew.drafting, crew.declined)
        prompt = _prompt(plain, pin, ensure_config())
        tools = {"tools": request.tools, "tool_choice": request.tool_choice}
        if unable := beyond(forms, plain.messages, tools):
            prompt = replace(prompt, beyond=unable)
        return _Call(prompt, roster, ResponseCodec(form), backend)

    def _look_at(self, roster: Roster) -> None:
        """Say what is wrong with models that are seen for the first time."""
        from tokenomics_shared.bandit.arms import warn_of_order

        self.engine.roster = self.engine.roster or roster
        books = self.engine.parts.books
        with books.faults.shield("prices"):
            warn_of_order(roster, books.cost)

    def _stands_aside(self, given: Any) -> bool:
        """Whether somebody else sees to this call already; the first time, it is said."""
        model: object = flatten(given)[0]
        if isinstance(model, ChatTokenomics):
            self._warn(
                "the agent's model is a ChatTokenomics: TokenomicsMiddleware leaves its calls to "
                "it; take one of the two"
            )
        elif is_witnessed():
            self._warn(
                "two TokenomicsMiddleware stand in one agent: the outer one answers, this one "
                "leaves the calls to it"
            )
        elif isinstance(model, BaseChatModel):
            return False
        else:
            self._warn(
                f"the agent's model is a {type(model).__name__}, no chat model that is made yet: "
                "TokenomicsMiddleware leaves its calls as they are"
            )
        return True

    def _warn(self, words: str) -> None:
        if words not in self._warned:
            self._warned.add(words)
            _log.warning(words)


def _prompt(backend: HandlerBackend, pin: str | None, config: RunnableConfig) -> Prompt:
    """The request as the engine reads it."""
    request, form = backend.request, backend.form
    kwargs: dict[str, Any] = dict(backend.kwargs)
    stop = kwargs.pop("stop", None)
    kwargs["tools"] = tools_of(request)
    kwargs["tool_choice"] = request.tool_choice
    if form is not None:
        kwargs["tools"] += form.functions
        kwargs["response_format"] = form.described
    surroundings = _surroundings(request, config)
    if surroundings is not None:
        kwargs[_SURROUNDINGS] = surroundings
    paced = _is_watched(request.model, config)
    prompt = to_prompt(backend.messages, stop, kwargs, pin, paced=paced)
    wishes = wishes_of(config)
    return prompt if wishes is None else wishes.put_on(prompt)


def _surroundings(request: ModelRequest[Any], config: RunnableConfig) -> str | None:
    """What answers may depend on and the request doesn't say: the run's context, agents' names.

    What stands after us may read the context and put it into what is sent.
    """
    context = getattr(request.runtime, "context", None)
    name = (config.get("metadata") or {}).get("lc_agent_name")
    return None if context is None and name is None else digest_of([context, name])


def _is_watched(model: Any, config: RunnableConfig) -> bool:
    """Whether somebody may see an answer's tokens as they come."""
    if getattr(model, "streaming", None):
        return True
    callbacks = config.get("callbacks")
    handlers = callbacks.handlers if isinstance(callbacks, BaseCallbackManager) else callbacks
    return any(isinstance(handler, _StreamingCallbackHandler) for handler in handlers or ())
