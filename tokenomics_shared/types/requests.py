"""A request, for reading only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

SYSTEM_ROLES = frozenset({"system", "developer"})
USER_ROLES = frozenset({"human", "user"})
OWN_ROLES = frozenset({"ai", "assistant", "model"})
TOOL_ROLES = frozenset({"tool", "function"})
"""What frameworks call the four sides of a conversation."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function the model asks for.

    Attributes:
        name: the tool's name.
        args: its arguments as JSON text, exactly as the model wrote them.
        id: the provider's id of the call.
    """

    name: str
    args: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation, for reading only.

    Attributes:
        role: `system`, `human`, `ai`, `tool` or whatever else the framework calls it.
        content: text, or the framework's content blocks (JSON-able).
        tool_calls: functions the turn asks for.
        extra: everything else of the turn that the model sees (JSON-able): a name, the id of
            the tool call it answers, provider fields. Message ids do not belong here.
        raw: the framework's own object; it is what is sent, untouched. Where its content is not
            `content` itself, the same object, a copy of it with that content is sent instead.
    """

    role: str
    content: str | Sequence[Any]
    tool_calls: tuple[ToolCall, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    raw: Any = field(default=None, compare=False, repr=False)

    @property
    def text(self) -> str:
        """The turn's text, content blocks joined by spaces."""
        if isinstance(self.content, str):
            return self.content
        blocks = (b if isinstance(b, str) else b.get("text", "") for b in self.content)
        return " ".join(text for text in blocks if text)


@dataclass(frozen=True, slots=True)
class Prompt:
    """One request: everything that decides what a right answer is.

    Attributes:
        messages: the conversation, oldest first.
        tools: tool schemas offered to the model (JSON-able).
        tool_choice: which of them it must use, in the framework's form.
        response_format: the schema or format the answer must have (JSON-able).
        stop: sequences that end the answer.
        params: other parameters of this call (temperature, seed, …), JSON-able.
        max_tokens: the caller's own limit on the answer, never raised by us.
        tenant: whose request it is; answers never cross tenants.
        pin: the tier the caller asked for by name; nothing else is tried.
        corpus_version: of what the answer is retrieved from; answers never cross versions.
        cache_text: the question as the semantic cache should read it, where the last turn is more
            than that (retrieved text around it); None for the last turn itself.
        remembered_as: the conversation as memory tells it from others, where more is sent than
            that (retrieved texts, in whatever order); None for the conversation itself.
        no_cache: ask a model even if memory has the answer.
        no_store: keep nothing of this request.
        ttl_s: seconds its answer may be kept; None for the configured time.
        paced: the caller takes the answer in pieces, as fast as it likes.
        token_budget: tokens the request may take, prompt and answer together; None for the
            configured ones.
        compress: shorten it before it is sent, or don't; None for as configured.
        beyond: tiers that can't answer it whatever they are able to: what it asks for has no
            form of theirs.
    """

    messages: tuple[Message, ...]
    tools: tuple[Any, ...] = ()
    tool_choice: Any = None
    response_format: Any = None
    stop: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    max_tokens: int | None = None
    tenant: str = ""
    pin: str | None = None
    corpus_version: str = ""
    cache_text: str | None = None
    remembered_as: tuple[Message, ...] | None = None
    no_cache: bool = False
    no_store: bool = False
    ttl_s: float | None = None
    paced: bool = field(default=False, compare=False)
    token_budget: int | None = None
    compress: bool | None = None
    beyond: frozenset[str] = field(default=frozenset(), compare=False)

    @property
    def question(self) -> str:
        """The text of the last turn."""
        return self.messages[-1].text if self.messages else ""

    @property
    def asked(self) -> str:
        """The question itself, where it is known apart from what the last turn holds besides."""
        return self.cache_text or self.question

    @property
    def told_apart(self) -> tuple[Message, ...]:
        """The turns that tell it from other requests."""
        return self.messages if self.remembered_as is None else self.remembered_as
