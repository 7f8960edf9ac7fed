"""Shortened texts of late, so that a conversation's are not shortened anew at every turn."""

from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b
from typing import Final, Generic, TypeVar

from typing_extensions import override

from tokenomics_shared.forks import ForkSafe

MOST_CHARS: Final = 16_000_000
"""Characters of shortened texts that are kept."""

_SHORT: Final = 200
"""Characters up to which a text is as quickly read as looked up."""

ENTRY: Final = 200
"""Characters that each counts for besides its own: an empty one takes memory, too."""

T = TypeVar("T")


class Memo(ForkSafe, Generic[T]):
    """The latest results by what they were made of. Safe to share between threads."""

    def __init__(self, chars: Callable[[T], int], most_chars: int = MOST_CHARS) -> None:
        self._kept: OrderedDict[bytes, T] = OrderedDict()
        self._chars_of = chars
        self._chars = 0
        self._most = most_chars
        super().__init__()

    @override
    def in_child(self) -> None:
        """Go on with what the parent had."""

    def get(self, key: bytes) -> T | None:
        """The result under this key."""
        with self.lock:
            made = self._kept.get(key)
            if made is not None:
                self._kept.move_to_end(key)
            return made

    def put(self, key: bytes, made: T) -> T:
        """Keep a result; returns the one that is kept, which is another's where it was first."""
        with self.lock:
            known = self._kept.get(key)
            if known is not None:
                return known
            self._kept[key] = made
            self._chars += self._chars_of(made) + ENTRY
            while self._chars > self._most and len(self._kept) > 1:
                _, old = self._kept.popitem(last=False)
                self._chars -= self._chars_of(old) + ENTRY
            return made


class Digests:
    """Texts' digests, those of late remembered. Safe to share between threads."""

    def __init__(self, most_chars: int = MOST_CHARS // 4) -> None:
        self._known: dict[str, bytes] = {}
        self._chars = 0
        self._most = most_chars

    def __call__(self, text: str) -> bytes:
        """The digest; of a short text the text itself."""
        if len(text) <= _SHORT:
            return text.encode("utf-8", "surrogatepass")
        digest = self._known.get(text)
        if digest is None:
            told = text.encode("utf-8", "surrogatepass")
            digest = blake2b(told, digest_size=16).digest()
            if self._chars > self._most:
                # A new one, so that no other thread sees it change while it reads.
                self._known, self._chars = {}, 0
            self._known[text] = digest
            self._chars += len(text)
        return digest
