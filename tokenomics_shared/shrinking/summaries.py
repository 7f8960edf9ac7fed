"""Summaries of old turns by the cheapest model, each made once."""

from collections.abc import Callable, Sequence
from typing import Final

from typing_extensions import override

from tokenomics_shared.effects import Call, Generate, Steps
from tokenomics_shared.errors import CallFailed
from tokenomics_shared.forks import ForkSafe
from tokenomics_shared.orchestrator.media import media_of
from tokenomics_shared.ports import Account
from tokenomics_shared.shrinking.memo import Memo
from tokenomics_shared.shrinking.worth import digest_of
from tokenomics_shared.types import Message, Prompt, Roster, Strategy

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

_LONGEST_PAUSE: Final = 6
"""Failures in a row after which pauses get no longer: 63 summaries."""

Unaltered = Callable[[str, str], bool]
"""`(source, summary)`: no number, name of a thing, quote or URL of the summary is made up."""


class Summaries:
    """Sums up stretches of conversations, each together with the summary of what was before.

    Summaries are kept in the process, so that the same bytes are sent at every turn.
    Safe to share between threads.
    """

    def __init__(self, max_tokens: int, unaltered: Unaltered) -> None:
        """Make it.

        Args:
            max_tokens: of a summary at most.
            unaltered: says whether a summary may be trusted.
        """
        self.max_tokens = max_tokens
        self._unaltered = unaltered
        self._memo = Memo[str](len)
        self._pause = _Pause()

    def of(
        self, stretches: Sequence[Sequence[Message]], roster: Roster, account: Account | None
    ) -> Steps[str]:
        """The summary of these stretches.

        It rolls on from the latest that is known, in one call, however many stretches came since.

        Args:
            stretches: of a conversation, oldest first, at least one.
            roster: its cheapest arm sums up.
            account: where that is charged; None to make no call.

        Returns:
            What is known of them: where the call failed, or made things up, of the first ones
            alone; empty for nothing.
        """
        keys = self._keys(stretches)
        known = [self._memo.get(key) for key in keys]
        done = max((end for end, text in enumerate(known, 1) if text), default=0)
        before = known[done - 1] or "" if done else ""
        if account is None or known[-1] is not None:
            return before
        if not self._pause.over():
            account.note("no summary: the latest ones failed")
            return before
        told = _told(before, [turn for stretch in stretches[done:] for turn in stretch])
        text = yield from self._made(told, roster, account)
        if text is None:
            return before
        trusted: bool = yield from Call(lambda: bool(text) and self._unaltered(told, text))
        if not trusted:
            # Kept as none, so that nothing is spent on it again.
            account.note("summary refused: it says what the turns don't")
        return self._memo.put(keys[-1], text if trusted else "") or before

    def _keys(self, stretches: Sequence[Sequence[Message]]) -> list[bytes]:
        """What each stretch's summary is kept under: by it and all before it."""
        keys = [str(self.max_tokens).encode()]
        for turns in stretches:
            keys.append(digest_of(keys[-1], _told("", turns)))
        return keys[1:]

    def _made(self, told: str, roster: Roster, account: Account) -> Steps[str | None]:
        # Nothing that the arm sets for answers; some models refuse any temperature.
        arm = Strategy(roster.arms[0].tier)
        task = _TASK.format(words=max(20, self.max_tokens // 2))
        prompt = Prompt(
            (Message("system", task), Message("human", told)), max_tokens=self.max_tokens
        )
        try:
            with account.leg(arm, prompt, "summary") as leg:
                reply = yield from Generate(arm, prompt, own=True)
                leg.settle(reply)
        except CallFailed as failed:
            self._pause.begin()
            account.note(f"no summary:{type(failed.cause).__name__}")
            return None
        self._pause.end()
        return reply.text.strip()


class _Pause(ForkSafe):
    """Lets ever more summaries pass while they fail, so that few wait for a model that is down.

    Safe to share between threads.
    """

    def __init__(self) -> None:
        self.in_child()
        super().__init__()

    @override
    def in_child(self) -> None:
        """Try anew."""
        self._failed = self._left = 0

    def over(self) -> bool:
        """Whether the next one is to be made; counts those that are not."""
        with self.lock:
            over = self._left <= 0
            self._left = max(0, self._left - 1)
            return over

    def begin(self) -> None:
        """One has failed: let 1 pass, then 3, 7 and so on."""
        with self.lock:
            self._failed = min(_LONGEST_PAUSE, self._failed + 1)
            self._left = 2**self._failed - 1

    def end(self) -> None:
        """One was made."""
        with self.lock:
            self._failed = self._left = 0


def _told(before: str, turns: Sequence[Message]) -> str:
    lines = []
    for turn in turns:
        calls = "".join(f"\n[calls {call.name} with {call.args}]" for call in turn.tool_calls)
        shown = "".join(f"\n[{kind}]" for kind in media_of(turn))
        lines.append(f"[{turn.role}]\n{turn.text}{shown}{calls}")
    notes = f"[notes so far]\n{before}\n\n" if before else ""
    return notes + "\n\n".join(lines)[-_LONGEST:]
