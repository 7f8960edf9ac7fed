"""Which parts of a user's message are retrieved text, and which are the user's own words."""

import re
from dataclasses import dataclass
from typing import Final, Literal

_NAMES: Final = (
    "context|contexts|document|documents|docs|doc|passage|passages|source|sources|article|text|"
    "excerpt|excerpts|search_results?|results?|retrieved|background|transcript|data|content|page|"
    "snippets?|knowledge|reference|references|email|report|log|logs"
)
"""What people call the text that a question is about."""

_ASKING: Final = "question|query|instructions?|task|request|user|answer|user question|user query"
"""What they call what they want."""

_TAG: Final = re.compile(rf"<({_NAMES})\b[^<>\n]{{0,200}}>", re.IGNORECASE)
_LABEL: Final = re.compile(
    rf"^[ \t#*]*(?:(?P<text>(?:[a-z]+ )?(?:{_NAMES}))|(?P<ask>{_ASKING}))[ \t*]*:[ \t*]*(?=\n|\S)",
    re.IGNORECASE | re.MULTILINE,
)
_FENCE: Final = re.compile(r'^(?:"""|-{3,}|={3,})[ \t]*$', re.MULTILINE)

LOOK_AT: Final = 1_000_000
"""Characters that are looked at; what is longer is taken for the user's own words."""


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of a message: the text's characters from `start` up to `end`."""

    start: int
    end: int
    kind: Literal["question", "context"]


def sections(text: str) -> tuple[Section, ...]:
    """Split a message where it says itself that a text begins or ends.

    By tags (`<context>…</context>`), by labels at the beginning of a line (`Context:` up to
    `Question:`), or by a pair of fences of dashes or quotes. Without any of them all of it is the
    user's own words.
    """
    if len(text) > LOOK_AT:
        return (Section(0, len(text), "question"),)
    found = _tagged(text) or _labelled(text) or _fenced(text)
    return tuple(_filled(text, found))


def _tagged(text: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    at = 0
    while (opening := _TAG.search(text, at)) is not None:
        closing = text.find(f"</{opening[1]}>", opening.end())
        if closing < 0:
            break
        found.append((opening.end(), closing))
        at = closing
    return found


def _labelled(text: str) -> list[tuple[int, int]]:
    labels = list(_LABEL.finditer(text))
    if not labels:
        return []
    # A text around which nothing else is said may well hold the question at its end.
    asked = bool(text[: labels[0].start()].strip())
    ends = [*(label.start() for label in labels[1:]), len(text)]
    return [
        (label.end(), end)
        for label, end in zip(labels, ends, strict=True)
        if label["text"] and (asked or end < len(text) or label is not labels[0])
    ]


def _fenced(text: str) -> list[tuple[int, int]]:
    fences = list(_FENCE.finditer(text))
    if len(fences) < 2 or len(fences) % 2:  # noqa: PLR2004 -- they come in pairs
        return []
    return [(a.end(), b.start()) for a, b in zip(fences[::2], fences[1::2], strict=True)]


def _filled(text: str, found: list[tuple[int, int]]) -> list[Section]:
    """The stretches with what is between them."""
    parts: list[Section] = []
    at = 0
    for start, end in found:
        if start > at:
            parts.append(Section(at, start, "question"))
        parts.append(Section(start, end, "context"))
        at = end
    if at < len(text):
        parts.append(Section(at, len(text), "question"))
    return parts
