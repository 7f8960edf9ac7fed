"""What becomes of a conversation's old turns."""

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from tokenomics_shared.effects import Steps
from tokenomics_shared.orchestrator.allocation import RESPONSE_SHARE
from tokenomics_shared.orchestrator.history import Turn, cut
from tokenomics_shared.ports import Account
from tokenomics_shared.shrinking.summaries import Summaries
from tokenomics_shared.shrinking.work import TURN_OVERHEAD, Work
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
        if self._summaries is not None:
            # A summary takes its place; of a small budget less, or every turn would be a cut.
            room -= min(self._summaries.max_tokens + TURN_OVERHEAD, room // 4)
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
        summary = ""
        if self._summaries is not None:
            turns = work.prompt.messages
            stretches = [[turns[place] for place in stretch] for stretch in window.stretches]
            summary = yield from self._summaries.of(stretches, work.roster, account)
        if summary:
            told = Message("human", HEADING + summary)
            work.added = work.counter.count(told.text) + TURN_OVERHEAD
            others = (at for at, it in enumerate(kept) if it.role not in SYSTEM_ROLES)
            kept.insert(next(others, len(kept)), told)
        return tuple(kept), gone


def _room(budget: int) -> int:
    """What the answer leaves of a budget."""
    return round((1.0 - RESPONSE_SHARE) * budget)


def _turns(work: Work) -> Iterable[Turn]:
    for message, size in zip(work.messages, work.sizes, strict=True):
        calls = tuple(call.id for call in message.tool_calls)
        yield Turn(message.role, size, calls, str(message.extra.get("tool_call_id") or ""))
