"""What a filled template asks: the question apart from what was retrieved for it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from llama_index.core.llms import ChatMessage
from llama_index.core.prompts import BasePromptTemplate, SelectorPromptTemplate

from tokenomics_llamaindex.convert import to_messages
from tokenomics_llamaindex.retrievals import digest, is_whole, nodes_of
from tokenomics_shared.types import Message

QUESTIONS = ("query_str", "question", "query")
"""What templates call the question; a mapping to other names is the template's own affair."""

WHOLE = "context_str"
"""What they call all texts that were retrieved, or as many as fit."""

CONTEXTS = (WHOLE, "context_msg")
"""And those that an answer is refined by."""

_MARK = "\ue000{}\ue001"
"""Stands where a variable's text would; of letters that no text has."""

Render = Callable[..., Sequence[ChatMessage]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request without what was retrieved for it.

    Attributes:
        question: the question alone.
        turns: the conversation, with marks in place of question and texts; the last turn tells
            which texts they were.
    """

    question: str
    turns: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Filling:
    """A template and what it is filled with.

    Attributes:
        template: the template.
        values: its variables by name; the template may have some of its own.
        render: fills it.
    """

    template: BasePromptTemplate
    values: Mapping[str, Any]
    render: Render

    def asked(self, turns: Sequence[Message], *, any_nodes: bool) -> Asked | None:
        """Take the question out of the request that this template became.

        The template is filled once more with marks for question and texts. Only when the marks,
        replaced by the real values, give the request to the letter is it taken apart: then
        equal questions, texts and marked templates make equal requests.

        Args:
            turns: the request.
            any_nodes: all that was retrieved may be other nodes.

        Returns:
            None when it can't be taken apart; then nothing but all of it tells it from others.
        """
        if _computes(self.template):
            return None
        known = {**self.template.kwargs, **self.values}
        name = next((it for it in QUESTIONS if _says(known.get(it))), None)
        if name is None:
            return None
        texts = {it: known[it] for it in CONTEXTS if it in known}
        marks = {it: _MARK.format(it) for it in (name, *texts)}
        frame = to_messages(self.render(self.template, **{**self.values, **marks}))
        before = len(turns) - len(frame)
        real = {marks[it]: str(known[it]) for it in marks}
        if before < 0 or not _becomes(frame, turns[before:], real):
            return None
        if not any(marks[name] in turn.text for turn in frame):
            return None
        # An answer that is being refined was made from nodes of its own.
        told = {
            it: _told(value, any_nodes=any_nodes and it == WHOLE) for it, value in texts.items()
        }
        return Asked(known[name], _in_marks((*turns[:before], *frame), told))


class Filled(list[ChatMessage]):
    """A conversation that a template was filled to."""

    def __init__(self, messages: Sequence[ChatMessage], filling: Filling) -> None:
        super().__init__(messages)
        self.filling = filling


class FilledText(str):
    """A text that a template was filled to."""

    __slots__ = ("filling",)
    filling: Filling


def _computes(template: BasePromptTemplate) -> bool:
    """Whether functions of the caller's make part of the text: they may do anything."""
    if not isinstance(template, SelectorPromptTemplate):
        return bool(template.function_mappings)
    inner = [template.default_template, *(it for _, it in template.conditionals or ())]
    return any(map(_computes, inner))


def _says(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _becomes(frame: Sequence[Message], turns: Sequence[Message], real: Mapping[str, str]) -> bool:
    """Whether the marked turns are these when the marks are replaced, and a user's text last."""
    if not frame or frame[-1].role != "user" or not isinstance(frame[-1].content, str):
        return False
    if any(mark in value for value in real.values() for mark in real):
        return False
    return all(_replaced(marked, real) == turn for marked, turn in zip(frame, turns, strict=True))


def _replaced(turn: Message, real: Mapping[str, str]) -> Message:
    text = turn.content
    if not isinstance(text, str):
        return turn
    for mark, value in real.items():
        text = text.replace(mark, value)
    return replace(turn, content=text)


def _told(value: Any, *, any_nodes: bool) -> Any:
    """What tells retrieved texts from others."""
    # One of LlamaIndex's synthesizers fills in a list of one text.
    (text,) = value if isinstance(value, list) and len(value) == 1 else (value,)
    nodes = nodes_of(str(text))
    if nodes is None:
        return digest(str(value))
    return "any" if any_nodes and is_whole(str(text)) else list(nodes)


def _in_marks(turns: Sequence[Message], texts: Mapping[str, Any]) -> tuple[Message, ...]:
    *earlier, last = (replace(turn, raw=None) for turn in turns)
    # The frame goes along: where a question is named memory leaves the last turn's text unread.
    extra = {**last.extra, "tokenomics": {"frame": last.content, "texts": dict(texts)}}
    return (*earlier, replace(last, extra=extra))
