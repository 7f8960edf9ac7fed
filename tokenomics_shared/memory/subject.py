"""What a request asks: the words that are compared by meaning."""

import re

from tokenomics_shared.types import Message, Prompt

_HUMAN = frozenset({"human", "user"})
_LABEL = re.compile(
    r"(?:\A|\n)[ \t]*(?:[#*_]{0,3}[ \t]*)?"
    r"(?P<name>(?:user(?:'s)?[ _])?(?:question|query|request|ask))"
    r"[ \t]*(?:\*{1,2}|__?)?[ \t]*:[ \t]*(?:\*{1,2}|__?)?[ \t]*\n?[ \t]*",
    re.IGNORECASE,
)
_TAGGED = re.compile(
    r"<(?P<name>(?:user_)?(?:question|query|request))>(?P<asked>.*?)</(?P=name)>",
    re.IGNORECASE | re.DOTALL,
)
_NEXT_LABEL = re.compile(
    r"\n[ \t]*(?:[#*_]{0,3}[ \t]*)?[A-Za-z][\w ]{0,30}?[ \t]*(?:\*{1,2})?:(?!//)|\n[ \t]*\n"
    r"|\n[ \t]*(?:</?[A-Za-z]|[-=~#*]{3,})"
)


def plain_text(message: Message) -> str | None:
    """The text of a turn that is nothing but text, else None."""
    if isinstance(message.content, str):
        return message.content
    texts = []
    for block in message.content:
        if isinstance(block, str):
            texts.append(block)
        elif (
            isinstance(block, dict)
            and block.get("type") == "text"
            and isinstance(block.get("text"), str)
            and block.keys() <= {"type", "text", "cache_control"}
        ):
            texts.append(block["text"])
        else:
            return None
    return texts[0] if len(texts) == 1 else None


def cut(prompt: Prompt) -> tuple[str, str] | None:
    """Split the last turn into what is asked and the frame around it.

    A turn that is a filled template (retrieved context and a labelled question, `Question: …`
    or `<question>…</question>`) is asked by the question alone; the frame must then be the
    same for another request to share its answer. The caller's own `cache_text` goes before
    everything and leaves no frame.

    Returns:
        The question and the frame, or None when the last turn isn't a human one of text alone.
    """
    if not prompt.messages:
        return None
    last = prompt.told_apart[-1]
    text = plain_text(last)
    if last.role not in _HUMAN or last.tool_calls or text is None:
        return None
    if prompt.cache_text is not None:
        return (prompt.cache_text, "") if prompt.cache_text.strip() else None
    asked, frame = _unframed(text)
    return (asked, frame) if asked.strip() else None


def subject(prompt: Prompt) -> str | None:
    """What a request asks, the text that is embedded; None when it isn't asked in words.

    That is when the last turn isn't a human message of text alone: a tool's result, an image
    or file, an answer begun for the model, an empty one.
    """
    asked = cut(prompt)
    return None if asked is None else asked[0]


def _unframed(text: str) -> tuple[str, str]:
    tags = list(_TAGGED.finditer(text))
    if len(tags) == 1:
        return tags[0]["asked"].strip(), _without(text, *tags[0].span("asked"))
    labels = list(_LABEL.finditer(text))
    if tags or len(labels) != 1:
        return text, ""
    start = labels[0].end()
    after = _NEXT_LABEL.search(text, start)
    end = len(text) if after is None else after.start()
    asked = text[start:end].strip()
    return (asked, _without(text, start, end)) if asked else (text, "")


def _without(text: str, start: int, end: int) -> str:
    return f"{text[:start].rstrip()}\0{text[end:].lstrip()}"
