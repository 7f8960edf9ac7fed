"""Summaries of old turns by the cheapest model, each made once."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from tokenomics_shared.effects import Generate, Steps
from tokenomics_shared.errors import CallFailed
from tokenomics_shared.ports import Account
from tokenomics_shared.shrinking.memo import Memo
from tokenomics_shared.shrinking.worth import digest_of
from tokenomics_shared.types import Message, Prompt, Roster

_TASK: Final = (
    "You keep the notes of a conversation between a user and an assistant, so that it can go on "
    "without its older part. Write what of it still matters: what the user wants and has said "
    "about themselves, what was decided, found out or done, what is still open. Copy names, "
    "numbers, dates, identifiers, paths, URLs and code letter by letter. Leave out politeness and "
    "what was settled and is of no more use. Write plain notes of at most {words} words in the "
    "conversation's language, and nothing else."
)
_LONGEST: Final = 200_000
"""Characters of a conversation that a summary is made of at most: its end."""

Unaltered = Callable[[str, str], bool]
"""`(source, summary)`: no number, name of a thing, quote or URL of the summary is made up."""


class Summaries:
    """Sums up stretches of conversations, each together with the summary of what was before.

    A stretch's summary is kept in the process, so that the same bytes are sent at every turn.
    Safe to share between threads.
    """

    def __init__(self, max_tokens: int, unaltered: Unaltered) -> None:
        """Make it.

        Args:
            max_tokens: of a summary.
            unaltered: says whether a summary may be trusted.
        """
        self._max_tokens = max_tokens
        self._unaltered = unaltered
        self._memo = Memo[str](len)

    def of(
        self, before: str, turns: Sequence[Message], roster: Roster, account: Account | None
    ) -> Steps[str | None]:
        """The summary of these turns and of what was before them.

        Args:
            before: the summary of what was before; empty for nothing.
            turns: the stretch.
            roster: its cheapest arm sums up.
            account: where that is charged; None to make no call.

        Returns:
            None when there is none: the call failed, or the summary says what the turns don't.
        """
        told = _told(before, turns)
        key = digest_of(str(self._max_tokens).encode(), told)
        known = self._memo.get(key)
        if known is not None or account is None:
            return known or None
        text = yield from self._made(told, roster, account)
        if text is None:
            return None
        if not text or not self._unaltered(told, text):
            # Kept as none, so that nothing is spent on it again.
            account.note("summary refused: it says what the turns don't")
            text = ""
        return self._memo.put(key, text) or None

    def _made(self, told: str, roster: Roster, account: Account) -> Steps[str | None]:
        arm = replace(roster.arms[0], max_tokens=None, temperature=0.0)
        task = _TASK.format(words=max(20, self._max_tokens // 2))
        prompt = Prompt(
            (Message("system", task), Message("human", told)), max_tokens=self._max_tokens
        )
        try:
            with account.leg(arm, prompt, "summary") as leg:
                reply = yield from Generate(arm, prompt, own=True)
                leg.settle(reply)
        except CallFailed as failed:
            account.note(f"no summary:{type(failed.cause).__name__}")
            return None
        return reply.text.strip()


def _told(before: str, turns: Sequence[Message]) -> str:
    lines = [f"[notes so far]\n{before}"] if before else []
    for turn in turns:
        calls = "".join(f"\n[calls {call.name} with {call.args}]" for call in turn.tool_calls)
        lines.append(f"[{turn.role}]\n{turn.text}{calls}")
    return "\n\n".join(lines)[-_LONGEST:]
