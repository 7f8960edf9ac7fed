"""Asking with a near question and its answer at hand."""

from collections.abc import Callable
from dataclasses import replace

from tokenomics_shared.cascade.climb import Drafting
from tokenomics_shared.types import Message, NearMiss, Prompt, Reply

REUSE = "REUSE"
"""What a model answers when the kept answer does as it is."""

_CONTEXT = (
    "A similar question was answered earlier. It may help, and it may not fit this one.\n"
    "Earlier question: {question}\nEarlier answer: {answer}\n\nQuestion: {asked}"
)
_CHECK = (
    "A similar question was answered earlier.\n"
    "Earlier question: {question}\nEarlier answer: {answer}\n\n"
    "If that answer is right and complete for the question below, in every detail, reply with the"
    f" single word {REUSE}. Otherwise answer the question.\n\nQuestion: {{asked}}"
)


def with_near_miss(
    prompt: Prompt, near: NearMiss, answer: str, reuse: Callable[[], Reply]
) -> Drafting | None:
    """How a request is asked when a near question was answered before.

    Args:
        prompt: the request; its last turn is plain text of a human.
        near: the near question.
        answer: the text of its answer.
        reuse: builds its answer anew.

    Returns:
        None when the request must be asked as it came: it offers tools or wants a format, which
        the added words would disturb.
    """
    if prompt.tools or prompt.response_format is not None:
        return None
    if near.reusable:
        asked = _asked(prompt, _CHECK, near, answer)
        return Drafting(asked, prompt, lambda reply: reuse() if _says_reuse(reply) else None)
    asked = _asked(prompt, _CONTEXT, near, answer)
    return Drafting(asked, asked)


def _says_reuse(reply: Reply) -> bool:
    return reply.text.strip(" \n.\"'*`").upper() == REUSE and not reply.tool_calls


def _asked(prompt: Prompt, wording: str, near: NearMiss, answer: str) -> Prompt:
    """The request with other words in its last turn; no framework's object says them yet."""
    last = prompt.messages[-1]
    text = wording.format(question=near.question, answer=answer, asked=last.text)
    turn = Message(last.role, text, extra=last.extra)
    return replace(prompt, messages=(*prompt.messages[:-1], turn))
