"""The history window: which turns of a long conversation are still sent.

What was sent once should be sent again byte for byte, or the provider's prompt cache is lost. So
the window is a fold over the conversation: where it starts after a turn follows from the turns up
to there alone, and later turns never change it in hindsight. And it moves seldom, but far: only
once the conversation is over its budget, and then until it is down to half.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

_SYSTEM = frozenset({"system", "developer"})
_HUMAN = frozenset({"human", "user"})
_MODEL = frozenset({"ai", "assistant"})
_TOOL = frozenset({"tool", "function"})


@dataclass(frozen=True, slots=True)
class Turn:
    """What decides whether a turn is still sent.

    Attributes:
        role: `system`, `human`, `ai`, `tool`, or whatever else the framework calls it.
        tokens: what sending it takes; must not change from one request to the next.
        calls: ids of the tool calls that it makes.
        answers: id of the call whose result it is; empty in a tool's turn means the last call.
    """

    role: str
    tokens: int
    calls: tuple[str, ...] = ()
    answers: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """Which turns are sent.

    Attributes:
        kept: places of the turns that are sent, in order: those of the system, and from the last
            cut on all but late results of calls that were dropped.
        starts: for each cut, oldest first, the place from which on turns were kept; increasing.
            What later turns add to it comes at its end.
        stretches: for each cut the places of the turns that it dropped. They and `starts` follow
            from the turns before the cut alone, so a summary of a stretch can be kept for good.
        tokens: of the kept turns together.
    """

    kept: tuple[int, ...]
    starts: tuple[int, ...]
    stretches: tuple[tuple[int, ...], ...]
    tokens: int


def cut(turns: Sequence[Turn], budget: int, keep_last: int) -> Window:
    """Decide which turns of a conversation are sent.

    Turns of the system always are, and so are the last exchanges (a human turn and all up to the
    next one). Cuts are made before human turns only, and never where a call would be parted from
    its results, or while results are still due. What has no human turn is never cut.

    Args:
        turns: the whole conversation, oldest first, nothing left out.
        budget: tokens that the kept turns should have at most. It is exceeded where what must be
            kept is larger; then nothing else is kept.
        keep_last: exchanges that always stay, the one under way included; at least 1.
    """
    tokens = sum(turn.tokens for turn in turns)
    if tokens <= budget:
        return Window(tuple(range(len(turns))), (), (), tokens)
    fold = _Fold(turns, budget, max(1, keep_last))
    for place in range(len(turns)):
        fold.take(place)
    return fold.window()


class _Fold:
    """The window as it is after the turns taken so far."""

    def __init__(self, turns: Sequence[Turn], budget: int, keep_last: int) -> None:
        self._turns = turns
        self._budget = budget
        self._keep_last = keep_last
        self._calls = _Calls()
        self._starts: list[int] = []
        self._exchanges: list[int] = []
        self._doors: list[tuple[int, int]] = []
        """Where the window may start next, with the tokens of the conversation before it."""
        self._late: set[int] = set()
        self._system = 0
        self._passed = 0
        """Tokens of the conversation so far, the system's and late results left out."""
        self._dropped = 0
        """Those of them before the window."""

    def take(self, place: int) -> None:
        """Take in the next turn, and cut if the window is over its budget."""
        turn = self._turns[place]
        if turn.role in _SYSTEM:
            self._system += turn.tokens
        else:
            self._enter(place, turn)
        if self._system + self._passed - self._dropped > self._budget:
            self._cut()

    def _enter(self, place: int, turn: Turn) -> None:
        # Human turns in a row ask one thing together.
        if turn.role in _HUMAN and not (place and self._turns[place - 1].role in _HUMAN):
            self._exchanges.append(place)
            self._doors.append((place, self._passed))
        caller = self._calls.caller_of(turn)
        self._calls.note(place, turn)
        if caller is not None:
            if caller < self._start:
                self._late.add(place)
                return
            self._doors = [door for door in self._doors if door[0] <= caller]
        self._passed += turn.tokens

    def _cut(self) -> None:
        """Move the start to the first door behind which half of the budget is enough."""
        if len(self._exchanges) < self._keep_last:
            return
        last = self._exchanges[-self._keep_last]
        if self._calls.due_since is not None:
            last = min(last, self._calls.due_since)
        doors = [door for door in self._doors if self._start < door[0] <= last]
        if not doors:
            return
        enough = self._system + self._passed - self._budget // 2
        start, dropped = next((door for door in doors if door[1] >= enough), doors[-1])
        self._starts.append(start)
        self._dropped = dropped
        self._doors = [door for door in self._doors if door[0] > start]

    @property
    def _start(self) -> int:
        return self._starts[-1] if self._starts else 0

    def window(self) -> Window:
        """What came of it."""
        told = [place for place, turn in enumerate(self._turns) if turn.role not in _SYSTEM]
        bounds = pairwise((0, *self._starts))
        gone = self._late.union(place for place in told if place < self._start)
        return Window(
            kept=tuple(place for place in range(len(self._turns)) if place not in gone),
            starts=tuple(self._starts),
            stretches=tuple(
                tuple(place for place in told if start <= place < end) for start, end in bounds
            ),
            tokens=self._system + self._passed - self._dropped,
        )


class _Calls:
    """Which turn made which tool call, and whether results are still due."""

    def __init__(self) -> None:
        self._made: dict[str, int] = {}
        self._last: int | None = None
        self._due: list[str] = []

    @property
    def due_since(self) -> int | None:
        """The turn whose results are still due; None when none are."""
        return self._last if self._due else None

    def caller_of(self, turn: Turn) -> int | None:
        """The turn that made the call that this one answers; None when it answers none."""
        if turn.answers:
            return self._made.get(turn.answers)
        return self._last if turn.role in _TOOL else None

    def note(self, place: int, turn: Turn) -> None:
        """Take in a turn."""
        if turn.answers and turn.answers in self._due:
            self._due.remove(turn.answers)
        elif turn.role in _TOOL and not turn.answers:
            self._due = self._due[1:]
        elif turn.role in _MODEL:
            # A model speaks again when it has all results; what is still open was given up.
            self._due = []
        if turn.calls:
            self._made.update(dict.fromkeys(turn.calls, place))
            self._last, self._due = place, list(turn.calls)
