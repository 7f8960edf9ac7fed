"""What becomes of a conversation's old turns."""

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from tokenomics_shared.effects import Steps
from tokenomics_shared.orchestrator.allocation import RESPONSE_SHARE
from tokenomics_shared.orchestrator.history import Turn, Window, cut
from tokenomics_shared.ports import Account
from tokenomics_shared.shrinking.summaries import Summaries
from tokenomics_shared.shrinking.work import Work
from tokenomics_shared.types import SYSTEM_ROLES, Message

HEADING: Final = "Summary of our conversation so far:\n"


class History(Protocol):
    """Leaves out, or sums up, what is too old to be sent."""

    def may_cut(self, tokens: int, budget: int) -> bool:
        """Whether a request of about so many tokens may have to lose turns."""
        ...

    def kept(
        self, work: Work, account: Account | None
    ) -> Steps[tuple[tuple[Message, ...], Sequence[int]]]:
        """What is sent, and the places of the turns that are not."""
        ...


class WholeHistory:
    """Sends all turns."""

    def may_cut(self, tokens: int, budget: int) -> bool:  # noqa: ARG002 -- port
        """Never."""
        return False

    def kept(
        self,
        work: Work,
        account: Account | None,  # noqa: ARG002 -- port
    ) -> Steps[tuple[tuple[Message, ...], Sequence[int]]]:
        """All."""
        yield from ()
        return tuple(work.messages), ()


class CutHistory:
    """Leaves out the oldest turns when a conversation is over its budget.

    The last exchanges and the system's turns stay, and no tool call is parted from its results.
    Cuts are far apart, so that the provider's prompt cache keeps what is between them.
    """

    def __init__(self, keep_last: int, summaries: Summaries | None = None) -> None:
        """Make it.

        Args:
            keep_last: exchanges that always stay, at least 1.
            summaries: sums up what is left out; None to leave it out.
        """
        self._keep_last = keep_last
        self._summaries = summaries

    def may_cut(self, tokens: int, budget: int) -> bool:
        """Whether that is near the prompt's share of the budget; the tokens are an estimate."""
        return tokens > _room(budget) // 2

    def kept(
        self, work: Work, account: Account | None
    ) -> Steps[tuple[tuple[Message, ...], Sequence[int]]]:
        """The window, with a summary of what is before it."""
        room = max(1, _room(work.budget) - work.tools)
        window = cut(list(_turns(work)), room, self._keep_last)
        if window.tokens > room:
            work.notes.append(
                f"the last turns take {window.tokens} tokens, over the {room} that the budget of "
                f"{work.budget} leaves them"
            )
        gone = sorted(set(range(len(work.messages))).difference(window.kept))
        if not gone:
            return tuple(work.messages), ()
        kept = [work.messages[place] for place in window.kept]
        summary = yield from self._summary(work, window, account)
        if summary:
            at = sum(1 for message in kept if message.role in SYSTEM_ROLES)
            at = next((i for i, it in enumerate(kept) if it.role not in SYSTEM_ROLES), at)
            kept.insert(at, Message("human", HEADING + summary))
        return tuple(kept), gone

    def _summary(self, work: Work, window: Window, account: Account | None) -> Steps[str]:
        """What the left-out stretches say; empty where nobody sums them up."""
        if self._summaries is None:
            return ""
        said = ""
        for stretch in window.stretches:
            turns = tuple(work.prompt.messages[place] for place in stretch)
            told = yield from self._summaries.of(said, turns, work.roster, account)
            if told is None:
                return ""
            said = told
        return said


def _room(budget: int) -> int:
    """What the answer leaves of a budget."""
    return round((1.0 - RESPONSE_SHARE) * budget)


def _turns(work: Work) -> Iterable[Turn]:
    for message, size in zip(work.messages, work.sizes, strict=True):
        calls = tuple(call.id for call in message.tool_calls)
        yield Turn(message.role, size, calls, str(message.extra.get("tool_call_id") or ""))
