"""Shortened texts of late, so that a conversation's are not shortened anew at every turn."""

from collections import OrderedDict
from typing import Final

from typing_extensions import override

from tokenomics_shared.forks import ForkSafe

MOST_CHARS: Final = 16_000_000
"""Characters of shortened texts that are kept."""

ENTRY: Final = 200
"""Characters that each counts for besides its own: an empty one takes memory, too."""


class Memo(ForkSafe):
    """The latest results by what they were made of. Safe to share between threads."""

    def __init__(self, most_chars: int = MOST_CHARS) -> None:
        self._kept: OrderedDict[bytes, str] = OrderedDict()
        self._chars = 0
        self._most = most_chars
        super().__init__()

    @override
    def in_child(self) -> None:
        """Go on with what the parent had."""

    def get(self, key: bytes) -> str | None:
        """The result under this key."""
        with self.lock:
            text = self._kept.get(key)
            if text is not None:
                self._kept.move_to_end(key)
            return text

    def put(self, key: bytes, text: str) -> str:
        """Keep a result; returns the one that is kept, which is another's where it was first."""
        with self.lock:
            known = self._kept.get(key)
            if known is not None:
                return known
            self._kept[key] = text
            self._chars += len(text) + ENTRY
            while self._chars > self._most and len(self._kept) > 1:
                _, old = self._kept.popitem(last=False)
                self._chars -= len(old) + ENTRY
            return text
