"""Turns of a conversation as a model of another provider can read them.

What another provider's model wrote is more than text: thoughts, signatures, ids, calls of tools
on its own servers. None of that means anything to others, and most of them refuse it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    HumanMessage,
    SystemMessage,
)

from tokenomics_langchain.dialects import DIALECTS, Dialect, keeper_of, union
from tokenomics_shared.types import OWN_ROLES, SYSTEM_ROLES, USER_ROLES

_CALLS: Final = frozenset({"tool_use", "tool_call", "function_call", "tool_call_chunk"})
"""Blocks that say again what `tool_calls` says; every client makes its own of those."""

_OF_MODELS: Final = frozenset({"ai", "AIMessageChunk"})
_MEDIA: Final = frozenset({"image", "image_url", "audio", "video", "file"})
_PRIVATE: Final = frozenset({"id", "index", "signature", "thought_signature", "extras"})
"""Keys of a block by which its writer knows it again."""

_SOURCES: Final = {"image": "image", "document": "file"}
"""Anthropic's types of blocks with a `source`, in LangChain's words."""

_NAMED: Final = union(DIALECTS, "blocks")

Told = Callable[[str], None]
"""Is told what is left out."""


class Turns:
    """Makes a conversation readable for one tier; what it need not change it hands on as it is."""

    def __init__(
        self, own: Dialect, others: Sequence[Dialect], told: Told, *, strangers: bool
    ) -> None:
        """Make it.

        Args:
            own: the tier's dialect.
            others: dialects of which it understands nothing.
            told: is told what is left out, in words that stand in `dialects`.
            strangers: nor does it understand what providers wrote that are listed nowhere.
        """
        self._own = own
        self._others = frozenset(others)
        self._writers = frozenset(chain.from_iterable(it.providers or (it.name,) for it in others))
        self._strangers = strangers
        self._blocks = union(others, "blocks") - own.blocks
        self._extras = union(others, "extras") - own.extras
        known = others if own.known else ()
        self._marks = union(known, "marks") - own.marks
        # A file in a form of its maker's is nobody's secret: everybody may read it.
        self._files = union(DIALECTS if own.known else (), "files") - own.files
        self._told = told

    def __call__(self, turns: list[BaseMessage]) -> list[BaseMessage]:
        """The conversation for the tier; the same list when all of it can be sent."""
        made = [self.turn(turn) for turn in turns]
        same = all(new is old for new, old in zip(made, turns, strict=True))
        return turns if same else made

    def turn(self, turn: BaseMessage) -> BaseMessage:
        """One turn; itself, or a copy with less."""
        # Asking for the class would cost more than all that follows.
        if turn.type in _OF_MODELS:
            if isinstance(turn.content, str) and not turn.additional_kwargs:
                return turn
            own: Any = turn
            return self._cleaned(own) if self._is_foreign(own) else self._unmarked(own)
        if turn.type == "chat" and not self._own.any_role:
            turn = _with_role(turn)
        return self._unmarked(turn)

    def can_be_read(self, turns: Iterable[BaseMessage]) -> bool:
        """Whether no turn names a file that only another provider has."""
        return not any(
            isinstance(block, dict) and keeper_of(block) in self._others
            for turn in turns
            if not isinstance(turn.content, str) and turn.type not in _OF_MODELS
            for block in turn.content
        )

    def _is_foreign(self, turn: AIMessage) -> bool:
        writer = turn.response_metadata.get("model_provider")
        if writer is None:
            content = turn.content
            return not isinstance(content, str) and any(
                isinstance(block, dict) and block.get("type") in self._blocks for block in content
            )
        if writer in self._own.providers or writer == self._own.name:
            return False
        return self._strangers or writer in self._writers

    def _cleaned(self, turn: AIMessage) -> BaseMessage:
        """A turn of another provider: its text, its pictures where they may stand, its calls."""
        extras = turn.additional_kwargs
        private = {name for name in self._extras.intersection(extras) if extras[name]}
        for name in sorted(private):
            self._told(name)
        update: dict[str, Any] = {}
        if private:
            update["additional_kwargs"] = {k: v for k, v in extras.items() if k not in private}
        if not isinstance(turn.content, str):
            content = list(self._portable(turn.content))
            if content != turn.content:
                update["content"] = content or ""
        return turn.model_copy(update=update) if update else turn

    def _portable(self, content: list[Any]) -> Iterator[Any]:
        for block in content:
            kind = block.get("type") if isinstance(block, Mapping) else None
            if isinstance(block, str):
                yield block
            elif kind == "text":
                if block.get("text"):
                    yield {"type": "text", "text": block["text"]}
            elif kind in _MEDIA and self._own.shows:
                yield {name: it for name, it in block.items() if name not in _PRIVATE}
            elif kind not in _CALLS:
                self._told(kind if kind in _NAMED else "a block of another provider's")

    def _unmarked(self, turn: BaseMessage) -> BaseMessage:
        """A turn without marks for another's cache, its files in LangChain's own form."""
        content = turn.content
        if isinstance(content, str):
            return turn
        made = [it for block in content if (it := self._given(block)) is not None]
        if len(made) == len(content) and all(
            new is old for new, old in zip(made, content, strict=True)
        ):
            return turn
        return turn.model_copy(update={"content": made})

    def _given(self, block: Any) -> Any:
        """A block that a tier may be given; None for one that is nothing but a mark."""
        if not isinstance(block, dict):
            return block
        marks = self._marks.intersection(block)
        inner = block.get("extras")
        inner_marks = self._marks.intersection(inner) if isinstance(inner, dict) else None
        if marks or inner_marks:
            for name in sorted(marks.union(inner_marks or ())):
                self._told(name)
            block = {name: it for name, it in block.items() if name not in marks}
            if not block:
                return None
            if inner_marks and inner is not None:
                block["extras"] = {k: v for k, v in inner.items() if k not in inner_marks}
        return _standard(block, self._files) if self._files else block


def _standard(block: dict[str, Any], forms: frozenset[str]) -> dict[str, Any]:
    """A file in another provider's form in LangChain's, which every client reads."""
    kind, source = block.get("type"), block.get("source")
    if "source" in forms and kind in _SOURCES and isinstance(source, dict):
        return _of_source(_SOURCES[kind], source) or block
    data, mime = block.get("data"), block.get("mime_type")
    if "media" in forms and kind == "media" and data and isinstance(mime, str):
        first = mime.partition("/")[0]
        return {"type": first if first in _MEDIA else "file", "base64": data, "mime_type": mime}
    return block


def _of_source(kind: str, source: Mapping[str, Any]) -> dict[str, Any] | None:
    match source:
        case {"type": "base64", "media_type": mime, "data": data}:
            return {"type": kind, "base64": data, "mime_type": mime}
        case {"type": "url", "url": url}:
            return {"type": kind, "url": url}
        case {"type": "text", "data": text}:
            return {"type": "text", "text": text}
    return None


def _with_role(turn: BaseMessage) -> BaseMessage:
    """A turn under the role it says it is of; itself when nobody knows that role."""
    if not isinstance(turn, ChatMessage):
        return turn
    for roles, kind in ((SYSTEM_ROLES, SystemMessage), (USER_ROLES, HumanMessage)):
        if turn.role in roles:
            return kind(content=turn.content, name=turn.name)
    return AIMessage(content=turn.content, name=turn.name) if turn.role in OWN_ROLES else turn
