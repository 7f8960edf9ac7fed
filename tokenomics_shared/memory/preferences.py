"""How a tenant likes its answers, told to the model in one short instruction."""

from collections.abc import Mapping
from dataclasses import replace

from tokenomics_shared.errors import PromptError
from tokenomics_shared.types import Message, Prompt

KINDS = ("tone", "format", "language", "length")
"""What a tenant may prefer."""

MAX_WORDS = 30
"""Words in one preference: they are sent with every request."""

_WORDING = "The user prefers answers of this kind, unless the request says otherwise: {}."


def checked(preferences: Mapping[str, str | None]) -> dict[str, str | None]:
    """Preferences that may be kept; None takes one back.

    Raises:
        PromptError: there is no such preference, or it is too long.
    """
    for kind, wanted in preferences.items():
        if kind not in KINDS:
            raise PromptError(f"{kind}: there is no such preference, known: {', '.join(KINDS)}")
        if wanted is not None and not 0 < len(wanted.split()) <= MAX_WORDS:
            raise PromptError(f"{kind} = {wanted!r}: must have 1 to {MAX_WORDS} words")
    return dict(preferences)


def with_preferences(prompt: Prompt, preferences: Mapping[str, str]) -> Prompt:
    """The request with its tenant's preferences, behind the system prompt.

    They are part of the request like any other words of it, so answers of one kind are never
    given to who prefers another.
    """
    if not preferences or prompt.response_format is not None:
        return prompt
    wanted = "; ".join(f"{kind} {preferences[kind]}" for kind in KINDS if kind in preferences)
    turn = Message("system", _WORDING.format(wanted))
    kept = prompt.remembered_as
    return replace(
        prompt,
        messages=_behind_system(prompt.messages, turn),
        remembered_as=None if kept is None else _behind_system(kept, turn),
    )


def _behind_system(turns: tuple[Message, ...], new: Message) -> tuple[Message, ...]:
    head = next((at for at, turn in enumerate(turns) if turn.role != "system"), len(turns))
    return (*turns[:head], new, *turns[head:])
