"""A text as words that go or stay whole, and how likely each is needed."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Offsets = Sequence[tuple[int, int]]
"""Where each token begins and ends in its text, in characters, in the text's order."""

_HAN = "\u3005-\u3007\u3041-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_KATAKANA = "\u30a1-\u30ff"
_PIECE = re.compile(
    # Chinese and Japanese part words by no space: a character is a word, a foreign name is one.
    rf"[{_HAN}]|[{_KATAKANA}]+"
    # From the first letter or digit to the last one before a space: `don't`, `a/b.c`.
    rf"|[^\W{_HAN}{_KATAKANA}](?:[^\s{_HAN}{_KATAKANA}]*[^\W{_HAN}{_KATAKANA}])?"
    # Punctuation around words, or alone.
    r"|[.!?\u2026\u3002\uff01\uff1f]+|[^\w\s.!?\u2026\u3002\uff01\uff1f]+"
)
_SENTENCE_END = re.compile(r"[.!?\u2026\u3002\uff01\uff1f]")


@dataclass(frozen=True, slots=True)
class Word:
    """A stretch of a text without spaces.

    Attributes:
        start: where it begins, in characters.
        end: where it ends, exclusive.
        probability: that it is needed, 0 to 1.
        glued: it is punctuation that follows on what stands before it without a space.
    """

    start: int
    end: int
    probability: float = 0.0
    glued: bool = False


def words(text: str, offsets: Offsets = (), probabilities: Sequence[float] = ()) -> list[Word]:
    """Cut a text into words, each as likely needed as its tokens are on average.

    Punctuation around a word is apart from it, but never likelier needed than the word is,
    unless it ends a sentence. A word without a token is not needed.

    Args:
        text: the text.
        offsets: where its tokens are.
        probabilities: of each token, that it is needed.
    """
    pieces = list(_pieces(text))
    means = list(_means(pieces, offsets, probabilities))
    found: list[Word] = []
    for at, ((start, end), mean) in enumerate(zip(pieces, means, strict=True)):
        probability, glued = mean, False
        if not text[start].isalnum() and text[start] != "_":
            glued = start > 0 and not text[start - 1].isspace()
            if glued and not _SENTENCE_END.search(text, start, end):
                probability = min(mean, found[-1].probability)
            elif not glued and end < len(text) and not text[end].isspace():
                probability = min(mean, means[at + 1])
        found.append(Word(start, end, probability, glued))
    return found


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    done = 0
    for match in _PIECE.finditer(text):
        start, end = max(match.start(), done), match.end()
        # Vowel signs and accents are no punctuation: they belong to the letter before them.
        done = end
        while done < len(text) and unicodedata.category(text[done]).startswith("M"):
            done += 1
        if start < end:
            yield start, done


def _means(pieces: Offsets, offsets: Offsets, probabilities: Sequence[float]) -> Iterator[float]:
    """The mean probability of the tokens that each piece has a part in."""
    first = 0
    for start, end in pieces:
        while first < len(offsets) and offsets[first][1] <= start:
            first += 1
        last, total = first, 0.0
        while last < len(offsets) and offsets[last][0] < end:
            total += probabilities[last]
            last += 1
        yield total / (last - first) if last > first else 0.0


def windows(text: str, offsets: Offsets, size: int) -> Iterator[range]:
    """Part tokens into runs of at most `size`, at ends of sentences, or at least of words.

    A run is at least half as long as it may be, save the last one.
    """
    start = 0
    while len(offsets) - start > size:
        end = _border(text, offsets, start + size // 2 + 1, start + size)
        yield range(start, end)
        start = end
    yield range(start, len(offsets))


def _border(text: str, offsets: Offsets, least: int, most: int) -> int:
    """The last good place for a token to be the first of the next run."""
    word_border = most
    for at in range(most, least - 1, -1):
        before = offsets[at - 1][1]
        # Some tokens have the space before them as their own first character.
        gap = text[before : offsets[at][0] + 1]
        if "\n" in gap or (gap[:1].isspace() and _SENTENCE_END.match(text, before - 1)):
            return at
        if word_border == most and any(map(str.isspace, gap)):
            word_border = at
    return word_border
