"""The texts of a conversation that may be shortened, and messages with shortened texts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tokenomics_shared.planning import TextKind
from tokenomics_shared.shrinking.errands import wants_all
from tokenomics_shared.shrinking.sections import sections
from tokenomics_shared.types import OWN_ROLES, TOOL_ROLES, USER_ROLES, Message

_QUERY: Final = 2_000
"""Characters of a question that say what a text is wanted for: its beginning and its end."""


@dataclass(frozen=True, slots=True)
class Block:
    """A text that may be shortened.

    Attributes:
        message: the place of its message in the conversation.
        piece: the place of its content block in the message; None where the content is text.
        start, end: where it is in that text.
        text: the text.
        kind: what it is to the request.
        query: what it is wanted for.
    """

    message: int
    piece: int | None
    start: int
    end: int
    text: str
    kind: TextKind
    query: str


def groups(messages: Sequence[Message]) -> Iterator[range]:
    """The places of messages that came together: all between two turns of the model."""
    start = 0
    for place, message in enumerate(messages):
        if message.role in OWN_ROLES:
            if place > start:
                yield range(start, place)
            start = place + 1
    if start < len(messages):
        yield range(start, len(messages))


def blocks(messages: Sequence[Message], places: Iterable[int], least: int) -> Iterator[Block]:
    """The texts of these messages that may be shortened, if they are long.

    The system prompt and the model's own turns may not, nor what is marked for the provider's
    prompt cache, nor what the user gives to be worked on from end to end.

    Args:
        messages: the conversation.
        places: of the messages that came together.
        least: characters from which a text is long.
    """
    places = list(places)
    whole = wants_all(messages, places)
    for place in places:
        message = messages[place]
        tool = message.role in TOOL_ROLES
        if not tool and (whole or message.role not in USER_ROLES):
            continue
        for piece, text in _texts(message.content):
            if len(text) < least:
                continue
            if tool:
                query = _wanted(messages, place)
                yield Block(place, piece, 0, len(text), text, "tool", query)
            else:
                yield from _of_user(place, piece, text, least)


def rewritten(message: Message, done: Sequence[tuple[Block, str]]) -> Message:
    """The message with these texts in place of its own; the framework's object is the old one's.

    Args:
        message: the message.
        done: its blocks in order, each with what is sent instead.
    """
    return Message(
        message.role,
        _with(message.content, done),
        message.tool_calls,
        message.extra,
        message.raw,
    )


def _with(content: str | Sequence[Any], done: Sequence[tuple[Block, str]]) -> str | Sequence[Any]:
    if isinstance(content, str):
        return _spliced(content, done)
    pieces = list(content)
    for place in sorted({block.piece for block, _ in done if block.piece is not None}):
        own = [(block, text) for block, text in done if block.piece == place]
        piece = pieces[place]
        if isinstance(piece, str):
            pieces[place] = _spliced(piece, own)
        else:
            pieces[place] = {**piece, "text": _spliced(piece["text"], own)}
    return pieces


def _texts(content: str | Sequence[Any]) -> Iterator[tuple[int | None, str]]:
    """Each text of a message with its place; none of one that is marked to be cached."""
    if isinstance(content, str):
        yield None, content
        return
    marked = any(isinstance(it, Mapping) and "cache_control" in it for it in content)
    for place, piece in enumerate(() if marked else content):
        if isinstance(piece, str):
            yield place, piece
        elif isinstance(piece, Mapping) and piece.get("type") == "text":
            text = piece.get("text")
            if isinstance(text, str):
                yield place, text


def _of_user(place: int, piece: int | None, text: str, least: int) -> Iterator[Block]:
    parts = sections(text)
    own = " ".join(text[it.start : it.end].strip() for it in parts if it.kind == "question")
    for part in parts:
        stretch = text[part.start : part.end]
        start = part.start + len(stretch) - len(stretch.lstrip())
        stretch = stretch.strip()
        if len(stretch) >= least:
            # The user's own words are wanted for themselves.
            query = _ends(own) if part.kind == "context" else ""
            yield Block(place, piece, start, start + len(stretch), stretch, part.kind, query)


def _wanted(messages: Sequence[Message], place: int) -> str:
    """What a tool's result is wanted for: the question before it, and what the tool was given."""
    call_id = messages[place].extra.get("tool_call_id")
    args = [
        call.args
        for message in messages[:place]
        for call in message.tool_calls
        if call_id and call.id == call_id
    ]
    asked = next((it.text for it in reversed(messages[:place]) if it.role in USER_ROLES), "")
    return "\n".join(filter(None, (_ends(asked), *args[-1:])))


def _ends(text: str) -> str:
    """A long question's beginning and end: what it asks for stands in the one or the other."""
    text = text.strip()
    if len(text) <= _QUERY:
        return text
    half = _QUERY // 2
    return f"{text[:half]} {text[-half:]}"


def _spliced(text: str, done: Sequence[tuple[Block, str]]) -> str:
    parts, at = [], 0
    for block, new in done:
        parts += [text[at : block.start], new]
        at = block.end
    return "".join((*parts, text[at:]))
