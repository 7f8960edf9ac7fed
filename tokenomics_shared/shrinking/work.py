"""One request while it is shortened: its messages, their sizes, and what was left out."""

from collections.abc import Container
from dataclasses import dataclass, field

from tokenomics_shared.orchestrator.shares import Share, named
from tokenomics_shared.planning import TokenCounter
from tokenomics_shared.shrinking.blocks import Block
from tokenomics_shared.shrinking.worth import digest_of
from tokenomics_shared.types import OWN_ROLES, SYSTEM_ROLES, Message, Prompt, Roster

TURN_OVERHEAD = 4
"""Tokens that a chat format spends around each turn."""


@dataclass(slots=True)
class Work:
    """A request being shortened.

    Attributes:
        prompt: the request as it came.
        roster: the models that may answer it.
        counter: counts tokens.
        budget: tokens it may take, the answer included.
        only_told: nothing is sent, so nothing that is decided is kept to.
        tools: tokens of the tools' schemas.
        came: tokens of each message as it came.
        sizes: of each as it is sent.
        messages: as they are sent.
        parts: of each message its long texts: what each is, its tokens as sent and as it came.
        saved: tokens that compression leaves out of each message.
        added: tokens of a summary in place of turns that are not sent.
        notes: what could not be done, in words.
    """

    prompt: Prompt
    roster: Roster
    counter: TokenCounter
    budget: int
    only_told: bool = False
    tools: int = 0
    came: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    parts: dict[int, list[Share]] = field(default_factory=dict)
    saved: dict[int, int] = field(default_factory=dict)
    added: int = 0
    notes: list[str] = field(default_factory=list)
    _digests: list[bytes] = field(default_factory=lambda: [b""])

    def __post_init__(self) -> None:
        count = self.counter.count
        self.messages = list(self.prompt.messages)
        self.came = [count(it.text) + TURN_OVERHEAD for it in self.messages]
        self.sizes = list(self.came)
        self.tools = sum(count(str(tool)) for tool in self.prompt.tools)
        last = (at for at, it in enumerate(self.messages, 1) if it.role in OWN_ROLES)
        self._new_from = max(last, default=0)

    _new_from: int = 0

    def digest(self, place: int) -> bytes:
        """The digest of all messages before this place, as they came."""
        while len(self._digests) <= place:
            message = self.prompt.messages[len(self._digests) - 1]
            self._digests.append(digest_of(self._digests[-1], f"{message.role}\n{message.text}"))
        return self._digests[place]

    def system_tokens(self, end: int) -> int:
        """Tokens of the system's turns before this place."""
        turns = zip(self.prompt.messages[:end], self.came, strict=False)
        return sum(size for message, size in turns if message.role in SYSTEM_ROLES)

    def read(self, place: int, kind: str, sent: int, came: int) -> None:
        """Note a long text of a message."""
        self.parts.setdefault(place, []).append(Share(kind, sent, came))

    def shortened(self, place: int, message: Message) -> None:
        """Send this message in its place."""
        self.messages[place] = message
        saved = sum(part.wanted - part.tokens for part in self.parts[place])
        self.sizes[place] -= saved
        self.saved[place] = saved

    def spared(self, gone: Container[int]) -> tuple[int, int]:
        """Tokens that compression leaves out of what is sent: of the last messages, of others."""
        sent = [(place, saved) for place, saved in self.saved.items() if place not in gone]
        fresh = sum(saved for place, saved in sent if place >= self._new_from)
        return fresh, sum(saved for _, saved in sent) - fresh

    def shares(self, place: int) -> list[Share]:
        """A message's part in the plan; of new ones, each long text apart."""
        name = named(self.prompt.messages[place].role, old=place < self._new_from)
        whole = Share(name, self.sizes[place], self.came[place])
        if place < self._new_from:
            return [whole]
        own = self.parts.get(place, [])
        rest = max(0, whole.wanted - sum(part.wanted for part in own))
        return [Share(name, rest, rest), *own]


@dataclass(frozen=True, slots=True)
class Sized:
    """A text that may be shortened, with its tokens."""

    block: Block
    tokens: int
