"""Model calls of an agent, made by the handler that its middleware is given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from langchain.agents.middleware import ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, BaseMessage, SystemMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langgraph.errors import GraphBubbleUp
from typing_extensions import override

from tokenomics_langchain.agent_crews import AgentCrew
from tokenomics_langchain.agent_forms import AnswerForm, bound_as_agents_do
from tokenomics_langchain.backend import LangChainBackend, _parameters
from tokenomics_langchain.binding import Target, flatten
from tokenomics_langchain.codec import MessageCodec
from tokenomics_langchain.convert import (
    answer_of,
    to_failure,
    to_reply,
)
from tokenomics_langchain.limits import put_limit
from tokenomics_langchain.listeners import with_id
from tokenomics_langchain.tracing import LegRuns
from tokenomics_langchain.wishes import OURS
from tokenomics_langchain.witness import Witness, witnessed
from tokenomics_shared.effects import Generate
from tokenomics_shared.errors import CallFailed
from tokenomics_shared.telemetry import as_metadata
from tokenomics_shared.types import NO_USAGE, Outcome, Reply

Request = ModelRequest[Any]
Response = ModelResponse[Any]

_BOUND_BY_AGENTS = frozenset({"tools", "tool_choice", "response_format", "strict"})
"""Arguments that an agent with tools or a form of answers binds itself."""


class Handled(ChatResult):
    """A model's answer, with the response of an agent's that it is the first message of."""

    response: Any


@dataclass(slots=True)
class HandlerBackend(LangChainBackend):
    """Asks tiers through the handler, so that all that stands after us works for each of them.

    Requests of our own, and audits, go to the tiers themselves: no stream or callback of the
    agent's hears of them.

    Attributes:
        request: what the agent asks.
        handler: makes a call; awaitable for async agents.
        crew: the models.
        form: the form that the answer must have.
    """

    request: Request
    handler: Callable[[Request], Any]
    crew: AgentCrew
    form: AnswerForm | None

    @override
    def generate(self, ask: Generate) -> Reply:
        """Ask and wait."""
        if ask.own:
            return LangChainBackend.generate(self, ask)
        request = self._request(ask)
        with witnessed() as witness:
            try:
                response = self.handler(request)
            except Exception as error:
                raise _failed(error, witness) from error
        return _read(response, self.form, witness)

    @override
    async def agenerate(self, ask: Generate) -> Reply:
        """Ask and wait, without blocking the event loop."""
        if ask.own:
            return await LangChainBackend.agenerate(self, ask)
        request = self._request(ask)
        with witnessed() as witness:
            try:
                response = await self.handler(request)
            except Exception as error:
                raise _failed(error, witness) from error
        return _read(response, self.form, witness)

    @override
    def aside(self) -> LangChainBackend:
        """The same calls without the handler."""
        runs = LegRuns(None, "none")
        messages = list(self.messages)
        given = self.tiers, messages, self.stop, self.kwargs, runs, self.request, self.form
        return _Aside(*given, forms=self.forms)

    def _request(self, ask: Generate) -> Request:
        """What the handler is given: the agent's own request, but for what is to differ."""
        form = self.forms.get(ask.strategy.tier)
        kwargs = self.kwargs if form is None else form.arguments(self.kwargs)
        changes = self._addressed(ask, kwargs)
        if form is not None and self.request.tools:
            changes.update(form.bound(self.request.tools, self.request.tool_choice))
        sent = self._messages(ask)
        if sent is not self.messages:
            changes.update(_turns(self.request, sent))
        return self.request.override(**changes) if changes else self.request

    def _addressed(self, ask: Generate, kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """The model to ask and its arguments, where they are not the agent's own."""
        request, strategy = self.request, ask.strategy
        given = self.tiers[strategy.tier]
        model, bound = flatten(given)
        limit = strategy.max_tokens
        if given is request.model and ask.show == "live":
            changes: dict[str, Any] = {}
            settings = {**_parameters(strategy), **kwargs}
        else:
            changes = {"model": model if ask.show == "live" else self.crew.held(strategy.tier)}
            if request.tools or self.form is not None:
                bound = {name: it for name, it in bound.items() if name not in _BOUND_BY_AGENTS}
            settings = {**bound, **_parameters(strategy), **kwargs}
        if limit is not None or (changes and "max_tokens" in settings):
            put_limit(model, settings, limit)
        if settings != request.model_settings:
            changes["model_settings"] = settings
        return changes


@dataclass(slots=True)
class _Aside(LangChainBackend):
    """Asks as the agent does, without it."""

    request: Request
    form: AnswerForm | None

    @override
    def _target(self, ask: Generate) -> Target:
        if ask.own:
            return LangChainBackend._target(self, ask)
        model, _ = flatten(self.tiers[ask.strategy.tier])
        bound = bound_as_agents_do(self.request, self.form, model)
        kwargs = {**self.kwargs, **bound}
        plain = LangChainBackend(
            self.tiers, self.messages, self.stop, kwargs, self.runs, forms=self.forms
        )
        return plain._target(ask)


class ResponseCodec(MessageCodec):
    """Writes an agent's answers, and builds fresh responses from them."""

    def __init__(self, form: AnswerForm | None) -> None:
        """Take the form that answers have."""
        self._form = form

    @override
    def freeze(self, reply: Reply) -> str | None:
        """Write an answer's message; None when the response is more than that."""
        result = reply.raw
        if isinstance(result, Handled) and len(result.response.result) != 1:
            return None
        return super().freeze(reply)

    @override
    def thaw(self, payload: str) -> Reply:
        """Build a fresh answer, with what is structured in it parsed anew.

        Raises:
            ValueError: it is not in the form that is asked for.
        """
        reply = super().thaw(payload)
        message = answer_of(reply.raw)
        parsed = None if self._form is None else self._form.parsed(message)
        response = ModelResponse(result=[message], structured_response=parsed)
        return replace(reply, raw=Handled(generations=reply.raw.generations, response=response))


def to_response(outcome: Outcome) -> Response:
    """The response, with what happened on its first message."""
    if outcome.reply is None:
        raise ValueError("the request has no answer")
    result: Handled = outcome.reply.raw
    response: Response = result.response
    if not result.generations:
        return response
    message = answer_of(result)
    metadata = {**message.response_metadata, OURS: as_metadata(outcome)}
    # On a copy: what made the message may hold it too.
    told = with_id(message.model_copy(update={"response_metadata": metadata}), {})
    messages = list(response.result)
    messages[_place(messages)] = told
    return replace(response, result=messages)


def _read(response: Response, form: AnswerForm | None, witness: Witness) -> Reply:
    place = _place(response.result)
    if place is None:
        # Whatever stands after us answers like this; the agent shall see it.
        billed = witness.unanswered() or Reply("", usage=NO_USAGE)
        nothing = Handled(generations=[], response=response)
        return replace(billed, faults=("no answer",), raw=nothing)
    message = response.result[place]
    result = Handled(generations=[ChatGeneration(message=message)], response=response)
    reply = witness.completed(to_reply(result), message)
    if form is None:
        return reply
    if form.is_broken(response):
        return replace(reply, faults=(*reply.faults, "the answer breaks its schema"))
    if response.structured_response is not None and form.name:
        calls = tuple(replace(call, name=form.name) for call in reply.tool_calls)
        return replace(reply, tool_calls=calls)
    return reply


def _place(messages: list[BaseMessage]) -> Any:
    """Where the answer stands among the messages; None when there is none."""
    places = (at for at, message in enumerate(messages) if isinstance(message, AIMessage))
    return next(places, None)


def _turns(request: Request, sent: list[BaseMessage]) -> dict[str, Any]:
    """The turns to send, as an agent's request holds them."""
    if request.system_message is None:
        return {"messages": sent}
    first = sent[0] if sent else None
    if isinstance(first, SystemMessage):
        return {"system_message": first, "messages": sent[1:]}
    return {"system_message": None, "messages": sent}


def _failed(error: Exception, witness: Witness) -> CallFailed:
    """Read a failure; what the graph is told by an exception is told to it at once."""
    partial = witness.unanswered()
    if isinstance(error, GraphBubbleUp):
        return CallFailed(error, shown=True, partial=partial)
    return to_failure(error) if partial is None else CallFailed(error, partial=partial)
