"""Counts that are remembered: a conversation's texts come again with every turn."""

from tokenomics_shared.planning import Count

MOST = 16_384


class Remembered:
    """A `Count` that counts a text once. Safe to share between threads.

    Texts themselves are not kept, which may be long and many, but their lengths and hashes of 64
    bits: in 16,384 texts two are confused with a probability below one in a hundred thousand
    million, and then a count is wrong, no text.
    """

    def __init__(self, count: Count, most: int = MOST) -> None:
        """Make it.

        Args:
            count: counts; the same for the same text.
            most: texts that are remembered; with one more all are forgotten.
        """
        self._count = count
        self._most = most
        self._known: dict[tuple[int, int], int] = {}

    def __call__(self, text: str) -> int:
        """The text's tokens."""
        key = (len(text), hash(text))
        tokens = self._known.get(key)
        if tokens is None:
            tokens = self._count(text)
            if len(self._known) >= self._most:
                # A new one, so that no other thread sees it change while it reads.
                self._known = {}
            self._known[key] = tokens
        return tokens
