"""One request while it is shortened: its messages, their sizes, and what was left out."""

from collections.abc import Callable, Container, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from itertools import groupby
from typing import Any

from tokenomics_shared.orchestrator.media import media_tokens
from tokenomics_shared.orchestrator.shares import Share, named
from tokenomics_shared.planning import TokenCounter
from tokenomics_shared.shrinking.blocks import Block, rewritten
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
        digest_of: gives a text's digest.
        only_told: nothing is sent, so nothing that is decided is kept to.
        tools: tokens of the tools' schemas.
        came: tokens of each message as it came.
        sizes: of each as it is sent.
        messages: as they are sent.
        parts: of each message its long texts: what each is, its tokens as sent and as it came.
        saved: tokens that compression leaves out of each message.
        added: tokens of a summary in place of turns that are not sent.
        notes: what could not be done, in words.
        stable: of messages, the characters of their beginning that an earlier request had.
        shield: swallows and counts a part's failure.
    """

    prompt: Prompt
    roster: Roster
    counter: TokenCounter
    budget: int
    digest_of: Callable[[str], bytes]
    only_told: bool = False
    tools: int = 0
    came: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    parts: dict[int, list[Share]] = field(default_factory=dict)
    saved: dict[int, int] = field(default_factory=dict)
    added: int = 0
    notes: list[str] = field(default_factory=list)
    stable: dict[int, int] = field(default_factory=dict)
    shield: Callable[[str], AbstractContextManager[object]] = nullcontext
    _known: dict[int, bytes] = field(default_factory=dict)
    _running: Any = field(default_factory=lambda: blake2b(digest_size=16))
    _read: int = 0

    def __post_init__(self) -> None:
        count = self.counter.count
        self.messages = list(self.prompt.messages)
        self.came = [count(it.text) + media_tokens(it) + TURN_OVERHEAD for it in self.messages]
        self.sizes = list(self.came)
        self.tools = sum(count(str(tool)) for tool in self.prompt.tools)
        last = (at for at, it in enumerate(self.messages, 1) if it.role in OWN_ROLES)
        self._new_from = max(last, default=0)

    _new_from: int = 0

    def digest(self, place: int) -> bytes:
        """The digest of all messages before this place, as they came."""
        known = self._known.get(place)
        if known is None:
            if place < self._read:
                self._running, self._read = blake2b(digest_size=16), 0
            told = (_told(it, self.digest_of) for it in self.prompt.messages[self._read : place])
            self._running.update(b"".join(told))
            self._read = place
            known = self._known[place] = self._running.digest()
        return known

    def ahead(self, block: Block) -> int:
        """Characters of its message's text before a block."""
        if block.piece is None:
            return block.start
        message = self.prompt.messages[block.message]
        earlier = replace(message, content=message.content[: block.piece]).text
        return block.start + (len(earlier) + 1 if earlier else 0)

    def system_tokens(self, end: int) -> int:
        """Tokens of the system's turns before this place."""
        turns = zip(self.prompt.messages[:end], self.came, strict=False)
        return sum(size for message, size in turns if message.role in SYSTEM_ROLES)

    def send(self, settled: "Settled") -> None:
        """Send the long texts of messages that came together as is settled."""
        for place, texts in settled.by_message:
            self.parts[place] = [it.share for it in texts]
            done = [(it.block, it.new) for it in texts if it.new]
            if done:
                self.messages[place] = rewritten(self.prompt.messages[place], done)
                self.saved[place] = sum(it.share.wanted - it.share.tokens for it in texts)
                self.sizes[place] -= self.saved[place]
        if settled.note:
            self.notes.append(settled.note)

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


def _told(message: Message, digest_of: Callable[[str], bytes]) -> bytes:
    """All of a message that decides how its texts are shortened, told with its lengths."""
    calls = [(call.id, call.args) for call in message.tool_calls] if message.tool_calls else ""
    content = message.content
    kinds: list[Any] | int
    if isinstance(content, str):
        text, kinds = content, len(content)
    else:
        text, kinds = message.text, [_kind(it) for it in content]
    answers = message.extra.get("tool_call_id", "")
    head = f"{message.role} {calls} {answers} {kinds} {len(text)} "
    return head.encode("utf-8", "surrogatepass") + digest_of(text)


def _kind(piece: Any) -> tuple[Any, ...]:
    if isinstance(piece, str):
        return (len(piece),)
    return piece.get("type"), len(piece.get("text") or ""), "cache_control" in piece


@dataclass(frozen=True, slots=True)
class Sized:
    """A text that may be shortened, with its tokens."""

    block: Block
    tokens: int


@dataclass(frozen=True, slots=True)
class SentText:
    """A long text as it is sent.

    Attributes:
        block: where it is; without the text and what that is wanted for.
        new: what is sent in its place; empty to send it as it came.
        share: what it is, and its tokens as sent and as it came.
    """

    block: Block
    new: str
    share: Share


@dataclass(frozen=True, slots=True)
class Settled:
    """How the long texts of messages that came together are sent, at this turn and later ones.

    Attributes:
        by_message: a message's place, and its long texts in order.
        note: what could not be done, in words.
    """

    by_message: tuple[tuple[int, tuple[SentText, ...]], ...]
    note: str = ""

    @classmethod
    def of(cls, texts: Iterable[SentText], note: str) -> "Settled":
        """Settle these texts, which are in the order of their messages."""
        found = groupby(texts, lambda it: it.block.message)
        return cls(tuple((place, tuple(own)) for place, own in found), note)

    @property
    def chars(self) -> int:
        """About what it takes to keep it."""
        return 200 + sum(200 + len(it.new) for _, texts in self.by_message for it in texts)
