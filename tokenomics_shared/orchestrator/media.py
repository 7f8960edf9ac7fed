"""What of a conversation is no text: pictures, sound, films, files.

Frameworks and providers each have a form of their own for it; a block of content says by its
type, its keys or its MIME type what it holds.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from tokenomics_shared.types import Message

TOKENS: Final = {"images": 765, "audio": 960, "video": 2_630, "files": 1_290}
"""About what a piece takes of a model's input: a picture of 1,024 by 1,024 dots as OpenAI counts
it, half a minute of sound, ten seconds of film and five pages as Google counts them (32 and 263
tokens a second, 258 a page). How long or large it really is can't be told without opening it."""

_BY_TYPE: Final = {
    "image": "images",
    "image_url": "images",
    "input_image": "images",
    "audio": "audio",
    "input_audio": "audio",
    "audio_url": "audio",
    "video": "video",
    "video_url": "video",
    "input_video": "video",
    "document": "files",
    "file": "files",
    "input_file": "files",
    "media": "files",
    "inline_data": "files",
    "file_data": "files",
}
"""The `type` of a block, or, of one that has none, its only key."""

_BY_MIME: Final = {"image": "images", "audio": "audio", "video": "video", "text": ""}
"""The first half of a MIME type; any other is a file's."""

_MIME: Final = ("mime_type", "media_type", "mimetype")
_INSIDE: Final = ("source", "file", "inline_data", "file_data", "image_url")
"""Parts of a block that may tell its MIME type or hold its data."""


def media_of(message: Message) -> Sequence[str]:
    """The kinds of all that is no text in a turn, as `Abilities` names them, in order."""
    if isinstance(message.content, str):
        return ()
    return list(_kinds(message.content))


def media_tokens(message: Message) -> int:
    """About what a turn's pictures, sounds, films and files take; 0 for text alone."""
    if isinstance(message.content, str):
        return 0
    return sum(TOKENS[kind] for kind in _kinds(message.content))


def _kinds(content: Sequence[Any]) -> Iterator[str]:
    for block in content:
        if isinstance(block, Mapping):
            kind = _kind(block)
            if kind:
                yield kind
            inner = block.get("content")
            if isinstance(inner, list | tuple):
                # A tool's result as a block of its own.
                yield from _kinds(inner)


def _kind(block: Mapping[str, Any]) -> str:
    named = block.get("type") or block.get("block_type")
    if named is None:
        named = next((name for name in _BY_TYPE if name in block), None)
    kind = _BY_TYPE.get(named) if isinstance(named, str) else None
    if kind is None:
        return ""
    mime = _mime(block)
    return _BY_MIME.get(mime.partition("/")[0], "files") if mime else kind


def _mime(block: Mapping[str, Any]) -> str:
    """What the block says of its data; empty when it says nothing."""
    inside = [part for name in _INSIDE if (part := block.get(name)) is not None]
    for part in (block, *inside):
        if isinstance(part, Mapping):
            said = next((part[name] for name in _MIME if part.get(name)), None)
            said = said or _of_url(part.get("url")) or _of_url(part.get("file_data"))
        else:
            said = _of_url(part)
        if isinstance(said, str) and "/" in said:
            return said
    return ""


def _of_url(url: Any) -> str:
    if not isinstance(url, str) or not url.startswith("data:"):
        return ""
    return url[5:64].partition(";")[0]
