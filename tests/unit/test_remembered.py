"""Counts that are remembered, and texts' digests."""

from tokenomics_shared.orchestrator import Remembered
from tokenomics_shared.shrinking.memo import Digests


def test_a_text_is_counted_once_until_there_are_too_many() -> None:
    counted: list[str] = []

    def count(text: str) -> int:
        counted.append(text)
        return len(text)

    remembered = Remembered(count, most=2)
    assert [remembered(text) for text in ("a", "bc", "a", "bc")] == [1, 2, 1, 2]
    assert counted == ["a", "bc"]
    assert [remembered(text) for text in ("def", "a")] == [3, 1]
    assert counted == ["a", "bc", "def", "a"]


def test_digests_tell_texts_apart_and_forget_when_there_is_too_much() -> None:
    digests = Digests(most_chars=1_000)
    texts = [f"{number} " * 400 for number in range(9)] + ["a", "b", "\ud800"]
    first = [digests(text) for text in texts]
    assert len(set(first)) == len(texts)
    assert [digests(text) for text in texts] == first
    assert [Digests()(text) for text in texts] == first
